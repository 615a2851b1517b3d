//! Most throughput: the steps of all jobs together, for each second or for each dollar, are as many as can be.

use super::by_program::{ByProgram, Objective};
use super::{Ask, room};
use crate::solve::{Desk, Solution};

/// What it heeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heeds {
    /// Speeds.
    pub speeds: bool,
    /// Prices: it counts steps for each dollar.
    pub prices: bool,
    /// Deadlines: whoever has one shall meet it; where that cannot be, all of them are left alone.
    pub deadlines: bool,
}

/// Most throughput.
pub type MaxSumThroughput = ByProgram<Throughput>;

/// Steps for each second or each dollar.
#[derive(Clone, Copy, Debug)]
pub struct Throughput {
    heeds: Heeds,
}

impl MaxSumThroughput {
    /// What it heeds, and whether shares are taken as the solver leaves them.
    pub fn new(heeds: Heeds, raw: bool) -> Self {
        Self::of(Throughput { heeds }, heeds.speeds, raw)
    }
}

impl Objective for Throughput {
    const NAME: &'static str = "gavel-throughput";

    fn solution(&self, seen: &Ask, desk: &mut Desk) -> Option<Solution> {
        let mut program = room::program(seen, 0);
        let price = |model: usize| {
            let price = seen.usd_h[model];
            if self.heeds.prices && price > 0.0 {
                price
            } else {
                1.0
            }
        };
        for (at, claimant) in seen.claimants.iter().enumerate() {
            for (model, speed) in claimant.speeds.iter().enumerate() {
                program.cost(room::column(seen, at, model), -speed / price(model));
            }
        }
        for (row, pair) in (seen.claimants.len()..).zip(&seen.pairs) {
            for (model, both) in pair.speeds.iter().enumerate() {
                let speed = both[0] + both[1];
                program.cost(room::column(seen, row, model), -speed / price(model));
            }
        }
        if !self.heeds.deadlines {
            return desk.solve(program);
        }
        let mut bound = program.clone();
        for (at, claimant) in seen.claimants.iter().enumerate() {
            if let Some(until_s) = claimant.until_s.filter(|until_s| *until_s > 0.0) {
                bound.at_most(&room::speed(seen, at, -1.0), -claimant.steps_left / until_s);
            }
        }
        desk.solve(bound).or_else(|| desk.solve(program))
    }
}
