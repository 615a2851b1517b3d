//! How much worse one metric of one policy became, seed by seed.

use crate::experiment::metrics::Better;
use crate::schema::Tolerance;
use crate::stats::mean::{deviation, relative_differences, t_test};
use crate::stats::{Mean, Side, differences};

/// What became of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// The mean difference, now less baseline, with its 95 % interval; a part of the baseline's size where it is relative.
    pub change: Mean,
    /// Whether it is a part of the baseline's size.
    pub relative: bool,
    /// Whether the mean is worse than tolerated.
    pub is_beyond: bool,
    /// The probability of at least this if it were no worse than tolerated; none of a single seed of many.
    pub p: Option<f64>,
}

/// Shares of a number that are roundings of it, not changes.
const ROUNDING: f64 = 1e-12;

/// Pairs of the values of the baseline and of now; none where no pair is whole. `sampled`: whether other seeds would say
/// something else.
///
/// A part of nothing is nothing: where the baseline is zero, a relative tolerance tolerates no worse.
pub fn paired(
    (base, now): (&[Option<f64>], &[Option<f64>]),
    tolerance: Tolerance,
    better: Better,
    sampled: bool,
) -> Option<Paired> {
    let pairs = base
        .iter()
        .zip(now)
        .filter_map(|(base, now)| (*base).zip(*now));
    let (bases, _): (Vec<f64>, Vec<f64>) = pairs.clone().unzip();
    let mean = Mean::of(&bases)?.mean;
    let relative = matches!(tolerance, Tolerance::Relative(_)) && mean != 0.0;
    let changes = if relative {
        let toward = mean.signum();
        let parts = relative_differences(now, base)?;
        parts.into_iter().map(|part| part * toward).collect()
    } else {
        differences(now, base)
    };
    let limit = match tolerance {
        Tolerance::Relative(part) if relative => part,
        Tolerance::Relative(_) => 0.0,
        Tolerance::Absolute(amount) => amount,
    };
    let size = pairs.fold(0.0_f64, |most, (base, now)| {
        most.max(base.abs()).max(now.abs())
    });
    let unit = if relative { 1.0 } else { size };
    let grain = ROUNDING * unit + 1e-9 * limit;
    let worse: Vec<f64> = match better {
        Better::Less => changes.clone(),
        Better::More | Better::Neither => changes.iter().map(|change| -change).collect(),
    };
    let is_beyond = Mean::of(&worse)?.mean - limit > grain;
    let told = if is_beyond { 0.0 } else { 1.0 };
    let p = match deviation(&worse) {
        None if sampled => None,
        None => Some(told),
        Some(spread) if spread <= grain => Some(told),
        Some(_) => t_test(&worse, limit, Side::Greater).ok().map(|test| test.p),
    };
    Some(Paired {
        change: Mean::of(&changes)?,
        relative,
        is_beyond,
        p,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Tolerance = Tolerance::Relative(0.01);

    fn some(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    fn of(base: &[f64], now: &[f64], tolerance: Tolerance, better: Better) -> Paired {
        paired((&some(base), &some(now)), tolerance, better, true).expect("pairs")
    }

    #[test]
    fn what_all_seeds_say_alike_is_exact() {
        let base = [10.0, 20.0, 40.0];
        let dearer = |by: f64| base.map(|value| value * by);
        let one = of(&base, &dearer(1.01), ONE, Better::Less);
        assert!(!one.is_beyond && one.p == Some(1.0), "{one:?}");
        let more = of(&base, &dearer(1.0101), ONE, Better::Less);
        assert!(more.is_beyond && more.p == Some(0.0), "{more:?}");
        let less = of(&base, &dearer(0.9899), ONE, Better::More);
        assert!(less.is_beyond && less.p == Some(0.0), "{less:?}");
        assert!(!of(&base, &dearer(2.0), ONE, Better::More).is_beyond);
    }

    #[test]
    fn a_part_of_what_is_negative_is_of_its_size_and_of_nothing_nothing() {
        let roi = of(&[-0.5, -0.5], &[-0.51, -0.51], ONE, Better::More);
        assert!(
            roi.is_beyond && (roi.change.mean + 0.02).abs() < 1e-12,
            "{roi:?}"
        );
        let broken = of(&[0.0, 0.0], &[0.001, 0.001], ONE, Better::Less);
        assert!(broken.is_beyond && !broken.relative, "{broken:?}");
        assert!(!of(&[0.0, 0.0], &[0.0, 0.0], ONE, Better::Less).is_beyond);
    }

    #[test]
    fn an_amount_is_in_the_unit_of_the_metric() {
        let rate = |by: f64| {
            of(
                &[0.1, 0.2],
                &[0.1 + by, 0.2 + by],
                Tolerance::Absolute(0.05),
                Better::Less,
            )
        };
        assert!(!rate(0.05).is_beyond);
        assert!(rate(0.051).is_beyond);
    }

    #[test]
    fn one_seed_of_many_says_nothing_and_the_only_one_all() {
        let pair = (&some(&[1.0])[..], &some(&[2.0])[..]);
        assert_eq!(
            paired(pair, ONE, Better::Less, true).expect("a pair").p,
            None
        );
        assert_eq!(
            paired(pair, ONE, Better::Less, false).expect("a pair").p,
            Some(0.0)
        );
        assert_eq!(paired((&[None], &[None]), ONE, Better::Less, true), None);
        assert_eq!(
            paired((&[None], &[Some(1.0)]), ONE, Better::Less, true),
            None
        );
    }

    #[test]
    fn chance_is_no_failure() {
        let noisy = of(&[10.0, 10.0, 10.0], &[14.0, 8.0, 9.0], ONE, Better::Less);
        assert!(
            noisy.is_beyond && noisy.p.expect("spread") > 0.3,
            "{noisy:?}"
        );
    }
}
