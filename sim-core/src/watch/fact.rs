//! Facts: what has happened, and is public.

use crate::engine::{Reason, Refusal, Scene, Whom};
use crate::model::{Job, Seat};
use crate::serve::Completion;
use crate::serve::fluid::Passed;
use crate::units::{JobId, NodeId, OfferingId, Price, ServiceId, SetId, SimTime, Span};

/// Why a running job was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The policy wanted it so.
    Policy,
    /// A node under it was taken away.
    Reclaim,
    /// A node under it will be taken away; it has saved its state in time.
    Notice,
    /// A node under it broke.
    Failure,
}

/// How an attempt passed, from the start (or the last change of its seats) to the stop. All but `stall` add up to its length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Setting up: at the first start, after an interruption, after a change of seats.
    pub restore: Span,
    /// Work that is kept.
    pub kept: Span,
    /// Work that is lost.
    pub lost: Span,
    /// Writing checkpoints, while the work stands still.
    pub dump: Span,
    /// Of the work, kept or lost, the time in which data was waited for.
    pub stall: Span,
}

impl Spent {
    /// All of it.
    pub fn total(&self) -> Span {
        self.restore + self.kept + self.lost + self.dump
    }

    /// Parts that add up to its length: setting up, work kept, work lost, writing, and waiting for data, which is taken from the
    /// work that was kept and lost in proportion.
    pub fn parts(&self) -> [Span; 5] {
        let worked = u128::from((self.kept + self.lost).us());
        let of_kept = u128::from(self.stall.us()) * u128::from(self.kept.us());
        let of_kept = of_kept.checked_div(worked).unwrap_or(0);
        let of_kept = u64::try_from(of_kept).ok().and_then(Span::from_us);
        let of_kept = of_kept.unwrap_or(Span::ZERO);
        let of_lost = self.stall.saturating_sub(of_kept);
        [
            self.restore,
            self.kept.saturating_sub(of_kept),
            self.lost.saturating_sub(of_lost),
            self.dump,
            self.stall,
        ]
    }
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// All its work is done.
    Completed,
    /// The policy turned it away.
    Rejected,
    /// A replica that the policy let go.
    Retired,
    /// The run ended first.
    Unfinished,
}

