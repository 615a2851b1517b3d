//! The critical-difference diagram: policies on an axis of mean ranks, bars over those that cannot be told apart.
//!
//! After J. Demšar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7 (2006): the best rank lies to the
//! right, above the axis is how far two policies must be apart, below it lines lead to the names.

use plotters::drawing::IntoDrawingArea;

use super::axis::TICK_SIZE;
use super::frame::{BOTTOM, MARGIN, WIDTH, head, refused};
use super::{Heading, MOST_NAMES, at_most, drawable};
use crate::ink::mark::{Anchor, Letters, Mark, Stroke};
use crate::ink::palette::{BLACK, GREY, color};
use crate::ink::paper::{Paper, document};
use crate::ink::{Dot, dots};
use crate::lossy::{nearest, real};
use crate::number::fixed;
use crate::text::{elide, plain};
use crate::tidy::{Field, Tidy};
use crate::{Drawing, PlotError};

const ROW: f64 = 21.0;
const LETTERS: f64 = 12.0;
const WIDEST_NAME: f64 = 175.0;
/// From the top of the plot to the axis: the critical difference and the ticks' labels lie in between.
const ABOVE: f64 = 50.0;
/// Between bars of policies that cannot be told apart.
const BETWEEN: f64 = 8.0;

/// Policies by their mean rank over many blocks.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranks {
    /// What stands above.
    pub heading: Heading,
    /// The policies: two at least.
    pub places: Vec<Place>,
    /// How far apart two mean ranks must be for their policies to be told apart.
    pub critical_difference: f64,
    /// The ends of each longest stretch of policies, by rank, that cannot be told apart: indices of [`Self::places`].
    pub alike: Vec<(usize, usize)>,
}

/// One policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The policy.
    pub name: String,
    /// Its place in the comparison, which sets the colour in every figure.
    pub position: usize,
    /// Its mean rank: from 1, the best, to as many as there are policies.
    pub rank: f64,
}

/// Where things lie, in pixels.
struct Layout {
    left: f64,
    right: f64,
    axis: f64,
    /// The first row of names.
    rows: f64,
    height: f64,
    most: f64,
}

impl Layout {
    fn x(&self, rank: f64) -> f64 {
        self.right - (rank - 1.0) / (self.most - 1.0) * (self.right - self.left)
    }
}

impl Ranks {
    /// Draws axis, bars and names.
    ///
    /// # Errors
    /// [`PlotError::OutOfRange`] for fewer than two policies, a rank that is none, or a stretch of policies that are not there;
    /// [`PlotError::NotDrawable`] for a difference that is no number, [`PlotError::TooMany`] beyond [`MOST_NAMES`] policies.
    pub fn draw(&self) -> Result<Drawing, PlotError> {
        self.check()?;
        let (mut marks, top) = head(&self.heading, &[]);
        let layout = self.layout(top);
        marks.extend(self.axis(&layout));
        marks.extend(self.difference(&layout));
        let order = self.order();
        let best = order.len().div_ceil(2);
        for (row, at) in order[..best].iter().enumerate() {
            marks.extend(self.name(&layout, *at, (row, true)));
        }
        for (row, at) in order[best..].iter().rev().enumerate() {
            marks.extend(self.name(&layout, *at, (row, false)));
        }
        marks.extend(self.bars(&layout));
        let (width, height) = (dots(WIDTH), dots(layout.height));
        let (width, height) = (width.unsigned_abs(), height.unsigned_abs());
        let mut drawn = String::new();
        let root = Paper::new(width, height, &mut drawn).into_drawing_area();
        for mark in &marks {
            root.draw(mark).map_err(refused)?;
        }
        drop(root);
        let svg = document(width, height, &plain(&self.heading.title), &drawn);
        let csv = self.csv()?;
        let vega = self.vega(&csv);
        Ok(Drawing { svg, csv, vega })
    }

