//! A series: a value over time, as far as it was observed and no further.

use std::fmt;

use jiff::Timestamp;
use sim_core::units::{SimTime, Span, convert};
use sim_core::world::Curve;

use super::MAX_RECORDS;

/// A value over time: right-continuous, constant between its steps, known until its end.
///
/// The first step stands at time zero, steps ascend strictly, neighbours differ, and none stands
/// after the end. One may stand at the end itself: a record of a change that nobody saw the
/// duration of; it weighs nothing in statistics, and is what [`After::Hold`] holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series<T> {
    /// The wall clock at time zero, where the file states one.
    pub origin: Option<Origin>,
    /// Time between two samples, where the file has one for all.
    pub gap: Option<Span>,
    /// Records read, those that change nothing included; of a derived series, its steps.
    pub records: u64,
    /// Imputations and exclusions, in sentences.
    pub notes: Vec<String>,
    steps: Vec<(SimTime, T)>,
    end: SimTime,
}

/// The wall clock at time zero, in microseconds since 1970. Displays as RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In UTC.
    Utc(i64),
    /// In a zone that the file does not state.
    Local(i64),
}

/// What is so after the end of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// It begins again.
    Repeat,
    /// Its last value stays.
    Hold,
    /// Nobody knows: to ask is an error.
    Error,
}

/// Why a series cannot be cut, extended or resampled as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeriesError {
    /// The window's end is not after its start.
    EmptyWindow {
        /// Start.
        from: SimTime,
        /// End.
        to: SimTime,
    },
    /// The series was not observed until then.
    TooShort {
        /// The instant asked for.
        until: SimTime,
        /// How far it was observed.
        end: SimTime,
    },
    /// It was observed for no time at all, so there is nothing to repeat.
    NothingToRepeat,
    /// A period of no length.
    NoPeriod,
    /// The result would have more than [`MAX_RECORDS`] steps.
    TooMany,
    /// The steps given are no series: none, a late first, or out of order at this position.
    NoSeries(usize),
}

impl<T: Copy + Eq> Series<T> {
    /// A series of these steps, observed until `end`; equal neighbours are merged.
    ///
    /// # Errors
    /// No steps, a first one after time zero, or one that is not after the one before it or is
    /// after `end`.
    pub fn new(mut steps: Vec<(SimTime, T)>, end: SimTime) -> Result<Self, SeriesError> {
        if steps.first().is_none_or(|first| first.0 != SimTime::ZERO) {
            return Err(SeriesError::NoSeries(0));
        }
        let unsorted = steps.windows(2).position(|pair| pair[0].0 >= pair[1].0);
        let late = steps.iter().position(|step| step.0 > end);
        if let Some(at) = unsorted.map(|at| at + 1).or(late) {
            return Err(SeriesError::NoSeries(at));
        }
        steps.dedup_by(|later, earlier| later.1 == earlier.1);
        Ok(Self {
            origin: None,
            gap: None,
            records: convert::wide(steps.len()),
            notes: Vec::new(),
            steps,
            end,
        })
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[(SimTime, T)] {
        &self.steps
    }

    /// How far it was observed.
    pub const fn end(&self) -> SimTime {
        self.end
    }

    /// The value at `now`, the last one held.
    pub fn at(&self, now: SimTime) -> T {
        let after = self.steps.partition_point(|step| step.0 <= now);
        self.steps[after - 1].1
    }

    /// Its values with how long each lasted, in order; all but the one that may stand at the end.
    pub fn pieces(&self) -> impl Iterator<Item = (T, Span)> + '_ {
        let ends = self.steps.iter().skip(1).map(|step| step.0);
        let pieces = self.steps.iter().zip(ends.chain([self.end]));
        pieces
            .map(|(&(from, value), to)| (value, to.since(from)))
            .filter(|piece| piece.1 > Span::ZERO)
    }

    /// The curve that a run follows: the last value is held.
    pub fn curve(&self) -> Curve<T> {
        Curve::new(self.steps.clone()).expect("a series starts at zero and ascends")
    }

    /// The part from `from` until before `to`, which becomes a series of its own from time zero.
    ///
    /// # Errors
    /// An empty window, or one that was not observed to its end.
    pub fn window(&self, from: SimTime, to: SimTime) -> Result<Self, SeriesError> {
        if from >= to {
            return Err(SeriesError::EmptyWindow { from, to });
        }
        self.observed(to)?;
        let moved = |at: SimTime| SimTime::ZERO + at.since(from);
        let inside = self
            .steps
            .iter()
            .filter(|step| step.0 > from && step.0 < to);
        let mut steps = vec![(SimTime::ZERO, self.at(from))];
        steps.extend(inside.map(|&(at, value)| (moved(at), value)));
        let mut window = Self {
            origin: self.origin.map(|origin| origin.plus(from)),
            notes: self.notes.clone(),
            ..Self::new(steps, moved(to))?
        };
        // Samples of a window that starts between two are no longer at multiples of the gap.
        let gap = self.gap.filter(|gap| from.us().is_multiple_of(gap.us()));
        if let Some(gap) = gap {
            window.records = window.end.us().div_ceil(gap.us());
            window.gap = Some(gap);
        }
        Ok(window)
    }

