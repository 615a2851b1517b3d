//! The head `order`: which of the waiting jobs is next.
//!
//! Rows are the first jobs of the line, in the order of a heuristic. With `choose = "next"` the chosen one is next: it starts,
//! or holds whatever reservation the admission rule gives the head of a queue until it does, while the rule fills holes with
//! others (`RLScheduler`, Zhang et al., SC 2020). A row is masked if the job could never run. With `choose = "start"` it starts
//! at once or not at all, and the last row is to wait: a row is masked unless its job fits now.
//!
//! Nothing is asked while no GPU is free: the choice is made when it can matter.

use sim_core::engine::{Capacity, Change, JobView, Plan, Policy, Reason, View, Wakes};
use sim_core::units::{JobId, SimTime, Span, convert};

use super::gauges::{GAUGES, Gauges};
use super::line::{Line, ROW, WAIT};
use super::process::{Head, Process};
use super::question::{Question, Widths};
use crate::admit::Admit;
use crate::compose::{Composed, Desk};
use crate::order::Order as Ranks;
use crate::place::empty_room;
use crate::queue::Key;

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chooses {
    /// The next one in line.
    Next,
    /// One that starts now, or none.
    Start,
}

/// The head, with its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Jobs that an agent may choose from.
    pub window: u32,
    /// What an answer means.
    pub chooses: Chooses,
}

impl Head for Order {
    fn lead(&self, composed: Composed) -> Box<dyn Process> {
        Box::new(Ordering::new(composed, self.chooses, self.window))
    }

    fn heuristic(&self, composed: Composed) -> Box<dyn Policy + Send> {
        Box::new(composed)
    }
}

/// Asks which of the waiting jobs is next.
struct Ordering {
    composed: Composed,
    chooses: Chooses,
    window: usize,
    line: Line,
    gauges: Gauges,
    /// Who is next until it starts.
    chosen: Option<JobId>,
    /// The rows of the last question.
    rows: Vec<JobId>,
    /// By lane of the queue: whether it fits now, as far as that was asked.
    known: Vec<Option<bool>>,
    /// Whether the choice is to wait.
    waits: bool,
    ranked: SimTime,
}

/// Nobody starts but who was chosen.
struct Nobody;

impl Admit for Nobody {
    fn admit(&mut self, desk: &mut Desk<'_, '_, '_>) {
        desk.plan.hold_others(Reason::BehindHead);
    }

    fn fork(&self) -> Box<dyn Admit> {
        Box::new(Self)
    }
}

/// An order, with room before it.
struct After(Box<dyn Ranks>);

impl Ranks for After {
    fn key(&self, job: &JobView<'_>, view: &View<'_>) -> Key {
        self.0.key(job, view).saturating_add(1)
    }

    fn rerank(&self) -> Option<Span> {
        self.0.rerank()
    }

    fn quantum(&self) -> Option<Span> {
        self.0.quantum()
    }

    fn fork(&self) -> Box<dyn Ranks> {
        Box::new(Self(self.0.fork()))
    }
}

impl Ordering {
    /// Asks within a composed policy, whose order is the heuristic, about so many jobs at most.
    fn new(mut composed: Composed, chooses: Chooses, window: u32) -> Self {
        let order: Box<dyn Ranks> = Box::new(After(composed.order.fork()));
        composed.order = order;
        if chooses == Chooses::Start {
            composed.admit = Box::new(Nobody);
        }
        Self {
            composed,
            chooses,
            window: convert::index(window),
            line: Line::default(),
            gauges: Gauges::default(),
            chosen: None,
            rows: Vec::new(),
            known: Vec::new(),
            waits: false,
            ranked: SimTime::ZERO,
        }
    }

    fn take_in(&mut self, view: &View<'_>, capacity: &Capacity) {
        self.gauges.note(view);
        for change in view.changes() {
            match change {
                Change::Arrived(id) | Change::Requeued(id) => {
                    self.line.remove(*id);
                    if let Some(job) = view.job(*id).filter(|job| !job.is_running()) {
                        let key = self.composed.order.key(&job, view);
                        let could_run = could_run(view, capacity, &job);
                        self.line
                            .insert(&job, (key, could_run), self.gauges.fleet());
                    }
                }
                Change::Started(id) | Change::Ended(id) => self.line.remove(*id),
                Change::Reseated(_)
                | Change::Node(_)
                | Change::Price(_)
                | Change::Availability(_)
                | Change::Waiting(_)
                | Change::Woken => {}
            }
        }
        let every = self.composed.order.rerank();
        if every.is_some_and(|every| view.now() >= self.ranked.saturating_add(every)) {
            self.ranked = view.now();
            self.line.rerank(&*self.composed.order, view);
        }
    }

