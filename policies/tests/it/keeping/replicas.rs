//! Replicas by hand: a service whose replicas serve a request in a second, one at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use policies::params::Value;
use sim_core::engine::{Engine, Grants, Listed, ReplicaSet, Service, World};
use sim_core::model::{Gang, Job, Market};
use sim_core::serve;
use sim_core::serve::{Batch, Luck, PoolModel, Request, Serving};
use sim_core::units::{JobId, ServiceId, SimTime, Span};
use sim_core::watch::audit::Auditor;
use sim_core::watch::{Fact, Observer};
use sim_core::world::Trace;

use super::rig::policy;
use crate::plain::{fleet, span, standing, world};

/// Replicas over time, and requests served.
#[derive(Default)]
struct Seen {
    /// A second, and how many work or are started from then on.
    replicas: Vec<(u64, i32)>,
    running: BTreeSet<JobId>,
    served: u32,
}

impl Observer for Seen {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if let Fact::Started { job, .. } = fact {
            self.running.insert(*job);
        }
        if let Fact::Ended { job, .. } = fact {
            assert!(job.replica().is_some(), "there are no others");
            self.running.remove(job);
        }
        self.served += u32::from(matches!(fact, Fact::Request { .. }));
        let running = i32::try_from(self.running.len()).expect("few");
        self.replicas.push((now.us() / 1_000_000, running));
    }
}

/// Twenty GPUs, and requests at these rates: from when on, and how many a second.
fn asked(rates: &[(u64, u64)], end: u64, initial: u32) -> Arc<World> {
    let mut all = Vec::new();
    for (at, (from, each)) in rates.iter().enumerate() {
        let until = rates.get(at + 1).map_or(end, |(next, _)| *next);
        for second in *from..until {
            for part in 0..*each {
                let us = second * 1_000_000 + part * 1_000_000 / each;
                all.push(SimTime::from_us(us).expect("early"));
            }
        }
    }
    let requests: Arc<[Request]> = (0..)
        .zip(all)
        .map(|(id, at)| Request::plain(id, at))
        .collect();
    let mut world = world(vec![standing(fleet(Market::OnDemand, 1, 20))]);
    world.classes[0].checkpoint.setup = span(30);
    world.services.push(Service {
        max_unavailable: None,
        name: "ask".to_owned(),
        requests: Arc::new(Listed(requests)),
        model: PoolModel::plain(Luck {
            seed: 1,
            service: "ask".to_owned(),
        }),
        fluid: None,
    });
    world.sets.push(ReplicaSet {
        name: "all".to_owned(),
        service: ServiceId(0),
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
        replica: Job::plain(SimTime::ZERO, u64::MAX, Gang::of(1, 1)),
        initial,
        max: 15,
    });
    world.end = Some(SimTime::from_secs(end));
    Arc::new(world)
}

fn fly(world: &Arc<World>, kind: &str, given: &[(&str, Value)]) -> Seen {
    let mut policy = policy(&[("replicas", kind, given)]);
    let mut engine = Engine::new(world.clone(), Box::new(Trace::new([].into())));
    let mut seen = (Seen::default(), Auditor::new(world.clone()));
    let run = engine.run(&mut policy, Grants::default(), &mut seen);
    run.expect("it goes on to the end");
    let report = seen.1.finish(engine.now());
    assert!(report.is_clean(), "{:?}", report.violations);
    assert_eq!(engine.counters().refusals, 0);
    seen.0
}

fn at(seen: &Seen, second: u64) -> i32 {
    let mut before = seen.replicas.iter().rev();
    before
        .find(|(since, _)| *since <= second)
        .map_or(0, |(_, count)| *count)
}

#[test]
fn as_many_as_were_asked_for_and_no_more_than_there_may_be() {
    let world = asked(&[(0, 1)], 600, 1);
    let seen = fly(&world, "fixed", &[("replicas", Value::Integer(4))]);
    assert_eq!((at(&seen, 0), at(&seen, 598)), (4, 4));
    let seen = fly(&world, "fixed", &[("replicas", Value::Integer(40))]);
    assert_eq!(at(&seen, 598), 15);
    // The last is served at the end.
    assert_eq!(seen.served, 600);
}

#[test]
fn the_autoscaler_of_kubernetes_follows_the_load_up_at_once_and_down_after_its_window() {
    // Four replicas' worth of work at half of their time is eight; then one's worth.
    let world = asked(&[(0, 1), (600, 4), (1800, 1)], 3600, 2);
    let given = [("target", Value::Float(0.5))];
    let seen = fly(&world, "hpa", &given);
    assert_eq!(at(&seen, 590), 2, "{:?}", seen.replicas);
    assert_eq!(at(&seen, 1790), 8, "{:?}", seen.replicas);
    assert!(at(&seen, 1800 + 200) == 8, "within the window");
    assert_eq!(at(&seen, 3590), 2, "{:?}", seen.replicas);
}

#[test]
fn in_a_burst_there_are_more_than_the_load_asks_for_and_only_then() {
    // Two a second at half of their time are four replicas' worth, and six are twelve.
    let world = asked(&[(0, 2), (900, 6), (1800, 2)], 3600, 4);
    let plain = fly(&world, "hpa", &[("target", Value::Float(0.5))]);
    let guarded = [("target", Value::Float(0.5)), ("burst", Value::Float(1.25))];
    let guarded = fly(&world, "hpa", &guarded);
    assert_eq!((at(&plain, 890), at(&guarded, 890)), (4, 4));
    assert_eq!((at(&plain, 1500), at(&guarded, 1500)), (12, 15));
    assert_eq!((at(&plain, 3590), at(&guarded, 3590)), (4, 4));
}

#[test]
fn what_nobody_asks_for_goes_to_none_and_comes_back_with_the_first_request() {
    let world = asked(&[(0, 1), (300, 0), (2000, 1)], 2400, 1);
    let rate = ("signal", Value::Text("rate".to_owned()));
    let seen = fly(&world, "keda", &[rate, ("target", Value::Float(0.5))]);
    assert_eq!(at(&seen, 1500), 0, "{:?}", seen.replicas);
    // It looks every half minute.
    assert!(at(&seen, 2030) > 0, "{:?}", seen.replicas);
    assert_eq!(at(&seen, 2390), 2, "{:?}", seen.replicas);
    assert!(seen.served > 690, "{}", seen.served);
}
