//! `step-plot`: a drawing of the number of machines, two rows per change.

use sim_core::units::SimTime;

use super::gather::{Faults, Steps, forward, instant, nodes};
use super::{Evidence, Format, Options, Reads, Series};
use crate::error::{Refused, Rule, TraceError};
use crate::reader::{Row, Source, Table};

pub(super) const FORMAT: Format = Format {
    name: "step-plot",
    doc: "number of machines as a step plot: the count before each change, then the one after it",
    origin: "github.com/uclasystem/bamboo, aws-*.csv; Thorpe et al., NSDI 2023",
    columns: "time in a unit the file does not state, machines (no header)",
    options: &["unit"],
    evidence: Evidence::RealRows,
    reads: Reads {
        availability: Some(read),
        ..Reads::NONE
    },
};

const COLUMNS: [&str; 2] = ["time", "nodes"];

/// The first row of an instant repeats the count before it, the last one counts: a row that does
/// neither is no step plot. The trace ends with its last row.
fn read(source: Source<'_>, options: &Options) -> Result<Series<u32>, Refused> {
    let file = source.name();
    let Some(unit) = options.unit else {
        let rule = Rule::new(
            "the unit of the clock is not in the file",
            "state unit = seconds, minutes, hours or days: the files of one study differ",
        );
        return Err(rule.at(&file, (0, 0), "unit").into());
    };
    let mut table = Table::open_headless(source, &COLUMNS)?;
    let (time, count) = (table.column(COLUMNS[0])?, table.column(COLUMNS[1])?);
    let (mut faults, mut steps) = (Faults::default(), Steps::new());
    let mut last: Option<(SimTime, u32)> = None;
    while let Some(row) = table.next_row()? {
        let mut point = |row: &Row<'_>| -> Result<(SimTime, u32), TraceError> {
            let at = row.parse(time, |text| instant(text, unit))?;
            let value = row.parse(count, nodes)?;
            match last {
                Some((before, _)) if at < before => return Err(row.fault(time, forward())),
                Some((before, held)) if at > before && value != held => {
                    let rule = format!("a step plot first repeats the count before, {held}");
                    let rule = Rule::new(rule, "check that it is one, or add that row");
                    return Err(row.fault(count, rule));
                }
                Some(_) | None => {}
            }
            let set = steps.set(at, value);
            set.map_err(|rule| row.fault(time, rule))?;
            Ok((at, value))
        };
        last = faults.take(row.and_then(|row| point(&row)))?.or(last);
    }
    faults.settle()?;
    steps.finish(&file, last.map_or(SimTime::ZERO, |last| last.0))
}
