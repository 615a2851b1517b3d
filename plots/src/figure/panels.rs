//! Percentiles of a duration over time: a small plot per policy, all on the same axes.
//!
//! Curves of several percentiles under several policies in one plot would hide each other. Median, 95th and 99th percentile of
//! one policy are seen together here, and policies by the common axes. The durations run by ratio where they span more than
//! two decades, else evenly from zero.

use super::axis::Axis;
use super::frame::{Plot, no_data};
use super::grid::{Grid, PANEL_HEIGHT, columns};
use super::legend::{Key, Swatch};
use super::timeline::Backdrop;
use super::{Heading, MOST_NAMES, Measure, Unit, at_most, drawable, extent, hints};
use crate::ink::Dot;
use crate::ink::mark::{Hatch, Mark, Stroke};
use crate::ink::palette::{BLACK, GREY, Rgb, color, tint};
use crate::text::plain;
use crate::tidy::{Field, Tidy};
use crate::{Drawing, PlotError};

/// The most stretches of a panel.
pub const MOST_STRETCHES: usize = 2_000;

/// How many times the least the greatest is where durations run by ratio.
const DECADES: f64 = 100.0;
/// Ink of the band from the median to the 99th percentile.
const BAND_INK: f64 = 0.28;
const MEDIAN_WIDTH: f64 = 0.9;
const HIGH_WIDTH: f64 = 1.7;
const PROMISE: Stroke = Stroke {
    color: BLACK,
    width: 1.0,
    dash: &[4.0, 3.0],
};

/// Percentiles over time, a panel per policy.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Panels {
    /// What stands above.
    pub heading: Heading,
    /// The duration, for example "Time to first token".
    pub duration: String,
    /// The policies, row by row.
    pub panels: Vec<Panel>,
    /// What the promises are called in the legend.
    pub promise: String,
    /// Something else that went on behind all of them.
    pub backdrop: Option<Backdrop>,
}

/// One policy.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Panel {
    /// The policy.
    pub name: String,
    /// Its place in the comparison, which sets the colour in every figure.
    pub position: usize,
    /// Stretches of time, one after the other; between those that do not meet nothing is known.
    pub stretches: Vec<Stretch>,
    /// Durations that are promised, in seconds: a dashed line each.
    pub promises_s: Vec<f64>,
}

/// Percentiles within a stretch of time, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stretch {
    /// From when.
    pub from_s: f64,
    /// To when.
    pub to_s: f64,
    /// The median.
    pub p50_s: f64,
    /// The 95th percentile.
    pub p95_s: f64,
    /// The 99th.
    pub p99_s: f64,
}

/// One of the percentiles of a stretch.
type Percentile = fn(&Stretch) -> f64;

/// All of them, as data and readers call them.
const CURVES: [(&str, &str, Percentile); 3] = [
    ("p50", "median", |stretch| stretch.p50_s),
    ("p95", "95th percentile", |stretch| stretch.p95_s),
    ("p99", "99th percentile", |stretch| stretch.p99_s),
];

