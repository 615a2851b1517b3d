//! The plan: decisions of one instant, each checked as it is made against the world and the plan so far.

use super::capacity::Capacity;
use super::decision::{Decision, JobDecision, MarketDecision, NodeDecision, Refusal};
use super::draft::{Draft, Fate, Mark};
use super::forecast::Forecast;
use super::jobs::{Live, Standing};
use super::state::{NodePhase, State};
use crate::model::{Allocation, GpuDemand, ModelSet, Placement, Role, Seat, Seats};
use crate::units::{JobId, NodeId, OfferingId, SimTime, Span};

/// Decisions of one instant. What is refused leaves no trace but the refusal; [`Plan::mark`] and [`Plan::rollback`] allow
/// to try things out.
#[derive(Debug)]
pub struct Plan<'a> {
    pub(crate) state: &'a State,
    pub(crate) capacity: &'a mut Capacity,
    pub(crate) draft: &'a mut Draft,
}

impl Plan<'_> {
    /// What is free, the plan so far included.
    pub fn capacity(&self) -> &Capacity {
        self.capacity
    }

    /// A placement that the job could start with now: the first that fits in the order of node ids.
    pub fn fits(&mut self, job: JobId) -> Option<Placement> {
        self.lay(job, &mut first_fit)
    }

    /// Lays a gang role by role with `choose`, which sees what is free with the earlier roles in place, and the models that
    /// are allowed (those of the first role's seats, from the second on). Seats of one call share no node unless they fit
    /// together. What a running job holds is free for it. `None` if some role does not fit, or the job is gone.
    pub fn lay(
        &mut self,
        job: JobId,
        choose: &mut dyn FnMut(&Capacity, &Role, ModelSet) -> Option<Seats>,
    ) -> Option<Placement> {
        let live = self.state.jobs.get(job)?;
        let (roles, mut models) = (live.job.gang.roles(), live.job.models);
        let moves = self.is_running(job);
        if let [role] = roles
            && !moves
        {
            return Some(Placement {
                seats: choose(self.capacity, role, models)?,
            });
        }
        let mark = self.mark();
        if moves {
            self.vacate(job);
        }
        let mut placement = Placement::default();
        for (position, role) in roles.iter().enumerate() {
            let Some(seats) = choose(self.capacity, role, models) else {
                self.rollback(mark);
                return None;
            };
            for mut seat in seats {
                seat.role = u16::try_from(position).expect("few roles");
                let Some(seat) = self.capacity.choose(&seat, &role.demand) else {
                    self.rollback(mark);
                    return None;
                };
                self.draft.take(self.capacity, seat, role.demand);
                if role.demand.gpu != GpuDemand::None {
                    models = ModelSet::NONE.with(self.model_of(seat.node));
                }
                placement.seats.push(seat);
            }
        }
        self.rollback(mark);
        Some(placement)
    }

    /// Starts a pending job there.
    ///
    /// # Errors
    /// A refusal: job, seats or nodes are not what they must be.
    pub fn start(&mut self, job: JobId, placement: &Placement) -> Result<(), Refusal> {
        let mark = self.mark();
        // The decision is pushed first and its allocation filled in place.
        let empty = Allocation::default();
        self.draft
            .decisions
            .push(Decision::Job(JobDecision::Start(job, empty)));
        match self
            .check_pending(job)
            .map(drop)
            .and_then(|()| self.take_seats(job, placement))
        {
            Ok(()) => {
                self.draft.set_fate(job, Fate::Starts);
                Ok(())
            }
            Err(refusal) => {
                self.rollback(mark);
                self.refuse(refusal)
            }
        }
    }

    /// Interrupts a running job; within this plan it can be started again.
    ///
    /// # Errors
    /// A refusal: it does not run, or its service cannot spare it; see [`Plan::can_spare`].
    pub fn preempt(&mut self, job: JobId) -> Result<(), Refusal> {
        match self.check_running(job) {
            Ok(_) if !self.can_spare(job) => self.refuse(Refusal::Unavailable(job)),
            Ok(_) => {
                self.vacate(job);
                self.draft.set_fate(job, Fate::Stops);
                self.decide(Decision::Job(JobDecision::Preempt(job)))
            }
            Err(refusal) => self.refuse(refusal),
        }
    }

    /// Lets a running job go on there without having waited: elastic ones with more or fewer tasks, any elsewhere. What it
    /// holds now is free for it. Nothing of its work is lost, and it pays `reseat` of its checkpoints.
    ///
    /// # Errors
    /// A refusal: it does not run, or saves its state, or seats or nodes are not what they must be.
    pub fn reseat(&mut self, job: JobId, placement: &Placement) -> Result<(), Refusal> {
        let saves = match self.check_running(job) {
            Ok(live) => live.attempt.saving.is_some(),
            Err(refusal) => return self.refuse(refusal),
        };
        if job.replica().is_some() {
            return self.refuse(Refusal::Replica(job));
        }
        if saves {
            return self.refuse(Refusal::Saving(job));
        }
        let mark = self.mark();
        let empty = Allocation::default();
        self.draft
            .decisions
            .push(Decision::Job(JobDecision::Reseat(job, empty)));
        self.vacate(job);
        match self.take_seats(job, placement) {
            Ok(()) => {
                self.draft.set_fate(job, Fate::Moves);
                Ok(())
            }
            Err(refusal) => {
                self.rollback(mark);
                self.refuse(refusal)
            }
        }
    }

    /// Lets a pending job write a checkpoint after each such stretch of work, from its next start on; one of a class that
    /// writes none does not.
    ///
    /// # Errors
    /// A refusal: it does not wait, or the stretch is none.
    pub fn pace(&mut self, job: JobId, every: Span) -> Result<(), Refusal> {
        match self.check_pending(job) {
            Ok(_) if every == Span::ZERO => self.refuse(Refusal::NoStretch(job)),
            Ok(_) => self.decide(Decision::Job(JobDecision::Pace(job, every))),
            Err(refusal) => self.refuse(refusal),
        }
    }

    /// Turns a pending job away for good.
    ///
    /// # Errors
    /// A refusal: it does not wait.
    pub fn reject(&mut self, job: JobId) -> Result<(), Refusal> {
        match self.check_pending(job) {
            Ok(_) => {
                self.draft.set_fate(job, Fate::Rejected);
                self.decide(Decision::Job(JobDecision::Reject(job)))
            }
            Err(refusal) => self.refuse(refusal),
        }
    }

    /// What is free, as a copy in which to look ahead.
    pub fn forecast(&self) -> Forecast {
        Forecast::new(self.capacity)
    }

    /// The same, into a forecast that is there already: without an allocation in the steady state.
    pub fn forecast_into(&self, forecast: &mut Forecast) {
        forecast.reset(self.capacity);
    }

    /// Asks for `count` more machines of `offering`. How many the provider grants is a fact, not a refusal.
    ///
    /// # Errors
    /// A refusal: the fleet would outgrow its maximum or its quotas; see [`Plan::room`].
    pub fn request(&mut self, offering: OfferingId, count: u32) -> Result<(), Refusal> {
        if offering.index() >= self.state.supply.len() {
            return self.refuse(Refusal::NoSuchOffering(offering));
        }
        if count == 0 || count > self.room(offering) {
            return self.refuse(Refusal::OverQuota(offering));
        }
        let held = self.holds(offering);
        self.draft.request(offering, count);
        self.draft.hold(offering, held, held + count);
        self.decide(Decision::Market(MarketDecision::Request(offering, count)))
    }

    /// Starts nothing more on `node`, and releases it when its last job ends.
    ///
    /// # Errors
    /// A refusal: the node is not ready, or its fleet at the minimum.
    pub fn drain(&mut self, node: NodeId) -> Result<(), Refusal> {
        self.leave(node, false)
    }

    /// Gives `node` back now; nothing may run on it.
    ///
    /// # Errors
    /// A refusal: the node is not ready, or busy, or its fleet at the minimum.
    pub fn release(&mut self, node: NodeId) -> Result<(), Refusal> {
        self.leave(node, true)
    }

    /// Starts nothing on `node` in this plan: neither a decision nor a fact, and over with the plan. A node that is not open
    /// is left as it is.
    pub fn set_aside(&mut self, node: NodeId) {
        if self.capacity.is_open(node) {
            self.draft.set_aside(self.capacity, node);
        }
    }

    /// Says that a budget comes to its end: counted, and no decision.
    pub fn alert(&mut self) {
        self.draft.alerts += 1;
    }

    /// Asks to be asked again at `at`, which lies in the future.
    ///
    /// # Errors
    /// A refusal: it does not.
    pub fn wake_at(&mut self, at: SimTime) -> Result<(), Refusal> {
        if at <= self.state.now {
            return self.refuse(Refusal::NotInFuture(at));
        }
        self.decide(Decision::WakeAt(at))
    }

    /// Whether `job` waits, the plan so far included.
    pub fn is_pending(&self, job: JobId) -> bool {
        self.check_pending(job).is_ok()
    }

    /// Whether `job` runs, the plan so far included.
    pub fn is_running(&self, job: JobId) -> bool {
        self.check_running(job).is_ok()
    }

    /// Whether `node` is ready, and its fleet above the minimum.
    pub fn may_leave(&self, node: NodeId) -> bool {
        self.check_leave(node, false).is_ok()
    }

    /// Machines of `offering` held, with those asked for and without those gone in this plan; one that drains is held until
    /// its last job has ended. Panics on an offering that is not there.
    pub fn holds(&self, offering: OfferingId) -> u32 {
        let (held, at) = (self.state.supply[offering.index()].held, offering.index());
        held + self.draft.tallies[at].requested - self.draft.tallies[at].gone
    }

    /// Where a job that was started in this plan lies.
    pub fn seats_of(&self, job: JobId) -> Option<&[Seat]> {
        self.draft
            .decisions
            .iter()
            .rev()
            .find_map(|decision| match decision {
                Decision::Job(JobDecision::Start(started, allocation)) if *started == job => {
                    Some(allocation.seats())
                }
                Decision::Job(_)
                | Decision::Node(_)
                | Decision::Market(_)
                | Decision::Service(_)
                | Decision::WakeAt(_) => None,
            })
    }

    /// Decisions so far.
    pub fn decisions(&self) -> &[Decision] {
        &self.draft.decisions
    }

    /// A point to go back to.
    pub fn mark(&self) -> Mark {
        self.draft.mark()
    }

    /// Takes back all that came after `mark`, refusals included.
    pub fn rollback(&mut self, mark: Mark) {
        self.draft.rollback(self.capacity, mark);
    }

    #[expect(clippy::unnecessary_wraps, reason = "the counterpart of `refuse`")]
    pub(super) fn decide(&mut self, decision: Decision) -> Result<(), Refusal> {
        self.draft.decisions.push(decision);
        Ok(())
    }

    pub(super) fn refuse(&mut self, refusal: Refusal) -> Result<(), Refusal> {
        self.draft.refusals.push(refusal);
        Err(refusal)
    }

    fn check_pending(&self, job: JobId) -> Result<&Live, Refusal> {
        let live = self.state.jobs.get(job).ok_or(Refusal::NoSuchJob(job))?;
        let pending = match self.draft.fate(job) {
            Fate::Open => live.standing == Standing::Pending,
            Fate::Stops => true,
            Fate::Starts | Fate::Moves | Fate::Rejected => false,
        };
        if pending {
            Ok(live)
        } else {
            Err(Refusal::NotPending(job))
        }
    }

    fn check_running(&self, job: JobId) -> Result<&'_ Live, Refusal> {
        let live = self.state.jobs.get(job).ok_or(Refusal::NoSuchJob(job))?;
        let running = live.standing == Standing::Running && self.draft.fate(job) == Fate::Open;
        if running {
            Ok(live)
        } else {
            Err(Refusal::NotRunning(job))
        }
    }

    fn model_of(&self, node: NodeId) -> crate::units::ModelId {
        self.capacity.shape(self.capacity.offering_of(node)).model
    }

    /// Takes the seats one by one for the start that was decided last; the caller rolls back what was taken before a refusal.
    fn take_seats(&mut self, job: JobId, placement: &Placement) -> Result<(), Refusal> {
        let state = self.state;
        let live = state.jobs.live(job);
        let roles = live.job.gang.roles();
        if !live.job.gang.is_seated(&placement.seats) {
            return Err(Refusal::NotTheGang(job));
        }
        let mut models = live.job.models;
        for seat in &placement.seats {
            let demand = roles[usize::from(seat.role)].demand;
            if seat.node.0 >= self.capacity.slots() {
                return Err(Refusal::NoSuchNode(seat.node));
            }
            let offering = self.capacity.offering_of(seat.node);
            if !demand.markets.allows(self.capacity.market_of(seat.node))
                || !demand.offerings.allows(offering)
            {
                return Err(Refusal::WrongMarket(seat.node));
            }
            if demand.gpu != GpuDemand::None {
                let model = self.model_of(seat.node);
                if !models.allows(model) || !self.capacity.offers(offering, &demand) {
                    return Err(Refusal::WrongModel(seat.node));
                }
                models = ModelSet::NONE.with(model);
            }
            if !self.capacity.is_open(seat.node) {
                return Err(Refusal::Closed(seat.node));
            }
            let granted = self.capacity.choose(seat, &demand);
            let granted = granted.ok_or(Refusal::NoRoom(seat.node))?;
            self.draft.take(self.capacity, granted, demand);
            self.draft.grant(granted);
        }
        Ok(())
    }

    /// Gives back what a running job holds.
    fn vacate(&mut self, job: JobId) {
        let live = self.state.jobs.live(job);
        for seat in live.allocation.seats() {
            let demand = live.job.gang.roles()[usize::from(seat.role)].demand;
            self.draft.give(self.capacity, *seat, demand);
        }
    }

    fn leave(&mut self, node: NodeId, now: bool) -> Result<(), Refusal> {
        match self.check_leave(node, now) {
            Ok(offering) => {
                let gone = now || self.capacity.is_empty(node);
                self.draft.close(self.capacity, node);
                let held = self.holds(offering);
                self.draft.leave(offering, gone);
                if gone {
                    self.draft.hold(offering, held, held - 1);
                }
                let decision = if now {
                    NodeDecision::Release(node)
                } else {
                    NodeDecision::Drain(node)
                };
                self.decide(Decision::Node(decision))
            }
            Err(refusal) => self.refuse(refusal),
        }
    }

    fn check_leave(&self, node: NodeId, now: bool) -> Result<OfferingId, Refusal> {
        let slot = self
            .state
            .nodes
            .get(node.index())
            .ok_or(Refusal::NoSuchNode(node))?;
        if slot.phase != NodePhase::Ready || !self.capacity.is_open(node) {
            return Err(Refusal::NotReady(node));
        }
        let offering = self.capacity.offering_of(node);
        let supply = &self.state.supply[offering.index()];
        let staying = supply.held - supply.leaving - self.draft.tallies[offering.index()].leaves;
        if staying <= self.state.world.offerings[offering.index()].min {
            return Err(Refusal::AtMinimum(offering));
        }
        if now && !self.capacity.is_empty(node) {
            return Err(Refusal::Busy(node));
        }
        Ok(offering)
    }
}