    /// The series until at least `until`, continued as `after` says where it was not observed.
    ///
    /// # Errors
    /// [`After::Error`] and too short a series, nothing to repeat, or too many steps.
    pub fn extend_to(&self, until: SimTime, after: After) -> Result<Self, SeriesError> {
        let mut extended = self.clone();
        if until <= self.end {
            return Ok(extended);
        }
        extended.end = until;
        match after {
            After::Error => self.observed(until)?,
            After::Hold => {}
            After::Repeat => extended.steps = self.repeated(until)?,
        }
        if let Some(gap) = self.gap {
            extended.records = until.us().div_ceil(gap.us());
        } else {
            extended.records = convert::wide(extended.steps.len());
        }
        Ok(extended)
    }

    fn repeated(&self, until: SimTime) -> Result<Vec<(SimTime, T)>, SeriesError> {
        let period = self.end.us();
        if period == 0 {
            return Err(SeriesError::NothingToRepeat);
        }
        let once: Vec<_> = self.steps.iter().filter(|step| step.0 < self.end).collect();
        let rounds = until.us().div_ceil(period);
        if rounds.saturating_mul(convert::wide(once.len())) > MAX_RECORDS {
            return Err(SeriesError::TooMany);
        }
        let mut steps: Vec<(SimTime, T)> = Vec::new();
        for round in 0..rounds {
            for &&(at, value) in &once {
                let at = SimTime::from_us(round * period + at.us());
                let Some(at) = at.filter(|at| *at < until) else {
                    break;
                };
                if steps.last().is_none_or(|last| last.1 != value) {
                    steps.push((at, value));
                }
            }
        }
        Ok(steps)
    }

    /// What one would have seen by looking once every `every`, from time zero on: sample `k` is the
    /// value at `k x every` and stands for a whole period, so that the last may reach beyond the
    /// end by less than one.
    ///
    /// # Errors
    /// A period of no length, or too many samples.
    pub fn resample(&self, every: Span) -> Result<Self, SeriesError> {
        if every == Span::ZERO {
            return Err(SeriesError::NoPeriod);
        }
        let samples = self.end.us().div_ceil(every.us()).max(1);
        if samples > MAX_RECORDS {
            return Err(SeriesError::TooMany);
        }
        let sampled = (0..samples).map(|k| {
            let at = SimTime::ZERO.saturating_add(every.saturating_mul(k));
            (at, self.at(at))
        });
        let end = SimTime::ZERO.saturating_add(every.saturating_mul(samples));
        Ok(Self {
            origin: self.origin,
            gap: Some(every),
            records: samples,
            notes: self.notes.clone(),
            ..Self::new(sampled.collect(), end)?
        })
    }

    fn observed(&self, until: SimTime) -> Result<(), SeriesError> {
        let end = self.end;
        if until > end {
            return Err(SeriesError::TooShort { until, end });
        }
        Ok(())
    }
}

impl After {
    /// What a scenario calls them.
    pub const NAMED: [(&'static str, Self); 3] = [
        ("repeat", Self::Repeat),
        ("hold", Self::Hold),
        ("error", Self::Error),
    ];
}

impl Origin {
    /// The clock `later` after this one.
    pub fn plus(self, later: SimTime) -> Self {
        let us = i64::try_from(later.us()).expect("a hundred years fit");
        match self {
            Self::Utc(at) => Self::Utc(at.saturating_add(us)),
            Self::Local(at) => Self::Local(at.saturating_add(us)),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (us, offset) = match *self {
            Self::Utc(us) => (us, "Z"),
            Self::Local(us) => (us, ""),
        };
        match Timestamp::from_microsecond(us) {
            Ok(at) => write!(f, "{}{offset}", at.to_string().trim_end_matches('Z')),
            Err(_) => write!(f, "{us} us after 1970"),
        }
    }
}

impl fmt::Display for SeriesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyWindow { from, to } => write!(
                f,
                "from {from} to {to}: a window ends after it starts; correct one of them"
            ),
            Self::TooShort { until, end } => write!(
                f,
                "{until}: the series was observed for {end}; ask for less, or say what comes \
                 after: repeat or hold"
            ),
            Self::NothingToRepeat => f.write_str(
                "repeat: the series was observed for no time at all; hold it, or take another",
            ),
            Self::NoPeriod => f.write_str("0s: a period is longer than nothing; state one"),
            Self::TooMany => write!(
                f,
                "a series has at most {MAX_RECORDS} steps; ask for less of it"
            ),
            Self::NoSeries(at) => write!(
                f,
                "step {at}: steps ascend from time zero and end with the series; sort them"
            ),
        }
    }
}

