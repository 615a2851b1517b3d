//! What was reached: every kind of event, decision, refusal and fact, by name. The matches are exhaustive, so that a new
//! kind does not compile until it is counted here.

use std::collections::BTreeMap;

use sim_core::engine::{
    Counters, Decision, Event, Finish, JobDecision, MarketDecision, NodeDecision, Refusal,
    ServiceDecision,
};
use sim_core::recording::Recording;
use sim_core::units::SimTime;
use sim_core::watch::{Cause, Fact, Observer, Outcome};

/// Counts by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    counts: BTreeMap<&'static str, u64>,
}

/// Everything there is to reach, but for the kinds of event, which name themselves.
const NAMES: [&str; 69] = [
    "decision start",
    "decision preempt",
    "decision reseat",
    "decision pace",
    "decision reject",
    "decision drain",
    "decision release",
    "decision request",
    "decision launch",
    "decision retire",
    "decision wake",
    "fact arrived",
    "fact started",
    "fact started in slices",
    "fact interrupted by policy",
    "fact interrupted by reclaim",
    "fact interrupted by notice",
    "fact interrupted by failure",
    "fact paced",
    "fact reseated",
    "fact completed",
    "fact rejected",
    "fact unfinished",
    "fact retired",
    "fact retiring",
    "fact worked",
    "fact request",
    "fact flow",
    "fact refused",
    "fact held",
    "fact requested",
    "fact booting",
    "fact ready",
    "fact draining",
    "fact noticed",
    "fact reclaimed",
    "fact released",
    "fact advised",
    "fact miscarried",
    "fact failed, to be repaired",
    "fact failed for good",
    "fact repaired",
    "fact shock",
    "fact price",
    "fact availability",
    "refusal no such job",
    "refusal not pending",
    "refusal not running",
    "refusal not the gang",
    "refusal no such node",
    "refusal closed",
    "refusal no room",
    "refusal wrong model",
    "refusal wrong market",
    "refusal saving",
    "refusal no stretch",
    "refusal busy",
    "refusal not ready",
    "refusal at minimum",
    "refusal no such offering",
    "refusal over quota",
    "refusal no such set",
    "refusal over maximum",
    "refusal not a replica",
    "refusal replica",
    "refusal not in future",
    "finish drained",
    "finish horizon",
    "finish stuck",
];

impl Reach {
    fn count(&mut self, name: &'static str, times: u64) {
        *self.counts.entry(name).or_default() += times;
    }

    /// Adds the counts of another.
    pub fn add(&mut self, other: &Self) {
        for (name, times) in &other.counts {
            self.count(name, *times);
        }
    }

    /// Every name with its count, those never reached included.
    pub fn rows(&self) -> Vec<(&'static str, u64)> {
        let names = NAMES.into_iter().chain(Event::KINDS);
        names
            .map(|name| (name, self.counts.get(name).copied().unwrap_or(0)))
            .collect()
    }

    /// What was never reached.
    pub fn missing(&self) -> Vec<&'static str> {
        self.rows()
            .into_iter()
            .filter(|(_, times)| *times == 0)
            .map(|(name, _)| name)
            .collect()
    }

    pub(super) fn events(&mut self, counters: &Counters) {
        for (name, times) in Event::KINDS.into_iter().zip(counters.kinds) {
            self.count(name, times);
        }
    }

    pub(super) fn decisions(&mut self, recording: &Recording) {
        for decision in recording.asked.iter().flat_map(|answer| &answer.decisions) {
            self.count(decision_name(decision), 1);
        }
    }

    pub(super) fn finish(&mut self, finish: Finish) {
        let name = match finish {
            Finish::Drained => "finish drained",
            Finish::Horizon => "finish horizon",
            Finish::Stuck => "finish stuck",
        };
        self.count(name, 1);
    }
}

/// Counts facts as they are told.
#[derive(Debug, Default)]
pub(super) struct Watch {
    pub(super) facts: u64,
    pub(super) reach: Reach,
}

impl Observer for Watch {
    fn observe(&mut self, _now: SimTime, fact: &Fact<'_>) {
        self.facts += 1;
        self.reach.count(fact_name(fact), 1);
        if let Fact::Started { seats, .. } = fact
            && seats.iter().any(|seat| !seat.start.is_none())
        {
            self.reach.count("fact started in slices", 1);
        }
        if let Fact::Refused(refusal) = fact {
            self.reach.count(refusal_name(*refusal), 1);
        }
    }

    fn asks_why(&self) -> bool {
        true
    }
}

