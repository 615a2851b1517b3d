//! Decisions, and why one is refused.

use crate::model::Allocation;
use crate::units::{JobId, NodeId, OfferingId, SetId, SimTime, Span};

/// What a policy decided, checked against the world and the plan so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// About a job.
    Job(JobDecision),
    /// About a node.
    Node(NodeDecision),
    /// About what to hold.
    Market(MarketDecision),
    /// About the replicas of a service.
    Service(ServiceDecision),
    /// Ask again at this instant.
    WakeAt(SimTime),
}

/// A decision about a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobDecision {
    /// Start it there.
    Start(JobId, Allocation),
    /// Interrupt it; it waits again.
    Preempt(JobId),
    /// Let it go on there, without waiting: with more or fewer tasks, or elsewhere.
    Reseat(JobId, Allocation),
    /// Let it write a checkpoint after each such stretch of work, from its next start on.
    Pace(JobId, Span),
    /// Turn it away for good.
    Reject(JobId),
}

/// A decision about a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeDecision {
    /// Start nothing more on it, and release it when the last job ends.
    Drain(NodeId),
    /// Give it back now; nothing may run on it.
    Release(NodeId),
}

/// A decision about what to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarketDecision {
    /// Ask for this many more machines.
    Request(OfferingId, u32),
}

/// A decision about the replicas of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceDecision {
    /// Launch this many more of a set; they wait to be started like any job.
    Launch(SetId, u32),
    /// Let this replica go when it has done what it has.
    Retire(JobId),
}

/// Why a decision was refused. Nothing of it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// The job has ended, or never was.
    NoSuchJob(JobId),
    /// Only a pending job can be started or rejected.
    NotPending(JobId),
    /// Only a running job can be preempted.
    NotRunning(JobId),
    /// The seats are not the gang: a role has too few or too many tasks, or there is no such role.
    NotTheGang(JobId),
    /// There is no such node.
    NoSuchNode(NodeId),
    /// Nothing may be started on this node: it is absent, booting, draining or noticed.
    Closed(NodeId),
    /// The tasks, or the GPUs asked for by name, do not fit.
    NoRoom(NodeId),
    /// The job does not allow this node's GPU model, its GPUs are not partitioned into the slices asked for, or the gang
    /// would lie on two models.
    WrongModel(NodeId),
    /// The job does not allow this node's market.
    WrongMarket(NodeId),
    /// It saves its state, for a node of its will be taken away.
    Saving(JobId),
    /// A stretch of work between checkpoints takes time.
    NoStretch(JobId),
    /// Jobs run on it.
    Busy(NodeId),
    /// Only a ready node can be drained or released.
    NotReady(NodeId),
    /// The fleet may not shrink below its minimum.
    AtMinimum(OfferingId),
    /// There is no such offering.
    NoSuchOffering(OfferingId),
    /// The fleet may not grow beyond its maximum or its quotas, or nothing was asked for.
    OverQuota(OfferingId),
    /// There is no such set of replicas.
    NoSuchSet(SetId),
    /// The set may not have so many replicas, or none were asked for.
    OverMaximum(SetId),
    /// Only a replica that is to stay can be retired.
    NotAReplica(JobId),
    /// A replica cannot go on elsewhere: another is launched, and it is retired.
    Replica(JobId),
    /// Too many replicas of its service would take no requests.
    Unavailable(JobId),
    /// A wake-up lies in the past, or now.
    NotInFuture(SimTime),
}
