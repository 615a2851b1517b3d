//! An axis: which values it spans, how they map to the paper, and which ticks it shows.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::measure::{Measure, Shown, Unit};
use super::ticks::{self, Tick};
use crate::ink::mark::Letters;
use crate::lossy::nearest;

/// Size of tick labels, in pixels.
pub(crate) const TICK_SIZE: f64 = 12.0;

/// Share of a logarithmic axis that its zero takes.
const ZERO_SHARE: f64 = 0.07;

/// How values map to places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// Evenly.
    Linear,
    /// By ratio.
    Log,
    /// By ratio, with a place for zero before the least positive value.
    LogAndZero,
}

/// One axis of a figure.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    pub(crate) title: String,
    pub(crate) ticks: Vec<Tick>,
    scale: Scale,
    low: f64,
    high: f64,
}

/// A range with some width: widened around a single value, and never narrower than what
/// doubles can tell apart.
fn widened((low, high): (f64, f64)) -> (f64, f64) {
    let size = low.abs().max(high.abs());
    if high - low > size * 1e-9 {
        return (low, high);
    }
    let pad = if size > 1e-90 { size * 0.1 } else { 1.0 };
    (low - pad, high + pad)
}

impl Axis {
    /// An axis without title or ticks, for rows that are labelled otherwise.
    pub(crate) fn bare(low: f64, high: f64) -> Self {
        Self {
            title: String::new(),
            ticks: Vec::new(),
            scale: Scale::Linear,
            low,
            high,
        }
    }

    /// An axis that holds zero and ends at a tick, for levels and sizes.
    pub(crate) fn from_zero(measure: &Measure, range: (f64, f64)) -> (Self, Shown) {
        let (low, high) = (range.0.min(0.0), range.1.max(0.0));
        let (low, high) = if low < high { (low, high) } else { (0.0, 1.0) };
        let whole = measure.unit == Unit::Share && low >= 0.0 && (0.6..=1.0).contains(&high);
        let high = if whole { 1.0 } else { high };
        let shown = measure.unit.shown(high.max(-low));
        let step = ticks::round_step((high - low) * shown.per_given, 5.0);
        let outward = |end: f64| {
            let steps = end.abs() * shown.per_given / step;
            (steps - 1e-6).ceil() * step / shown.per_given * end.signum()
        };
        let (low, high) = (outward(low), outward(high));
        (Self::stepped(measure, (low, high), step, &shown), shown)
    }

    /// An axis a little wider than its range, for places.
    pub(crate) fn around(measure: &Measure, range: (f64, f64)) -> (Self, Shown) {
        let (low, high) = widened(range);
        let pad = (high - low) * 0.09;
        // A quantity that is never negative gets no negative axis.
        let low = if range.0 >= 0.0 {
            (low - pad).max(0.0)
        } else {
            low - pad
        };
        let high = high + pad;
        // Nor does a share that is at most all of it go beyond.
        let high = match measure.unit {
            Unit::Share if range.1 <= 1.0 => high.min(1.0),
            Unit::Share | Unit::Seconds | Unit::Named(_) | Unit::One => high,
        };
        let shown = measure.unit.shown(high.abs().max(low.abs()));
        let step = ticks::round_step((high - low) * shown.per_given, 6.0);
        (Self::stepped(measure, (low, high), step, &shown), shown)
    }

    fn stepped(measure: &Measure, (low, high): (f64, f64), step: f64, shown: &Shown) -> Self {
        let mut marks = ticks::every(step, (low * shown.per_given, high * shown.per_given));
        for tick in &mut marks {
            tick.at /= shown.per_given;
        }
        Self {
            title: measure.titled(shown),
            ticks: marks,
            scale: Scale::Linear,
            low,
            high,
        }
    }

    /// An even axis of time, in seconds, with about so many ticks.
    pub(crate) fn time(title: &str, range: (f64, f64), wanted: f64) -> Self {
        let (low, high) = widened(range);
        // A start close to zero is shown from zero.
        let early = range.0 >= 0.0 && low < (high - low) * 0.1;
        let low = if early { 0.0 } else { low };
        let (sign, ticks) = ticks::times((low, high), wanted);
        Self {
            title: format!("{title} ({sign})"),
            ticks,
            scale: Scale::Linear,
            low,
            high,
        }
    }

