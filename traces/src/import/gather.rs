//! What all importers share: faults gathered, names numbered, clocks set, jobs sorted.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sim_core::units::{SimTime, convert};

use super::Options;
use crate::error::{MAX_LISTED, Refused, Rule, TraceError};
use crate::record::{Dropped, FileName, Machine, Record, Workload};

/// What a row says.
pub(super) enum Draft {
    /// A job, and its submission on the trace's own clock, in microseconds. What the record itself
    /// says about its submission is overwritten.
    Job(i64, Record),
    /// Well-formed, but no job that could be replayed: counted and noted under this reason.
    Excluded(&'static str),
}

/// What the trace's own clock means.
#[derive(Clone, Copy)]
pub(super) enum Clock {
    /// Counts from the trace's zero, which becomes time zero.
    Relative,
    /// Microseconds since 1970 without an offset; the first submission becomes time zero.
    Naive,
    /// Microseconds since 1970 in UTC; the first submission becomes time zero.
    Utc,
}

/// Names in order of first appearance.
#[derive(Default)]
pub(crate) struct Labels {
    positions: BTreeMap<String, usize>,
    numbers: BTreeMap<u64, usize>,
    names: Vec<String>,
}

/// The names of a workload, apart from its faults so that a row can number names while it is read.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) users: Labels,
    pub(super) queues: Labels,
    pub(super) models: Labels,
    pub(super) classes: Labels,
}

/// Collects rows and faults.
pub(super) struct Gather {
    file: FileName,
    faults: Faults,
    pub(super) ledger: Ledger,
    jobs: Vec<Record>,
    submits: Vec<i64>,
    excluded: BTreeMap<&'static str, u64>,
    pub(super) notes: Vec<String>,
    /// See [`Workload::counts_steps`].
    pub(super) counts_steps: bool,
}

/// Collects faults: strict up to a number, lenient for as long as there are rows.
pub(crate) struct Faults {
    lenient: bool,
    errors: Vec<TraceError>,
    dropped: Dropped,
}

impl Labels {
    pub(super) const MOST_SHORT: usize = 65_535;
    pub(super) const MOST_LONG: usize = 10_000_000;

    /// The position of `name`, new or known, as long as there are at most `most`.
    pub(super) fn position(&mut self, name: &str, most: usize) -> Result<usize, Rule> {
        if let Some(&position) = self.positions.get(name) {
            return Ok(position);
        }
        let position = self.names.len();
        if position >= most {
            let rule = format!("this field takes at most {most} different names");
            return Err(Rule::new(rule, "check that it is the right column"));
        }
        self.positions.insert(name.to_owned(), position);
        self.names.push(name.to_owned());
        Ok(position)
    }

    /// As [`Labels::position`], for a format whose names are numbers: known ones are not spelt out.
    pub(super) fn numbered(&mut self, number: u64, most: usize) -> Result<usize, Rule> {
        if let Some(&position) = self.numbers.get(&number) {
            return Ok(position);
        }
        let position = self.position(&number.to_string(), most)?;
        self.numbers.insert(number, position);
        Ok(position)
    }

    /// As [`Labels::position`], of GPU models.
    pub(crate) fn position_of(&mut self, model: &str) -> Result<usize, Rule> {
        self.position(model, crate::record::ModelSet::MAX)
    }

    /// As [`Labels::position`], in 16 bits.
    pub(crate) fn short(&mut self, name: &str) -> Result<u16, Rule> {
        let position = self.position(name, Self::MOST_SHORT)?;
        Ok(u16::try_from(position).expect("below the bound"))
    }

    /// As [`Labels::position`], in 32 bits.
    pub(crate) fn long(&mut self, name: &str) -> Result<u32, Rule> {
        self.position(name, Self::MOST_LONG).map(convert::narrow)
    }

    pub(crate) fn into_names(self) -> Vec<String> {
        self.names
    }
}

