//! Capacity: no run ends before the GPUs there are have done what is to be done.
//!
//! Assumes that a gang holds its width while it runs, on one model at a time, and that jobs on one GPU get no more done
//! together than one alone. Holds with interruptions, restarts, slowdown, nodes and racks, which only add to the work or
//! restrict where it is done; and for services beside the jobs, which only take GPUs.
//!
//! Why no run beats it: give the GPUs of each model a worth. Running a job to its end uses GPU time worth at least its width
//! times the least worth of its span on any model (`Machine`). What comes from an instant on can only be done from then on,
//! and until the end no more GPU time passes than there are GPUs. The bound is the largest over all releases and several
//! choices of worths; with a worth of one for the models of a set and none for the others, it is the capacity of that set for
//! the jobs that run nowhere else.

use super::bound::{Quantity, Relaxation, WORK_UNLESS};
use super::machine::Machine;
use super::problem::{Problem, Unbounded};

/// For tables.
pub const CAPACITY: Relaxation = Relaxation {
    name: "capacity",
    of: Quantity::Makespan,
    unless: WORK_UNLESS,
    value,
};

fn value(problem: &Problem) -> Result<u128, Unbounded> {
    let ends = problem.worths().iter().map(|worths| {
        let machine = Machine::new(problem, worths);
        machine.makespan().ok_or(Unbounded::Impossible(None))
    });
    let ends = ends.collect::<Result<Vec<u64>, Unbounded>>()?;
    Ok(ends.into_iter().max().unwrap_or(0).into())
}

impl Machine {
    /// When it has done all, at the earliest.
    fn makespan(&self) -> Option<u64> {
        let mut last = 0;
        let mut later = 0_u128;
        // From the last release back: the work that comes from there on.
        for task in self.tasks.iter().rev() {
            later += task.area;
            let before = self.speed.amount(task.release);
            last = last.max(self.speed.reaches(before + later)?);
        }
        Some(last)
    }
}