impl Panels {
    /// Draws the panels.
    ///
    /// # Errors
    /// [`PlotError::NotDrawable`], [`PlotError::Negative`], [`PlotError::Unsorted`] and [`PlotError::Interval`] for data that
    /// is none, [`PlotError::TooMany`] beyond [`MOST_NAMES`] panels or [`MOST_STRETCHES`] stretches of one.
    pub fn draw(&self) -> Result<Drawing, PlotError> {
        at_most("panels", self.panels.len(), MOST_NAMES)?;
        for panel in &self.panels {
            panel.check()?;
        }
        let shares = self.backdrop.iter().flat_map(|behind| &behind.shares);
        for (i, (at, share)) in shares.enumerate() {
            for value in [*at, *share] {
                drawable(value, || format!("backdrop, share {i}"))?;
            }
        }
        let mut names: Vec<String> = self.panels.iter().map(|panel| panel.name.clone()).collect();
        if names.is_empty() {
            names.push(String::new());
        }
        let keys = self.keys();
        let times = self.panels.iter().flat_map(|panel| &panel.stretches);
        let times = extent(times.flat_map(|stretch| [stretch.from_s, stretch.to_s]));
        let wanted = if columns(names.len()) > 1 { 4.0 } else { 8.0 };
        let x = Axis::time("Time", times.unwrap_or((0.0, 1.0)), wanted);
        let grid = Grid {
            heading: &self.heading,
            keys: &keys,
            names: &names,
            x: x.clone(),
            y: self.durations(),
        };
        let svg = grid.draw(|at, plot| {
            let mut marks = self.marks(at, plot);
            let panel = self.panels.get(at);
            let told = |time| panel.and_then(|panel| panel.told(time));
            marks.extend(hints::strips(&x, plot, told));
            marks
        })?;
        let csv = self.csv()?;
        let vega = self.vega(&csv);
        Ok(Drawing { svg, csv, vega })
    }

    fn durations(&self) -> Axis {
        let title = plain(&self.duration);
        let values = self.panels.iter().flat_map(|panel| {
            let ends = panel.stretches.iter();
            let ends = ends.flat_map(|stretch| [stretch.p50_s, stretch.p99_s]);
            ends.chain(panel.promises_s.iter().copied())
        });
        match extent(values.filter(|value| *value > 0.0)) {
            Some((low, high)) if high / DECADES > low => {
                let title = format!("{title} (log scale)");
                let length = (PANEL_HEIGHT, Axis::upright as fn(&str) -> f64);
                Axis::log_time(&title, (low / 1.25, high * 1.25), false, length)
            }
            range => {
                let unit = Unit::Seconds;
                let range = range.unwrap_or((0.0, 0.0));
                Axis::from_zero(&Measure { title, unit }, range).0
            }
        }
    }

    fn keys(&self) -> Vec<Key> {
        let line = |name: &str, stroke| Key {
            name: name.to_owned(),
            swatch: Swatch::Line(stroke),
        };
        let mut keys = vec![
            line("median", Stroke::full(GREY, MEDIAN_WIDTH)),
            line("95th percentile", Stroke::full(GREY, HIGH_WIDTH)),
            Key {
                name: "median to 99th percentile".to_owned(),
                swatch: Swatch::Bar(tint(GREY, 0.5), Hatch::Plain),
            },
        ];
        if self.panels.iter().any(|panel| !panel.promises_s.is_empty()) {
            keys.push(line(&self.promise, PROMISE));
        }
        keys.extend(self.backdrop.iter().map(|behind| behind.key(GREY)));
        keys
    }

    fn marks(&self, at: usize, plot: &Plot) -> Vec<Mark> {
        let behind = self.backdrop.iter();
        let mut marks: Vec<Mark> = behind
            .filter_map(|behind| behind.mark(plot, Some(plot.to.0), GREY))
            .collect();
        match self.panels.get(at) {
            Some(panel) if !panel.stretches.is_empty() => marks.extend(panel.marks(plot)),
            Some(_) | None => marks.push(no_data(plot)),
        }
        marks
    }

    fn csv(&self) -> Result<String, PlotError> {
        let mut tidy = Tidy::new(&["series", "curve", "from_s", "to_s", "value"])?;
        for panel in &self.panels {
            for promise in &panel.promises_s {
                tidy.row(&[
                    Field::Text(&panel.name),
                    Field::Text("promise"),
                    Field::maybe(None),
                    Field::maybe(None),
                    Field::Number(*promise),
                ])?;
            }
            for (curve, _, of) in CURVES {
                for stretch in &panel.stretches {
                    tidy.row(&[
                        Field::Text(&panel.name),
                        Field::Text(curve),
                        Field::Number(stretch.from_s),
                        Field::Number(stretch.to_s),
                        Field::Number(of(stretch)),
                    ])?;
                }
            }
        }
        if let Some(behind) = &self.backdrop {
            for (at, share) in &behind.shares {
                tidy.row(&[
                    Field::Text(&behind.name),
                    Field::Text("backdrop"),
                    Field::Number(*at),
                    Field::maybe(None),
                    Field::Number(*share),
                ])?;
            }
        }
        tidy.finish()
    }
}

