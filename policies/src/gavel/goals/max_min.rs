//! Max-min fairness: the least speed that anybody has, over what it would have on an equal part of the time, is as high as can
//! be (Gavel's form of least attained service).

use super::by_program::{ByProgram, Objective};
use super::{Ask, alike, room};
use crate::solve::{Desk, Solution};

/// Max-min fairness.
pub type MaxMinFairness = ByProgram<LeastSpeed>;

/// The least speed over that on an equal part.
#[derive(Clone, Copy, Debug)]
pub struct LeastSpeed;

impl MaxMinFairness {
    /// Whether it looks at speeds, and whether shares are taken as the solver leaves them.
    pub fn new(by_speed: bool, raw: bool) -> Self {
        Self::of(LeastSpeed, by_speed, raw)
    }
}

impl Objective for LeastSpeed {
    const NAME: &'static str = "gavel-max-min-fairness";

    /// Speeds of one everywhere: who is fast and who is slow does not matter where a job is only measured against itself.
    fn blind(ask: &Ask) -> Ask {
        let mut ask = alike(ask);
        for claimant in &mut ask.claimants {
            let runs = claimant.speeds.iter_mut().filter(|speed| **speed > 0.0);
            runs.for_each(|speed| *speed = 1.0);
        }
        ask
    }

    fn solution(&self, seen: &Ask, desk: &mut Desk) -> Option<Solution> {
        let mut program = room::program(seen, 1);
        let least = room::columns(seen);
        program.cost(least, -1.0);
        for (at, claimant) in seen.claimants.iter().enumerate() {
            let equal = room::proportional(seen, at);
            let factor = claimant.gpus / (claimant.weight * equal);
            if factor.is_finite() {
                let mut row = room::speed(seen, at, -factor);
                row.push((least, 1.0));
                program.at_most(&row, 0.0);
            }
        }
        desk.solve(program)
    }
}
