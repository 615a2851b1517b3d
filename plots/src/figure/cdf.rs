//! Empirical distribution of durations: which share of the jobs was done within a time.

use super::axis::Axis;
use super::frame::{Frame, PLOT_HEIGHT, Plot, axis_break, no_data};
use super::legend::{Key, Swatch};
use super::{Heading, MOST_NAMES, Measure, Unit, at_most, drawable, extent, hints, thin};
use crate::ink::mark::{Mark, Stroke};
use crate::ink::palette::{color, dash};
use crate::lossy::real;
use crate::text::plain;
use crate::tidy::{Field, Tidy};
use crate::{Drawing, PlotError};

/// How the time axis runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeScale {
    /// By ratio, with a place of its own for zero; shows minutes and days in one figure.
    #[default]
    Log,
    /// Evenly.
    Linear,
}

/// What has durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Of {
    /// Jobs.
    #[default]
    Jobs,
    /// Requests.
    Requests,
}

/// Distributions of one duration, a curve per policy.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cdf {
    /// What stands above.
    pub heading: Heading,
    /// The duration, for example "Job completion time".
    pub duration: String,
    /// What has durations: jobs, unless said otherwise.
    pub of: Of,
    /// How the time axis runs.
    pub scale: TimeScale,
    /// The curves.
    pub series: Vec<Sample>,
}

/// The durations of one policy.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sample {
    /// The policy.
    pub name: String,
    /// Its place in the comparison, which sets colour and dashes in every figure.
    pub position: usize,
    /// Durations in seconds, in any order.
    pub values_s: Vec<f64>,
}

/// A corner of a curve: `share` of the durations is at most `value_s`.
struct Step {
    value_s: f64,
    share: f64,
}

impl Cdf {
    /// Draws the curves exactly, thinned only where that cannot be seen.
    ///
    /// # Errors
    /// [`PlotError::NotDrawable`] and [`PlotError::Negative`] for a duration that is none,
    /// [`PlotError::TooMany`] beyond [`MOST_NAMES`] series.
    pub fn draw(&self) -> Result<Drawing, PlotError> {
        at_most("series", self.series.len(), MOST_NAMES)?;
        for sample in &self.series {
            sample.check()?;
        }
        let keys: Vec<Key> = self.series.iter().map(Sample::key).collect();
        let share = Measure {
            title: match self.of {
                Of::Jobs => "Share of jobs".to_owned(),
                Of::Requests => "Share of requests".to_owned(),
            },
            unit: Unit::Share,
        };
        let mut frame = Frame {
            heading: &self.heading,
            keys: &keys,
            x: Axis::bare(0.0, 1.0),
            y: Axis::from_zero(&share, (0.0, 1.0)).0,
            height: PLOT_HEIGHT,
            gutter: None,
            right: 8.0,
        };
        frame.x = self.time_axis(frame.plot_width());
        let x = frame.x.clone();
        let curves: Vec<Vec<Step>> = self.series.iter().map(|s| s.curve(&x)).collect();
        let svg = frame.draw(|plot| self.marks(&x, &curves, plot))?;
        let csv = self.csv(&curves)?;
        let vega = self.vega(&csv);
        Ok(Drawing { svg, csv, vega })
    }

    fn time_axis(&self, width: f64) -> Axis {
        let all = || self.series.iter().flat_map(|s| s.values_s.iter().copied());
        let title = plain(&self.duration);
        match self.scale {
            TimeScale::Linear => {
                let (low, high) = extent(all()).unwrap_or((0.0, 1.0));
                Axis::time(&title, (low.min(0.0), high), 8.0)
            }
            TimeScale::Log => {
                let zero = all().any(|value| value < TINY);
                let (low, high) = extent(all().filter(|v| *v >= TINY)).unwrap_or((1.0, 60.0));
                let title = format!("{title} (log scale)");
                Axis::log_time(
                    &title,
                    (low / 1.25, high * 1.25),
                    zero,
                    (width, Axis::across),
                )
            }
        }
    }

