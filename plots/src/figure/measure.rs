//! What an axis or a column measures: its title, its unit, and values with their intervals.

use super::drawable;
use crate::PlotError;
use crate::number::{brief, exponent, power_of_ten, raised};
use crate::text::plain;

/// What is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Its name, for example "GPU utilization".
    pub title: String,
    /// Its unit.
    pub unit: Unit,
}

/// The unit values are given in, and thereby how they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// A fraction, 1 is all; shown in percent.
    Share,
    /// Seconds; shown in microseconds to days, whichever suits.
    Seconds,
    /// Any other: "USD", "jobs", "GPU-hours"; shown as given, or in powers of a thousand of it.
    Named(String),
    /// None: a ratio or a plain count, shown likewise.
    One,
}

/// A value with an interval, if it has one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Lower and upper end of its interval; none where the value is exact.
    pub interval: Option<(f64, f64)>,
}

impl Estimate {
    /// A value that is exact.
    pub fn exact(value: f64) -> Self {
        Self {
            value,
            interval: None,
        }
    }

    /// A value within an interval.
    pub fn within(value: f64, low: f64, high: f64) -> Self {
        Self {
            value,
            interval: Some((low, high)),
        }
    }

    /// Lower and upper end; both the value itself where it is exact.
    pub(crate) fn ends(&self) -> (f64, f64) {
        self.interval.unwrap_or((self.value, self.value))
    }

    /// An error unless all of it can be drawn and the interval is in order and holds the value.
    pub(crate) fn check(&self, place: impl Fn() -> String) -> Result<(), PlotError> {
        drawable(self.value, &place)?;
        let (low, high) = self.ends();
        drawable(low, &place)?;
        drawable(high, &place)?;
        if low <= self.value && self.value <= high {
            Ok(())
        } else {
            Err(PlotError::Interval {
                place: place(),
                low,
                high,
            })
        }
    }
}

/// A unit as it is shown: how many of it make one given unit, and its sign.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shown {
    pub(crate) per_given: f64,
    pub(crate) sign: String,
}

impl Unit {
    /// The unit to show values in whose largest magnitude is `most`.
    pub(crate) fn shown(&self, most: f64) -> Shown {
        let shown = |per_given: f64, sign: &str| Shown {
            per_given,
            sign: sign.to_owned(),
        };
        match self {
            Self::Share => shown(100.0, "%"),
            Self::Seconds if 0.0 < most && most < 1e-3 => shown(1e6, "µs"),
            Self::Seconds if 0.0 < most && most < 1.0 => shown(1e3, "ms"),
            Self::Seconds if most < 120.0 => shown(1.0, "s"),
            Self::Seconds if most < 7_200.0 => shown(1.0 / 60.0, "min"),
            Self::Seconds if most < 259_200.0 => shown(1.0 / 3_600.0, "h"),
            Self::Seconds => shown(1.0 / 86_400.0, "d"),
            Self::Named(name) => in_powers(most, &plain(name)),
            Self::One => in_powers(most, ""),
        }
    }
}

/// As given, or in powers of a thousand where numbers would be noughts for the most part: one notation for all of a figure.
fn in_powers(most: f64, sign: &str) -> Shown {
    // What is smaller still has no use for a unit of its own.
    let power = exponent(most).max(-300);
    let power = if most == 0.0 || (-3..9).contains(&power) {
        0
    } else {
        power.div_euclid(3) * 3
    };
    let sign = match power {
        0 => sign.to_owned(),
        power => format!("10{} {sign}", raised(&power.to_string())),
    };
    Shown {
        per_given: power_of_ten(-power),
        sign: sign.trim_end().to_owned(),
    }
}

impl Unit {
    /// A value with its sign, as a pointer shows it.
    pub(crate) fn told(&self, value: f64) -> String {
        let shown = self.shown(value.abs());
        let told = format!("{} {}", brief(value * shown.per_given, 4), shown.sign);
        told.trim_end().to_owned()
    }
}

impl Measure {
    /// A value and its interval in words: "Cost: 120.5 USD [110.1 USD, 131.0 USD]".
    pub(crate) fn told(&self, estimate: Estimate) -> String {
        let told = |value: f64| self.unit.told(value);
        let interval = estimate.interval;
        let interval = interval.map(|(low, high)| format!(" [{}, {}]", told(low), told(high)));
        let value = told(estimate.value);
        format!(
            "{}: {value}{}",
            plain(&self.title),
            interval.unwrap_or_default()
        )
    }

    /// The title of an axis in that unit: "GPU utilization (%)".
    pub(crate) fn titled(&self, shown: &Shown) -> String {
        let title = plain(&self.title);
        if shown.sign.is_empty() {
            title
        } else {
            format!("{title} ({})", shown.sign)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_suit_the_largest_value() {
        let sign = |unit: &Unit, most: f64| unit.shown(most).sign;
        for (most, meant) in [
            (0.0, "s"),
            (4e-5, "µs"),
            (0.08, "ms"),
            (4.0, "s"),
            (600.0, "min"),
            (1e6, "d"),
        ] {
            assert_eq!(sign(&Unit::Seconds, most), meant);
        }
        let usd = Unit::Named("USD".to_owned());
        for (most, meant) in [
            (0.0, "USD"),
            (0.001, "USD"),
            (8e8, "USD"),
            (4.2e-5, "10⁻⁶ USD"),
            (2e10, "10⁹ USD"),
        ] {
            assert_eq!(sign(&usd, most), meant);
        }
        assert_eq!(sign(&Unit::One, 2e10), "10⁹");
        assert!((usd.shown(4.2e-5).per_given - 1e6).abs() < 1e-6);
        assert!(usd.shown(5e-324).per_given.is_finite());
    }
}
