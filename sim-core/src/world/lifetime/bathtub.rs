//! The bathtub: many die young, few in the middle, and all that are left at the limit.

use super::BathtubSpans;
use crate::units::{Span, convert};
use crate::world::parameter::{ParameterError, positive, within};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bathtub {
    a: f64,
    infant_us: f64,
    wear_us: f64,
    onset_us: f64,
    limit: Span,
    /// Least age at which the law without a limit reaches one.
    end: Span,
}

impl Bathtub {
    pub(super) fn new(a: f64, spans: BathtubSpans) -> Result<Self, ParameterError> {
        let real = |name, span| positive(name, span).map(|span| convert::real(span.us()));
        let mut law = Self {
            a: within("a", a, (f64::MIN_POSITIVE, 1.0))?,
            infant_us: real("infant", spans.infant)?,
            wear_us: real("wear", spans.wear)?,
            onset_us: real("onset", spans.onset)?,
            limit: positive("limit", spans.limit)?,
            end: Span::MAX,
        };
        law.end = law.age(1.0);
        law.limit = law.limit.min(law.end);
        Ok(law)
    }

    pub(super) fn limit(&self) -> Span {
        self.limit
    }

    pub(super) fn cdf(&self, age: Span) -> f64 {
        if age < self.limit {
            self.unlimited(age.us()).min(1.0)
        } else {
            1.0
        }
    }

    /// The least microsecond at which the law without a limit reaches `probability`: a bisection of
    /// integers, so that the answer is one and the same everywhere, and never falls as the
    /// probability grows, whatever the last bit of the exponentials.
    pub(super) fn age(&self, probability: f64) -> Span {
        let (mut low, mut high) = (0, self.end.us());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.unlimited(middle) >= probability {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Span::from_us(high).expect("between two spans")
    }

    /// The integral of 1 - F up to the limit.
    pub(super) fn mean_us(&self) -> f64 {
        let limit = convert::real(self.limit.us());
        let infant = -self.infant_us * libm::expm1(-limit / self.infant_us);
        let wear = self.wear_us
            * (libm::exp((limit - self.onset_us) / self.wear_us)
                - libm::exp(-self.onset_us / self.wear_us));
        limit - self.a * (limit - infant + wear)
    }

    fn unlimited(&self, us: u64) -> f64 {
        let us = convert::real(us);
        let infant = -libm::expm1(-us / self.infant_us);
        let wear = libm::exp((us - self.onset_us) / self.wear_us);
        self.a * (infant + wear)
    }
}