impl std::error::Error for SeriesError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> SimTime {
        SimTime::from_secs(secs)
    }

    fn series(steps: &[(u64, u32)], end: u64) -> Series<u32> {
        let steps = steps.iter().map(|&(secs, value)| (at(secs), value));
        Series::new(steps.collect(), at(end)).expect("a series")
    }

    fn shape(series: &Series<u32>) -> (Vec<(u64, u32)>, u64) {
        let steps = series.steps().iter();
        let steps = steps.map(|&(at, value)| (at.us() / 1_000_000, value));
        (steps.collect(), series.end().us() / 1_000_000)
    }

    #[test]
    fn equal_neighbours_are_one_step_and_disorder_is_refused() {
        assert_eq!(
            shape(&series(&[(0, 1), (5, 1), (7, 2), (9, 2)], 9)),
            (vec![(0, 1), (7, 2)], 9)
        );
        let refused = |steps: &[(u64, u32)]| {
            let steps = steps.iter().map(|&(secs, value)| (at(secs), value));
            Series::new(steps.collect(), at(9)).expect_err("refused")
        };
        assert_eq!(refused(&[]), SeriesError::NoSeries(0));
        assert_eq!(refused(&[(1, 1)]), SeriesError::NoSeries(0));
        assert_eq!(refused(&[(0, 1), (0, 2)]), SeriesError::NoSeries(1));
        assert_eq!(refused(&[(0, 1), (10, 2)]), SeriesError::NoSeries(1));
    }

    #[test]
    fn a_window_starts_with_what_held_then_and_leaves_its_end_out() {
        let whole = series(&[(0, 1), (5, 2), (8, 3)], 10);
        let window = whole.window(at(6), at(8)).expect("observed");
        assert_eq!(shape(&window), (vec![(0, 2)], 2));
        let window = whole.window(at(5), at(10)).expect("observed");
        assert_eq!(shape(&window), (vec![(0, 2), (3, 3)], 5));
        assert_eq!(whole.window(at(0), at(10)), Ok(whole.clone()));
        assert!(whole.window(at(5), at(5)).is_err() && whole.window(at(5), at(11)).is_err());
    }

    #[test]
    fn a_window_knows_its_clock_and_its_samples() {
        let mut whole = series(&[(0, 1), (4, 2)], 10);
        (whole.gap, whole.records) = (Some(Span::from_secs(2)), 5);
        whole.origin = Some(Origin::Utc(0));
        let window = whole.window(at(2), at(8)).expect("observed");
        assert_eq!((window.gap, window.records), (whole.gap, 3));
        let origin = window.origin.expect("kept").to_string();
        assert_eq!(origin, "1970-01-01T00:00:02Z");
        assert_eq!(whole.window(at(1), at(8)).expect("observed").gap, None);
    }

    #[test]
    fn what_comes_after_is_repeated_held_or_refused() {
        let once = series(&[(0, 1), (3, 2), (4, 9)], 4);
        let extended = |after| once.extend_to(at(9), after);
        let repeated = extended(After::Repeat).expect("repeats");
        assert_eq!(
            shape(&repeated),
            (vec![(0, 1), (3, 2), (4, 1), (7, 2), (8, 1)], 9)
        );
        let held = extended(After::Hold).expect("holds");
        assert_eq!(shape(&held), (vec![(0, 1), (3, 2), (4, 9)], 9));
        let (until, end) = (at(9), at(4));
        assert_eq!(
            extended(After::Error),
            Err(SeriesError::TooShort { until, end })
        );
        assert_eq!(once.extend_to(at(3), After::Error), Ok(once.clone()));
        let instant = series(&[(0, 8)], 0);
        assert_eq!(
            instant.extend_to(at(1), After::Repeat),
            Err(SeriesError::NothingToRepeat)
        );
        assert_eq!(
            once.extend_to(SimTime::MAX, After::Repeat),
            Err(SeriesError::TooMany)
        );
    }

    #[test]
    fn repeating_an_end_that_equals_the_start_adds_no_step() {
        let once = series(&[(0, 1), (1, 2), (3, 1)], 4);
        let twice = once.extend_to(at(8), After::Repeat).expect("repeats");
        assert_eq!(shape(&twice).0, [(0, 1), (1, 2), (3, 1), (5, 2), (7, 1)]);
    }

    #[test]
    fn samples_see_what_holds_at_their_instant() {
        let fine = series(&[(0, 1), (3, 2), (5, 3), (6, 1)], 9);
        let every = |secs| fine.resample(Span::from_secs(secs));
        let coarse = every(4).expect("few");
        assert_eq!(shape(&coarse), (vec![(0, 1), (4, 2), (8, 1)], 12));
        assert_eq!((coarse.records, coarse.gap), (3, Some(Span::from_secs(4))));
        assert_eq!(shape(&every(1).expect("few")).0, shape(&fine).0);
        assert_eq!(every(0), Err(SeriesError::NoPeriod));
        let long = fine.extend_to(SimTime::MAX, After::Hold).expect("long");
        assert_eq!(long.resample(Span::from_secs(1)), Err(SeriesError::TooMany));
    }
}
