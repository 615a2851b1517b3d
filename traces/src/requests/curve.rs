//! Rate curves: how many requests are expected in each of equal buckets of time.

use sim_core::units::{SimTime, Span, convert};

/// What is expected after the last bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Then {
    /// The curve begins again.
    Repeat,
    /// The last bucket's rate stays.
    Hold,
    /// Nothing comes any more.
    #[default]
    Stop,
}

/// Requests expected in each of equal buckets, the first of which begins at time zero.
#[derive(Clone, Debug, PartialEq)]
pub struct RateCurve {
    bucket: Span,
    expected: Vec<f64>,
    /// What is expected after the last bucket.
    pub then: Then,
    /// The wall clock at time zero; without an offset where the trace states none.
    pub epoch: Option<String>,
}

/// Why buckets are no curve.
#[derive(Clone, Debug, PartialEq)]
pub enum CurveError {
    /// There are none, or more than [`super::MAX_BUCKETS`].
    Buckets {
        /// How many there are.
        count: usize,
    },
    /// Buckets have no length, or end after 100 years.
    Length {
        /// Their length.
        bucket: Span,
    },
    /// A number that is negative or not finite, or above [`super::MAX_REQUESTS`].
    Entry {
        /// Position of the bucket.
        at: usize,
        /// What stands there.
        value: f64,
    },
}

impl RateCurve {
    /// A curve that stops after its last bucket.
    ///
    /// # Errors
    /// What is no curve; see [`CurveError`].
    pub fn new(bucket: Span, expected: Vec<f64>) -> Result<Self, CurveError> {
        let count = expected.len();
        if count == 0 || count > super::MAX_BUCKETS {
            return Err(CurveError::Buckets { count });
        }
        let ends = bucket.us().checked_mul(convert::wide(count));
        if bucket == Span::ZERO || ends.and_then(SimTime::from_us).is_none() {
            return Err(CurveError::Length { bucket });
        }
        let most = convert::real(convert::wide(super::MAX_REQUESTS));
        let fits = |value: &f64| (0.0..=most).contains(value);
        if let Some(at) = expected.iter().position(|value| !fits(value)) {
            let value = expected[at];
            return Err(CurveError::Entry { at, value });
        }
        Ok(Self {
            bucket,
            expected,
            then: Then::Stop,
            epoch: None,
        })
    }

    /// The same curve, continued in another way.
    pub fn then(mut self, then: Then) -> Self {
        self.then = then;
        self
    }

    /// Begins a curve that repeats so long after its beginning, to the whole bucket.
    pub fn turn(&mut self, after: Span) {
        let buckets = after.us() / self.bucket.us() % convert::wide(self.expected.len());
        let buckets = usize::try_from(buckets).expect("fewer than the curve has");
        self.expected.rotate_left(buckets);
    }

    /// Length of a bucket.
    pub const fn bucket(&self) -> Span {
        self.bucket
    }

    /// Requests expected in each bucket; whole numbers where they were counted.
    pub fn expected(&self) -> &[f64] {
        &self.expected
    }

    /// Requests expected until the curve's end.
    pub fn total(&self) -> f64 {
        self.expected.iter().sum()
    }

    /// From time zero to the end of the last bucket.
    pub fn span(&self) -> Span {
        let us = self.bucket.us() * convert::wide(self.expected.len());
        Span::from_us(us).expect("checked when it was made")
    }

    /// The position of the bucket that counts in the `nth` stretch of a bucket's length.
    pub(super) fn position(&self, nth: u64) -> Option<usize> {
        let count = convert::wide(self.expected.len());
        let position = match self.then {
            Then::Repeat => nth % count,
            Then::Hold => nth.min(count - 1),
            Then::Stop => nth,
        };
        usize::try_from(position)
            .ok()
            .filter(|at| *at < self.expected.len())
    }
}

impl std::fmt::Display for CurveError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Buckets { count } => {
                write!(
                    f,
                    "{count} buckets: a curve has 1 to {}",
                    super::MAX_BUCKETS
                )
            }
            Self::Length { bucket } => {
                write!(
                    f,
                    "buckets of {bucket}: they have a length and end within 100 years"
                )
            }
            Self::Entry { at, value } => {
                let most = super::MAX_REQUESTS;
                write!(f, "bucket {at} expects {value}: a number from 0 to {most}")
            }
        }
    }
}

impl std::error::Error for CurveError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_goes_on_as_it_says() {
        let minute = Span::from_secs(60);
        let curve = RateCurve::new(minute, vec![1.0, 2.0, 4.0]).expect("a curve");
        assert_eq!(curve.total().to_bits(), 7.0_f64.to_bits());
        assert_eq!(curve.span(), Span::from_secs(180));
        let mut later = curve.clone();
        later.turn(Span::from_secs(4 * 60 + 59));
        assert_eq!(later.expected(), [2.0, 4.0, 1.0]);
        let positions = |then| {
            let curve = curve.clone().then(then);
            [0, 2, 3, 4, 300].map(|nth| curve.position(nth))
        };
        assert_eq!(positions(Then::Stop), [Some(0), Some(2), None, None, None]);
        assert_eq!(
            positions(Then::Hold),
            [Some(0), Some(2), Some(2), Some(2), Some(2)]
        );
        assert_eq!(
            positions(Then::Repeat),
            [Some(0), Some(2), Some(0), Some(1), Some(0)]
        );
    }

    #[test]
    fn what_is_no_curve_is_refused_with_its_place() {
        let of = |secs, values: &[f64]| RateCurve::new(Span::from_secs(secs), values.to_vec());
        assert_eq!(of(60, &[]), Err(CurveError::Buckets { count: 0 }));
        assert_eq!(
            of(0, &[1.0]),
            Err(CurveError::Length { bucket: Span::ZERO })
        );
        assert_eq!(
            of(1, &[1.0, -1.0]),
            Err(CurveError::Entry { at: 1, value: -1.0 })
        );
        assert!(of(1, &[f64::NAN]).is_err());
        assert!(of(3_155_760_000, &[1.0, 1.0]).is_err(), "beyond 100 years");
    }
}
