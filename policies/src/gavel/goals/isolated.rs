//! Isolated: everybody has an equal part of the fleet, as if it were alone there.

use super::{Ask, Goal};

/// An equal part for everybody, by its GPUs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Isolated;

impl Goal for Isolated {
    fn name(&self) -> &'static str {
        "gavel-isolated"
    }

    fn shares(&mut self, ask: &Ask) -> Vec<Vec<f64>> {
        parts(ask)
    }

    fn shuffles(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Goal + Send> {
        Box::new(*self)
    }
}

/// Equal parts: GPUs of a model over claimants over GPUs of the claimant, and at most the whole time.
pub(super) fn parts(ask: &Ask) -> Vec<Vec<f64>> {
    let count = sim_core::units::convert::real(sim_core::units::convert::wide(ask.claimants.len()));
    let row = |gpus: f64| {
        let row: Vec<f64> = ask.gpus.iter().map(|all| all / count / gpus).collect();
        let sum: f64 = row.iter().sum();
        let most = sum.max(1.0);
        row.into_iter().map(|share| share / most).collect()
    };
    let claimants = ask.claimants.iter();
    let alone = claimants.map(|claimant| row(claimant.gpus));
    let together = ask.pairs.iter().map(|_| vec![0.0; ask.gpus.len()]);
    alone.chain(together).collect()
}

/// Steps a second that each would have on equal parts.
pub(super) fn speeds(ask: &Ask) -> Vec<f64> {
    let speed = |(claimant, row): (&super::Claimant, Vec<f64>)| {
        let pairs = claimant.speeds.iter().zip(row);
        pairs.map(|(speed, share)| speed * share).sum()
    };
    ask.claimants.iter().zip(parts(ask)).map(speed).collect()
}
