//! The running jobs by estimated end, kept up to date from what changes.

use std::collections::BTreeSet;

use sim_core::engine::{Change, Decision, JobDecision, JobView, View};
use sim_core::units::{JobId, SimTime};

use crate::compose::Desk;

/// The running jobs by estimated end.
#[derive(Clone, Debug, Default)]
pub(super) struct Ends {
    ends: BTreeSet<(SimTime, JobId)>,
    /// By job slot: what is in the set for it.
    listed: Vec<Option<(SimTime, JobId)>>,
}

/// When a running job should end by its estimate; one without an estimate never does.
pub(super) fn end_of(job: &JobView<'_>) -> SimTime {
    job.estimated_end().unwrap_or(SimTime::MAX)
}

/// The jobs started in this plan, whoever started them, by estimated end: what [`Ends`] does not know yet.
pub(super) fn list_fresh(desk: &Desk<'_, '_, '_>, fresh: &mut Vec<(SimTime, JobId)>) {
    fresh.clear();
    for decision in desk.plan.decisions() {
        if let Decision::Job(JobDecision::Start(job, _)) = decision {
            fresh.push((end_of(&desk.job(*job)), *job));
        }
    }
    fresh.sort_unstable();
}

impl Ends {
    /// Takes note of a change.
    pub(super) fn note(&mut self, change: &Change, view: &View<'_>) {
        match change {
            Change::Started(job) => {
                self.remove(*job);
                if let Some(job) = view.job(*job).filter(JobView::is_running) {
                    self.insert(&job);
                }
            }
            Change::Ended(job) | Change::Requeued(job) => self.remove(*job),
            Change::Arrived(_)
            | Change::Node(_)
            | Change::Price(_)
            | Change::Availability(_)
            | Change::Woken => {}
        }
    }

    fn insert(&mut self, job: &JobView<'_>) {
        let (id, end) = (job.id(), end_of(job));
        if self.listed.len() <= id.slot() {
            self.listed.resize(id.slot() + 1, None);
        }
        self.ends.insert((end, id));
        self.listed[id.slot()] = Some((end, id));
    }

    fn remove(&mut self, job: JobId) {
        let Some(listed) = self.listed.get_mut(job.slot()) else {
            return;
        };
        if let Some(entry) = listed.take_if(|(_, id)| *id == job) {
            self.ends.remove(&entry);
        }
    }

    /// Estimated ends in order; one that has passed counts as now.
    pub(super) fn iter(&self, now: SimTime) -> impl Iterator<Item = (SimTime, JobId)> + '_ {
        self.ends
            .iter()
            .map(move |(end, job)| ((*end).max(now), *job))
    }
}
