//! A small run as a Gantt chart: a block of lanes per node, a bar per allocation.

use super::axis::Axis;
use super::frame::{Frame, Plot, no_data, row_label};
use super::legend::{Key, Swatch};
use super::{Heading, MOST_NAMES, Unit, at_most, drawable, extent};
use crate::ink::mark::{Anchor, HATCHES, Hatch, Letters, Mark, Stroke, hatching};
use crate::ink::palette::{BLACK, FILLS, GREY, MIST, Rgb, STONE, WHITE, color, job_color, tint};
use crate::ink::{Dot, dots, pixels};
use crate::lossy::{narrow, real};
use crate::text::plain;
use crate::tidy::{Field, Tidy};
use crate::{Drawing, PlotError};

/// The most lanes one chart shows.
pub const MOST_LANES: usize = 256;
/// The most allocations one chart shows.
pub const MOST_ALLOCATIONS: usize = 20_000;

const WIDEST_NAME: f64 = 150.0;
const ID_SIZE: f64 = 10.5;
/// Lanes lower than this get no lines between them, in pixels.
const LEAST_RULED: f64 = 10.0;

/// Who ran where and when.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gantt {
    /// What stands above.
    pub heading: Heading,
    /// The nodes, from the top down.
    pub rows: Vec<Row>,
    /// Names of the states, at most 6; the first is drawn plain, the others hatched.
    pub states: Vec<String>,
    /// Names of the kinds of jobs, which set the colours; where there are none, each job has its own.
    pub kinds: Vec<String>,
    /// The bars.
    pub allocations: Vec<Allocation>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Its GPUs.
    pub lanes: usize,
}

/// A job on some GPUs of a node for some time, in one state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Allocation {
    /// The node, an index of [`Gantt::rows`].
    pub row: usize,
    /// The GPUs, each below [`Row::lanes`].
    pub lanes: Vec<usize>,
    /// The job.
    pub job: String,
    /// The state, an index of [`Gantt::states`].
    pub state: usize,
    /// The kind, an index of [`Gantt::kinds`], if there are any.
    pub kind: usize,
    /// Begin, in seconds.
    pub start_s: f64,
    /// End, in seconds.
    pub end_s: f64,
}

impl Gantt {
    /// Draws the chart; the same job, or kind of jobs, has the same colour in every chart.
    ///
    /// # Errors
    /// [`PlotError::OutOfRange`] for a bar on a row, lane, state or kind that is not there,
    /// [`PlotError::Unsorted`] for one that ends before it begins, [`PlotError::NotDrawable`]
    /// for times that are none, [`PlotError::TooMany`] for more than one figure can show.
    pub fn draw(&self) -> Result<Drawing, PlotError> {
        let lanes = self
            .rows
            .iter()
            .fold(0_usize, |sum, row| sum.saturating_add(row.lanes));
        at_most("lanes", lanes, MOST_LANES)?;
        at_most("rows", self.rows.len(), MOST_LANES)?;
        at_most("states", self.states.len(), HATCHES.len())?;
        at_most("kinds", self.kinds.len(), MOST_NAMES)?;
        at_most("allocations", self.allocations.len(), MOST_ALLOCATIONS)?;
        for (i, allocation) in self.allocations.iter().enumerate() {
            self.check(i, allocation)?;
        }
        let letters = Letters::of(12.0);
        let widest = self.rows.iter().map(|row| letters.width(&plain(&row.name)));
        let gutter = widest.fold(0.0, f64::max).min(WIDEST_NAME) + 12.0;
        let keys = self.keys();
        let times = self.allocations.iter().flat_map(|a| [a.start_s, a.end_s]);
        let frame = Frame {
            heading: &self.heading,
            keys: &keys,
            x: Axis::time("Time", extent(times).unwrap_or((0.0, 1.0)), 8.0),
            y: Axis::bare(0.0, 1.0),
            height: real(self.heights(lanes).1.max(60)),
            gutter: Some(gutter),
            right: 8.0,
        };
        let svg = frame.draw(|plot| self.marks(plot, lanes, gutter))?;
        let csv = self.csv()?;
        let vega = self.vega(&csv);
        Ok(Drawing { svg, csv, vega })
    }