    fn check(&self) -> Result<(), PlotError> {
        let count = self.places.len();
        at_most("policies", count, MOST_NAMES)?;
        drawable(self.critical_difference, || {
            "critical difference".to_owned()
        })?;
        let out = |place: String| Err(PlotError::OutOfRange { place });
        if count < 2 {
            return out(format!("{count} policies"));
        }
        for place in &self.places {
            if !(1.0..=real(count)).contains(&place.rank) {
                return out(format!("rank {} of {:?}", place.rank, plain(&place.name)));
            }
        }
        let is_there = |(a, b): &&(usize, usize)| *a < count && *b < count;
        match self.alike.iter().find(|ends| !is_there(ends)) {
            Some((a, b)) => out(format!("policies {a} to {b}")),
            None => Ok(()),
        }
    }

    /// Indices by rank, then as given.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.places.len()).collect();
        let rank = |at: usize| self.places[at].rank;
        order.sort_by(|a, b| rank(*a).total_cmp(&rank(*b)).then(a.cmp(b)));
        order
    }

    fn layout(&self, top: f64) -> Layout {
        let letters = Letters::of(LETTERS);
        let widths = self.places.iter().map(|own| letters.width(&label(own)));
        let gutter = MARGIN + widths.fold(0.0, f64::max) + 22.0;
        let axis = top + ABOVE;
        let rows = axis + (real(self.alike.len()) + 1.0) * BETWEEN + 14.0;
        let deepest = real(self.places.len().div_ceil(2));
        Layout {
            left: gutter,
            right: WIDTH - gutter,
            axis,
            rows,
            height: rows + deepest * ROW + BOTTOM,
            most: real(self.places.len()),
        }
    }

    /// The axis with a tick a rank, and smaller ones half way.
    fn axis(&self, layout: &Layout) -> Vec<Mark> {
        let stroke = Stroke::full(BLACK, 1.2);
        let at = |rank: f64, up: f64| (dots(layout.x(rank)), dots(layout.axis - up));
        let mut marks = vec![Mark::line(vec![at(1.0, 0.0), at(layout.most, 0.0)], stroke)];
        let letters = Letters::of(TICK_SIZE).anchored(Anchor::Middle);
        for rank in 1..=self.places.len() {
            let here = real(rank);
            marks.push(Mark::line(vec![at(here, 0.0), at(here, 7.0)], stroke));
            marks.push(Mark::words(at(here, 15.0), rank.to_string(), letters));
            if rank > 1 {
                let half = here - 0.5;
                marks.push(Mark::line(vec![at(half, 0.0), at(half, 4.0)], stroke));
            }
        }
        marks
    }

    /// How far apart is apart: at the worst end, where a line this long would start.
    fn difference(&self, layout: &Layout) -> Vec<Mark> {
        let scale = (layout.right - layout.left) / (layout.most - 1.0);
        let length = (self.critical_difference * scale).clamp(0.0, WIDTH - 2.0 * MARGIN - 120.0);
        let y = layout.axis - ABOVE + 12.0;
        let left = layout.left.min(WIDTH - MARGIN - 120.0 - length);
        let (from, to) = ((dots(left), dots(y)), (dots(left + length), dots(y)));
        let cap = |(x, y): Dot| vec![(x, y - 35), (x, y + 35)];
        let letters = Letters::of(LETTERS);
        let text = format!("CD = {}", fixed(self.critical_difference, 2));
        vec![
            Mark::Line {
                pieces: vec![vec![from, to], cap(from), cap(to)],
                stroke: Stroke::full(BLACK, 1.2),
            },
            Mark::words((to.0 + dots(8.0), to.1), text, letters),
        ]
    }

    /// A name in its row at the right or the left, and the line that leads to its rank.
    fn name(&self, layout: &Layout, at: usize, (row, is_right): (usize, bool)) -> Vec<Mark> {
        let place = &self.places[at];
        let x = dots(layout.x(place.rank));
        let y = dots(layout.rows + real(row) * ROW);
        let (end, anchor, gap) = if is_right {
            (layout.right + 6.0, Anchor::Start, 5.0)
        } else {
            (layout.left - 6.0, Anchor::End, -5.0)
        };
        let line = vec![(x, dots(layout.axis)), (x, y), (dots(end), y)];
        let words = (dots(end + gap), y);
        let letters = Letters::of(LETTERS).anchored(anchor);
        vec![
            Mark::line(line, Stroke::full(color(place.position), 1.4)),
            Mark::words(words, label(place), letters),
            Mark::Hint {
                a: (x.min(dots(end)), y - dots(ROW / 2.0)),
                b: (x.max(dots(end)), y + dots(ROW / 2.0)),
                text: format!("{}\nmean rank {}", plain(&place.name), place.rank),
            },
        ]
    }

    fn bars(&self, layout: &Layout) -> Vec<Mark> {
        let bars = self.alike.iter().enumerate().map(|(at, (a, b))| {
            let y = dots(layout.axis + (real(at) + 1.0) * BETWEEN);
            let ends = [*a, *b].map(|own| layout.x(self.places[own].rank));
            let (left, right) = (ends[0].min(ends[1]) - 4.0, ends[0].max(ends[1]) + 4.0);
            let line = vec![(dots(left), y), (dots(right), y)];
            Mark::line(line, Stroke::full(GREY, 4.0))
        });
        bars.collect()
    }

    fn csv(&self) -> Result<String, PlotError> {
        let mut tidy = Tidy::new(&["kind", "series", "rank", "to"])?;
        for at in self.order() {
            let place = &self.places[at];
            tidy.row(&[
                Field::Text("policy"),
                Field::Text(&place.name),
                Field::Number(place.rank),
                Field::Empty,
            ])?;
        }
        for (a, b) in &self.alike {
            tidy.row(&[
                Field::Text("alike"),
                Field::Text(&self.places[*a].name),
                Field::Number(self.places[*a].rank),
                Field::Number(self.places[*b].rank),
            ])?;
        }
        tidy.row(&[
            Field::Text("critical difference"),
            Field::Empty,
            Field::Number(self.critical_difference),
            Field::Empty,
        ])?;
        tidy.finish()
    }
}

