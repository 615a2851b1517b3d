//! Policies that keep another simulator's ways turn away what that simulator could not describe.

use std::sync::Arc;

use policies::registry::POLICIES;
use sim_core::engine::Finish;
use sim_core::model::{Demand, Gang, GpuDemand, Job, MarketSet, ModelSet, OfferingSet, Role};
use sim_core::units::ModelId;
use sim_core::watch::Outcome;

use super::rig::{fates, fleet, job, run, world};
use super::roster;

/// A gang of single-GPU tasks is all that there is in a list of processors.
fn strangers() -> Vec<Job> {
    let one = |gpu, cpu_milli| {
        Gang::One(Role {
            tasks: 1,
            least: 1,
            demand: Demand {
                gpu,
                cpu_milli,
                memory_mib: 0,
                markets: MarketSet::ANY,
                offerings: OfferingSet::ANY,
            },
        })
    };
    let role = Role {
        tasks: 1,
        least: 1,
        demand: Demand::gpus(1),
    };
    let gangs = [
        Gang::of(1, 2),
        one(GpuDemand::Milli(500), 0),
        one(GpuDemand::None, 100),
        one(GpuDemand::Whole(1), 100),
        Gang::Many(Arc::new([role, role])),
    ];
    let mut jobs: Vec<Job> = gangs.map(|gang| job(0, gang, 60)).into();
    jobs.push(Job {
        models: ModelSet::NONE.with(ModelId(0)),
        ..job(0, Gang::of(1, 1), 60)
    });
    jobs
}

#[test]
fn what_cannot_be_described_is_turned_away_and_the_rest_runs() {
    let compat = POLICIES
        .iter()
        .filter(|entry| entry.claims.compat.is_some());
    for entry in compat {
        let mut jobs = strangers();
        jobs.push(job(0, Gang::of(3, 1), 60));
        let fates = fates(world(vec![fleet(2, 4)]), &jobs, &roster::whole(entry.kind));
        let outcomes: Vec<Outcome> = fates.end.iter().flatten().map(|(_, how)| *how).collect();
        let expected = [vec![Outcome::Rejected; 6], vec![Outcome::Completed]].concat();
        assert_eq!(outcomes, expected, "{}", entry.kind);
    }
}

#[test]
fn a_gang_never_lies_across_two_models() {
    let other = |mut fleet: sim_core::model::Offering| {
        fleet.shape.model = ModelId(1);
        fleet
    };
    let world = Arc::new(world(vec![fleet(1, 2), other(fleet(1, 2))]));
    for entry in POLICIES
        .iter()
        .filter(|entry| entry.claims.compat.is_some())
    {
        let jobs = [job(0, Gang::of(3, 1), 60), job(5, Gang::of(2, 1), 60)];
        let run = run(&world, &jobs, &roster::whole(entry.kind));
        assert_eq!(run.finish, Finish::Drained, "{}", entry.kind);
    }
}