    fn check(&self, i: usize, allocation: &Allocation) -> Result<(), PlotError> {
        let place = || format!("allocation {i} of job {:?}", plain(&allocation.job));
        let start = drawable(allocation.start_s, place)?;
        let end = drawable(allocation.end_s, place)?;
        if end < start {
            return Err(PlotError::Unsorted { place: place() });
        }
        let lanes = self.rows.get(allocation.row).map_or(0, |row| row.lanes);
        let known = allocation.state < self.states.len().max(1)
            && allocation.kind < self.kinds.len().max(1);
        if known && lanes > 0 && allocation.lanes.iter().all(|lane| *lane < lanes) {
            Ok(())
        } else {
            Err(PlotError::OutOfRange { place: place() })
        }
    }

    /// Height of a lane and of all rows with the gaps between them, in pixels.
    fn heights(&self, lanes: usize) -> (usize, usize) {
        let lane = (530 / lanes.max(1)).clamp(5, 17);
        (lane, lanes * lane + self.rows.len() * self.gap())
    }

    /// Room between two nodes, in pixels.
    fn gap(&self) -> usize {
        if self.rows.len() > MANY_ROWS { 3 } else { 7 }
    }

    fn keys(&self) -> Vec<Key> {
        let named = self
            .states
            .iter()
            .zip(HATCHES)
            .filter(|_| self.states.len() > 1);
        let states = named.map(|(name, hatch)| Key {
            name: name.clone(),
            swatch: Swatch::Bar(tint(STONE, 0.45), hatch),
        });
        let kinds = self.kinds.iter().enumerate().map(|(kind, name)| Key {
            name: name.clone(),
            swatch: Swatch::Bar(kind_color(kind), Hatch::Plain),
        });
        kinds.chain(states).collect()
    }

    fn fill(&self, allocation: &Allocation) -> Rgb {
        if self.kinds.is_empty() {
            job_color(&allocation.job)
        } else {
            kind_color(allocation.kind)
        }
    }

    fn marks(&self, plot: &Plot, lanes: usize, gutter: f64) -> Vec<Mark> {
        if self.rows.is_empty() {
            return vec![no_data(plot)];
        }
        let lane = dots(real(self.heights(lanes).0));
        let gap = dots(real(self.gap()));
        let mut marks = Vec::new();
        let mut tops = Vec::with_capacity(self.rows.len());
        let mut top = plot.from.1;
        for row in &self.rows {
            let height = narrow(row.lanes) * lane;
            let first = top + gap / 2;
            tops.push(first);
            marks.push(row_label(
                plot,
                top + i32::midpoint(height, gap),
                &row.name,
                gutter,
            ));
            top += height + gap;
            let across = |y: i32| vec![(plot.from.0, y), (plot.to.0, y)];
            let between = (1..row.lanes).map(|i| across(first + narrow(i) * lane));
            if lane >= dots(LEAST_RULED) {
                marks.push(Mark::Line {
                    pieces: between.collect(),
                    stroke: Stroke::full(MIST, 0.5),
                });
            }
            marks.push(Mark::line(across(top), Stroke::full(tint(STONE, 0.6), 0.8)));
        }
        let (mut ids, mut hints) = (Vec::new(), Vec::new());
        for allocation in &self.allocations {
            for (first, count) in runs(&allocation.lanes) {
                let y = tops[allocation.row] + narrow(first) * lane;
                let left = plot.at(allocation.start_s, 0.0).0;
                let right = plot.at(allocation.end_s, 0.0).0.max(left + dots(1.0));
                let corners = ((left, y), (right, y + narrow(count) * lane));
                let fill = self.fill(allocation);
                marks.extend(allocation.bar(corners, fill));
                ids.extend(allocation.id(corners, fill));
                hints.push(self.hint(allocation, corners));
            }
        }
        marks.extend(ids);
        marks.extend(hints);
        marks
    }

