//! SRPT: all GPUs as one machine that does the job with the shortest remaining processing time first.
//!
//! Assumes what [`super::capacity`] does: gangs of a fixed width on one model at a time, and no more work out of a shared GPU.
//! Holds with interruptions, restarts, slowdown, nodes and racks.
//!
//! Why no run beats it: what a run does, one machine with tasks of the jobs' areas can do, in parts (`Machine`); and there no
//! order, however it cuts them up, has completed more tasks at any instant than shortest remaining processing time first, so
//! none has a lesser sum of completion times (L. Schrage, Operations Research 16 (1968)). That its speed changes over time does
//! not matter, as the argument may count in work done instead of time. Jobs that take none of the machine's time are given
//! their own time.

use super::bound::{Quantity, Relaxation, WORK_UNLESS};
use super::machine::{Machine, Shortest};
use super::problem::{Problem, Unbounded};

/// For tables.
pub const SRPT: Relaxation = Relaxation {
    name: "SRPT on one machine",
    of: Quantity::FlowTime,
    unless: WORK_UNLESS,
    value,
};

fn value(problem: &Problem) -> Result<u128, Unbounded> {
    best_of(problem, Machine::srpt)
}

/// The flow time by the best choice of worths: what is said of the machine's tasks, and the own time of the other jobs.
pub(super) fn best_of(
    problem: &Problem,
    completions: impl Fn(&Machine, &Problem) -> Option<u128>,
) -> Result<u128, Unbounded> {
    let released: u128 = problem
        .jobs()
        .iter()
        .map(|job| u128::from(job.release))
        .sum();
    let mut best = 0;
    for worths in problem.worths() {
        let machine = Machine::new(problem, worths);
        let tasks = completions(&machine, problem).ok_or(Unbounded::Impossible(None))?;
        let others = machine.others.iter();
        let others: u128 = others.map(|job| u128::from(problem.ends()[*job])).sum();
        best = best.max((tasks + others).saturating_sub(released));
    }
    Ok(best)
}

impl Machine {
    /// The least sum of the instants at which its tasks are done.
    fn srpt(&self, _problem: &Problem) -> Option<u128> {
        let mut done = vec![0; self.tasks.len()];
        self.run(Shortest::Left, |piece| done[piece.task] = piece.until);
        let ends = done.into_iter().map(|amount| self.speed.reaches(amount));
        ends.map(|end| end.map(u128::from)).sum()
    }
}
