//! The composed policy: an order, an admission rule, a placement, a preemption rule and a buyer, each one method.
//!
//! The cycle, as in the Kubernetes scheduling framework: 1. the queue takes in what changed; 2. jobs whose rank moves with
//! time are ranked anew; 3. the buyer says where each may lie, and who may lie nowhere steps aside; 4. what is kept withholds
//! jobs and closes nodes; 5. the admission rule starts what it will; 6. the preemption rule makes room for what still waits;
//! 7. running jobs move elsewhere, and whoever waits for what they leave starts; 8. what is kept gives back, and changes the
//! seats of elastic jobs; 9. the buyer adjusts the fleet; 10. the clock is set for whoever wants to be woken.
//!
//! A job that steps aside is not in the line while that lasts, under any admission rule: it wants nothing yet, so that
//! whoever is behind it takes nothing from it, and a strict line does not stop for it. It is back in its place at the next
//! decision at which it may lie somewhere.

use sim_core::engine::{
    Capacity, Change, Decision, JobDecision, JobView, Plan, Policy, Reason, View, Wakes,
};
use sim_core::model::{Gang, ModelSet, OfferingSet, Placement, Role, Seat, Seats};
use sim_core::units::{JobId, SimTime, Span};

use crate::admit::Admit;
use crate::buy::Buy;
use crate::keeping::{Keeping, Pace, earlier};
use crate::order::Order;
use crate::place::{Place, Scales};
use crate::preempt::Preempt;
use crate::queue::{Key, Queue};
use crate::reclaims::Reclaims;
use crate::relocate::Relocate;
use crate::tenants::{Held, Tenants};

/// A policy made of parts.
pub struct Composed {
    /// Its name.
    pub name: String,
    /// Who goes first.
    pub order: Box<dyn Order>,
    /// Who may start.
    pub admit: Box<dyn Admit>,
    /// Where.
    pub place: Box<dyn Place>,
    /// Who makes room.
    pub preempt: Box<dyn Preempt>,
    /// What to hold, and which of it is for whom.
    pub buy: Box<dyn Buy>,
    /// Who moves while it runs.
    pub relocate: Box<dyn Relocate>,
    /// What is kept beside: by default nothing.
    pub keep: Keeping,
    /// The waiting jobs; empty at the start.
    pub state: Standing,
}

/// What a composed policy remembers between decisions.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    queue: Queue,
    ranked: SimTime,
    woken: SimTime,
    /// Kept only where a part asks for it.
    reclaims: Reclaims,
    /// Kept only where a part asks for it.
    tenants: Tenants,
    /// No job waits once the last plan is done.
    nobody_waits: bool,
    /// Where it is told what the placement makes of the nodes, if anybody listens.
    scales: Option<Scales>,
}

impl Standing {
    /// Nothing yet; what the placement makes of the nodes for each job that starts is told.
    pub fn weighing(scales: Option<Scales>) -> Self {
        Self {
            scales,
            ..Self::default()
        }
    }
}

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
    tenants: Option<&'d mut Tenants>,
    place: &'d mut dyn Place,
    scales: Option<&'d Scales>,
    pace: Option<&'d mut Pace>,
    /// Who says where a job may lie; nobody, once the buyer itself is asked.
    router: Option<&'d dyn Buy>,
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

impl Policy for Composed {
    fn name(&self) -> &str {
        &self.name
    }

    fn wakes_on(&self) -> Wakes {
        let parts = self.buy.wakes_on() | self.relocate.wakes_on() | self.keep.wakes_on();
        let always = Wakes::ARRIVAL | Wakes::NODE | Wakes::WAKE | self.admit.wakes_on() | parts;
        // Where nobody waits, an end leads to nothing; half of all instants are that.
        if self.state.nobody_waits {
            always
        } else {
            always | Wakes::END
        }
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        self.take_in(view, plan.capacity());
        let aside = self.route(view, plan);
        let by_tenant = self.is_by_tenant();
        let (rules, pace) = self.keep.parts();
        let mut desk = Desk {
            view,
            plan,
            queue: &mut self.state.queue,
            order: &*self.order,
            reclaims: &self.state.reclaims,
            tenants: by_tenant.then_some(&mut self.state.tenants),
            place: &mut *self.place,
            scales: self.state.scales.as_ref(),
            pace,
            router: self.buy.is_router().then_some(&*self.buy),
        };
        let (mut shut, mut wish) = (Vec::new(), None);
        for rule in rules.iter_mut() {
            wish = earlier(wish, rule.begin(&mut desk, &mut shut));
        }
        // Both are about jobs that wait.
        if !desk.queue.is_empty() {
            self.admit.admit(&mut desk);
            if self.preempt.relieve(&mut desk) {
                self.admit.admit(&mut desk);
            }
        }
        let before = desk.plan.decisions().len();
        wish = earlier(wish, self.relocate.relocate(&mut desk));
        let moved = desk.plan.decisions()[before..].iter().any(is_reseat);
        if moved && !desk.queue.is_empty() {
            self.admit.admit(&mut desk);
        }
        if !desk.queue.is_empty() {
            wish = earlier(wish, self.admit.wish(view));
        }
        for rule in rules {
            wish = earlier(wish, rule.finish(&mut desk));
        }
        // Where something is shut the buyer sees a world in which no more of it is to be had.
        let bought = self.adjust(&view.shutting(&shut), plan, aside);
        let wish = earlier(bought, self.keep.heeds(wish, view));
        if let Some(pace) = self.keep.pace() {
            pace.seal(plan.decisions());
        }
        self.set_clock(view, plan, wish);
        self.state.nobody_waits =
            self.state.queue.is_empty() && !plan.decisions().iter().any(is_preempt);
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(Self {
            name: self.name.clone(),
            order: self.order.fork(),
            admit: self.admit.fork(),
            place: self.place.fork(),
            preempt: self.preempt.fork(),
            buy: self.buy.fork(),
            relocate: self.relocate.fork(),
            keep: self.keep.fork(),
            // Whoever listens hears one run.
            state: Standing {
                scales: None,
                ..self.state.clone()
            },
        })
    }
}

