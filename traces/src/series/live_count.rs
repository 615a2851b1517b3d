//! `live-count`: the number of machines alive, as a cluster's log dates it.

use sim_core::units::{SimTime, Span};

use super::gather::{Faults, Steps, nodes};
use super::{Evidence, Format, Options, Origin, Reads, Series};
use crate::error::{Refused, Rule, TraceError};
use crate::reader::{Column, Row, Source, Table, naive};

pub(super) const FORMAT: Format = Format {
    name: "live-count",
    doc: "number of machines alive with date and time",
    origin: "github.com/uclasystem/bamboo, *x1-east1*.txt; Thorpe et al., NSDI 2023",
    columns: "date, time, machines (no header)",
    options: &[],
    evidence: Evidence::RealRows,
    reads: Reads {
        availability: Some(read),
        ..Reads::NONE
    },
};

const COLUMNS: [&str; 3] = ["date", "time", "nodes"];

/// How far a row may go back: a change is written as three rows a minute apart.
const BACK: Span = Span::from_secs(120);

/// Each change is written three times, a minute apart and ahead of time, so that the next change
/// can be dated before the last of them. What is written later is right: a row takes back what
/// the rows above it said of its own instant and after. The trace ends with its latest row.
fn read(source: Source<'_>, _: &Options) -> Result<Series<u32>, Refused> {
    let file = source.name();
    let mut table = Table::open_headless(source, &COLUMNS)?;
    let [date, time, count] = COLUMNS.map(|name| table.column(name));
    let columns = (date?, time?, count?);
    let mut faults = Faults::default();
    let mut log = Log {
        origin: None,
        last: SimTime::ZERO,
        end: SimTime::ZERO,
        back: 0,
        steps: Steps::new(),
    };
    while let Some(row) = table.next_row()? {
        let taken = row.and_then(|row| log.take(&row, columns));
        faults.take(taken)?;
    }
    faults.settle()?;
    let mut series = log.steps.finish(&file, log.end)?;
    series.origin = log.origin.map(Origin::Local);
    series
        .notes
        .push(String::from("times are local without an offset"));
    if log.back > 0 {
        series.notes.push(format!(
            "rows that are not after the row above them: {}; each takes back what was said of its \
             instant and later",
            log.back
        ));
    }
    Ok(series)
}

struct Log {
    origin: Option<i64>,
    last: SimTime,
    end: SimTime,
    back: u64,
    steps: Steps<u32>,
}

impl Log {
    fn take(
        &mut self,
        row: &Row<'_>,
        (date, time, count): (Column, Column, Column),
    ) -> Result<(), TraceError> {
        // The date alone first, so that a fault is blamed on the field that has it.
        row.parse(date, |date| naive(&format!("{date} 00:00:00")))?;
        let us = row.parse(time, |time| naive(&format!("{} {time}", row.text(date))))?;
        let value = row.parse(count, nodes)?;
        let first = self.origin.is_none();
        let origin = *self.origin.get_or_insert(us);
        let at = us.checked_sub(origin).and_then(|us| u64::try_from(us).ok());
        let at = at
            .and_then(SimTime::from_us)
            .filter(|at| at.saturating_add(BACK) >= self.last);
        let Some(at) = at else {
            let rule = format!("a row goes back by at most {BACK}, and 100 years ahead");
            return Err(row.fault(time, Rule::new(rule, "sort the file by time")));
        };
        self.back += u64::from(!first && at <= self.last);
        self.steps.forget_from(at);
        let set = self.steps.set(at, value);
        set.map_err(|rule| row.fault(count, rule))?;
        self.last = at;
        self.end = self.end.max(at);
        Ok(())
    }
}
