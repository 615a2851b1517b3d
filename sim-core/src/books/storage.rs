//! Storage: what bytes cost that lie somewhere, are read, are moved, or are forgotten.
//!
//! Objects are declared, not simulated: what a run writes and reads is known from its facts, and billed here. A month has 730
//! hours; a unit is what the provider says, 10^9 or 2^30 bytes. Amounts are exact: bytes x microseconds over both.

use std::borrow::Borrow;

use super::line::{Exact, Kind, Source};
use super::standing::{MONTH_HOURS, Window};
use super::tariff::HOUR_US;
use crate::units::{Money, Price, SimTime, Span};

/// What a provider calls a gigabyte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 10^9 bytes.
    Gigabyte,
    /// 2^30 bytes.
    Gibibyte,
}

/// A tier: hot, warm, cold, archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// A unit kept for a month.
    pub month: Money,
    /// A unit read.
    pub retrieval: Money,
    /// A thousand objects written or moved here.
    pub thousand_writes: Money,
    /// A thousand reads.
    pub thousand_reads: Money,
    /// Least time for which an object that came here is charged.
    pub minimum: Span,
}

/// A store with its tiers and the rules of its objects' lives.
///
/// An object is written to the first tier. One that has not been read for so long moves on, and a read brings it back to the
/// first tier, as in S3 Intelligent-Tiering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// What a gigabyte is here.
    pub unit: Unit,
    /// Tiers, the hottest first; at least one.
    pub tiers: Vec<Tier>,
    /// Time without a read after which an object moves to each of the other tiers, ascending: one less than there are tiers.
    pub moves: Vec<Span>,
    /// Age at which an object is deleted.
    pub delete_after: Option<Span>,
    /// Bytes that lie there for a thousand bytes written, after compression.
    pub compression_milli: u32,
    /// And of a thousand of those, after those are left out that lie there already.
    pub dedup_milli: u32,
}

/// An object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Bytes written.
    pub size: u64,
    /// How many such objects live the same life; their bytes together are below 2^64.
    pub copies: u32,
    /// When it was written.
    pub from: SimTime,
    /// When it is deleted, if no rule deletes it before.
    pub until: SimTime,
    /// Instants at which it is read, ascending; those at which it is not there are none.
    pub reads: Vec<SimTime>,
}

/// Something that nobody needs any more: a snapshot, a volume, a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Since when.
    pub from: SimTime,
    /// Price of it an hour, whatever its size.
    pub hourly: Price,
    /// Its bytes.
    pub size: u64,
    /// A unit of it a month.
    pub month: Money,
}

impl Unit {
    /// Its bytes.
    pub const fn bytes(self) -> u64 {
        match self {
            Self::Gigabyte => 1_000_000_000,
            Self::Gibibyte => 1 << 30,
        }
    }

    fn months(self) -> i128 {
        i128::from(self.bytes()) * MONTH_HOURS * HOUR_US
    }
}

/// Lines of a store: what lies there, what minimum durations add to it, requests and retrievals.
pub fn storage(
    store: &Store,
    number: u16,
    objects: impl IntoIterator<Item = impl Borrow<Stored>>,
    window: Window,
) -> [(Source, Kind, Exact); 3] {
    let unit = i128::from(store.unit.bytes());
    let mut sums = Sums {
        store,
        window,
        kept: Exact::over(store.unit.months()),
        added: Exact::over(store.unit.months()),
        requests: Exact::over(1000 * unit),
    };
    for object in objects {
        sums.live(object.borrow());
    }
    let source = Source::Store(number);
    [
        (source, Kind::Storage, sums.kept),
        (source, Kind::Rounding, sums.added),
        (source, Kind::Requests, sums.requests),
    ]
}

struct Sums<'a> {
    store: &'a Store,
    window: Window,
    kept: Exact,
    added: Exact,
    requests: Exact,
}

