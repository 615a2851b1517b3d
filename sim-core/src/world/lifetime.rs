//! How long a machine lasts before the provider takes it or it breaks: a law of lifetimes, inverted.
//!
//! One uniform gives one lifetime and a larger uniform never a shorter one, so that two laws that meet
//! the same draw stay comparable. Ages are spans of wall time since the machine was granted; where
//! the hazard also depends on the hour, [`Pace`](super::Pace) turns an age into wall time.

mod bathtub;
mod table;
#[cfg(test)]
mod tests;

use bathtub::Bathtub;
use table::Table;

use super::parameter::{ParameterError, positive, within};
use crate::units::{SimTime, Span, convert};
use crate::world::Pace;
use crate::world::draw::{quantile, span};

/// A law of lifetimes.
///
/// ```
/// use sim_core::units::Span;
/// use sim_core::world::Lifetime;
///
/// let hour = Span::from_secs(3600);
/// let law = Lifetime::exponential(hour).expect("a mean that takes time");
/// assert!((law.risk(Span::ZERO, hour) - 0.632).abs() < 0.001);
/// assert_eq!(Lifetime::endless().span(0.99), None);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Lifetime(Law);

#[derive(Clone, Debug, PartialEq)]
enum Law {
    Endless,
    Exponential { mean_us: f64 },
    Weibull { scale_us: f64, shape: f64 },
    Bathtub(Bathtub),
    Empirical(Table),
}

impl Lifetime {
    /// Never ends.
    pub const fn endless() -> Self {
        Self(Law::Endless)
    }

    /// Whether nothing ever ends by it.
    pub const fn is_endless(&self) -> bool {
        matches!(self.0, Law::Endless)
    }

    /// Exponential of this mean: the hazard does not depend on age.
    ///
    /// # Errors
    /// The mean is zero.
    pub fn exponential(mean: Span) -> Result<Self, ParameterError> {
        let mean_us = convert::real(positive("mean", mean)?.us());
        Ok(Self(Law::Exponential { mean_us }))
    }

    /// Weibull, S(t) = exp(-(t / scale)^shape): the hazard falls with age for a shape below one (young
    /// machines go first) and rises above.
    ///
    /// # Errors
    /// The scale is zero, or the shape outside 0.01 to 100.
    pub fn weibull(scale: Span, shape: f64) -> Result<Self, ParameterError> {
        let scale_us = convert::real(positive("scale", scale)?.us());
        let shape = within("shape", shape, (0.01, 100.0))?;
        Ok(Self(Law::Weibull { scale_us, shape }))
    }

    /// The Weibull law of this mean and this median; below ln 2 = 0.69 of the mean the median makes the tail heavier than
    /// an exponential one's.
    ///
    /// # Errors
    /// The median is not between 0.001 and 0.999 of the mean.
    pub fn weibull_by(mean: Span, median: Span) -> Result<Self, ParameterError> {
        let mean_us = convert::real(positive("mean", mean)?.us());
        let ratio = within(
            "median / mean",
            convert::real(median.us()) / mean_us,
            (0.001, 0.999),
        )?;
        // (ln 2)^(1/k) / gamma(1 + 1/k) rises with the shape k.
        let at = |shape: f64| {
            libm::pow(core::f64::consts::LN_2, 1.0 / shape) / libm::tgamma(1.0 + 1.0 / shape)
        };
        let (mut low, mut high) = (0.01, 3.4);
        for _ in 0..100 {
            let middle = f64::midpoint(low, high);
            if at(middle) < ratio {
                low = middle;
            } else {
                high = middle;
            }
        }
        let shape = f64::midpoint(low, high);
        let scale_us = mean_us / libm::tgamma(1.0 + 1.0 / shape);
        Ok(Self(Law::Weibull { scale_us, shape }))
    }

    /// The bathtub of preemptible machines with a time limit (Kadupitiya, Jadhao, Sharma, HPDC 2020,
    /// arXiv 1911.05160): F(t) = a (1 - e^(-t / infant) + e^((t - onset) / wear)), and whoever reaches
    /// `limit` dies there. In the paper's letters `infant` is tau1, `wear` is tau2, `onset` is b.
    ///
    /// # Errors
    /// A span is zero, or `a` outside (0, 1].
    pub fn bathtub(a: f64, rise: BathtubSpans) -> Result<Self, ParameterError> {
        Bathtub::new(a, rise).map(|law| Self(Law::Bathtub(law)))
    }

