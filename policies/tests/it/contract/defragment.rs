//! Defragmenting: each move takes away at least the gain, whatever is typical and wherever jobs lie.

use std::collections::BTreeMap;

use policies::fragment::{Class, Typical};
use policies::params::Value;
use sim_core::engine::{Capacity, Decision, JobDecision};
use sim_core::model::{Demand, Gang, GpuDemand, Job, Role};
use sim_core::units::NodeId;

use super::rig::{Drive, engine, fleet, job, world};
use super::roster;
use super::scenes::{luck, small};

const GAIN: f64 = 0.1;

/// Shares of all sizes, and some whole GPUs, that come and go.
fn jobs(seed: u64) -> Vec<Job> {
    let mut luck = luck(seed, "shares");
    let next = |at: u64| {
        let gpu = if luck.chance(0.2) {
            GpuDemand::Whole(small(luck.between(1, 2)))
        } else {
            GpuDemand::Milli(small(50 * luck.between(2, 16)))
        };
        let demand = Demand {
            gpu,
            cpu_milli: small(1000 * luck.between(1, 40)),
            ..Demand::gpus(1)
        };
        job(
            20 * at,
            Gang::One(Role::rigid(1, demand)),
            luck.between(100, 9000),
        )
    };
    (0..120).map(next).collect()
}

fn fragments(capacity: &Capacity, typical: &Typical) -> f64 {
    let nodes = (0..capacity.slots()).map(NodeId);
    nodes.map(|node| typical.fragment_on(capacity, node)).sum()
}

#[test]
fn each_move_takes_away_the_gain_at_least() {
    let mut moves = 0_u32;
    for place in ["fgd", "vector-fit", "gpu-packing", "best-fit"] {
        let mut contender = roster::moving(["fifo", "skip", place, "none", "keep", "defragment"])
            .with("every", Value::Text("1m".to_owned()))
            .with("gain", Value::Float(GAIN));
        contender.grants.arrivals = true;
        for seed in 0..10 {
            let jobs = jobs(seed);
            let mut counts: BTreeMap<Class, u64> = BTreeMap::new();
            for job in &jobs {
                let role = job.gang.roles()[0];
                *counts
                    .entry(Class::of(&role.demand, job.models))
                    .or_default() += 1;
            }
            let typical = Typical::of(&counts, 950_000);
            let mut fleet = fleet(4, 4);
            fleet.shape.cpu_milli = 96_000;
            let world = std::sync::Arc::new(world(vec![fleet]));
            let mut drive = Drive::new(engine(&world, &jobs), contender.grants);
            let (mut policy, grants) = (contender.policy(), contender.grants);
            drive.run_out(&mut *policy, &mut |engine, policy| {
                let mut copy = policy.fork();
                let (view, mut plan) = engine.open(grants);
                let before = fragments(plan.capacity(), &typical);
                copy.decide(&view, &mut plan);
                let is_move =
                    |one: &&Decision| matches!(one, Decision::Job(JobDecision::Reseat(..)));
                let moved = plan.decisions().iter().filter(is_move).count();
                let others = plan.decisions().iter().filter(|one| !is_move(one));
                let only_moves = others.clone().all(|one| matches!(one, Decision::WakeAt(_)));
                if moved > 0 && only_moves {
                    let moved = u32::try_from(moved).expect("few");
                    let gained = before - fragments(plan.capacity(), &typical);
                    let least = f64::from(moved) * GAIN * 1000.0;
                    assert!(
                        gained >= least - 1e-6,
                        "{place}, {seed}: {gained} < {least}"
                    );
                    moves += moved;
                }
            });
        }
    }
    assert!(moves > 20, "some moved: {moves}");
}