impl Sums<'_> {
    /// The life of an object: stretches between reads, each of which passes down the tiers.
    fn live(&mut self, object: &Stored) {
        let rule = self.store.delete_after;
        let deleted = rule.map_or(SimTime::MAX, |age| object.from.saturating_add(age));
        let until = object.until.min(deleted);
        let bytes = self.physical(object.size) * u64::from(object.copies);
        let copies = object.copies;
        let (mut tier, mut since) = (0, object.from);
        self.request((object.from, copies), self.store.tiers[0].thousand_writes);
        let reads = object.reads.iter().copied();
        let mut touched = object.from;
        for read in reads.filter(|read| (object.from..until).contains(read)) {
            (tier, since) = self.descend((bytes, copies), touched, (tier, since), read);
            let own = self.store.tiers[tier];
            self.request((read, copies), own.thousand_reads);
            if self.counts(read) {
                let price = nanousd(own.retrieval) * 1000;
                self.requests.add_product(bytes.into(), price);
            }
            if tier > 0 {
                self.keep(bytes, tier, (since, read));
                self.request((read, copies), self.store.tiers[0].thousand_writes);
                (tier, since) = (0, read);
            }
            touched = read;
        }
        if object.from < until {
            let (tier, since) = self.descend((bytes, copies), touched, (tier, since), until);
            self.keep(bytes, tier, (since, until));
        }
    }

    /// Moves down the tiers from the last read to an instant; the tier there, and since when.
    fn descend(
        &mut self,
        (bytes, copies): (u64, u32),
        touched: SimTime,
        (mut tier, mut since): (usize, SimTime),
        until: SimTime,
    ) -> (usize, SimTime) {
        while let Some(idle) = self.store.moves.get(tier) {
            let at = touched.saturating_add(*idle);
            if at >= until {
                break;
            }
            self.keep(bytes, tier, (since, at));
            (tier, since) = (tier + 1, at);
            self.request((at, copies), self.store.tiers[tier].thousand_writes);
        }
        (tier, since)
    }

    /// An object lay in a tier, and leaves it; one that leaves early is charged for the minimum, from when it left.
    fn keep(&mut self, bytes: u64, tier: usize, (from, until): (SimTime, SimTime)) {
        let own = self.store.tiers[tier];
        let least = from.saturating_add(own.minimum);
        let us = u128::from(self.window.overlap(from, until).us());
        let price = nanousd(own.month);
        self.kept.add_product(u128::from(bytes) * us, price);
        if until < least && until <= self.window.end {
            let from = until.max(self.window.from);
            let more = least.max(from).since(from);
            let more = u128::from(bytes) * u128::from(more.us());
            self.added.add_product(more, price);
        }
    }

    fn request(&mut self, (at, copies): (SimTime, u32), thousand: Money) {
        if self.counts(at) {
            let unit = u128::from(self.store.unit.bytes());
            let price = nanousd(thousand) * u128::from(copies);
            self.requests.add_product(price, unit);
        }
    }

    fn counts(&self, at: SimTime) -> bool {
        (self.window.from..=self.window.end).contains(&at)
    }

    /// Bytes that lie there, rounded up.
    fn physical(&self, size: u64) -> u64 {
        let milli = |of: u32| u128::from(of);
        let ratio = milli(self.store.compression_milli) * milli(self.store.dedup_milli);
        let bytes = (u128::from(size) * ratio).div_ceil(1_000_000);
        u64::try_from(bytes).expect("an object's size fits 64 bits")
    }
}

/// The line of a route between two places: bytes moved at each instant, and the price of a unit.
pub fn egress(
    number: u16,
    (unit, price): (Unit, Money),
    moved: &[(SimTime, u64)],
    window: Window,
) -> (Source, Kind, Exact) {
    let mut sum = Exact::over(unit.bytes().into());
    let counted = moved
        .iter()
        .filter(|(at, _)| (window.from..=window.end).contains(at));
    for (_, bytes) in counted {
        sum.add_product(u128::from(*bytes), nanousd(price));
    }
    (Source::Route(number), Kind::Egress, sum)
}