/// Something that happened, at the instant it is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fact<'a> {
    /// A job was submitted.
    Arrived {
        /// The job.
        job: JobId,
        /// What it is.
        spec: &'a Job,
        /// The set of which it is a replica.
        set: Option<SetId>,
    },
    /// A replica takes no more requests, and ends when it has done what it has.
    Retiring {
        /// The replica.
        job: JobId,
    },
    /// A replica that took requests is about to stop.
    Worked {
        /// The replica.
        job: JobId,
        /// For how long it was at work since it was ready, on average over its servers.
        busy: Span,
    },
    /// A request ended: not later than it is told, and told before its service is looked at or changed.
    Request {
        /// Of which service.
        service: ServiceId,
        /// How.
        completion: &'a Completion,
    },
    /// A stretch of a service of rates has passed: told before the service is looked at or changed, each after the one before.
    Flow {
        /// Of which service.
        service: ServiceId,
        /// What flowed.
        passed: &'a Passed,
    },
    /// A job was started.
    Started {
        /// The job.
        job: JobId,
        /// Where it lies.
        seats: &'a [Seat],
        /// From when on it works: later than now if it has to set up first.
        works: SimTime,
    },
    /// A policy chose the stretch of work after which a job writes a checkpoint, from its next start on.
    Paced {
        /// The job.
        job: JobId,
        /// The stretch.
        every: Span,
    },
    /// A running job goes on in other seats, without having waited.
    Reseated {
        /// The job.
        job: JobId,
        /// Where it lies from now on.
        seats: &'a [Seat],
        /// From when on it works again.
        works: SimTime,
        /// How the time in its old seats passed.
        spent: Spent,
    },
    /// A running job was interrupted and waits again.
    Interrupted {
        /// The job.
        job: JobId,
        /// Why.
        cause: Cause,
        /// How the attempt passed.
        spent: Spent,
    },
    /// A job ended.
    Ended {
        /// The job.
        job: JobId,
        /// How.
        outcome: Outcome,
        /// How the attempt passed that ran; nothing if it waited.
        spent: Spent,
    },
    /// A decision was refused and the policy took no notice.
    Refused(Refusal),
    /// A policy said why it holds jobs back; told where somebody [asks why](Observer::asks_why).
    Held {
        /// Whom.
        whom: Whom,
        /// Why.
        reason: Reason,
    },
    /// Machines were asked for.
    Requested {
        /// Of which offering.
        offering: OfferingId,
        /// How many.
        asked: u32,
        /// How many the provider has; each of them is told as booting.
        granted: u32,
    },
    /// A machine was granted, is paid for from now on, and starts.
    Booting {
        /// In which slot.
        node: NodeId,
        /// Which machine of that slot, counted from zero.
        launch: u32,
        /// When it will be ready.
        ready: SimTime,
    },
    /// Jobs may start on a node.
    Ready {
        /// The node.
        node: NodeId,
        /// Which machine of that slot, counted from zero.
        launch: u32,
    },
    /// No more jobs start on a node; it is released when the last one ends.
    Draining {
        /// The node.
        node: NodeId,
    },
    /// A node will be taken away.
    Noticed {
        /// The node.
        node: NodeId,
        /// When.
        at: SimTime,
    },
    /// A node was taken away.
    Reclaimed {
        /// The node.
        node: NodeId,
    },
    /// The provider advises to leave a node: it may be taken away soon.
    Advised {
        /// The node.
        node: NodeId,
    },
    /// A machine that was granted did not come up, and is gone. Nobody pays for it.
    Miscarried {
        /// In which slot.
        node: NodeId,
    },
    /// A node broke.
    Failed {
        /// The node.
        node: NodeId,
        /// When it will be repaired; none if it is gone for good.
        repaired: Option<SimTime>,
    },
    /// A node that broke may be started on again.
    Repaired {
        /// The node.
        node: NodeId,
    },
    /// A shock hit a pool; each node that it takes is noticed.
    Shock {
        /// Of which offering.
        offering: OfferingId,
    },
    /// A node was given back.
    Released {
        /// The node.
        node: NodeId,
    },
    /// A price stepped.
    Price {
        /// Of which offering.
        offering: OfferingId,
        /// The price from now on.
        price: Price,
    },
    /// The number of machines a provider has stepped.
    Availability {
        /// Of which offering.
        offering: OfferingId,
        /// Machines from now on.
        nodes: u32,
    },
}

/// Someone who watches facts.
pub trait Observer {
    /// Told of each fact, in order.
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>);

    /// Whether it wants to know why jobs wait: then policies say so, and it is shown how time passes.
    fn asks_why(&self) -> bool {
        false
    }

    /// Shown how things stand from now to `until`, which is later, wherever the clock moves; if anybody asks why.
    fn passes(&mut self, _until: SimTime, _scene: &Scene<'_>) {}
}

/// Nobody watches.
impl Observer for () {
    fn observe(&mut self, _now: SimTime, _fact: &Fact<'_>) {}
}

/// Somebody watches, or nobody.
impl<A: Observer> Observer for Option<A> {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if let Some(watch) = self {
            watch.observe(now, fact);
        }
    }

    fn asks_why(&self) -> bool {
        self.as_ref().is_some_and(Observer::asks_why)
    }

    fn passes(&mut self, until: SimTime, scene: &Scene<'_>) {
        if let Some(watch) = self {
            watch.passes(until, scene);
        }
    }
}

/// Two watch: the first is told first.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        self.0.observe(now, fact);
        self.1.observe(now, fact);
    }

    fn asks_why(&self) -> bool {
        self.0.asks_why() || self.1.asks_why()
    }

    fn passes(&mut self, until: SimTime, scene: &Scene<'_>) {
        self.0.passes(until, scene);
        self.1.passes(until, scene);
    }
}

impl<O: Observer + ?Sized> Observer for &mut O {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        (**self).observe(now, fact);
    }

    fn asks_why(&self) -> bool {
        (**self).asks_why()
    }

    fn passes(&mut self, until: SimTime, scene: &Scene<'_>) {
        (**self).passes(until, scene);
    }
}
