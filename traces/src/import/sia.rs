//! `sia`: workloads of Sia's artifact: an application, and what its submitter asked for; how long a
//! job runs is not told.

use sim_core::units::{SimTime, Span};

use super::gather::{Clock, Draft, Gather, Ledger};
use super::{Evidence, Format, Options, Reads};
use crate::error::{Refused, TraceError};
use crate::reader::{Column, Row, Source, Table, count, labelled, name, scaled};
use crate::record::{Record, Workload};

pub(super) const FORMAT: Format = Format {
    name: "sia",
    doc: "workloads of Sia's artifact: application, GPUs and batch that were asked for",
    origin: "github.com/siasosp23/artifacts, workloads; Jayaram Subramanya et al., SOSP 2023",
    columns: "name, time, application, num_replicas, batch_size",
    evidence: Evidence::RealRows,
    reads: Reads::Jobs(read),
};

struct Columns {
    name: Column,
    time: Column,
    application: Column,
    gpus: Column,
    batch: Column,
}

/// One task a GPU. The class is the application and the batch, as in `cifar10 (batch size 128)`. A
/// duration of 1 s stands for the one that the profile of the application gives.
fn read(source: Source<'_>, options: &Options) -> Result<Workload, Refused> {
    let mut gather = Gather::new(source.name(), options);
    let mut table = Table::open(source)?;
    let columns = Columns {
        name: table.column("name")?,
        time: table.column("time")?,
        application: table.column("application")?,
        gpus: table.column("num_replicas")?,
        batch: table.column("batch_size")?,
    };
    while let Some(row) = table.next_row()? {
        let draft = row.and_then(|row| job(&row, &columns, &mut gather.ledger));
        gather.take(draft)?;
    }
    gather.notes.push(String::from(
        "durations are not told: the workload needs a goodput course",
    ));
    gather.finish(Clock::Relative)
}

fn job(row: &Row<'_>, columns: &Columns, ledger: &mut Ledger) -> Result<Draft, TraceError> {
    let at = row.parse(columns.time, |text| scaled(text, 6))?;
    let batch = row.parse(columns.batch, |text| count(text, (1, 1 << 20)))?;
    let application = row.parse(columns.application, labelled)?;
    let class = format!("{application} (batch size {batch})");
    let class = row.parse(columns.application, |_| ledger.classes.short(&class))?;
    Ok(Draft::Job(
        i64::try_from(at).unwrap_or(i64::MAX),
        Record {
            tasks: row.parse(columns.gpus, |text| count(text, (1, 4096)))?,
            gpus: 1,
            gpu_milli: 1000,
            class: Some(class),
            line: row.line(),
            ..Record::new(
                row.parse(columns.name, name)?,
                SimTime::ZERO,
                Span::from_secs(1),
            )
        },
    ))
}
