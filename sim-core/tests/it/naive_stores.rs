//! The naive storekeeper: lists every object that is ever there, cuts its life wherever anything
//! can happen to it, and asks in each piece in which tier it lies. It shares no code with the
//! storekeeper; its sums are fractions over one long denominator.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::books::{Kind, Source};
use sim_core::units::{Money, Span};
use sim_core::watch::{Kept, Place, Reads, Series, Stocks, Thing, Use};
use sim_core::world::draw::Stream;

use crate::history::{Attempt, End, History, Machine, NEVER};
use crate::naive_bill::{HOUR, Sums};
use crate::naive_claims::Claims;

const MONTH_HOURS: i128 = 730;

/// An object in a store, and the job that pays for it.
struct Object {
    job: Option<u32>,
    size: u64,
    written: u64,
    deleted: u64,
    reads: Vec<u64>,
}

/// A line of a store, a route or a thing, by its position.
type Line = (Source, Kind);

struct NaiveStores<'h> {
    history: &'h History<'h>,
    stocks: &'h Stocks,
    end: u64,
    sums: Sums,
    claims: Claims,
}

/// Every line of what was kept, moved and left behind up to `end`, and what jobs claim of them.
pub(crate) fn stores(history: &History<'_>, stocks: &Stocks, end: u64) -> (Sums, Claims) {
    let mut naive = NaiveStores {
        history,
        stocks,
        end,
        sums: Sums::new(),
        claims: Claims::new(),
    };
    for at in 0..stocks.stores.len() {
        for object in naive.objects(at) {
            naive.live(at, &object);
        }
    }
    let mut starts: BTreeMap<u32, u32> = BTreeMap::new();
    for attempt in &history.attempts {
        let start = starts.entry(attempt.job).or_default();
        *start += 1;
        naive.fetch(attempt, *start);
    }
    for (at, thing) in stocks.things.iter().enumerate() {
        let gone = history.machines.iter().filter(|own| own.gone != NEVER);
        for machine in gone.filter(|own| own.end != End::Miscarried) {
            naive.leave(at, thing, machine);
        }
    }
    (naive.sums, naive.claims)
}

