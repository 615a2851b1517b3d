//! What comes to a service, as a rate: requests expected in each of equal intervals, and what they demand.

use super::Demand;
use crate::serve::request::Counts;
use crate::units::{SimTime, Span, convert};

/// Requests that are expected, the first interval at time zero; none comes after the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Inflow {
    interval: Span,
    /// Requests expected up to the end of each interval, with none before the first.
    came: Vec<f64>,
    demand: Demand,
    sample: Vec<Counts>,
}

impl Inflow {
    /// So many in each interval, whose demands are those of the sample. Panics on no interval, and on numbers that are no
    /// counts.
    pub fn new(interval: Span, expected: &[f64], sample: Vec<Counts>) -> Self {
        assert!(interval > Span::ZERO, "an interval takes time");
        let mut came = vec![0.0];
        for count in expected {
            assert!(count.is_finite() && *count >= 0.0, "a count");
            came.push(came[came.len() - 1] + count);
        }
        Self {
            interval,
            came,
            demand: Demand::of(sample.iter().copied()),
            sample,
        }
    }

    /// Length of an interval.
    pub fn interval(&self) -> Span {
        self.interval
    }

    /// What requests demand on average.
    pub fn demand(&self) -> &Demand {
        &self.demand
    }

    /// Some of them, each as likely as the next.
    pub fn sample(&self) -> &[Counts] {
        &self.sample
    }

    /// Requests expected before an instant.
    pub fn came(&self, at: SimTime) -> f64 {
        let whole = at.us() / self.interval.us();
        let position = usize::try_from(whole).unwrap_or(usize::MAX);
        let Some(before) = self.came.get(position) else {
            return self.came[self.came.len() - 1];
        };
        let within = convert::real(at.us() % self.interval.us());
        before + self.count(position) * (within / convert::real(self.interval.us()))
    }

    /// Requests a second in the interval that an instant begins or lies in.
    pub fn rate(&self, at: SimTime) -> f64 {
        let whole = at.us() / self.interval.us();
        let position = usize::try_from(whole).unwrap_or(usize::MAX);
        self.count(position) / (convert::real(self.interval.us()) / 1e6)
    }

    /// The end of the interval that an instant begins or lies in.
    pub fn end(&self, at: SimTime) -> SimTime {
        let into = at.us() % self.interval.us();
        let left = Span::from_us(self.interval.us() - into).expect("an interval at most");
        at.saturating_add(left)
    }

    /// Whether any comes in the interval that an instant begins or lies in, or later.
    pub fn goes_on(&self, at: SimTime) -> bool {
        let position = usize::try_from(at.us() / self.interval.us()).unwrap_or(usize::MAX);
        let before = self.came.get(position);
        before.is_some_and(|before| *before < self.came[self.came.len() - 1])
    }

    /// Whether an interval ends at an instant that, or a later one, brings somebody.
    pub fn ends(&self, at: SimTime) -> bool {
        let within = SimTime::from_us(at.us().saturating_sub(1));
        let at_end = at > SimTime::ZERO && at.us().is_multiple_of(self.interval.us());
        at_end && within.is_some_and(|within| self.goes_on(within))
    }

    fn count(&self, position: usize) -> f64 {
        let ends = self
            .came
            .get(position)
            .zip(self.came.get(position.saturating_add(1)));
        ends.map_or(0.0, |(before, after)| after - before)
    }
}
