//! Least makespan: the time by which everybody can be done is as short as can be, to one part in twenty.

use super::by_program::{ByProgram, Objective};
use super::{Ask, room};
use crate::solve::{Desk, Program, Solution};

/// Least makespan.
pub type MinTotalDuration = ByProgram<Makespan>;

/// The time at which all are done.
#[derive(Clone, Copy, Debug)]
pub struct Makespan;

impl MinTotalDuration {
    /// Whether it looks at speeds, and whether shares are taken as the solver leaves them.
    pub fn new(by_speed: bool, raw: bool) -> Self {
        Self::of(Makespan, by_speed, raw)
    }
}

/// Bounds of the first search, in seconds.
const LOW_S: f64 = 100.0;
const HIGH_S: f64 = 1e6;
/// The search goes no further than this many times the first bound.
const MOST: f64 = 1e12;

impl Objective for Makespan {
    const NAME: &'static str = "gavel-makespan";

    /// Bisection, as published: what the last feasible program gave.
    fn solution(&self, seen: &Ask, desk: &mut Desk) -> Option<Solution> {
        let (mut low, mut high, mut last_high) = (LOW_S, HIGH_S, HIGH_S);
        let mut found = None;
        while found.is_none() && last_high < MOST {
            while 1.05 * low < high {
                let middle = f64::midpoint(low, high);
                if let Some(solution) = desk.solve(within(seen, middle)) {
                    found = Some(solution);
                    high = middle;
                } else {
                    low = middle;
                }
            }
            high = last_high * 10.0;
            low = last_high;
            last_high *= 10.0;
        }
        found
    }
}

/// The program of shares by which everybody is done within so many seconds.
fn within(ask: &Ask, seconds: f64) -> Program {
    let mut program = room::program(ask, 0);
    for (at, claimant) in ask.claimants.iter().enumerate() {
        program.at_most(&room::speed(ask, at, -1.0), -claimant.steps_left / seconds);
    }
    program
}