    fn marks(&self, x: &Axis, curves: &[Vec<Step>], plot: &Plot) -> Vec<Mark> {
        let mut marks: Vec<Mark> = x
            .zero_gap()
            .map_or_else(Vec::new, |at| axis_break(plot, at));
        if curves.iter().all(Vec::is_empty) {
            marks.push(no_data(plot));
        }
        let (left, right) = (plot.from.0, plot.to.0);
        for (sample, curve) in self.series.iter().zip(curves) {
            let Some(last) = curve.last() else { continue };
            let mut points = Vec::with_capacity(2 * curve.len() + 2);
            // A curve that starts at the axis, as one with zeros does, needs no riser along it.
            if plot.at(curve[0].value_s, 0.0).0 > left {
                points.push((left, plot.to.1));
            }
            for step in curve {
                let (x, y) = plot.at(step.value_s, step.share);
                let below = points.last().map_or(y, |(_, y)| *y);
                points.extend([(x, below), (x, y)]);
            }
            points.push((right, plot.at(last.value_s, last.share).1));
            marks.push(Mark::line(points, sample.stroke()));
        }
        marks.extend(hints::strips(x, plot, |at| self.told(curves, at)));
        marks
    }

    /// The share of every curve at a time.
    fn told(&self, curves: &[Vec<Step>], at: f64) -> Option<String> {
        let share = |curve: &Vec<Step>| {
            let _ = curve.first()?;
            let steps = curve.partition_point(|step| step.value_s <= at);
            let share = steps.checked_sub(1).map_or(0.0, |last| curve[last].share);
            Some(Unit::Share.told(share))
        };
        let both = self.series.iter().zip(curves);
        let both = both.map(|(own, curve)| (own.name.clone(), share(curve)));
        hints::lines(format!("at most {}", Unit::Seconds.told(at)), both)
    }

    fn csv(&self, curves: &[Vec<Step>]) -> Result<String, PlotError> {
        let mut tidy = Tidy::new(&["series", "value_s", "share_at_most"])?;
        for (sample, curve) in self.series.iter().zip(curves) {
            for step in curve {
                tidy.row(&[
                    Field::Text(&sample.name),
                    Field::Number(step.value_s),
                    Field::Number(step.share),
                ])?;
            }
        }
        tidy.finish()
    }
}

/// Shorter durations than a picosecond count as zero on a logarithmic axis.
const TINY: f64 = 1e-12;

impl Sample {
    fn check(&self) -> Result<(), PlotError> {
        for (i, value) in self.values_s.iter().enumerate() {
            let place = || format!("series {:?}, value {i}", plain(&self.name));
            if drawable(*value, place)? < 0.0 {
                return Err(PlotError::Negative {
                    place: place(),
                    value: *value,
                });
            }
        }
        Ok(())
    }

    fn stroke(&self) -> Stroke {
        Stroke {
            color: color(self.position),
            width: 1.8,
            dash: dash(self.position),
        }
    }

    fn key(&self) -> Key {
        Key {
            name: self.name.clone(),
            swatch: Swatch::Line(self.stroke()),
        }
    }

    /// The corners of the curve, one per distinct duration, thinned on the axis.
    fn curve(&self, axis: &Axis) -> Vec<Step> {
        let mut sorted = self.values_s.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let mut curve: Vec<Step> = Vec::new();
        for (i, value_s) in sorted.iter().enumerate() {
            let share = real(i + 1) / real(sorted.len());
            match curve.last_mut() {
                Some(last) if last.value_s >= *value_s => last.share = share,
                Some(_) | None => curve.push(Step {
                    value_s: *value_s,
                    share,
                }),
            }
        }
        let places: Vec<f64> = curve.iter().map(|step| axis.share(step.value_s)).collect();
        let mut kept = thin::rising(&places).into_iter().peekable();
        let mut index = 0..;
        curve.retain(|_| kept.next_if_eq(&index.next().unwrap_or(0)).is_some());
        curve
    }
}
