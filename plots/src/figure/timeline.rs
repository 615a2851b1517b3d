//! Levels over time: utilization, queue length; a step curve per policy, with a band if replicated.

use super::axis::Axis;
use super::frame::{Frame, PLOT_HEIGHT, Plot, no_data};
use super::legend::{Key, Swatch};
use super::{Heading, MOST_NAMES, Measure, Unit, at_most, drawable, extent, hints, thin};
use crate::ink::mark::{Hatch, Mark, Stroke};
use crate::ink::palette::{BLACK, GREY, Marker, Rgb, color, dash, marker, tint};
use crate::ink::{Dot, dots, pixels};
use crate::text::plain;
use crate::tidy::{Field, Tidy};
use crate::{Drawing, PlotError};

/// What stands in the legend for an instant that is marked.
const FLAG: Marker = Marker::Wedge;

/// One level over time, a curve per policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// What stands above.
    pub heading: Heading,
    /// What the level measures.
    pub measure: Measure,
    /// The curves.
    pub tracks: Vec<Track>,
}

/// The level under one policy.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Track {
    /// The policy.
    pub name: String,
    /// Its place in the comparison, which sets colour and dashes in every figure.
    pub position: usize,
    /// Times in seconds, rising, and the level from then on.
    pub points: Vec<(f64, f64)>,
    /// The band of replications around it; empty if there is none.
    pub band: Vec<BandPoint>,
    /// When the last level ends, in seconds; none if its start is the last thing known.
    pub end_s: Option<f64>,
    /// How its points are joined.
    pub course: Course,
    /// Instants that are marked on it.
    pub flags: Option<Flags>,
    /// Something else that went on behind it.
    pub backdrop: Option<Backdrop>,
}

/// Something that went on behind a curve: an area from the bottom, without a scale of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Backdrop {
    /// What it is, and what its full height stands for, for the legend.
    pub name: String,
    /// Times in seconds, rising, and the share of the full height from then on, 0 to 1.
    pub shares: Vec<(f64, f64)>,
    /// Whether it is the same behind all curves, and therefore grey, not in the colour of its own.
    pub common: bool,
}

impl Backdrop {
    /// Its area, to where its last share ends.
    pub(super) fn mark(&self, plot: &Plot, end: Option<i32>, fill: Rgb) -> Option<Mark> {
        let bottom = plot.to.1;
        let height = pixels(bottom - plot.from.1) * BACKDROP;
        let place = |(at, share): &(f64, f64)| {
            let share = share.clamp(0.0, 1.0);
            (plot.at(*at, 0.0).0, bottom - dots(height * share))
        };
        let mut outline = steps(self.shares.iter().map(place).collect(), end);
        let (first, last) = (*outline.first()?, *outline.last()?);
        outline.extend([(last.0, bottom), (first.0, bottom)]);
        Some(Mark::Area {
            outline,
            fill,
            opacity: BACKDROP_INK,
            edge: None,
        })
    }

    pub(super) fn key(&self, fill: Rgb) -> Key {
        Key {
            name: self.name.clone(),
            swatch: Swatch::Bar(tint(fill, BACKDROP_INK), Hatch::Plain),
        }
    }
}

/// How high a backdrop reaches at most, as a share of the plot.
const BACKDROP: f64 = 0.9;
/// How much of its colour it shows.
const BACKDROP_INK: f64 = 0.12;

/// How the points of a curve are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Course {
    /// A level holds until the next.
    #[default]
    Steps,
    /// It goes straight from point to point: a sum that grows.
    Straight,
}

/// Instants that are marked on a curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Flags {
    /// What happened then, for the legend.
    pub name: String,
    /// When, in seconds, rising.
    pub at_s: Vec<f64>,
}

/// The band from a time on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandPoint {
    /// Time in seconds.
    pub at_s: f64,
    /// Lower edge.
    pub low: f64,
    /// Upper edge.
    pub high: f64,
}

impl Timeline {
    /// Draws the levels; of more than 2,000 points per curve each bucket of time keeps its
    /// first, last, least and greatest.
    ///
    /// # Errors
    /// [`PlotError::NotDrawable`], [`PlotError::Unsorted`] and [`PlotError::Interval`] for data
    /// that is none, [`PlotError::TooMany`] beyond [`MOST_NAMES`] tracks.
    pub fn draw(&self) -> Result<Drawing, PlotError> {
        at_most("tracks", self.tracks.len(), MOST_NAMES)?;
        for track in &self.tracks {
            track.check()?;
        }
        let times = self.tracks.iter().flat_map(Track::times);
        let x = Axis::time("Time", extent(times).unwrap_or((0.0, 1.0)), 8.0);
        let levels = self.tracks.iter().flat_map(Track::levels);
        let (y, _) = Axis::from_zero(&self.measure, extent(levels).unwrap_or((0.0, 0.0)));
        let thinned: Vec<Track> = self.tracks.iter().map(|t| t.thinned(&x)).collect();
        let mut keys: Vec<Key> = self.tracks.iter().map(Track::key).collect();
        let behind = self.tracks.iter().filter_map(Track::backdrop_key);
        for key in behind.chain(self.tracks.iter().filter_map(Track::flag_key)) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let frame = Frame {
            heading: &self.heading,
            keys: &keys,
            x: x.clone(),
            y,
            height: PLOT_HEIGHT - 40.0,
            gutter: None,
            right: 8.0,
        };
        let svg = frame.draw(|plot| {
            let mut marks = marks(&thinned, plot);
            // On the whole curve: what is left of it may lack the instant.
            marks.extend(self.tracks.iter().flat_map(|track| track.flag_marks(plot)));
            marks.extend(hints::strips(&x, plot, |at| self.told(at)));
            marks
        })?;
        let csv = csv(&thinned)?;
        let vega = self.vega(&csv);
        Ok(Drawing { svg, csv, vega })
    }

