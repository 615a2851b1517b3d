//! Relations between two runs: what must come out the same, under which precondition, and a case that
//! breaks without it.

use std::sync::Arc;

use policies::params::Value;
use sim_core::books::Line;
use sim_core::course::{CourseKind, UNIT_RATE};
use sim_core::engine::{Finish, World};
use sim_core::model::{Budget, Gang, Job, Keep, Market, ModelSet, Offering, Period};
use sim_core::units::{ModelId, Money, OfferingId, Price, SimTime, Span};
use sim_core::watch::{Digests, Recorder, Recording};
use sim_core::world::Curve;

use super::rig::{self, Run, class, fates, fleet, job, run, world};
use super::roster::{self, Contender};
use super::scenes::{self, Scene, luck, small};

/// Contenders without a clock of their own, and those whose clocks are parameters.
fn timeless() -> Vec<Contender> {
    let mut all: Vec<Contender> = ["strict", "skip", "easy", "conservative"]
        .into_iter()
        .flat_map(|admit| {
            ["fifo", "shortest", "smallest", "edf", "priority"]
                .map(|order| roster::plain(order, admit, "best-fit"))
        })
        .collect();
    all.push(roster::parts([
        "srtf", "skip", "spread", "by-order", "keep",
    ]));
    all.push(roster::parts([
        "priority",
        "easy",
        "rack-aware",
        "by-order",
        "keep",
    ]));
    all
}

fn las(quantum_s: u64) -> Contender {
    let las = roster::parts(["las", "skip", "best-fit", "by-order", "keep"]);
    las.with("quantum", Value::Text(format!("{quantum_s}s")))
}

/// Facts with their times mapped; starts and interruptions carry times of their own, so those are
/// compared by what is left of the line.
fn lines(run: &Run) -> Vec<(SimTime, String)> {
    let bare = |line: &String| {
        let words = line
            .split([' ', ':', ','])
            .filter(|word| !word.ends_with("us"));
        words.collect::<Vec<_>>().join(" ")
    };
    let lines = run.transcript.lines.iter();
    lines.map(|(at, line)| (*at, bare(line))).collect()
}

fn mapped(run: &Run, map: impl Fn(SimTime) -> SimTime) -> Vec<(SimTime, String)> {
    let lines = lines(run).into_iter();
    lines.map(|(at, line)| (map(at), line)).collect()
}

fn times(span: Span, k: u64) -> Span {
    span.saturating_mul(k)
}

fn times_at(at: SimTime, k: u64) -> SimTime {
    SimTime::ZERO.saturating_add(times(at.since(SimTime::ZERO), k))
}

fn map_curve<T: Copy>(curve: &Curve<T>, map: impl Fn(SimTime) -> SimTime) -> Curve<T> {
    let steps = curve.steps().iter().map(|(at, value)| (map(*at), *value));
    Curve::new(steps.collect()).expect("still ascending")
}

/// Everything that lasts, k times as long.
fn stretched(scene: &Scene, k: u64) -> Scene {
    let mut world = World::clone(&scene.world);
    for offering in &mut world.offerings {
        offering.boot = times(offering.boot, k);
        offering.notice = times(offering.notice, k);
        offering.price = map_curve(&offering.price, |at| times_at(at, k));
        offering.availability = map_curve(&offering.availability, |at| times_at(at, k));
    }
    for class in &mut world.classes {
        let checkpoint = &mut class.checkpoint;
        checkpoint.restore = times(checkpoint.restore, k);
        if let Keep::Every(period) = checkpoint.keep {
            checkpoint.keep = Keep::Every(times(period, k));
        }
        if let CourseKind::Stepwise(step) = class.course.kind {
            class.course.kind = CourseKind::Stepwise(times(step, k));
        }
    }
    let stretch = |job: &Job| {
        let is_linear = world.classes[job.class.index()].course.kind == CourseKind::Linear;
        let mut job = job.clone();
        job.arrival = times_at(job.arrival, k);
        job.estimate = job.estimate.map(|span| times(span, k));
        job.deadline = job.deadline.map(|at| times_at(at, k));
        if is_linear {
            job.work *= k;
        }
        job
    };
    let jobs = scene.jobs.iter().map(stretch).collect();
    let world = Arc::new(world);
    Scene { world, jobs }
}