impl Faults {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            lenient: options.lenient,
            errors: Vec::new(),
            dropped: Dropped::default(),
        }
    }

    /// Takes a row, or its fault; stops a strict import that has seen enough.
    pub(crate) fn take<T>(&mut self, row: Result<T, TraceError>) -> Result<Option<T>, Refused> {
        let error = match row {
            Ok(row) => return Ok(Some(row)),
            Err(error) => error,
        };
        if self.lenient {
            self.dropped.count += 1;
            if self.dropped.first.len() < MAX_LISTED {
                self.dropped.first.push(error);
            }
        } else {
            self.errors.push(error);
            if self.errors.len() >= MAX_LISTED {
                return Err(self.refused());
            }
        }
        Ok(None)
    }

    /// What was dropped, unless a strict import found a fault.
    pub(crate) fn settle(mut self) -> Result<Dropped, Refused> {
        if self.errors.is_empty() {
            Ok(self.dropped)
        } else {
            Err(self.refused())
        }
    }

    fn refused(&mut self) -> Refused {
        Refused {
            errors: std::mem::take(&mut self.errors),
        }
    }
}

impl Gather {
    pub(super) fn new(file: FileName, options: &Options) -> Self {
        Self {
            file,
            faults: Faults::new(options),
            ledger: Ledger::default(),
            jobs: Vec::new(),
            submits: Vec::new(),
            excluded: BTreeMap::new(),
            notes: Vec::new(),
            counts_steps: false,
        }
    }

    /// Takes a row, or its fault.
    pub(super) fn take(&mut self, draft: Result<Draft, TraceError>) -> Result<(), Refused> {
        match self.faults.take(draft)? {
            Some(Draft::Job(at, record)) => {
                self.submits.push(at);
                self.jobs.push(record);
            }
            Some(Draft::Excluded(reason)) => *self.excluded.entry(reason).or_default() += 1,
            None => {}
        }
        Ok(())
    }

    /// The workload, on the clock of a run.
    pub(super) fn finish(mut self, clock: Clock) -> Result<Workload, Refused> {
        let origin = match clock {
            Clock::Relative => 0,
            Clock::Naive | Clock::Utc => self.submits.iter().copied().min().unwrap_or(0),
        };
        let mut jobs = std::mem::take(&mut self.jobs);
        let mut submits = std::mem::take(&mut self.submits).into_iter();
        let mut outside = Vec::new();
        jobs.retain_mut(|record| {
            let submit = submits.next().and_then(|at| on_clock(at, origin));
            record.submit = submit.unwrap_or(SimTime::ZERO);
            if submit.is_none() {
                outside.push(beyond(&self.file, record));
            }
            submit.is_some()
        });
        for error in outside {
            self.take(Err(error))?;
        }
        for (reason, count) in &self.excluded {
            self.notes.push(format!("{count} left out: {reason}"));
        }
        let mut workload = Workload {
            jobs,
            queues: self.ledger.queues.into_names(),
            users: self.ledger.users.into_names(),
            models: self.ledger.models.into_names(),
            classes: self.ledger.classes.into_names(),
            epoch: epoch(clock, origin),
            dropped: self.faults.settle()?,
            notes: self.notes,
            counts_steps: self.counts_steps,
            machine: Machine::default(),
        };
        workload.sort();
        Ok(workload)
    }
}

fn on_clock(at: i64, origin: i64) -> Option<SimTime> {
    let us = at.checked_sub(origin)?;
    SimTime::from_us(u64::try_from(us).ok()?)
}

fn beyond(file: &FileName, record: &Record) -> TraceError {
    let rule = Rule::new(
        "is submitted before the trace's start or 100 years after it",
        "check the clock of this row",
    );
    let value = format!("job {}", record.name);
    rule.at(file, (u64::from(record.line), 1), &value)
}

fn epoch(clock: Clock, origin: i64) -> Option<String> {
    let offset = match clock {
        Clock::Relative => return None,
        Clock::Naive => "",
        Clock::Utc => "Z",
    };
    let at = Timestamp::from_microsecond(origin).ok()?;
    Some(at.to_string().trim_end_matches('Z').to_owned() + offset)
}
