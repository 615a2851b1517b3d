//! What an axis or a column measures: its title, its unit, and values with their intervals.

use super::drawable;
use crate::PlotError;

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
    /// Seconds; shown in seconds, minutes, hours or days, whichever suits.
    Seconds,
    /// Any other, shown as given: "USD", "jobs", "GPU-hours".
    Named(String),
    /// None: a ratio or a plain count.
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
            Self::Seconds if most < 120.0 => shown(1.0, "s"),
            Self::Seconds if most < 7_200.0 => shown(1.0 / 60.0, "min"),
            Self::Seconds if most < 259_200.0 => shown(1.0 / 3_600.0, "h"),
            Self::Seconds => shown(1.0 / 86_400.0, "d"),
            Self::Named(name) => shown(1.0, &crate::text::plain(name)),
            Self::One => shown(1.0, ""),
        }
    }
}

impl Measure {
    /// The title of an axis in that unit: "GPU utilization (%)".
    pub(crate) fn titled(&self, shown: &Shown) -> String {
        let title = crate::text::plain(&self.title);
        if shown.sign.is_empty() {
            title
        } else {
            format!("{title} ({})", shown.sign)
        }
    }
}
