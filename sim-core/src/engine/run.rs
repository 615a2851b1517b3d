//! The run: an engine is advanced to an instant that wants a decision, a plan is made and committed, and so on.

use std::fmt;
use std::sync::Arc;

use super::bits::Bits;
use super::capacity::Capacity;
use super::draft::Draft;
use super::event::{Event, Pending};
use super::fault::Fault;
use super::headroom::{self, Headroom};
use super::jobs::{Jobs, Standing};
use super::pending::PendingSet;
use super::plan::Plan;
use super::policy::{Policy, Wakes};
use super::quiet::Quiet;
use super::service::ServiceState;
use super::spend::Meter;
use super::state::{Change, Node, NodePhase, State, Supply, Trigger, World};
use super::view::{Grants, View};
use crate::model::Job;
use crate::serve::Completion;
use crate::units::{JobId, Money, ServiceId, SimTime, convert, limits};
use crate::watch::{Digesting, Digests, Fact, Observer, Outcome};
use crate::world::Arrivals;

/// A run in progress: all its state, and nothing else's.
pub struct Engine {
    pub(crate) state: State,
    pub(crate) capacity: Capacity,
    pub(crate) draft: Draft,
    pub(crate) events: PendingSet,
    pub(crate) arrivals: Box<dyn Arrivals + Send>,
    pub(crate) next_job: Option<Job>,
    /// By offering: slots without a machine.
    pub(crate) absent: Vec<Bits>,
    pub(crate) digests: Digesting,
    pub(crate) counters: Counters,
    /// How requests ended, while they are told.
    pub(crate) told: Vec<Completion>,
    /// What has happened in the present batch that a policy may want to be asked after.
    pub(crate) news: Wakes,
    quiet: Quiet,
    begun: bool,
}

/// What a run counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Jobs submitted.
    pub arrived: u32,
    /// Replicas of services launched.
    pub replicas: u32,
    /// Events taken.
    pub events: u64,
    /// The same by kind, in the order of [`Event::KINDS`].
    pub kinds: [u64; Event::COUNT],
    /// Instants at which more than one event was taken: where only the model's order says which came first.
    pub ties: u64,
    /// Times the policy was asked.
    pub asked: u64,
    /// Decisions committed.
    pub decisions: u64,
    /// Refusals that the policy took no notice of.
    pub refusals: u64,
    /// Times that a policy said that a budget comes to its end.
    pub alerts: u64,
    /// Spent beyond the budgets: see [`Engine::overspent`].
    pub overspent: Money,
    batches: u32,
    /// Times in a row that the policy was asked by the clock alone and decided nothing.
    idle: u32,
}

/// Where an engine has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// At an instant that wants a decision.
    Decide,
    /// At the end.
    Done(Finish),
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// All jobs have ended and no more will come.
    Drained,
    /// The horizon was reached.
    Horizon,
    /// Jobs wait, and nothing will ever happen again, or nothing has happened to a job for [very
    /// long](limits::QUIET_INSTANTS) and only machines come and go.
    Stuck,
}

/// A run and its policy, stopped between two decisions; going on from it is going on.
pub struct Snapshot {
    engine: Engine,
    policy: Box<dyn Policy + Send>,
}