    fn show(&mut self, view: &View<'_>, plan: &mut Plan<'_>, question: &mut Question) {
        let gauged = (view, plan.capacity());
        let line = Some(&self.line);
        self.gauges.show(gauged, line, &mut question.context);
        self.rows.clear();
        self.rows.extend(self.line.first(self.window));
        self.known.clear();
        let free = free_gpus(plan.capacity());
        for id in &self.rows {
            let own = self.line.stands(*id);
            let (fits, legal) = match self.chooses {
                Chooses::Next => (own.gpus <= free, own.could_run),
                Chooses::Start => {
                    let fits = self.composed.fits(*id, (view, plan), &mut self.known);
                    (fits, fits)
                }
            };
            question.rows.extend(own.row(view.now(), fits));
            question.legal.push(legal);
        }
        if self.chooses == Chooses::Start {
            question.rows.extend(WAIT);
            question.legal.push(true);
        }
    }
}

impl Process for Ordering {
    fn name(&self) -> &str {
        self.composed.name()
    }

    fn widths(&self) -> Widths {
        Widths {
            context: GAUGES,
            row: ROW,
            rows: self.window + usize::from(self.chooses == Chooses::Start),
        }
    }

    fn wakes_on(&self) -> Wakes {
        self.composed.wakes_on()
    }

    fn open(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        self.take_in(view, plan.capacity());
        self.composed.open(view, plan);
        self.waits = false;
        self.chosen = self.chosen.filter(|id| {
            let waits = view.job(*id).is_some_and(|job| !job.is_running());
            waits && self.composed.promote(*id, view)
        });
    }

    fn ask(&mut self, view: &View<'_>, plan: &mut Plan<'_>, question: &mut Question) -> bool {
        loop {
            if let Some(head) = self.chosen {
                if !self.composed.try_start(head, view, plan) {
                    return false;
                }
                self.line.remove(head);
                self.chosen = None;
            }
            if self.waits || self.line.len() == 0 || !anything_free(plan.capacity()) {
                return false;
            }
            question.clear();
            self.show(view, plan, question);
            let choices = question.legal.iter().filter(|legal| **legal).count();
            if choices > 1 {
                return true;
            }
            let only = question.legal.iter().position(|legal| *legal);
            match only.and_then(|row| self.rows.get(row).copied()) {
                Some(job) => self.choose(job, view),
                None => return false,
            }
        }
    }

    fn settle(&mut self, row: usize, view: &View<'_>, _plan: &mut Plan<'_>) {
        match self.rows.get(row).copied() {
            Some(job) => self.choose(job, view),
            None => self.waits = true,
        }
    }

    fn close(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        self.composed.close(view, plan);
    }

    fn advice(&self) -> usize {
        0
    }

    fn fork(&self) -> Box<dyn Process> {
        Box::new(Self {
            composed: self.composed.copy(),
            line: self.line.clone(),
            gauges: self.gauges.clone(),
            rows: self.rows.clone(),
            known: Vec::new(),
            ..*self
        })
    }
}

impl Ordering {
    fn choose(&mut self, job: JobId, view: &View<'_>) {
        self.chosen = self.composed.promote(job, view).then_some(job);
    }
}

/// Whether a gang has room on the fleet if nobody else is there.
fn could_run(view: &View<'_>, capacity: &Capacity, job: &JobView<'_>) -> bool {
    job.gang().roles().iter().all(|role| {
        let rooms = view.offerings().map(|(offering, own)| {
            let allowed = capacity.allows(offering, job.models(), &role.demand);
            let each = empty_room(capacity, role, offering);
            if allowed {
                own.max.saturating_mul(each)
            } else {
                0
            }
        });
        rooms.fold(0, u32::saturating_add) >= role.least
    })
}

/// GPUs that are free.
fn free_gpus(capacity: &Capacity) -> u32 {
    let free = capacity.offerings().map(|own| capacity.free_gpus(own));
    free.sum()
}

fn anything_free(capacity: &Capacity) -> bool {
    let shared = |offering| capacity.nodes_sharing(offering).next().is_some();
    free_gpus(capacity) > 0 || capacity.offerings().any(shared)
}
