//! A law of lifetimes by its quantiles, straight between them.

use crate::units::{Span, convert};
use crate::world::parameter::ParameterError;

/// (probability, age in microseconds), both rising, the probability strictly, from 0.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table(Vec<(f64, f64)>);

impl Table {
    pub(super) fn new(quantiles: Vec<(f64, Span)>) -> Result<Self, ParameterError> {
        if quantiles.len() < 2 {
            let at = quantiles.len();
            return Err(ParameterError::Quantile { at });
        }
        let mut before: Option<(f64, Span)> = None;
        for (at, &(probability, age)) in quantiles.iter().enumerate() {
            let fits = match before {
                None => probability.abs() <= 0.0,
                Some((p, last)) => probability > p && probability <= 1.0 && age >= last,
            };
            if !fits {
                return Err(ParameterError::Quantile { at });
            }
            before = Some((probability, age));
        }
        let points = quantiles.into_iter();
        Ok(Self(
            points
                .map(|(p, age)| (p, convert::real(age.us())))
                .collect(),
        ))
    }

    /// `None` beyond the last probability.
    pub(super) fn age_us(&self, uniform: f64) -> Option<f64> {
        let above = self.0.partition_point(|point| point.0 < uniform);
        let (p1, x1) = *self.0.get(above)?;
        let (p0, x0) = self.0[above.saturating_sub(1)];
        if p1 > p0 {
            Some(x0 + (x1 - x0) * ((uniform - p0) / (p1 - p0)))
        } else {
            Some(x1)
        }
    }

    /// Continuous from the right: of ages that stand twice the higher probability holds.
    pub(super) fn cdf(&self, us: f64) -> f64 {
        let above = self.0.partition_point(|point| point.1 <= us);
        let Some(&(p1, x1)) = self.0.get(above) else {
            return self.last();
        };
        let Some(&(p0, x0)) = above.checked_sub(1).and_then(|below| self.0.get(below)) else {
            return 0.0;
        };
        p0 + (p1 - p0) * ((us - x0) / (x1 - x0))
    }

    /// `None` where some never end.
    pub(super) fn mean_us(&self) -> Option<f64> {
        let areas = self.0.windows(2);
        let mean = areas.map(|w| (w[1].0 - w[0].0) * (w[0].1 + w[1].1) * 0.5);
        (self.last() >= 1.0).then(|| mean.sum())
    }

    fn last(&self) -> f64 {
        self.0.last().expect("a table has entries").0
    }
}
