//! The legend: rows above the plot, so that it never covers data.

use crate::ink::font::Weight;
use crate::ink::mark::{Hatch, Letters, Mark, Stroke, hatching};
use crate::ink::palette::{GREY, Marker, Rgb};
use crate::ink::{Dot, dots};
use crate::lossy::{floor_count, real};
use crate::text::{elide, plain};

/// Height of a row, in pixels.
pub(crate) const ROW: f64 = 19.0;

const LETTERS: Letters = Letters {
    size: 12.0,
    weight: Weight::Regular,
    color: crate::ink::palette::BLACK,
    anchor: crate::ink::mark::Anchor::Start,
    halo: false,
};
const SWATCH: f64 = 26.0;
const GAP: f64 = 6.0;
const BETWEEN: f64 = 18.0;
const WIDEST_NAME: f64 = 190.0;

/// What stands for a name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Swatch {
    /// A line.
    Line(Stroke),
    /// A point.
    Sign(Marker, Rgb),
    /// A filled and hatched bar.
    Bar(Rgb, Hatch),
}

/// One name of the legend.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) swatch: Swatch,
}

/// The places of a legend: for each key its row, its left end in pixels, and its name as it
/// fits. One row flows; several keep columns.
fn places(keys: &[Key], width: f64) -> Vec<(usize, f64, String)> {
    let name = |key: &Key| elide(&plain(&key.name), WIDEST_NAME, |t| LETTERS.width(t));
    let names: Vec<String> = keys.iter().map(name).collect();
    let lengths = names
        .iter()
        .map(|name| SWATCH + GAP + LETTERS.width(name) + BETWEEN);
    let lengths: Vec<f64> = lengths.collect();
    let one_row = lengths.iter().sum::<f64>() - BETWEEN <= width;
    let widest = lengths.iter().copied().fold(1.0, f64::max);
    let columns = floor_count((width + BETWEEN) / widest).max(1);
    let mut end = 0.0;
    let mut placed = Vec::with_capacity(keys.len());
    for (i, (name, length)) in names.into_iter().zip(lengths).enumerate() {
        if one_row {
            placed.push((0, end, name));
            end += length;
        } else {
            placed.push((i / columns, real(i % columns) * widest, name));
        }
    }
    placed
}

/// The height a legend takes within a width, both in pixels.
pub(crate) fn height(keys: &[Key], width: f64) -> f64 {
    let rows = places(keys, width).last().map_or(0, |(row, _, _)| row + 1);
    real(rows) * ROW
}

/// The legend with its upper left corner at a place.
pub(crate) fn draw(keys: &[Key], at: Dot, width: f64) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (key, (row, x, name)) in keys.iter().zip(places(keys, width)) {
        let left = at.0 + dots(x);
        let middle = at.1 + dots((real(row) + 0.5) * ROW);
        swatch(&mut marks, &key.swatch, (left, middle));
        let words = (left + dots(SWATCH + GAP), middle);
        marks.push(Mark::words(words, name, LETTERS));
    }
    marks
}

fn swatch(marks: &mut Vec<Mark>, swatch: &Swatch, (x, y): Dot) {
    let right = x + dots(SWATCH);
    match swatch {
        Swatch::Line(stroke) => marks.push(Mark::line(vec![(x, y), (right, y)], *stroke)),
        Swatch::Sign(marker, color) => marks.push(Mark::Sign {
            at: (x + dots(SWATCH / 2.0), y),
            marker: *marker,
            color: *color,
        }),
        Swatch::Bar(fill, hatch) => {
            let (a, b) = ((x, y - 55), (right, y + 55));
            let edge = Stroke::full(GREY, 0.8);
            marks.push(Mark::rect(a, b, *fill, Some(edge)));
            marks.push(Mark::Line {
                pieces: hatching(a, b, *hatch, 40),
                stroke: edge,
            });
        }
    }
}
