//! Water filling: max-min fairness, and then again among those who can have more, until nobody can; over tenants and their jobs
//! where there are tenants (Gavel's hierarchical policies).

use super::by_program::{ByProgram, Objective};
use super::tenants::{Within, weights};
use super::{Ask, room};
use crate::solve::{Desk, Program, Solution};

/// Water filling.
pub type WaterFilling = ByProgram<Levels>;

/// The least level, then the next.
#[derive(Clone, Copy, Debug)]
pub struct Levels {
    within: Within,
}

/// Who can rise by this part, and by as much again on its own, is not full. The authors' program has the same bounds.
const RISE: f64 = 1e-4;
const RISE_ALONE: f64 = 1e-5;
/// A level that was reached is held to this part of it, as solvers reach it only nearly.
const HELD: f64 = 1.0 - 1e-7;

impl WaterFilling {
    /// Whether it looks at speeds, whether shares are taken as the solver leaves them, and how tenants share.
    pub fn new(by_speed: bool, raw: bool, within: Within) -> Self {
        Self::of(Levels { within }, by_speed, raw)
    }
}

impl Objective for Levels {
    const NAME: &'static str = "gavel-water-filling";

    /// Raises everybody in turn, until all are full.
    fn solution(&self, ask: &Ask, desk: &mut Desk) -> Option<Solution> {
        let count = ask.claimants.len();
        let equal: Vec<f64> = (0..count).map(|at| room::proportional(ask, at)).collect();
        // Who runs nowhere has all that it can have.
        let mut full: Vec<bool> = equal.iter().map(|speed| *speed <= 0.0).collect();
        let mut level = vec![0.0; count];
        let mut best = None;
        while full.contains(&false) {
            let weights = weights(ask, self.within, &full);
            let counts = |at: usize| weights[at] / ask.claimants[at].gpus;
            let active: Vec<usize> = (0..count).filter(|at| weights[*at] > 0.0).collect();
            // All rise together, each by what it counts for, as far as can be.
            let mut program = held(ask, &equal, &level, 1);
            let rise = room::columns(ask);
            program.cost(rise, -1.0);
            for at in &active {
                let mut row = room::speed(ask, *at, -1.0 / equal[*at]);
                row.push((rise, counts(*at)));
                program.at_most(&row, -level[*at]);
            }
            let Some(solution) = desk.solve(program) else {
                break;
            };
            for at in &active {
                level[*at] += solution.values[rise].max(0.0) * counts(*at);
            }
            best = Some(solution);
            let rising = rising(ask, (&equal, &level), &active, desk);
            let before = full.clone();
            for (at, rises) in active.iter().zip(rising) {
                full[*at] = !rises;
            }
            if before == full {
                break;
            }
        }
        best
    }
}

/// Who of the active could have more: all those at once that alone could, as shares may be mixed.
fn rising(
    ask: &Ask,
    (equal, level): (&[f64], &[f64]),
    active: &[usize],
    desk: &mut Desk,
) -> Vec<bool> {
    let first = room::columns(ask);
    let mut program = held(ask, equal, level, active.len());
    let most = |at: usize| 2.0 * (level[at] * RISE + RISE_ALONE);
    for (more, at) in (first..).zip(active) {
        // Measured by the most that is asked for, so that the numbers are near one.
        program.cost(more, -1.0);
        program.at_most(&[(more, 1.0)], 1.0);
        program.at_most(&[(more, -1.0)], 0.0);
        let mut row = room::speed(ask, *at, -1.0 / equal[*at]);
        row.push((more, most(*at)));
        program.at_most(&row, -level[*at] * HELD);
    }
    let solution = desk.solve(program);
    let rises = |more: usize| {
        let values = solution.as_ref().map(|solution| &solution.values);
        values.is_some_and(|values| values[more] > 0.5)
    };
    (first..first + active.len()).map(rises).collect()
}

/// A program in which everybody has what it has reached.
fn held(ask: &Ask, equal: &[f64], level: &[f64], more: usize) -> Program {
    let mut program = room::program(ask, more);
    for (at, level) in level.iter().enumerate().filter(|(_, level)| **level > 0.0) {
        program.at_most(&room::speed(ask, at, -1.0 / equal[at]), -level * HELD);
    }
    program
}