    /// By its quantiles, (probability, age), straight between them: the first probability is 0; what
    /// the last leaves to 1 never ends (as the end of a Kaplan-Meier curve).
    ///
    /// # Errors
    /// Names the first entry that breaks the order.
    pub fn empirical(quantiles: Vec<(f64, Span)>) -> Result<Self, ParameterError> {
        Table::new(quantiles).map(|table| Self(Law::Empirical(table)))
    }

    /// The lifetime at probability `uniform` in (0, 1), to the microsecond; `None`: not within 100
    /// years.
    pub fn span(&self, uniform: f64) -> Option<Span> {
        let age = self.age(uniform)?;
        Some(self.limit().map_or(age, |limit| age.min(limit)))
    }

    /// The lifetime of a machine granted at `pace`'s hour `from`: it ages at that pace, but the limit
    /// of a bathtub is kept in wall time. `None`: not within 100 years.
    pub fn span_at(&self, uniform: f64, pace: &Pace, from: SimTime) -> Option<Span> {
        let paced = self.age(uniform).and_then(|age| pace.until_aged(from, age));
        match (paced, self.limit()) {
            (Some(span), Some(limit)) => Some(span.min(limit)),
            (span, limit) => span.or(limit),
        }
    }

    /// F(t): the probability of not outliving `age`.
    pub fn cdf(&self, age: Span) -> f64 {
        let us = convert::real(age.us());
        match &self.0 {
            Law::Endless => 0.0,
            Law::Exponential { mean_us } => -libm::expm1(-us / mean_us),
            Law::Weibull { scale_us, shape } => -libm::expm1(-libm::pow(us / scale_us, *shape)),
            Law::Bathtub(law) => law.cdf(age),
            Law::Empirical(table) => table.cdf(us),
        }
    }

    /// The mean lifetime; `None` where some never end, or where it is beyond 100 years.
    pub fn mean(&self) -> Option<Span> {
        let us = match &self.0 {
            Law::Endless => return None,
            Law::Exponential { mean_us } => *mean_us,
            Law::Weibull { scale_us, shape } => scale_us * libm::tgamma(1.0 + 1.0 / shape),
            Law::Bathtub(law) => law.mean_us(),
            Law::Empirical(table) => table.mean_us()?,
        };
        reachable(us)
    }

    /// The probability that a machine which has reached `age` is lost within `within` of it; 1 where
    /// none reaches that age.
    pub fn risk(&self, age: Span, within: Span) -> f64 {
        let until = age.saturating_add(within);
        match &self.0 {
            // These two without the cancellation of two survivals near zero.
            Law::Exponential { mean_us } => -libm::expm1(-convert::real(within.us()) / mean_us),
            Law::Weibull { scale_us, shape } => {
                let hazard = |t: Span| libm::pow(convert::real(t.us()) / scale_us, *shape);
                -libm::expm1(hazard(age) - hazard(until))
            }
            Law::Endless | Law::Bathtub(_) | Law::Empirical(_) => {
                let gone = self.cdf(age);
                if gone >= 1.0 {
                    return 1.0;
                }
                ((self.cdf(until) - gone) / (1.0 - gone)).clamp(0.0, 1.0)
            }
        }
    }

    /// The age at this probability, a limit in wall time apart.
    fn age(&self, uniform: f64) -> Option<Span> {
        match &self.0 {
            Law::Endless => None,
            Law::Exponential { mean_us } => reachable(quantile::exponential(uniform, *mean_us)),
            Law::Weibull { scale_us, shape } => {
                reachable(quantile::weibull(uniform, *shape, *scale_us))
            }
            Law::Bathtub(law) => Some(law.age(uniform)),
            Law::Empirical(table) => table.age_us(uniform).and_then(reachable),
        }
    }

    fn limit(&self) -> Option<Span> {
        match &self.0 {
            Law::Bathtub(law) => Some(law.limit()),
            Law::Endless | Law::Exponential { .. } | Law::Weibull { .. } | Law::Empirical(_) => {
                None
            }
        }
    }
}

/// The spans of a bathtub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BathtubSpans {
    /// Time constant of the early losses (tau1).
    pub infant: Span,
    /// Time constant of the losses before the limit (tau2).
    pub wear: Span,
    /// Where those would set in without the limit (b).
    pub onset: Span,
    /// Nobody lives longer: 24 h for GCP's preemptible machines.
    pub limit: Span,
}

/// `us` microseconds, unless that is beyond 100 years.
fn reachable(us: f64) -> Option<Span> {
    (us <= convert::real(Span::MAX.us())).then(|| span(us))
}