impl Engine {
    /// A run at time zero, before anything has happened.
    pub fn new(world: Arc<World>, arrivals: Box<dyn Arrivals + Send>) -> Self {
        let (mut first, headroom) = (0, Headroom::of(&world));
        let most = headroom::ceilings(&world, &headroom);
        let supply = world.offerings.iter().zip(most).map(|(offering, most)| {
            let from = first;
            first += offering.max;
            let (price, available) = (
                offering.price.at(SimTime::ZERO),
                offering.availability.at(SimTime::ZERO),
            );
            Supply {
                first: from,
                most,
                held: 0,
                leaving: 0,
                price,
                available,
                spent: 0,
                metered: SimTime::ZERO,
            }
        });
        let supply: Vec<Supply> = supply.collect();
        let all_absent = |slots: u32| {
            let mut bits = Bits::new(convert::index(slots));
            (0..slots).for_each(|slot| bits.insert(slot));
            bits
        };
        let absent = world
            .offerings
            .iter()
            .map(|offering| all_absent(offering.max))
            .collect();
        let node = Node {
            phase: NodePhase::Absent,
            launch: 0,
            drains: false,
            seats: 0,
            ready: SimTime::ZERO,
            taken: SimTime::MAX,
            doomed: false,
            fails: SimTime::MAX,
            repairs: 0,
        };
        let services = (0..).map(ServiceId).zip(&world.services);
        let services = services.map(|(id, service)| ServiceState::new(id, service, &world.sets));
        Self {
            capacity: Capacity::new(&world.offerings),
            state: State {
                services: services.collect(),
                now: SimTime::ZERO,
                jobs: Jobs::new(),
                nodes: vec![node; convert::index(first)],
                supply,
                meters: vec![Meter::default(); world.budgets.len()],
                headroom,
                beside: world.slowdown.as_ref().map(|_| Box::default()),
                changes: Vec::new(),
                world,
            },
            draft: Draft::default(),
            events: PendingSet::default(),
            arrivals,
            next_job: None,
            absent,
            digests: Digesting::new(),
            counters: Counters::default(),
            told: Vec::new(),
            news: Wakes::NONE,
            quiet: Quiet::default(),
            begun: false,
        }
    }

    /// Runs to the end under `policy`, which may know what `grants` allows.
    ///
    /// # Errors
    /// The run cannot go on: the policy loops, or the workload is not sorted.
    pub fn run(
        &mut self,
        policy: &mut dyn Policy,
        grants: Grants,
        watch: &mut dyn Observer,
    ) -> Result<Finish, Fault> {
        let mut wakes = policy.wakes_on();
        loop {
            match self
                .advance(wakes, watch)
                .map_err(|fault| fault.by(policy.name()))?
            {
                Step::Done(finish) => return Ok(finish),
                Step::Decide => {
                    let (view, mut plan) = self.open(grants);
                    policy.decide(&view, &mut plan);
                    self.commit(watch);
                    wakes = policy.wakes_on();
                }
            }
        }
    }

    /// Goes on to the next instant that holds something of `wakes`, or to the end.
    ///
    /// # Errors
    /// The run cannot go on: the policy loops, or the workload is not sorted.
    pub fn advance(&mut self, wakes: Wakes, watch: &mut dyn Observer) -> Result<Step, Fault> {
        self.draft.asks_why = watch.asks_why();
        self.begin(watch);
        loop {
            // A run that has an end goes on to it: what is held is paid for until then.
            let end = self.state.world.end;
            let nobody = self.state.jobs.len() == 0 && self.next_job.is_none();
            // Services are asked for until the end.
            let serves = !self.state.services.is_empty();
            let drained = nobody && !serves;
            if drained && end.is_none_or(|end| self.state.now >= end) {
                return Ok(Step::Done(Finish::Drained));
            }
            let upcoming = self.upcoming();
            let rests = drained || serves;
            let over = |end: &SimTime| upcoming.map_or(rests, |first| first.time() >= *end);
            if let Some(end) = end.filter(over) {
                self.pass(end, watch);
                self.state.now = end;
                return Ok(if drained {
                    Step::Done(Finish::Drained)
                } else {
                    self.finish(Finish::Horizon, watch)
                });
            }
            let Some(first) = upcoming else {
                let end = end.unwrap_or(self.state.now);
                self.pass(end, watch);
                self.state.now = end;
                return Ok(self.finish(Finish::Stuck, watch));
            };
            let next = first.time();
            self.pass(next, watch);
            self.enter(next)?;
            let before = self.counters.events;
            let happened = self.take_batch(first, watch);
            self.counters.ties += u64::from(self.counters.events - before > 1);
            if self.is_stuck(happened) {
                return Ok(self.finish(Finish::Stuck, watch));
            }
            if self.wants(wakes, happened) {
                self.count_idle(happened)?;
                self.counters.asked += 1;
                self.reach_services(watch);
                return Ok(Step::Decide);
            }
        }
    }

