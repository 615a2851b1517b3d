//! A stream of draws: `ChaCha8` under a key that names what the draws decide.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use super::key::{self, Part};
use super::quantile;
use crate::units::{Span, convert, limits};

/// A sequence of draws, fixed by its seed and its name. A clone goes on from the same position.
///
/// ```
/// use sim_core::world::draw::Stream;
///
/// let mut reclaims = Stream::new(1, &["reclaims".into(), "spot".into(), 7_u64.into()]);
/// let mut again = reclaims.clone();
/// assert_eq!(reclaims.bits(), again.bits());
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Stream {
    rng: ChaCha8Rng,
}

impl Stream {
    /// The stream that `seed` and `name` fix, at its beginning. A name starts with its domain.
    pub fn new(seed: u64, name: &[Part<'_>]) -> Self {
        Self {
            rng: ChaCha8Rng::from_seed(key::hash(seed, name)),
        }
    }

    /// How many 32-bit words have been drawn: what a snapshot's digest covers.
    pub fn position(&self) -> u128 {
        self.rng.get_word_pos()
    }

    /// 64 fair bits.
    pub fn bits(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// A uniform in (0, 1): an odd multiple of 2^-53, so neither end is ever drawn and
    /// `1 - uniform` is exact and as likely.
    pub fn uniform(&mut self) -> f64 {
        const UNIT: f64 = 1.0 / 9_007_199_254_740_992.0;
        convert::real((self.bits() >> 11) | 1) * UNIT
    }

    /// Whether something of this probability happens.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// An integer below `n`, each equally likely (Lemire 2019). Panics on zero.
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "there is no integer below zero");
        // The high word of a 128-bit product is the draw; the low word says whether it is biased.
        let biased = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.bits()) * u128::from(n);
            if product & u128::from(u64::MAX) >= u128::from(biased) {
                return u64::try_from(product >> 64).expect("the high word has 64 bits");
            }
        }
    }

    /// An integer from `low` to `high`, both included. Panics if `high < low`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "a range runs upward: {low}..={high}");
        match (high - low).checked_add(1) {
            Some(count) => low + self.below(count),
            None => self.bits(),
        }
    }

    /// A standard normal.
    pub fn normal(&mut self) -> f64 {
        quantile::normal(self.uniform())
    }

    /// An exponential of this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        quantile::exponential(self.uniform(), mean)
    }

    /// An exponential span of this mean, to the nearest microsecond.
    pub fn exponential_span(&mut self, mean: Span) -> Span {
        span(self.exponential(convert::real(mean.us())))
    }
}

impl Clone for Stream {
    // The generator refuses to be copied, lest a key be used twice; here that is the very purpose:
    // a forked policy and a restored snapshot go on with the same luck.
    fn clone(&self) -> Self {
        Self {
            rng: ChaCha8Rng::deserialize_state(&self.rng.serialize_state()),
        }
    }
}

/// The span nearest to `us` microseconds: negative and NaN give none, the far side is held at
/// [`Span::MAX`].
pub fn span(us: f64) -> Span {
    let whole = convert::floor(us + 0.5).min(limits::MAX_TIME_US);
    Span::from_us(whole).expect("held to the longest span")
}