/// The line of things that are left over: they cost until a clean-up removes each so long after it was left, or for ever.
pub fn leftovers(
    number: u16,
    unit: Unit,
    things: &[Leftover],
    (clean_up, window): (Option<Span>, Window),
) -> (Source, Kind, Exact) {
    let mut sum = Exact::over(unit.months());
    for thing in things {
        let removed = clean_up.map_or(SimTime::MAX, |after| thing.from.saturating_add(after));
        let us = u128::from(window.overlap(thing.from, removed).us());
        sum.add_product(u128::from(thing.size) * us, nanousd(thing.month));
        let hours = u128::from(unit.bytes()) * MONTH_HOURS.unsigned_abs();
        let hourly = u128::from(thing.hourly.nanousd_h());
        sum.add_product(hourly * us, hours);
    }
    (Source::Leftover(number), Kind::Leftover, sum)
}

/// The checkpoints of a job as objects: each is deleted when `keep` newer ones are there, and the last ones when the job ends,
/// or whenever what is left over is removed.
pub fn retained(written: &[(SimTime, u64)], keep: usize, ended: SimTime) -> Vec<Stored> {
    let object = |(position, (from, size)): (usize, &(SimTime, u64))| {
        let newer = written.get(position + keep.max(1));
        let until = newer.map_or(ended.max(*from), |(at, _)| *at);
        Stored {
            size: *size,
            copies: 1,
            from: *from,
            until,
            reads: Vec::new(),
        }
    };
    written.iter().enumerate().map(object).collect()
}

