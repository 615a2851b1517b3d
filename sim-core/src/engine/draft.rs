//! A plan in the making: decisions so far, and how to take them back.

use super::capacity::Capacity;
use super::decision::{Decision, JobDecision, Refusal};
use super::headroom::Headroom;
use super::reason::{Reason, Whom};
use crate::model::{Demand, Seat};
use crate::units::{JobId, NodeId, OfferingId, SetId};

/// A point in a plan to go back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    undo: usize,
    decisions: usize,
    refusals: usize,
    holds: usize,
}

/// What a plan made of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing yet.
    Open,
    Starts,
    /// Preempted, so pending within the plan.
    Stops,
    /// Goes on elsewhere, or larger, or smaller.
    Moves,
    Rejected,
}

/// How to take one step back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Undo {
    Take(Seat, Demand),
    Give(Seat, Demand),
    Close(NodeId),
    /// A node is closed for this plan only.
    Aside(NodeId),
    Requested(OfferingId, u32),
    /// A node leaves: now, or when its last job has ended.
    Leaves(OfferingId, bool),
    /// Quotas are reckoned with so many machines held instead of so many.
    Held(OfferingId, u32, u32),
    Fate(JobId, Fate),
    /// Replicas are launched.
    Launched(SetId, u32),
    /// A replica is to go.
    Retired(JobId),
}

/// What a plan made of an offering.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// Machines asked for.
    pub(crate) requested: u32,
    /// Machines that leave.
    pub(crate) leaves: u32,
    /// Those of them that are gone with the plan.
    pub(crate) gone: u32,
}

/// A plan in the making.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    undo: Vec<Undo>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) refusals: Vec<Refusal>,
    pub(crate) holds: Vec<(Whom, Reason)>,
    /// The same of the plan that was committed last.
    pub(crate) said: Vec<(Whom, Reason)>,
    /// Whether anybody wants to know.
    pub(crate) asks_why: bool,
    /// Whether anything has happened since then.
    pub(crate) unheard: bool,
    /// Times that it was said that a budget comes to its end.
    pub(crate) alerts: u32,
    /// Nodes that are closed for this plan only.
    aside: Vec<NodeId>,
    /// By job slot: the plan in which a fate was set, and the fate.
    fates: Vec<(u64, Fate)>,
    /// By offering.
    pub(crate) tallies: Vec<Tally>,
    /// What quotas leave.
    pub(crate) headroom: Headroom,
    /// By set: replicas that are launched.
    pub(crate) launches: Vec<u32>,
    /// Replicas that are to go.
    pub(crate) retired: Vec<JobId>,
    /// Whether some tally is not zero: few plans touch the fleet.
    tallied: bool,
    /// Number of this plan: fates of earlier ones do not count.
    number: u64,
}

impl Draft {
    /// An empty plan over `offerings` offerings and `sets` sets of replicas, and jobs of up to `slots` slots.
    pub(crate) fn begin(
        &mut self,
        (offerings, sets): (usize, usize),
        slots: usize,
        headroom: &Headroom,
    ) {
        self.number += 1;
        self.retired.clear();
        self.launches.clear();
        self.launches.resize(sets, 0);
        self.headroom.copy(headroom);
        if self.tallied || self.tallies.len() != offerings {
            self.tallies.clear();
            self.tallies.resize(offerings, Tally::default());
            self.tallied = false;
        }
        if self.fates.len() < slots {
            self.fates.resize(slots, (0, Fate::Open));
        }
    }

    /// What this plan made of `job`.
    pub(crate) fn fate(&self, job: JobId) -> Fate {
        match self.fates.get(job.slot()) {
            Some((number, fate)) if *number == self.number => *fate,
            Some(_) | None => Fate::Open,
        }
    }

    pub(crate) fn set_fate(&mut self, job: JobId, fate: Fate) {
        self.undo.push(Undo::Fate(job, self.fate(job)));
        self.fates[job.slot()] = (self.number, fate);
    }

    pub(crate) fn take(&mut self, capacity: &mut Capacity, seat: Seat, demand: Demand) {
        capacity.take(&seat, &demand);
        self.undo.push(Undo::Take(seat, demand));
    }

    /// Adds a seat to the start, or to the move, that was decided last.
    pub(crate) fn grant(&mut self, seat: Seat) {
        let last = self.decisions.last_mut();
        let Some(Decision::Job(
            JobDecision::Start(_, allocation) | JobDecision::Reseat(_, allocation),
        )) = last
        else {
            unreachable!("seats are granted to a start or a move")
        };
        allocation.seats.push(seat);
    }

