//! `parcae-csv`: the number of machines after each that came or went.

use sim_core::units::SimTime;

use super::gather::{Faults, Steps, forward, nodes};
use super::{Evidence, Format, Options, Reads, Series};
use crate::error::Refused;
use crate::reader::{Source, Table, span_of};

pub(super) const FORMAT: Format = Format {
    name: "parcae-csv",
    doc: "number of machines after each that came or went",
    origin: "github.com/JF-D/Parcae, p3.csv; Duan et al., NSDI 2024",
    columns: "time in ms, machines (no header)",
    options: &[],
    evidence: Evidence::RealRows,
    reads: Reads {
        availability: Some(read),
        ..Reads::NONE
    },
};

const COLUMNS: [&str; 2] = ["time_ms", "nodes"];

/// A row per machine: of several at one instant the last one counts. The trace ends with its last
/// row.
fn read(source: Source<'_>, _: &Options) -> Result<Series<u32>, Refused> {
    let file = source.name();
    let mut table = Table::open_headless(source, &COLUMNS)?;
    let (time, count) = (table.column(COLUMNS[0])?, table.column(COLUMNS[1])?);
    let (mut faults, mut steps, mut now) = (Faults::default(), Steps::new(), SimTime::ZERO);
    while let Some(row) = table.next_row()? {
        let taken = row.and_then(|row| {
            let at = SimTime::ZERO.saturating_add(row.parse(time, |text| span_of(text, 3))?);
            let value = row.parse(count, nodes)?;
            if at < now {
                return Err(row.fault(time, forward()));
            }
            now = at;
            let set = steps.set(at, value);
            set.map_err(|rule| row.fault(time, rule))
        });
        faults.take(taken)?;
    }
    faults.settle()?;
    steps.finish(&file, now)
}
