//! Guests beside replicas: a day by hand, and on random nodes nobody starts where the guard has closed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use policies::params::Value;
use sim_core::course::{Pairing, Slowdown, UNIT_RATE};
use sim_core::engine::{Decision, Engine, Finish, Grants, JobDecision, Listed, Plan, Policy};
use sim_core::engine::{ReplicaSet, Service, View, Wakes, World};
use sim_core::model::{Demand, Gang, GpuDemand, Job, Market, Role};
use sim_core::serve::{self, Batch, Luck, PoolModel, Request, Serving};
use sim_core::units::{JobId, ModelId, NodeId, ServiceId, SimTime, Span};
use sim_core::watch::Observer;
use sim_core::watch::audit::Auditor;
use sim_core::world::Trace;
use sim_core::world::draw::{Part, Stream};

use super::rig::{self, Log};
use crate::plain::{self, at, fleet, span, standing, text};

/// A gang of so many tasks that each take so many thousandths of a GPU.
fn shares(tasks: u32, milli: u16) -> Gang {
    let demand = Demand {
        gpu: GpuDemand::Milli(milli),
        ..Demand::gpus(1)
    };
    Gang::One(Role::rigid(tasks, demand))
}

/// Adds a service whose replicas, on shares, serve a request in a second, one at a time; it is asked at these seconds.
fn serve(world: &mut World, asked: &[u64], (milli, replicas): (u16, u32)) {
    let id = ServiceId(u16::try_from(world.services.len()).expect("few"));
    let requests = (0..)
        .zip(asked)
        .map(|(id, second)| Request::plain(id, at(*second)));
    let name = format!("service-{}", id.0);
    world.services.push(Service {
        requests: Arc::new(Listed(requests.collect())),
        model: PoolModel::plain(Luck {
            seed: 1,
            service: name.clone(),
        }),
        max_unavailable: None,
        fluid: None,
        name: name.clone(),
    });
    world.sets.push(ReplicaSet {
        name,
        service: id,
        way: 0,
        serving: Serving::Batch(Arc::new(Batch {
            servers: 1,
            size: 1,
            timeout: Span::ZERO,
            line: None,
            service: serve::Service::Affine {
                fixed: span(1),
                per_request: Span::ZERO,
            },
        })),
        replica: Job::plain(SimTime::ZERO, u64::MAX, shares(1, milli)),
        initial: replicas,
        max: replicas,
    });
}

fn guest(arrival: u64, length: u64, priority: i32) -> Job {
    Job {
        priority,
        ..plain::job(arrival * 60, shares(1, 300), length * 60)
    }
}

/// Flies to the end of the world, under the auditor.
fn fly(world: &World, jobs: &[Job], policy: &mut dyn Policy, watch: &mut dyn Observer) {
    let world = Arc::new(world.clone());
    let mut engine = Engine::new(world.clone(), Box::new(Trace::new(jobs.into())));
    let mut seen = (Auditor::new(world), watch);
    let finish = engine.run(policy, Grants::default(), &mut seen);
    assert_eq!(finish, Ok(Finish::Horizon));
    let report = seen.0.finish(engine.now());
    assert!(report.is_clean(), "{:?}", report.violations);
    assert_eq!(engine.counters().refusals, 0);
}

#[test]
fn when_load_rises_the_node_closes_and_guests_leave_one_by_one_and_come_back_when_it_falls() {
    // A GPU with a replica, which is at work for a fifth of the time, from 5 to 10 min for all of it, and for half of it from
    // then to 12 min.
    let mut world = plain::world(vec![standing(fleet(Market::Owned, 1, 1))]);
    let every = |step: usize, from: u64, to: u64| (from * 60..to * 60).step_by(step);
    let asked = every(5, 0, 5).chain(every(1, 5, 10));
    let asked = asked.chain(every(2, 10, 12)).chain(every(5, 12, 30));
    serve(&mut world, &asked.collect::<Vec<_>>(), (400, 1));
    world.end = Some(at(1800));
    // Guests of 300 thousandths: the first is worth less than the second, and a third comes when the node is closed.
    let jobs = [guest(0, 10, -1), guest(1, 10, 0), guest(8, 2, 0)];
    let given = [
        ("open", Value::Float(0.3)),
        ("drain", Value::Float(0.8)),
        ("every", text("1m")),
    ];
    let mut log = Log::default();
    let mut policy = rig::policy(&[("oversubscribe", "watermark", &given)]);
    fly(&world, &jobs, &mut policy, &mut log);
    let of_guests = |line: &&String| {
        let mut guests = ["job 0", "job 1", "job 2"].into_iter();
        guests.any(|guest| line.contains(&format!("{guest} ")))
    };
    let lines: Vec<&String> = log.lines.iter().filter(of_guests).collect();
    let expected = [
        "0 job 0 starts on 0",
        "1 job 1 starts on 0",
        // The share of the minute before is one; one a GPU leaves, the least first.
        "6 job 0 is interrupted",
        "7 job 1 is interrupted",
        // Half of the time: closed still. It opens for a fifth, and whoever came first has the room.
        "13 job 0 starts on 0",
        "13 job 1 starts on 0",
        "17 job 0 ends",
        "17 job 1 ends",
        "17 job 2 starts on 0",
        "19 job 2 ends",
    ];
    assert_eq!(lines, expected, "{:#?}", log.lines);
}

