//! Gavel: goals whose shares are known, and rounds small enough to follow by hand.

use std::sync::Arc;

use policies::gavel::{
    Allox, Ask, Claimant, Fifo, FifoRandom, FinishTimeFairness, Gavel, Goal, Heeds, Isolated,
    Journal, Market, MaxMinFairness, MaxSumThroughput, MinTotalDuration, Newcomers, Shockwave,
    WaterFilling, Ways, Within,
};
use sim_core::course::{CourseKind, Rates, Size, Speeds};
use sim_core::engine::{Engine, Finish, Grants, World};
use sim_core::model::{self, Gang, Job};
use sim_core::units::{JobId, KindId, ModelId, QueueId, Span};
use sim_core::watch::{Fact, Observer};
use sim_core::world::Trace;

use crate::plain::{self, at, span};

/// Nobody beside another.
const FIFO: Fifo = Fifo {
    anywhere: false,
    pack_above: None,
};

fn claimant(ordinal: u64, gpus: f64, speeds: [f64; 2]) -> Claimant {
    Claimant {
        job: JobId::unpack(ordinal << 32),
        queue: QueueId(0),
        tenant: 1.0,
        gpus,
        weight: 1.0,
        speeds: speeds.to_vec(),
        steps: 1000.0,
        steps_left: 1000.0,
        since_s: 0.0,
        until_s: None,
    }
}

fn ask(gpus: [f64; 2], claimants: Vec<Claimant>) -> Ask {
    Ask {
        now_s: 0.0,
        claimants,
        gpus: gpus.to_vec(),
        usd_h: vec![1.0, 4.0],
        alike_as: None,
        pairs: Vec::new(),
    }
}

/// Shares are shares: in [0, 1], no more than the whole time of a job, and no more than the GPUs of a model.
fn fits(ask: &Ask, shares: &[Vec<f64>]) {
    for row in shares {
        assert!(
            row.iter().all(|share| (0.0..=1.0).contains(share)),
            "{row:?}"
        );
        assert!(row.iter().sum::<f64>() < 1.0 + 1e-4, "{row:?}");
    }
    for (model, gpus) in ask.gpus.iter().enumerate() {
        let pairs = ask.claimants.iter().zip(shares);
        let used: f64 = pairs
            .map(|(claimant, row)| claimant.gpus * row[model])
            .sum();
        assert!(used < gpus + 1e-4, "{used} of {gpus}");
    }
}

fn speed(claimant: &Claimant, row: &[f64]) -> f64 {
    let pairs = claimant.speeds.iter().zip(row);
    pairs.map(|(speed, share)| speed * share).sum()
}

#[test]
fn fifo_takes_the_fastest_that_fits_and_stops_at_the_first_that_fits_nowhere() {
    let jobs = vec![
        claimant(0, 1.0, [1.0, 2.0]),
        claimant(1, 1.0, [0.0, 3.0]),
        claimant(2, 1.0, [1.0, 2.0]),
        claimant(3, 4.0, [1.0, 1.0]),
        claimant(4, 1.0, [1.0, 1.0]),
    ];
    let ask = ask([3.0, 2.0], jobs);
    let mut goal = FIFO;
    let shares = goal.shares(&ask);
    let expected = [[0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.0]];
    assert_eq!(shares, expected.map(Vec::from));
}

#[test]
fn isolated_jobs_have_equal_parts() {
    let ask = ask(
        [2.0, 2.0],
        vec![claimant(0, 1.0, [1.0, 1.0]), claimant(1, 4.0, [1.0, 1.0])],
    );
    let shares = Isolated.shares(&ask);
    assert_eq!(shares, [vec![0.5, 0.5], vec![0.25, 0.25]]);
}

#[test]
fn nobody_is_worse_off_than_on_equal_parts_under_max_min_fairness() {
    let jobs = vec![
        claimant(0, 1.0, [1.0, 4.0]),
        claimant(1, 1.0, [1.0, 2.0]),
        claimant(2, 2.0, [0.0, 5.0]),
    ];
    let ask = ask([2.0, 2.0], jobs);
    let shares = MaxMinFairness::new(true, false).shares(&ask);
    fits(&ask, &shares);
    let relative = |at: usize, row: &[f64]| {
        let claimant = &ask.claimants[at];
        let equal = f64::midpoint(claimant.speeds[0], claimant.speeds[1]);
        speed(claimant, row) * claimant.gpus / equal
    };
    let by = |shares: &[Vec<f64>]| {
        let all = shares.iter().enumerate().map(|(at, row)| relative(at, row));
        all.fold(f64::INFINITY, f64::min)
    };
    assert!(by(&shares) > by(&Isolated.shares(&ask)) * 1.1, "{shares:?}");
}