/// The same scene at unit rate: every rate divides.
fn at_unit_rate(mut scene: Scene) -> Scene {
    let mut world = World::clone(&scene.world);
    for class in &mut world.classes {
        class.course.rates = rig::class().course.rates;
    }
    scene.world = Arc::new(world);
    scene
}

#[test]
fn times_k_times_all_times_where_rates_divide() {
    let k = 3;
    let mut pairs: Vec<(Contender, Contender)> = timeless()
        .into_iter()
        .map(|contender| (contender.clone(), contender))
        .collect();
    pairs.push((las(600), las(600 * k)));
    for (position, (one, other)) in (0..).zip(pairs) {
        for seed in position * 1000..position * 1000 + 20 {
            let scene = at_unit_rate(scenes::scene(seed, &one));
            let long = stretched(&scene, k);
            let first = run(&scene.world, &scene.jobs, &one);
            let second = run(&long.world, &long.jobs, &other);
            let expected = mapped(&first, |at| times_at(at, k));
            let differ = lines(&second)
                .into_iter()
                .zip(expected)
                .find(|(a, b)| a != b);
            assert_eq!(differ, None, "{}, scene {seed}", one.name());
        }
    }
}

/// Without: a quotient is rounded up once, not k times.
#[test]
fn where_a_rate_does_not_divide_times_k_differ() {
    let mut world = world(vec![fleet(1, 1)]);
    world.classes[0].course.rates.by_gpus = vec![(1, 3 * UNIT_RATE)];
    let of = |work| Job {
        work,
        ..job(0, Gang::of(1, 1), 1)
    };
    let fifo = roster::plain("fifo", "strict", "best-fit");
    let end = |work| fates(world.clone(), &[of(work)], &fifo).ends()[0].us();
    assert_eq!((end(100), end(300)), (34, 100));
}

fn shifted(scene: &Scene, by: Span) -> Scene {
    let later = |at: SimTime| at.saturating_add(by);
    let step = |at: SimTime| if at > SimTime::ZERO { later(at) } else { at };
    let mut world = World::clone(&scene.world);
    for offering in &mut world.offerings {
        offering.price = map_curve(&offering.price, step);
        offering.availability = map_curve(&offering.availability, step);
    }
    let shift = |job: &Job| Job {
        arrival: later(job.arrival),
        deadline: job.deadline.map(later),
        ..job.clone()
    };
    let jobs = scene.jobs.iter().map(shift).collect();
    let world = Arc::new(world);
    Scene { world, jobs }
}

/// The fleet stands from the start; all that happens after it does so later.
fn after_the_start(run: &Run, by: Span) -> Vec<(SimTime, String)> {
    mapped(run, |at| at.saturating_add(by))
        .into_iter()
        .map(|(at, line)| {
            let stood = line.ends_with("is ready") && at == SimTime::ZERO.saturating_add(by);
            (if stood { SimTime::ZERO } else { at }, line)
        })
        .collect()
}

#[test]
fn a_shift_of_the_clock_shifts_everything() {
    let by = rig::span(7 * 3600 + 11);
    for (position, contender) in (0..).zip(timeless()) {
        for seed in position * 1000..position * 1000 + 20 {
            let scene = scenes::scene(seed, &contender);
            let late = shifted(&scene, by);
            let first = run(&scene.world, &scene.jobs, &contender);
            let second = run(&late.world, &late.jobs, &contender);
            let expected = after_the_start(&first, by);
            assert_eq!(lines(&second), expected, "{}, {seed}", contender.name());
        }
    }
}

/// Turns are struck at multiples of the quantum: a shift by anything else cuts them elsewhere.
#[test]
fn turns_shift_only_with_whole_quanta() {
    let jobs = vec![job(0, Gang::of(1, 1), 3000); 3];
    let scene = Scene {
        world: Arc::new(world(vec![fleet(1, 1)])),
        jobs,
    };
    let contender = las(600);
    let first = run(&scene.world, &scene.jobs, &contender);
    let shifted_by = |secs| {
        let by = rig::span(secs);
        let late = shifted(&scene, by);
        lines(&run(&late.world, &late.jobs, &contender)) == after_the_start(&first, by)
    };
    assert!(shifted_by(1200));
    assert!(!shifted_by(1100));
}