    /// Opens a plan at this instant; one that was opened before and not committed leaves no trace.
    pub fn open(&mut self, grants: Grants) -> (View<'_>, Plan<'_>) {
        self.draft.abandon(&mut self.capacity);
        let state = &self.state;
        let sizes = (state.supply.len(), state.world.sets.len());
        self.draft.begin(sizes, state.jobs.slots(), &state.headroom);
        self.reopen(grants)
    }

    /// Goes on with the plan that was opened last: for who decides bit by bit, and lets go of the plan in between.
    pub fn reopen(&mut self, grants: Grants) -> (View<'_>, Plan<'_>) {
        let view = View {
            state: &self.state,
            grants,
            more_arrivals: self.next_job.is_some(),
            cast: grants.arrivals.then(|| self.arrivals.cast()),
            shut: &[],
        };
        (
            view,
            Plan {
                state: &self.state,
                capacity: &mut self.capacity,
                draft: &mut self.draft,
            },
        )
    }

    /// A copy of the run and its policy, from which both go on exactly as the originals do.
    pub fn snapshot(&self, policy: &dyn Policy) -> Snapshot {
        Snapshot {
            engine: self.fork(),
            policy: policy.fork(),
        }
    }

    /// The instant reached.
    pub fn now(&self) -> SimTime {
        self.state.now
    }

    /// What was counted so far.
    pub fn counters(&self) -> Counters {
        Counters {
            overspent: self.overspent(),
            ..self.counters
        }
    }

    /// The digests so far.
    pub fn digests(&self) -> Digests {
        self.digests.finish()
    }

    /// Number of jobs that have arrived and not ended.
    pub fn live(&self) -> u32 {
        self.state.jobs.len()
    }

    /// The world it runs in.
    pub fn world(&self) -> &Arc<World> {
        &self.state.world
    }

    /// An exact copy of the run, an open plan included.
    pub fn fork(&self) -> Self {
        Self {
            state: self.state.clone(),
            capacity: self.capacity.clone(),
            draft: self.draft.clone(),
            events: self.events.clone(),
            arrivals: self.arrivals.fork(),
            next_job: self.next_job.clone(),
            absent: self.absent.clone(),
            digests: self.digests.clone(),
            counters: self.counters,
            told: Vec::new(),
            news: self.news,
            quiet: self.quiet,
            begun: self.begun,
        }
    }

    /// Before the first instant: nodes stand, and the streams are primed.
    fn begin(&mut self, watch: &mut dyn Observer) {
        if self.begun {
            return;
        }
        self.begun = true;
        self.furnish(watch);
        for offering in self.offering_ids() {
            self.schedule_price(offering);
            self.schedule_availability(offering);
            self.schedule_shock(offering, 0);
        }
        self.next_job = self.arrivals.next();
        self.launch_initial();
        if !self.state.services.is_empty() {
            // Whoever sizes them is asked at once.
            self.events.push(Pending::new(SimTime::ZERO, Event::Wake));
        }
        if let Trigger::Round(_) = self.state.world.trigger {
            self.events.push(Pending::new(SimTime::ZERO, Event::Round));
        }
    }

    /// Moves the clock; counts how often it stands still.
    fn enter(&mut self, next: SimTime) -> Result<(), Fault> {
        if next < self.state.now {
            let ordinal = self.counters.arrived;
            return Err(Fault::Unsorted { ordinal, at: next });
        }
        let again = next == self.state.now && self.counters.events > 0;
        self.counters.batches = if again { self.counters.batches + 1 } else { 1 };
        self.state.now = next;
        if self.counters.batches > self.most_batches() {
            return Err(Fault::Livelock {
                policy: String::new(),
                at: next,
            });
        }
        Ok(())
    }

