//! Two jobs on the same GPUs under Gavel's goals: shares known by hand, and rounds small enough to follow.

use std::sync::Arc;

use policies::gavel::{
    Ask, Claimant, Couple, Fifo, Gandiva, Gavel, Goal, Journal, MaxMinFairness, Newcomers, Ways,
};
use sim_core::course::{CourseKind, Pairing, Size, Slowdown, Speeds, UNIT_RATE};
use sim_core::engine::{Engine, Finish, Grants, World};
use sim_core::model::{Demand, Gang, GpuDemand, Job, Market, Role};
use sim_core::units::{JobId, KindId, ModelId, QueueId};
use sim_core::watch::{Fact, Observer};
use sim_core::world::Trace;

use crate::plain::{self, span};

fn claimant(ordinal: u64, speed: f64) -> Claimant {
    Claimant {
        job: JobId::unpack(ordinal << 32),
        queue: QueueId(0),
        tenant: 1.0,
        gpus: 1.0,
        weight: 1.0,
        speeds: vec![speed],
        steps: 1000.0,
        steps_left: 1000.0,
        since_s: 0.0,
        until_s: None,
    }
}

/// Jobs on one GPU model, and what some of them keep of their speed two by two.
fn ask(gpus: f64, speeds: &[f64], pairs: &[([usize; 2], [f64; 2])]) -> Ask {
    let claimants = (0..).zip(speeds);
    let couple = |(of, parts): &([usize; 2], [f64; 2])| Couple {
        of: *of,
        gpus: 1.0,
        speeds: vec![[speeds[of[0]] * parts[0], speeds[of[1]] * parts[1]]],
    };
    Ask {
        now_s: 0.0,
        claimants: claimants.map(|(at, speed)| claimant(at, *speed)).collect(),
        pairs: pairs.iter().map(couple).collect(),
        gpus: vec![gpus],
        usd_h: vec![1.0],
        alike_as: None,
    }
}