impl Composed {
    /// Brings the queue up to date.
    fn take_in(&mut self, view: &View<'_>, capacity: &Capacity) {
        let (watches, by_tenant) = (self.watches_reclaims(), self.is_by_tenant());
        if by_tenant {
            self.state.tenants.meet(view);
        }
        self.place.note(view);
        let queue = &mut self.state.queue;
        for change in view.changes() {
            match change {
                Change::Arrived(job) | Change::Requeued(job) => {
                    queue.remove(*job);
                    if let Some(job) = view.job(*job).filter(|job| !job.is_running()) {
                        queue.insert(&job, self.order.key(&job, view));
                    }
                }
                Change::Started(job) | Change::Ended(job) => queue.remove(*job),
                Change::Node(node) if watches => self.state.reclaims.note(*node, view),
                Change::Reseated(_)
                | Change::Node(_)
                | Change::Price(_)
                | Change::Availability(_)
                | Change::Waiting(_)
                | Change::Woken => {}
            }
            if by_tenant {
                self.state.tenants.note(change, view);
            }
            self.admit.note(change, view);
            if let Some(pace) = self.keep.pace() {
                pace.note(change, view, capacity);
            }
        }
        let due = self
            .order
            .rerank()
            .is_some_and(|every| view.now() >= self.state.ranked.saturating_add(every));
        if due {
            self.state.ranked = view.now();
            for job in queue.drain() {
                let job = view.job(job).expect("queues hold live jobs");
                queue.insert(&job, self.order.key(&job, view));
            }
        }
    }

    fn is_by_tenant(&self) -> bool {
        self.admit.is_by_tenant() || self.preempt.is_by_tenant()
    }

    fn watches_reclaims(&self) -> bool {
        self.buy.is_router() || self.relocate.watches_reclaims()
    }

    /// Puts each waiting job into the lane of where it may lie now; takes out and returns those that may lie nowhere.
    fn route(&mut self, view: &View<'_>, plan: &mut Plan<'_>) -> Vec<(JobId, Key)> {
        let mut aside = Vec::new();
        if !self.buy.is_router() {
            return aside;
        }
        let (queue, reclaims) = (&mut self.state.queue, &self.state.reclaims);
        for (id, key) in queue.entries() {
            let job = view.job(id).expect("queues hold live jobs");
            let routes = self.buy.routes(&job, &Sight { view, reclaims });
            if routes == queue.routes(id) {
                continue;
            }
            queue.remove(id);
            if routes.is_empty() {
                // Only its price cap keeps a job from everything that could hold it.
                plan.hold(id, Reason::PriceCap);
                aside.push((id, key));
            } else {
                queue.insert_on(&job, key, routes);
            }
        }
        aside
    }

    /// Lets the buyer adjust the fleet, and whoever stepped aside back into the line; returns when the buyer wants to look
    /// again.
    fn adjust(
        &mut self,
        view: &View<'_>,
        plan: &mut Plan<'_>,
        aside: Vec<(JobId, Key)>,
    ) -> Option<SimTime> {
        let mut desk = Desk {
            view,
            plan,
            queue: &mut self.state.queue,
            order: &*self.order,
            reclaims: &self.state.reclaims,
            tenants: None,
            place: &mut *self.place,
            scales: self.state.scales.as_ref(),
            pace: self.keep.pace(),
            router: None,
        };
        let wish = self.buy.buy(&mut desk);
        if self.watches_reclaims() {
            self.state.reclaims.note_plan(plan, view);
        }
        for (job, key) in aside {
            let job = view.job(job).expect("it waited when it stepped aside");
            self.state.queue.insert(&job, key);
        }
        wish
    }

    /// Asks to be woken at the earliest moment that a part wishes, once.
    fn set_clock(&mut self, view: &View<'_>, plan: &mut Plan<'_>, wish: Option<SimTime>) {
        // Where nothing runs, nobody's rank moves: no turn is over, and the clock alone changes nothing.
        let anyone_runs = view.running_len() > 0 || plan.decisions().iter().any(is_start);
        let quantum = self
            .preempt
            .quantum(&*self.order)
            .filter(|_| anyone_runs && !self.state.queue.is_empty());
        let tick = quantum.map(|every| {
            (view.now().saturating_add(Span::from_us(1).expect("short"))).round_up(every)
        });
        let at = match (tick, wish) {
            (Some(tick), Some(wish)) => Some(tick.min(wish)),
            (tick, wish) => tick.or(wish),
        };
        let pending = self.state.woken > view.now();
        if let Some(at) = at.filter(|at| *at > view.now() && (!pending || *at < self.state.woken)) {
            self.state.woken = at;
            plan.wake_at(at).expect("a moment in the future");
        }
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

fn is_preempt(decision: &Decision) -> bool {
    matches!(decision, Decision::Job(JobDecision::Preempt(_)))
}

fn is_reseat(decision: &Decision) -> bool {
    matches!(decision, Decision::Job(JobDecision::Reseat(..)))
}

fn is_start(decision: &Decision) -> bool {
    matches!(decision, Decision::Job(JobDecision::Start(..)))
}
