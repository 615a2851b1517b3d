//! Most throughput: the steps of all jobs together, for each second or for each dollar, are as many as can be.

use super::{Ask, Goal, alike, isolated, room};
use crate::solve::Desk;

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
#[derive(Clone, Debug)]
pub struct MaxSumThroughput {
    heeds: Heeds,
    raw: bool,
    desk: Desk,
}

impl MaxSumThroughput {
    /// What it heeds, and whether shares are taken as the solver leaves them.
    pub fn new(heeds: Heeds, raw: bool) -> Self {
        Self {
            heeds,
            raw,
            desk: Desk::default(),
        }
    }
}

impl Goal for MaxSumThroughput {
    fn name(&self) -> &'static str {
        "gavel-throughput"
    }

    fn shares(&mut self, ask: &Ask) -> Vec<Vec<f64>> {
        if ask.claimants.is_empty() {
            return Vec::new();
        }
        let seen = if self.heeds.speeds {
            ask.clone()
        } else {
            alike(ask)
        };
        let mut program = room::program(&seen, 0);
        for (at, claimant) in seen.claimants.iter().enumerate() {
            for (model, speed) in claimant.speeds.iter().enumerate() {
                let price = if self.heeds.prices {
                    seen.usd_h[model]
                } else {
                    1.0
                };
                let price = if price > 0.0 { price } else { 1.0 };
                program.cost(room::column(&seen, at, model), -speed / price);
            }
        }
        let mut solution = None;
        if self.heeds.deadlines {
            let mut bound = program.clone();
            for (at, claimant) in seen.claimants.iter().enumerate() {
                if let Some(until_s) = claimant.until_s.filter(|until_s| *until_s > 0.0) {
                    bound.at_most(
                        &room::speed(&seen, at, -1.0),
                        -claimant.steps_left / until_s,
                    );
                }
            }
            solution = self.desk.solve(bound);
        }
        let desk = &mut self.desk;
        match solution.or_else(|| desk.solve(program)) {
            Some(solution) => room::shares(&seen, &solution, self.raw),
            None => isolated::parts(&seen),
        }
    }

    fn shuffles(&self) -> bool {
        !self.heeds.speeds
    }

    fn fork(&self) -> Box<dyn Goal + Send> {
        Box::new(self.clone())
    }
}
