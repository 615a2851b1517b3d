//! Of two on the same GPUs, the one that is left when the other is done would go on faster than the published simulator credits
//! it: it stops as soon as it has done the steps of its round.

use sim_core::engine::{JobView, Plan, View};
use sim_core::units::Span;

use super::policy::Gavel;

impl Gavel {
    /// While a round of the published simulator goes on.
    pub(super) fn hold_back(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        let Some(round) = self.round.as_ref().filter(|_| self.faithful.is_some()) else {
            return;
        };
        for part in &round.parts {
            let left_alone = round.mate(part).is_some_and(|mate| mate.ended.is_some());
            let runs = view.job(part.job).filter(JobView::is_running);
            let (Some(job), Some(task), true) = (runs, part.task, left_alone) else {
                continue;
            };
            let Some(member) = self.ledger.members.get(&part.job) else {
                continue;
            };
            let until = super::ledger::Ledger::whole(member.done) + task.steps;
            let left = until.saturating_sub(job.steps_done().unwrap_or(until));
            let span = job.span_of_steps(left, self.ledger.models[part.model].id);
            let span = span.unwrap_or(Span::ZERO);
            let due = view.now().saturating_add(span);
            if left == 0 {
                plan.preempt(part.job).expect("it runs");
            } else if due < round.due {
                plan.wake_at(due).expect("a step takes time");
            }
        }
    }
}