#[test]
fn whoever_finds_no_gpu_joins_the_one_with_which_most_gets_done() {
    let pairs = [
        ([0, 2], [0.8, 0.8]),
        ([1, 2], [0.9, 0.8]),
        ([0, 3], [0.7, 0.7]),
    ];
    let ask = ask(2.0, &[1.0, 4.0, 2.0, 1.0], &pairs);
    let mut goal = Fifo {
        anywhere: false,
        pack_above: Some(1.5),
    };
    // Job 2 joins job 1; job 3 would get but 1.4 done with job 0.
    let expected = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    let shares = goal.shares(&ask);
    assert_eq!(shares.concat(), expected);
    // With less asked of a pair it joins job 0.
    goal.pack_above = Some(1.3);
    assert_eq!(
        goal.shares(&ask).concat(),
        [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    );
}

#[test]
fn a_pair_that_gets_more_done_has_the_whole_time_under_max_min_fairness() {
    let pairs = [([0, 1], [0.8, 0.6])];
    let shares = |goal: MaxMinFairness| goal.clone().shares(&ask(1.0, &[2.0, 5.0], &pairs));
    let packed = shares(MaxMinFairness::new(true, false).packed(true));
    // Equal relative speeds: x alone for the second, 1 - x together; 0.8 (1 - x) = 0.6 (1 - x) + x.
    let alone = 0.2 / 1.2;
    let near = |share: f64, expected: f64| assert!((share - expected).abs() < 1e-4, "{packed:?}");
    near(packed[0][0], 0.0);
    near(packed[1][0], alone);
    near(packed[2][0], 1.0 - alone);
}

#[test]
fn gandiva_packs_only_what_does_not_fit_and_parts_what_does_not_pay() {
    let pair = |part: f64| [([0, 1], [part; 2])];
    let mut goal = Gandiva::new(0);
    assert_eq!(
        goal.shares(&ask(2.0, &[1.0; 2], &pair(0.9))).concat(),
        [1.0, 1.0, 0.0]
    );
    // One GPU: of two there is one pair to be drawn.
    assert_eq!(
        goal.shares(&ask(1.0, &[1.0; 2], &pair(0.9))).concat(),
        [0.0, 0.0, 1.0]
    );
    // They are drawn again, and nobody else is there: the pair is on trial until shares are computed the next time.
    assert_eq!(
        goal.shares(&ask(1.0, &[1.0; 2], &pair(0.4))).concat(),
        [0.0, 0.0, 1.0]
    );
    // A third comes: the two part, since they get less done than one alone, and whoever is drawn then shares.
    let pairs = [([0, 1], [0.4; 2]), ([0, 2], [0.9; 2]), ([1, 2], [0.9; 2])];
    let shares = goal.shares(&ask(1.0, &[1.0; 3], &pairs));
    let single = shares[..3].iter().filter(|row| row[0] > 0.0).count();
    let paired = shares[3..].iter().filter(|row| row[0] > 0.0).count();
    assert_eq!((single, paired), (1, 1));
    let halves = shares.concat();
    assert!(halves.iter().all(|share| [0.0, 0.5].contains(share)));
}

/// One GPU on which a job does a step a second, and beside another so many percent of one.
fn world(percent: u64) -> World {
    let mut world = plain::world(vec![plain::standing(plain::fleet(Market::Owned, 1, 1))]);
    let size = Size {
        kind: KindId(0),
        gpus: 1,
        reference_s: 1.0,
        by_model: vec![(ModelId(0), 1.0)],
    };
    world.classes[0].course.kind = CourseKind::Stepwise(Speeds::STEP);
    world.classes[0].course.rates.table = Some(Arc::new(Speeds::new(vec![size])));
    let pair = Pairing {
        own: 0,
        beside: 0,
        model: ModelId(0),
        gpus: 1,
        factor_ppb: percent * UNIT_RATE / 100,
        steps_s: None,
    };
    let table = Slowdown::new(vec![vec![Some(0)]], vec![pair]);
    world.slowdown = Some(Arc::new(table));
    world
}

fn half(arrival: u64, steps: u64) -> Job {
    let demand = Demand {
        gpu: GpuDemand::Milli(500),
        ..Demand::gpus(1)
    };
    let gang = Gang::One(Role::rigid(1, demand));
    Job {
        work: steps,
        ..plain::job(arrival, gang, steps)
    }
}

#[derive(Default)]
struct Ends(Vec<(u32, u64)>);

impl Observer for Ends {
    fn observe(&mut self, now: sim_core::units::SimTime, fact: &Fact<'_>) {
        if let Fact::Ended { job, .. } = fact {
            self.0.push((job.ordinal(), now.us() / 1_000_000));
        }
    }
}

/// Seconds at which jobs end, by job, and what the policy tells.
fn run(percent: u64, jobs: &[Job], faithful: bool) -> (Vec<u64>, Journal) {
    let ways = Ways {
        round: span(360),
        between: span(1920),
        newcomers: Newcomers::Wait,
        seed: 0,
        faithful,
    };
    let goal = Fifo {
        anywhere: faithful,
        pack_above: Some(1.5),
    };
    let mut policy = Gavel::new(Box::new(goal), ways);
    policy.keep_journal();
    let trace = Trace::new(jobs.into());
    let mut engine = Engine::new(Arc::new(world(percent)), Box::new(trace));
    let grants = Grants {
        arrivals: true,
        ..Grants::default()
    };
    let mut ends = Ends::default();
    let finish = engine.run(&mut policy, grants, &mut ends);
    assert_eq!(finish, Ok(Finish::Drained));
    ends.0.sort_unstable();
    let ends = ends.0.iter().map(|(_, at)| *at).collect();
    (ends, policy.journal().expect("it keeps one").clone())
}

#[test]
fn each_of_a_pair_ends_with_its_own_last_step_and_pays_its_part() {
    // Beside each other at 0.8: job 0 is done after 100 s, job 1 has 80 of 160 steps left and does them alone.
    let (ends, journal) = run(80, &[half(0, 80), half(0, 160)], false);
    assert_eq!(ends, [100, 180]);
    let charged = |job: u32| {
        let tasks = journal
            .tasks
            .iter()
            .filter(|task| task.job.ordinal() == job);
        tasks.map(|task| task.charged_s).sum::<f64>()
    };
    let off = (charged(0) - 50.0_f64).abs() + (charged(1) - 130.0_f64).abs();
    assert!(off < 1e-9, "{} and {}", charged(0), charged(1));
}

#[test]
fn what_does_not_get_enough_done_together_takes_turns() {
    let (ends, journal) = run(70, &[half(0, 80), half(0, 160)], false);
    assert_eq!(ends, [80, 240]);
    assert!(journal.tasks.iter().all(|task| task.beside.is_none()));
}

#[test]
fn as_published_both_end_with_the_later_one_and_pay_in_full() {
    let (ends, journal) = run(80, &[half(0, 80), half(0, 160)], true);
    let told: Vec<_> = journal
        .tasks
        .iter()
        .map(|task| {
            (
                task.job.ordinal(),
                task.finish_s,
                task.charged_s,
                task.steps,
            )
        })
        .collect();
    assert_eq!(told, [(0, 200.0, 200.0, 80), (1, 200.0, 200.0, 160)]);
    // The engine does not wait: the first ends with its last step, the other goes on alone.
    assert_eq!(ends, [100, 180]);
}
