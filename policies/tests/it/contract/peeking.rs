//! No peeking: what a policy decides does not depend on the true work of jobs that have not ended.

use std::sync::Arc;

use sim_core::engine::Grants;
use sim_core::model::Job;
use sim_core::recording::{Answer, Recorder};
use sim_core::units::SimTime;

use super::rig::{self, Drive, Fates};
use super::roster::{self, Contender};
use super::scenes::{self, Scene};

/// What was decided, up to an instant.
fn decided(
    scene: &Scene,
    jobs: &[Job],
    contender: &Contender,
    grants: Grants,
) -> (Vec<Answer>, Fates) {
    let mut recorder = Recorder::new(contender.policy());
    let mut seen = Fates::default();
    let mut engine = rig::engine(&scene.world, jobs);
    engine
        .run(&mut recorder, grants, &mut seen)
        .expect("a sound policy");
    (recorder.into_recording().asked, seen)
}

/// The same jobs, of which those that have not ended by `until` have more to do than they had.
fn with_other_futures(jobs: &[Job], seen: &Fates, until: SimTime, seed: u64) -> Vec<Job> {
    let mut luck = scenes::luck(seed, "futures");
    let mut jobs = jobs.to_vec();
    for (job, end) in jobs.iter_mut().zip(&seen.end) {
        if end.is_none_or(|(at, _)| at > until) {
            job.work += 1 + luck.below(2 * job.work);
        }
    }
    jobs
}

/// Whether two runs decide the same up to an instant at which nothing that ended differs.
fn is_blind(contender: &Contender, grants: Grants, seed: u64) -> bool {
    let scene = scenes::scene(seed, contender);
    let (first, seen) = decided(&scene, &scene.jobs, contender, grants);
    let mut ends: Vec<SimTime> = seen.end.iter().flatten().map(|(at, _)| *at).collect();
    ends.sort_unstable();
    let until = ends[ends.len() / 3];
    let changed = with_other_futures(&scene.jobs, &seen, until, seed);
    let (second, _) = decided(&scene, &changed, contender, grants);
    let known = |asked: &[Answer]| {
        let known = asked.iter().take_while(|answer| answer.at <= until);
        known.cloned().collect::<Vec<_>>()
    };
    known(&first) == known(&second)
}

#[test]
fn without_a_grant_nobody_decides_by_what_is_yet_to_come() {
    for (position, contender) in (0..).zip(roster::all()) {
        let mut grants = contender.grants;
        grants.durations = false;
        for seed in position * 1000..position * 1000 + 30 {
            let blind = is_blind(&contender, grants, seed);
            assert!(blind, "{} peeks in scene {seed}", contender.name());
        }
    }
}

/// The test above can see: where durations are granted, srtf uses them.
#[test]
fn with_the_grant_srtf_decides_by_true_durations() {
    let knowing = roster::parts(["srtf", "skip", "best-fit", "by-order", "keep"]).knowing();
    let blind = (0..50).filter(|seed| is_blind(&knowing, knowing.grants, *seed));
    let blind = blind.count();
    assert!(blind < 40, "srtf looks blind in {blind} scenes of 50");
}

#[test]
fn a_view_gives_leave_only_for_what_was_granted() {
    let world = Arc::new(rig::world(vec![rig::fleet(1, 1)]));
    let jobs = [rig::job(0, sim_core::model::Gang::of(1, 1), 60)];
    let given = |grants: Grants| {
        let contender = roster::plain("fifo", "strict", "best-fit");
        let mut drive = Drive::new(rig::engine(&world, &jobs), grants);
        let mut policy = contender.policy();
        let mut given = Vec::new();
        drive.run_out(&mut *policy, &mut |engine, _| {
            let (view, _) = engine.open(grants);
            given.push([
                view.durations().is_some(),
                view.prices().is_some(),
                view.reclaims().is_some(),
                view.arrivals().is_some(),
            ]);
        });
        given
    };
    let all = |leave| vec![[leave; 4]; 1];
    assert_eq!(given(Grants::default())[..1], all(false));
    let everything = Grants {
        durations: true,
        prices: true,
        reclaims: true,
        arrivals: true,
    };
    assert_eq!(given(everything)[..1], all(true));
    let one = Grants {
        durations: true,
        ..Grants::default()
    };
    assert_eq!(given(one)[0], [true, false, false, false]);
}
