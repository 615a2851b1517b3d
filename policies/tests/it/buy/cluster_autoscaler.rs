//! The Cluster Autoscaler as a buyer: what each rule comes to on worlds small enough to follow by hand, and its promises over
//! random scenes.

use std::collections::BTreeMap;
use std::sync::Arc;

use policies::params::Value;
use sim_core::engine::{
    Decision, Engine, Finish, Grants, MarketDecision, NodeDecision, Plan, Policy, View, Wakes,
    World,
};
use sim_core::model::{Counted, Demand, Gang, Job, Keep, Market, ModelSet, Offering, Quota, Role};
use sim_core::units::{ModelId, NodeId, OfferingId, SimTime, Span};
use sim_core::world::Trace;

use super::rig::{Part, at, cents, fleet, fly, job, part, policy, span, stocked, world};
use crate::contract::{rig, roster, scenes};

const HOUR: u64 = 3600;

fn autoscaler(given: &[(&str, Value)]) -> Part {
    part("cluster-autoscaler", given)
}

fn words(words: &[&str]) -> Value {
    Value::Texts(words.iter().map(|word| (*word).to_owned()).collect())
}

/// On-demand machines of one GPU that take a while to boot.
fn plain(max: u32) -> Offering {
    fleet(Market::OnDemand, 100, max)
}

fn gang(arrival: u64, tasks: u32, secs: u64) -> Job {
    Job {
        gang: Gang::of(tasks, 1),
        ..job(arrival, secs)
    }
}

/// A job of one task that takes no GPU.
fn cpus(cpu_milli: u32) -> Job {
    let demand = Demand {
        cpu_milli,
        ..Demand::gpus(0)
    };
    Job {
        gang: Gang::One(Role::rigid(1, demand)),
        ..job(3, HOUR)
    }
}

/// Large machines at $1, small ones at $0.60, both without a GPU, and by whose word which are bought for jobs of 1.5 cores.
fn bought(jobs: usize, given: &[(&str, Value)]) -> Vec<(u64, usize, u32)> {
    let machines = |name: &str, cpu_milli, price| {
        let mut machines = fleet(Market::OnDemand, price, 9);
        (machines.shape.gpus, machines.shape.cpu_milli) = (0, cpu_milli);
        name.clone_into(&mut machines.name);
        machines
    };
    let world = world(vec![
        machines("large", 4000, 100),
        machines("small", 2000, 60),
    ]);
    let jobs: Vec<Job> = (0..jobs).map(|_| cpus(1500)).collect();
    fly(&world, &jobs, &autoscaler(given)).asked
}

#[test]
fn the_expander_says_which_group_gets_the_machines_at_the_next_scan() {
    let by = |rule| ("expander", words(&[rule]));
    // One job: 2.5 cores idle against a half; two: one idle against one, and the first group is taken.
    assert_eq!(bought(1, &[by("least-waste")]), [(10, 1, 1)]);
    assert_eq!(bought(2, &[by("least-waste")]), [(10, 0, 1)]);
    // $1 for two against twice $0.60.
    assert_eq!(bought(1, &[by("price")]), [(10, 1, 1)]);
    assert_eq!(bought(2, &[by("price")]), [(10, 0, 1)]);
    assert_eq!(bought(3, &[by("price")]), [(10, 1, 3)]);
    let small_first = ("priority", words(&["small", "large"]));
    assert_eq!(bought(2, &[by("priority"), small_first]), [(10, 1, 2)]);
    assert_eq!(bought(2, &[by("most-pods")]), [(10, 0, 1)]);
    assert_eq!(bought(1, &[("fleets", words(&["small"]))]), [(10, 1, 1)]);
    assert_eq!(
        bought(2, &[("scan-interval", super::rig::text("1m"))])[0].0,
        60
    );
}

#[test]
fn machines_that_boot_are_counted_in() {
    let mut world = world(vec![plain(9)]);
    world.offerings[0].boot = span(300);
    let jobs = [job(0, HOUR), job(100, HOUR), job(100, HOUR)];
    let log = fly(&world, &jobs, &autoscaler(&[]));
    assert_eq!(log.asked, [(0, 0, 1), (100, 0, 2)]);
}

#[test]
fn a_machine_goes_once_it_has_not_been_needed_for_ten_minutes() {
    let jobs = [job(0, HOUR), job(2 * HOUR, 60)];
    let log = fly(&world(vec![plain(9)]), &jobs, &autoscaler(&[]));
    assert_eq!(log.asked, [(0, 0, 1), (2 * HOUR, 0, 1)]);
    assert_eq!(log.released, [(HOUR + 600, 0)]);
    let quick = autoscaler(&[("unneeded-time", super::rig::text("1m"))]);
    let log = fly(&world(vec![plain(9)]), &jobs, &quick);
    assert_eq!(log.released, [(HOUR + 60, 0)]);
}

