//! A rule: where a job should be, given where it stands.

use sim_core::engine::View;
use sim_core::units::{JobId, OfferingId, SimTime, Span};

/// Where a job is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum On {
    /// Nowhere: it waits.
    #[default]
    Idle,
    /// On machines that may be taken away.
    Spot,
    /// On machines that stay.
    OnDemand,
}

/// Where a job should be, and when to ask again if nothing happens before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want {
    /// Where.
    pub on: On,
    /// When to ask again.
    pub again: Option<SimTime>,
}

/// A job as a rule sees it.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The world.
    pub view: &'a View<'a>,
    /// The job.
    pub job: JobId,
    /// When it was submitted.
    pub arrival: SimTime,
    /// When it should be done.
    pub deadline: SimTime,
    /// All its work, as estimated: C0.
    pub work: Span,
    /// Work done and kept so far.
    pub done: Span,
    /// What a start costs before it works: d.
    pub changeover: Span,
    /// Where it is.
    pub on: On,
    /// Where it was when it was last looked after: differs if its machine was taken away since.
    pub last: On,
    /// When the latest start works, or worked.
    pub works: SimTime,
    /// The spot offering it is on or could be on now.
    pub spot: Option<OfferingId>,
    /// The cheapest spot offering, and the cheapest on demand, that could ever hold it.
    pub markets: [Option<OfferingId>; 2],
    /// Nodes of its gang on that spot offering, or else on the cheapest.
    pub nodes: u32,
    /// Length of a tick, where time goes in ticks.
    pub tick: Option<Span>,
}

/// Decides where a job should be.
pub trait Rule: Send {
    /// Name of the policy.
    fn name(&self) -> &'static str;
    /// Where the job should be now.
    fn want(&mut self, job: &Situation<'_>) -> Want;
    /// The job has ended.
    fn forget(&mut self, _job: JobId) {}
    /// An exact copy.
    fn fork(&self) -> Box<dyn Rule>;
}

impl Want {
    /// There, for good or until something happens.
    pub const fn be(on: On) -> Self {
        Self { on, again: None }
    }

    /// There, until `again`.
    pub const fn until(on: On, again: SimTime) -> Self {
        Self {
            on,
            again: Some(again),
        }
    }
}

impl Situation<'_> {
    /// The instant.
    pub fn now(&self) -> SimTime {
        self.view.now()
    }

    /// Work left: C(t).
    pub fn left(&self) -> Span {
        self.work.saturating_sub(self.done)
    }

    /// Time left: R(t), zero once it is late.
    pub fn time_left(&self) -> Span {
        self.deadline.since(self.now().min(self.deadline))
    }

    /// Time since it was submitted: t.
    pub fn elapsed(&self) -> Span {
        self.now().since(self.arrival)
    }

    /// Time from its submission to its deadline: R0.
    pub fn allowed(&self) -> Span {
        self.deadline.since(self.arrival.min(self.deadline))
    }

    /// What is still missing of the changeover of the running start.
    pub fn setting_up(&self) -> Span {
        self.works.since(self.now().min(self.works))
    }

    /// Whether it has done at least its even share of the work at `ahead` from now: cp(t) >= ep(t + ahead), where
    /// ep(t) = C0 t / R0. Exact.
    pub fn keeps_pace(&self, ahead: Span) -> bool {
        let at = u128::from(self.elapsed().us()) + u128::from(ahead.us());
        wide(self.done) * wide(self.allowed()) >= wide(self.work) * at
    }
}

/// Microseconds, wide enough for products.
pub(super) fn wide(span: Span) -> u128 {
    span.us().into()
}

/// An instant so many microseconds after another, held at the last one.
pub(super) fn after(instant: SimTime, us: u128) -> SimTime {
    let span = u64::try_from(us).ok().and_then(Span::from_us);
    instant.saturating_add(span.unwrap_or(Span::MAX))
}
