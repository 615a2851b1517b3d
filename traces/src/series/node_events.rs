//! `node-events`: machines that come and go by name.

use sim_core::units::SimTime;

use super::gather::{Faults, Steps, forward};
use super::lifetimes::Lifetimes;
use super::live::Live;
use super::{Evidence, Format, Options, Reads, Series};
use crate::error::{Refused, Rule, TraceError};
use crate::reader::{Column, Row, Source, Table, labelled, span_of};

pub(super) const FORMAT: Format = Format {
    name: "node-events",
    doc: "machines of a spot cluster as they are added and removed, by name",
    origin: "github.com/uclasystem/bamboo, p3-trace.csv, g4dn-trace.csv; Thorpe et al., NSDI 2023",
    columns: "time in ms, add or remove, machine (no header)",
    options: &[],
    evidence: Evidence::RealRows,
    reads: Reads {
        availability: Some(availability),
        lifetimes: Some(lifetimes),
        ..Reads::NONE
    },
};

const COLUMNS: [&str; 3] = ["time_ms", "event", "node"];

/// None are there before the first; the trace ends with its last event.
fn availability(source: Source<'_>, _: &Options) -> Result<Series<u32>, Refused> {
    let file = source.name();
    let events = events(source)?;
    events.steps.finish(&file, events.now)
}

/// A machine that is there at the last event is cut off there.
fn lifetimes(source: Source<'_>, _: &Options) -> Result<Lifetimes, Refused> {
    let events = events(source)?;
    Ok(events.live.finish(events.now))
}

struct Events {
    now: SimTime,
    live: Live,
    steps: Steps<u32>,
}

fn events(source: Source<'_>) -> Result<Events, Refused> {
    let mut table = Table::open_headless(source, &COLUMNS)?;
    let [time, event, node] = COLUMNS.map(|name| table.column(name));
    let columns = (time?, event?, node?);
    let mut faults = Faults::default();
    let mut events = Events {
        now: SimTime::ZERO,
        live: Live::default(),
        steps: Steps::starting(0),
    };
    while let Some(row) = table.next_row()? {
        let taken = row.and_then(|row| events.take(&row, columns));
        faults.take(taken)?;
    }
    faults.settle()?;
    Ok(events)
}

impl Events {
    fn take(
        &mut self,
        row: &Row<'_>,
        (time, event, node): (Column, Column, Column),
    ) -> Result<(), TraceError> {
        let at = SimTime::ZERO.saturating_add(row.parse(time, |text| span_of(text, 3))?);
        if at < self.now {
            return Err(row.fault(time, forward()));
        }
        let name = row.parse(node, labelled)?;
        let changed = match row.text(event) {
            "add" => self.live.add(name, at),
            "remove" => self.live.remove(name, at),
            _ => {
                let rule = Rule::new("an event is add or remove", "correct it");
                return Err(row.fault(event, rule));
            }
        };
        changed.map_err(|rule| row.fault(node, rule))?;
        let set = self.steps.set(at, self.live.count());
        set.map_err(|rule| row.fault(time, rule))?;
        self.now = at;
        Ok(())
    }
}