fn repriced(scene: &Scene, k: u64) -> Scene {
    let mut world = World::clone(&scene.world);
    for offering in &mut world.offerings {
        let steps = offering.price.steps().iter();
        let steps = steps.map(|(at, price)| {
            let price = Price::from_nanousd_h(price.nanousd_h() * k);
            (*at, price.expect("below the limit"))
        });
        offering.price = Curve::new(steps.collect()).expect("ascending");
    }
    Scene {
        world: Arc::new(world),
        jobs: scene.jobs.clone(),
    }
}

/// The bill of a run, and what was decided.
fn bill(scene: &Scene, contender: &Contender) -> (Vec<Line>, Digests) {
    let recording = Recording {
        warmup: SimTime::ZERO,
        sample: None,
        stays: 0,
        attribute: false,
        balance: None,
    };
    let mut recorder = Recorder::new(&scene.world, recording);
    let mut engine = rig::engine(&scene.world, &scene.jobs);
    engine
        .run(&mut *contender.policy(), contender.grants, &mut recorder)
        .expect("a sound policy");
    let record = recorder.finish(engine.now());
    (record.ledger.bill().lines().to_vec(), engine.digests())
}

/// A line is rounded once: seven times half a nano-dollar, and a half.
#[test]
fn prices_times_k_cost_times_k_and_change_no_decision() {
    let whole = 3_600_000_000 / 20;
    let contenders = [
        roster::plain("fifo", "easy", "best-fit"),
        roster::parts(["fifo", "skip", "best-fit", "none", "queue-depth"]).quick(),
    ];
    for contender in contenders {
        for seed in 0..40 {
            let scene = repriced(&scenes::scene(seed, &contender), 20 * whole);
            let (cost, digests) = bill(&scene, &contender);
            let (more, same) = bill(&repriced(&scene, 7), &contender);
            assert_eq!(more.len(), cost.len(), "{seed}");
            for (line, dearer) in cost.iter().zip(&more) {
                assert_eq!((line.source, line.kind), (dearer.source, dearer.kind));
                let off = 7 * line.amount.nanousd() - dearer.amount.nanousd();
                assert!(off.abs() <= 4, "{seed}: {line:?}, then {dearer:?}");
            }
            assert_eq!(digests.decisions, same.decisions, "{seed}");
            assert!(cost.iter().any(|line| line.amount > Money::ZERO));
        }
    }
}

/// Without: a line is rounded once, so k small ones are not k times one.
#[test]
fn a_line_that_is_rounded_is_not_k_times_as_much() {
    let scene = |price| {
        let mut fleet = fleet(1, 1);
        fleet.price = Curve::constant(Price::from_nanousd_h(price).expect("low"));
        Scene {
            world: Arc::new(world(vec![fleet])),
            jobs: vec![job(0, Gang::of(1, 1), 1440)],
        }
    };
    let fifo = roster::plain("fifo", "strict", "best-fit");
    // 0.4 nano-dollars are none; three times as much are one.
    let paid = |k| -> Money {
        let (lines, _) = bill(&scene(k), &fifo);
        lines.iter().map(|line| line.amount).sum()
    };
    assert_eq!([paid(1), paid(3)], [Money::ZERO, Money::from_nanousd(1)]);
}

/// The rows of a workload, in any order, sorted by arrival as every source of jobs does.
fn sorted(mut jobs: Vec<Job>) -> Vec<Job> {
    jobs.sort_by_key(|job| job.arrival);
    jobs
}

fn shuffled(seed: u64, jobs: &[Job]) -> Vec<Job> {
    let (mut jobs, mut luck) = (jobs.to_vec(), luck(seed, "shuffle"));
    for end in (1..jobs.len()).rev() {
        let bound = u64::try_from(end + 1).expect("few");
        jobs.swap(end, small(luck.below(bound)));
    }
    jobs
}

