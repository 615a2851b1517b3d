//! Work-conserving where it is claimed: after a decision, nobody waits who would fit.

use sim_core::model::Gang;
use sim_core::units::JobId;

use super::rig::{self, Drive};
use super::roster;
use super::scenes;

/// With skip, after a decision no waiting gang of one role fits by first-fit, unless the placement
/// would rather wait than scatter. (Where a first role lies may leave no room for the second, and
/// placements differ in where that is.)
#[test]
fn skip_leaves_nobody_waiting_who_fits() {
    let conserving = |contender: &roster::Contender| {
        let waits = contender.places("consolidate") || contender.places("yarn");
        contender.admits("skip") && !waits
    };
    let mut looked = 0_u32;
    for (position, contender) in (0..).zip(roster::all()) {
        if !conserving(&contender) {
            continue;
        }
        for seed in position * 1000..position * 1000 + 20 {
            let scene = scenes::scene(seed, &contender);
            let mut drive = Drive::new(rig::engine(&scene.world, &scene.jobs), contender.grants);
            let mut policy = contender.policy();
            let grants = contender.grants;
            drive.run_out(&mut *policy, &mut |engine, policy| {
                let mut copy = policy.fork();
                let (view, mut plan) = engine.open(grants);
                copy.decide(&view, &mut plan);
                let waiting = view.pending().chain(view.running());
                let single = waiting.filter(|job| matches!(job.gang(), Gang::One(_)));
                let waiting: Vec<JobId> = single.map(|job| job.id()).collect();
                for job in waiting {
                    if plan.is_pending(job) {
                        looked += 1;
                        let (name, fits) = (contender.name(), plan.fits(job));
                        assert_eq!(fits, None, "{name}, scene {seed}: {job} at {}", view.now());
                    }
                }
            });
        }
    }
    assert!(looked > 1000, "jobs did wait: {looked}");
}

/// The head of a strict line waits only if it does not fit.
#[test]
fn consolidate_waits_rather_than_scatter() {
    let gang = |tasks| Gang::of(tasks, 1);
    let jobs = [
        rig::job(0, gang(2), 100),
        rig::job(0, gang(2), 50),
        // Two are free on each of two nodes; four fit on one.
        rig::job(10, gang(4), 10),
    ];
    let world = || rig::world(vec![rig::fleet(2, 4)]);
    let scattered = rig::fates(world(), &jobs, &roster::plain("fifo", "skip", "spread"));
    let together = rig::fates(
        world(),
        &jobs,
        &roster::plain("fifo", "skip", "consolidate"),
    );
    assert_eq!(scattered.starts()[2], rig::at(10));
    // Best-fit puts the first two on one node: the other is free.
    assert_eq!(together.starts()[2], rig::at(10));
    let jobs = [
        rig::job(0, gang(3), 100),
        rig::job(0, gang(3), 50),
        rig::job(10, gang(2), 10),
    ];
    let waits = rig::fates(
        world(),
        &jobs,
        &roster::plain("fifo", "skip", "consolidate"),
    );
    let spreads = rig::fates(world(), &jobs, &roster::plain("fifo", "skip", "best-fit"));
    assert_eq!(spreads.starts()[2], rig::at(10));
    assert_eq!(waits.starts()[2], rig::at(50));
}