    pub(crate) fn give(&mut self, capacity: &mut Capacity, seat: Seat, demand: Demand) {
        capacity.give(&seat, &demand);
        self.undo.push(Undo::Give(seat, demand));
    }

    pub(crate) fn close(&mut self, capacity: &mut Capacity, node: NodeId) {
        capacity.close(node);
        self.undo.push(Undo::Close(node));
    }

    pub(crate) fn set_aside(&mut self, capacity: &mut Capacity, node: NodeId) {
        capacity.close(node);
        self.aside.push(node);
        self.undo.push(Undo::Aside(node));
    }

    pub(crate) const fn sets_aside(&self) -> bool {
        !self.aside.is_empty()
    }

    pub(crate) fn request(&mut self, offering: OfferingId, count: u32) {
        self.tallied = true;
        self.tallies[offering.index()].requested += count;
        self.undo.push(Undo::Requested(offering, count));
    }

    pub(crate) fn launch(&mut self, set: SetId, count: u32) {
        self.launches[set.index()] += count;
        self.undo.push(Undo::Launched(set, count));
    }

    pub(crate) fn retire(&mut self, job: JobId) {
        self.retired.push(job);
        self.undo.push(Undo::Retired(job));
    }

    /// The plan holds `to` machines of an offering instead of `from`.
    pub(crate) fn hold(&mut self, offering: OfferingId, from: u32, to: u32) {
        if self.headroom.binds() {
            self.headroom.shift(offering, from, to);
            self.undo.push(Undo::Held(offering, from, to));
        }
    }

    pub(crate) fn leave(&mut self, offering: OfferingId, gone: bool) {
        self.tallied = true;
        self.tallies[offering.index()].leaves += 1;
        self.tallies[offering.index()].gone += u32::from(gone);
        self.undo.push(Undo::Leaves(offering, gone));
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            undo: self.undo.len(),
            decisions: self.decisions.len(),
            refusals: self.refusals.len(),
            holds: self.holds.len(),
        }
    }

    /// Takes back all that came after `mark`. Panics on a mark of an earlier plan.
    pub(crate) fn rollback(&mut self, capacity: &mut Capacity, mark: Mark) {
        assert!(mark.undo <= self.undo.len(), "a mark of this plan");
        assert!(
            mark.decisions <= self.decisions.len(),
            "a mark of this plan"
        );
        while self.undo.len() > mark.undo {
            match self.undo.pop().expect("longer than the mark") {
                Undo::Take(seat, demand) => capacity.give(&seat, &demand),
                Undo::Give(seat, demand) => capacity.take(&seat, &demand),
                Undo::Close(node) => capacity.open(node),
                Undo::Aside(node) => {
                    capacity.open(node);
                    self.aside.pop();
                }
                Undo::Requested(offering, count) => {
                    self.tallies[offering.index()].requested -= count;
                }
                Undo::Leaves(offering, gone) => {
                    self.tallies[offering.index()].leaves -= 1;
                    self.tallies[offering.index()].gone -= u32::from(gone);
                }
                Undo::Held(offering, from, to) => self.headroom.shift(offering, to, from),
                Undo::Launched(set, count) => self.launches[set.index()] -= count,
                Undo::Retired(job) => self.retired.retain(|retired| *retired != job),
                Undo::Fate(job, fate) => self.fates[job.slot()] = (self.number, fate),
            }
        }
        self.decisions.truncate(mark.decisions);
        self.refusals.truncate(mark.refusals);
        self.holds.truncate(mark.holds);
    }

    /// Takes back everything: a plan that was opened and not committed leaves no trace.
    pub(crate) fn abandon(&mut self, capacity: &mut Capacity) {
        self.alerts = 0;
        let explained = self.refusals.is_empty() && self.holds.is_empty();
        if explained && self.undo.is_empty() && self.decisions.is_empty() {
            return;
        }
        let start = Mark {
            undo: 0,
            decisions: 0,
            refusals: 0,
            holds: 0,
        };
        self.rollback(capacity, start);
    }

    /// Forgets how to go back: what was decided stands, and what was set aside for the plan is there again.
    pub(crate) fn seal(&mut self, capacity: &mut Capacity) {
        self.undo.clear();
        for node in self.aside.drain(..) {
            capacity.open(node);
        }
    }
}
