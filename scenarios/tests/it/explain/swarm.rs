//! Random worlds under a policy that is careless and says nothing: fleets of all kinds, machines that come and go, gangs of
//! several roles, shares of GPUs. What is missing is proved, and so is that nothing is.

use std::sync::Arc;

use sim_core::engine::{Engine, Grants, Plan, Policy, Reason, View, Wakes};
use sim_core::swarm::scenario;
use sim_core::units::{JobId, SimTime};
use sim_core::watch::{Recorder, Recording};
use sim_core::world::Trace;
use sim_core::world::draw::Stream;

use super::proofs::Prover;
use super::rig::adds_up;

/// Starts some of those that fit, stops some of those that run, and asks for machines now and then.
#[derive(Clone)]
struct Careless(Stream);

impl Policy for Careless {
    fn name(&self) -> &'static str {
        "careless"
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::ARRIVAL | Wakes::END
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        let running: Vec<JobId> = view.running().map(|job| job.id()).collect();
        for job in running {
            if self.0.chance(0.05) && plan.can_spare(job) {
                plan.preempt(job).expect("it runs");
            }
        }
        let waiting: Vec<JobId> = view.pending().map(|job| job.id()).collect();
        for job in waiting {
            if self.0.chance(0.6)
                && let Some(placement) = plan.fits(job)
            {
                plan.start(job, &placement).expect("it fits");
            }
        }
        for (offering, _) in view.offerings() {
            if plan.room(offering) > 0 && self.0.chance(0.2) {
                plan.request(offering, 1).expect("there is room");
            }
        }
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.clone())
    }
}

#[test]
fn what_a_gang_lacks_is_proved_in_random_worlds_and_so_is_that_it_lacks_nothing() {
    let mut proved = std::collections::BTreeMap::new();
    for seed in 0..1_500 {
        println!("seed {seed}");
        let (world, jobs) = scenario(seed);
        let world = Arc::new(world);
        let recording = Recording {
            warmup: SimTime::ZERO,
            sample: None,
            stays: 0,
            attribute: false,
            balance: None,
        };
        let waits = scenarios::waits::Waits::new(&world, std::collections::BTreeSet::new());
        let mut watch = (
            Recorder::new(&world, recording),
            Prover::new((&world, waits), 0.3, None),
        );
        let mut engine = Engine::new(Arc::clone(&world), Box::new(Trace::new(jobs.into())));
        let mut policy = Careless(Stream::new(seed, &["careless".into()]));
        if engine
            .run(&mut policy, Grants::default(), &mut watch)
            .is_err()
        {
            continue;
        }
        let (recorder, prover) = watch;
        for (reason, (times, unknown)) in &prover.proved {
            let sum: &mut (u32, u32) = proved.entry(*reason).or_default();
            (sum.0, sum.1) = (sum.0 + times, sum.1 + unknown);
        }
        let record = recorder.finish(engine.now());
        adds_up(&format!("seed {seed}"), &record, &prover.waits.finish());
    }
    println!("{proved:?}");
    let reached = [
        Reason::NoCapacity,
        Reason::Fragmentation,
        Reason::GangIncomplete,
        Reason::Topology,
        Reason::Booting,
        Reason::Unavailable,
        Reason::Quota,
        Reason::NotAsked,
        Reason::LeftIdle,
    ];
    for reason in reached {
        let (times, unknown) = proved.get(&reason).copied().unwrap_or_default();
        assert!(
            times - unknown >= 20,
            "{}: {times}, {unknown} unknown",
            reason.name()
        );
    }
}
