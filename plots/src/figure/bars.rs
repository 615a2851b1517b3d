//! One metric as level bars with intervals, a row per policy, values printed beside them.

use super::axis::Axis;
use super::frame::{Frame, Plot, no_data, row_label, row_middle};
use super::legend::{Key, Swatch};
use super::{Estimate, Heading, MOST_NAMES, Measure, at_most, extent};
use crate::ink::Dot;
use crate::ink::dots;
use crate::ink::mark::{Hatch, Letters, Mark, Stroke, hatching};
use crate::ink::palette::{BLACK, GREY, STONE, color, tint};
use crate::lossy::{floor_count, real};
use crate::number::{exponent, fixed};
use crate::text::plain;
use crate::tidy::{Field, Tidy};
use crate::{Drawing, PlotError};

const ROW: f64 = 27.0;
const THICKNESS: f64 = 15.0;
const WIDEST_NAME: f64 = 190.0;

/// One metric of several policies.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// What stands above.
    pub heading: Heading,
    /// The metric.
    pub measure: Measure,
    /// The policies, from the top down.
    pub bars: Vec<Bar>,
    /// Which bar the others are compared with; it is hatched and its value drawn through.
    pub baseline: Option<usize>,
}

/// One policy's value.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// The policy.
    pub name: String,
    /// Its place in the comparison, which sets the colour in every figure.
    pub position: usize,
    /// The value and its interval.
    pub estimate: Estimate,
    /// What no such value is below, if that is known: a line through the row.
    pub bound: Option<f64>,
}

impl Bars {
    /// Draws the bars from zero.
    ///
    /// # Errors
    /// [`PlotError::NotDrawable`] and [`PlotError::Interval`] for a value that is none,
    /// [`PlotError::OutOfRange`] for a baseline that is no bar, [`PlotError::TooMany`] beyond
    /// [`MOST_NAMES`] bars.
    pub fn draw(&self) -> Result<Drawing, PlotError> {
        at_most("bars", self.bars.len(), MOST_NAMES)?;
        for bar in &self.bars {
            let place = || format!("bar {:?}", plain(&bar.name));
            bar.estimate.check(place)?;
            if let Some(bound) = bar.bound {
                let place = || format!("the bound of {}", place());
                Estimate::exact(bound).check(place)?;
            }
        }
        if let Some(row) = self.baseline.filter(|row| *row >= self.bars.len().max(1)) {
            let place = format!("baseline {row}");
            return Err(PlotError::OutOfRange { place });
        }
        let ends = self.bars.iter().map(|bar| bar.estimate.ends());
        let bounds = self.bars.iter().filter_map(|bar| bar.bound);
        let range = extent(ends.flat_map(|(low, high)| [low, high]).chain(bounds));
        let (x, shown) = Axis::from_zero(&self.measure, range.unwrap_or((0.0, 0.0)));
        let decimals = self.decimals(shown.per_given);
        let printed = self
            .bars
            .iter()
            .map(|b| b.printed(shown.per_given, decimals));
        let printed: Vec<String> = printed.collect();
        let is_bounded = self.bars.iter().any(|bar| bar.bound.is_some());
        let keys = self.baseline_bar().map(baseline_key);
        let keys: Vec<Key> = keys.into_iter().chain(is_bounded.then(bound_key)).collect();
        let rows = real(self.bars.len().max(3));
        let gutter = widest(self.bars.iter().map(|b| plain(&b.name))).min(WIDEST_NAME) + 12.0;
        let frame = Frame {
            heading: &self.heading,
            keys: &keys,
            x,
            y: Axis::bare(0.0, real(self.bars.len().max(1))),
            height: rows * ROW,
            gutter: Some(gutter),
            right: widest(printed.iter().cloned()) + 12.0,
        };
        let svg = frame.draw(|plot| self.marks(plot, &printed, gutter))?;
        let csv = self.csv()?;
        let vega = self.vega(&csv);
        Ok(Drawing { svg, csv, vega })
    }

    /// Decimals that give the least value three digits, unless the greatest then has over five.
    fn decimals(&self, per_given: f64) -> usize {
        let values = self.bars.iter().map(|bar| bar.estimate.value * per_given);
        let powers = values.filter(|value| *value != 0.0).map(exponent);
        let (least, most) = extent(powers.map(f64::from)).unwrap_or((0.0, 0.0));
        floor_count((2.0 - least).min(4.0 - most).clamp(0.0, 9.0))
    }

    fn baseline_bar(&self) -> Option<&Bar> {
        self.bars.get(self.baseline?)
    }