    fn hint(&self, allocation: &Allocation, (a, b): (Dot, Dot)) -> Mark {
        let told = |at: f64| Unit::Seconds.told(at);
        let node = plain(&self.rows[allocation.row].name);
        let state = self.states.get(allocation.state);
        let state = state.map_or_else(String::new, |state| format!(", {}", plain(state)));
        let (from, to) = (told(allocation.start_s), told(allocation.end_s));
        let text = format!("{}{state}\n{node}\n{from} to {to}", plain(&allocation.job));
        Mark::Hint { a, b, text }
    }

    fn csv(&self) -> Result<String, PlotError> {
        let mut tidy = Tidy::new(&["node", "lane", "job", "state", "start_s", "end_s"])?;
        for allocation in &self.allocations {
            for lane in &allocation.lanes {
                tidy.row(&[
                    Field::Text(&self.rows[allocation.row].name),
                    Field::Printed(lane.to_string()),
                    Field::Text(&allocation.job),
                    Field::Text(self.states.get(allocation.state).map_or("", String::as_str)),
                    Field::Number(allocation.start_s),
                    Field::Number(allocation.end_s),
                ])?;
            }
        }
        tidy.finish()
    }
}

/// Beyond so many rows there is less room between them.
const MANY_ROWS: usize = 16;

/// A light fill for a kind of jobs.
fn kind_color(kind: usize) -> Rgb {
    tint(color(kind % FILLS), 0.62)
}

/// Neighbouring lanes joined: first lane and count of each run.
fn runs(lanes: &[usize]) -> Vec<(usize, usize)> {
    let mut sorted = lanes.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
        .chunk_by(|a, b| a + 1 == *b)
        .map(|run| (run[0], run.len()))
        .collect()
}

impl Allocation {
    fn bar(&self, (a, b): (Dot, Dot), fill: Rgb) -> Vec<Mark> {
        let hatch = HATCHES.get(self.state).copied().unwrap_or(Hatch::Plain);
        // A white rim parts neighbours of the same colour, unless it would hide the bar.
        let wide = b.0 - a.0 > dots(3.0);
        let rim = wide.then(|| Stroke::full(WHITE, 1.0));
        let mut marks = vec![Mark::rect(a, b, fill, rim)];
        let pieces = hatching((a.0 + 5, a.1 + 5), (b.0 - 5, b.1 - 5), hatch, 45);
        if !pieces.is_empty() {
            let stroke = Stroke::full(GREY, 0.8);
            marks.push(Mark::Line { pieces, stroke });
        }
        marks
    }

    /// The job's id, where the bar has room for it; on hatching with a ground of its own.
    fn id(&self, (a, b): (Dot, Dot), fill: Rgb) -> Vec<Mark> {
        let letters = Letters::of(ID_SIZE).colored(BLACK).anchored(Anchor::Middle);
        let id = plain(&self.job);
        let width = letters.width(&id);
        if id.is_empty() || pixels(b.0 - a.0) < width + 6.0 || pixels(b.1 - a.1) < ID_SIZE + 2.0 {
            return Vec::new();
        }
        let at = (i32::midpoint(a.0, b.0), i32::midpoint(a.1, b.1));
        let half = (dots(width / 2.0 + 1.5), dots(ID_SIZE / 2.0));
        let ground = Mark::rect(
            (at.0 - half.0, at.1 - half.1),
            (at.0 + half.0, at.1 + half.1),
            fill,
            None,
        );
        let ground = (self.state > 0).then_some(ground);
        ground
            .into_iter()
            .chain([Mark::words(at, id, letters)])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_lanes_are_one_bar() {
        assert_eq!(runs(&[3, 0, 1, 1, 5, 4]), [(0, 2), (3, 3)]);
        assert_eq!(runs(&[]), []);
    }
}