#[test]
fn the_order_of_the_input_does_not_matter_where_arrivals_are_distinct() {
    let contender = roster::plain("fifo", "skip", "best-fit");
    let (mut distinct, mut broken) = (0, 0);
    for seed in 0..100 {
        let scene = scenes::scene(seed, &contender);
        let first = run(&scene.world, &scene.jobs, &contender).digests;
        let jobs = sorted(shuffled(seed, &scene.jobs));
        let second = run(&scene.world, &jobs, &contender).digests;
        let ties = scene
            .jobs
            .windows(2)
            .any(|pair| pair[0].arrival == pair[1].arrival);
        if ties {
            broken += u32::from(first != second);
        } else {
            distinct += 1;
            assert_eq!(first, second, "scene {seed}");
        }
    }
    // Those who come at once go by the order of the input: that breaks it.
    assert!(distinct > 3, "scenes without ties: {distinct}");
    assert!(broken > 10, "scenes with ties that part: {broken}");
}

/// A run that drains before its horizon goes on to it where a job is still to come, and sees prices step: that is apart.
#[test]
fn a_job_after_the_horizon_changes_nothing() {
    let mut compared = 0_u32;
    for (position, contender) in (0..).zip(roster::all()) {
        let seed = position * 1000 + 5;
        let scene = scenes::scene(seed, &contender);
        let mut world = World::clone(&scene.world);
        world.end = Some(SimTime::from_secs(2 * 3600));
        let world = Arc::new(world);
        let first = run(&world, &scene.jobs, &contender);
        if first.finish != Finish::Horizon {
            continue;
        }
        let mut jobs = scene.jobs.clone();
        let last = jobs.last().expect("some jobs").arrival.max(rig::at(7200));
        let mut late = job(0, Gang::of(1, 1), 60);
        late.arrival = last;
        jobs.push(late);
        let second = run(&world, &jobs, &contender);
        assert_eq!(first.digests, second.digests, "{}", contender.name());
        compared += 1;
    }
    assert!(compared > 100, "{compared} runs reach the horizon");
}

/// Without: before the horizon it counts.
#[test]
fn a_job_before_the_horizon_changes_something() {
    let mut world = world(vec![fleet(1, 1)]);
    world.end = Some(rig::at(100));
    let fifo = roster::plain("fifo", "strict", "best-fit");
    let jobs = [job(0, Gang::of(1, 1), 10), job(99, Gang::of(1, 1), 10)];
    let world = Arc::new(world);
    let digests = |jobs| run(&world, jobs, &fifo).digests;
    assert_ne!(digests(&jobs), digests(&jobs[..1]));
}

fn with_another(scene: &Scene, extra: Offering) -> Arc<World> {
    let mut world = World::clone(&scene.world);
    world.offerings.push(extra);
    Arc::new(world)
}

/// A fleet of another name that nobody can have: no slots, or nothing at the provider's.
fn out_of_reach() -> [Offering; 2] {
    let mut none = fleet(0, 8);
    none.market = Market::OnDemand;
    let mut empty = fleet(4, 8);
    empty.market = Market::OnDemand;
    empty.standing = false;
    (empty.initial, empty.min) = (0, 0);
    empty.availability = Curve::constant(0);
    [none, empty]
}

#[test]
fn a_fleet_that_nobody_can_have_changes_no_decision() {
    for (position, contender) in (0..).zip(roster::all()) {
        // A fleet of another model has them turn everyone away.
        let alike = matches!(contender.kinds, roster::Kinds::Whole(_));
        for seed in position * 1000..position * 1000 + 6 {
            let scene = scenes::scene(seed, &contender);
            let first = run(&scene.world, &scene.jobs, &contender);
            for mut extra in out_of_reach() {
                if alike || contender.buys() {
                    extra.max = 0;
                    extra.availability = Curve::constant(0);
                    extra.shape.model = scene.world.offerings[0].shape.model;
                }
                let world = with_another(&scene, extra);
                let second = run(&world, &scene.jobs, &contender);
                let (name, a, b) = (contender.name(), first.digests, second.digests);
                assert_eq!(a, b, "{name}, scene {seed}");
            }
        }
    }
}

