//! The view: all that a policy may see, and nothing it may not.

mod goodput;
mod service;
mod speed;

pub use goodput::Training;
pub use service::{ReplicaView, ServiceView};

use super::jobs::{Live, Standing};
use super::state::{Change, NodePhase, State, Supply, World};
use crate::course::{Change as CourseChange, Course, Telemetry};
use crate::model::{
    Allocation, Appetite, Checkpoint, Gang, Job, Market, ModelSet, Profile, Queue, Shape,
};
use crate::units::{JobId, Money, NodeId, OfferingId, Price, QueueId, SimTime, Span};
use crate::world::Calendar;

/// What a policy may know beyond what a real scheduler sees. Declared by the scenario, printed in every table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent yes-or-no questions"
)]
pub struct Grants {
    /// True durations of jobs.
    pub durations: bool,
    /// Prices to come.
    pub prices: bool,
    /// Availability to come.
    pub reclaims: bool,
    /// Arrivals to come.
    pub arrivals: bool,
}

/// Proof that true durations were granted; only a view gives one.
#[derive(Clone, Copy, Debug)]
pub struct Durations(());

/// Proof that prices to come were granted; only a view gives one.
#[derive(Clone, Copy, Debug)]
pub struct Prices(());

/// Proof that the availability to come was granted; only a view gives one.
#[derive(Clone, Copy, Debug)]
pub struct Reclaims(());

/// Proof that arrivals to come were granted; only a view gives one.
#[derive(Clone, Copy, Debug)]
pub struct ArrivalsToCome(());

/// The world as a policy sees it at the instant it is asked. What is free is asked of the plan, which knows what has been
/// decided so far.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub(crate) state: &'a State,
    pub(crate) grants: Grants,
    pub(crate) more_arrivals: bool,
    /// All jobs of the run, if they are known at once and that is granted.
    pub(crate) cast: Option<&'a [Job]>,
    /// By offering: whether nothing more is to be had of it, for all that whoever looks shall know. Empty: of none.
    pub(crate) shut: &'a [bool],
}

/// A live job as a policy sees it.
#[derive(Clone, Copy, Debug)]
pub struct JobView<'a> {
    live: &'a Live,
    state: &'a State,
}

/// A node slot as a policy sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeView {
    /// The slot.
    pub id: NodeId,
    /// Machines that were in the slot before: with the slot it names a machine.
    pub launch: u32,
    /// Where it stands.
    pub phase: NodePhase,
    /// Seats of running jobs on it.
    pub seats: u32,
}

/// An offering as a policy sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfferingView<'a> {
    /// Its name.
    pub name: &'a str,
    /// How it is paid for.
    pub market: Market,
    /// What each node has.
    pub shape: Shape,
    /// The slices into which its GPUs are partitioned as tasks ask for them; none where they are not.
    pub profiles: &'a [Profile],
    /// Machines held: booting, ready, draining or noticed.
    pub held: u32,
    /// Those among them that are draining or noticed.
    pub leaving: u32,
    /// Fewest machines to keep.
    pub min: u32,
    /// Most machines to hold, as its quotas could ever leave.
    pub max: u32,
    /// Time from a grant to a node that is ready.
    pub boot: Span,
    /// Price of a node now.
    pub price: Price,
    /// Machines the provider has now; where that is not to be seen, as many as may be held.
    pub available: u32,
    /// Whether that is to be seen.
    pub visible: bool,
}

impl<'a> View<'a> {
    /// The instant.
    pub fn now(&self) -> SimTime {
        self.state.now
    }

