//! The biller and the storekeeper against naive ones, and what must hold of every bill.

use std::collections::BTreeMap;
use std::sync::Arc;

use sim_core::books::{Bill, Kind, Ledger, Line, Payer, Share, Source, Unclaimed, Window};
use sim_core::engine::{Grants, World};
use sim_core::model::{Commitment, Job};
use sim_core::swarm;
use sim_core::units::{Money, NodeId, OfferingId, Price, SimTime};
use sim_core::watch::{Biller, Fact, Observer, Stocks, Storekeeper};
use sim_core::world::Curve;
use sim_core::world::draw::{Part, Stream};

use crate::history::History;
use crate::naive_bill::{self, Sums};
use crate::naive_stores;
use crate::rig::engine;
use crate::zoo::Animal;

/// Random scenarios, in four tests.
const EACH: u64 = 3_000;

/// Tells what the engine never does: machines that break for good instead of being taken, and that do not come up.
struct Doctor<O> {
    watch: O,
    luck: Stream,
    up: BTreeMap<NodeId, bool>,
}

impl<O: Observer> Observer for Doctor<O> {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        let mut told = *fact;
        if let Fact::Booting { node, .. } | Fact::Ready { node, .. } = *fact {
            self.up.insert(node, matches!(fact, Fact::Ready { .. }));
        }
        if let Fact::Released { node } | Fact::Reclaimed { node } = *fact {
            let repaired = None;
            if !self.up[&node] {
                told = Fact::Miscarried { node };
            } else if matches!(fact, Fact::Reclaimed { .. }) && self.luck.chance(0.3) {
                told = Fact::Failed { node, repaired };
            }
        }
        self.watch.observe(now, &told);
    }
}

fn world(seed: u64) -> (Arc<World>, Vec<Job>, SimTime) {
    let (mut world, jobs) = swarm::scenario(seed);
    let warmup = swarm::terms(seed, &mut world);
    (Arc::new(world), jobs, warmup)
}

/// A run, billed with what is kept in stores, and what there is to know about it.
struct Billed<'a> {
    ledger: Ledger,
    keeper: Storekeeper,
    history: History<'a>,
    end: SimTime,
}

fn billed<'a>(
    seed: u64,
    (world, jobs, warmup): (&'a Arc<World>, &'a [Job], SimTime),
    stocks: &Stocks,
) -> Billed<'a> {
    let animals = Animal::all(seed);
    let animal = animals[usize::try_from(seed % 7).unwrap()];
    let books = (
        Biller::new(world, warmup, true),
        Storekeeper::new(world, stocks),
    );
    let mut doctor = Doctor {
        watch: (books, History::new(world, jobs, warmup)),
        luck: Stream::new(seed, &[Part::Name("doctor")]),
        up: BTreeMap::new(),
    };
    let mut engine = engine(world, jobs);
    engine
        .run(&mut *animal.policy(), Grants::default(), &mut doctor)
        .unwrap();
    let ((biller, keeper), history) = doctor.watch;
    let (ledger, _) = biller.finish(engine.now());
    Billed {
        ledger: ledger.with(keeper.clone().finish(window(warmup, engine.now()))),
        keeper,
        history,
        end: engine.now(),
    }
}

fn window(from: SimTime, end: SimTime) -> Window {
    Window {
        from,
        end: end.max(from),
    }
}

/// The same fraction, and rounded the same.
fn agrees(line: &Line, (numerator, over): (i128, i128)) -> bool {
    let (whole, rest, denominator) = line.exact.parts();
    whole == numerator.div_euclid(over)
        && (rest, denominator) == (numerator.rem_euclid(over), over)
        && line.amount == Money::round_half_even(numerator, over)
}

/// Every line is split to the last nano-dollar.
fn adds_up(ledger: &Ledger, shares: &[Share]) {
    let mut sums = vec![Money::ZERO; ledger.bill().lines().len()];
    for share in shares {
        sums[share.line] += share.amount;
    }
    let amounts: Vec<Money> = ledger
        .bill()
        .lines()
        .iter()
        .map(|line| line.amount)
        .collect();
    assert_eq!(sums, amounts);
    let printed: Vec<String> = sums.iter().map(|sum| sum.nanousd().to_string()).collect();
    let total: i128 = printed.iter().map(|sum| sum.parse::<i128>().unwrap()).sum();
    assert_eq!(total, ledger.bill().total().nanousd());
}

/// Every line, and no other.
fn same_lines(seed: u64, bill: &Bill, sums: &Sums) {
    let mut lines = bill.lines().iter();
    for (key, sum) in sums.iter().filter(|(_, sum)| sum.0 != 0) {
        let line = lines.next();
        let same = line.is_some_and(|line| (line.source, line.kind) == *key && agrees(line, *sum));
        assert!(same, "seed {seed}: {key:?} is {sum:?}, not {line:?}");
    }
    assert_eq!(lines.next(), None, "seed {seed}");
}