/// Without: put in front, it takes a number, and numbers are in decisions.
#[test]
fn put_in_front_a_fleet_without_slots_renumbers_those_that_are_bought() {
    let mut elastic = fleet(2, 1);
    (elastic.initial, elastic.min, elastic.standing) = (0, 0, false);
    elastic.market = Market::OnDemand;
    let buys = roster::parts(["fifo", "strict", "best-fit", "none", "queue-depth"]);
    let jobs = [job(0, Gang::of(1, 1), 10)];
    let digests = |fleets| {
        run(&Arc::new(world(fleets)), &jobs, &buys)
            .digests
            .decisions
    };
    let alone = digests(vec![elastic.clone()]);
    assert_eq!(digests(vec![elastic.clone(), fleet(0, 1)]), alone);
    assert_ne!(digests(vec![fleet(0, 1), elastic]), alone);
}

/// Two halves that share nothing: jobs of two models.
fn halves(seed: u64) -> [Vec<Job>; 2] {
    [0, 1].map(|model| {
        let mut luck = luck(seed, if model == 0 { "left" } else { "right" });
        let mut arrival = 0;
        let next = |_| {
            arrival += luck.between(1, 40);
            let gang = Gang::of(small(1 + luck.below(4)), 1);
            let mut job = job(2 * arrival + model, gang, luck.between(1, 100));
            job.models = ModelSet::NONE.with(ModelId(small(model)));
            job.priority = small::<i32>(luck.below(3));
            job
        };
        (0..25).map(next).collect()
    })
}

/// Starts of both halves when they run together and when each runs alone.
fn together_and_apart(seed: u64, contender: &Contender) -> [Vec<SimTime>; 2] {
    let fleets = || {
        let (left, mut right) = (fleet(3, 2), fleet(2, 2));
        right.shape.model = ModelId(1);
        vec![left, right]
    };
    let [left, right] = halves(seed);
    let starts = |jobs: &[Job]| fates(world(fleets()), jobs, contender).starts();
    let all = sorted([left.clone(), right.clone()].concat());
    let of_model = |model| {
        let of = starts(&all).into_iter().zip(&all);
        of.filter(move |(_, job)| job.models.allows(ModelId(model)))
            .map(|(start, _)| start)
            .collect::<Vec<_>>()
    };
    [
        [of_model(0), of_model(1)].concat(),
        [starts(&left), starts(&right)].concat(),
    ]
}

#[test]
fn two_zones_that_share_nothing_are_two_runs() {
    for order in ["fifo", "shortest", "smallest", "priority"] {
        let skip = roster::plain(order, "skip", "best-fit");
        for seed in 0..20 {
            let [together, apart] = together_and_apart(seed, &skip);
            assert_eq!(together, apart, "{order}, {seed}");
        }
    }
}

/// Without: under strict order the head of one zone holds up the other, and so does EASY's, whose one
/// reservation is the head's.
#[test]
fn one_line_for_two_zones_couples_them() {
    for admit in ["strict", "easy"] {
        let coupled = roster::plain("fifo", admit, "best-fit");
        let parts = (0..20).any(|seed| {
            let [together, apart] = together_and_apart(seed, &coupled);
            together != apart
        });
        assert!(parts, "{admit}");
    }
}

/// When one GPU was busy, as joined intervals: with what has arrived, all that V(t) depends on.
fn busy(run: &Run) -> Vec<(SimTime, SimTime)> {
    let mut held = run.fates.attempts.clone();
    held.sort_unstable_by_key(|(_, from, to)| (*from, *to));
    let mut busy: Vec<(SimTime, SimTime)> = Vec::new();
    for (_, from, to) in held {
        match busy.last_mut() {
            Some((_, until)) if *until >= from => *until = to.max(*until),
            Some(_) | None => busy.push((from, to)),
        }
    }
    busy
}

fn on_one_gpu(seed: u64) -> Vec<Job> {
    let mut luck = luck(seed, "unfinished work");
    let mut arrival = 0;
    let next = |_| {
        arrival += luck.below(100);
        let mut job = job(arrival, Gang::of(1, 1), luck.between(1, 90));
        job.priority = small::<i32>(luck.below(3));
        job
    };
    (0..30).map(next).collect()
}