    /// Tenants' queues, by id; none where the scenario names none, and then all jobs are of queue 0.
    pub fn queues(&self) -> &'a [Queue] {
        &self.state.world.queues
    }

    /// Names of the GPU models, by id.
    pub fn models(&self) -> &'a [String] {
        &self.state.world.models
    }

    /// Time of day and week.
    pub fn calendar(&self) -> &'a Calendar {
        &self.state.world.calendar
    }

    /// What happened since the policy was last asked, in order, its own decisions included.
    pub fn changes(&self) -> &'a [Change] {
        &self.state.changes
    }

    /// A job, unless it has ended.
    pub fn job(&self, id: JobId) -> Option<JobView<'a>> {
        let live = self.state.jobs.get(id)?;
        Some(JobView {
            live,
            state: self.state,
        })
    }

    /// Jobs that wait, in the order in which they joined the queue.
    pub fn pending(&self) -> impl Iterator<Item = JobView<'a>> + use<'a> {
        self.standing(Standing::Pending)
    }

    /// Jobs that run, in the order in which they were started.
    pub fn running(&self) -> impl Iterator<Item = JobView<'a>> + use<'a> {
        self.standing(Standing::Running)
    }

    fn standing(&self, standing: Standing) -> impl Iterator<Item = JobView<'a>> + use<'a> {
        let state = self.state;
        state
            .jobs
            .iter(standing)
            .map(move |live| JobView { live, state })
    }

    /// Number of jobs that wait.
    pub fn pending_len(&self) -> u32 {
        self.state.jobs.count(Standing::Pending)
    }

    /// Number of jobs that run.
    pub fn running_len(&self) -> u32 {
        self.state.jobs.count(Standing::Running)
    }

    /// Slots that live jobs have ever occupied: `JobId::slot` lies below it, so a policy can keep a table by slot.
    pub fn job_slots(&self) -> usize {
        self.state.jobs.slots()
    }

    /// A node slot, or `None` beyond the fleet.
    pub fn node(&self, id: NodeId) -> Option<NodeView> {
        let node = self.state.nodes.get(id.index())?;
        Some(NodeView {
            id,
            launch: node.launch,
            phase: node.phase,
            seats: node.seats,
        })
    }

    /// The offering whose slot `node` is. Panics beyond the fleet.
    pub fn offering_of(&self, node: NodeId) -> OfferingId {
        assert!(node.index() < self.state.nodes.len(), "{node:?} is a slot");
        let first_beyond = self
            .state
            .supply
            .partition_point(|supply| supply.first <= node.0);
        OfferingId(u16::try_from(first_beyond - 1).expect("few offerings"))
    }

    /// An offering, or `None` if there is no such.
    pub fn offering(&self, id: OfferingId) -> Option<OfferingView<'a>> {
        let offering = self.state.world.offerings.get(id.index())?;
        let supply = &self.state.supply[id.index()];
        let shut = self.shut.get(id.index()) == Some(&true);
        Some(OfferingView {
            name: &offering.name,
            market: offering.market,
            shape: offering.shape,
            profiles: offering.mig.as_deref().unwrap_or_default(),
            held: supply.held,
            leaving: supply.leaving,
            min: offering.min,
            max: if shut { 0 } else { supply.most },
            boot: offering.boot,
            price: supply.price,
            available: if shut {
                0
            } else if offering.visible {
                supply.available
            } else {
                supply.most
            },
            visible: offering.visible,
        })
    }

    /// The same world with some offerings shut: for all that it shows, no machine of them may be held. For what a part of a
    /// policy tells another.
    pub fn shutting<'b>(&self, shut: &'b [bool]) -> View<'b>
    where
        'a: 'b,
    {
        View { shut, ..*self }
    }

    /// What was spent so far on what was held: price x time, before any rule of billing.
    pub fn spent(&self) -> Money {
        let spent = |supply: &Supply| supply.spent_by(self.now());
        money(self.state.supply.iter().map(spent).sum())
    }

    /// The same of one offering. Panics beyond the offerings.
    pub fn spent_on(&self, offering: OfferingId) -> Money {
        money(self.state.supply[offering.index()].spent_by(self.now()))
    }

    /// All offerings in the order of the scenario.
    pub fn offerings(&self) -> impl Iterator<Item = (OfferingId, OfferingView<'a>)> + use<'a> {
        let view = *self;
        let ids = (0..self.state.supply.len())
            .map(|position| OfferingId(u16::try_from(position).expect("few offerings")));
        ids.filter_map(move |id| Some((id, view.offering(id)?)))
    }

    /// Leave to know true durations, if the scenario gave it.
    pub fn durations(&self) -> Option<Durations> {
        self.grants.durations.then_some(Durations(()))
    }

    /// Leave to know prices to come, if the scenario gave it.
    pub fn prices(&self) -> Option<Prices> {
        self.grants.prices.then_some(Prices(()))
    }

    /// Leave to know the availability to come, if the scenario gave it.
    pub fn reclaims(&self) -> Option<Reclaims> {
        self.grants.reclaims.then_some(Reclaims(()))
    }

    /// The price of `offering` at `at`, past or to come. Panics beyond the offerings.
    pub fn price_at(&self, offering: OfferingId, at: SimTime, _leave: Prices) -> Price {
        self.world().offerings[offering.index()].price.at(at)
    }

    /// The availability of `offering` at `at`, past or to come. Panics beyond the offerings.
    pub fn available_at(&self, offering: OfferingId, at: SimTime, _leave: Reclaims) -> u32 {
        self.world().offerings[offering.index()].availability.at(at)
    }

    /// The availability of `offering` from first to last, as the instants at which it steps. Panics beyond the offerings.
    pub fn availability_steps(
        &self,
        offering: OfferingId,
        _leave: Reclaims,
    ) -> &'a [(SimTime, u32)] {
        self.world().offerings[offering.index()]
            .availability
            .steps()
    }

    /// Leave to know arrivals to come, if the scenario gave it.
    pub fn arrivals(&self) -> Option<ArrivalsToCome> {
        self.grants.arrivals.then_some(ArrivalsToCome(()))
    }

    /// Whether any job is still to come.
    pub fn more_arrivals(&self, _leave: ArrivalsToCome) -> bool {
        self.more_arrivals
    }

    /// What every job of the run asks for, past and to come, and on which models; nothing where jobs are drawn as they come.
    pub fn cast(
        &self,
        _leave: ArrivalsToCome,
    ) -> impl Iterator<Item = (&'a Gang, ModelSet)> + use<'a> {
        let jobs = self.cast.into_iter().flatten();
        jobs.map(|job| (&job.gang, job.models))
    }

    fn world(&self) -> &'a World {
        &self.state.world
    }
}

