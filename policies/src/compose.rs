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

mod desk;

pub(crate) use desk::lay_most;
pub use desk::{Desk, Sight};

use sim_core::engine::{
    Capacity, Change, Decision, JobDecision, Plan, Policy, Reason, View, Wakes,
};
use sim_core::units::{JobId, SimTime, Span};

use crate::admit::Admit;
use crate::buy::Buy;
use crate::keeping::{Keeper, Keeping, Shut, earlier};
use crate::order::Order;
use crate::place::{Place, Scales};
use crate::preempt::Preempt;
use crate::queue::{Key, Queue};
use crate::reclaims::Reclaims;
use crate::relocate::Relocate;
use crate::tenants::Tenants;

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
    turn: Turn,
}

/// What is known of a decision between its two halves.
#[derive(Clone, Debug, Default)]
struct Turn {
    /// Jobs that may lie nowhere now.
    aside: Vec<(JobId, Key)>,
    shut: Shut,
    wish: Option<SimTime>,
}

/// The parts that act in the cycle.
struct Parts<'d> {
    rules: &'d mut [Box<dyn Keeper>],
    admit: &'d mut dyn Admit,
    preempt: &'d mut dyn Preempt,
    relocate: &'d mut dyn Relocate,
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
        self.open(view, plan);
        self.close(view, plan);
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.copy())
    }
}

impl Composed {
    /// An exact copy.
    pub(crate) fn copy(&self) -> Self {
        Self {
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
        }
    }

    /// Puts a waiting job before all others, until its place is taken anew; false if it is not in the queue.
    pub(crate) fn promote(&mut self, job: JobId, view: &View<'_>) -> bool {
        let queue = &mut self.state.queue;
        let waits = queue.waits(job);
        if waits {
            let routes = queue.routes(job);
            queue.remove(job);
            let job = view.job(job).expect("queues hold live jobs");
            queue.insert_on(&job, Key::MIN, routes);
        }
        waits
    }

    /// Starts a waiting job if it fits.
    pub(crate) fn try_start(&mut self, job: JobId, view: &View<'_>, plan: &mut Plan<'_>) -> bool {
        self.desk(view, plan).0.try_start(job)
    }

    /// Whether a waiting job fits now; what is known of those that want the same is kept in `known`.
    pub(crate) fn fits(
        &mut self,
        job: JobId,
        (view, plan): (&View<'_>, &mut Plan<'_>),
        known: &mut Vec<Option<bool>>,
    ) -> bool {
        let Some(lane) = self.state.queue.lane_of(job) else {
            return false;
        };
        if known.len() <= lane {
            known.resize(lane + 1, None);
        }
        let lays = || self.desk(view, plan).0.lay(job).is_some();
        *known[lane].get_or_insert_with(lays)
    }

    /// The cycle up to where jobs start: steps 1 to 3, and what is kept withholds.
    pub(crate) fn open(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        self.take_in(view, plan.capacity());
        let aside = self.route(view, plan);
        let (mut desk, parts) = self.desk(view, plan);
        let (mut shut, mut wish) = (Vec::new(), None);
        for rule in parts.rules {
            wish = earlier(wish, rule.begin(&mut desk, &mut shut));
        }
        self.state.turn = Turn { aside, shut, wish };
    }

    /// The rest of the cycle.
    pub(crate) fn close(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        let Turn {
            aside,
            shut,
            mut wish,
        } = std::mem::take(&mut self.state.turn);
        let (mut desk, parts) = self.desk(view, plan);
        // Both are about jobs that wait.
        if !desk.queue.is_empty() {
            parts.admit.admit(&mut desk);
            if parts.preempt.relieve(&mut desk) {
                parts.admit.admit(&mut desk);
            }
        }
        let before = desk.plan.decisions().len();
        wish = earlier(wish, parts.relocate.relocate(&mut desk));
        let moved = desk.plan.decisions()[before..].iter().any(is_reseat);
        if moved && !desk.queue.is_empty() {
            parts.admit.admit(&mut desk);
        }
        if !desk.queue.is_empty() {
            wish = earlier(wish, parts.admit.wish(view));
        }
        for rule in parts.rules {
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

    /// What parts work with, and the parts that do.
    fn desk<'d, 'v, 'p>(
        &'d mut self,
        view: &'d View<'v>,
        plan: &'d mut Plan<'p>,
    ) -> (Desk<'d, 'v, 'p>, Parts<'d>) {
        let by_tenant = self.is_by_tenant();
        let (rules, pace) = self.keep.parts();
        let desk = Desk {
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
        let parts = Parts {
            rules,
            admit: &mut *self.admit,
            preempt: &mut *self.preempt,
            relocate: &mut *self.relocate,
        };
        (desk, parts)
    }

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

fn is_preempt(decision: &Decision) -> bool {
    matches!(decision, Decision::Job(JobDecision::Preempt(_)))
}

fn is_reseat(decision: &Decision) -> bool {
    matches!(decision, Decision::Job(JobDecision::Reseat(..)))
}

fn is_start(decision: &Decision) -> bool {
    matches!(decision, Decision::Job(JobDecision::Start(..)))
}