    /// The level of every track at a time at which it has one.
    fn told(&self, at: f64) -> Option<String> {
        let level = |track: &Track| {
            let first = track.points.first()?.0;
            let last = track.end_s.or(track.points.last().map(|(at, _)| *at))?;
            let known = first <= at && at <= last;
            known.then(|| self.measure.unit.told(track.level(at)))
        };
        let tracks = self.tracks.iter();
        let tracks = tracks.map(|track| (track.name.clone(), level(track)));
        hints::lines(format!("at {}", Unit::Seconds.told(at)), tracks)
    }
}

fn marks(tracks: &[Track], plot: &Plot) -> Vec<Mark> {
    if tracks.iter().all(|track| track.points.is_empty()) {
        return vec![no_data(plot)];
    }
    let bands = tracks.iter().filter_map(|track| track.band_mark(plot));
    let lines = tracks.iter().map(|track| {
        let points = track.points.iter().map(|(at, level)| plot.at(*at, *level));
        let points: Vec<Dot> = points.collect();
        let corners = match track.course {
            Course::Steps => steps(points, track.end(plot)),
            Course::Straight => points,
        };
        match corners[..] {
            // A level that was seen once has no length to draw.
            [at] => Mark::Sign {
                at,
                marker: marker(track.position),
                color: color(track.position),
            },
            _ => Mark::line(corners, track.stroke()),
        }
    });
    let backdrops = tracks.iter().filter_map(|track| track.backdrop_mark(plot));
    backdrops.chain(bands).chain(lines).collect()
}

/// The corners of a step curve that holds each level until the next, and the last to an end.
fn steps(points: Vec<Dot>, end: Option<i32>) -> Vec<Dot> {
    let mut corners: Vec<Dot> = Vec::with_capacity(2 * points.len());
    for point in points {
        if let Some((_, level)) = corners.last().copied() {
            corners.push((point.0, level));
        }
        corners.push(point);
    }
    if let (Some((x, level)), Some(end)) = (corners.last().copied(), end) {
        corners.push((end.max(x), level));
    }
    corners
}

fn csv(tracks: &[Track]) -> Result<String, PlotError> {
    let mut tidy = Tidy::new(&["series", "curve", "at_s", "value"])?;
    for track in tracks {
        let mut row = |curve: &str, at: f64, value: f64| {
            tidy.row(&[
                Field::Text(&track.name),
                Field::Text(curve),
                Field::Number(at),
                Field::Number(value),
            ])
        };
        for (at, level) in &track.points {
            row("value", *at, *level)?;
        }
        for at in track.flags.iter().flat_map(|flags| &flags.at_s) {
            row("flag", *at, track.level(*at))?;
        }
        for (at, share) in track.backdrop.iter().flat_map(|behind| &behind.shares) {
            row("backdrop", *at, *share)?;
        }
        for point in &track.band {
            row("low", point.at_s, point.low)?;
            row("high", point.at_s, point.high)?;
        }
    }
    tidy.finish()
}

impl Track {
    fn times(&self) -> impl Iterator<Item = f64> {
        let points = self.points.iter().map(|(at, _)| *at);
        let band = self.band.iter().map(|point| point.at_s);
        let flags = self.flags.iter().flat_map(|flags| flags.at_s.iter());
        let behind = self.backdrop.iter().flat_map(|behind| &behind.shares);
        let behind = behind.map(|(at, _)| *at);
        let known = points.chain(band).chain(self.end_s);
        known.chain(flags.copied()).chain(behind)
    }

    /// The level at a time; that of the first point before it.
    fn level(&self, at: f64) -> f64 {
        let after = self.points.partition_point(|(from, _)| *from <= at);
        let before = self.points[..after].last().or(self.points.first());
        let (from, level) = before.copied().unwrap_or((at, 0.0));
        match (self.course, self.points.get(after)) {
            (Course::Straight, Some((to, next))) if *to > from && at > from => {
                level + (next - level) * ((at - from) / (to - from))
            }
            (Course::Straight | Course::Steps, _) => level,
        }
    }

    fn backdrop_mark(&self, plot: &Plot) -> Option<Mark> {
        let behind = self.backdrop.as_ref()?;
        behind.mark(plot, self.end(plot), self.backdrop_color(behind))
    }

