//! Max-min fairness: the least speed that anybody has, over what it would have on an equal part of the time, is as high as can
//! be (Gavel's form of least attained service).

use super::{Ask, Goal, alike, isolated, room};
use crate::solve::Desk;

/// Max-min fairness.
#[derive(Clone, Debug)]
pub struct MaxMinFairness {
    by_speed: bool,
    raw: bool,
    desk: Desk,
}

impl MaxMinFairness {
    /// Whether it looks at speeds, and whether shares are taken as the solver leaves them.
    pub fn new(by_speed: bool, raw: bool) -> Self {
        Self {
            by_speed,
            raw,
            desk: Desk::default(),
        }
    }
}

impl Goal for MaxMinFairness {
    fn name(&self) -> &'static str {
        "gavel-max-min-fairness"
    }

    fn shares(&mut self, ask: &Ask) -> Vec<Vec<f64>> {
        if ask.claimants.is_empty() {
            return Vec::new();
        }
        let seen = if self.by_speed {
            ask.clone()
        } else {
            level(alike(ask))
        };
        let mut program = room::program(&seen, 1);
        let least = seen.claimants.len() * seen.gpus.len();
        program.cost(least, -1.0);
        for (at, claimant) in seen.claimants.iter().enumerate() {
            let equal = room::proportional(&seen, at);
            let factor = claimant.gpus / (claimant.weight * equal);
            if factor.is_finite() {
                let mut row = room::speed(&seen, at, -factor);
                row.push((least, 1.0));
                program.at_most(&row, 0.0);
            }
        }
        match self.desk.solve(program) {
            Some(solution) => room::shares(&seen, &solution, self.raw),
            None => isolated::parts(&seen),
        }
    }

    fn shuffles(&self) -> bool {
        !self.by_speed
    }

    fn fork(&self) -> Box<dyn Goal + Send> {
        Box::new(self.clone())
    }
}

/// Speeds of one everywhere: who is fast and who is slow does not matter where a job is only measured against itself.
fn level(mut ask: Ask) -> Ask {
    for claimant in &mut ask.claimants {
        let runs = claimant.speeds.iter_mut().filter(|speed| **speed > 0.0);
        runs.for_each(|speed| *speed = 1.0);
    }
    ask
}