/// "easy (1.25)", shortened in its name.
fn label(place: &Place) -> String {
    let letters = Letters::of(LETTERS);
    let name = elide(&plain(&place.name), WIDEST_NAME - 40.0, |text| {
        letters.width(text)
    });
    let hundredths = f64::from(nearest(place.rank * 100.0)) / 100.0;
    format!("{name} ({})", fixed(hundredths, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranks(ranks: &[f64], alike: &[(usize, usize)]) -> Ranks {
        let place = |(position, rank): (usize, &f64)| Place {
            name: format!("p{position}"),
            position,
            rank: *rank,
        };
        Ranks {
            heading: Heading::default(),
            places: ranks.iter().enumerate().map(place).collect(),
            critical_difference: 1.2,
            alike: alike.to_vec(),
        }
    }

    #[test]
    fn the_best_stands_to_the_right_and_names_lie_beyond_the_axis() {
        let figure = ranks(&[3.5, 1.25, 2.0, 3.25], &[(1, 2), (2, 3)]);
        let layout = figure.layout(40.0);
        assert!(layout.x(1.25) > layout.x(2.0));
        assert!((layout.x(1.0) - layout.right).abs() < 1e-9);
        assert!((layout.x(4.0) - layout.left).abs() < 1e-9);
        assert_eq!(figure.order(), [1, 2, 3, 0]);
        let drawing = figure.draw().expect("drawable");
        for label in ["p1 (1.25)", "p0 (3.50)", "CD = 1.20"] {
            assert!(drawing.svg.contains(label), "{label}");
        }
        assert_eq!(drawing.csv.lines().count(), 1 + 4 + 2 + 1);
        assert!(drawing.csv.contains("alike,p1,1.25,2\r\n"));
    }

    #[test]
    fn what_is_no_rank_is_refused() {
        let refused = |ranks: Ranks| matches!(ranks.draw(), Err(PlotError::OutOfRange { .. }));
        assert!(refused(ranks(&[1.0], &[])));
        assert!(refused(ranks(&[0.5, 2.0], &[])));
        assert!(refused(ranks(&[1.0, f64::NAN], &[])));
        assert!(refused(ranks(&[1.0, 2.0], &[(0, 2)])));
    }
}