/// A policy that is watched: what it decides is held against the load of each node, which is reckoned anew.
struct Watched {
    inner: Box<dyn Policy + Send>,
    every: Span,
    marks: (f64, f64),
    next: SimTime,
    last: SimTime,
    /// By replica: node, since when it serves, and for how long it had been at work.
    before: BTreeMap<JobId, (SimTime, Span)>,
    closed: BTreeSet<NodeId>,
    /// Looks at which a node closed, guests that left, and that started on a node of replicas.
    counts: [u32; 3],
}

impl Watched {
    /// The nodes that guests are to leave now.
    fn look(&mut self, view: &View<'_>) -> BTreeSet<NodeId> {
        let mut drained = BTreeSet::new();
        if view.now() < self.next {
            return drained;
        }
        let mut loads: BTreeMap<NodeId, Vec<(f64, f64)>> = BTreeMap::new();
        let mut now = BTreeMap::new();
        for replica in view
            .services()
            .flat_map(|service| service.replicas().collect::<Vec<_>>())
        {
            let (Some(ready), Some(gauge)) = (replica.ready, replica.gauge) else {
                continue;
            };
            let job = replica.job.id();
            now.insert(job, (ready, gauge.busy));
            let same = self.before.get(&job).filter(|(since, _)| *since == ready);
            let worked = gauge.busy - same.map_or(Span::ZERO, |(_, busy)| *busy);
            let there = view.now().since(ready.max(self.last));
            let node = replica.job.allocation().seats()[0].node;
            let load = (
                plain::seconds(SimTime::ZERO + worked),
                plain::seconds(SimTime::ZERO + there),
            );
            loads.entry(node).or_default().push(load);
        }
        let mut open: BTreeSet<NodeId> = self.closed.clone();
        for (node, loads) in &loads {
            let worked: f64 = loads.iter().map(|load| load.0).sum();
            let there: f64 = loads.iter().map(|load| load.1).sum();
            if there == 0.0 {
                continue;
            }
            let share = worked / there;
            if share > self.marks.1 {
                self.counts[0] += u32::from(self.closed.insert(*node));
                drained.insert(*node);
            }
            if share >= self.marks.0 {
                open.remove(node);
            }
        }
        self.closed.retain(|node| !open.contains(node));
        (self.before, self.last) = (now, view.now());
        self.next = view.now().saturating_add(self.every);
        drained
    }

    /// Guests that lie on a node before the plan.
    fn guests(view: &View<'_>, node: NodeId) -> Vec<(i32, JobId)> {
        let guests = view.running().filter(|job| job.id().replica().is_none());
        let here = guests.filter(|job| {
            job.allocation()
                .seats()
                .iter()
                .any(|seat| seat.node == node)
        });
        here.map(|job| (job.priority(), job.id())).collect()
    }
}