    /// Batches at one instant before the run is in a loop. Step by step each job may come and go, and so may each node.
    fn most_batches(&self) -> u32 {
        let steps = match self.state.world.trigger {
            Trigger::Event | Trigger::Round(_) => 0,
            Trigger::Step => {
                let nodes = convert::narrow(self.state.nodes.len());
                nodes
                    .saturating_add(self.counters.arrived)
                    .saturating_mul(2)
            }
        };
        limits::MAX_BATCHES.saturating_add(steps)
    }

    fn wants(&self, wakes: Wakes, happened: Wakes) -> bool {
        match self.state.world.trigger {
            Trigger::Event | Trigger::Step => happened.any(wakes),
            Trigger::Round(_) => happened.any(Wakes::ROUND),
        }
    }

    /// Whether jobs have waited for so long that none will ever run. A run with an end gets there.
    fn is_stuck(&mut self, happened: Wakes) -> bool {
        let stirred = self.state.world.end.is_some()
            || self.next_job.is_some()
            || happened.any(Wakes::ARRIVAL | Wakes::END);
        self.quiet.pass(self.state.now, stirred);
        // Long jobs may run meanwhile; one that has come to a standstill beside its neighbours has no end.
        let mut running = self.state.jobs.iter(Standing::Running);
        self.quiet.is_final() && running.all(|live| live.attempt.due == SimTime::MAX)
    }

    fn count_idle(&mut self, happened: Wakes) -> Result<(), Fault> {
        let clock = happened.any(Wakes::WAKE | Wakes::ROUND);
        // A run with an end gets there, however often it is woken.
        let clock = clock && self.state.world.end.is_none();
        let nothing_runs = self.next_job.is_none() && self.state.jobs.count(Standing::Running) == 0;
        let only_woken = || {
            self.state
                .changes
                .iter()
                .all(|change| *change == Change::Woken)
        };
        let idle = clock && nothing_runs && only_woken();
        self.counters.idle = if idle { self.counters.idle + 1 } else { 0 };
        if self.counters.idle > limits::MAX_IDLE_WAKES {
            return Err(Fault::Idle {
                policy: String::new(),
                at: self.state.now,
            });
        }
        Ok(())
    }

    /// Puts the next round into the pending set, as long as there is or will be something to do.
    pub(crate) fn schedule_round(&mut self) {
        if let Trigger::Round(period) = self.state.world.trigger {
            let next = self.state.now.saturating_add(period);
            if next > self.state.now {
                self.events.push(Pending::new(next, Event::Round));
            }
        }
    }

    /// Ends the run with jobs left.
    fn finish(&mut self, finish: Finish, watch: &mut dyn Observer) -> Step {
        self.reach_services(watch);
        self.cut_flows(watch);
        for standing in [Standing::Pending, Standing::Running] {
            let mut left: Vec<JobId> = self.state.jobs.iter(standing).map(|live| live.id).collect();
            left.sort_unstable();
            for job in left {
                if standing == Standing::Running {
                    self.vacate(job);
                }
                self.end(job, Outcome::Unfinished, watch);
            }
        }
        self.next_job = None;
        Step::Done(finish)
    }

    /// Tells a fact.
    pub(crate) fn tell(&mut self, fact: &Fact<'_>, watch: &mut dyn Observer) {
        self.digests.fact(self.state.now, fact);
        watch.observe(self.state.now, fact);
    }
}

impl Snapshot {
    /// A run and a policy that go on from here; the snapshot stays.
    pub fn resume(&self) -> (Engine, Box<dyn Policy + Send>) {
        (self.engine.fork(), self.policy.fork())
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (now, live) = (self.state.now, self.live());
        f.debug_struct("Engine")
            .field("now", &now)
            .field("live", &live)
            .finish_non_exhaustive()
    }
}
