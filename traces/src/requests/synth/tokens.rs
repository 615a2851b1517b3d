//! How long requests are: the distributions of token counts.

use sim_core::units::convert;
use sim_core::world::draw::{Empirical, Stream, quantile};

use super::super::MAX_TOKENS;
use crate::synth::{ParameterError, table_error};

/// A distribution of token counts; draws are rounded to the nearest count.
#[derive(Clone, Debug, PartialEq)]
pub enum Tokens {
    /// Always the same.
    Constant(u32),
    /// Lognormal.
    Lognormal {
        /// Half are at most this.
        median: u32,
        /// 99 % are at most this.
        p99: u32,
        /// A context's limit: longer ones are cut to it; below [`MAX_TOKENS`] or nothing for that.
        most: Option<u32>,
    },
    /// Quantiles, straight between them: (probability, tokens), from 0 to 1.
    Quantiles(Vec<(f64, u32)>),
    /// Counts that were seen, each as likely as another.
    Seen(Vec<u32>),
}

/// A distribution ready to draw from.
#[derive(Clone, Debug)]
pub(super) enum Sampler {
    Constant(u32),
    Lognormal { mu: f64, sigma: f64, most: u32 },
    Quantiles(Empirical),
    Seen(Vec<u32>),
}

/// The 99 % point of the standard normal.
const P99: f64 = 2.326_347_874_040_841;

impl Tokens {
    /// Checks the parameters; messages call the distribution `field`.
    pub(super) fn open(&self, field: &str) -> Result<Sampler, ParameterError> {
        let fault = |name: &str, value: u32, rule: &str| {
            ParameterError::new(&format!("{field}{name}"), value, rule)
        };
        let bounded = |name: &str, tokens: u32| {
            if tokens <= MAX_TOKENS {
                return Ok(tokens);
            }
            let rule = format!("must be at most {MAX_TOKENS}");
            Err(fault(name, tokens, &rule))
        };
        Ok(match self {
            Self::Constant(tokens) => Sampler::Constant(bounded("", *tokens)?),
            Self::Lognormal { median, p99, most } => {
                if *median == 0 {
                    return Err(fault(".median", *median, "must be at least 1"));
                }
                if p99 < median {
                    return Err(fault(".p99", *p99, "must not be below the median"));
                }
                let mu = libm::log(f64::from(bounded(".median", *median)?));
                let sigma = (libm::log(f64::from(bounded(".p99", *p99)?)) - mu) / P99;
                let most = bounded(".most", most.unwrap_or(MAX_TOKENS))?;
                Sampler::Lognormal { mu, sigma, most }
            }
            Self::Quantiles(points) => {
                for (_, tokens) in points {
                    bounded(".quantiles", *tokens)?;
                }
                let points = points.iter().map(|&(p, tokens)| (p, f64::from(tokens)));
                let table = Empirical::new(points.collect());
                Sampler::Quantiles(table.map_err(|error| table_error(field, &error))?)
            }
            Self::Seen(counts) => {
                if counts.is_empty() {
                    return Err(fault(".seen", 0, "needs one count at least"));
                }
                for tokens in counts {
                    bounded(".seen", *tokens)?;
                }
                Sampler::Seen(counts.clone())
            }
        })
    }
}

impl Sampler {
    pub(super) fn draw(&self, stream: &mut Stream) -> u32 {
        let (drawn, most) = match self {
            Self::Constant(tokens) => return *tokens,
            Self::Lognormal { mu, sigma, most } => {
                (quantile::lognormal(stream.uniform(), *mu, *sigma), *most)
            }
            Self::Quantiles(table) => (table.draw(stream), MAX_TOKENS),
            Self::Seen(counts) => {
                let at = stream.below(convert::wide(counts.len()));
                return counts[usize::try_from(at).expect("a position in the list")];
            }
        };
        let tokens = convert::floor(drawn + 0.5).min(most.into());
        u32::try_from(tokens).expect("held to 32 bits")
    }
}
