//! What an audit found: rules, violations of them, and the report.

use std::fmt;

use crate::units::SimTime;

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Time never decreases, and nothing is told after the end.
    Clock,
    /// Jobs arrive at the time they state, numbered in order, each once.
    Arrival,
    /// A job is in exactly one state, and moves only along the state graph.
    JobState,
    /// A gang is seated whole or not at all.
    Gang,
    /// A gang lies on one GPU model, and on one that its job allows.
    Model,
    /// A task lies on a node got on a market that it allows.
    Market,
    /// Jobs start only on nodes that are ready.
    Closed,
    /// A seat names as many GPUs of its node as its tasks need.
    GpuCount,
    /// A GPU is in one allocation, and the shares of one sum to at most 1000.
    GpuTwice,
    /// Slices are of a GPU that is partitioned into such, where they may start, side by side; on it is nothing else.
    Partition,
    /// A node gives no more CPU than it has.
    Cpu,
    /// A node gives no more memory than it has.
    Memory,
    /// A job that starts after an interruption works only when it has restored, any other at once.
    Restore,
    /// A job completes when its work is done, not before.
    Early,
    /// A job completes when its work is done, not after.
    Late,
    /// What is kept and what is lost of an attempt is the time it worked.
    WorkingTime,
    /// What outlives an interruption is what the class says.
    Keep,
    /// Jobs are left unfinished only at the horizon, or when nothing runs that will ever end.
    Unfinished,
    /// A node moves only along its life cycle.
    NodeState,
    /// The nodes of time zero are there before anything else.
    Furnishing,
    /// Machines take the lowest slot without one, and are counted by slot.
    Slot,
    /// A machine is ready when it has booted: at that time, and not unsaid.
    Boot,
    /// The provider grants what it has, and each machine of a grant boots.
    Grant,
    /// A fleet stays within its maximum and its quotas, and no policy shrinks it below its minimum.
    Quota,
    /// What is held beyond availability is noticed, highest slot first, and nothing else is.
    Notice,
    /// What chance decides about machines and pools happens when it was drawn to, and not otherwise.
    Luck,
    /// A noticed node is taken away at the time it was told, empty.
    Reclaim,
    /// A node that drains is released with its last job, and no node with jobs is released.
    Drain,
    /// A standing fleet asks for what it lacks when availability steps.
    Standing,
    /// Prices and availability step as their curves do.
    Curve,
    /// GPU time owned is GPU time allocated, idle, booting and leaving.
    GpuTime,
    /// Replicas of a service are no more than it may have, and go when they were told to.
    Replica,
    /// A request that came ends once, in order of time, and is served by a replica that works.
    Request,
    /// What flows to a service is what comes to it, stretch after stretch, and is served by replicas that work.
    Flow,
    /// Jobs that arrived have completed, were rejected, or are unfinished.
    Balance,
    /// The jobs' times in the system add up to the integral of their number.
    Little,
}

/// A rule that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The instant of the fact that showed it.
    pub at: SimTime,
    /// Which rule.
    pub rule: Rule,
    /// What was seen.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}: {}", self.at, self.rule, self.detail)
    }
}

/// GPU time in thousandths of a GPU x microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GpuTime {
    /// Of machines held, from grant to loss.
    pub owned: u128,
    /// Held by running jobs.
    pub allocated: u128,
    /// Free on nodes that are ready.
    pub idle: u128,
    /// Of machines that boot.
    pub booting: u128,
    /// Free on nodes that drain or are noticed.
    pub leaving: u128,
}

/// What an audit saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Facts told, explanations included.
    pub facts: u64,
    /// Different instants.
    pub instants: u64,
    /// Jobs submitted.
    pub arrived: u64,
    /// Jobs that ended with all their work done.
    pub completed: u64,
    /// Jobs that were turned away.
    pub rejected: u64,
    /// Replicas that were let go.
    pub retired: u64,
    /// Requests that ended.
    pub requests: u64,
    /// Stretches of services of rates.
    pub flows: u64,
    /// Jobs that the run left behind.
    pub unfinished: u64,
    /// Interruptions, whatever their cause.
    pub interrupted: u64,
    /// Refusals that the policy took no notice of.
    pub refusals: u64,
    /// Where the GPU time went.
    pub gpu: GpuTime,
    /// Microseconds that jobs spent in the system.
    pub sojourn_us: u128,
    /// The first violations.
    pub violations: Vec<Violation>,
    /// Violations beyond those kept.
    pub dropped: u64,
}

impl Report {
    /// Whether every rule held.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    /// Violations kept: a broken rule tends to break others for the rest of the run.
    const KEPT: usize = 100;

    pub(super) fn blame(&mut self, at: SimTime, rule: Rule, detail: String) {
        if self.violations.len() < Self::KEPT {
            self.violations.push(Violation { at, rule, detail });
        } else {
            self.dropped += 1;
        }
    }
}