/// What a kind of line is called: what is rounded up in a store is not what is on a machine.
fn named(source: Source, kind: Kind) -> String {
    match source {
        Source::Store(_) => format!("store: {kind:?}"),
        Source::Offering(_)
        | Source::Covered(..)
        | Source::Commitment(_)
        | Source::Route(_)
        | Source::Leftover(_) => format!("{kind:?}"),
    }
}

fn check(seed: u64, reached: &mut BTreeMap<String, u32>) {
    let (world, jobs, warmup) = world(seed);
    let stocks = swarm::stocks(seed, &world);
    let run = billed(seed, (&world, &jobs, warmup), &stocks);
    let ledger = &run.ledger;
    let (mut sums, mut claims) = naive_bill::bill(&run.history, run.end.us());
    let window = window(warmup, run.end);
    let (stored, by_job) = naive_stores::stores(&run.history, &stocks, window.end.us());
    sums.extend(stored);
    claims.extend(by_job);
    same_lines(seed, ledger.bill(), &sums);
    // And as it stood on the way.
    let earlier = self::window(warmup, SimTime::from_us(run.end.us() / 2).unwrap());
    let (stored, _) = naive_stores::stores(&run.history, &stocks, earlier.end.us());
    let lines = run.keeper.finish(earlier);
    let lines = Bill::new(lines.into_iter().map(|(sum, _)| sum));
    same_lines(seed, &lines, &stored);
    for ((source, kind), _) in sums.iter().filter(|(_, sum)| sum.0 != 0) {
        *reached.entry(named(*source, *kind)).or_default() += 1;
    }
    let by_job = ledger.attribute(|job| job, Unclaimed::Named);
    let mut shares: BTreeMap<(u32, Source, Kind), Money> = BTreeMap::new();
    for share in &by_job {
        let line = &ledger.bill().lines()[share.line];
        if let Payer::Of(job) = share.payer
            && share.amount != Money::ZERO
        {
            let key = (job, line.source, line.kind);
            assert!(
                claims.contains_key(&key),
                "seed {seed}: {key:?} claims nothing"
            );
            shares.insert(key, share.amount);
        }
    }
    for (key, claim) in claims.into_iter().filter(|(_, claim)| *claim != 0) {
        let (_, over) = sums[&(key.1, key.2)];
        let share = shares.get(&key).copied().unwrap_or_default();
        let off = share.nanousd() * over - claim;
        assert!(
            off.abs() < over,
            "seed {seed}: {key:?} pays {share} of {claim} over {over}"
        );
    }
    adds_up(ledger, &by_job);
    let class = |job: u32| u32::from(jobs[job as usize].class.0);
    let tag = |job: u32| {
        let draw = Stream::new(seed, &[Part::Name("tag"), u64::from(job).into()]).below(4);
        u32::try_from(draw).unwrap()
    };
    let queue = |job: u32| job % 2;
    for unclaimed in [Unclaimed::Named, Unclaimed::Spread] {
        adds_up(ledger, &ledger.attribute(|job| job, unclaimed));
        adds_up(ledger, &ledger.attribute(queue, unclaimed));
        adds_up(ledger, &ledger.attribute(class, unclaimed));
        adds_up(ledger, &ledger.attribute(tag, unclaimed));
    }
}

fn sweep(seeds: std::ops::Range<u64>) {
    let mut reached = BTreeMap::new();
    let runs = seeds.end - seeds.start;
    seeds.for_each(|seed| check(seed, &mut reached));
    eprintln!("{runs} bills, lines: {reached:?}");
    // Every kind of line of a machine or a commitment.
    for kind in [
        "Work",
        "Restore",
        "Dump",
        "Lost",
        "Idle",
        "Boot",
        "Rounding",
        "Credit",
        "Commitment",
        "Unused",
        "Upfront",
        "Capex",
        "Power",
        "Staff",
        "store: Storage",
        "store: Rounding",
        "store: Requests",
        "Egress",
        "Leftover",
    ] {
        assert!(reached.get(kind).is_some_and(|times| *times > 50), "{kind}");
    }
}

#[test]
fn bills_and_stores_agree_with_the_naive_ones_in_the_first_thousands() {
    sweep(0..EACH);
}

#[test]
fn bills_and_stores_agree_with_the_naive_ones_in_the_second_thousands() {
    sweep(EACH..2 * EACH);
}

#[test]
fn bills_and_stores_agree_with_the_naive_ones_in_the_third_thousands() {
    sweep(2_000_000..2_000_000 + EACH);
}