    fn backdrop_color(&self, behind: &Backdrop) -> Rgb {
        if behind.common {
            GREY
        } else {
            color(self.position)
        }
    }

    fn backdrop_key(&self) -> Option<Key> {
        let behind = self.backdrop.as_ref()?;
        Some(behind.key(self.backdrop_color(behind)))
    }

    fn flag_marks(&self, plot: &Plot) -> Vec<Mark> {
        let flags = self.flags.iter().flat_map(|flags| &flags.at_s);
        // Small, with the tip on the curve: there may be many.
        let mark = |at: &f64| {
            let (x, y) = plot.at(*at, self.level(*at));
            let top = y - dots(8.0);
            let half = dots(3.0);
            Mark::Area {
                outline: vec![(x, y - dots(1.5)), (x - half, top), (x + half, top)],
                fill: BLACK,
                opacity: 0.75,
                edge: None,
            }
        };
        flags.map(mark).collect()
    }

    fn flag_key(&self) -> Option<Key> {
        let flags = self.flags.as_ref().filter(|flags| !flags.at_s.is_empty())?;
        Some(Key {
            name: flags.name.clone(),
            swatch: Swatch::Sign(FLAG, BLACK),
        })
    }

    fn levels(&self) -> impl Iterator<Item = f64> {
        let points = self.points.iter().map(|(_, level)| *level);
        points.chain(self.band.iter().flat_map(|point| [point.low, point.high]))
    }

    fn check(&self) -> Result<(), PlotError> {
        let place = |what: &str, i: usize| format!("series {:?}, {what} {i}", plain(&self.name));
        let all = self.times().chain(self.levels());
        for (i, value) in all.enumerate() {
            drawable(value, || place("number", i))?;
        }
        let flags = self.flags.iter().flat_map(|flags| &flags.at_s);
        let behind = self.backdrop.iter().flat_map(|behind| &behind.shares);
        for (i, (_, share)) in behind.clone().enumerate() {
            drawable(*share, || place("share", i))?;
        }
        let times: [Vec<f64>; 4] = [
            self.points.iter().map(|(at, _)| *at).collect(),
            self.band.iter().map(|point| point.at_s).collect(),
            flags.copied().collect(),
            behind.map(|(at, _)| *at).collect(),
        ];
        for (times, what) in times.iter().zip(["point", "band point", "flag", "share"]) {
            if let Some(i) = times.windows(2).position(|pair| pair[0] > pair[1]) {
                let place = place(what, i + 1);
                return Err(PlotError::Unsorted { place });
            }
        }
        match self.band.iter().position(|point| point.low > point.high) {
            None => Ok(()),
            Some(i) => Err(PlotError::Interval {
                place: place("band point", i),
                low: self.band[i].low,
                high: self.band[i].high,
            }),
        }
    }

    fn stroke(&self) -> Stroke {
        Stroke {
            color: color(self.position),
            width: 1.6,
            dash: dash(self.position),
        }
    }

    fn key(&self) -> Key {
        Key {
            name: self.name.clone(),
            swatch: Swatch::Line(self.stroke()),
        }
    }

    /// Where the last level ends on the paper.
    fn end(&self, plot: &Plot) -> Option<i32> {
        self.end_s.map(|end| plot.at(end, 0.0).0)
    }

    fn band_mark(&self, plot: &Plot) -> Option<Mark> {
        let edge = |level: fn(&BandPoint) -> f64| {
            let points = self
                .band
                .iter()
                .map(|point| plot.at(point.at_s, level(point)));
            steps(points.collect(), self.end(plot))
        };
        let mut outline = edge(|point| point.high);
        outline.extend(edge(|point| point.low).into_iter().rev());
        (!self.band.is_empty()).then(|| Mark::Area {
            outline,
            fill: color(self.position),
            opacity: 0.16,
            edge: None,
        })
    }

    fn thinned(&self, axis: &Axis) -> Self {
        let places = |times: &mut dyn Iterator<Item = f64>| -> Vec<f64> {
            times.map(|at| axis.share(at)).collect()
        };
        let at = places(&mut self.points.iter().map(|(at, _)| *at));
        let levels: Vec<f64> = self.points.iter().map(|(_, level)| *level).collect();
        let band_at = places(&mut self.band.iter().map(|point| point.at_s));
        let low: Vec<f64> = self.band.iter().map(|point| point.low).collect();
        let high: Vec<f64> = self.band.iter().map(|point| point.high).collect();
        let mut in_band = thin::swinging(&band_at, &low);
        in_band.extend(thin::swinging(&band_at, &high));
        in_band.sort_unstable();
        in_band.dedup();
        let points = thin::swinging(&at, &levels);
        Self {
            name: self.name.clone(),
            points: points.into_iter().map(|i| self.points[i]).collect(),
            band: in_band.into_iter().map(|i| self.band[i]).collect(),
            flags: self.flags.clone(),
            backdrop: self.backdrop.clone(),
            ..*self
        }
    }
}
