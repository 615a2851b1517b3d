//! `philly-csv`: Microsoft's Philly trace as reduced in the Sia artifact (siasosp23).

use sim_core::units::{SimTime, limits};

use super::gather::{Clock, Draft, Gather, Ledger};
use super::{Evidence, Format, Options, Reads};
use crate::error::{Refused, Rule, TraceError};
use crate::reader::{Column, Row, Source, Table, count, labelled, naive, seconds};
use crate::record::{Name, Record, Workload};

pub(super) const FORMAT: Format = Format {
    name: "philly-csv",
    doc: "Microsoft Philly 2017, reduced in the Sia artifact to submission, duration, GPUs, VC",
    origin: "github.com/siasosp23/artifacts, traces/philly.csv; after Jeon et al., USENIX ATC 2019",
    columns: "timestamp, duration, num_gpus, [gpu_time], cluster",
    evidence: Evidence::RealRows,
    reads: Reads::Jobs(read),
};

struct Columns {
    timestamp: Column,
    duration: Column,
    gpus: Column,
    gpu_time: Option<Column>,
    cluster: Column,
}

/// Rows come unsorted and without a job id: a job is named by its row, counted from 0, and exact
/// duplicates are kept, because nothing says that they are one job. `num_gpus` workers of one GPU
/// each: the trace does not hold their placement.
fn read(source: Source<'_>, options: &Options) -> Result<Workload, Refused> {
    let mut gather = Gather::new(source.name(), options);
    let mut table = Table::open(source)?;
    let columns = Columns {
        timestamp: table.column("timestamp")?,
        duration: table.column("duration")?,
        gpus: table.column("num_gpus")?,
        gpu_time: table.optional("gpu_time"),
        cluster: table.column("cluster")?,
    };
    let mut position = 0;
    while let Some(row) = table.next_row()? {
        let draft = row.and_then(|row| job(&row, &columns, position, &mut gather.ledger));
        gather.take(draft)?;
        position += 1;
    }
    gather.notes.push(String::from(
        "times are local without an offset; jobs are named by their row; one GPU model is assumed",
    ));
    gather.finish(Clock::Naive)
}

fn job(
    row: &Row<'_>,
    columns: &Columns,
    position: u64,
    ledger: &mut Ledger,
) -> Result<Draft, TraceError> {
    let at = row.parse(columns.timestamp, naive)?;
    let duration = row.parse(columns.duration, seconds)?;
    let tasks = row.parse(columns.gpus, |t| count(t, (1, limits::MAX_GANG)))?;
    let queue = row.parse(columns.cluster, |t| ledger.queues.short(labelled(t)?))?;
    if let Some(column) = columns.gpu_time {
        let stated = row.parse(column, seconds)?;
        if stated != duration.saturating_mul(tasks.into()) {
            let rule = Rule::new(
                "gpu_time is duration x num_gpus",
                "correct one of the three",
            );
            return Err(row.fault(column, rule));
        }
    }
    Ok(Draft::Job(
        at,
        Record {
            tasks,
            queue: Some(queue),
            line: row.line(),
            ..Record::new(Name::Number(position), SimTime::ZERO, duration)
        },
    ))
}
