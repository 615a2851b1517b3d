//! A training that was stopped, as bytes, so that it goes on as if it had not been.
//!
//! The format is that of agents. What an arena holds is not stored: its episode is flown again by the answers it had.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sim_core::units::{convert, limits};

use super::arena::Arenas;
use super::school::{Best, Point, School, Spread, Subject, TrainError};
use crate::agent::file::{self, Array, Arrays};
use crate::agent::{FileError, Origin};

/// The version of these bytes.
const FORMAT: u32 = 1;
/// Numbers of a point of the curve.
const POINT: usize = 11;

/// Why a stopped training cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateError {
    /// The bytes are not those of a training.
    File(FileError),
    /// They are of a version that is not read here.
    Version(u32),
    /// What is taught was something else.
    Other {
        /// The key that differs.
        key: String,
        /// What it was.
        was: String,
        /// What it is.
        is: String,
    },
    /// Counts that no training has.
    Counts(&'static str),
    /// An episode cannot be flown again.
    Arena(String),
}

/// What bytes say of themselves.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    format: u32,
    subject: Value,
    iteration: u32,
    best: Option<u32>,
    /// By arena, the episode it is in, and how many answers that had.
    episodes: Vec<(u64, usize)>,
}

/// What is taught, in words.
#[derive(Serialize)]
struct SubjectText<'a> {
    origin: &'a Origin,
    context: usize,
    row: usize,
    rows: usize,
    settings: &'a super::Settings,
    held_out: &'a [u64],
}

impl School {
    /// All that it takes to go on later.
    pub fn state(&self) -> Vec<u8> {
        let places: Vec<(u64, &[u32])> = self.lanes.iter().map(super::lane::Lane::place).collect();
        let about = About {
            format: FORMAT,
            subject: text(&self.subject),
            iteration: self.iteration,
            best: self.best.as_ref().map(|best| best.iteration),
            episodes: places
                .iter()
                .map(|(at, answers)| (*at, answers.len()))
                .collect(),
        };
        let about = serde_json::to_string(&about).expect("words and counts are JSON");
        let weights = self.network.weights();
        let count = [weights.len()];
        let answers: Vec<u32> = places
            .iter()
            .flat_map(|(_, answers)| *answers)
            .copied()
            .collect();
        let curve: Vec<f64> = self.curve.iter().flat_map(numbers).collect();
        let mut arrays = vec![
            Array::new("weights", &count, weights),
            Array::new("adam.mean", &count, &self.adam.moments[0]),
            Array::new("adam.square", &count, &self.adam.moments[1]),
            Array::new("spread", &[self.spread.0.len()], &self.spread.0),
            Array::new("answers", &[answers.len()], &answers),
            Array::new("curve", &[self.curve.len(), POINT], &curve),
        ];
        if let Some(best) = &self.best {
            arrays.push(Array::new("best.weights", &count, &best.weights));
            arrays.push(Array::new("best.held-out", &[1], &[best.held_out]));
        }
        file::write(about, &arrays)
    }

    /// A training that was stopped goes on: the same subject, and arenas that are like those it had.
    ///
    /// # Errors
    /// See [`School::new`]; or the bytes are not those of such a training.
    pub fn resume(subject: Subject, arenas: &dyn Arenas, bytes: &[u8]) -> Result<Self, TrainError> {
        let mut school = Self::new(subject, arenas)?;
        school.restore(bytes).map_err(TrainError::State)?;
        Ok(school)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        let read = file::read(bytes, limits::MAX_TRAINING_BYTES);
        let (about, mut arrays) = read.map_err(StateError::File)?;
        let metadata =
            |error: serde_json::Error| StateError::File(FileError::Metadata(error.to_string()));
        let about: About = serde_json::from_str(&about).map_err(metadata)?;
        if about.format != FORMAT {
            return Err(StateError::Version(about.format));
        }
        if let Some((key, was, is)) = differs("", &about.subject, &text(&self.subject)) {
            return Err(StateError::Other { key, was, is });
        }
        if about.iteration > self.subject.settings.iterations {
            return Err(StateError::Counts("more iterations than were asked for"));
        }
        if about.episodes.len() != self.lanes.len() {
            return Err(StateError::Counts("episodes of another number of arenas"));
        }
        let answers = self.take(&about, &mut arrays)?;
        arrays.end().map_err(StateError::File)?;
        let discount = self.subject.settings.discount;
        let mut rest = answers.as_slice();
        for (lane, (episode, count)) in self.lanes.iter_mut().zip(&about.episodes) {
            let (own, after) = rest.split_at(*count);
            lane.fly_to(*episode, own, discount)
                .map_err(StateError::Arena)?;
            rest = after;
        }
        Ok(())
    }

