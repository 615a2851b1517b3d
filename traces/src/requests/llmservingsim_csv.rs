//! `llmservingsim-csv`: the workloads that a simulator and a real engine were both given.

use sim_core::units::SimTime;

use super::gather::{Clock, Draft, Gather, Stamp, signed, tokens};
use super::{Format, Reads, RequestLog, RequestRecord};
use crate::error::{Refused, TraceError};
use crate::import::{Evidence, Options};
use crate::reader::{Column, Row, Source, Table, scaled, span_of};

pub(super) const FORMAT: Format = Format {
    name: "llmservingsim-csv",
    doc: "requests of a ShareGPT workload on a clock in nanoseconds",
    origin: "github.com/casys-kaist/LLMServingSim, workloads as tables",
    columns: "arrival_ns, input_toks, output_toks",
    evidence: Evidence::RealRows,
    reads: Reads::Requests(read),
};

struct Columns {
    at: Column,
    input: Column,
    output: Column,
}

/// Nanoseconds are rounded half up to microseconds.
fn read(source: Source<'_>, options: &Options) -> Result<RequestLog, Refused> {
    let mut gather = Gather::new(source.name(), options);
    let mut table = Table::open(source)?;
    let columns = Columns {
        at: table.column("arrival_ns")?,
        input: table.column("input_toks")?,
        output: table.column("output_toks")?,
    };
    while let Some(row) = table.next_row()? {
        gather.take(row.and_then(|row| request(&row, &columns)))?;
    }
    Ok(gather.finish(Clock::Relative)?.0)
}

fn request(row: &Row<'_>, columns: &Columns) -> Result<Draft, TraceError> {
    let at = row.parse(columns.at, |text| {
        let ns = scaled(text, 0)?;
        let us = ns / 1000 + u64::from(ns % 1000 >= 500);
        span_of(&us.to_string(), 0)
    })?;
    let input = row.parse(columns.input, tokens)?;
    let output = row.parse(columns.output, tokens)?;
    let (at, line) = (signed(at.us()), row.line());
    let record = RequestRecord::new(SimTime::ZERO, input, output);
    Ok(Draft::Request(Stamp { at, line }, record))
}