impl Panel {
    fn check(&self) -> Result<(), PlotError> {
        at_most("stretches", self.stretches.len(), MOST_STRETCHES)?;
        let name = plain(&self.name);
        for (i, promise) in self.promises_s.iter().enumerate() {
            duration(*promise, || format!("panel {name:?}, promise {i}"))?;
        }
        let mut before = f64::NEG_INFINITY;
        for (i, stretch) in self.stretches.iter().enumerate() {
            let place = || format!("panel {name:?}, stretch {i}");
            drawable(stretch.from_s, place)?;
            drawable(stretch.to_s, place)?;
            if stretch.from_s < before || stretch.to_s < stretch.from_s {
                return Err(PlotError::Unsorted { place: place() });
            }
            before = stretch.to_s;
            let [low, middle, high] = [stretch.p50_s, stretch.p95_s, stretch.p99_s];
            for value in [low, middle, high] {
                duration(value, place)?;
            }
            if middle < low || high < middle {
                let place = place();
                return Err(PlotError::Interval { place, low, high });
            }
        }
        Ok(())
    }

    fn marks(&self, plot: &Plot) -> Vec<Mark> {
        let runs = || self.stretches.chunk_by(|a, b| a.to_s >= b.from_s);
        let bands = runs().map(|run| {
            let mut outline = corners(plot, run, |stretch| stretch.p99_s);
            outline.extend(
                corners(plot, run, |stretch| stretch.p50_s)
                    .into_iter()
                    .rev(),
            );
            Mark::Area {
                outline,
                fill: self.color(),
                opacity: BAND_INK,
                edge: None,
            }
        });
        let promises = self.promises_s.iter().map(|promise| {
            let y = plot.at(0.0, *promise).1;
            Mark::line(vec![(plot.from.0, y), (plot.to.0, y)], PROMISE)
        });
        let line = |of: Percentile, width: f64| Mark::Line {
            pieces: runs().map(|run| corners(plot, run, of)).collect(),
            stroke: Stroke::full(self.color(), width),
        };
        let lines = [
            line(|stretch| stretch.p50_s, MEDIAN_WIDTH),
            line(|stretch| stretch.p95_s, HIGH_WIDTH),
        ];
        bands.chain(promises).chain(lines).collect()
    }

    /// The percentiles of the stretch that an instant lies in.
    fn told(&self, at: f64) -> Option<String> {
        let mut stretches = self.stretches.iter();
        let stretch = stretches.find(|stretch| (stretch.from_s..stretch.to_s).contains(&at))?;
        let told = |of: Percentile| Some(Unit::Seconds.told(of(stretch)));
        let curves = CURVES.into_iter();
        let curves = curves.map(|(_, name, of)| (name.to_owned(), told(of)));
        let (from, to) = (stretch.from_s, stretch.to_s);
        let when = format!("{} to {}", Unit::Seconds.told(from), Unit::Seconds.told(to));
        hints::lines(format!("{}, {when}", plain(&self.name)), curves)
    }

    fn color(&self) -> Rgb {
        color(self.position)
    }
}

/// A level from begin to end of each stretch.
fn corners(plot: &Plot, run: &[Stretch], of: Percentile) -> Vec<Dot> {
    let ends = run.iter().flat_map(|stretch| {
        let level = of(stretch);
        [plot.at(stretch.from_s, level), plot.at(stretch.to_s, level)]
    });
    ends.collect()
}

/// An error unless it can be drawn and is not negative.
fn duration(value: f64, place: impl Fn() -> String) -> Result<(), PlotError> {
    let value = drawable(value, &place)?;
    if value < 0.0 {
        let place = place();
        return Err(PlotError::Negative { place, value });
    }
    Ok(())
}
