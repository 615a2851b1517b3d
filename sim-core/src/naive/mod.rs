//! The naive simulator: the oracle of the engine. Written from the design, it keeps no index and no
//! event set: what comes next is found by looking at everything. It plays a recorded policy again,
//! and objects where it would not have asked, or would not have allowed what was decided.

mod attempt;
mod beside;
mod decide;
mod fate;
mod happen;
mod mig;
mod serve;

use std::fmt;

use self::fate::Fate;
use self::serve::Service;
use crate::course::{Footing, Progress};
use crate::engine::{Decision, Finish, NodePhase, Trigger, Wakes, World};
use crate::model::{Job, Seat};
use crate::recording::Recording;
use crate::units::{JobId, SetId, SimTime, Span, convert, limits};
use crate::watch::{Cause, Fact, Observer, Outcome};

/// Why a recording cannot be what the policy did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objection {
    /// The policy is asked at this instant, and the recording's next entry is of another, or there
    /// is none.
    Unrecorded(SimTime, Option<SimTime>),
    /// The run is over, and the recording goes on at this instant.
    Superfluous(SimTime),
    /// A decision that the world does not allow.
    Illegal(SimTime, Box<Decision>, &'static str),
    /// More batches at one instant than are allowed.
    Livelock(SimTime),
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unrecorded(at, next) => {
                write!(f, "the policy is asked at {at}; recorded next: {next:?}")
            }
            Self::Superfluous(at) => {
                write!(f, "the policy is not asked again, but recorded at {at}")
            }
            Self::Illegal(at, decision, why) => write!(f, "at {at}: {why}: {decision:?}"),
            Self::Livelock(at) => write!(f, "the instant {at} happens again and again"),
        }
    }
}

impl std::error::Error for Objection {}

/// A node slot.
struct Slot {
    offering: usize,
    rack: u32,
    phase: NodePhase,
    ready: SimTime,
    launch: u32,
    /// Whether it goes with its last job.
    drains: bool,
    fate: Fate,
}

/// A job that has arrived.
struct Row {
    id: JobId,
    seats: Vec<Seat>,
    ended: bool,
    attempts: u32,
    progress: Progress,
    on: Footing,
    /// Working time of the attempt on other footings, before its neighbours left it this one.
    before: Vec<(Span, Footing)>,
    /// The footing that its attempt began on.
    first: Footing,
    started: SimTime,
    works: SimTime,
    due: SimTime,
    /// Since when it has been saving its state at a notice.
    saving: Option<SimTime>,
    /// The stretch between checkpoints that the policy chose.
    every: Option<Span>,
    spec: Job,
    /// Of a replica, of which set it is, and whether it is to go.
    set: Option<SetId>,
    leaves: bool,
    /// And how fast it serves or will, in parts per million.
    speed_ppm: u64,
}

/// What may come next at an instant, in the order of the model. Numbers are ordinals of jobs,
/// offerings and nodes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Done(usize),
    Price(usize),
    Availability(usize),
    Shock(usize),
    Fail(usize),
    Advise(usize),
    Notice(usize),
    Reclaim(usize),
    Repair(usize),
    Ready(usize),
    Launch(usize),
    Arrival,
    Call(usize),
    Wake(usize),
    Round,
}

struct Naive<'a> {
    world: &'a World,
    jobs: &'a [Job],
    watch: &'a mut dyn Observer,
    /// Whether the policy names GPUs itself.
    names_gpus: bool,
    now: SimTime,
    /// What of this batch a policy may want to be asked after.
    happened: Wakes,
    rows: Vec<Row>,
    /// Jobs of the workload that have arrived.
    arrived: usize,
    /// By set: replicas that were launched and are not there yet.
    launching: Vec<u32>,
    services: Vec<Service>,
    slots: Vec<Slot>,
    /// By offering: the next step of the price, and of the availability, and the next shock.
    steps: Vec<[usize; 3]>,
    wakes: Vec<SimTime>,
    round: Option<SimTime>,
    /// Instants in a row in which no job came or ended.
    quiet: Vec<SimTime>,
}

