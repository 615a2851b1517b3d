//! Evicting: all that runs on a machine is interrupted and starts elsewhere, and the machine is given back.

use sim_core::model::{Placement, Seat};
use sim_core::units::{JobId, NodeId};

use super::nodes::is_movable;
use crate::compose::Desk;

/// Interrupts all that runs on a node, starts it anew elsewhere, and gives the node back. False, and nothing of it, unless all
/// may be interrupted, nobody waits, and the placement has room for all of them with all the tasks that they have.
pub(super) fn evict(desk: &mut Desk<'_, '_, '_>, node: NodeId) -> bool {
    let mark = desk.plan.mark();
    let lies = |seats: &[Seat]| seats.iter().any(|seat| seat.node == node);
    let running = desk.view.running();
    let running = running.filter(|job| lies(job.allocation().seats()));
    let jobs: Vec<JobId> = running.map(|job| job.id()).collect();
    let may_go = desk.queue.is_empty() && desk.plan.may_leave(node);
    if may_go && jobs.iter().all(|id| stops(desk, *id)) {
        desk.plan.drain(node).expect("it may leave");
        let found: Option<Vec<Placement>> = jobs.iter().map(|id| starts(desk, *id)).collect();
        if let Some(found) = found {
            for (id, placement) in jobs.iter().zip(&found) {
                let view = desk.view;
                desk.place().seated(*id, placement, view);
            }
            return true;
        }
    }
    desk.plan.rollback(mark);
    false
}

/// Interrupts a job, if it may be.
fn stops(desk: &mut Desk<'_, '_, '_>, id: JobId) -> bool {
    let may = desk.plan.is_running(id) && is_movable(desk, &desk.job(id));
    may && desk.plan.preempt(id).is_ok()
}

/// Starts an interrupted job, if there is room for all the tasks that it had.
fn starts(desk: &mut Desk<'_, '_, '_>, id: JobId) -> Option<Placement> {
    let tasks = |seats: &[Seat]| seats.iter().map(|seat| seat.tasks).sum::<u32>();
    let had = tasks(desk.job(id).allocation().seats());
    let placement = desk.lay(id).filter(|to| tasks(&to.seats) >= had)?;
    let started = desk.plan.start(id, &placement);
    started.expect("a placement that was laid out on this plan");
    Some(placement)
}
