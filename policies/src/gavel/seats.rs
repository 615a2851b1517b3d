//! On which GPUs: who stays on its model stays where it is.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::engine::{JobView, Plan, View};
use sim_core::model::{GpuSet, ModelSet, Placement, Seat};
use sim_core::units::{JobId, NodeId};

use super::ledger::Ledger;
use super::pairs::Unit;
use super::pick::Picked;
use super::round::{Gpus, Part};
use crate::place::{FirstFit, Place};

/// Seats those that were picked: who runs on its model, beside whom it is to, goes on, the others stop, and the largest of the
/// rest go first.
///
/// # Errors
/// Who finds no room for its tasks, and on which model, though there are as many GPUs: the plan is as if nobody had been picked.
pub(super) fn seat(
    ledger: &Ledger,
    (picked, before): (&Picked, &[Part]),
    view: &View<'_>,
    plan: &mut Plan<'_>,
) -> Result<Vec<Part>, (Unit, usize)> {
    let mark = plan.mark();
    let mut wanted: Vec<(Unit, usize)> = Vec::new();
    for (model, units) in picked.iter().enumerate() {
        wanted.extend(units.iter().map(|unit| (*unit, model)));
    }
    let mut parts = Vec::new();
    for running in view.running() {
        let id = running.id();
        // It was stopped at this very decision, as nobody was to run before shares were computed anew.
        if plan.is_pending(id) {
            continue;
        }
        let wish = wanted
            .iter()
            .find(|(unit, _)| unit.0 == id || unit.1 == Some(id));
        let stays = wish.and_then(|(unit, model)| {
            let gpus = stays(ledger, (*unit, *model), before, view)?;
            Some(part((id, *unit), *model, gpus))
        });
        match stays {
            Some(stays) => parts.push(stays),
            // It saves its state, for its node will be taken away, or its service cannot spare it.
            None if running.is_saving() || !plan.can_spare(id) => {}
            None => plan.preempt(id).expect("it runs"),
        }
    }
    wanted.retain(|(unit, _)| plan.is_pending(unit.0));
    wanted.sort_by_key(|(unit, _)| std::cmp::Reverse(ledger.members[&unit.0].gpus));
    for (unit, model) in wanted {
        let Some(laid) = start(ledger, (unit, model), view, plan) else {
            plan.rollback(mark);
            return Err((unit, model));
        };
        parts.extend(laid);
    }
    Ok(parts)
}

/// The GPUs of a unit that runs where it is to: on its model, and beside nobody else than before.
fn stays(
    ledger: &Ledger,
    (unit, model): (Unit, usize),
    before: &[Part],
    view: &View<'_>,
) -> Option<Gpus> {
    let on = |job: JobId| {
        let seats = view.job(job)?.allocation().seats();
        let offering = view.offering_of(seats.first()?.node);
        let on = view.offering(offering)?.shape.model;
        (on == ledger.models[model].id).then(|| held(seats))
    };
    let gpus = on(unit.0)?;
    let as_before = |job: &JobId| {
        let mut before = before.iter().filter(|part| part.job == *job);
        before.any(|part| part.unit() == unit) && on(*job).as_ref() == Some(&gpus)
    };
    let mut jobs = [Some(unit.0), unit.1].into_iter().flatten();
    let alone = !ledger.members[&unit.0].halves;
    (alone || jobs.all(|job| as_before(&job))).then_some(gpus)
}

/// Starts a unit on a model; nothing of it if there is no room.
fn start(
    ledger: &Ledger,
    (unit, model): (Unit, usize),
    view: &View<'_>,
    plan: &mut Plan<'_>,
) -> Option<Vec<Part>> {
    let only = ModelSet::NONE.with(ledger.models[model].id);
    let jobs = [Some(unit.0), unit.1].into_iter().flatten();
    let whole = if ledger.members[&unit.0].halves {
        // Two share GPUs that nobody else is on, and one of them alone has such GPUs for itself.
        let jobs: Vec<JobView<'_>> = jobs.clone().filter_map(|job| view.job(job)).collect();
        Some(free_gpus(ledger, (&jobs, model), plan)?)
    } else {
        None
    };
    let mut parts = Vec::new();
    for job in jobs {
        let placement = match &whole {
            Some(gpus) => Some(placement(gpus, true)),
            None => plan.lay(job, &mut |capacity, role, _| {
                FirstFit.lay(capacity, role, only)
            }),
        };
        view.job(job)?;
        plan.start(job, &placement?).ok()?;
        let gpus = held(plan.seats_of(job)?);
        parts.push(part((job, unit), model, gpus));
    }
    Some(parts)
}

