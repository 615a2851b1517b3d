//! Multi-level feedback queues: jobs sink from queue to queue as they are served, and those of a higher queue take the place of
//! those of a lower one. Within a queue who runs goes on running, and who waits goes by turn, or by Gittins index.
//!
//! A job is asked for no estimate: what it was served so far says how long it will take. Each sinks at the moment at which it
//! has been served as much as its queue allows; one that then waited long for what it worked and kept rises to the first queue
//! again, as if it were new. Ranks by Gittins index are taken at each event, and change in between unnoticed.

use sim_core::engine::{Plan, Policy, Reason, View, Wakes};
use sim_core::units::{JobId, SimTime};

use super::account::Rules;
use super::queues::Queues;
use crate::place::Place;
use crate::repack::{Line, repack};

/// Multi-level feedback queues.
pub struct Mlfq {
    rules: Rules,
    place: Box<dyn Place>,
    queues: Queues,
    /// When a job changes its queue next, for all that is known.
    due: Option<SimTime>,
    last: Look,
}

/// What was done at a look at the queues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// When; none before the first.
    pub at: Option<SimTime>,
    /// Jobs that rose to the first queue.
    pub promoted: Vec<JobId>,
}

impl Mlfq {
    /// With empty queues.
    pub fn new(rules: Rules, place: Box<dyn Place>) -> Self {
        Self {
            queues: Queues::new(&rules),
            rules,
            place,
            due: None,
            last: Look::default(),
        }
    }

    /// The last look at the queues: not every time that it is asked is there reason for one.
    pub fn last_look(&self) -> &Look {
        &self.last
    }
}

impl Policy for Mlfq {
    fn name(&self) -> &'static str {
        "mlfq"
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::ARRIVAL | Wakes::END | Wakes::NODE | Wakes::WAKE
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        plan.hold_others(Reason::Unplaced);
        // What it was to be woken for may have come to nothing since.
        let is_due = self.due.is_some_and(|due| view.now() >= due);
        let mut changes = view.changes().iter();
        if !is_due && !changes.any(|change| self.queues.is_news(change)) {
            return;
        }
        self.queues.take_in(view);
        self.last = Look {
            at: Some(view.now()),
            promoted: self.queues.shift(view, &self.rules),
        };
        self.queues.rank(view, &self.rules);
        let order = self.queues.order();
        repack(&order, Line::Skip, &mut *self.place, view, plan);
        let due = self.queues.settle(view, plan, &self.rules);
        if let Some(at) = due.filter(|at| self.due != Some(*at)) {
            plan.wake_at(at).expect("it lies in the future");
        }
        self.due = due;
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(Self {
            rules: self.rules.clone(),
            place: self.place.fork(),
            queues: self.queues.clone(),
            due: self.due,
            last: self.last.clone(),
        })
    }
}
