//! On which GPUs: who stays on its model stays where it is.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::engine::{Plan, View};
use sim_core::model::{GpuSet, ModelSet, Placement, Seat};
use sim_core::units::{JobId, NodeId};

use super::ledger::Ledger;
use super::pick::Picked;
use super::round::{Gpus, Part};
use crate::place::{FirstFit, Place};

/// Seats those that were picked: who runs on its model goes on, the others stop, and the largest of the rest go first.
///
/// # Errors
/// Who finds no room for its tasks, and on which model, though there are as many GPUs: the plan is as if nobody had been picked.
pub(super) fn seat(
    ledger: &Ledger,
    picked: &Picked,
    view: &View<'_>,
    plan: &mut Plan<'_>,
) -> Result<Vec<Part>, (JobId, usize)> {
    let mark = plan.mark();
    let mut wanted: Vec<(JobId, usize)> = Vec::new();
    for (model, jobs) in picked.iter().enumerate() {
        wanted.extend(jobs.iter().map(|job| (*job, model)));
    }
    let stays = |job: JobId, model: usize| {
        let seats = view.job(job)?.allocation().seats();
        let offering = view.offering_of(seats.first()?.node);
        let on = view.offering(offering)?.shape.model;
        (on == ledger.models[model].id).then(|| held(seats))
    };
    let mut parts = Vec::new();
    for running in view.running() {
        let id = running.id();
        // It was stopped at this very decision, as nobody was to run before shares were computed anew.
        if plan.is_pending(id) {
            continue;
        }
        let wish = wanted.iter().find(|(job, _)| *job == id);
        match wish.and_then(|(_, model)| Some((*model, stays(id, *model)?))) {
            Some((model, gpus)) => parts.push(part(id, model, gpus)),
            // It saves its state, for its node will be taken away.
            None if running.is_saving() => {}
            None => plan.preempt(id).expect("it runs"),
        }
    }
    wanted.retain(|(job, _)| plan.is_pending(*job));
    wanted.sort_by_key(|(job, _)| std::cmp::Reverse(ledger.members[job].gpus));
    for (job, model) in wanted {
        let only = ModelSet::NONE.with(ledger.models[model].id);
        let placement = plan.lay(job, &mut |capacity, role, _| {
            FirstFit.lay(capacity, role, only)
        });
        let Some(placement) = placement else {
            plan.rollback(mark);
            return Err((job, model));
        };
        plan.start(job, &placement).expect("it was laid there");
        let gpus = held(plan.seats_of(job).expect("it has just been started"));
        parts.push(part(job, model, gpus));
    }
    Ok(parts)
}

fn part(job: JobId, model: usize, gpus: Gpus) -> Part {
    Part {
        job,
        model,
        gpus,
        ended: None,
        task: None,
    }
}

fn held(seats: &[Seat]) -> Gpus {
    let gpus = |seat: &Seat| {
        let node = seat.node;
        seat.gpus
            .iter()
            .map(move |gpu| (node, gpu))
            .collect::<Gpus>()
    };
    seats.iter().flat_map(gpus).collect()
}

/// The same as the published simulator does it, where every job may lie on any GPUs of a model: by size, the largest first,
/// those that were on the model before keep their GPUs if they are all free still, and then the others take the lowest.
pub(super) fn seat_by_number(
    ledger: &Ledger,
    picked: &Picked,
    before: &[Part],
    plan: &Plan<'_>,
) -> Vec<Part> {
    let mut parts = Vec::new();
    for (model, jobs) in picked.iter().enumerate() {
        let size = |job: &JobId| ledger.members[job].gpus;
        let sizes: BTreeSet<u32> = jobs.iter().map(size).collect();
        let mut free: BTreeSet<(NodeId, u32)> = gpus_of(ledger, model, plan).collect();
        for gpus in sizes.into_iter().rev() {
            let alike: Vec<JobId> = jobs
                .iter()
                .copied()
                .filter(|job| size(job) == gpus)
                .collect();
            let mut rest = Vec::new();
            for job in alike {
                let kept = before
                    .iter()
                    .find(|part| part.job == job && part.model == model);
                match kept.filter(|part| part.gpus.iter().all(|gpu| free.contains(gpu))) {
                    Some(kept) => {
                        free.retain(|gpu| !kept.gpus.contains(gpu));
                        parts.push(part(job, model, kept.gpus.clone()));
                    }
                    None => rest.push(job),
                }
            }
            for job in rest {
                let count = usize::try_from(gpus).expect("32 bits fit");
                let lowest: Gpus = free.iter().copied().take(count).collect();
                free.retain(|gpu| !lowest.contains(gpu));
                parts.push(part(job, model, lowest));
            }
        }
    }
    parts
}

/// The GPUs of a model that may be started on, by number.
fn gpus_of(ledger: &Ledger, model: usize, plan: &Plan<'_>) -> impl Iterator<Item = (NodeId, u32)> {
    let (capacity, model) = (plan.capacity(), ledger.models[model].id);
    let pools = capacity
        .offerings()
        .filter(move |pool| capacity.shape(*pool).model == model);
    pools.flat_map(move |pool| {
        let nodes = capacity
            .slots_of(pool)
            .filter(|node| capacity.is_open(*node));
        nodes.flat_map(move |node| (0..capacity.shape(pool).gpus).map(move |gpu| (node, gpu)))
    })
}

/// A placement of single-GPU tasks on these.
pub(super) fn placement(gpus: &Gpus) -> Placement {
    let mut by_node: BTreeMap<NodeId, GpuSet> = BTreeMap::new();
    for (node, gpu) in gpus {
        let set = by_node.entry(*node).or_default();
        *set = set.with(GpuSet::one(*gpu));
    }
    let seat = |(node, gpus): (NodeId, GpuSet)| Seat {
        gpus,
        ..Seat::anywhere(node, 0, gpus.count())
    };
    Placement {
        seats: by_node.into_iter().map(seat).collect(),
    }
}