impl Policy for Watched {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn wakes_on(&self) -> Wakes {
        self.inner.wakes_on()
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        let drained = self.look(view);
        let served: BTreeSet<NodeId> = view
            .services()
            .flat_map(|service| service.replicas().collect::<Vec<_>>())
            .flat_map(|replica| replica.job.allocation().seats().to_vec())
            .map(|seat| seat.node)
            .collect();
        self.inner.decide(view, plan);
        let mut left: BTreeSet<JobId> = BTreeSet::new();
        for decision in plan.decisions() {
            let Decision::Job(decision) = decision else {
                continue;
            };
            if let JobDecision::Preempt(job) = decision {
                assert!(job.replica().is_none(), "replicas stay");
                left.insert(*job);
            }
            if let JobDecision::Start(job, on) = decision
                && job.replica().is_none()
            {
                for seat in on.seats() {
                    let node = seat.node;
                    assert!(!self.closed.contains(&node), "{job} on {node:?}");
                    self.counts[2] += u32::from(served.contains(&node));
                }
            }
        }
        for node in &drained {
            let guests = Self::guests(view, *node);
            let gone: Vec<_> = guests
                .iter()
                .filter(|(_, job)| left.contains(job))
                .collect();
            // Two GPUs: two at a look, or whoever there is.
            assert!(gone.len() >= guests.len().min(2), "{guests:?} {gone:?}");
            let stay = guests.iter().filter(|(_, job)| !left.contains(job));
            let least = stay.map(|(priority, _)| *priority).min();
            let most = gone.iter().map(|(priority, _)| *priority).max();
            assert!(least.is_none() || most <= least, "{guests:?} {gone:?}");
        }
        let on_drained = |job: &JobId| {
            let on = |node: &NodeId| {
                Self::guests(view, *node)
                    .iter()
                    .any(|(_, guest)| guest == job)
            };
            drained.iter().any(on)
        };
        assert!(left.iter().all(on_drained), "nobody else leaves");
        assert!(left.len() <= 2 * drained.len());
        self.counts[1] += u32::try_from(left.len()).expect("few");
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        unreachable!("nobody forks it")
    }
}

/// Nodes of two GPUs, services whose load comes and goes, and guests of all sizes; half of the time they slow each other down.
fn scene(seed: u64) -> (World, Vec<Job>) {
    let mut luck = Stream::new(seed, &[Part::Name("guests")]);
    let nodes = u32::try_from(luck.between(1, 4)).expect("few");
    let mut world = plain::world(vec![standing(fleet(Market::Owned, 2, nodes))]);
    world.end = Some(at(1200));
    for _ in 0..luck.between(1, 3) {
        let mut asked = Vec::new();
        let mut now = 0;
        while now < 1200 {
            let (until, chance) = (now + luck.between(30, 200), luck.uniform() * 1.5);
            for second in now..until.min(1200) {
                asked.extend((0..2).filter(|_| luck.chance(chance / 2.0)).map(|_| second));
            }
            now = until;
        }
        let milli = u16::try_from(luck.between(1, 5) * 100).expect("a share");
        serve(
            &mut world,
            &asked,
            (milli, u32::try_from(luck.between(1, 4)).expect("few")),
        );
    }
    if luck.chance(0.5) {
        let pair = Pairing {
            own: 0,
            beside: 0,
            model: ModelId(0),
            gpus: 1,
            factor_ppb: UNIT_RATE * luck.between(5, 9) / 10,
            steps_s: None,
        };
        world.slowdown = Some(Arc::new(Slowdown::new(vec![vec![Some(0)]], vec![pair])));
    }
    let jobs = (0..luck.between(5, 60)).map(|_| {
        let gang = if luck.chance(0.2) {
            Gang::of(1, 1)
        } else {
            let tasks = u32::try_from(luck.between(1, 3)).expect("few");
            shares(
                tasks,
                u16::try_from(luck.between(1, 6) * 100).expect("a share"),
            )
        };
        Job {
            priority: i32::try_from(luck.below(3)).expect("few"),
            ..plain::job(luck.below(1100), gang, luck.between(10, 300))
        }
    });
    let mut jobs: Vec<Job> = jobs.collect();
    jobs.sort_by_key(|job| job.arrival);
    (world, jobs)
}

#[test]
fn no_guest_starts_on_a_closed_node_and_only_guests_of_busy_ones_leave() {
    let mut counts = [0; 3];
    for seed in 0..200 {
        let (world, jobs) = scene(seed);
        let admit = ["skip", "strict", "easy"][usize::try_from(seed % 3).expect("few")];
        let given = [
            ("open", Value::Float(0.4)),
            ("drain", Value::Float(0.7)),
            ("every", text("20s")),
        ];
        let mut policy = Watched {
            inner: Box::new(rig::policy(&[
                ("admit", admit, &[]),
                ("oversubscribe", "watermark", &given),
            ])),
            every: span(20),
            marks: (0.4, 0.7),
            next: SimTime::ZERO,
            last: SimTime::ZERO,
            before: BTreeMap::new(),
            closed: BTreeSet::new(),
            counts: [0; 3],
        };
        fly(&world, &jobs, &mut policy, &mut ());
        for (sum, count) in counts.iter_mut().zip(policy.counts) {
            *sum += count;
        }
    }
    assert!(counts.iter().all(|count| *count > 300), "{counts:?}");
}