#[test]
fn bills_and_stores_agree_with_the_naive_ones_in_the_fourth_thousands() {
    sweep(3_000_000..3_000_000 + EACH);
}

/// The world with every step of its prices changed.
fn repriced(world: &World, step: impl Fn(SimTime, u64) -> Vec<(SimTime, u64)>) -> World {
    let mut world = world.clone();
    for offering in &mut world.offerings {
        let steps = offering.price.steps().iter();
        let steps = steps.flat_map(|(from, price)| step(*from, price.nanousd_h()));
        let steps = steps.map(|(from, price)| (from, Price::from_nanousd_h(price).unwrap()));
        offering.price = Curve::new(steps.collect()).unwrap();
    }
    world
}

#[test]
fn all_prices_times_k_make_every_line_k_times_as_much() {
    // A line is rounded once: k halves of a nano-dollar, and a half. An attempt that passed in several ways is split to less
    // than a unit of its numerator, which is less.
    const K: u64 = 7;
    for seed in 0..500 {
        let (world, jobs, warmup) = world(seed);
        let mut dearer = repriced(&world, |from, price| vec![(from, K * price)]);
        let times = |amount: &mut Money| *amount = Money::from_nanousd(7 * amount.nanousd());
        for commitment in &mut dearer.commitments {
            match commitment {
                Commitment::Reserved(own) => {
                    own.hourly = Price::from_nanousd_h(K * own.hourly.nanousd_h()).unwrap();
                    times(&mut own.upfront);
                }
                Commitment::Owned(own) => {
                    times(&mut own.capex);
                    times(&mut own.kwh);
                    times(&mut own.staff);
                }
            }
        }
        let stocks = swarm::stocks(seed, &world);
        let mut dearer_stocks = stocks.clone();
        for place in &mut dearer_stocks.stores {
            times(&mut place.egress);
            for tier in &mut place.store.tiers {
                times(&mut tier.month);
                times(&mut tier.retrieval);
                times(&mut tier.thousand_writes);
                times(&mut tier.thousand_reads);
            }
        }
        for thing in &mut dearer_stocks.things {
            thing.hourly = Price::from_nanousd_h(K * thing.hourly.nanousd_h()).unwrap();
            times(&mut thing.month);
        }
        let dearer = Arc::new(dearer);
        let cheap = billed(seed, (&world, &jobs, warmup), &stocks).ledger;
        let dear = billed(seed, (&dearer, &jobs, warmup), &dearer_stocks).ledger;
        let lines = cheap.bill().lines().iter().zip(dear.bill().lines());
        for (line, dearer) in lines {
            assert_eq!((line.source, line.kind), (dearer.source, dearer.kind));
            let off = 7 * line.amount.nanousd() - dearer.amount.nanousd();
            assert!(off.abs() <= 4, "seed {seed}: {line:?}, then {dearer:?}");
            // Before rounding it is within a nano-dollar.
            let value = |line: &Line| line.exact.parts();
            let ((whole, rest, over), (more, left, _)) = (value(line), value(dearer));
            let off = (7 * whole - more) * over + 7 * rest - left;
            assert!(off.abs() < over, "seed {seed}: {line:?}, then {dearer:?}");
        }
    }
}

/// Says before many a fact again what everything costs.
struct Echo<O> {
    watch: O,
    luck: Stream,
    prices: Vec<Price>,
}

impl<O: Observer> Observer for Echo<O> {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        for (at, price) in (0..).zip(&self.prices) {
            if self.luck.chance(0.4) {
                let (offering, price) = (OfferingId(at), *price);
                self.watch.observe(now, &Fact::Price { offering, price });
            }
        }
        if let Fact::Price { offering, price } = fact {
            self.prices[offering.index()] = *price;
        }
        self.watch.observe(now, fact);
    }
}

#[test]
fn steps_of_a_price_that_change_nothing_change_no_bill() {
    for seed in 0..500 {
        let (world, jobs, warmup) = world(seed);
        let prices = world.offerings.iter();
        let echo = Echo {
            watch: Biller::new(&world, warmup, true),
            luck: Stream::new(seed, &[Part::Name("echo")]),
            prices: prices.map(|own| own.price.at(SimTime::ZERO)).collect(),
        };
        let mut both = (Biller::new(&world, warmup, true), echo);
        let mut engine = engine(&world, &jobs);
        let mut policy = Animal::Monkey(seed).policy();
        engine
            .run(&mut *policy, Grants::default(), &mut both)
            .unwrap();
        let (bill, _) = both.0.finish(engine.now());
        let (same, _) = both.1.watch.finish(engine.now());
        assert_eq!(bill.bill(), same.bill(), "seed {seed}");
    }
}
