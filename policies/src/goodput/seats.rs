//! On which nodes: who keeps its configuration stays, if need be on other nodes of its model.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use sim_core::engine::{Plan, Reason, View};
use sim_core::model::{ModelSet, Role};
use sim_core::units::{JobId, ModelId, NodeId};

use super::room::make_room;
use super::wish::{Wish, held, tasks};
use crate::place::{FirstFit, Place};

/// Free GPUs by node.
pub(crate) type Free = BTreeMap<NodeId, u32>;

/// Gives each job what is wished for it, and nothing to those of whom nothing is said. A wish that finds no nodes waits.
pub(crate) fn seat(wishes: &[Wish], view: &View<'_>, plan: &mut Plan<'_>) {
    let stays = |job: JobId| {
        let held = held(view, job);
        wishes.iter().any(|wish| Some(wish) == held.as_ref())
    };
    for job in view.running() {
        if !stays(job.id()) && !job.is_saving() && plan.can_spare(job.id()) {
            plan.preempt(job.id()).expect("it runs");
        }
    }
    let mut wanted: Vec<&Wish> = wishes
        .iter()
        .filter(|wish| plan.is_pending(wish.job))
        .collect();
    wanted.sort_by_key(|wish| (Reverse(wish.widest()), wish.job));
    for wish in wanted {
        if start(wish, view, plan) {
            continue;
        }
        make_room(wishes, wish, view, plan);
        if plan.is_pending(wish.job) && !start(wish, view, plan) {
            plan.hold(wish.job, Reason::Unplaced);
        }
    }
}

/// Starts a job where its wish fits now; says whether it does.
fn start(wish: &Wish, view: &View<'_>, plan: &mut Plan<'_>) -> bool {
    let alone = tasks(view, wish.job).map_or(1, Role::gpus_each) == 1;
    let placement = if alone {
        let mut free = free(plan, wish.model);
        lay(&mut free, wish, &|_| 0).map(|nodes| wish.on(&nodes, view))
    } else {
        // Tasks of several GPUs each may leave some of a node over.
        let only = ModelSet::NONE.with(wish.model);
        plan.lay(wish.job, &mut |capacity, role, _| {
            FirstFit.lay(capacity, role, only)
        })
    };
    let mark = plan.mark();
    let started = placement.is_some_and(|placement| plan.start(wish.job, &placement).is_ok());
    if !started {
        plan.rollback(mark);
    }
    started
}

/// Free GPUs on the open nodes of a model.
pub(crate) fn free(plan: &Plan<'_>, model: ModelId) -> Free {
    let capacity = plan.capacity();
    let pools = capacity.offerings();
    let pools = pools.filter(|pool| capacity.shape(*pool).model == model);
    let nodes = pools.flat_map(|pool| capacity.slots_of(pool));
    let open = nodes.filter(|node| capacity.is_open(*node));
    open.map(|node| (node, capacity.free_on(node).count()))
        .collect()
}

/// The tightest node for each count, no node twice; of equally tight ones that of least `cost`.
pub(crate) fn lay(
    free: &mut Free,
    wish: &Wish,
    cost: &dyn Fn(NodeId) -> u32,
) -> Option<Vec<NodeId>> {
    let mut nodes: Vec<NodeId> = Vec::new();
    for count in &wish.counts {
        let fitting = free
            .iter()
            .filter(|(node, free)| *free >= count && !nodes.contains(node));
        let (node, _) = fitting.min_by_key(|(node, free)| (**free, cost(**node), **node))?;
        nodes.push(*node);
    }
    take(free, wish, &nodes);
    Some(nodes)
}

/// Takes what a wish has on these nodes.
pub(crate) fn take(free: &mut Free, wish: &Wish, nodes: &[NodeId]) {
    for (node, count) in nodes.iter().zip(&wish.counts) {
        let left = free.entry(*node).or_default();
        *left = left.saturating_sub(*count);
    }
}
