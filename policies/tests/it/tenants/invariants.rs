//! What holds at the end of every instant, over random trees of queues and random jobs of one GPU.

use sim_core::model::{Amount, Queue, entitlements};
use sim_core::units::{QueueId, convert};
use sim_core::world::draw::Stream;

use super::rig::{Seen, fly, jobs, policy, queue, world};
use crate::contract::scenes::{luck, small};

const SCENES: u64 = 400;

/// Queues in up to two levels, guaranteed no more than there is.
fn tree(luck: &mut Stream, gpus: u32) -> Vec<Queue> {
    let mut queues = Vec::new();
    let mut left = gpus;
    for at in 0..2 + small::<u16>(luck.below(3)) {
        let share = small::<u32>(luck.below(u64::from(left) + 1));
        left -= share;
        queues.push(limited(luck, queue(&format!("top-{at}"), share), gpus));
        if luck.chance(0.4) {
            let mut within = share;
            let parent = Some(QueueId(small(convert::wide(queues.len() - 1))));
            for leaf in 0..2 {
                let share = small::<u32>(luck.below(u64::from(within) + 1));
                within -= share;
                let leaf = queue(&format!("leaf-{at}-{leaf}"), share);
                queues.push(Queue {
                    parent,
                    ..limited(luck, leaf, gpus)
                });
            }
        }
    }
    queues
}

fn limited(luck: &mut Stream, queue: Queue, gpus: u32) -> Queue {
    let Amount::Gpus(share) = queue.share else {
        return queue;
    };
    let cap = share.max(1) + small::<u32>(luck.below(u64::from(gpus)));
    Queue {
        cap: luck.chance(0.3).then_some(Amount::Gpus(cap)),
        borrow: share == 0 || luck.chance(0.8),
        weight: 1 + small::<u32>(luck.below(4)),
        ..queue
    }
}

fn leaves(queues: &[Queue]) -> Vec<usize> {
    let is_parent = |at: usize| {
        let mut parents = queues.iter().filter_map(|queue| queue.parent);
        parents.any(|parent| parent.index() == at)
    };
    (0..queues.len()).filter(|at| !is_parent(*at)).collect()
}

/// Jobs that run, of a queue and all within it.
fn held(queues: &[Queue], at: usize, running: &[u32]) -> u32 {
    let within = (0..queues.len()).filter(|other| {
        let up = |at: &usize| queues[*at].parent.map(QueueId::index);
        std::iter::successors(Some(*other), up).any(|above| above == at)
    });
    within.map(|at| running[at]).sum()
}

fn flown(seed: u64, admit: &str, preempt: &str) -> (u32, Vec<Queue>, Seen) {
    let mut luck = luck(seed, "tenants");
    let gpus = 4 + small::<u32>(luck.below(12));
    let queues = tree(&mut luck, gpus);
    let mut all = Vec::new();
    for leaf in leaves(&queues) {
        for _ in 0..luck.below(4) {
            let count = 1 + small::<usize>(luck.below(u64::from(gpus)));
            let when = (luck.below(200), 1 + luck.below(120));
            all.extend(jobs(small(convert::wide(leaf)), count, when));
        }
    }
    let seen = fly(
        world(gpus, queues.clone()),
        all,
        policy(admit, "strict", preempt),
    );
    (gpus, queues, seen)
}

/// Whether a queue and all above it may hold one more.
fn may_grow(queues: &[Queue], gpus: u32, leaf: usize, running: &[u32]) -> bool {
    let limits = entitlements(queues, u64::from(gpus) * 1000);
    let up = |at: &usize| queues[*at].parent.map(QueueId::index);
    std::iter::successors(Some(leaf), up).all(|at| {
        let more = u64::from(held(queues, at, running) + 1) * 1000;
        limits[at].limit.is_none_or(|limit| more <= limit)
    })
}

#[test]
fn nobody_exceeds_a_limit_and_what_is_free_is_used() {
    let mut bound = 0;
    for seed in 0..SCENES {
        for (admit, preempt) in [
            ("capacity", "none"),
            ("capacity", "reclaim"),
            ("drf", "none"),
        ] {
            let (gpus, queues, seen) = flown(seed, admit, preempt);
            let limits = entitlements(&queues, u64::from(gpus) * 1000);
            for (now, (running, waiting)) in &seen.after {
                let what = format!("scene {seed}, {admit}, {preempt} at {now}: {running:?}");
                for (at, entitled) in limits.iter().enumerate() {
                    let holds = u64::from(held(&queues, at, running)) * 1000;
                    assert!(entitled.limit.is_none_or(|limit| holds <= limit), "{what}");
                }
                let used: u32 = running.iter().sum();
                for leaf in leaves(&queues) {
                    let waits = waiting[leaf] > 0;
                    let may = may_grow(&queues, gpus, leaf, running);
                    assert!(!(waits && may && used < gpus), "{what}: {leaf} waits");
                    bound += u32::from(waits && !may);
                }
            }
        }
    }
    assert!(bound > 100, "limits bound: {bound}");
}

#[test]
fn with_reclaim_nobody_waits_for_what_is_guaranteed_while_another_borrows() {
    let mut taken = 0;
    for seed in 0..SCENES {
        let (gpus, queues, seen) = flown(seed, "capacity", "reclaim");
        let shares = entitlements(&queues, u64::from(gpus) * 1000);
        let share = |at: usize| shares[at].share / 1000;
        for (now, (running, waiting)) in &seen.after {
            let what = format!("scene {seed} at {now}: {running:?}, {waiting:?}");
            let borrows = |at: &usize| u64::from(running[*at]) > share(*at);
            let anyone = leaves(&queues).iter().any(borrows);
            for leaf in leaves(&queues) {
                let short = waiting[leaf] > 0 && u64::from(running[leaf]) < share(leaf);
                // Its parent may be capped, and full of what is guaranteed to others.
                let may = may_grow(&queues, gpus, leaf, running);
                assert!(!(short && anyone && may), "{what}: {leaf} is short");
            }
        }
        for (now, queue, before) in &seen.interrupted {
            let what = format!("scene {seed} at {now}: {before:?}");
            assert!(u64::from(before[*queue]) > share(*queue), "{what}: {queue}");
            taken += 1;
        }
    }
    assert!(taken > 100, "taken back: {taken}");
}
