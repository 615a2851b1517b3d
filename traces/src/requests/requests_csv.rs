//! `requests-csv`: our own table of requests, written and read back.

use std::io;

use sim_core::units::SimTime;

use super::gather::{Clock, Draft, Gather, Stamp, signed, tokens};
use super::{Format, Reads, RequestLog, RequestRecord};
use crate::error::{Refused, TraceError};
use crate::export::cell;
use crate::import::{Evidence, Options};
use crate::reader::{Column, Row, Source, Table, labelled, scaled, seconds};

pub(super) const FORMAT: Format = Format {
    name: "requests-csv",
    doc: "our own table of requests, as trace import and trace synth write it",
    origin: "this program",
    columns: "arrived_s, [class], input, output, [session], [content]",
    evidence: Evidence::RealRows,
    reads: Reads::Requests(read),
};

const HEADER: &str = "arrived_s,class,input,output,session,content";

/// Writes the requests: seconds with six decimals, an empty field where nothing is known. What was
/// measured, notes and the epoch are not part of it.
///
/// Reading it gives the same requests and classes, to the microsecond; but a class name loses its
/// quotes, and gets an apostrophe in front where a spreadsheet would take it for a formula.
///
/// # Errors
/// What `out` reports.
pub fn write_requests_csv(log: &RequestLog, out: &mut impl io::Write) -> io::Result<()> {
    writeln!(out, "{HEADER}")?;
    for record in &log.records {
        let us = record.arrived.us();
        let key = |key: Option<u64>| key.map(|key| key.to_string()).unwrap_or_default();
        writeln!(
            out,
            "{}.{:06},{},{},{},{},{}",
            us / 1_000_000,
            us % 1_000_000,
            cell(log.class_of(record)),
            record.input,
            record.output,
            key(record.session),
            key(record.content),
        )?;
    }
    Ok(())
}

struct Columns {
    at: Column,
    class: Option<Column>,
    input: Column,
    output: Column,
    session: Option<Column>,
    content: Option<Column>,
}

/// The clock counts from the table's zero; rows may stand in any order.
fn read(source: Source<'_>, options: &Options) -> Result<RequestLog, Refused> {
    let mut gather = Gather::new(source.name(), options);
    let mut table = Table::open(source)?;
    let columns = Columns {
        at: table.column("arrived_s")?,
        class: table.optional("class"),
        input: table.column("input")?,
        output: table.column("output")?,
        session: table.optional("session"),
        content: table.optional("content"),
    };
    while let Some(row) = table.next_row()? {
        let draft = row.and_then(|row| request(&row, &columns, &mut gather));
        gather.take(draft)?;
    }
    Ok(gather.finish(Clock::Relative)?.0)
}

fn request(row: &Row<'_>, columns: &Columns, gather: &mut Gather) -> Result<Draft, TraceError> {
    let at = signed(row.parse(columns.at, seconds)?.us());
    let key = |text| scaled(text, 0);
    let record = RequestRecord {
        arrived: SimTime::ZERO,
        class: row.maybe(columns.class, |t| gather.classes.short(labelled(t)?))?,
        input: row.parse(columns.input, tokens)?,
        output: row.parse(columns.output, tokens)?,
        session: row.maybe(columns.session, key)?,
        content: row.maybe(columns.content, key)?,
    };
    let line = row.line();
    Ok(Draft::Request(Stamp { at, line }, record))
}