/// Plays `recording` again on `jobs`, and tells what happens.
///
/// # Errors
/// An [`Objection`] where this simulator would not have asked, or would not have allowed what was
/// decided; the facts up to there have been told.
pub fn replay(
    world: &World,
    jobs: &[Job],
    recording: &Recording,
    watch: &mut dyn Observer,
) -> Result<Finish, Objection> {
    let mut naive = Naive::new(world, jobs, watch);
    let (mut log, mut batches) = (recording.asked.iter(), (SimTime::ZERO, 0));
    let mut wakes = recording.wakes;
    naive.names_gpus = recording.names_gpus;
    naive.furnish();
    let finish = loop {
        let drained = naive.arrived == jobs.len() && naive.rows.iter().all(|row| row.ended);
        let drained = drained && world.services.is_empty();
        let next = naive.next().map(|(at, _)| at);
        match (world.end, next) {
            (None, _) if drained => break Finish::Drained,
            (Some(end), None) if drained => {
                naive.now = end;
                break Finish::Drained;
            }
            (Some(end), Some(at)) if at >= end => {
                naive.now = end;
                break if drained {
                    Finish::Drained
                } else {
                    Finish::Horizon
                };
            }
            (None | Some(_), _) => {}
        }
        let Some(at) = next else {
            naive.now = world.end.unwrap_or(naive.now);
            // Services are asked for until the end.
            break if world.services.is_empty() {
                Finish::Stuck
            } else {
                Finish::Horizon
            };
        };
        batches = (at, if batches.0 == at { batches.1 + 1 } else { 1 });
        let steps = match world.trigger {
            Trigger::Event | Trigger::Round(_) => 0,
            Trigger::Step => 2 * convert::narrow(naive.arrived + naive.slots.len()),
        };
        if batches.1 > limits::MAX_BATCHES + steps {
            return Err(Objection::Livelock(at));
        }
        let rounds = naive.take_batch(at);
        if naive.is_stuck() {
            break Finish::Stuck;
        }
        let asked = match world.trigger {
            Trigger::Event | Trigger::Step => naive.happened.any(wakes),
            Trigger::Round(_) => rounds,
        };
        if asked {
            naive.pass_services();
            match log.next() {
                Some(answer) if answer.at == at => {
                    naive.apply_all(&answer.decisions)?;
                    wakes = answer.wakes;
                }
                other => return Err(Objection::Unrecorded(at, other.map(|answer| answer.at))),
            }
        }
    };
    naive.pass_services();
    naive.cut_flows();
    naive.leave();
    match log.next() {
        Some(answer) => Err(Objection::Superfluous(answer.at)),
        None => Ok(finish),
    }
}

impl<'a> Naive<'a> {
    fn new(world: &'a World, jobs: &'a [Job], watch: &'a mut dyn Observer) -> Self {
        let mut slots = Vec::new();
        for (offering, spec) in world.offerings.iter().enumerate() {
            slots.extend((0..spec.max).map(|slot| Slot {
                offering,
                rack: slot.checked_div(spec.rack_size).unwrap_or(0),
                phase: NodePhase::Absent,
                ready: SimTime::ZERO,
                launch: 0,
                drains: false,
                fate: Fate::default(),
            }));
        }
        Self {
            world,
            jobs,
            watch,
            names_gpus: false,
            now: SimTime::ZERO,
            happened: Wakes::NONE,
            rows: Vec::new(),
            arrived: 0,
            launching: world.sets.iter().map(|set| set.initial).collect(),
            services: (0..world.services.len())
                .map(|at| Service::new(world, at))
                .collect(),
            slots,
            steps: vec![[1, 1, 0]; world.offerings.len()],
            wakes: vec![SimTime::ZERO; usize::from(!world.services.is_empty())],
            round: matches!(world.trigger, Trigger::Round(_)).then_some(SimTime::ZERO),
            quiet: Vec::new(),
        }
    }

    /// Whether no job came or ended in too many instants in a row over too long a time, where none is to come and no end is
    /// ahead.
    fn is_stuck(&mut self) -> bool {
        let to_come = self.world.end.is_some() || self.arrived < self.jobs.len();
        if to_come || self.happened.any(Wakes::ARRIVAL | Wakes::END) {
            self.quiet.clear();
        } else if self.quiet.last() != Some(&self.now) {
            self.quiet.push(self.now);
        }
        let over = |first: &SimTime| self.now.since(*first).us() > limits::QUIET_US;
        let ends = |row: &Row| !row.seats.is_empty() && row.due < SimTime::MAX;
        self.quiet.len() > convert::index(limits::QUIET_INSTANTS)
            && self.quiet.first().is_some_and(over)
            && !self.rows.iter().any(ends)
    }

    /// Tells a fact, and notes what kind of thing happened.
    fn tell(&mut self, fact: &Fact<'_>) {
        self.happened = self.happened
            | match fact {
                Fact::Arrived { .. } => Wakes::ARRIVAL,
                Fact::Interrupted { .. } | Fact::Ended { .. } => Wakes::END,
                Fact::Ready { .. }
                | Fact::Released { .. }
                | Fact::Reclaimed { .. }
                | Fact::Miscarried { .. }
                | Fact::Failed { .. }
                | Fact::Repaired { .. } => Wakes::NODE,
                Fact::Noticed { .. } | Fact::Advised { .. } => Wakes::NOTICE,
                Fact::Price { .. } => Wakes::PRICE,
                Fact::Availability { offering, .. } => {
                    if self.world.offerings[offering.index()].visible {
                        Wakes::AVAILABILITY
                    } else {
                        Wakes::NONE
                    }
                }
                Fact::Started { .. }
                | Fact::Retiring { .. }
                | Fact::Worked { .. }
                | Fact::Request { .. }
                | Fact::Flow { .. }
                | Fact::Paced { .. }
                | Fact::Reseated { .. }
                | Fact::Shock { .. }
                | Fact::Requested { .. }
                | Fact::Booting { .. }
                | Fact::Draining { .. }
                | Fact::Refused(_)
                | Fact::Held { .. } => Wakes::NONE,
            };
        self.watch.observe(self.now, fact);
    }

