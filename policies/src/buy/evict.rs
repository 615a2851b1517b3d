//! Evicting: all that runs on a machine is interrupted, and the machine given back.

use sim_core::model::Seat;
use sim_core::units::{JobId, NodeId};

use super::nodes::is_movable;
use crate::compose::Desk;

/// Interrupts all that runs on a node, and gives it back. False, and nothing of it, unless all may be interrupted, nobody waits,
/// and the placement has room for all of them elsewhere. They wait then, and start like any other.
pub(super) fn evict(desk: &mut Desk<'_, '_, '_>, node: NodeId) -> bool {
    let mark = desk.plan.mark();
    let lies = |seats: &[Seat]| seats.iter().any(|seat| seat.node == node);
    let running = desk.view.running();
    let running = running.filter(|job| lies(job.allocation().seats()));
    let jobs: Vec<JobId> = running.map(|job| job.id()).collect();
    let may_go = desk.queue.is_empty() && desk.plan.may_leave(node);
    if may_go && jobs.iter().all(|id| stops(desk, *id)) {
        desk.plan.drain(node).expect("it may leave");
        let gone = desk.plan.mark();
        let finds_room = jobs.iter().all(|id| finds_room(desk, *id));
        desk.plan.rollback(gone);
        if finds_room {
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

/// Whether an interrupted job could start at once with all the tasks that it had; for the time being, it does.
fn finds_room(desk: &mut Desk<'_, '_, '_>, id: JobId) -> bool {
    let tasks = |seats: &[Seat]| seats.iter().map(|seat| seat.tasks).sum::<u32>();
    let had = tasks(desk.job(id).allocation().seats());
    let found = desk.lay(id).filter(|to| tasks(&to.seats) >= had);
    found.is_some_and(|placement| desk.plan.start(id, &placement).is_ok())
}