impl NaiveStores<'_> {
    fn add(&mut self, line: Line, job: Option<u32>, (amount, over): (i128, i128)) {
        self.sums.entry(line).or_insert((0, over)).0 += amount;
        if let Some(job) = job {
            *self.claims.entry((job, line.0, line.1)).or_default() += amount;
        }
    }

    /// Whether what happens at an instant counts.
    fn counts(&self, at: u64) -> bool {
        self.history.warmup <= at && at <= self.end
    }

    /// Microseconds of a stretch that count.
    fn counted(&self, from: u64, until: u64) -> i128 {
        self.history
            .counted(from.min(self.end), until.min(self.end))
    }

    fn uses(&self, job: u32) -> Use {
        let class = self.history.jobs[job as usize].class.index();
        self.stocks.uses.get(class).copied().unwrap_or_default()
    }

    // --- what lies in stores ---

    /// Every object that is ever written to a store.
    fn objects(&self, at: usize) -> Vec<Object> {
        let series = self.stocks.stores[at].series.iter();
        let mut objects: Vec<Object> = series.flat_map(|own| self.series(own)).collect();
        for (position, data) in self.stocks.data.iter().enumerate() {
            if data.store == at {
                let attempts = self.history.attempts.iter();
                let reads = attempts.filter(|own| {
                    let input = self.uses(own.job).input;
                    input.is_some_and(|input| input.data == position)
                });
                objects.push(Object {
                    job: None,
                    size: data.size,
                    written: 0,
                    deleted: NEVER,
                    reads: reads.map(|own| own.start).collect(),
                });
            }
        }
        for job in 0..u32::try_from(self.history.jobs.len()).unwrap() {
            if let Some(kept) = self.uses(job).checkpoints.filter(|kept| kept.store == at) {
                objects.extend(self.checkpoints(job, &kept));
            }
        }
        objects
    }

    fn series(&self, series: &Series) -> Vec<Object> {
        let mut objects = Vec::new();
        let mut written = series.from.us();
        while written < self.end {
            let deleted = series.keep.map_or(NEVER, |keep| written + keep.us());
            let mut reads = Vec::new();
            if let Some((every, lasts)) = series.read {
                let mut read = written + every.us();
                while read <= (written + lasts.us()).min(self.end) {
                    reads.push(read);
                    read += every.us();
                }
            }
            for _ in 0..series.count {
                objects.push(Object {
                    job: None,
                    size: series.size,
                    written,
                    deleted,
                    reads: reads.clone(),
                });
            }
            written = series.every.map_or(NEVER, |every| written + every.us());
        }
        objects
    }

    /// A job that was ever started keeps its checkpoints until it ends, and a while longer. Every
    /// later start reads one of them.
    fn checkpoints(&self, job: u32, kept: &Kept) -> Vec<Object> {
        let starts: Vec<u64> = self
            .history
            .attempts
            .iter()
            .filter(|own| own.job == job)
            .map(|own| own.start)
            .collect();
        let ended = self.history.ended.get(&job);
        let object = |number| Object {
            job: Some(job),
            size: kept.size,
            written: starts[0],
            deleted: ended.map_or(NEVER, |at| at + kept.linger.us()),
            reads: if number == 0 {
                starts[1..].to_vec()
            } else {
                Vec::new()
            },
        };
        let count = if starts.is_empty() { 0 } else { kept.last };
        (0..count).map(object).collect()
    }

    /// The life of an object: when it is written, read, moved and deleted, and where it lies.
    fn live(&mut self, at: usize, object: &Object) {
        let store = &self.stocks.stores[at].store;
        let too_old = store
            .delete_after
            .map_or(NEVER, |age| object.written + age.us());
        let gone = object.deleted.min(too_old);
        let reads = object.reads.iter().copied();
        let reads: Vec<u64> = reads
            .filter(|at| object.written <= *at && *at < gone)
            .collect();
        self.request(at, object, (object.written, store.tiers[0].thousand_writes));
        // It is touched when it is written and when it is read; idle for so long, it moves.
        let mut touched: BTreeSet<u64> = reads.iter().copied().collect();
        touched.insert(object.written);
        let moves = |touch: u64| store.moves.iter().map(move |idle| touch + idle.us());
        let mut cuts: BTreeSet<u64> = touched.iter().copied().flat_map(moves).collect();
        cuts.extend(&touched);
        cuts.insert(gone);
        let cuts: Vec<u64> = cuts.range(object.written..=gone).copied().collect();
        let tier = |now: u64| {
            let touch = touched.range(..=now).next_back().unwrap();
            store
                .moves
                .iter()
                .filter(|idle| touch + idle.us() <= now)
                .count()
        };
        let mut before = 0;
        for now in cuts.iter().copied().filter(|now| *now < gone) {
            for _ in reads.iter().filter(|read| **read == now) {
                self.read(at, object, (now, before));
                before = 0;
            }
            if before < tier(now) {
                let price = store.tiers[tier(now)].thousand_writes;
                self.request(at, object, (now, price));
            }
            before = tier(now);
        }
        let stretches: Vec<&[u64]> = cuts.windows(2).collect();
        for stay in stretches.chunk_by(|one, next| tier(one[0]) == tier(next[0])) {
            let (since, left) = (stay[0][0], stay[stay.len() - 1][1]);
            self.stay(at, object, (tier(since), since, left));
        }
    }

    /// A stay in a tier; one that is over before the least time is paid up to it.
    fn stay(&mut self, at: usize, object: &Object, (tier, since, left): (usize, u64, u64)) {
        let place = &self.stocks.stores[at];
        let tier = place.store.tiers[tier];
        let over = i128::from(place.store.unit.bytes()) * MONTH_HOURS * HOUR;
        let price = tier.month.nanousd() * bytes(place, object);
        let kept = price * self.counted(since, left);
        self.add((store(at), Kind::Storage), object.job, (kept, over));
        let least = since + tier.minimum.us();
        if left <= self.end && left < least {
            let added = price * self.history.counted(left, least);
            self.add((store(at), Kind::Rounding), object.job, (added, over));
        }
    }

    /// A read of an object brings it back to the first tier.
    fn read(&mut self, at: usize, object: &Object, (now, tier): (u64, usize)) {
        let place = &self.stocks.stores[at];
        let own = place.store.tiers[tier];
        self.request(at, object, (now, own.thousand_reads));
        if self.counts(now) {
            let unit = i128::from(place.store.unit.bytes());
            let amount = own.retrieval.nanousd() * bytes(place, object) * 1000;
            self.add(
                (store(at), Kind::Requests),
                object.job,
                (amount, 1000 * unit),
            );
        }
        if tier > 0 {
            self.request(at, object, (now, place.store.tiers[0].thousand_writes));
        }
    }

    fn request(&mut self, at: usize, object: &Object, (now, thousand): (u64, Money)) {
        if self.counts(now) {
            let unit = i128::from(self.stocks.stores[at].store.unit.bytes());
            let amount = (thousand.nanousd() * unit, 1000 * unit);
            self.add((store(at), Kind::Requests), object.job, amount);
        }
    }

    // --- what leaves its zone ---

    /// What an attempt reads: a checkpoint unless it is the first, what its nodes cache, and what
    /// its GPUs take in while they work.
    fn fetch(&mut self, attempt: &Attempt, start: u32) {
        let uses = self.uses(attempt.job);
        let nodes: BTreeSet<u32> = attempt.seats.iter().map(|seat| seat.node.0).collect();
        if let Some(kept) = uses.checkpoints.filter(|_| start > 1) {
            let node = *nodes.first().unwrap();
            self.egress(kept.store, attempt.job, (attempt.start, node, kept.size));
        }
        if let Some(reads) = uses.input {
            let store = self.stocks.data[reads.data].store;
            for node in nodes {
                self.egress(store, attempt.job, (attempt.start, node, reads.fill));
            }
            self.stream(store, attempt, &reads);
        }
    }

    fn egress(&mut self, at: usize, job: u32, (now, node, bytes): (u64, u32, u64)) {
        if self.is_away(at, node) {
            self.moves(at, job, (now, bytes.into()));
        }
    }

    fn moves(&mut self, at: usize, job: u32, (now, bytes): (u64, i128)) {
        let place = &self.stocks.stores[at];
        let amount = bytes * place.egress.nanousd();
        if self.counts(now) {
            let line = (Source::Route(u16::try_from(at).unwrap()), Kind::Egress);
            self.add(line, Some(job), (amount, place.store.unit.bytes().into()));
        }
    }

    fn is_away(&self, at: usize, node: u32) -> bool {
        let here = self.history.world.offerings[self.history.offering_of(node)].zone;
        self.stocks.stores[at].zone.is_some_and(|zone| zone != here)
    }

    /// GPUs that lie in other zones take in data while they work and do not wait for it.
    fn stream(&mut self, at: usize, attempt: &Attempt, reads: &Reads) {
        if attempt.stop == NEVER {
            return;
        }
        let roles = self.history.jobs[attempt.job as usize].gang.roles();
        let away = attempt.seats.iter();
        let away = away.filter(|seat| self.is_away(at, seat.node.0));
        let gpus = away.map(|seat| seat.tasks * roles[usize::from(seat.role)].gpus_each());
        let gpus = i128::from(gpus.sum::<u32>());
        let spent = attempt.spent;
        let busy = [spent.kept, spent.lost].map(Span::us).map(i128::from);
        let busy = busy[0] + busy[1] - i128::from(spent.stall.us());
        let bytes = i128::from(reads.per_gpu_second) * gpus * busy / 1_000_000;
        self.moves(at, attempt.job, (attempt.stop, bytes));
    }

    // --- what is left behind ---

    fn leave(&mut self, at: usize, thing: &Thing, machine: &Machine) {
        let names = [
            "leftover".into(),
            thing.name.as_str().into(),
            machine.node.into(),
            machine.launch.into(),
        ];
        let luck = Stream::new(self.history.world.seed, &names).uniform();
        if luck * 1e6 >= f64::from(thing.share_ppm) {
            return;
        }
        let removed = thing
            .clean_up
            .map_or(NEVER, |after| machine.gone + after.us());
        let us = self.counted(machine.gone, removed);
        let unit = i128::from(thing.unit.bytes());
        let hourly = i128::from(thing.hourly.nanousd_h()) * unit * MONTH_HOURS;
        let monthly = thing.month.nanousd() * i128::from(thing.size);
        let line = (Source::Leftover(u16::try_from(at).unwrap()), Kind::Leftover);
        let over = unit * MONTH_HOURS * HOUR;
        self.add(line, None, ((hourly + monthly) * us, over));
    }
}

fn store(at: usize) -> Source {
    Source::Store(u16::try_from(at).unwrap())
}

/// Bytes that lie in a store for an object, rounded up.
fn bytes(place: &Place, object: &Object) -> i128 {
    let milli = [place.store.compression_milli, place.store.dedup_milli].map(i128::from);
    let small = i128::from(object.size) * milli[0] * milli[1];
    small / 1_000_000 + i128::from(small % 1_000_000 > 0)
}