fn nanousd(price: Money) -> u128 {
    u128::try_from(price.nanousd()).expect("a price is not negative")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1_000_000_000;
    const WINDOW: Window = Window {
        from: SimTime::ZERO,
        end: SimTime::from_secs(7_300 * 3600),
    };

    fn hours(hours: u64) -> SimTime {
        SimTime::from_secs(hours * 3600)
    }

    fn span(hours: u64) -> Span {
        Span::from_secs(hours * 3600)
    }

    fn cents(cents: i128) -> Money {
        Money::from_nanousd(cents * 10_000_000)
    }

    fn tier(month: i128, retrieval: i128, minimum: u64) -> Tier {
        Tier {
            month: cents(month),
            retrieval: cents(retrieval),
            thousand_writes: cents(1_000),
            thousand_reads: cents(2_000),
            minimum: span(minimum),
        }
    }

    fn store(tiers: Vec<Tier>, moves: Vec<Span>) -> Store {
        Store {
            unit: Unit::Gigabyte,
            tiers,
            moves,
            delete_after: None,
            compression_milli: 1_000,
            dedup_milli: 1_000,
        }
    }

    fn object(gigabytes: u64, from: u64, until: u64, reads: &[u64]) -> Stored {
        Stored {
            size: gigabytes * GB,
            copies: 1,
            from: hours(from),
            until: hours(until),
            reads: reads.iter().map(|at| hours(*at)).collect(),
        }
    }

    /// Kept, added and requests, in cents.
    fn billed(store: &Store, objects: &[Stored], window: Window) -> [i128; 3] {
        storage(store, 0, objects, window).map(|(_, _, sum)| sum.settle().nanousd() / 10_000_000)
    }

    #[test]
    fn a_month_of_a_gigabyte_is_730_hours() {
        let plain = store(vec![tier(10, 0, 0)], vec![]);
        let bill = billed(&plain, &[object(3, 0, 730, &[])], WINDOW);
        assert_eq!(bill, [30, 0, 1]);
        // Half of it before the window, and the write as well.
        let later = Window {
            from: hours(365),
            ..WINDOW
        };
        assert_eq!(billed(&plain, &[object(2, 0, 730, &[])], later), [10, 0, 0]);
        let binary = Store {
            unit: Unit::Gibibyte,
            ..plain.clone()
        };
        let gibibyte = Stored {
            size: 1 << 30,
            copies: 1,
            ..object(0, 0, 1460, &[])
        };
        assert_eq!(billed(&binary, &[gibibyte], WINDOW), [20, 0, 1]);
        // Compressed to a half, and a fifth of that is not there yet.
        let small = Store {
            compression_milli: 500,
            dedup_milli: 200,
            ..plain
        };
        assert_eq!(
            billed(&small, &[object(10, 0, 730, &[])], WINDOW),
            [10, 0, 1]
        );
    }

    #[test]
    fn what_is_not_read_moves_on_and_a_read_brings_it_back() {
        // Hot for 73 h without a read, then cold.
        let tiers = store(vec![tier(100, 0, 0), tier(10, 3, 0)], vec![span(73)]);
        let bill = billed(&tiers, &[object(1, 0, 730, &[])], WINDOW);
        // 0.1 months at 100 and 0.9 at 10; written twice.
        assert_eq!(bill, [19, 0, 2]);
        let bill = billed(&tiers, &[object(1, 0, 730, &[365])], WINDOW);
        // Hot twice for 0.1; written four times, read once: 2 and 3 for what was retrieved.
        assert_eq!(bill, [28, 0, 9]);
        let kept_hot = billed(&tiers, &[object(1, 0, 146, &[73])], WINDOW);
        assert_eq!(kept_hot, [20, 0, 3]);
    }

    #[test]
    fn who_leaves_early_pays_for_the_minimum_and_age_deletes() {
        let cold = store(vec![tier(100, 0, 730)], vec![]);
        assert_eq!(billed(&cold, &[object(1, 0, 73, &[])], WINDOW), [10, 90, 1]);
        let aged = Store {
            delete_after: Some(span(1_460)),
            ..cold
        };
        let bill = billed(&aged, &[object(1, 0, 7_300, &[2_000])], WINDOW);
        assert_eq!(bill, [200, 0, 1]);
    }

    #[test]
    fn the_last_checkpoints_are_kept_until_the_job_ends() {
        let written: Vec<(SimTime, u64)> = (1..=4).map(|at| (hours(at * 10), GB)).collect();
        let kept = retained(&written, 2, hours(55));
        let lives: Vec<(SimTime, SimTime)> = kept.iter().map(|own| (own.from, own.until)).collect();
        let life = |from, until| (hours(from), hours(until));
        let expected = [life(10, 30), life(20, 40), life(30, 55), life(40, 55)];
        assert_eq!(lives, expected);
    }

    #[test]
    fn what_is_left_over_costs_until_it_is_removed() {
        let balancer = Leftover {
            from: hours(100),
            hourly: Price::from_nanousd_h(20_000_000).expect("cheap"),
            size: 0,
            month: Money::ZERO,
        };
        let snapshot = Leftover {
            from: hours(0),
            hourly: Price::ZERO,
            size: 50 * GB,
            month: cents(5),
        };
        let bill = |clean_up| {
            let things = [balancer, snapshot];
            let (_, _, sum) = leftovers(0, Unit::Gigabyte, &things, (clean_up, WINDOW));
            sum.settle()
        };
        // 7,200 h at 2 cents, and 10 months of $2.50; or 73 h and a tenth of a month.
        assert_eq!(bill(None), cents(14_400 + 2_500));
        assert_eq!(bill(Some(span(73))), cents(146 + 25));
    }

    #[test]
    fn bytes_that_leave_are_charged_by_the_byte() {
        let moved = [(hours(1), GB / 2), (hours(2), GB / 4), (hours(9_000), GB)];
        let (_, _, sum) = egress(0, (Unit::Gigabyte, cents(8)), &moved, WINDOW);
        assert_eq!(sum.settle(), cents(6));
    }
}
