//! The state of a run, apart from what is free: clock, jobs, nodes, offerings, and what changed since the policy was asked.

use std::sync::Arc;

use super::beside::Beside;
use super::headroom::Headroom;
use super::jobs::Jobs;
use super::service::{self, ReplicaSet, Service};
use super::spend::Meter;
use crate::course::Slowdown;
use crate::model::{Budget, Class, Commitment, Offering, Queue, Quota};
use crate::units::{JobId, NodeId, OfferingId, Price, ServiceId, SimTime, Span};
use crate::world::Calendar;

/// All that a run is about and that never changes.
#[derive(Clone, Debug)]
pub struct World {
    /// Fleets.
    pub offerings: Vec<Offering>,
    /// What was committed to, whatever the policy does; only the bill knows them. The first one covers first.
    pub commitments: Vec<Commitment>,
    /// What may be spent; only policies heed them.
    pub budgets: Vec<Budget>,
    /// What offerings may hold together; each leaves the machines that they begin with.
    pub quotas: Vec<Quota>,
    /// Names of the GPU models.
    pub models: Vec<String>,
    /// Tenants.
    pub queues: Vec<Queue>,
    /// Classes of jobs.
    pub classes: Vec<Class>,
    /// Services; a run with any has an end.
    pub services: Vec<Service>,
    /// What they are served on.
    pub sets: Vec<ReplicaSet>,
    /// How jobs that share a GPU slow each other down; without it each runs as if it were alone.
    pub slowdown: Option<Arc<Slowdown>>,
    /// Where the luck of its machines comes from: the same for every policy.
    pub seed: u64,
    /// Time of day and week.
    pub calendar: Calendar,
    /// When the policy is asked.
    pub trigger: Trigger,
    /// When the run stops; `None` lets it drain.
    pub end: Option<SimTime>,
}

/// When the policy is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// At instants that hold something it declared in `wakes_on`.
    Event,
    /// At every multiple of a period, as long as there is or will be something to do.
    Round(Span),
    /// After every single event that is something it declared: of an instant, arrivals come first, then the rest one by one.
    Step,
}

/// Where a node slot stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodePhase {
    /// No machine is in the slot.
    Absent,
    /// Granted and starting.
    Booting,
    /// Jobs may start on it.
    Ready,
    /// No job may start on it; it is released when the last one ends.
    Draining,
    /// It will be taken away at this instant; no job may start on it.
    Noticed(SimTime),
    /// It broke, and will be repaired by this instant; no job may start on it.
    Broken(SimTime),
}

/// A node slot as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) phase: NodePhase,
    /// Machines that were in this slot before; with the slot it names a machine.
    pub(crate) launch: u32,
    /// Whether the policy wants it released when its last job ends: a notice does not change that.
    pub(crate) drains: bool,
    /// Seats of running jobs on it.
    pub(crate) seats: u32,
    /// When the machine in it is ready, while it boots.
    pub(crate) ready: SimTime,
    /// When the provider takes the machine in it, for all that is settled; the end of time if nothing is.
    pub(crate) taken: SimTime,
    /// Whether that is because the provider runs short or a shock hit, and the notice is not seen yet.
    pub(crate) doomed: bool,
    /// When the machine in it breaks.
    pub(crate) fails: SimTime,
    /// How often it was repaired.
    pub(crate) repairs: u32,
}

impl Node {
    /// Whether a machine is in it of which nobody was told that it will be taken away.
    pub(crate) fn may_be_lost(&self) -> bool {
        match self.phase {
            NodePhase::Booting | NodePhase::Ready | NodePhase::Draining | NodePhase::Broken(_) => {
                true
            }
            NodePhase::Absent | NodePhase::Noticed(_) => false,
        }
    }
}

/// An offering as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Supply {
    /// The node id of its first slot.
    pub(crate) first: u32,
    /// Most machines that may ever be held, as its maximum and its quotas leave.
    pub(crate) most: u32,
    /// Machines held: booting, ready, draining or noticed.
    pub(crate) held: u32,
    /// Those among them that are draining or noticed.
    pub(crate) leaving: u32,
    pub(crate) price: Price,
    pub(crate) available: u32,
    /// Nano-dollars an hour x microseconds spent on what was held, up to `metered`.
    pub(crate) spent: u128,
    pub(crate) metered: SimTime,
}

impl Supply {
    /// Brings what was spent up to `now`, before the price or what is held changes.
    pub(crate) fn meter(&mut self, now: SimTime) {
        self.spent = self.spent_by(now);
        self.metered = now;
    }

    /// Nano-dollars an hour x microseconds spent by `now`.
    pub(crate) fn spent_by(&self, now: SimTime) -> u128 {
        let us = u128::from(now.since(self.metered).us());
        self.spent + us * self.rate()
    }

    /// Nano-dollars an hour for what is held.
    pub(crate) fn rate(&self) -> u128 {
        u128::from(self.price.nanousd_h()) * u128::from(self.held)
    }
}

/// Something that happened since the policy was last asked, its own decisions included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A job was submitted.
    Arrived(JobId),
    /// A job was interrupted, by the policy or by the loss of a node, and waits again.
    Requeued(JobId),
    /// A job was started.
    Started(JobId),
    /// A running job goes on in other seats.
    Reseated(JobId),
    /// A job ended and is gone.
    Ended(JobId),
    /// A node slot changed its phase.
    Node(NodeId),
    /// A price stepped.
    Price(OfferingId),
    /// An availability stepped.
    Availability(OfferingId),
    /// A request came to a service that has no replica and is to get none.
    Waiting(ServiceId),
    /// A moment came that the policy had asked for.
    Woken,
}

/// The state of a run, apart from what is free.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) world: Arc<World>,
    pub(crate) now: SimTime,
    pub(crate) jobs: Jobs,
    pub(crate) nodes: Vec<Node>,
    pub(crate) supply: Vec<Supply>,
    /// By budget: what was spent so far.
    pub(crate) meters: Vec<Meter>,
    /// What quotas leave.
    pub(crate) headroom: Headroom,
    /// Services as they stand.
    pub(crate) services: Vec<service::ServiceState>,
    /// Who shares GPUs, where that slows them down.
    pub(crate) beside: Option<Box<Beside>>,
    pub(crate) changes: Vec<Change>,
}

impl State {
    /// Brings what was spent on an offering up to now, before its price or what is held of it changes.
    pub(crate) fn meter(&mut self, offering: OfferingId) {
        self.supply[offering.index()].meter(self.now);
        for (meter, budget) in self.meters.iter_mut().zip(&self.world.budgets) {
            if budget.covers.contains(&offering) {
                meter.note(
                    self.now,
                    super::spend::total(&self.supply, budget, self.now),
                );
            }
        }
    }
}
