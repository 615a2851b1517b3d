//! First come, first served: each job on the fastest model that has the GPUs, until one fits nowhere.

use super::{Ask, Goal};

/// Whole models to whoever came first, computed from scratch each time: a job may move to a faster one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fifo {
    /// As published: a job may be given a model on which it does not run.
    pub anywhere: bool,
    /// Those that find no GPUs run beside the one with which they get most done together, in multiples of what one alone does,
    /// if that is more than this; nothing, and nobody runs beside another.
    pub pack_above: Option<f64>,
}

impl Goal for Fifo {
    fn name(&self) -> &'static str {
        "gavel-fifo"
    }

    fn shares(&mut self, ask: &Ask) -> Vec<Vec<f64>> {
        let none = vec![0.0; ask.gpus.len()];
        let mut shares = vec![none; ask.claimants.len() + ask.pairs.len()];
        let mut free = ask.gpus.clone();
        let mut rest = ask.claimants.len();
        let mut lies: Vec<(usize, usize)> = Vec::new();
        for (at, (claimant, row)) in ask.claimants.iter().zip(&mut shares).enumerate() {
            if free.iter().all(|free| *free <= 0.0) {
                rest = at;
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
            let Some(best) = best else {
                // As published, whoever is the first to find none is passed over.
                rest = at + usize::from(self.anywhere);
                break;
            };
            row[best] = 1.0;
            lies.push((at, best));
            free[best] -= claimant.gpus;
        }
        if let Some(above) = self.pack_above {
            pack(ask, (rest, above), &mut lies, &mut shares);
        }
        shares
    }

    fn packs(&self) -> bool {
        self.pack_above.is_some()
    }

    fn only_shares(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Goal + Send> {
        Box::new(*self)
    }
}

/// Puts the claimants from `first` on, one by one, beside those that lie alone, as long as that gets more done than `above`.
fn pack(
    ask: &Ask,
    (first, above): (usize, f64),
    lies: &mut Vec<(usize, usize)>,
    shares: &mut [Vec<f64>],
) {
    for next in first..ask.claimants.len() {
        let mut best: Option<(usize, usize)> = None;
        let mut most = above;
        for (place, (at, model)) in lies.iter().enumerate() {
            let mut pairs = ask.pairs.iter();
            let Some(row) = pairs.position(|pair| pair.of == [*at, next]) else {
                continue;
            };
            let together = ask.pairs[row].speeds[*model].iter().zip([*at, next]);
            let part = |(speed, of): (&f64, usize)| {
                let alone = ask.claimants[of].speeds[*model];
                if *speed > 0.0 { speed / alone } else { 0.0 }
            };
            let done: f64 = together.map(part).sum();
            if done > most {
                (most, best) = (done, Some((place, row)));
            }
        }
        let Some((place, row)) = best else { return };
        let (at, model) = lies.remove(place);
        shares[at][model] = 0.0;
        shares[ask.claimants.len() + row][model] = 1.0;
    }
}
