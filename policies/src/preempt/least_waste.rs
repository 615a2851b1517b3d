//! Preemption by what it wastes: a waiting job of high priority takes the place of running ones of low priority that lose the
//! least GPU time by it, restoring included.

use sim_core::engine::JobView;
use sim_core::model::Keep;
use sim_core::units::{JobId, SimTime, Span};

use super::{Preempt, room};
use crate::compose::Desk;
use crate::order::Order;

/// Preemption by what it wastes.
#[derive(Clone, Copy, Debug)]
pub struct LeastWaste {
    /// Jobs of this priority and above are high.
    pub high: i32,
    /// Most jobs for which room is made at an instant.
    pub depth: u32,
}

impl Preempt for LeastWaste {
    fn relieve(&mut self, desk: &mut Desk<'_, '_, '_>) -> bool {
        let (now, mut relieved) = (desk.view.now(), false);
        let mut pending = desk.view.pending();
        if !pending.any(|job| job.priority() >= self.high) {
            return false;
        }
        let waiting = desk.queue.jobs().into_iter();
        let high: Vec<JobId> = waiting
            .filter(|job| desk.job(*job).priority() >= self.high)
            .take(usize::try_from(self.depth).unwrap_or(usize::MAX))
            .collect();
        for head in high {
            let running = desk.view.running();
            let low = running.filter(|job| job.priority() < self.high);
            let mut victims: Vec<(u128, JobId)> = low
                .filter(|job| desk.plan.is_running(job.id()))
                .map(|job| (waste(&job, now), job.id()))
                .collect();
            victims.sort_unstable();
            let victims: Vec<JobId> = victims.into_iter().map(|(_, job)| job).collect();
            if !room::make(desk, head, &victims) {
                break;
            }
            relieved = true;
        }
        relieved
    }

    fn quantum(&self, _order: &dyn Order) -> Option<Span> {
        None
    }

    fn fork(&self) -> Box<dyn Preempt> {
        Box::new(*self)
    }
}

/// GPU time that is lost if a running job is interrupted now, for all that is to be seen: work since the last checkpoint, and
/// the next start.
fn waste(job: &JobView<'_>, now: SimTime) -> u128 {
    let checkpoint = job.checkpoint();
    let started = job.started().unwrap_or(now);
    let setup = if job.attempts() > 1 {
        checkpoint.restore
    } else {
        checkpoint.setup
    };
    let worked = now.since(started).saturating_sub(setup);
    let every = job.paced().or(match checkpoint.keep {
        Keep::Every(every) | Keep::Either(every, _) => Some(every),
        Keep::All | Keep::Nothing | Keep::Steps(_) => None,
    });
    let unsaved = match (checkpoint.keep, every) {
        (Keep::All, _) => Span::ZERO,
        (_, Some(every)) => Span::from_us(worked.us() % every.us().max(1)).unwrap_or(worked),
        (_, None) => worked,
    };
    let lost = unsaved.saturating_add(checkpoint.restore);
    u128::from(lost.us()) * u128::from(job.gang().gpu_milli())
}
