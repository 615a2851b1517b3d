//! What so many replications can see: the power of the t test of paired differences.
//!
//! Differences of mean `δ` and deviation `σ` over `n` pairs have a t statistic whose law is the noncentral t of `n - 1`
//! degrees of freedom, shifted by `√n δ / σ`; the power is its probability beyond the critical value of the central one. An
//! effect here is `δ / σ`: multiply it by the [`super::mean::deviation`] of the (relative) differences of a first few pairs
//! to read it as "20 seeds detect 1.5 %". That deviation is itself uncertain: of five pairs by a third, of twenty by a sixth.
//! Normal differences are assumed. J. Cohen, Statistical Power Analysis (1988).

use super::level::{Level, Side};
use super::noncentral;
use super::sample::real;
use super::student;

/// Most pairs that [`Plan::pairs`] looks for.
pub const MOST_PAIRS: usize = 1_000_000;

/// A test that is planned: how sure, and on which side. On one side effects count in its direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// One minus the rate of false alarms.
    pub level: Level,
    /// Where it looks.
    pub side: Side,
}

impl Plan {
    /// The probability that `pairs` pairs show an effect of this size; `None` for fewer than two, or an effect that is
    /// negative or not finite.
    pub fn power(&self, pairs: usize, effect: f64) -> Option<f64> {
        if pairs < 2 || !(effect >= 0.0 && effect.is_finite()) {
            return None;
        }
        let freedom = real(pairs - 1);
        // Held where it is certain anyway, lest it be infinite.
        let shift = (effect * real(pairs).sqrt()).min(1e100);
        let upper = |tail: f64| student::quantile(freedom, 1.0 - tail);
        let outside = self.level.outside();
        Some(match self.side {
            Side::Less | Side::Greater => noncentral::above(freedom, shift, upper(outside)),
            Side::Both => {
                let critical = upper(outside / 2.0);
                let wrong_side = noncentral::above(freedom, -shift, critical);
                (noncentral::above(freedom, shift, critical) + wrong_side).min(1.0)
            }
        })
    }

    /// The smallest effect that `pairs` pairs show with this power; `None` for fewer than two pairs, or a power that is not
    /// above the rate of false alarms and below 1.
    pub fn smallest_effect(&self, pairs: usize, power: f64) -> Option<f64> {
        if pairs < 2 || !(power > self.level.outside() && power < 1.0) {
            return None;
        }
        let enough = |effect: f64| self.power(pairs, effect).is_some_and(|p| p >= power);
        let (mut low, mut high) = (0.0, 1.0 / real(pairs).sqrt());
        while !enough(high) {
            low = high;
            high *= 2.0;
            if !high.is_finite() {
                return None;
            }
        }
        for _ in 0..50 {
            let middle = f64::midpoint(low, high);
            if enough(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        Some(f64::midpoint(low, high))
    }

    /// The least number of pairs that show an effect of this size with this power; `None` where [`MOST_PAIRS`] do not, or for
    /// a power that is not above the rate of false alarms and below 1.
    pub fn pairs(&self, effect: f64, power: f64) -> Option<usize> {
        if !(power > self.level.outside() && power < 1.0) {
            return None;
        }
        let enough = |pairs: usize| self.power(pairs, effect).is_some_and(|p| p >= power);
        let (mut low, mut high) = (1, 2);
        while !enough(high) {
            low = high;
            high *= 2;
            if low >= MOST_PAIRS {
                return None;
            }
        }
        while high - low > 1 {
            let middle = usize::midpoint(low, high);
            if enough(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        Some(high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Plan = Plan {
        level: Level::USUAL,
        side: Side::Both,
    };

    #[test]
    fn without_an_effect_the_power_is_the_rate_of_false_alarms() {
        for pairs in [2, 3, 20, 500] {
            for side in [Side::Both, Side::Less, Side::Greater] {
                let power = Plan { side, ..PLAN }.power(pairs, 0.0).unwrap();
                assert!((power - 0.05).abs() < 1e-10, "{pairs} {side:?}: {power}");
            }
        }
    }

    #[test]
    fn effects_pairs_and_powers_belong_together() {
        for pairs in [2, 5, 20, 300] {
            let effect = PLAN.smallest_effect(pairs, 0.9).unwrap();
            assert!((PLAN.power(pairs, effect).unwrap() - 0.9).abs() < 1e-9);
            assert_eq!(PLAN.pairs(effect * 1.0001, 0.9), Some(pairs));
            assert_eq!(PLAN.pairs(effect * 0.9999, 0.9), Some(pairs + 1));
        }
        assert_eq!(PLAN.pairs(1e9, 0.9), Some(2));
    }

    #[test]
    fn what_cannot_be_asked_has_no_answer() {
        assert_eq!(PLAN.power(1, 0.5), None);
        assert_eq!(PLAN.power(10, f64::NAN), None);
        assert_eq!(PLAN.power(10, -0.5), None);
        assert_eq!(PLAN.smallest_effect(10, 1.0), None);
        assert_eq!(PLAN.smallest_effect(10, 0.05), None);
        assert_eq!(PLAN.pairs(0.0, 0.9), None);
        assert!((PLAN.power(10, 1e300).unwrap() - 1.0).abs() < 1e-15);
    }
}
