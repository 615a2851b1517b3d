//! How many requests a generator is expected to bring, where they are not drawn one by one.

use sim_core::units::{SimTime, Span, convert};

use super::arrivals::Arrivals;
use super::clock::Clock;
use super::{Length, Synthetic};
use crate::requests::RateCurve;
use crate::synth::{Luck, ParameterError};

impl Synthetic {
    /// Requests expected in each of so many intervals, the first at time zero; turns of a
    /// session after its first are not among them. States and bursts are those that the
    /// requests of the same luck meet.
    ///
    /// # Errors
    /// The first parameter out of its domain.
    pub fn expected(
        &self,
        luck: Luck<'_>,
        (interval, count): (Span, usize),
    ) -> Result<Vec<f64>, ParameterError> {
        let end = interval.us().saturating_mul(convert::wide(count));
        let end = SimTime::from_us(end).unwrap_or(SimTime::MAX);
        let end = match self.length {
            Length::Time(length) => SimTime::ZERO.saturating_add(length).min(end),
            Length::Requests(_) => end,
        };
        let clock = self.arrivals.even().open(luck)?;
        let mut expected = clock.expected(interval, end);
        expected.resize(count, 0.0);
        if let Length::Requests(most) = self.length {
            let mut left = convert::real(most);
            for count in &mut expected {
                *count = count.min(left);
                left -= *count;
            }
        }
        Ok(expected)
    }
}

impl Arrivals {
    /// The same as a rate.
    fn even(&self) -> Self {
        match self {
            Self::Hyperexponential { .. } => Self::Poisson {
                per_s: self.mean_per_s(),
            },
            Self::Counted(curve) => {
                let counts = curve.expected().iter();
                let counts = counts.map(|count| convert::real(convert::floor(count + 0.5)));
                let rounded = RateCurve::new(curve.bucket(), counts.collect());
                Self::Curve(rounded.expect("as the curve is").then(curve.then))
            }
            Self::Poisson { .. } | Self::Mmpp { .. } | Self::Curve(_) | Self::Bursts { .. } => {
                self.clone()
            }
        }
    }
}

impl Clock {
    /// The integral of the rate over each interval until `end`, the last one cut.
    fn expected(mut self, interval: Span, end: SimTime) -> Vec<f64> {
        let mut expected = Vec::new();
        while self.now() < end {
            let Some((rate, until)) = self.stretch() else {
                break;
            };
            let (mut from, to) = (self.now(), until.min(end));
            while from < to {
                let nth = from.us() / interval.us();
                let next = (nth + 1).checked_mul(interval.us());
                let next = next.and_then(SimTime::from_us).unwrap_or(SimTime::MAX);
                let part = next.min(to).since(from);
                let position = usize::try_from(nth).expect("as many as there is memory for");
                if position >= expected.len() {
                    expected.resize(position + 1, 0.0);
                }
                expected[position] += rate * convert::real(part.us());
                from = next.min(to);
            }
            self.pass(to, to == until);
        }
        expected
    }
}
