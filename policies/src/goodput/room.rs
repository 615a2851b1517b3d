//! Room for a configuration: those that keep theirs move together on the nodes of their model, as few of them as will do.

use std::cmp::Reverse;

use sim_core::engine::{Decision, JobDecision, Plan, View};
use sim_core::units::NodeId;

use super::seats::{Free, free, lay, take};
use super::wish::Wish;

/// A job, and the nodes it is to move to.
type Move<'a> = (&'a Wish, Vec<NodeId>);

/// Moves those that stay on the model of a wish so that there is room for it, if that can be.
pub(crate) fn make_room(wishes: &[Wish], wanted: &Wish, view: &View<'_>, plan: &mut Plan<'_>) {
    let mut moves = aims(wishes, wanted, view, plan);
    // One may have to go before another can come: again as long as someone moves.
    let mut before = moves.len() + 1;
    while moves.len() < before {
        before = moves.len();
        moves.retain(|(wish, nodes)| {
            let mark = plan.mark();
            let moved = fits(wish, nodes, (view, plan))
                && plan.reseat(wish.job, &wish.on(nodes, view)).is_ok();
            if !moved {
                plan.rollback(mark);
            }
            !moved
        });
    }
    // What is left stands in a ring: these start anew.
    for (wish, _) in &moves {
        let mark = plan.mark();
        if plan.preempt(wish.job).is_err() {
            plan.rollback(mark);
        }
    }
    for (wish, nodes) in &moves {
        let mark = plan.mark();
        if plan.is_pending(wish.job) && plan.start(wish.job, &wish.on(nodes, view)).is_err() {
            plan.rollback(mark);
        }
    }
}

/// Who moves where. The largest are laid first, each on its own nodes if they are still free.
fn aims<'a>(wishes: &'a [Wish], wanted: &Wish, view: &View<'_>, plan: &Plan<'_>) -> Vec<Move<'a>> {
    let mut all: Vec<&Wish> = wishes
        .iter()
        .filter(|wish| wish.model == wanted.model)
        .collect();
    all.sort_by_key(|wish| (Reverse(wish.widest()), plan.is_pending(wish.job), wish.job));
    let now = free(plan, wanted.model);
    let mut left = now.clone();
    for wish in &all {
        for (node, count) in own(wish, view, plan).iter().zip(&wish.counts) {
            *left.entry(*node).or_default() += count;
        }
    }
    // Where most is free, fewest have to go.
    let taken = |node: NodeId| u32::MAX - now.get(&node).copied().unwrap_or(0);
    let mut moves = Vec::new();
    for wish in all {
        let own = own(wish, view, plan);
        let held = wish.counts.iter().zip(&own);
        if !own.is_empty() && held.into_iter().all(|(count, node)| left[node] >= *count) {
            take(&mut left, wish, &own);
        } else if let Some(nodes) = lay(&mut left, wish, &taken)
            && !own.is_empty()
        {
            moves.push((wish, nodes));
        }
    }
    moves
}

/// The nodes that a job lies on, the plan so far included, in the order of its counts.
fn own(wish: &Wish, view: &View<'_>, plan: &Plan<'_>) -> Vec<NodeId> {
    if plan.is_pending(wish.job) {
        return Vec::new();
    }
    let planned = plan
        .decisions()
        .iter()
        .rev()
        .find_map(|decision| match decision {
            Decision::Job(
                JobDecision::Start(job, allocation) | JobDecision::Reseat(job, allocation),
            ) if *job == wish.job => Some(allocation.seats()),
            Decision::Job(_)
            | Decision::Node(_)
            | Decision::Market(_)
            | Decision::Service(_)
            | Decision::WakeAt(_) => None,
        });
    let held = view.job(wish.job).map(|job| job.allocation().seats());
    let seats = planned.or(held).unwrap_or_default();
    let mut nodes: Vec<NodeId> = seats.iter().map(|seat| seat.node).collect();
    nodes.dedup();
    nodes
}

/// Whether there is room on the nodes once the job has left its own.
fn fits(wish: &Wish, nodes: &[NodeId], (view, plan): (&View<'_>, &Plan<'_>)) -> bool {
    let mut room: Free = free(plan, wish.model);
    for (node, count) in own(wish, view, plan).iter().zip(&wish.counts) {
        *room.entry(*node).or_default() += count;
    }
    let pairs = nodes.iter().zip(&wish.counts);
    pairs
        .into_iter()
        .all(|(node, count)| room.get(node).is_some_and(|free| free >= count))
}