#[test]
fn the_makespan_is_within_a_twentieth_of_the_best() {
    // Two jobs of 1000 steps on one GPU at one step a second: 2000 s.
    let ask = ask(
        [1.0, 0.0],
        vec![claimant(0, 1.0, [1.0, 0.0]), claimant(1, 1.0, [1.0, 0.0])],
    );
    let shares = MinTotalDuration::new(true, false).shares(&ask);
    fits(&ask, &shares);
    let longest = shares.iter().map(|row| 1000.0 / row[0]).fold(0.0, f64::max);
    assert!((1999.0..=2101.0).contains(&longest), "{longest}");
}

#[test]
fn who_has_waited_longer_gets_more_under_finish_time_fairness() {
    let mut jobs = vec![claimant(0, 1.0, [1.0, 0.0]), claimant(1, 1.0, [1.0, 0.0])];
    jobs[0].since_s = 5000.0;
    let ask = ask([1.0, 0.0], jobs);
    let shares = FinishTimeFairness::new(true, false).shares(&ask);
    fits(&ask, &shares);
    // (5000 + 1000 / x) = 1000 / (1 - x), by hand.
    let expected = (3.0 + f64::sqrt(29.0)) / 10.0;
    assert!((shares[0][0] - expected).abs() < 1e-4, "{shares:?}");
}

#[test]
fn throughput_goes_to_the_fast_to_the_cheap_or_to_who_is_due() {
    let mut jobs = vec![claimant(0, 1.0, [1.0, 3.0]), claimant(1, 1.0, [1.0, 2.0])];
    let heeds = Heeds {
        speeds: true,
        prices: false,
        deadlines: true,
    };
    let of = |heeds, jobs: &[Claimant]| {
        let ask = ask([1.0, 1.0], jobs.to_vec());
        let shares = MaxSumThroughput::new(heeds, false).shares(&ask);
        fits(&ask, &shares);
        shares
    };
    let near = |share: f64, expected: f64| assert!((share - expected).abs() < 1e-3, "{share}");
    near(of(heeds, &jobs)[0][1], 1.0);
    // For a dollar the first model gives more.
    let by_price = of(
        Heeds {
            prices: true,
            ..heeds
        },
        &jobs,
    );
    near(by_price[0][0] + by_price[1][0], 1.0);
    // The other one is due: at least two steps a second.
    jobs[1].until_s = Some(500.0);
    near(of(heeds, &jobs)[1][1], 1.0);
    // Nobody can be: then as if nobody were.
    jobs[1].until_s = Some(5.0);
    near(of(heeds, &jobs)[0][1], 1.0);
}

/// A GPU of model 0 and one of model 1, and jobs of a step in half a second on the one and a second on the other.
fn world() -> World {
    let mut world = plain::world(Vec::new());
    for model in [0, 1] {
        let mut fleet = plain::standing(plain::fleet(model::Market::Owned, 1, 1));
        fleet.shape.model = ModelId(model);
        world.offerings.push(fleet);
    }
    let size = Size {
        kind: KindId(0),
        gpus: 1,
        reference_s: 2.0,
        by_model: vec![(ModelId(0), 2.0), (ModelId(1), 1.0)],
    };
    let course = &mut world.classes[0].course;
    course.kind = CourseKind::Stepwise(Speeds::STEP);
    course.rates = Rates {
        table: Some(Arc::new(Speeds::new(vec![size]))),
        ..Rates::default()
    };
    world
}

fn job(arrival: u64, steps: u64) -> Job {
    Job {
        work: steps,
        estimate: Some(span(steps / 2)),
        ..plain::job(arrival, Gang::of(1, 1), 0)
    }
}

#[derive(Default)]
struct Starts(Vec<(u64, u32, u32)>, Vec<(u32, u64)>);

impl Observer for Starts {
    fn observe(&mut self, now: sim_core::units::SimTime, fact: &Fact<'_>) {
        let seconds = now.us() / 1_000_000;
        if let Fact::Started { job, seats, .. } = fact {
            self.0.push((seconds, job.ordinal(), seats[0].node.0));
        }
        if let Fact::Ended { job, .. } = fact {
            self.1.push((job.ordinal(), now.us()));
        }
    }
}