/// The first free GPUs of a model on nodes that these jobs may lie on and that have what a task needs beside a GPU, as many as
/// each of them has.
fn free_gpus(
    ledger: &Ledger,
    (jobs, model): (&[JobView<'_>], usize),
    plan: &Plan<'_>,
) -> Option<Gpus> {
    let capacity = plan.capacity();
    let first = jobs.first()?.id();
    let count = usize::try_from(ledger.members[&first].gpus).expect("32 bits fit");
    let suits = |node: NodeId| {
        let roles = jobs.iter().flat_map(|job| job.gang().roles());
        let mut demands = roles.map(|role| &role.demand);
        let pool = capacity.offering_of(node);
        demands.all(|demand| {
            capacity.allows(pool, ModelSet::ANY, demand) && capacity.room(node, demand) > 0
        })
    };
    let free = gpus_of(ledger, model, plan);
    let free = free.filter(|(node, gpu)| capacity.free_milli(*node, *gpu) == 1000 && suits(*node));
    let found: Gpus = free.take(count).collect();
    (found.len() == count).then_some(found)
}

fn part((job, unit): (JobId, Unit), model: usize, gpus: Gpus) -> Part {
    let mate = unit
        .1
        .map(|later| if later == job { unit.0 } else { later });
    Part {
        job,
        model,
        gpus,
        mate,
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
    for (model, units) in picked.iter().enumerate() {
        let size = |unit: &Unit| ledger.members[&unit.0].gpus;
        let sizes: BTreeSet<u32> = units.iter().map(size).collect();
        let mut free: BTreeSet<(NodeId, u32)> = gpus_of(ledger, model, plan).collect();
        for gpus in sizes.into_iter().rev() {
            let alike = units.iter().copied().filter(|unit| size(unit) == gpus);
            let mut rest = Vec::new();
            for unit in alike {
                let kept = before
                    .iter()
                    .find(|part| part.unit() == unit && part.model == model);
                match kept.filter(|part| part.gpus.iter().all(|gpu| free.contains(gpu))) {
                    Some(kept) => {
                        free.retain(|gpu| !kept.gpus.contains(gpu));
                        parts.extend(both(unit, model, &kept.gpus));
                    }
                    None => rest.push(unit),
                }
            }
            for unit in rest {
                let count = usize::try_from(gpus).expect("32 bits fit");
                let lowest: Gpus = free.iter().copied().take(count).collect();
                free.retain(|gpu| !lowest.contains(gpu));
                parts.extend(both(unit, model, &lowest));
            }
        }
    }
    parts
}

/// The parts of a unit on its GPUs.
fn both(unit: Unit, model: usize, gpus: &Gpus) -> impl Iterator<Item = Part> {
    let jobs = [Some(unit.0), unit.1].into_iter().flatten();
    jobs.map(move |job| part((job, unit), model, gpus.clone()))
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

/// A placement of single-GPU tasks on these; where they are `shared`, each task is on one by itself.
pub(super) fn placement(gpus: &Gpus, shared: bool) -> Placement {
    let mut by_node: BTreeMap<(NodeId, u32), GpuSet> = BTreeMap::new();
    for (node, gpu) in gpus {
        let set = by_node
            .entry((*node, if shared { *gpu } else { 0 }))
            .or_default();
        *set = set.with(GpuSet::one(*gpu));
    }
    let seat = |((node, _), gpus): ((NodeId, u32), GpuSet)| Seat {
        gpus,
        ..Seat::anywhere(node, 0, gpus.count())
    };
    Placement {
        seats: by_node.into_iter().map(seat).collect(),
    }
}