/// Fills open nodes in the order of their ids, on the first model on which the role fits.
fn first_fit(capacity: &Capacity, role: &Role, models: ModelSet) -> Option<Seats> {
    let on_model = |model| {
        let (mut seats, mut left) = (Seats::new(), role.tasks);
        let same = |offering: &OfferingId| {
            let shape = capacity.shape(*offering);
            let same = role.demand.gpu == GpuDemand::None || shape.model == model;
            same && capacity.allows(*offering, models, &role.demand)
        };
        for node in capacity
            .offerings()
            .filter(same)
            .flat_map(|offering| capacity.nodes(offering))
        {
            seat_tasks(
                &mut seats,
                node,
                capacity.room(node, &role.demand).min(left),
                role,
            );
            left = role.tasks - seats.iter().map(|seat| seat.tasks).sum::<u32>();
            if left == 0 {
                return Some(seats);
            }
        }
        None
    };
    let mut tried = ModelSet::NONE;
    for offering in capacity
        .offerings()
        .filter(|offering| capacity.allows(*offering, models, &role.demand))
    {
        let model = capacity.shape(offering).model;
        if !tried.allows(model) {
            tried = tried.with(model);
            if let Some(seats) = on_model(model) {
                return Some(seats);
            }
        }
    }
    None
}

/// Adds `tasks` tasks on `node`: one seat, or one for each where they take a part of a GPU.
fn seat_tasks(seats: &mut Seats, node: NodeId, tasks: u32, role: &Role) {
    if role.demand.gpu.is_part() {
        seats.extend((0..tasks).map(|_| Seat::anywhere(node, 0, 1)));
    } else if tasks > 0 {
        seats.push(Seat::anywhere(node, 0, tasks));
    }
}
