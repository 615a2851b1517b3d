//! What a part of a composed policy works with at an instant.

use sim_core::engine::{Capacity, JobView, Plan, View};
use sim_core::model::{Gang, ModelSet, OfferingSet, Placement, Role, Seat, Seats};
use sim_core::units::JobId;

use crate::buy::Buy;
use crate::keeping::Pace;
use crate::order::Order;
use crate::place::{Place, Scales};
use crate::queue::{Key, Queue};
use crate::reclaims::Reclaims;
use crate::tenants::{Held, Tenants};

/// What a part works with at an instant: the world, the plan, the queue and the placement.
pub struct Desk<'d, 'v, 'p> {
    /// The world.
    pub view: &'d View<'v>,
    /// The plan so far.
    pub plan: &'d mut Plan<'p>,
    /// The waiting jobs.
    pub queue: &'d mut Queue,
    /// Who goes first.
    pub order: &'d dyn Order,
    /// Reclaims seen so far, where a part asks for them.
    pub reclaims: &'d Reclaims,
    pub(super) tenants: Option<&'d mut Tenants>,
    pub(super) place: &'d mut dyn Place,
    pub(super) scales: Option<&'d Scales>,
    pub(super) pace: Option<&'d mut Pace>,
    /// Who says where a job may lie; nobody, once the buyer itself is asked.
    pub(super) router: Option<&'d dyn Buy>,
}

/// What a buyer routes by.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'s, 'v> {
    /// The world.
    pub view: &'s View<'v>,
    /// Reclaims seen so far.
    pub reclaims: &'s Reclaims,
}

impl<'v> Desk<'_, 'v, '_> {
    /// A waiting or running job. Panics on one that has ended, which no queue holds.
    pub fn job(&self, job: JobId) -> JobView<'v> {
        self.view.job(job).expect("queues hold live jobs")
    }

    /// Where the job would lie, if it fits: an elastic role with as many tasks as do.
    pub fn lay(&mut self, job: JobId) -> Option<Placement> {
        let offerings = if self.plan.is_running(job) {
            self.routes(&self.job(job))
        } else {
            self.queue.routes(job)
        };
        self.lay_on(job, offerings)
    }

    /// Where a waiting or running job would lie on these offerings, if it fits.
    pub fn lay_on(&mut self, job: JobId, offerings: OfferingSet) -> Option<Placement> {
        let place = &mut *self.place;
        self.plan.lay(job, &mut |capacity, role, models| {
            lay_most(place, capacity, (&role.within(offerings), models))
        })
    }

    /// What a waiting job needs at once, on the offerings on which it may lie.
    pub fn gang(&self, job: JobId) -> Gang {
        self.job(job).gang().within(self.queue.routes(job))
    }

    /// What a buyer routes by.
    pub fn sight(&self) -> Sight<'_, 'v> {
        Sight {
            view: self.view,
            reclaims: self.reclaims,
        }
    }

    /// What tenants hold, this plan included. Panics unless a part says that it asks for it.
    pub fn tenants(&self) -> &Tenants {
        self.tenants.as_deref().expect("a part said so")
    }

    /// Where a job that does not wait may lie.
    pub fn routes(&self, job: &JobView<'_>) -> OfferingSet {
        let router = self.router;
        router.map_or(OfferingSet::ANY, |router| router.routes(job, &self.sight()))
    }

    /// Whether whose job it is may hold these seats, and all above it; they may where nobody asks for tenants.
    pub fn is_within_limits(&self, job: JobId, seats: &[Seat]) -> bool {
        self.tenants.as_deref().is_none_or(|tenants| {
            let job = self.job(job);
            let before = tenants.held_by(job.id()).map(|(_, held)| held);
            let more = Held::of(job.gang(), seats).beyond(before.unwrap_or_default());
            tenants.may_hold(job.queue(), more)
        })
    }

    /// Interrupts a running job, which is not in the queue before [`Desk::requeue`]; false if its service cannot spare it, and
    /// it runs on.
    pub fn preempt(&mut self, job: JobId) -> bool {
        if !self.plan.can_spare(job) {
            return false;
        }
        self.plan
            .preempt(job)
            .expect("it runs, and this plan has not touched it");
        if let Some(tenants) = &mut self.tenants {
            tenants.stop(job);
        }
        true
    }

    /// Takes back what [`Desk::preempt`] told of a job, once the plan has been rolled back to before.
    pub fn runs_on(&mut self, job: JobId) {
        let job = self.job(job);
        if let Some(tenants) = &mut self.tenants {
            tenants.start(&job, job.allocation().seats());
        }
    }

    /// Puts a job back into the queue that this plan interrupted.
    pub fn requeue(&mut self, job: JobId) {
        let job = self.job(job);
        let (rank, routes) = (self.key(&job), self.routes(&job));
        self.queue.insert_on(&job, rank, routes);
    }

    /// Where it would lie if this were free; for a gang of one role.
    pub fn place(&mut self) -> &mut dyn Place {
        self.place
    }

    /// Starts a waiting job there, and takes it out of the queue.
    pub fn start(&mut self, job: JobId, placement: &Placement) {
        if let Some(pace) = &self.pace {
            let (waits, capacity) = (self.job(job), self.plan.capacity());
            let every = pace.stretch((&waits, placement), self.view, capacity);
            if let Some(every) = every.filter(|every| waits.paced() != Some(*every)) {
                self.plan.pace(job, every).expect("it waits");
            }
        }
        if let Some(scales) = self.scales {
            let (starts, on) = (self.job(job), self.queue.routes(job));
            let at = (self.view.now(), self.plan.capacity());
            scales.weigh((&starts, on), at, placement, &mut *self.place);
        }
        self.plan
            .start(job, placement)
            .expect("a placement that was laid out on this plan");
        if self.tenants.is_some() {
            let job = self.job(job);
            if let Some(tenants) = &mut self.tenants {
                tenants.start(&job, &placement.seats);
            }
        }
        self.place.seated(job, placement, self.view);
        self.queue.remove(job);
    }

    /// Starts a waiting job if it fits; says why not.
    pub fn try_start(&mut self, job: JobId) -> bool {
        if let Some(placement) = self.lay(job) {
            self.start(job, &placement);
            return true;
        }
        self.hold_unplaced(job);
        false
    }

    /// The rank of a job now.
    pub fn key(&self, job: &JobView<'_>) -> Key {
        self.order.key(job, self.view)
    }
}

/// Lays a role with all its tasks, or with the most that fit and that it can do with.
pub(crate) fn lay_most(
    place: &mut dyn Place,
    capacity: &Capacity,
    (role, models): (&Role, ModelSet),
) -> Option<Seats> {
    let whole = place.lay(capacity, role, models);
    if whole.is_some() || role.least == role.tasks {
        return whole;
    }
    let mut lay = |tasks| place.lay(capacity, &Role { tasks, ..*role }, models);
    let (mut best, mut most) = (lay(role.least)?, role.least);
    let mut too_many = role.tasks;
    while most + 1 < too_many {
        let tasks = most.midpoint(too_many);
        match lay(tasks) {
            Some(seats) => (best, most) = (seats, tasks),
            None => too_many = tasks,
        }
    }
    Some(best)
}
