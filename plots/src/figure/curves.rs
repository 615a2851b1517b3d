//! Curves: one number over another, such as what an agent gains over the decisions that it has made.

use super::axis::Axis;
use super::frame::{Frame, PLOT_HEIGHT, Plot, no_data};
use super::legend::{Key, Swatch};
use super::{Heading, MOST_NAMES, Measure, at_most, drawable, extent};
use crate::ink::Dot;
use crate::ink::mark::{Mark, Stroke};
use crate::ink::palette::{color, dash, marker};
use crate::text::plain;
use crate::tidy::{Field, Tidy};
use crate::{Drawing, PlotError};

/// One number over another, a curve per series.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// What stands above.
    pub heading: Heading,
    /// What lies below.
    pub x: Measure,
    /// What stands at the side.
    pub y: Measure,
    /// The curves.
    pub curves: Vec<Curve>,
}

/// A curve: straight from point to point.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What it shows.
    pub name: String,
    /// Sets its colour and dashes.
    pub position: usize,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
    /// Whether its points are marked: few that were measured, not many that a line smooths.
    pub marked: bool,
}

impl Curves {
    /// Draws the curves.
    ///
    /// # Errors
    /// [`PlotError::NotDrawable`] for numbers that are none, [`PlotError::TooMany`] beyond [`MOST_NAMES`] curves.
    pub fn draw(&self) -> Result<Drawing, PlotError> {
        at_most("curves", self.curves.len(), MOST_NAMES)?;
        for curve in &self.curves {
            for (at, (x, y)) in curve.points.iter().enumerate() {
                let place = || format!("curve {:?}, point {at}", plain(&curve.name));
                drawable(*x, place)?;
                drawable(*y, place)?;
            }
        }
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let x = extent(points().map(|(x, _)| *x)).unwrap_or((0.0, 1.0));
        let y = extent(points().map(|(_, y)| *y)).unwrap_or((0.0, 1.0));
        let keys: Vec<Key> = self.curves.iter().map(Curve::key).collect();
        let frame = Frame {
            heading: &self.heading,
            keys: &keys,
            x: Axis::from_zero(&self.x, x).0,
            y: Axis::around(&self.y, y).0,
            height: PLOT_HEIGHT,
            gutter: None,
            right: 8.0,
        };
        let svg = frame.draw(|plot| self.marks(plot))?;
        let csv = self.csv()?;
        let vega = self.vega(&csv);
        Ok(Drawing { svg, csv, vega })
    }

    fn marks(&self, plot: &Plot) -> Vec<Mark> {
        if self.curves.iter().all(|curve| curve.points.is_empty()) {
            return vec![no_data(plot)];
        }
        let marks = self.curves.iter().flat_map(|curve| curve.marks(plot));
        marks.collect()
    }

    fn csv(&self) -> Result<String, PlotError> {
        let mut tidy = Tidy::new(&["series", "x", "y"])?;
        for curve in &self.curves {
            for (x, y) in &curve.points {
                tidy.row(&[
                    Field::Text(&curve.name),
                    Field::Number(*x),
                    Field::Number(*y),
                ])?;
            }
        }
        tidy.finish()
    }
}

impl Curve {
    fn stroke(&self) -> Stroke {
        Stroke {
            color: color(self.position),
            width: if self.marked { 1.8 } else { 1.1 },
            dash: dash(self.position),
        }
    }

    fn key(&self) -> Key {
        Key {
            name: self.name.clone(),
            swatch: Swatch::Line(self.stroke()),
        }
    }

    fn marks(&self, plot: &Plot) -> Vec<Mark> {
        let dots: Vec<Dot> = self.points.iter().map(|(x, y)| plot.at(*x, *y)).collect();
        let signed = self.marked || dots.len() == 1;
        let sign = |at: &Dot| Mark::Sign {
            at: *at,
            marker: marker(self.position),
            color: color(self.position),
        };
        let signs: Vec<Mark> = dots.iter().filter(|_| signed).map(sign).collect();
        let line = (dots.len() > 1).then(|| Mark::line(dots, self.stroke()));
        line.into_iter().chain(signs).collect()
    }
}