impl<'a> JobView<'a> {
    /// Its identity.
    pub fn id(&self) -> JobId {
        self.live.id
    }

    /// When it was submitted.
    pub fn arrival(&self) -> SimTime {
        self.live.job.arrival
    }

    /// What it needs at once.
    pub fn gang(&self) -> &'a Gang {
        &self.live.job.gang
    }

    /// GPU models it may run on.
    pub fn models(&self) -> ModelSet {
        self.live.job.models
    }

    /// How long its submitter said it would run.
    pub fn estimate(&self) -> Option<Span> {
        self.live.job.estimate
    }

    /// When it should be done.
    pub fn deadline(&self) -> Option<SimTime> {
        self.live.job.deadline
    }

    /// Higher goes first, for policies that ask.
    pub fn priority(&self) -> i32 {
        self.live.job.priority
    }

    /// The tenant's queue.
    pub fn queue(&self) -> QueueId {
        self.live.job.queue
    }

    /// Name of its workload.
    pub fn class(&self) -> &'a str {
        &self.state.world.classes[self.live.job.class.index()].name
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.live.standing == Standing::Running
    }

    /// From when on it works, if it runs: a time to come while it sets up.
    pub fn works(&self) -> Option<SimTime> {
        self.is_running().then_some(self.live.attempt.works)
    }

    /// Whether it saves its state, for a node of its will be taken away: it stays where it is meanwhile.
    pub fn is_saving(&self) -> bool {
        self.is_running() && self.live.attempt.saving.is_some()
    }

    /// Where it lies; empty while it waits.
    pub fn allocation(&self) -> &'a Allocation {
        &self.live.allocation
    }

    /// The stretch of work between checkpoints that a policy chose for it.
    pub fn paced(&self) -> Option<Span> {
        self.live.every
    }

    /// When the running attempt started, or last changed its seats, if one runs.
    pub fn started(&self) -> Option<SimTime> {
        self.is_running().then_some(self.live.attempt.started)
    }

    /// Attempts so far, the running one included.
    pub fn attempts(&self) -> u32 {
        self.live.attempts
    }

    /// Working time so far that is not lost: what earlier attempts kept, and all of the running one.
    pub fn served(&self) -> Span {
        self.live.kept + self.live.working(self.state.now)
    }

    /// Working time so far, lost or not.
    pub fn attained(&self) -> Span {
        self.served() + self.live.lost
    }

    /// GPU time attained, in GPU-microseconds x 1000: [`JobView::attained`] times thousandths of a GPU.
    pub fn attained_gpu_milli(&self) -> u128 {
        u128::from(self.attained().us()) * u128::from(self.gang().gpu_milli())
    }

    /// How long it has waited since it last joined the queue; zero while it runs.
    pub fn waited(&self) -> Span {
        if self.is_running() {
            Span::ZERO
        } else {
            self.state.now.since(self.live.queued)
        }
    }

    /// When it last joined the queue.
    pub fn queued(&self) -> SimTime {
        self.live.queued
    }

    /// How likely a reclaim may be for its submitter, in [0, 1], if that was said.
    pub fn tolerance(&self) -> Option<f64> {
        let ppm = self.appetite().tolerance_ppm?;
        Some(f64::from(ppm) / 1e6)
    }

    /// The most that its submitter pays for a GPU an hour, if that was said.
    pub fn price_cap(&self) -> Option<Price> {
        self.appetite().price_cap
    }

    fn appetite(&self) -> &'a Appetite {
        &self.state.world.classes[self.live.job.class.index()].appetite
    }

    /// How it saves its state, and what that costs.
    pub fn checkpoint(&self) -> &'a Checkpoint {
        &self.state.world.classes[self.live.job.class.index()].checkpoint
    }

    /// Time it would take to set up, were it started now.
    pub fn restore(&self) -> Span {
        let class = &self.state.world.classes[self.live.job.class.index()];
        class.setup(self.live.job.kind, self.live.attempts == 0)
    }

    /// When the running attempt, or one that started now, should end by its estimate, what it takes to set up again
    /// included: never before now.
    pub fn estimated_end(&self) -> Option<SimTime> {
        let left = self.estimate()?.saturating_sub(self.live.kept);
        let begun = if self.is_running() {
            self.live.attempt.works
        } else {
            self.state.now.saturating_add(self.restore())
        };
        Some(begun.saturating_add(left).max(self.state.now))
    }

    /// What an outside observer measures while it runs.
    pub fn telemetry(&self) -> Option<Telemetry> {
        self.is_running()
            .then(|| self.live.progress.telemetry(&self.live.attempt.on))
    }

    /// True time left on its present footing, or at unit rate while it waits.
    pub fn true_left(&self, _leave: Durations) -> Span {
        if self.is_running() {
            return self
                .live
                .attempt
                .due
                .since(self.state.now.min(self.live.attempt.due));
        }
        let CourseChange::Done(left) = self.live.progress.next(&self.live.attempt.on);
        left
    }
}

/// Nano-dollars an hour x microseconds, as money.
fn money(spent: u128) -> Money {
    Money::round_half_even(i128::try_from(spent).unwrap_or(i128::MAX), 3_600_000_000)
}
