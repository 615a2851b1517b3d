//! The running jobs by estimated end, kept up to date from what changes.

use sim_core::engine::{Change, Decision, JobDecision, JobView, View};
use sim_core::units::{JobId, SimTime};

use crate::compose::Desk;
use crate::runs::Runs;

/// The running jobs by estimated end.
#[derive(Clone, Debug, Default)]
pub(super) struct Ends {
    ends: Runs,
    /// By job slot: what is in the set for it.
    listed: Vec<Option<(SimTime, JobId)>>,
}

/// An end and whose, in one integer of that order.
fn packed(end: SimTime, job: JobId) -> u128 {
    u128::from(end.us()) << 64 | u128::from(job.packed())
}

fn unpacked(packed: u128) -> (SimTime, JobId) {
    let half = |half: u128| u64::try_from(half & u128::from(u64::MAX)).expect("64 bits");
    let end = SimTime::from_us(half(packed >> 64)).expect("made of an instant");
    (end, JobId::unpack(half(packed)))
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
            Change::Started(job) | Change::Reseated(job) => {
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
            | Change::Waiting(_)
            | Change::Woken => {}
        }
    }

    fn insert(&mut self, job: &JobView<'_>) {
        let (id, end) = (job.id(), end_of(job));
        if self.listed.len() <= id.slot() {
            self.listed.resize(id.slot() + 1, None);
        }
        self.ends.insert(packed(end, id));
        self.listed[id.slot()] = Some((end, id));
    }

    fn remove(&mut self, job: JobId) {
        let Some(listed) = self.listed.get_mut(job.slot()) else {
            return;
        };
        if let Some((end, job)) = listed.take_if(|(_, id)| *id == job) {
            self.ends.remove(packed(end, job));
        }
    }

    /// Estimated ends in order; one that has passed counts as now.
    pub(super) fn iter(&self, now: SimTime) -> impl Iterator<Item = (SimTime, JobId)> + '_ {
        self.ends.iter().map(move |entry| {
            let (end, job) = unpacked(entry);
            (end.max(now), job)
        })
    }
}