    fn marks(&self, plot: &Plot, printed: &[String], gutter: f64) -> Vec<Mark> {
        if self.bars.is_empty() {
            return vec![no_data(plot)];
        }
        let rows = self.bars.len();
        let zero = plot.at(0.0, 0.0).0;
        let mut marks = Vec::new();
        for (row, (bar, printed)) in self.bars.iter().zip(printed).enumerate() {
            let (x, y) = plot.at(bar.estimate.value, row_middle(row, rows));
            marks.push(row_label(plot, y, &bar.name, gutter));
            marks.extend(bar.body(zero, (x, y), self.baseline == Some(row)));
            let beside = (plot.to.0 + dots(10.0), y);
            marks.push(Mark::words(beside, printed, Letters::of(11.5)));
        }
        marks.push(Mark::line(
            vec![(zero, plot.from.1), (zero, plot.to.1)],
            Stroke::full(GREY, 1.0),
        ));
        if let Some(bar) = self.baseline_bar() {
            let x = plot.at(bar.estimate.value, 0.0).0;
            let stroke = Stroke {
                color: STONE,
                width: 1.0,
                dash: &[3.0, 3.0],
            };
            marks.push(Mark::line(vec![(x, plot.from.1), (x, plot.to.1)], stroke));
        }
        for (row, bar) in self.bars.iter().enumerate() {
            marks.extend(bar.bound_line(plot, row_middle(row, rows)));
        }
        for (row, bar) in self.bars.iter().enumerate() {
            marks.extend(bar.whisker(plot, row_middle(row, rows)));
        }
        for (row, bar) in self.bars.iter().enumerate() {
            let y = plot.at(0.0, row_middle(row, rows)).1;
            let (name, told) = (plain(&bar.name), self.measure.told(bar.estimate));
            marks.push(Mark::Hint {
                a: (plot.from.0 - dots(gutter), y - dots(ROW / 2.0)),
                b: (plot.to.0, y + dots(ROW / 2.0)),
                text: format!("{name}\n{told}"),
            });
        }
        marks
    }

    fn csv(&self) -> Result<String, PlotError> {
        let mut tidy = Tidy::new(&["series", "value", "low", "high", "bound", "baseline"])?;
        for (row, bar) in self.bars.iter().enumerate() {
            let interval = bar.estimate.interval;
            tidy.row(&[
                Field::Text(&bar.name),
                Field::Number(bar.estimate.value),
                Field::maybe(interval.map(|(low, _)| low)),
                Field::maybe(interval.map(|(_, high)| high)),
                Field::maybe(bar.bound),
                Field::Text(if self.baseline == Some(row) {
                    "yes"
                } else {
                    "no"
                }),
            ])?;
        }
        tidy.finish()
    }
}

fn baseline_key(bar: &Bar) -> Key {
    Key {
        name: format!("baseline: {}", bar.name),
        swatch: Swatch::Bar(tint(color(bar.position), 0.3), Hatch::Rising),
    }
}

/// The line of what nothing is below.
const BOUND: Stroke = Stroke::full(BLACK, 2.0);

fn bound_key() -> Key {
    Key {
        name: "lower bound".to_owned(),
        swatch: Swatch::Line(BOUND),
    }
}

fn widest(texts: impl Iterator<Item = String>) -> f64 {
    let widths = texts.map(|text| Letters::of(12.0).width(&text));
    widths.fold(0.0, f64::max)
}

impl Bar {
    /// The value and its interval as printed beside the bar.
    fn printed(&self, per_given: f64, decimals: usize) -> String {
        // All of a figure with as many decimals, so that they can be compared at sight.
        let number = |value: f64| {
            let decimals = if value == 0.0 { 0 } else { decimals };
            fixed(value * per_given, decimals)
        };
        match self.estimate.interval {
            None => number(self.estimate.value),
            Some((low, high)) => format!(
                "{} [{}, {}]",
                number(self.estimate.value),
                number(low),
                number(high)
            ),
        }
    }

    fn body(&self, zero: i32, (x, y): Dot, baseline: bool) -> Vec<Mark> {
        let half = dots(THICKNESS / 2.0);
        let edge = Stroke::full(color(self.position), 1.2);
        let (a, b) = ((zero.min(x), y - half), (zero.max(x), y + half));
        let mut marks = Vec::new();
        if baseline {
            marks.push(Mark::rect(
                a,
                b,
                tint(color(self.position), 0.3),
                Some(edge),
            ));
            marks.push(Mark::Line {
                pieces: hatching(a, b, Hatch::Rising, 50),
                stroke: edge,
            });
        } else {
            marks.push(Mark::rect(
                a,
                b,
                tint(color(self.position), 0.7),
                Some(edge),
            ));
        }
        marks
    }

    /// As high as the row, so that the lines of rows that are bounded alike are one.
    fn bound_line(&self, plot: &Plot, middle: f64) -> Option<Mark> {
        let (x, y) = plot.at(self.bound?, middle);
        let half = dots(ROW / 2.0);
        Some(Mark::line(vec![(x, y - half), (x, y + half)], BOUND))
    }

    fn whisker(&self, plot: &Plot, middle: f64) -> Option<Mark> {
        let (low, high) = self.estimate.interval?;
        let (left, y) = plot.at(low, middle);
        let (right, _) = plot.at(high, middle);
        let cap = |x: i32| vec![(x, y - 35), (x, y + 35)];
        Some(Mark::Line {
            pieces: vec![vec![(left, y), (right, y)], cap(left), cap(right)],
            stroke: Stroke::full(BLACK, 1.2),
        })
    }
}
