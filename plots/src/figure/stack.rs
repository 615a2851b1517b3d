//! What a whole is made of, as level bars of parts from zero, a row per policy, totals printed beside them.

use super::axis::Axis;
use super::frame::{Frame, Plot, no_data, row_label, row_middle};
use super::legend::{Key, Swatch};
use super::{Estimate, Heading, MOST_NAMES, Measure, at_most, drawable};
use crate::ink::dots;
use crate::ink::mark::{Anchor, HATCHES, Hatch, Letters, Mark, Stroke, hatching};
use crate::ink::palette::{BLACK, FILLS, GREY, Rgb, WHITE, color, tint};
use crate::ink::{Dot, pixels};
use crate::lossy::real;
use crate::number::{exponent, fixed};
use crate::text::plain;
use crate::tidy::{Field, Tidy};
use crate::{Drawing, PlotError};

const ROW: f64 = 42.0;
const THICKNESS: f64 = 25.0;
const WIDEST_NAME: f64 = 150.0;
const LABEL: f64 = 11.0;
/// The least room left and right of a label in its part, in pixels.
const AROUND: f64 = 2.5;

/// Several wholes and the parts they are made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// What stands above.
    pub heading: Heading,
    /// What the parts measure.
    pub measure: Measure,
    /// The parts, from zero outwards.
    pub parts: Vec<Part>,
    /// The wholes, from the top down.
    pub rows: Vec<Row>,
}

/// One part of every whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its look: a colour of the palette, and a hatching each time the palette is through.
    pub look: usize,
}

/// One whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// By part; one below zero goes to the left.
    pub values: Vec<f64>,
    /// The sum of the parts and its interval.
    pub total: Estimate,
    /// What stands under the total: how it compares with another.
    pub note: String,
}

impl Stack {
    /// Draws the parts from zero, each with its value and share where there is room.
    ///
    /// # Errors
    /// [`PlotError::NotDrawable`] and [`PlotError::Interval`] for a value that is none, [`PlotError::Ragged`] for a row that
    /// has not a value a part, [`PlotError::TooMany`] beyond [`MOST_NAMES`] rows or parts.
    pub fn draw(&self) -> Result<Drawing, PlotError> {
        self.check()?;
        let ends = self.rows.iter().flat_map(Row::ends);
        let range = ends.fold((0.0, 0.0), |(low, high): (f64, f64), end| {
            (low.min(end), high.max(end))
        });
        let (x, shown) = Axis::from_zero(&self.measure, range);
        let decimals = decimals(range.1.max(-range.0) * shown.per_given);
        let number = |value: f64| fixed(value * shown.per_given, decimals);
        let totals: Vec<String> = self.rows.iter().map(|row| row.printed(&number)).collect();
        let beside = totals
            .iter()
            .map(|text| Letters::of(12.0).heavy().width(text))
            .chain(self.rows.iter().map(|row| small().width(&row.note)));
        let names = self.rows.iter().map(|row| plain(&row.name));
        let names = names.map(|name| Letters::of(12.0).width(&name));
        let gutter = names.fold(0.0, f64::max).min(WIDEST_NAME) + 14.0;
        let keys: Vec<Key> = self.parts.iter().map(Part::key).collect();
        let frame = Frame {
            heading: &self.heading,
            keys: &keys,
            x,
            y: Axis::bare(0.0, real(self.rows.len().max(1))),
            height: real(self.rows.len().max(2)) * ROW,
            gutter: Some(gutter),
            right: beside.fold(0.0, f64::max) + 14.0,
        };
        let svg = frame.draw(|plot| self.marks(plot, &totals, (gutter, &number)))?;
        let csv = self.csv()?;
        let vega = self.vega(&csv);
        Ok(Drawing { svg, csv, vega })
    }

    fn check(&self) -> Result<(), PlotError> {
        at_most("rows", self.rows.len(), MOST_NAMES)?;
        at_most("parts", self.parts.len(), MOST_NAMES)?;
        for (at, row) in self.rows.iter().enumerate() {
            if row.values.len() != self.parts.len() {
                return Err(PlotError::Ragged {
                    row: at,
                    cells: row.values.len(),
                    columns: self.parts.len(),
                });
            }
            for (part, value) in self.parts.iter().zip(&row.values) {
                let place = || format!("row {:?}, {:?}", plain(&row.name), plain(&part.name));
                drawable(*value, place)?;
            }
            row.total
                .check(|| format!("the total of {:?}", plain(&row.name)))?;
        }
        Ok(())
    }

    fn marks(
        &self,
        plot: &Plot,
        totals: &[String],
        (gutter, number): (f64, &dyn Fn(f64) -> String),
    ) -> Vec<Mark> {
        if self.rows.is_empty() || self.parts.is_empty() {
            return vec![no_data(plot)];
        }
        let mut marks = Vec::new();
        for (at, (row, total)) in self.rows.iter().zip(totals).enumerate() {
            let middle = row_middle(at, self.rows.len());
            let y = plot.at(0.0, middle).1;
            marks.push(row_label(plot, y, &row.name, gutter));
            marks.extend(self.bar(plot, row, (middle, number)));
            marks.extend(row.whisker(plot, middle));
            let x = plot.to.0 + dots(10.0);
            let lines = if row.note.is_empty() { 0.0 } else { 7.0 };
            let heavy = Letters::of(12.0).heavy();
            marks.push(Mark::words((x, y - dots(lines)), total, heavy));
            marks.push(Mark::words((x, y + dots(lines)), plain(&row.note), small()));
        }
        let zero = plot.at(0.0, 0.0).0;
        let axis = vec![(zero, plot.from.1), (zero, plot.to.1)];
        marks.push(Mark::line(axis, Stroke::full(GREY, 1.0)));
        marks
    }