#[test]
fn none_goes_within_ten_minutes_of_asking_for_any() {
    let mut world = world(vec![plain(9), plain(9)]);
    world.models.push("other".to_owned());
    world.offerings[1].shape.model = ModelId(1);
    let on = |model, job: Job| Job {
        models: ModelSet::NONE.with(ModelId(model)),
        ..job
    };
    // Idle from 60 on, and another is asked for at 300.
    let jobs = [on(0, job(0, 60)), on(1, job(300, HOUR))];
    let log = fly(&world, &jobs, &autoscaler(&[]));
    assert_eq!(log.released, [(900, 0)]);
}

#[test]
fn a_fleet_keeps_its_fewest() {
    let mut world = world(vec![plain(9)]);
    (world.offerings[0].initial, world.offerings[0].min) = (4, 3);
    // Of four, one is in use for a minute, and those beyond three that are idle are none too few.
    let log = fly(&world, &[job(0, 60), job(HOUR, 60)], &autoscaler(&[]));
    assert_eq!(log.released, [(600, 0)]);
}

#[test]
fn a_machine_that_a_waiting_gang_reckons_with_stays() {
    let mut world = world(vec![plain(9)]);
    world.offerings[0].initial = 1;
    world.offerings[0].boot = span(1200);
    let log = fly(&world, &[gang(0, 2, HOUR)], &autoscaler(&[]));
    assert_eq!(log.asked, [(0, 0, 1)]);
    assert_eq!(log.starts, [(1200, 0, 0)]);
    assert_eq!(log.released, []);
}

#[test]
fn a_gang_gets_all_its_machines_or_none() {
    // Three of four are in use: a gang of two waits for them, and a job of one does not.
    let jobs = [gang(0, 3, HOUR), gang(600, 2, 60), job(700, 60)];
    let skip = |world: &World, jobs: &[Job]| fly(world, jobs, &autoscaler(&[]));
    let log = skip(&world(vec![plain(4)]), &jobs[..2]);
    assert_eq!(log.asked, [(0, 0, 3)]);
    assert_eq!(log.starts, [(0, 0, 0), (HOUR, 1, 0)]);
    let log = skip(&world(vec![plain(5)]), &jobs[..2]);
    assert_eq!(log.asked, [(0, 0, 3), (600, 0, 2)]);
    // Where one group has not enough, others have the rest.
    let log = skip(&world(vec![plain(2), plain(2)]), &jobs[..1]);
    let all: u32 = log.asked.iter().map(|(.., count)| count).sum();
    assert_eq!((log.asked.len(), all), (2, 3), "{:?}", log.asked);
    assert_eq!(log.starts[0].0, 0);
}

/// Two machines of four GPUs: one job of three and one of one for an hour on the first, one of one on the second.
fn half_empty() -> (World, [Job; 4]) {
    let mut world = world(vec![plain(9)]);
    world.offerings[0].shape.gpus = 4;
    let of = |gpus, secs| Job {
        gang: Gang::of(1, gpus),
        ..job(0, secs)
    };
    let last = job(2 * HOUR, 60);
    (world, [of(3, 9 * HOUR), of(1, HOUR), of(1, 9 * HOUR), last])
}

#[test]
fn a_machine_on_which_a_job_runs_stays() {
    let (world, jobs) = half_empty();
    let log = fly(&world, &jobs, &autoscaler(&[]));
    assert_eq!(log.asked, [(0, 0, 2)]);
    assert_eq!((log.starts.len(), log.released), (4, vec![]));
}

#[test]
fn with_leave_to_evict_jobs_that_keep_what_they_did_make_way() {
    let (mut world, jobs) = half_empty();
    let evict = autoscaler(&[("evict", Value::Flag(true))]);
    let log = fly(&world, &jobs[..3], &evict);
    let starts = [(0, 0, 0), (0, 1, 0), (0, 2, 0), (HOUR + 600, 2, 0)];
    assert_eq!(log.starts, starts);
    assert_eq!(log.released, [(HOUR + 600, 0)]);
    // Nobody moves while somebody waits, nor who keeps nothing, nor off a machine of which a quarter is enough.
    let at_most = ("utilization-threshold", Value::Float(0.25));
    let strict = autoscaler(&[("evict", Value::Flag(true)), at_most]);
    assert_eq!(fly(&world, &jobs[..3], &strict).released, []);
    world.classes[0].checkpoint.keep = Keep::Nothing;
    assert_eq!(fly(&world, &jobs[..3], &evict).released, []);
}

#[test]
fn who_does_not_say_what_he_has_is_asked_again_ever_later() {
    let mut world = world(vec![stocked(plain(8), &[(0, 0), (1000, 8)])]);
    world.offerings[0].visible = false;
    let log = fly(&world, &[job(0, HOUR)], &autoscaler(&[]));
    let when: Vec<u64> = log.asked.iter().map(|(when, ..)| *when).collect();
    // It is seen at the next scan that nothing came: 5 minutes from then, 10, 20.
    assert_eq!(when, [0, 310, 920, 2130]);
    assert_eq!(log.starts, [(2130, 0, 0)]);
}

