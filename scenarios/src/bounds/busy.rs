//! Mean busy times: the linear programme over when a job is worked on, and half its own time to its end.
//!
//! Also known as the squashed-area bound plus half of the work, here with releases and a machine whose speed changes. It is
//! better than SRPT where jobs are narrow and few wait; the two are not comparable.
//!
//! Assumptions: those of [`super::capacity`].
//!
//! Why no run beats it: the mean busy time of a job is the mean of the instants at which it progresses, weighed by its
//! progress. As it progresses no faster than it does alone, over a span `p`, its end is at least `p / 2` later: progress at
//! most `1 / p` to the end, all of it, is latest on average if it is the last `p`. In one machine in the place of all
//! (`Machine`), the sum of mean busy times is a linear function of what is done when, `∫ t x_j(t) dt / a_j`, and least if
//! the task of the least area always goes first: doing some of a larger one before some of a lesser one that is there only
//! gains by an exchange (M. X. Goemans, M. Queyranne, A. S. Schulz, M. Skutella, Y. Wang, SIAM J. Discrete Math. 15 (2002)).

use super::bound::{Quantity, Relaxation, WORK_UNLESS};
use super::machine::{Machine, Shortest};
use super::problem::{Problem, Unbounded};
use super::srpt::best_of;
use super::steps::half;

/// For tables.
pub const BUSY_TIME: Relaxation = Relaxation {
    name: "mean busy times",
    of: Quantity::FlowTime,
    unless: WORK_UNLESS,
    value,
};

fn value(problem: &Problem) -> Result<u128, Unbounded> {
    best_of(problem, Machine::busy)
}

impl Machine {
    /// The least sum of mean busy times, and half the spans.
    fn busy(&self, problem: &Problem) -> Option<u128> {
        let mut moments = vec![Some(0_u128); self.tasks.len()];
        self.run(Shortest::Whole, |piece| {
            let more = self.speed.moment(piece.from, piece.until);
            let moment = &mut moments[piece.task];
            *moment = moment.zip(more).map(|(moment, more)| moment + more);
        });
        let tasks = self.tasks.iter().zip(moments);
        let means = tasks
            .clone()
            .map(|(task, moment)| Some(moment? / task.area));
        let spans = self
            .tasks
            .iter()
            .map(|task| problem.jobs()[task.job].shortest());
        Some(means.sum::<Option<u128>>()? + half(spans))
    }
}