fn run(goal: Box<dyn Goal + Send>, jobs: &[Job], faithful: Option<u64>) -> (Starts, Journal) {
    let ways = Ways {
        round: span(360),
        between: span(1920),
        newcomers: Newcomers::Wait,
        seed: 0,
        faithful: faithful.is_some(),
    };
    let mut policy = Gavel::new(goal, ways);
    policy.keep_journal();
    let mut engine = Engine::new(Arc::new(world()), Box::new(Trace::new(jobs.into())));
    let grants = Grants {
        arrivals: faithful.is_some(),
        ..Grants::default()
    };
    let mut starts = Starts::default();
    let finish = engine.run(&mut policy, grants, &mut starts);
    assert_eq!(finish, Ok(Finish::Drained));
    assert_eq!(engine.counters().refusals, 0);
    let journal = policy.journal().expect("it keeps one").clone();
    (starts, journal)
}

#[test]
fn equal_jobs_take_turns_on_the_fast_gpu_and_the_first_goes_first() {
    let jobs = [job(0, 2000), job(0, 2000)];
    let (starts, _) = run(Box::new(Isolated), &jobs, None);
    // 720 steps on the fast one and 360 on the slow one, in turns.
    let moves = [(0, 0, 0), (0, 1, 1), (360, 1, 0), (360, 0, 1)];
    assert_eq!(starts.0[..4], moves);
}

#[test]
fn who_is_alone_stays_where_it_is_to_the_end() {
    let (starts, _) = run(Box::new(FIFO), &[job(5, 4000)], None);
    assert_eq!(starts.0, [(5, 0, 0)]);
    assert_eq!(starts.1, [(0, 2_005_000_000)]);
}

#[test]
fn the_published_simulator_charges_idle_time_and_we_do_not() {
    let jobs = [job(0, 100), job(10_000, 100)];
    let fifo = || Box::new(FIFO);
    let (starts, journal) = run(fifo(), &jobs, Some(0));
    let charged: Vec<f64> = journal.tasks.iter().map(|task| task.charged_s).collect();
    assert_eq!(charged, [50.0, 10_000.0]);
    let ends: Vec<u64> = starts.1.iter().map(|(_, us)| us / 1_000_000).collect();
    assert_eq!(ends, [50, 10_050]);
    assert_eq!(
        journal.solved.len(),
        3,
        "the last two with nobody and somebody there"
    );
    let (starts, _) = run(fifo(), &jobs, None);
    let ends: Vec<_> = starts.1.iter().map(|(_, us)| us / 1_000_000).collect();
    assert_eq!(ends, [50, 10_050]);
}

#[test]
fn shares_computed_at_zero_are_soon_computed_again_as_published_and_here_when_it_is_time() {
    // The first job ends after 50 s, the others run on for an hour.
    let jobs = [job(0, 100), job(0, 7200), job(0, 7200)];
    let times = |faithful| {
        let (_, journal) = run(Box::new(Isolated), &jobs, faithful);
        let times = journal.solved.iter().map(|solved| solved.at_s);
        times.take(2).collect::<Vec<_>>()
    };
    assert_eq!(times(Some(0)), [0.0, 360.0]);
    // The sixth round is the first that begins when 1920 s are over.
    assert_eq!(times(None), [0.0, 2160.0]);
}

#[test]
fn jobs_alike_have_exactly_the_same_shares_under_fairness_that_does_not_look_at_speeds() {
    let jobs = (0..7).map(|job| claimant(job, 1.0, [1.0, 3.0])).collect();
    let ask = ask([2.0, 2.0], jobs);
    let goals: [Box<dyn Goal + Send>; 2] = [
        Box::new(FinishTimeFairness::new(false, false)),
        Box::new(MaxMinFairness::new(false, false)),
    ];
    for mut goal in goals {
        let shares = goal.shares(&ask);
        fits(&ask, &shares);
        assert!(shares.iter().all(|row| *row == shares[0]), "{shares:?}");
        assert!((shares[0][0] - 2.0 / 7.0).abs() < 1e-5, "{shares:?}");
    }
}

#[test]
fn who_fits_on_no_machine_of_the_faster_model_runs_on_the_other() {
    // As many GPUs of the fast model as its one task wants, but each in a machine of its own.
    let mut world = world();
    world.offerings[1].shape.gpus = 2;
    let fast = &mut world.offerings[0];
    (fast.initial, fast.min, fast.max) = (2, 2, 2);
    let mut wide = job(0, 100);
    wide.gang = Gang::of(1, 2);
    let goals: [Box<dyn Goal + Send>; 2] = [Box::new(FIFO), Box::new(Isolated)];
    for goal in goals {
        let ways = Ways {
            round: span(360),
            between: span(1920),
            newcomers: Newcomers::Wait,
            seed: 0,
            faithful: false,
        };
        let trace = Trace::new([wide.clone()].as_slice().into());
        let mut engine = Engine::new(Arc::new(world.clone()), Box::new(trace));
        let mut starts = Starts::default();
        let finish = engine.run(&mut Gavel::new(goal, ways), Grants::default(), &mut starts);
        assert_eq!(finish, Ok(Finish::Drained));
        assert_eq!(starts.0, [(0, 0, 2)]);
    }
}