#[test]
fn two_jobs_that_hold_what_the_other_one_needs_make_way() {
    let mut world = world(vec![plain(4), plain(4)]);
    world.models.push("other".to_owned());
    world.offerings[1].shape.model = ModelId(1);
    world.quotas = vec![Quota {
        name: "shared".to_owned(),
        counted: Counted::Nodes,
        most: 2,
        covers: vec![OfferingId(0), OfferingId(1)],
    }];
    let on = |model, tasks| Job {
        models: ModelSet::NONE.with(ModelId(model)),
        ..gang(0, tasks, HOUR)
    };
    // One machine of each is idle from a minute on, and each gang wants the other one's place.
    let short = |model| Job {
        work: 60_000_000,
        ..on(model, 1)
    };
    let jobs = [short(0), short(1), on(0, 2), on(1, 2)];
    let log = fly(&world, &jobs, &autoscaler(&[]));
    let starts: Vec<_> = log
        .starts
        .iter()
        .map(|(when, job, _)| (*when, *job))
        .collect();
    // The last of both goes at 670, and the gang gets two at the next scan; so does the other one ten minutes after its end.
    assert_eq!(starts, [(0, 0), (10, 1), (680, 2), (680 + HOUR + 610, 3)]);
}

#[test]
fn an_idle_week_wakes_nobody() {
    let mut world = world(vec![plain(9)]);
    (world.offerings[0].initial, world.offerings[0].min) = (2, 1);
    world.offerings[0].price = sim_core::world::Curve::constant(cents(100));
    for given in [Value::Flag(false), Value::Flag(true)] {
        let buy = autoscaler(&[("evict", given)]);
        // The second fits nowhere, the third holds a machine for most of the week.
        let jobs = [gang(0, 99, 60), job(7 * 24 * HOUR, 60)];
        for jobs in [&jobs[1..], &jobs[..]] {
            let trace = Box::new(Trace::new(jobs.into()));
            let ended = World {
                end: Some(at(8 * 24 * HOUR)),
                ..world.clone()
            };
            let mut engine = Engine::new(Arc::new(ended), trace);
            let mut policy = policy(&buy, &part("none", &[]));
            let finish = engine.run(&mut policy, Grants::default(), &mut ());
            assert!(matches!(finish, Ok(Finish::Drained | Finish::Stuck)));
            assert!(engine.counters().asked < 20, "{:?}", engine.counters());
        }
    }
}

/// A policy under the eyes of one who remembers since when machines were idle, and when any were asked for.
struct Watched {
    inner: Box<dyn Policy + Send>,
    idle: BTreeMap<NodeId, SimTime>,
    added: Option<SimTime>,
    released: u32,
}

const TEN_MINUTES: Span = Span::from_secs(600);

impl Policy for Watched {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn wakes_on(&self) -> Wakes {
        self.inner.wakes_on()
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        let now = view.now();
        for node in (0..plan.capacity().slots()).map(NodeId) {
            if plan.capacity().is_open(node) && plan.capacity().is_empty(node) {
                self.idle.entry(node).or_insert(now);
            } else {
                self.idle.remove(&node);
            }
        }
        self.inner.decide(view, plan);
        for decision in plan.decisions() {
            match decision {
                Decision::Market(MarketDecision::Request(..)) => {
                    assert_eq!(now.us() % 10_000_000, 0, "asked at {now}");
                    assert!(view.pending_len() > 0, "asked for nobody at {now}");
                    self.added = Some(now);
                }
                Decision::Node(NodeDecision::Release(node)) => {
                    let long = |since: SimTime| since.saturating_add(TEN_MINUTES) <= now;
                    assert!(long(self.idle[node]), "{node:?} goes at {now}");
                    assert!(self.added.is_none_or(long), "{node:?} goes at {now}");
                    self.released += 1;
                }
                Decision::Node(NodeDecision::Drain(_)) => panic!("without leave to evict"),
                Decision::Job(_) | Decision::Service(_) | Decision::WakeAt(_) => {}
            }
        }
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        unreachable!("nobody asks for a copy")
    }
}

#[test]
fn over_random_scenes_it_keeps_its_times() {
    let (mut released, mut asked) = (0, 0);
    for seed in 0..400 {
        let admit = ["skip", "strict", "easy"][usize::try_from(seed % 3).expect("small")];
        let kinds = ["fifo", admit, "best-fit", "none", "cluster-autoscaler"];
        let contender = roster::parts(kinds);
        let scene = scenes::scene(seed, &contender);
        let mut engine = rig::engine(&scene.world, &scene.jobs);
        let mut watched = Watched {
            inner: contender.policy(),
            idle: BTreeMap::new(),
            added: None,
            released: 0,
        };
        let finish = engine.run(&mut watched, Grants::default(), &mut ());
        assert_eq!(finish, Ok(Finish::Drained), "scene {seed}");
        released += watched.released;
        asked += u32::from(watched.added.is_some());
    }
    assert!(released > 200, "{released} went");
    assert!(asked > 200, "in {asked} scenes any were asked for");
}
