//! On which nodes: who keeps its configuration stays, if need be on other nodes of its model.

use std::collections::BTreeMap;

use sim_core::engine::{Plan, View};
use sim_core::model::{Placement, Role, Seat};
use sim_core::units::{JobId, ModelId, NodeId};

/// A configuration for a job: GPUs of a model, by node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    /// The job.
    pub(super) job: JobId,
    /// The GPU model.
    pub(super) model: ModelId,
    /// GPUs on each node, in order.
    pub(super) counts: Vec<u32>,
}

/// Free GPUs by node.
type Free = BTreeMap<NodeId, u32>;

/// What a running job holds, as a wish.
pub(super) fn held(view: &View<'_>, job: JobId) -> Option<Wish> {
    let seats = view.job(job)?.allocation().seats();
    let first = view.offering(view.offering_of(seats.first()?.node))?;
    let mut wish = Wish {
        job,
        model: first.shape.model,
        counts: Vec::new(),
    };
    let mut last = None;
    for seat in seats {
        match wish.counts.last_mut() {
            Some(count) if last == Some(seat.node) => *count += seat.gpus.count(),
            Some(_) | None => wish.counts.push(seat.gpus.count()),
        }
        last = Some(seat.node);
    }
    Some(wish)
}

/// Gives each job what is wished for it, and nothing to those of whom nothing is said. A wish that finds no nodes is passed over.
pub(super) fn seat(wishes: &[Wish], view: &View<'_>, plan: &mut Plan<'_>) {
    let stays = |job: JobId| {
        let held = held(view, job);
        wishes.iter().any(|wish| Some(wish) == held.as_ref())
    };
    let running: Vec<JobId> = view.running().map(|job| job.id()).collect();
    for job in &running {
        let saves = view.job(*job).is_some_and(|job| job.is_saving());
        if !stays(*job) && !saves {
            plan.preempt(*job).expect("it runs");
        }
    }
    let mut wanted: Vec<&Wish> = wishes
        .iter()
        .filter(|wish| plan.is_pending(wish.job))
        .collect();
    wanted.sort_by_key(|wish| (std::cmp::Reverse(wish.counts.iter().max()), wish.job));
    for wish in wanted {
        let gang = view.job(wish.job).map(|job| job.gang());
        let Some(each) = gang
            .and_then(|gang| gang.roles().first())
            .map(Role::gpus_each)
        else {
            continue;
        };
        let found = lay(&mut free(plan, wish.model), wish);
        let found = found.or_else(|| {
            make_room(wishes, wish, view, plan);
            lay(&mut free(plan, wish.model), wish)
        });
        if let Some(nodes) = found {
            let started = plan.start(wish.job, &placement(wish, &nodes, each));
            debug_assert!(started.is_ok(), "{wish:?}: {started:?}");
        }
    }
}

/// Free GPUs on the open nodes of a model.
fn free(plan: &Plan<'_>, model: ModelId) -> Free {
    let capacity = plan.capacity();
    let pools = capacity.offerings();
    let pools = pools.filter(|pool| capacity.shape(*pool).model == model);
    let nodes = pools.flat_map(|pool| capacity.slots_of(pool));
    let open = nodes.filter(|node| capacity.is_open(*node));
    open.map(|node| (node, capacity.free_on(node).count()))
        .collect()
}

/// The tightest node for each count, no node twice.
fn lay(free: &mut Free, wish: &Wish) -> Option<Vec<NodeId>> {
    let mut nodes: Vec<NodeId> = Vec::new();
    for count in &wish.counts {
        let fitting = free
            .iter()
            .filter(|(node, free)| *free >= count && !nodes.contains(node));
        let (node, _) = fitting.min_by_key(|(node, free)| (**free, **node))?;
        nodes.push(*node);
    }
    for (node, count) in nodes.iter().zip(&wish.counts) {
        *free.entry(*node).or_default() -= count;
    }
    Some(nodes)
}

/// Moves those that stay on the model closer together, as if all had come anew, the largest first.
fn make_room(wishes: &[Wish], wanted: &Wish, view: &View<'_>, plan: &mut Plan<'_>) {
    let mut all: Vec<&Wish> = wishes
        .iter()
        .filter(|wish| wish.model == wanted.model)
        .collect();
    all.sort_by_key(|wish| (std::cmp::Reverse(wish.counts.iter().max()), wish.job));
    let mut free = free(plan, wanted.model);
    for wish in &all {
        for seat in plan.seats_of(wish.job).unwrap_or_default() {
            *free.entry(seat.node).or_default() += seat.gpus.count();
        }
    }
    let mut moves: Vec<(&Wish, Vec<NodeId>)> = Vec::new();
    for wish in all {
        if let Some(nodes) = lay(&mut free, wish)
            && plan.is_running(wish.job)
        {
            moves.push((wish, nodes));
        }
    }
    // One may have to go before another can come: again as long as someone moves.
    let mut before = moves.len() + 1;
    while moves.len() < before {
        before = moves.len();
        moves.retain(|(wish, nodes)| {
            let gang = view.job(wish.job).map(|job| job.gang());
            let each = gang
                .and_then(|gang| gang.roles().first())
                .map_or(1, Role::gpus_each);
            let there = placement(wish, nodes, each);
            let same = plan.seats_of(wish.job).is_some_and(|seats| {
                let now = seats.iter().map(|seat| seat.node);
                now.eq(nodes.iter().copied())
            });
            let room = |seat: &Seat| {
                let own = plan.seats_of(wish.job).unwrap_or_default();
                let own = own.iter().filter(|own| own.node == seat.node);
                let own: u32 = own.map(|own| own.gpus.count()).sum();
                plan.capacity().free_on(seat.node).count() + own >= seat.tasks * each
            };
            if same || !there.seats.iter().all(room) {
                return !same;
            }
            plan.reseat(wish.job, &there).is_err()
        });
    }
}

fn placement(wish: &Wish, nodes: &[NodeId], each: u32) -> Placement {
    let seat = |(node, count): (&NodeId, &u32)| Seat {
        node: *node,
        role: 0,
        tasks: count / each.max(1),
        gpus: sim_core::model::GpuSet::default(),
    };
    Placement {
        seats: nodes.iter().zip(&wish.counts).map(seat).collect(),
    }
}
