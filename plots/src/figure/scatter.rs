//! Cost against violations: a labelled point per policy, with intervals and the Pareto front.

use super::axis::Axis;
use super::frame::{Frame, PLOT_HEIGHT, Plot, no_data};
use super::labels::{self, Area, Scene};
use super::legend::{Key, Swatch};
use super::pareto;
use super::{Estimate, Heading, MOST_NAMES, Measure, at_most, extent};
use crate::ink::mark::{Letters, Mark, Stroke};
use crate::ink::palette::{STONE, color, marker, tint};
use crate::ink::{Dot, dots};
use crate::text::{elide, plain};
use crate::tidy::{Field, Tidy};
use crate::{Drawing, PlotError};

const LETTERS: f64 = 12.0;
const WIDEST_LABEL: f64 = 170.0;

const FRONT: Stroke = Stroke {
    color: STONE,
    width: 1.2,
    dash: &[4.0, 3.0],
};

/// Policies by two measures of which less is better.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    /// What stands above.
    pub heading: Heading,
    /// The measure to the right, usually cost.
    pub x: Measure,
    /// The measure upwards, usually the SLA violation rate.
    pub y: Measure,
    /// The policies.
    pub points: Vec<Point>,
}

/// One policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The policy.
    pub name: String,
    /// Its place in the comparison, which sets colour and marker in every figure.
    pub position: usize,
    /// Its value to the right.
    pub x: Estimate,
    /// Its value upwards.
    pub y: Estimate,
}

impl Scatter {
    /// Draws the points, their labels apart from each other; a legend instead where a crowd
    /// leaves no room for labels.
    ///
    /// # Errors
    /// [`PlotError::NotDrawable`] and [`PlotError::Interval`] for a value that is none,
    /// [`PlotError::TooMany`] beyond [`MOST_NAMES`] points.
    pub fn draw(&self) -> Result<Drawing, PlotError> {
        at_most("points", self.points.len(), MOST_NAMES)?;
        for point in &self.points {
            let place = |axis: &str| format!("point {:?}, {axis}", plain(&point.name));
            point.x.check(|| place("x"))?;
            point.y.check(|| place("y"))?;
        }
        let csv = self.csv()?;
        let mut placed = true;
        let svg = self.frame(&self.keys(false)).draw(|plot| {
            let labels = self.labels(plot);
            placed = labels.is_some();
            self.marks(plot, labels.unwrap_or_default())
        })?;
        let svg = if placed {
            svg
        } else {
            self.frame(&self.keys(true))
                .draw(|plot| self.marks(plot, Vec::new()))?
        };
        let vega = self.vega(&csv);
        Ok(Drawing { svg, csv, vega })
    }

    fn frame<'f>(&'f self, keys: &'f [Key]) -> Frame<'f> {
        let range = |estimate: fn(&Point) -> Estimate| {
            let ends = self.points.iter().map(|point| estimate(point).ends());
            extent(ends.flat_map(|(low, high)| [low, high])).unwrap_or((0.0, 1.0))
        };
        Frame {
            heading: &self.heading,
            keys,
            x: Axis::around(&self.x, range(|point| point.x)).0,
            y: Axis::around(&self.y, range(|point| point.y)).0,
            height: PLOT_HEIGHT + 40.0,
            gutter: None,
            right: 8.0,
        }
    }

    /// The front alone, or with all names where labels found no room.
    fn keys(&self, with_names: bool) -> Vec<Key> {
        let front = Key {
            name: "Pareto front".to_owned(),
            swatch: Swatch::Line(FRONT),
        };
        let names = self.points.iter().filter(|_| with_names).map(|point| Key {
            name: point.name.clone(),
            swatch: Swatch::Sign(marker(point.position), color(point.position)),
        });
        let front = (self.points.len() > 1).then_some(front);
        front.into_iter().chain(names).collect()
    }

    fn marks(&self, plot: &Plot, labels: Vec<Mark>) -> Vec<Mark> {
        if self.points.is_empty() {
            return vec![no_data(plot)];
        }
        let mut marks = Vec::new();
        if self.points.len() > 1 {
            marks.push(Mark::line(self.front(plot), FRONT));
        }
        // Intervals lie over the labels' white rings, which must not hide data.
        marks.extend(labels);
        for point in &self.points {
            let stroke = Stroke::full(tint(color(point.position), 0.75), 1.1);
            let pieces = point.whiskers(plot);
            marks.push(Mark::Line { pieces, stroke });
        }
        marks.extend(self.points.iter().map(|point| Mark::Sign {
            at: point.at(plot),
            marker: marker(point.position),
            color: color(point.position),
        }));
        marks.extend(
            self.points
                .iter()
                .map(|point| self.hint(point.at(plot), point)),
        );
        marks
    }

