//! `azure-llm-2023`: an hour of requests to two language model services of Azure.

use super::gather::{Clock, Draft, Gather, Stamp, tokens};
use super::{Format, Reads, RequestLog, RequestRecord};
use crate::error::{Refused, TraceError};
use crate::import::{Evidence, Options};
use crate::reader::{Column, Row, Source, Table, naive};

pub(super) const FORMAT: Format = Format {
    name: "azure-llm-2023",
    doc: "Azure 2023, requests to a coding and a conversation service: AzureLLMInferenceTrace",
    origin: "github.com/Azure/AzurePublicDataset; Patel et al., ISCA 2024",
    columns: "TIMESTAMP, ContextTokens, GeneratedTokens",
    evidence: Evidence::RealRows,
    reads: Reads::Requests(read),
};

struct Columns {
    at: Column,
    input: Column,
    output: Column,
}

/// Times have seven decimals, of which six are kept. The file says neither class nor session.
fn read(source: Source<'_>, options: &Options) -> Result<RequestLog, Refused> {
    let mut gather = Gather::new(source.name(), options);
    let mut table = Table::open(source)?;
    let columns = Columns {
        at: table.column("TIMESTAMP")?,
        input: table.column("ContextTokens")?,
        output: table.column("GeneratedTokens")?,
    };
    while let Some(row) = table.next_row()? {
        gather.take(row.and_then(|row| request(&row, &columns)))?;
    }
    Ok(gather.finish(Clock::Naive)?.0)
}

fn request(row: &Row<'_>, columns: &Columns) -> Result<Draft, TraceError> {
    let at = row.parse(columns.at, naive)?;
    let input = row.parse(columns.input, tokens)?;
    let output = row.parse(columns.output, tokens)?;
    let line = row.line();
    let record = RequestRecord::new(sim_core::units::SimTime::ZERO, input, output);
    Ok(Draft::Request(Stamp { at, line }, record))
}
