//! What the importers of series share: faults gathered, steps built, numbers of a unit.

use sim_core::units::{Price, SimTime, Span, convert, limits};

use super::options::ClockUnit;
use super::{MAX_RECORDS, Series};
use crate::error::{MAX_LISTED, Refused, Rule, TraceError};
use crate::reader::{count, scaled};
use crate::record::FileName;

/// Collects faults. There is no lenient import of a series: without one of its records, what it
/// says of the time until the next would be a guess.
#[derive(Default)]
pub(super) struct Faults {
    errors: Vec<TraceError>,
}

impl Faults {
    /// Takes a record, or its fault; stops an import that has seen enough.
    pub(super) fn take<T>(&mut self, record: Result<T, TraceError>) -> Result<Option<T>, Refused> {
        match record {
            Ok(record) => return Ok(Some(record)),
            Err(error) => self.errors.push(error),
        }
        if self.errors.len() >= MAX_LISTED {
            let errors = std::mem::take(&mut self.errors);
            return Err(Refused { errors });
        }
        Ok(None)
    }

    pub(super) fn settle(self) -> Result<(), Refused> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Refused {
                errors: self.errors,
            })
        }
    }
}

/// Steps as they are read: what changes nothing is counted and not kept.
pub(super) struct Steps<T> {
    steps: Vec<(SimTime, T)>,
    records: u64,
}

impl<T: Copy + Eq> Steps<T> {
    pub(super) fn new() -> Self {
        Self {
            steps: Vec::new(),
            records: 0,
        }
    }

    /// As [`Steps::new`], with what is so before the first record.
    pub(super) fn starting(value: T) -> Self {
        Self {
            steps: vec![(SimTime::ZERO, value)],
            records: 0,
        }
    }

    /// The value from `at` on; what was said of the same instant before is forgotten.
    ///
    /// # Errors
    /// Too many records.
    pub(super) fn set(&mut self, at: SimTime, value: T) -> Result<(), Rule> {
        self.records += 1;
        if self.records > MAX_RECORDS {
            let rule = format!("a series has at most {MAX_RECORDS} records");
            return Err(Rule::new(rule, "split the file"));
        }
        if self.steps.last().is_some_and(|last| last.0 == at) {
            self.steps.pop();
        }
        if self.steps.last().is_none_or(|last| last.1 != value) {
            self.steps.push((at, value));
        }
        Ok(())
    }

    /// Forgets what was said of `at` and later.
    pub(super) fn forget_from(&mut self, at: SimTime) {
        let kept = self.steps.partition_point(|step| step.0 < at);
        self.steps.truncate(kept);
    }

    /// The series, observed until `end`.
    ///
    /// # Errors
    /// No steps, or a first one after time zero.
    pub(super) fn finish(self, file: &FileName, end: SimTime) -> Result<Series<T>, Refused> {
        let first = self.steps.first().filter(|_| self.records > 0);
        let rule = match first {
            None => Rule::new("the file holds no records", "check that it is complete"),
            Some((first, _)) if *first > SimTime::ZERO => Rule::new(
                format!("the first record stands at time zero, this one at {first}"),
                "subtract its time from all, or add a record of what was before",
            ),
            Some(_) => {
                let series = Series::new(self.steps, end);
                let mut series = series.expect("set in order from zero");
                series.records = self.records;
                return Ok(series);
            }
        };
        Err(rule.at(file, (0, 0), "").into())
    }
}

/// Machines, at most as many as a run may have.
pub(super) fn nodes(text: &str) -> Result<u32, Rule> {
    count(text, (0, limits::MAX_NODES))
}

/// Dollars an hour, exactly.
///
/// # Errors
/// No decimal number, one finer than a nano-dollar, or above a million dollars.
pub(super) fn price(text: &str) -> Result<Price, Rule> {
    const DECIMALS: usize = 9;
    let finer = text
        .split_once('.')
        .and_then(|(_, decimals)| decimals.get(DECIMALS..));
    if finer.is_some_and(|finer| finer.bytes().any(|digit| (b'1'..=b'9').contains(&digit))) {
        return Err(Rule::new(
            "is finer than a nano-dollar",
            "round it to nine decimals",
        ));
    }
    let nanousd_h = scaled(text, DECIMALS)?;
    Price::from_nanousd_h(nanousd_h)
        .ok_or_else(|| Rule::new("is above a million dollars an hour", "check the unit"))
}

/// An instant in `unit`, to a millionth of it.
///
/// # Errors
/// No decimal number, or beyond 100 years.
pub(super) fn instant(text: &str, unit: ClockUnit) -> Result<SimTime, Rule> {
    let us = scaled(text, 6)?.checked_mul(unit.seconds());
    us.and_then(SimTime::from_us)
        .ok_or_else(|| Rule::new("is beyond 100 years", "check the unit"))
}

/// The instant of sample `index` of one every `gap`.
pub(super) fn sample(index: u64, gap: Span) -> Option<SimTime> {
    SimTime::from_us(index.checked_mul(gap.us())?)
}

/// The rule that a clock runs forward.
pub(super) fn forward() -> Rule {
    Rule::new("is before the record above it", "sort the file by time")
}

/// Microseconds as hours.
pub(super) fn hours(us: u64) -> f64 {
    convert::real(us) / 3.6e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_exact_or_refused() {
        let nano = |text| price(text).map(Price::nanousd_h);
        assert_eq!(nano("0.1234"), Ok(123_400_000));
        assert_eq!(nano("0.1000000000"), Ok(100_000_000));
        assert_eq!(nano("7.344"), Ok(7_344_000_000));
        assert_eq!(nano("1000000"), Ok(limits::MAX_PRICE_NANOUSD_H));
        for text in ["", "-1", "1e-1", "0.0000000001", "1000000.1", "$1", "NaN"] {
            assert!(price(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_instant_is_said_last_by_its_last_record() {
        let at = SimTime::from_secs;
        let mut steps = Steps::new();
        for (secs, value) in [(0, 5), (10, 5), (10, 7), (10, 5), (20, 6)] {
            steps.set(at(secs), value).expect("few");
        }
        assert_eq!(steps.steps, [(at(0), 5), (at(20), 6)]);
        steps.forget_from(at(20));
        steps.set(at(15), 4).expect("few");
        assert_eq!(steps.steps, [(at(0), 5), (at(15), 4)]);
    }
}