    /// A logarithmic axis of time over positive seconds, some pixels long; with a place for zero if asked. Of a label's half
    /// is said how long it is along the axis.
    pub(crate) fn log_time(
        title: &str,
        range: (f64, f64),
        zero: bool,
        (length, half): (f64, fn(&str) -> f64),
    ) -> Self {
        // At least a decade, so that it has round ticks.
        let middle = (range.0 * range.1).sqrt();
        let low = range.0.min(middle / 3.2);
        let high = range.1.max(middle * 3.2);
        let mut axis = Self {
            title: title.to_owned(),
            ticks: Vec::new(),
            scale: if zero { Scale::LogAndZero } else { Scale::Log },
            low,
            high,
        };
        let mut chosen: Vec<(f64, f64, Tick)> = Vec::new();
        if zero {
            let tick = Tick {
                at: 0.0,
                label: "0".to_owned(),
            };
            chosen.push((-8.0, 8.0, tick));
        }
        for tick in ticks::log_times((low, high)) {
            let half = half(&tick.label);
            let at = axis.share(tick.at) * length;
            let (from, to) = (at - half, at + half);
            if chosen
                .iter()
                .all(|(low, high, _)| to <= *low || from >= *high)
            {
                chosen.push((from, to, tick));
            }
        }
        axis.ticks = chosen.into_iter().map(|(_, _, tick)| tick).collect();
        axis
    }

    /// The same with ticks that say nothing, and no title.
    pub(crate) fn unlabelled(&self) -> Self {
        let mut bare = self.clone();
        bare.title.clear();
        for tick in &mut bare.ticks {
            tick.label.clear();
        }
        bare
    }

    /// Half of what a label takes on an axis that lies, in pixels.
    pub(crate) fn across(label: &str) -> f64 {
        Letters::of(TICK_SIZE).width(label) / 2.0 + 9.0
    }

    /// The same on one that stands.
    pub(crate) fn upright(_: &str) -> f64 {
        TICK_SIZE / 2.0 + 3.0
    }

    /// Where a value lies between the ends of the axis, 0 to 1.
    pub(crate) fn share(&self, value: f64) -> f64 {
        let ratio = |value: f64| libm::log(value / self.low) / libm::log(self.high / self.low);
        let share = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => ratio(value.max(self.low)),
            Scale::LogAndZero if value <= 0.0 => 0.0,
            Scale::LogAndZero => ZERO_SHARE + (1.0 - ZERO_SHARE) * ratio(value.max(self.low)),
        };
        share.clamp(0.0, 1.0)
    }

    /// The value that lies at a share of the axis.
    pub(crate) fn value(&self, share: f64) -> f64 {
        let ratio = |share: f64| self.low * libm::pow(self.high / self.low, share);
        match self.scale {
            Scale::Linear => self.low + (self.high - self.low) * share,
            Scale::Log => ratio(share),
            Scale::LogAndZero if share < ZERO_SHARE => 0.0,
            Scale::LogAndZero => ratio((share - ZERO_SHARE) / (1.0 - ZERO_SHARE)),
        }
    }

    /// Where the break between zero and the rest lies, if there is one.
    pub(crate) fn zero_gap(&self) -> Option<f64> {
        (self.scale == Scale::LogAndZero).then_some(ZERO_SHARE / 2.0)
    }

    /// How far the last tick label reaches beyond the axis, in pixels, if its tick is at the end.
    pub(crate) fn overhang(&self) -> f64 {
        let last = self.ticks.iter().max_by(|a, b| a.at.total_cmp(&b.at));
        last.map_or(0.0, |tick| Letters::of(TICK_SIZE).width(&tick.label) / 2.0)
    }

    /// The width of the widest tick label, in pixels.
    pub(crate) fn label_width(&self) -> f64 {
        let widths = self
            .ticks
            .iter()
            .map(|t| Letters::of(TICK_SIZE).width(&t.label));
        widths.fold(0.0, f64::max)
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let (from, to) = (f64::from(limit.0), f64::from(limit.1));
        nearest(from + (to - from) * self.share(*value))
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.iter().map(|tick| tick.at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let tick = self
            .ticks
            .iter()
            .find(|tick| tick.at.to_bits() == value.to_bits());
        tick.map_or_else(String::new, |tick| tick.label.clone())
    }
}
