//! `burstgpt`: months of requests to two chat models from one campus.

use sim_core::units::SimTime;

use super::gather::{Clock, Draft, Gather, Stamp, signed, tokens};
use super::{Format, Reads, RequestLog, RequestRecord};
use crate::error::{Refused, TraceError};
use crate::import::{Evidence, Options};
use crate::reader::{Column, Row, Source, Table, labelled, seconds};

pub(super) const FORMAT: Format = Format {
    name: "burstgpt",
    doc: "BurstGPT, requests to ChatGPT and GPT-4 from one campus: BurstGPT_*.csv",
    origin: "github.com/HPMLL/BurstGPT; Wang et al., arXiv 2401.17644",
    columns: "Timestamp, [Session ID], [Elapsed time], Model, Request tokens, Response tokens, \
              [Total tokens], [Log Type]",
    evidence: Evidence::Documentation,
    reads: Reads::Requests(read),
};

struct Columns {
    at: Column,
    session: Option<Column>,
    model: Column,
    input: Column,
    output: Column,
    log: Option<Column>,
}

/// The class is the model and, where it is told, the kind of log ("GPT-4 API log"). Rows without
/// response tokens failed, says the publisher: they are left out and counted. Total tokens and
/// elapsed time are not read.
fn read(source: Source<'_>, options: &Options) -> Result<RequestLog, Refused> {
    let mut gather = Gather::new(source.name(), options);
    let mut table = Table::open(source)?;
    let columns = Columns {
        at: table.column("Timestamp")?,
        session: table.optional("Session ID"),
        model: table.column("Model")?,
        input: table.column("Request tokens")?,
        output: table.column("Response tokens")?,
        log: table.optional("Log Type"),
    };
    while let Some(row) = table.next_row()? {
        let draft = row.and_then(|row| request(&row, &columns, &mut gather));
        gather.take(draft)?;
    }
    Ok(gather.finish(Clock::Relative)?.0)
}

fn request(row: &Row<'_>, columns: &Columns, gather: &mut Gather) -> Result<Draft, TraceError> {
    let at = signed(row.parse(columns.at, seconds)?.us());
    let input = row.parse(columns.input, tokens)?;
    let output = row.parse(columns.output, tokens)?;
    let log = row.maybe(columns.log, labelled)?;
    let class = row.parse(columns.model, |model| {
        let model = labelled(model)?;
        match log {
            Some(log) => gather.classes.short(&format!("{model} {log}")),
            None => gather.classes.short(model),
        }
    })?;
    let session = row.maybe(columns.session, |t| gather.sessions.long(labelled(t)?))?;
    if output == 0 {
        return Ok(Draft::Excluded("failed, by having no response tokens"));
    }
    let record = RequestRecord {
        class: Some(class),
        session: session.map(u64::from),
        ..RequestRecord::new(SimTime::ZERO, input, output)
    };
    let line = row.line();
    Ok(Draft::Request(Stamp { at, line }, record))
}