    /// Nodes of time zero, as many as the provider has.
    fn furnish(&mut self) {
        for (offering, spec) in self.world.offerings.iter().enumerate() {
            for _ in 0..spec.initial.min(spec.availability.at(SimTime::ZERO)) {
                let node = self.lowest_absent(offering);
                self.stand(node);
            }
        }
    }

    /// The earliest thing to come, found by looking at everything.
    fn next(&self) -> Option<(SimTime, Next)> {
        let mut all = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            if !row.seats.is_empty() && row.due < SimTime::MAX {
                all.push((row.due, Next::Done(at)));
            }
        }
        for (at, spec) in self.world.offerings.iter().enumerate() {
            let price = spec.price.steps().get(self.steps[at][0]);
            all.extend(price.map(|(when, _)| (*when, Next::Price(at))));
            let availability = spec.availability.steps().get(self.steps[at][1]);
            all.extend(availability.map(|(when, _)| (*when, Next::Availability(at))));
        }
        for (at, spec) in self.world.offerings.iter().enumerate() {
            let shock = spec.risk.shocks.get(self.steps[at][2]);
            all.extend(shock.map(|shock| (shock.at, Next::Shock(at))));
        }
        for (at, slot) in self.slots.iter().enumerate() {
            self.fates(at, &mut all);
            match slot.phase {
                NodePhase::Booting => all.push((slot.ready, Next::Ready(at))),
                NodePhase::Noticed(when) => all.push((when, Next::Reclaim(at))),
                NodePhase::Broken(when) => all.push((when, Next::Repair(at))),
                NodePhase::Absent | NodePhase::Ready | NodePhase::Draining => {}
            }
        }
        let arrival = self.jobs.get(self.arrived);
        all.extend(arrival.map(|job| (job.arrival, Next::Arrival)));
        self.calls(&mut all);
        all.extend(
            self.wakes
                .iter()
                .enumerate()
                .map(|(at, when)| (*when, Next::Wake(at))),
        );
        all.extend(self.round.map(|when| (when, Next::Round)));
        all.sort_unstable();
        let first = all.first().copied();
        let arrivals = all
            .iter()
            .copied()
            .filter(|(_, next)| *next == Next::Arrival);
        let mut first_arrival =
            arrivals.filter(|(at, _)| first.is_some_and(|first| first.0 == *at));
        match self.world.trigger {
            Trigger::Event | Trigger::Round(_) => first,
            Trigger::Step => first_arrival.next().or(first),
        }
    }

    /// Takes everything of the instant `at`, or the first of it; says whether a round was among it.
    fn take_batch(&mut self, at: SimTime) -> bool {
        (self.now, self.happened) = (at, Wakes::NONE);
        let mut rounds = false;
        while let Some((_, next)) = self.next().filter(|(when, _)| *when == at) {
            match next {
                Next::Done(row) if self.rows[row].saving.is_some() => {
                    self.interrupt(row, Cause::Notice);
                }
                Next::Done(row) => self.end(row, Outcome::Completed),
                Next::Price(offering) => self.step_price(offering),
                Next::Availability(offering) => self.step_availability(offering),
                Next::Shock(offering) => self.shock(offering),
                Next::Fail(node) => self.fail(node),
                Next::Advise(node) => self.advise(node),
                Next::Notice(node) => self.notice(node),
                Next::Reclaim(node) => self.reclaim(node),
                Next::Repair(node) => self.repair(node),
                Next::Ready(node) => self.come_up(node),
                Next::Launch(set) => self.launched(set),
                Next::Arrival => self.arrive(),
                Next::Call(service) => self.call(service),
                Next::Wake(wake) => {
                    let at = self.wakes[wake];
                    self.wakes.retain(|other| *other != at);
                    self.happened = self.happened | Wakes::WAKE;
                }
                Next::Round => {
                    rounds = true;
                    self.round = self.round_after().filter(|next| *next > at);
                }
            }
            if self.world.trigger == Trigger::Step {
                break;
            }
        }
        self.serve();
        rounds
    }

    fn round_after(&self) -> Option<SimTime> {
        match self.world.trigger {
            Trigger::Event | Trigger::Step => None,
            Trigger::Round(period) => Some(self.now.saturating_add(period)),
        }
    }
}
