//! The errors: simulated less observed, over batches of jobs in the order of their submission.

use sim_core::units::convert::real;

use super::{Pair, Pairs};
use crate::stats::{Mean, quantile, relative};

/// Most batches, and fewest jobs in one: a percentile of fewer says nothing.
const BATCHES: usize = 20;
const LEAST: usize = 10;

/// Observed, and simulated.
type Sides = (f64, f64);

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// A mean, in seconds.
    Mean(&'static str),
    /// A percentile, in seconds.
    Percentile(&'static str, u8),
    /// A share of all GPUs, in percent.
    Utilization,
    /// Dollars in all.
    Bill,
}

/// How far off the replay is.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    /// Of what.
    pub of: Quantity,
    /// As observed.
    pub observed: f64,
    /// As simulated.
    pub simulated: f64,
    /// The mean error over batches, with its 95 % interval.
    pub error: Option<Mean>,
    /// Simulated over observed, less one, with its 95 % interval.
    pub relative: Option<Mean>,
    /// Jobs behind it; of the utilization, stretches of time.
    pub n: usize,
}

impl Error {
    /// Whether the replay is off by more than `part` of what was observed, beyond chance.
    pub fn is_beyond(&self, part: f64) -> bool {
        let Some(relative) = self.relative else {
            return false;
        };
        let (low, high) = relative.ends();
        relative.mean.abs() > part && (low > part || high < -part)
    }
}

/// The errors of waits, completion times, utilization of `gpus` GPUs, and bill.
pub fn errors(all: &Pairs, gpus: u64) -> Vec<Error> {
    let mut errors = Vec::new();
    let waits: Vec<Sides> = all.pairs.iter().filter_map(Pair::waits).collect();
    let completions: Vec<Sides> = all.pairs.iter().filter_map(Pair::completions).collect();
    for (name, pairs) in [("wait", waits), ("JCT", completions)] {
        errors.extend(mean(Quantity::Mean(name), &pairs));
        for percent in [50, 90, 99] {
            errors.extend(percentile((name, percent), &pairs));
        }
    }
    errors.extend(utilization(&all.pairs, gpus));
    let bill: Vec<Sides> = all.pairs.iter().filter_map(|pair| pair.cost).collect();
    errors.extend(mean(Quantity::Bill, &bill).map(|mean| {
        let n = real(u64::try_from(bill.len()).unwrap_or(u64::MAX));
        Error {
            observed: mean.observed * n,
            simulated: mean.simulated * n,
            error: mean.error.map(|error| Mean {
                mean: error.mean * n,
                half: error.half.map(|half| half * n),
                skew: error.skew * n,
                ..error
            }),
            ..mean
        }
    }));
    errors
}

fn mean(of: Quantity, pairs: &[Sides]) -> Option<Error> {
    let average = |all: &[Sides]| {
        let n = real(u64::try_from(all.len()).unwrap_or(u64::MAX));
        let sum = |side: fn(&Sides) -> f64| all.iter().map(side).sum::<f64>() / n;
        (sum(|pair| pair.0), sum(|pair| pair.1))
    };
    told(of, pairs, average)
}

fn percentile((name, percent): (&'static str, u8), pairs: &[Sides]) -> Option<Error> {
    let of = |all: &[Sides]| {
        let side = |side: fn(&Sides) -> f64| {
            let mut values: Vec<f64> = all.iter().map(side).collect();
            values.sort_by(f64::total_cmp);
            quantile(&values, f64::from(percent) / 100.0).unwrap_or(0.0)
        };
        (side(|pair| pair.0), side(|pair| pair.1))
    };
    told(Quantity::Percentile(name, percent), pairs, of)
}

/// A statistic of all pairs, and its error over batches of them.
fn told(of: Quantity, pairs: &[Sides], statistic: impl Fn(&[Sides]) -> Sides) -> Option<Error> {
    if pairs.is_empty() {
        return None;
    }
    let (observed, simulated) = statistic(pairs);
    let batches = (pairs.len() / LEAST).clamp(1, BATCHES);
    let bounds = (0..=batches).map(|at| at * pairs.len() / batches);
    let bounds: Vec<usize> = bounds.collect();
    let values: Vec<Sides> = bounds
        .windows(2)
        .map(|ends| statistic(&pairs[ends[0]..ends[1]]))
        .collect();
    Some(Error {
        of,
        observed,
        simulated,
        error: over(&values).map(|error| Mean {
            mean: simulated - observed,
            ..error
        }),
        relative: ratio(&values, (observed, simulated)),
        n: pairs.len(),
    })
}

/// The mean of simulated less observed, with the interval that the batches give.
fn over(values: &[Sides]) -> Option<Mean> {
    let errors: Vec<f64> = values
        .iter()
        .map(|(observed, simulated)| simulated - observed)
        .collect();
    Mean::of(&errors)
}

/// Simulated over observed, less one.
fn ratio(values: &[Sides], (observed, simulated): Sides) -> Option<Mean> {
    let side = |of: fn(&Sides) -> f64| values.iter().map(|pair| Some(of(pair))).collect::<Vec<_>>();
    let relative = relative(&side(|pair| pair.1), &side(|pair| pair.0))?;
    (observed > 0.0).then(|| Mean {
        mean: simulated / observed - 1.0,
        ..relative
    })
}

/// The share of the GPUs that jobs held, over equal stretches until the last of them was seen to end. An observed job holds its
/// GPUs from its start to its end, one that has not ended to the end of all; a simulated one that was interrupted holds them
/// for the part of that time that it ran, spread evenly.
fn utilization(pairs: &[Pair], gpus: u64) -> Option<Error> {
    let ends = pairs
        .iter()
        .filter_map(|pair| pair.observed.1.or(pair.observed.0));
    let end = ends.max().filter(|end| *end > 0 && gpus > 0)?;
    let stretches = u64::try_from(BATCHES).expect("few");
    let bounds: Vec<u64> = (0..=stretches)
        .map(|at| {
            u64::try_from(u128::from(end) * u128::from(at) / u128::from(stretches)).unwrap_or(end)
        })
        .collect();
    let mut shares = vec![(0.0, 0.0); BATCHES];
    for pair in pairs {
        for (share, ends) in shares.iter_mut().zip(bounds.windows(2)) {
            let within = |(start, finish): (Option<u64>, Option<u64>)| {
                let from = start.unwrap_or(end).max(ends[0]);
                let us = finish.unwrap_or(end).min(ends[1]).saturating_sub(from);
                real(us) * f64::from(pair.gpu_milli) / 1000.0
            };
            share.0 += within(pair.observed);
            share.1 += within(pair.simulated) * pair.held;
        }
    }
    for (share, ends) in shares.iter_mut().zip(bounds.windows(2)) {
        let whole = real((ends[1] - ends[0]).max(1)) * real(gpus) / 100.0;
        *share = (share.0 / whole, share.1 / whole);
    }
    let average = |of: fn(&Sides) -> f64| shares.iter().map(of).sum::<f64>() / real(stretches);
    let (observed, simulated) = (average(|share| share.0), average(|share| share.1));
    Some(Error {
        of: Quantity::Utilization,
        observed,
        simulated,
        error: over(&shares),
        relative: ratio(&shares, (observed, simulated)),
        n: BATCHES,
    })
}
