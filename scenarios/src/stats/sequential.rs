//! When to stop replicating: at the width that was asked for, or at the most replications that were granted.
//!
//! After each round the half width of Student's t interval is compared with the goal. It falls with the root of the number, so
//! that the next round flies as many as this one's deviation says will do, at most as many again as there are: a few rounds
//! instead of a look after each replication, as every look is a chance to stop on a deviation that is small by luck. What is
//! left of that is some 1 % of coverage where at least ten are asked for. Y. S. Chow and H. Robbins, Annals of Mathematical
//! Statistics 36 (1965).

use super::level::Level;
use super::mean::Mean;
use super::sample::{Unfit, check, position, real};

/// What the half width of the interval is to be below.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Precision {
    /// This share of the mean: 0.01 for 1 %.
    OfMean(f64),
    /// This much, in the unit of the values: for differences that are relative already.
    Absolute(f64),
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    precision: Precision,
    level: Level,
    at_least: usize,
    at_most: usize,
}

/// What to do after some replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    /// Fly on, up to this number in all.
    Replicate(usize),
    /// Stop.
    Stop(Stopped),
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stopped {
    /// What was asked for.
    pub asked: Precision,
    /// The mean, its interval and the number of replications.
    pub mean: Mean,
    /// The half width that was reached, as it was asked for; none relative to a mean of zero, or of a single replication.
    pub reached: Option<f64>,
    /// Why it ended.
    pub reason: Reason,
}

/// Why it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The interval is as narrow as was asked for.
    Narrow,
    /// No more replications were granted.
    AtMost,
}

impl Goal {
    /// Replicate at least `at_least` times, from two, and at most `at_most`, until the interval at `level` is that precise.
    ///
    /// # Errors
    ///
    /// A precision that is not above zero and finite, fewer than two at least, or fewer at most than at least.
    pub fn new(
        precision: Precision,
        level: Level,
        at_least: usize,
        at_most: usize,
    ) -> Result<Self, Unfit> {
        let (Precision::OfMean(value) | Precision::Absolute(value)) = precision;
        if !(value > 0.0 && value.is_finite()) {
            return Err(Unfit::OutOfRange { at: 0, value });
        }
        for (have, need) in [(at_least, 2), (at_most, at_least)] {
            if have < need {
                return Err(Unfit::TooFew { have, need });
            }
        }
        Ok(Self {
            precision,
            level,
            at_least,
            at_most,
        })
    }

    /// What to do with the values of all replications so far, of which there may be none.
    ///
    /// # Errors
    ///
    /// A value that is no finite number, or a sum beyond the largest double.
    pub fn next(&self, values: &[f64]) -> Result<Next, Unfit> {
        check(values, 0)?;
        let n = values.len();
        if n < self.at_least {
            return Ok(Next::Replicate(self.at_least));
        }
        let mean = Mean::at(values, self.level).ok_or(Unfit::Overflow)?;
        let (wanted, reached) = self.width(&mean);
        let stop = |reason| {
            Next::Stop(Stopped {
                asked: self.precision,
                mean,
                reached,
                reason,
            })
        };
        let ratio = reached.map_or(f64::INFINITY, |reached| reached / wanted);
        Ok(if ratio <= 1.0 {
            stop(Reason::Narrow)
        } else if n >= self.at_most {
            stop(Reason::AtMost)
        } else {
            let enough = position((real(n) * ratio * ratio).ceil());
            Next::Replicate(enough.clamp(n + 1, 2 * n).min(self.at_most))
        })
    }

    /// The half width that is wanted, and that of the interval in the same measure.
    fn width(&self, mean: &Mean) -> (f64, Option<f64>) {
        match self.precision {
            Precision::Absolute(wanted) => (wanted, mean.half),
            Precision::OfMean(wanted) => {
                let share = |half: f64| {
                    // Zeros all over are known exactly.
                    let share = if half == 0.0 {
                        0.0
                    } else {
                        half / mean.mean.abs()
                    };
                    share.is_finite().then_some(share)
                };
                (wanted, mean.half.and_then(share))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goal(precision: Precision) -> Goal {
        Goal::new(precision, Level::USUAL, 5, 40).unwrap()
    }

    #[test]
    fn it_flies_the_least_first_and_then_what_the_deviation_says() {
        let goal = goal(Precision::OfMean(0.5));
        assert_eq!(goal.next(&[]), Ok(Next::Replicate(5)));
        // Half width 1.563 of a mean of 3 is 52.1 %: 5 (52.1 / 50)^2 is 5.4.
        let values = [2.1, 3.4, 1.9, 5.0, 2.6];
        assert_eq!(goal.next(&values), Ok(Next::Replicate(6)));
        let strict = Goal {
            precision: Precision::OfMean(0.01),
            ..goal
        };
        assert_eq!(strict.next(&values), Ok(Next::Replicate(10)));
    }

    #[test]
    fn it_says_why_it_stopped_and_what_was_reached() {
        let stopped = |goal: &Goal, values: &[f64]| match goal.next(values) {
            Ok(Next::Stop(stopped)) => stopped,
            other => panic!("{other:?}"),
        };
        let wide = goal(Precision::Absolute(2.0));
        let end = stopped(&wide, &[2.1, 3.4, 1.9, 5.0, 2.6]);
        assert_eq!((end.reason, end.mean.n), (Reason::Narrow, 5));
        assert!((end.reached.unwrap() - 1.563_215_030_899_473).abs() < 1e-9);
        let around_zero: Vec<f64> = (0..40).map(|i| f64::from(i % 2) - 0.5).collect();
        let end = stopped(&goal(Precision::OfMean(0.1)), &around_zero);
        assert_eq!((end.reason, end.reached), (Reason::AtMost, None));
        let end = stopped(&goal(Precision::OfMean(0.1)), &[0.0; 5]);
        assert_eq!((end.reason, end.reached), (Reason::Narrow, Some(0.0)));
    }

    #[test]
    fn a_goal_that_cannot_be_is_refused() {
        let new = |p, least, most| Goal::new(Precision::OfMean(p), Level::USUAL, least, most);
        assert_eq!(new(0.01, 1, 9), Err(Unfit::TooFew { have: 1, need: 2 }));
        assert_eq!(new(0.01, 5, 4), Err(Unfit::TooFew { have: 4, need: 5 }));
        assert!(new(0.0, 5, 9).is_err());
        assert!(new(f64::NAN, 5, 9).is_err());
        let nan = new(0.1, 2, 4).unwrap().next(&[1.0, f64::NAN]);
        assert_eq!(nan, Err(Unfit::NotFinite { at: 1 }));
    }
}
