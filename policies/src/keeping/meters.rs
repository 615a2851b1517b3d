//! Meters of replicas: what each did between two looks.

use std::collections::BTreeMap;

use sim_core::engine::ReplicaView;
use sim_core::serve::Gauge;
use sim_core::units::{JobId, SimTime, Span};

/// What the meters showed at the last look.
#[derive(Clone, Debug, Default)]
pub(super) struct Meters {
    last: SimTime,
    /// By replica that took requests: time at work, and iterations.
    read: BTreeMap<JobId, (Span, u64)>,
}

/// A look at the meters: whoever is not looked at is forgotten.
pub(super) struct Look<'a> {
    now: SimTime,
    last: SimTime,
    before: BTreeMap<JobId, (Span, u64)>,
    read: &'a mut BTreeMap<JobId, (Span, u64)>,
}

/// What a replica did since the last look, or since it was ready if that is later.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    /// For how long it took requests.
    pub(super) time: Span,
    /// Time at work, summed over its servers.
    pub(super) busy: Span,
    /// Iterations or batches.
    pub(super) steps: u64,
}

impl Meters {
    /// When they were looked at last.
    pub(super) fn last(&self) -> SimTime {
        self.last
    }

    /// Looks at them now.
    pub(super) fn look(&mut self, now: SimTime) -> Look<'_> {
        Look {
            now,
            last: std::mem::replace(&mut self.last, now),
            before: std::mem::take(&mut self.read),
            read: &mut self.read,
        }
    }
}

impl Look<'_> {
    /// What a replica did; nothing if it takes no requests.
    pub(super) fn at(&mut self, replica: &ReplicaView<'_>) -> Option<Done> {
        let (Gauge { busy, steps, .. }, ready) = (replica.gauge?, replica.ready?);
        let job = replica.job.id();
        self.read.insert(job, (busy, steps));
        // One that has started anew since then begins at nothing.
        let before = self.before.get(&job).filter(|_| ready <= self.last);
        let (worked, stepped) = before.copied().unwrap_or_default();
        Some(Done {
            time: self.now.since(ready.max(self.last)),
            busy: busy.saturating_sub(worked),
            steps: steps.saturating_sub(stepped),
        })
    }
}