    /// The parts of a row with their labels: those above zero to the right, those below to the left.
    fn bar(
        &self,
        plot: &Plot,
        row: &Row,
        (middle, number): (f64, &dyn Fn(f64) -> String),
    ) -> Vec<Mark> {
        let whole: f64 = row.values.iter().filter(|value| **value > 0.0).sum();
        let (mut above, mut below) = (0.0, 0.0);
        let mut marks = Vec::new();
        for (part, value) in self.parts.iter().zip(&row.values) {
            let from = if *value < 0.0 { &mut below } else { &mut above };
            let (start, y) = plot.at(*from, middle);
            *from += value;
            let end = plot.at(*from, middle).0;
            let half = dots(THICKNESS / 2.0);
            let (a, b) = ((start.min(end), y - half), (start.max(end), y + half));
            if a.0 == b.0 {
                continue;
            }
            marks.extend(part.body(a, b));
            let room = pixels(b.0 - a.0) - 2.0 * AROUND;
            let share = format!("{} %", fixed(100.0 * value / whole, 0));
            let number = number(*value);
            let long = format!("{number} ({share})");
            let fitting = [long, share].into_iter();
            let mut fitting = fitting.filter(|text| label().width(text) <= room);
            if let Some(text) = fitting.next().filter(|_| *value > 0.0) {
                let at = (i32::midpoint(a.0, b.0), y);
                marks.push(Mark::words(at, text, part.letters()));
            }
            let (name, part) = (plain(&row.name), plain(&part.name));
            let told = self.measure.unit.told(*value);
            let text = format!("{name}\n{part}: {told}");
            marks.push(Mark::Hint { a, b, text });
        }
        marks
    }

    fn csv(&self) -> Result<String, PlotError> {
        let mut tidy = Tidy::new(&["series", "part", "value", "low", "high"])?;
        for row in &self.rows {
            for (part, value) in self.parts.iter().zip(&row.values) {
                tidy.row(&[
                    Field::Text(&row.name),
                    Field::Text(&part.name),
                    Field::Number(*value),
                    Field::Empty,
                    Field::Empty,
                ])?;
            }
            let interval = row.total.interval;
            tidy.row(&[
                Field::Text(&row.name),
                Field::Text("total"),
                Field::Number(row.total.value),
                Field::maybe(interval.map(|(low, _)| low)),
                Field::maybe(interval.map(|(_, high)| high)),
            ])?;
        }
        tidy.finish()
    }
}

fn small() -> Letters {
    Letters::of(11.0).colored(GREY)
}

fn label() -> Letters {
    Letters::of(LABEL).anchored(Anchor::Middle)
}

/// Decimals that give the greatest value at least three digits.
fn decimals(most: f64) -> usize {
    usize::try_from(2 - exponent(most)).unwrap_or(0).min(6)
}

impl Part {
    /// Light enough for black letters; the last of the palette is a grey, and stands for what is nothing.
    fn fill(&self) -> Rgb {
        let grey = self.look % FILLS == FILLS - 1;
        tint(color(self.look % FILLS), if grey { 0.36 } else { 0.72 })
    }

    fn hatch(&self) -> Hatch {
        HATCHES[self.look / FILLS % HATCHES.len()]
    }

    /// Letters on hatching are ringed, lest its lines run into them.
    fn letters(&self) -> Letters {
        let letters = label().colored(BLACK);
        if self.hatch() == Hatch::Plain {
            letters
        } else {
            letters.ringed()
        }
    }

    fn key(&self) -> Key {
        Key {
            name: self.name.clone(),
            swatch: Swatch::Bar(self.fill(), self.hatch()),
        }
    }

    fn body(&self, a: Dot, b: Dot) -> Vec<Mark> {
        let mut marks = vec![
            Mark::rect(a, b, self.fill(), None),
            Mark::Line {
                pieces: hatching(a, b, self.hatch(), 50),
                stroke: Stroke::full(color(self.look % FILLS), 0.9),
            },
        ];
        // White between parts tells them apart where colours are lost, but must not hide a thin one.
        if b.0 - a.0 > dots(4.0) {
            let edge = vec![(b.0, a.1), (b.0, b.1)];
            marks.push(Mark::line(edge, Stroke::full(WHITE, 1.2)));
        }
        marks
    }
}

impl Row {
    /// Where its bar and its interval end.
    fn ends(&self) -> impl Iterator<Item = f64> {
        let sum = |keep: fn(&f64) -> bool| self.values.iter().copied().filter(keep).sum();
        let (low, high) = self.total.ends();
        [
            sum(|value| *value < 0.0),
            sum(|value| *value > 0.0),
            low,
            high,
        ]
        .into_iter()
    }

    /// The total as printed beside the bar, with half the width of its interval.
    fn printed(&self, number: &dyn Fn(f64) -> String) -> String {
        let total = number(self.total.value);
        match self.total.interval {
            None => total,
            Some((low, high)) => format!("{total} ± {}", number((high - low) / 2.0)),
        }
    }

    /// The interval of the total, under the bar: upon it, it would cross the labels.
    fn whisker(&self, plot: &Plot, middle: f64) -> Option<Mark> {
        let (low, high) = self.total.interval?;
        let (left, y) = plot.at(low, middle);
        let (right, _) = plot.at(high, middle);
        let y = y + dots(THICKNESS / 2.0 + 4.5);
        let cap = |x: i32| vec![(x, y - 25), (x, y + 25)];
        Some(Mark::Line {
            pieces: vec![vec![(left, y), (right, y)], cap(left), cap(right)],
            stroke: Stroke::full(BLACK, 1.0),
        })
    }
}
