//! How long jobs run: the distributions a scenario can ask for.

use sim_core::units::{Span, convert};
use sim_core::world::draw::{Empirical, Gamma, Stream, quantile, span};

use super::parameter::{ParameterError, positive, positive_span, table_error};

/// A distribution of durations; draws are rounded to microseconds and held to 100 years.
#[derive(Clone, Debug, PartialEq)]
pub enum Durations {
    /// Always the same.
    Constant(Span),
    /// Exponential.
    Exponential {
        /// Mean.
        mean: Span,
    },
    /// Lognormal.
    Lognormal {
        /// Median.
        median: Span,
        /// Deviation of the natural logarithm.
        sigma: f64,
    },
    /// Pareto, cut off at `high` if given (renormalised, not clamped).
    Pareto {
        /// Tail index: the mean is finite above 1.
        shape: f64,
        /// Shortest.
        low: Span,
        /// Longest.
        high: Option<Span>,
    },
    /// Gamma.
    Gamma {
        /// Shape; the coefficient of variation is its inverse root.
        shape: f64,
        /// Mean.
        mean: Span,
    },
    /// Weibull.
    Weibull {
        /// Shape: below 1 a falling hazard.
        shape: f64,
        /// 63.2 % point.
        scale: Span,
    },
    /// Quantiles, straight between them: (probability, duration), from 0 to 1.
    Empirical(Vec<(f64, Span)>),
}

/// A distribution ready to draw from, in microseconds.
#[derive(Clone, Debug)]
pub(crate) enum Sampler {
    Constant(Span),
    Exponential(f64),
    Lognormal(f64, f64),
    Pareto(f64, f64),
    BoundedPareto(f64, (f64, f64)),
    Gamma(Gamma),
    Weibull(f64, f64),
    Empirical(Empirical),
}

impl Durations {
    /// Checks the parameters.
    pub(crate) fn open(&self) -> Result<Sampler, ParameterError> {
        let us = |field: &str, span: Span| {
            positive_span(field, span).map(|span| convert::real(span.us()))
        };
        Ok(match self {
            Self::Constant(span) => Sampler::Constant(*span),
            Self::Exponential { mean } => Sampler::Exponential(us("durations.mean", *mean)?),
            Self::Lognormal { median, sigma } => {
                if !sigma.is_finite() || *sigma < 0.0 {
                    let rule = "must not be negative";
                    return Err(ParameterError::new("durations.sigma", sigma, rule));
                }
                Sampler::Lognormal(libm::log(us("durations.median", *median)?), *sigma)
            }
            Self::Pareto { shape, low, high } => {
                let shape = positive("durations.shape", *shape)?;
                let from = us("durations.low", *low)?;
                match high {
                    None => Sampler::Pareto(shape, from),
                    Some(high) if high > low => {
                        Sampler::BoundedPareto(shape, (from, convert::real(high.us())))
                    }
                    Some(high) => {
                        let rule = "must be above durations.low";
                        return Err(ParameterError::new("durations.high", high, rule));
                    }
                }
            }
            Self::Gamma { shape, mean } => {
                let shape = positive("durations.shape", *shape)?;
                Sampler::Gamma(Gamma::new(shape, us("durations.mean", *mean)? / shape))
            }
            Self::Weibull { shape, scale } => {
                let shape = positive("durations.shape", *shape)?;
                Sampler::Weibull(shape, us("durations.scale", *scale)?)
            }
            Self::Empirical(points) => {
                let points = points.iter().map(|&(p, x)| (p, convert::real(x.us())));
                let table = Empirical::new(points.collect());
                Sampler::Empirical(table.map_err(|e| table_error("durations", &e))?)
            }
        })
    }
}

impl Sampler {
    pub(crate) fn draw(&self, stream: &mut Stream) -> Span {
        span(match self {
            Self::Constant(span) => return *span,
            Self::Exponential(mean) => stream.exponential(*mean),
            Self::Lognormal(mu, sigma) => quantile::lognormal(stream.uniform(), *mu, *sigma),
            Self::Pareto(shape, low) => quantile::pareto(stream.uniform(), *shape, *low),
            Self::BoundedPareto(shape, ends) => {
                quantile::bounded_pareto(stream.uniform(), *shape, *ends)
            }
            Self::Gamma(gamma) => gamma.draw(stream),
            Self::Weibull(shape, scale) => quantile::weibull(stream.uniform(), *shape, *scale),
            Self::Empirical(table) => table.draw(stream),
        })
    }
}