#[test]
fn unfinished_work_on_one_gpu_is_the_same_under_all_who_conserve_work() {
    let one = Arc::new(world(vec![fleet(1, 1)]));
    for seed in 0..20 {
        let jobs = on_one_gpu(seed);
        let fifo = busy(&run(
            &one,
            &jobs,
            &roster::plain("fifo", "strict", "best-fit"),
        ));
        // The compatible ones do not conserve work: their heads are not tried at every instant. Neither do those who close
        // at night, nor those who turn work away.
        let conserving = roster::all()
            .into_iter()
            .filter(|contender| !contender.is_compat() && !contender.closes())
            // Nor do rounds, in which jobs wait for their shares.
            .filter(|contender| !contender.turns_away() && !contender.has_rounds());
        for contender in conserving {
            let path = busy(&run(&one, &jobs, &contender));
            assert_eq!(path, fifo, "{}, {seed}", contender.name());
        }
    }
}

/// Without: an overhead at each interruption is work that one policy makes and another does not.
#[test]
fn with_a_restore_unfinished_work_depends_on_the_policy() {
    let mut world = world(vec![fleet(1, 1)]);
    world.classes = vec![class()];
    world.classes[0].checkpoint.restore = rig::span(5);
    let world = Arc::new(world);
    let preempts = roster::parts(["priority", "skip", "best-fit", "by-order", "keep"]);
    let fifo = roster::plain("fifo", "skip", "best-fit");
    let parts = (0..20).any(|seed| {
        let jobs = on_one_gpu(seed);
        busy(&run(&world, &jobs, &preempts)) != busy(&run(&world, &jobs, &fifo))
    });
    assert!(parts);
}

/// Interrupted and resumed on the same GPU at no cost, all ends as if one had run after the other.
#[test]
fn an_interruption_without_overhead_delays_by_what_ran_in_between() {
    let mut urgent = job(10, Gang::of(1, 1), 7);
    urgent.priority = 1;
    let jobs = [job(0, Gang::of(1, 1), 30), urgent];
    let preempts = roster::parts(["priority", "skip", "best-fit", "by-order", "keep"]);
    let ends = fates(world(vec![fleet(1, 1)]), &jobs, &preempts).ends();
    assert_eq!(ends, [rig::at(37), rig::at(17)]);
}

/// A guard of a budget that is far from spent: the cap is what moves things.
#[test]
fn a_budget_that_is_never_spent_changes_nothing() {
    let buyers = (0..).zip(roster::all());
    let composed = |one: &Contender| one.buys() && one.part(4).is_some();
    for (position, plain) in buyers.filter(|(_, one)| composed(one)) {
        let [_, hours, scale, oversubscribe, pace] = plain.keeps;
        let kept = |guard| [guard, hours, scale, oversubscribe, pace];
        let (guarded, free) = (plain.clone().keep(kept("budget")), plain.keep(kept("none")));
        for seed in position * 1000..position * 1000 + 4 {
            let scene = scenes::scene(seed, &free);
            let fleets = 0..u16::try_from(scene.world.offerings.len()).expect("few");
            let mut world = World::clone(&scene.world);
            world.budgets = vec![Budget {
                name: "never spent".to_owned(),
                amount: Money::from_nanousd(i128::MAX),
                period: Period::Every(rig::span(7200)),
                covers: fleets.map(OfferingId).collect(),
                delay: rig::span(600),
            }];
            let digests = run(&Arc::new(world), &scene.jobs, &guarded).digests;
            let unguarded = run(&scene.world, &scene.jobs, &free).digests;
            assert_eq!(digests, unguarded, "{}", guarded.name());
        }
    }
}

/// Without: one that is spent does.
#[test]
fn a_budget_that_is_spent_changes_something() {
    let buyer = roster::parts(["fifo", "skip", "best-fit", "none", "queue-depth"]);
    let guarded = buyer
        .clone()
        .keep(["budget", "none", "none", "none", "given"]);
    let differs = (0..20).any(|seed| {
        let scene = scenes::scene(seed, &buyer);
        let mut world = World::clone(&scene.world);
        world.budgets = vec![Budget {
            name: "spent".to_owned(),
            amount: Money::from_nanousd(20),
            period: Period::Every(rig::span(7200)),
            covers: vec![OfferingId(0)],
            delay: rig::span(0),
        }];
        let digests = run(&Arc::new(world), &scene.jobs, &guarded).digests;
        digests != run(&scene.world, &scene.jobs, &buyer).digests
    });
    assert!(differs);
}