fn decision_name(decision: &Decision) -> &'static str {
    match decision {
        Decision::Job(JobDecision::Start(..)) => "decision start",
        Decision::Job(JobDecision::Preempt(_)) => "decision preempt",
        Decision::Job(JobDecision::Reseat(..)) => "decision reseat",
        Decision::Job(JobDecision::Pace(..)) => "decision pace",
        Decision::Job(JobDecision::Reject(_)) => "decision reject",
        Decision::Node(NodeDecision::Drain(_)) => "decision drain",
        Decision::Node(NodeDecision::Release(_)) => "decision release",
        Decision::Market(MarketDecision::Request(..)) => "decision request",
        Decision::Service(ServiceDecision::Launch(..)) => "decision launch",
        Decision::Service(ServiceDecision::Retire(_)) => "decision retire",
        Decision::WakeAt(_) => "decision wake",
    }
}

fn fact_name(fact: &Fact<'_>) -> &'static str {
    match fact {
        Fact::Arrived { .. } => "fact arrived",
        Fact::Started { .. } => "fact started",
        Fact::Interrupted {
            cause: Cause::Policy,
            ..
        } => "fact interrupted by policy",
        Fact::Interrupted {
            cause: Cause::Reclaim,
            ..
        } => "fact interrupted by reclaim",
        Fact::Interrupted {
            cause: Cause::Notice,
            ..
        } => "fact interrupted by notice",
        Fact::Interrupted {
            cause: Cause::Failure,
            ..
        } => "fact interrupted by failure",
        Fact::Paced { .. } => "fact paced",
        Fact::Reseated { .. } => "fact reseated",
        Fact::Ended {
            outcome: Outcome::Completed,
            ..
        } => "fact completed",
        Fact::Ended {
            outcome: Outcome::Rejected,
            ..
        } => "fact rejected",
        Fact::Ended {
            outcome: Outcome::Unfinished,
            ..
        } => "fact unfinished",
        Fact::Ended {
            outcome: Outcome::Retired,
            ..
        } => "fact retired",
        Fact::Retiring { .. } => "fact retiring",
        Fact::Worked { .. } => "fact worked",
        Fact::Request { .. } => "fact request",
        Fact::Flow { .. } => "fact flow",
        Fact::Refused(_) => "fact refused",
        Fact::Held { .. } => "fact held",
        Fact::Requested { .. } => "fact requested",
        Fact::Booting { .. } => "fact booting",
        Fact::Ready { .. } => "fact ready",
        Fact::Draining { .. } => "fact draining",
        Fact::Noticed { .. } => "fact noticed",
        Fact::Reclaimed { .. } => "fact reclaimed",
        Fact::Released { .. } => "fact released",
        Fact::Advised { .. } => "fact advised",
        Fact::Miscarried { .. } => "fact miscarried",
        Fact::Failed {
            repaired: Some(_), ..
        } => "fact failed, to be repaired",
        Fact::Failed { repaired: None, .. } => "fact failed for good",
        Fact::Repaired { .. } => "fact repaired",
        Fact::Shock { .. } => "fact shock",
        Fact::Price { .. } => "fact price",
        Fact::Availability { .. } => "fact availability",
    }
}

fn refusal_name(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NoSuchJob(_) => "refusal no such job",
        Refusal::NotPending(_) => "refusal not pending",
        Refusal::NotRunning(_) => "refusal not running",
        Refusal::NotTheGang(_) => "refusal not the gang",
        Refusal::NoSuchNode(_) => "refusal no such node",
        Refusal::Closed(_) => "refusal closed",
        Refusal::NoRoom(_) => "refusal no room",
        Refusal::WrongModel(_) => "refusal wrong model",
        Refusal::WrongMarket(_) => "refusal wrong market",
        Refusal::Saving(_) => "refusal saving",
        Refusal::NoStretch(_) => "refusal no stretch",
        Refusal::Busy(_) => "refusal busy",
        Refusal::NotReady(_) => "refusal not ready",
        Refusal::AtMinimum(_) => "refusal at minimum",
        Refusal::NoSuchOffering(_) => "refusal no such offering",
        Refusal::OverQuota(_) => "refusal over quota",
        Refusal::NoSuchSet(_) => "refusal no such set",
        Refusal::OverMaximum(_) => "refusal over maximum",
        Refusal::NotAReplica(_) => "refusal not a replica",
        Refusal::Replica(_) => "refusal replica",
        Refusal::Unavailable(_) => "refusal unavailable",
        Refusal::NotInFuture(_) => "refusal not in future",
    }
}
