//! What the importers of requests share: faults gathered, classes and sessions numbered, clocks
//! set.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sim_core::units::SimTime;

use super::{MAX_REQUESTS, MAX_TOKENS, Measured, RequestLog, RequestRecord};
use crate::error::{Refused, Rule, TraceError};
use crate::import::{Faults, Labels, Options};
use crate::reader::count;
use crate::record::FileName;

/// What a row says.
pub(super) enum Draft {
    /// A request; what the record itself says about its arrival is overwritten.
    Request(Stamp, RequestRecord),
    /// Well-formed, but no request that could be served again: counted and noted under this reason.
    Excluded(&'static str),
}

/// When a request came, in microseconds on the trace's own clock, and the line that says so.
#[derive(Clone, Copy)]
pub(super) struct Stamp {
    pub(super) at: i64,
    pub(super) line: u32,
}

/// What the trace's own clock means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// Counts from the trace's zero, which becomes time zero.
    Relative,
    /// Microseconds since 1970 without an offset; the first arrival becomes time zero.
    Naive,
    /// Microseconds since 1970 in UTC; the first arrival becomes time zero.
    Utc,
}

/// Collects rows and faults.
pub(super) struct Gather {
    file: FileName,
    faults: Faults,
    pub(super) classes: Labels,
    pub(super) sessions: Labels,
    pub(super) notes: Vec<String>,
    records: Vec<RequestRecord>,
    stamps: Vec<Stamp>,
    excluded: BTreeMap<&'static str, u64>,
}

impl Gather {
    pub(super) fn new(file: FileName, options: &Options) -> Self {
        Self {
            file,
            faults: Faults::new(options),
            classes: Labels::default(),
            sessions: Labels::default(),
            notes: Vec::new(),
            records: Vec::new(),
            stamps: Vec::new(),
            excluded: BTreeMap::new(),
        }
    }

    /// Takes a row, or its fault.
    pub(super) fn take(&mut self, draft: Result<Draft, TraceError>) -> Result<(), Refused> {
        match self.faults.take(draft)? {
            Some(Draft::Request(stamp, record)) => {
                if self.records.len() >= MAX_REQUESTS {
                    let rule = format!("a log has at most {MAX_REQUESTS} requests");
                    let rule = Rule::new(rule, "split the file");
                    return Err(rule.at(&self.file, (stamp.line.into(), 0), "").into());
                }
                self.stamps.push(stamp);
                self.records.push(record);
            }
            Some(Draft::Excluded(reason)) => *self.excluded.entry(reason).or_default() += 1,
            None => {}
        }
        Ok(())
    }

    /// The log, on the clock of a run, and where its clock begins on that of the trace.
    pub(super) fn finish(mut self, clock: Clock) -> Result<(RequestLog, i64), Refused> {
        let origin = match clock {
            Clock::Relative => 0,
            Clock::Naive | Clock::Utc => self.stamps.iter().map(|s| s.at).min().unwrap_or(0),
        };
        let mut records = std::mem::take(&mut self.records);
        let mut stamps = std::mem::take(&mut self.stamps).into_iter();
        let mut outside = Vec::new();
        records.retain_mut(|record| {
            let stamp = stamps.next().expect("one of each");
            let arrived = on_clock(stamp.at, origin);
            record.arrived = arrived.unwrap_or(SimTime::ZERO);
            if arrived.is_none() {
                outside.push(stamp.line);
            }
            arrived.is_some()
        });
        for line in outside {
            let rule = Rule::new(
                "comes before the trace's start or 100 years after it",
                "check the clock of this row",
            );
            self.take(Err(rule.at(&self.file, (line.into(), 1), "request")))?;
        }
        for (reason, count) in &self.excluded {
            self.notes.push(format!("{count} left out: {reason}"));
        }
        let log = RequestLog {
            epoch: epoch(clock, origin),
            dropped: self.faults.settle()?,
            notes: self.notes,
            ..RequestLog::new(records, &self.classes.into_names())
        };
        Ok((log, origin))
    }
}

/// An instant of the trace's clock on that of a run, whose zero is `origin`.
pub(super) fn on_clock(at: i64, origin: i64) -> Option<SimTime> {
    let us = at.checked_sub(origin)?;
    SimTime::from_us(u64::try_from(us).ok()?)
}

/// The wall clock at time zero.
pub(super) fn epoch(clock: Clock, origin: i64) -> Option<String> {
    let offset = match clock {
        Clock::Relative => return None,
        Clock::Naive => "",
        Clock::Utc => "Z",
    };
    let at = Timestamp::from_microsecond(origin).ok()?;
    Some(at.to_string().trim_end_matches('Z').to_owned() + offset)
}

/// Tokens, or whatever a request is measured in.
pub(super) fn tokens(text: &str) -> Result<u32, Rule> {
    count(text, (0, MAX_TOKENS))
}

/// Microseconds of a bounded clock, signed.
pub(super) fn signed(us: u64) -> i64 {
    i64::try_from(us).expect("a hundred years fit")
}

/// What was measured, in the order of the log.
pub(super) fn sorted(mut measured: Vec<(SimTime, Measured)>) -> Vec<Measured> {
    measured.sort_by_key(|(arrived, _)| *arrived);
    measured.into_iter().map(|(_, measured)| measured).collect()
}
