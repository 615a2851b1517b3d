//! First come, first served: each job on the fastest model that has the GPUs, until one fits nowhere.

use super::{Ask, Goal};

/// Whole models to whoever came first, computed from scratch each time: a job may move to a faster one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fifo {
    /// As published: a job may be given a model on which it does not run.
    pub anywhere: bool,
}

impl Goal for Fifo {
    fn name(&self) -> &'static str {
        "gavel-fifo"
    }

    fn shares(&mut self, ask: &Ask) -> Vec<Vec<f64>> {
        let none = vec![0.0; ask.gpus.len()];
        let mut shares = vec![none; ask.claimants.len()];
        let mut free = ask.gpus.clone();
        for (claimant, row) in ask.claimants.iter().zip(&mut shares) {
            if free.iter().all(|free| *free <= 0.0) {
                break;
            }
            let runs = claimant.speeds.iter().any(|speed| *speed > 0.0);
            if !runs && !self.anywhere {
                continue;
            }
            // Of equal ones the first.
            let mut best: Option<usize> = None;
            for (at, free) in free.iter().enumerate() {
                let faster = best.is_none_or(|best| claimant.speeds[at] > claimant.speeds[best]);
                let fits = *free > 0.0 && *free >= claimant.gpus;
                let runs = claimant.speeds[at] > 0.0 || self.anywhere;
                if fits && runs && faster {
                    best = Some(at);
                }
            }
            let Some(best) = best else { break };
            row[best] = 1.0;
            free[best] -= claimant.gpus;
        }
        shares
    }

    fn only_shares(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Goal + Send> {
        Box::new(*self)
    }
}
