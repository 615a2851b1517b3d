//! Random services in random worlds: the engine, which looks at them only where it must, against the auditor and the naive
//! simulator, which brings them on at every instant.

use std::sync::Arc;

use sim_core::course::{Pairing, Slowdown, UNIT_RATE};
use sim_core::engine::{Finish, Grants, Listed, ReplicaSet, Service, World};
use sim_core::model::{Demand, Gang, GpuDemand, Job, Role};
use sim_core::serve::{self, Batch, Luck, PoolModel, Request, Serving};
use sim_core::swarm::{scenario, services};
use sim_core::units::{ModelId, ServiceId, SimTime, Span};
use sim_core::watch::{Fact, Observer};

use crate::rig::{check, engine, fleet, job, watch, world};
use crate::zoo::Animal;

const SCENARIOS: u64 = 600;

fn served(seed: u64) -> (Arc<World>, Vec<Job>) {
    let (mut world, jobs) = scenario(seed);
    services(seed, &mut world);
    (Arc::new(world), jobs)
}

#[test]
fn the_engine_agrees_with_auditor_and_naive_simulator() {
    let (mut requests, mut retired, mut flows) = (0, 0, 0);
    for seed in 0..SCENARIOS {
        let (world, jobs) = served(seed);
        for animal in Animal::all(seed) {
            let what = format!("seed {seed}, {animal:?}");
            let seen = check(&what, &world, &jobs, &animal);
            requests += seen.report.requests;
            retired += seen.report.retired;
            flows += seen.report.flows;
        }
    }
    assert!(requests > 20_000 && retired > 1_000, "{requests} {retired}");
    assert!(flows > 20_000, "{flows}");
}

#[test]
fn every_way_in_which_a_request_can_end_is_reached() {
    let ends = [
        "Served",
        "Cached",
        "Full",
        "TooLong",
        "Lost",
        "Impatient",
        "is to go",
        "Retired",
    ];
    let mut seen = [0; 8];
    for seed in 0..300 {
        let (world, jobs) = served(seed);
        let run = watch(&world, &jobs, Animal::Monkey(seed).policy());
        for (_, line) in &run.transcript.lines {
            for (count, end) in seen.iter_mut().zip(ends) {
                *count += u32::from(line.contains(end));
            }
        }
    }
    for (count, end) in seen.iter().zip(ends) {
        assert!(*count > 20, "{end}: {count}");
    }
}

#[test]
fn neighbours_that_come_and_go_change_what_becomes_of_requests() {
    let (mut requests, mut flows) = (0, 0);
    for seed in 0..SCENARIOS {
        let (world, jobs) = served(seed);
        if world.slowdown.is_none() {
            continue;
        }
        let without = Arc::new(World {
            slowdown: None,
            ..(*world).clone()
        });
        let told = |world: &Arc<World>, what: &str| {
            let run = watch(world, &jobs, Animal::Ant.policy());
            let lines = run.transcript.lines.into_iter();
            lines
                .filter(|(_, line)| line.contains(what))
                .collect::<Vec<_>>()
        };
        requests += u32::from(told(&world, "Served") != told(&without, "Served"));
        flows += u32::from(told(&world, "flow") != told(&without, "flow"));
    }
    assert!(requests > 20 && flows > 10, "{requests} {flows}");
}

/// One GPU, and on a share of it a replica that serves a request in four seconds; beside another it, and the other, are at half
/// their speeds.
fn beside() -> World {
    let pair = Pairing {
        own: 0,
        beside: 0,
        model: ModelId(0),
        gpus: 1,
        factor_ppb: UNIT_RATE / 2,
        steps_s: None,
    };
    let mut own = World {
        slowdown: Some(Arc::new(Slowdown::new(vec![vec![Some(0)]], vec![pair]))),
        end: Some(SimTime::from_secs(100)),
        ..world(vec![fleet(1, 1)])
    };
    let luck = Luck {
        seed: 0,
        service: "asked".into(),
    };
    let request = |id| Request::plain(id, SimTime::from_secs(1));
    own.services.push(Service {
        name: "asked".into(),
        requests: Arc::new(Listed((0..4).map(request).collect())),
        model: PoolModel::plain(luck),
        max_unavailable: None,
        fluid: None,
    });
    let service = serve::Service::Affine {
        fixed: Span::from_secs(4),
        per_request: Span::ZERO,
    };
    own.sets.push(ReplicaSet {
        name: "replicas".into(),
        service: ServiceId(0),
        way: 0,
        serving: Serving::Batch(Arc::new(Batch {
            servers: 1,
            size: 1,
            timeout: Span::ZERO,
            line: None,
            service,
        })),
        replica: Job {
            work: u64::MAX,
            ..guest(0, 1)
        },
        initial: 1,
        max: 1,
    });
    own
}

/// A job on a share of a GPU.
fn guest(arrival_s: u64, work_s: u64) -> Job {
    let demand = Demand {
        gpu: GpuDemand::Milli(400),
        ..Demand::gpus(1)
    };
    Job {
        gang: Gang::One(Role::rigid(1, demand)),
        ..job(arrival_s, 1, work_s)
    }
}

/// Seconds at which requests were answered.
#[derive(Default)]
struct Answers(Vec<u64>);

impl Observer for Answers {
    fn observe(&mut self, _: SimTime, fact: &Fact<'_>) {
        if let Fact::Request { completion, .. } = fact {
            self.0.push(completion.at().us() / 1_000_000);
        }
    }
}

#[test]
fn a_replica_begins_each_batch_at_the_speed_that_its_neighbours_leave_it_then() {
    let answers = |jobs: &[Job]| {
        let world = Arc::new(beside());
        check("by hand", &world, jobs, &Animal::Ant);
        let (mut engine, mut answers) = (engine(&world, jobs), Answers::default());
        let finish = engine.run(&mut *Animal::Ant.policy(), Grants::default(), &mut answers);
        assert_eq!(finish, Ok(Finish::Horizon));
        answers.0
    };
    assert_eq!(answers(&[]), [5, 9, 13, 17]);
    // A job of six seconds' work lies beside it from 3 to 15 s. The first request is answered at 5 s as it was begun, two more
    // take eight seconds each, the second of them to its end, and the last four again.
    assert_eq!(answers(&[guest(3, 6)]), [5, 13, 21, 25]);
}
