//! What every policy owes: no refusal, the same again, an exact fork, an end of every job; under the
//! eyes of the auditor.

use std::sync::Arc;

use sim_core::engine::{Engine, Finish, Policy};
use sim_core::swarm;
use sim_core::watch::audit::Auditor;

use super::rig::{self, Drive};
use super::roster::{self, Contender};
use super::scenes::{self, Scene};

/// Scenes for each contender; no two contenders meet the same.
const SCENES: u64 = 100;

fn each(look: impl Fn(&Contender, u64, &Scene)) {
    for (position, contender) in (0..).zip(roster::all()) {
        for number in 0..SCENES {
            let seed = position * 1000 + number;
            look(&contender, seed, &scenes::scene(seed, &contender));
        }
    }
}

/// Asks a copy first, on a plan of its own that is then thrown away, and another copy that has been
/// asked before: they decide as the policy itself does.
fn ask_twice(engine: &mut Engine, policy: &mut (dyn Policy + Send), contender: &Contender) {
    let mut copies = [policy.fork(), policy.fork().fork()];
    let decided = copies.each_mut().map(|copy| {
        let (view, mut plan) = engine.open(contender.grants);
        copy.decide(&view, &mut plan);
        plan.decisions().to_vec()
    });
    let mut copy = policy.fork();
    let (view, mut plan) = engine.open(contender.grants);
    copy.decide(&view, &mut plan);
    let now = view.now();
    for other in decided {
        assert_eq!(plan.decisions(), other, "{} at {now}", contender.name());
    }
}

#[test]
fn every_policy_ends_every_job_without_a_refusal_and_a_fork_decides_the_same() {
    each(|contender, seed, scene| {
        let what = format!("{} in scene {seed}", contender.name());
        let mut drive = Drive::new(rig::engine(&scene.world, &scene.jobs), contender.grants);
        let mut policy = contender.policy();
        let finish = drive.run_out(&mut *policy, &mut |engine, policy| {
            ask_twice(engine, policy, contender);
        });
        assert_eq!(finish, Finish::Drained, "{what}");
        assert_eq!(drive.engine.counters().refusals, 0, "{what}");
        assert_eq!(drive.seen.0.refused, 0, "{what}");
        let ended = drive.seen.0.end.iter().flatten().count();
        assert_eq!(ended, scene.jobs.len(), "{what}");
        let again = rig::run(&scene.world, &scene.jobs, contender);
        assert_eq!(again.digests, drive.engine.digests(), "{what}: again");
    });
}

#[test]
fn the_auditor_finds_nothing_under_any_policy() {
    each(|contender, seed, scene| {
        if seed % 4 > 0 {
            return;
        }
        let mut engine = rig::engine(&scene.world, &scene.jobs);
        let mut auditor = Auditor::new(Arc::clone(&scene.world));
        let mut policy = contender.policy();
        let finish = engine.run(&mut *policy, contender.grants, &mut auditor);
        assert_eq!(
            finish,
            Ok(Finish::Drained),
            "{} in {seed}",
            contender.name()
        );
        let report = auditor.finish(engine.now());
        let first = report.violations.first();
        assert!(first.is_none(), "{} in {seed}: {first:?}", contender.name());
    });
}

/// Worlds in which anything may happen: jobs that fit nowhere, nodes that never come, rounds.
#[test]
fn no_policy_is_refused_anything_in_a_hostile_world() {
    for (position, contender) in (0..).zip(roster::all()) {
        for seed in position * 1000..position * 1000 + SCENES {
            let (mut world, jobs) = swarm::scenario(seed);
            // Who waits for machines that no quota leaves together waits for ever, and may buy and give back meanwhile.
            let month = rig::at(30 * 86_400);
            world.end = Some(world.end.map_or(month, |end| end.min(month)));
            let lasting = |class: &sim_core::model::Class| {
                class.checkpoint == sim_core::model::Checkpoint::default()
            };
            // Work that is lost at every turn goes on for ever.
            if contender.preempts() && !world.classes.iter().all(lasting) {
                continue;
            }
            let mut engine = rig::engine(&Arc::new(world), &jobs);
            let mut policy = contender.policy();
            let ended = engine.run(&mut *policy, contender.grants, &mut ());
            let what = format!("{} in world {seed}", contender.name());
            assert!(ended.is_ok(), "{what}: {ended:?}");
            assert_eq!(engine.counters().refusals, 0, "{what}");
            if engine.counters().asked > 10_000 {
                eprintln!("SLOW {what} {:?} {ended:?}", engine.counters());
            }
        }
    }
}
