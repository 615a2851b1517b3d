//! Elastic jobs grow into what is free while nobody waits, and, if they are told to, make room for one that does.
//!
//! Growing must pay. A job that has `left` to go on `n` tasks would save `left (m - n) / m` on `m`, for all that is known:
//! speed is taken to grow with the tasks. It grows if that is more than what changing its seats takes. What is left is the
//! estimate less what was served, or, without an estimate or beyond it, as much again as was served.

use sim_core::engine::{JobView, Wakes};
use sim_core::model::{Placement, Seat};
use sim_core::units::{JobId, SimTime, Span};

use super::{Keeper, earlier};
use crate::compose::Desk;

/// Elastic jobs at the size that there is room for.
#[derive(Clone, Copy, Debug)]
pub struct Grow {
    /// A job's seats change no more often.
    pub every: Span,
    /// Whether jobs shrink to their least to let in the first that waits: those last seated first, as many as it takes.
    pub yields: bool,
}

impl Keeper for Grow {
    fn finish(&mut self, desk: &mut Desk<'_, '_, '_>) -> Option<SimTime> {
        if !desk.queue.is_empty() {
            while self.yields && self.make_room(desk) {}
            return None;
        }
        let capacity = desk.plan.capacity();
        if capacity
            .offerings()
            .all(|offering| capacity.free_gpus(offering) == 0)
        {
            return None;
        }
        let short = |job: &JobView<'_>| tasks(job) < job.gang().tasks();
        let mut wish = None;
        for job in elastic(desk, short) {
            wish = earlier(wish, self.grow(desk, job));
        }
        wish
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::END
    }

    fn fork(&self) -> Box<dyn Keeper> {
        Box::new(*self)
    }
}

impl Grow {
    /// When its seats may change again.
    fn settled(&self, job: &JobView<'_>) -> SimTime {
        let seated = job.started().expect("it runs");
        seated.saturating_add(self.every)
    }

    /// Gives a job as many tasks as there is room for, if that pays; returns when to look again.
    fn grow(&self, desk: &mut Desk<'_, '_, '_>, id: JobId) -> Option<SimTime> {
        let job = desk.job(id);
        if self.settled(&job) > desk.view.now() {
            return Some(self.settled(&job));
        }
        let larger = desk.lay(id)?;
        let more = larger.seats.iter().map(|seat| seat.tasks).sum();
        let may = desk.is_within_limits(id, &larger.seats);
        if may && more > tasks(&job) && pays(&job, more) {
            reseat(desk, id, &larger);
        }
        None
    }

    /// Starts the first that waits in the room of jobs that shrink; nothing changes if there is not enough.
    fn make_room(&self, desk: &mut Desk<'_, '_, '_>) -> bool {
        let Some((head, _)) = desk.queue.first() else {
            return false;
        };
        let (now, mark) = (desk.view.now(), desk.plan.mark());
        let can = |job: &JobView<'_>| {
            let least: u32 = job.gang().roles().iter().map(|role| role.least).sum();
            tasks(job) > least && self.settled(job) <= now
        };
        for job in elastic(desk, can).into_iter().rev() {
            let smaller = least(&desk.job(job));
            if reseat(desk, job, &smaller)
                && let Some(placement) = desk.lay(head)
                && desk.is_within_limits(head, &placement.seats)
            {
                desk.start(head, &placement);
                return true;
            }
        }
        desk.plan.rollback(mark);
        false
    }
}

/// Running elastic jobs, the first started first, as the plan has left them.
fn elastic(desk: &Desk<'_, '_, '_>, of: impl Fn(&JobView<'_>) -> bool) -> Vec<JobId> {
    let running = desk.view.running();
    let elastic = running.filter(|job| job.gang().is_elastic());
    let chosen = elastic.filter(|job| of(job) && desk.plan.is_running(job.id()));
    chosen.map(|job| job.id()).collect()
}

/// Tasks it runs with.
fn tasks(job: &JobView<'_>) -> u32 {
    let seats = job.allocation().seats();
    seats.iter().map(|seat| seat.tasks).sum()
}

/// Whether it is done earlier on `more` tasks, the change of seats included.
fn pays(job: &JobView<'_>, more: u32) -> bool {
    let left = job.estimate().map(|all| all.saturating_sub(job.served()));
    let left = left
        .filter(|left| *left > Span::ZERO)
        .unwrap_or(job.served());
    let saved = u128::from(left.us()) * u128::from(more - tasks(job));
    saved > u128::from(job.checkpoint().reseat.us()) * u128::from(more)
}

/// The first seats of each role, as few as it can do with.
fn least(job: &JobView<'_>) -> Placement {
    let mut left: Vec<u32> = job.gang().roles().iter().map(|role| role.least).collect();
    let seats = job.allocation().seats().iter();
    let fewer = seats.map(|seat| {
        let left = &mut left[usize::from(seat.role)];
        let tasks = seat.tasks.min(*left);
        *left -= tasks;
        Seat::anywhere(seat.node, seat.role, tasks)
    });
    Placement {
        seats: fewer.filter(|seat| seat.tasks > 0).collect(),
    }
}

/// Changes the seats of a running job, unless it saves its state or lies on a node that will be gone.
fn reseat(desk: &mut Desk<'_, '_, '_>, job: JobId, placement: &Placement) -> bool {
    let mark = desk.plan.mark();
    let done = desk.plan.reseat(job, placement).is_ok();
    if !done {
        desk.plan.rollback(mark);
    }
    done
}