    fn hint(&self, at: Dot, point: &Point) -> Mark {
        let (x, y) = (self.x.told(point.x), self.y.told(point.y));
        let around = |by: i32| (at.0 + by, at.1 + by);
        Mark::Hint {
            a: around(-90),
            b: around(90),
            text: format!("{}\n{x}\n{y}", plain(&point.name)),
        }
    }

    /// The front as a step line: right and above of it everything is beaten.
    fn front(&self, plot: &Plot) -> Vec<Dot> {
        let values: Vec<(f64, f64)> = self.points.iter().map(|p| (p.x.value, p.y.value)).collect();
        let mut line: Vec<Dot> = Vec::new();
        for i in pareto::front(&values) {
            let (x, y) = self.points[i].at(plot);
            let above = line.last().map_or(plot.from.1, |(_, y)| *y);
            line.extend([(x, above), (x, y)]);
        }
        let end = line.last().map(|(_, y)| (plot.to.0, *y));
        line.extend(end);
        line
    }

    /// The labels and the lines that lead to far ones; none if one finds no room.
    fn labels(&self, plot: &Plot) -> Option<Vec<Mark>> {
        let letters = Letters::of(LETTERS).ringed();
        let fitting = |name: &str| elide(&plain(name), WIDEST_LABEL, |t| letters.width(t));
        let names: Vec<String> = self.points.iter().map(|p| fitting(&p.name)).collect();
        let points: Vec<Dot> = self.points.iter().map(|p| p.at(plot)).collect();
        let size = |name: &String| (dots(letters.width(name) + 4.0), dots(LETTERS + 2.0));
        let sizes: Vec<Dot> = names.iter().map(size).collect();
        let front = self.front(plot);
        let whiskers = self.points.iter().flat_map(|p| p.whiskers(plot));
        let lines = whiskers.chain([front]).flat_map(|line| {
            let pairs: Vec<(Dot, Dot)> = line.windows(2).map(|pair| (pair[0], pair[1])).collect();
            pairs
        });
        let scene = Scene {
            bounds: Area {
                from: (plot.from.0 + 20, plot.from.1 + 20),
                to: (plot.to.0 - 20, plot.to.1 - 20),
            },
            signs: points.iter().map(|at| Area::around(*at, 60)).collect(),
            lines: lines.collect(),
        };
        let places = labels::place(&points, &sizes, &scene)?;
        let mut marks = Vec::new();
        for ((at, area), point) in points.iter().zip(&places).zip(&self.points) {
            if labels::leads(*at, area) {
                let leader = vec![*at, area.closest(*at)];
                let stroke = Stroke::full(color(point.position), 0.7);
                marks.push(Mark::line(leader, stroke));
            }
        }
        for (area, name) in places.iter().zip(names) {
            let at = (area.from.0 + 20, i32::midpoint(area.from.1, area.to.1));
            marks.push(Mark::words(at, name, letters));
        }
        Some(marks)
    }

    fn csv(&self) -> Result<String, PlotError> {
        let values: Vec<(f64, f64)> = self.points.iter().map(|p| (p.x.value, p.y.value)).collect();
        let front = pareto::front(&values);
        let mut tidy = Tidy::new(&[
            "series", "x", "x_low", "x_high", "y", "y_low", "y_high", "on_front",
        ])?;
        for (i, point) in self.points.iter().enumerate() {
            let low = |e: Estimate| Field::maybe(e.interval.map(|(low, _)| low));
            let high = |e: Estimate| Field::maybe(e.interval.map(|(_, high)| high));
            tidy.row(&[
                Field::Text(&point.name),
                Field::Number(point.x.value),
                low(point.x),
                high(point.x),
                Field::Number(point.y.value),
                low(point.y),
                high(point.y),
                Field::Text(if front.contains(&i) { "yes" } else { "no" }),
            ])?;
        }
        tidy.finish()
    }
}

impl Point {
    fn at(&self, plot: &Plot) -> Dot {
        plot.at(self.x.value, self.y.value)
    }

    fn whiskers(&self, plot: &Plot) -> Vec<Vec<Dot>> {
        let level = self.x.interval.map(|(low, high)| {
            let y = self.y.value;
            vec![plot.at(low, y), plot.at(high, y)]
        });
        let upright = self.y.interval.map(|(low, high)| {
            let x = self.x.value;
            vec![plot.at(x, low), plot.at(x, high)]
        });
        level.into_iter().chain(upright).collect()
    }
}
