//! How sure an interval is, and which way a test looks.

/// The share of repeated experiments whose interval covers the truth: strictly between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Level(f64);

impl Level {
    /// 95 %.
    pub const USUAL: Self = Self(0.95);

    /// `None` unless `confidence` is above 0 and below 1.
    pub fn new(confidence: f64) -> Option<Self> {
        (confidence > 0.0 && confidence < 1.0).then_some(Self(confidence))
    }

    /// The share itself, 0.95 for 95 %.
    pub fn confidence(self) -> f64 {
        self.0
    }

    /// The probability outside of the interval, on both sides together.
    pub fn outside(self) -> f64 {
        1.0 - self.0
    }

    /// The probability below the upper end of an interval with equal tails.
    pub(super) fn upper(self) -> f64 {
        0.5 + self.0 / 2.0
    }
}

/// Where a test looks for what speaks against its null hypothesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Anywhere.
    Both,
    /// Below.
    Less,
    /// Above.
    Greater,
}

impl Side {
    /// The p-value, given the probabilities of as little and of as much under the null hypothesis.
    pub(super) fn p_value(self, below: f64, above: f64) -> f64 {
        match self {
            Self::Both => (2.0 * below.min(above)).min(1.0),
            Self::Less => below.min(1.0),
            Self::Greater => above.min(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_strictly_between_nothing_and_everything() {
        for bad in [0.0, 1.0, -0.5, 95.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Level::new(bad), None);
        }
        let level = Level::new(0.9).unwrap();
        assert!((level.upper() - 0.95).abs() < 1e-15);
        assert!((level.outside() - 0.1).abs() < 1e-15);
    }
}