    /// Takes over what the arrays hold, and gives the answers of all episodes.
    fn take(&mut self, about: &About, arrays: &mut Arrays<'_>) -> Result<Vec<u32>, StateError> {
        let count = [self.network.weights().len()];
        let mut singles = |name: &str| arrays.take::<f32>(name, &count).map_err(StateError::File);
        let weights = singles("weights")?;
        self.network.weights_mut().copy_from_slice(&weights);
        self.adam.moments = [singles("adam.mean")?, singles("adam.square")?];
        if self.adam.moments[1].iter().any(|square| *square < 0.0) {
            return Err(StateError::Counts("squares below zero"));
        }
        let best = about
            .best
            .map(|iteration| Ok((iteration, singles("best.weights")?)));
        let best = best.transpose()?;
        let mut doubles =
            |name: &str, shape: &[usize]| arrays.take::<f64>(name, shape).map_err(StateError::File);
        let spread = doubles("spread", &[3])?;
        self.spread = Spread(spread.try_into().expect("its shape was asked for"));
        if self.spread.0[0] < 0.0 || self.spread.0[2] < 0.0 {
            return Err(StateError::Counts("a spread below zero"));
        }
        self.best = match best {
            Some((iteration, weights)) => Some(Best {
                weights,
                iteration,
                held_out: doubles("best.held-out", &[1])?[0],
            }),
            None => None,
        };
        let points = convert::index(about.iteration);
        let curve = doubles("curve", &[points, POINT])?;
        self.curve = curve.chunks_exact(POINT).enumerate().map(point).collect();
        self.iteration = about.iteration;
        let each = self.subject.settings.each();
        let [decisions, steps] = each.map(|count| u64::from(about.iteration) * count);
        (self.decisions, self.adam.steps) = (decisions, steps);
        let counts = about.episodes.iter().map(|(_, count)| *count);
        let total = counts.fold(0_usize, usize::saturating_add);
        let answers = arrays.take::<u32>("answers", &[total]);
        answers.map_err(StateError::File)
    }
}

/// A point in numbers that are all finite; the last says, bit by bit, which of the three that may be missing are there.
fn numbers(point: &Point) -> [f64; POINT] {
    let optional = [point.mean_return, point.held_out, point.explained];
    let bits = [1.0, 2.0, 4.0];
    let there = optional
        .iter()
        .zip(bits)
        .filter(|(value, _)| value.is_some());
    [
        if point.cloning { 1.0 } else { 0.0 },
        convert::real(point.decisions),
        point.rate,
        point.mean_return.unwrap_or(0.0),
        point.held_out.unwrap_or(0.0),
        point.explained.unwrap_or(0.0),
        point.entropy,
        point.loss[0],
        point.loss[1],
        point.clipped,
        there.map(|(_, bit)| bit).sum(),
    ]
}

/// The inverse of [`numbers`].
fn point((at, numbers): (usize, &[f64])) -> Point {
    let [
        cloning,
        decisions,
        rate,
        mean_return,
        held_out,
        explained,
        rest @ ..,
    ] = numbers
    else {
        unreachable!("chunks of as many numbers as a point has");
    };
    let [entropy, choice, worth, clipped, there] = rest else {
        unreachable!("chunks of as many numbers as a point has");
    };
    let there = convert::floor(*there);
    let optional = |bit: u64, value: &f64| (there & bit != 0).then_some(*value);
    Point {
        iteration: convert::narrow(at + 1),
        cloning: *cloning > 0.0,
        decisions: convert::floor(*decisions),
        rate: *rate,
        mean_return: optional(1, mean_return),
        held_out: optional(2, held_out),
        explained: optional(4, explained),
        entropy: *entropy,
        loss: [*choice, *worth],
        clipped: *clipped,
    }
}

/// A subject as it comes back from a file.
fn text(subject: &Subject) -> Value {
    let text = SubjectText {
        origin: &subject.origin,
        context: subject.widths.context,
        row: subject.widths.row,
        rows: subject.widths.rows,
        settings: &subject.settings,
        held_out: &subject.held_out,
    };
    // By way of text, since a number that was read may be another than the one that was written.
    let text = serde_json::to_string(&text).expect("words and numbers are JSON");
    serde_json::from_str(&text).expect("it was just written")
}

/// The first key at which two values differ, and both there.
fn differs(key: &str, was: &Value, is: &Value) -> Option<(String, String, String)> {
    let (Value::Object(before), Value::Object(now)) = (was, is) else {
        let differ = was != is;
        return differ.then(|| (key.to_owned(), was.to_string(), is.to_string()));
    };
    let keys = before.keys().chain(now.keys());
    keys.into_iter().find_map(|inner| {
        let of =
            |all: &serde_json::Map<String, Value>| all.get(inner).cloned().unwrap_or(Value::Null);
        let dot = if key.is_empty() { "" } else { "." };
        differs(&format!("{key}{dot}{inner}"), &of(before), &of(now))
    })
}

impl std::fmt::Display for StateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Version(found) => {
                write!(
                    f,
                    "format {found}: this version reads format {FORMAT}; train from the beginning"
                )
            }
            Self::Other { key, was, is } => write!(
                f,
                "a training with {key} = {was} cannot go on with {is}: train from the beginning, or as it was begun"
            ),
            Self::Counts(what) => f.write_str(what),
            Self::Arena(message) => write!(f, "it cannot be flown again: {message}"),
        }
    }
}

impl std::error::Error for StateError {}
