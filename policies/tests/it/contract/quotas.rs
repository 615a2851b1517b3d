//! Quotas: no policy asks for more than they leave, or stumbles over one, and one that is never
//! reached changes nothing.

use std::sync::Arc;

use sim_core::engine::World;
use sim_core::model::{Counted, Market, Offering, Quota};
use sim_core::units::{OfferingId, convert};
use sim_core::watch::audit::Auditor;
use sim_core::world::draw::Stream;

use super::rig;
use super::roster::{self, Contender};
use super::scenes::{self, Scene, luck, small};

const KINDS: [Counted; 3] = [Counted::Gpus, Counted::CpuMilli, Counted::Nodes];

/// A quota over some of the fleets, with what `most` makes of what they begin with and may grow to.
fn quota(world: &World, luck: &mut Stream, most: impl Fn(&mut Stream, u64, u64) -> u64) -> Quota {
    let offerings = convert::wide(world.offerings.len());
    let covers: Vec<u16> = (0..offerings)
        .filter(|_| luck.chance(0.8))
        .map(small)
        .collect();
    let mut quota = Quota {
        name: "shared".to_owned(),
        counted: KINDS[small::<usize>(luck.below(3))],
        most: 0,
        covers: covers.into_iter().map(OfferingId).collect(),
    };
    let used = |quota: &Quota, machines: fn(&Offering) -> u32| -> u64 {
        let covered = quota.covers.iter().map(|id| &world.offerings[id.index()]);
        let used = covered.map(|of| quota.share(&of.shape) * u64::from(machines(of)));
        used.sum()
    };
    let (least, all) = (used(&quota, |of| of.initial), used(&quota, |of| of.max));
    quota.most = most(luck, least, all);
    quota
}

/// A scene with machines of several markets under two quotas that leave hardly anything.
fn tight(seed: u64, contender: &Contender) -> Scene {
    let scene = scenes::scene(seed, contender);
    let mut world = World::clone(&scene.world);
    let mut luck = luck(seed, "quotas");
    for offering in &mut world.offerings {
        if luck.chance(0.4) {
            offering.market = Market::Spot;
        }
        offering.visible = luck.chance(0.8);
    }
    let little = |luck: &mut Stream, least, all| least + luck.below((all - least) / 2 + 1);
    world.quotas = (0..2).map(|_| quota(&world, &mut luck, little)).collect();
    // Who waits for machines that no quota leaves waits for ever.
    world.end = Some(rig::at(30 * 86_400));
    Scene {
        world: Arc::new(world),
        jobs: scene.jobs,
    }
}

#[test]
fn no_policy_exceeds_a_tight_quota_or_is_refused_anything() {
    let mut bound = 0;
    for (position, contender) in (0..).zip(roster::all()) {
        for seed in position * 1000..position * 1000 + 20 {
            let Scene { world, jobs } = tight(seed, &contender);
            let what = format!("{} in scene {seed}", contender.name());
            let mut engine = rig::engine(&world, &jobs);
            let mut auditor = Auditor::new(Arc::clone(&world));
            let mut policy = contender.policy();
            let ended = engine.run(&mut *policy, contender.grants, &mut auditor);
            assert!(ended.is_ok(), "{what}: {ended:?}");
            assert_eq!(engine.counters().refusals, 0, "{what}");
            let report = auditor.finish(engine.now());
            let first = report.violations.first();
            assert!(first.is_none(), "{what}: {first:?}");
            let free = World {
                quotas: Vec::new(),
                ..World::clone(&world)
            };
            let mut free = rig::engine(&Arc::new(free), &jobs);
            let mut policy = contender.policy();
            let ended = free.run(&mut *policy, contender.grants, &mut ());
            assert!(ended.is_ok(), "{what}, without quotas: {ended:?}");
            bound += u32::from(free.digests() != engine.digests());
        }
    }
    assert!(bound > 400, "{bound} runs met a quota");
}

#[test]
fn a_quota_that_is_never_reached_changes_no_decision() {
    for (position, contender) in (0..).zip(roster::all()) {
        for seed in position * 1000..position * 1000 + 6 {
            let scene = scenes::scene(seed, &contender);
            let free = rig::run(&scene.world, &scene.jobs, &contender);
            let mut world = World::clone(&scene.world);
            let mut luck = luck(seed, "quotas");
            world.quotas = vec![quota(&world, &mut luck, |_, _, all| all)];
            let under = rig::run(&Arc::new(world), &scene.jobs, &contender);
            let (name, a, b) = (contender.name(), free.digests, under.digests);
            assert_eq!(a, b, "{name}, scene {seed}");
        }
    }
}