#[test]
fn two_jobs_that_the_published_simulator_drops_end_here() {
    // Seven steps on eight GPUs; a GPU of eight has no step to do.
    let mut world = world();
    world.offerings[0].shape.gpus = 8;
    let wide = Job {
        gang: Gang::of(8, 1),
        ..job(0, 7)
    };
    let outcome = |faithful: Option<u64>| {
        let ways = Ways {
            round: span(360),
            between: span(1920),
            newcomers: Newcomers::Wait,
            seed: 0,
            faithful: faithful.is_some(),
        };
        let mut policy = Gavel::new(Box::new(Isolated), ways);
        policy.keep_journal();
        let trace = Trace::new([wide.clone()].as_slice().into());
        let mut engine = Engine::new(Arc::new(world.clone()), Box::new(trace));
        let grants = Grants {
            arrivals: true,
            ..Grants::default()
        };
        let finish = engine.run(&mut policy, grants, &mut ());
        assert_eq!(finish, Ok(Finish::Drained));
        let journal = policy.journal().expect("it keeps one");
        (
            engine.now(),
            journal.tasks.iter().filter(|task| task.failed).count(),
        )
    };
    assert_eq!(
        outcome(None),
        (at(3).saturating_add(Span::from_us(500_000).unwrap()), 0)
    );
    let (end, failed) = outcome(Some(0));
    assert_eq!(failed, 5);
    // Its estimate is of six steps: five times three seconds.
    assert!(end < at(16) && end >= at(15), "{end}");
}

#[test]
fn allox_ends_short_jobs_first_and_a_job_keeps_its_gpu() {
    // One GPU of each model, the second twice as fast: alone, 2000, 1000 and 500 s on the first.
    let steps = |ordinal: u64, left: f64| Claimant {
        steps_left: left,
        ..claimant(ordinal, 1.0, [1.0, 2.0])
    };
    let jobs = vec![steps(0, 2000.0), steps(1, 1000.0), steps(2, 500.0)];
    let mut goal = Allox::new(10);
    let shares = goal.shares(&ask([1.0, 1.0], jobs.clone()));
    // By trying all: 2 before 0 on the fast one (250 + 1250 s), 1 on the slow one (1000 s).
    let expected = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
    assert_eq!(shares, expected.map(Vec::from));
    // A shorter one comes: those that run stay, and it waits for its turn.
    let mut more = jobs;
    more.push(steps(3, 10.0));
    let shares = goal.shares(&ask([1.0, 1.0], more.clone()));
    assert_eq!(shares[1..3], expected.map(Vec::from)[1..]);
    assert_eq!(shares[3], [0.0, 0.0]);
    // The fast GPU is free again.
    more.remove(2);
    let shares = goal.shares(&ask([1.0, 1.0], more));
    assert_eq!(shares[2], [0.0, 1.0]);
}

#[test]
fn water_filling_gives_the_rest_to_whoever_can_use_it() {
    // The first two run on model 0 alone, the third on model 1 alone, where there is more room.
    let jobs = || {
        vec![
            claimant(0, 1.0, [1.0, 0.0]),
            claimant(1, 1.0, [1.0, 0.0]),
            claimant(2, 1.0, [0.0, 1.0]),
        ]
    };
    let ask = ask([1.0, 1.0], jobs());
    let shares = WaterFilling::new(true, false, Within::Nothing).shares(&ask);
    fits(&ask, &shares);
    let near = |share: f64, expected: f64| assert!((share - expected).abs() < 1e-3, "{shares:?}");
    near(shares[0][0], 0.5);
    near(shares[1][0], 0.5);
    near(shares[2][1], 1.0);
}

#[test]
fn tenants_have_parts_by_weight_and_share_theirs_as_they_are_told() {
    // One job of the first tenant and three of the second on one GPU.
    let of = |within, second: f64| {
        let mut jobs: Vec<Claimant> = (0..4).map(|job| claimant(job, 1.0, [1.0, 0.0])).collect();
        for job in &mut jobs[1..] {
            (job.queue, job.tenant) = (QueueId(1), second);
        }
        let ask = ask([1.0, 0.0], jobs);
        let shares = WaterFilling::new(true, false, within).shares(&ask);
        fits(&ask, &shares);
        shares.iter().map(|row| row[0]).collect::<Vec<_>>()
    };
    let near = |shares: Vec<f64>, expected: [f64; 4]| {
        let pairs = shares.iter().zip(expected);
        assert!(
            pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-3),
            "{shares:?}"
        );
    };
    near(of(Within::Nothing, 1.0), [0.25; 4]);
    let sixth = 1.0 / 6.0;
    near(of(Within::Fairness, 1.0), [0.5, sixth, sixth, sixth]);
    near(of(Within::Fifo, 1.0), [0.5, 0.5, 0.0, 0.0]);
    // The second tenant counts for three: three quarters of the GPU are its own.
    near(of(Within::Nothing, 3.0), [0.25; 4]);
    near(of(Within::Fairness, 3.0), [0.25; 4]);
    near(of(Within::Fifo, 3.0), [0.25, 0.75, 0.0, 0.0]);
}

#[test]
fn a_drawn_model_runs_the_job_has_room_and_is_kept() {
    let jobs = vec![
        claimant(0, 1.0, [1.0, 0.0]),
        claimant(1, 2.0, [1.0, 1.0]),
        claimant(2, 1.0, [1.0, 1.0]),
    ];
    let ask = ask([2.0, 2.0], jobs);
    let mut both = [false; 2];
    for seed in 0..20 {
        let mut goal = FifoRandom::new(seed);
        let shares = goal.shares(&ask);
        fits(&ask, &shares);
        let expected = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]];
        assert_eq!(shares, expected.map(Vec::from), "there is no other room");
        assert_eq!(goal.shares(&ask), shares);
        let alone = Ask {
            claimants: vec![ask.claimants[2].clone()],
            ..ask.clone()
        };
        let row = FifoRandom::new(seed).shares(&alone);
        both[usize::from(row[0][1] > 0.0)] = true;
    }
    assert_eq!(both, [true, true], "either is drawn at times");
    // As published the last model by name is given, past what it has.
    let shares = FifoRandom::published(0).shares(&ask);
    assert_eq!(shares.iter().filter(|row| row[1] > 0.0).count(), 3);
}

/// What Shockwave gives to jobs on one GPU of the first model, with nobody's longest time counted.
fn bought(jobs: Vec<Claimant>, power: f64, regularizer: f64) -> Vec<f64> {
    let market = Market {
        window_s: 100.0,
        power,
        regularizer,
    };
    let shares = Shockwave::new(market).shares(&ask([1.0, 0.0], jobs));
    shares.into_iter().map(|row| row[0]).collect()
}

fn near(shares: &[f64], expected: &[f64]) {
    let pairs = shares.iter().zip(expected);
    let near = |(share, expected): (&f64, &f64)| (share - expected).abs() < 1e-4;
    assert!(pairs.clone().all(near), "{shares:?}, not {expected:?}");
}

#[test]
fn the_market_sells_a_window_so_that_the_product_of_what_is_done_is_largest() {
    let job = |ordinal: u64, steps: f64, left: f64| Claimant {
        steps,
        steps_left: left,
        ..claimant(ordinal, 1.0, [1.0, 0.0])
    };
    // To have done a third instead of nothing is worth more than two thirds instead of half.
    let fresh = bought(vec![job(0, 300.0, 300.0), job(1, 300.0, 150.0)], 0.0, 0.0);
    near(&fresh, &[1.0, 0.0]);
    // The shorter of two reaches its first fifth with less: 20 s of 100 steps, then 60 s of the longer one; what is left does
    // more for the shorter.
    let short = bought(vec![job(0, 100.0, 100.0), job(1, 300.0, 300.0)], 0.0, 0.0);
    near(&short, &[0.4, 0.6]);
    // Nobody buys more than it can use.
    let alone = bought(vec![job(0, 30.0, 30.0)], 0.0, 0.0);
    near(&alone, &[0.3]);
    // Who has waited long can spend more: both are half done, and alike but for that.
    let mut waited = vec![job(0, 300.0, 150.0), job(1, 300.0, 150.0)];
    waited[1].since_s = 10_000.0;
    near(&bought(waited.clone(), 5.0, 0.0), &[0.0, 1.0]);
    // Unless all that counts is how long it takes until all is done.
    waited[0].steps_left = 290.0;
    near(&bought(waited, 5.0, 1000.0), &[1.0, 0.0]);
}
