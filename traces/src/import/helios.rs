//! `helios`: `SenseTime`'s Helios clusters of 2020, `cluster_log.csv`.

use sim_core::units::SimTime;

use super::gather::{Clock, Draft, Gather, Ledger};
use super::{Evidence, Format, Options, Reads, slurm};
use crate::error::{Refused, TraceError};
use crate::reader::{Column, Row, Source, Table, count, labelled, naive, name, seconds};
use crate::record::{Record, Workload};

pub(super) const FORMAT: Format = Format {
    name: "helios",
    doc: "SenseTime Helios 2020 (Earth, Saturn, Uranus, Venus): cluster_log.csv",
    origin: "github.com/S-Lab-System-Group/HeliosData; Hu et al., SC 2021",
    columns: "job_id, user, vc, gpu_num, cpu_num, node_num, state, submit_time, [start_time, \
              end_time], duration, [queue]",
    evidence: Evidence::Documentation,
    reads: Reads::Jobs(read),
};

struct Columns {
    job: Column,
    user: Column,
    cluster: Column,
    gpus: Column,
    cpus: Column,
    nodes: Column,
    state: Column,
    submit: Column,
    duration: Column,
}

/// `queue` is the wait of the original run and plays no part; jobs without GPUs are kept.
fn read(source: Source<'_>, options: &Options) -> Result<Workload, Refused> {
    let mut gather = Gather::new(source.name(), options);
    let mut table = Table::open(source)?;
    let columns = Columns {
        job: table.column("job_id")?,
        user: table.column("user")?,
        cluster: table.column("vc")?,
        gpus: table.column("gpu_num")?,
        cpus: table.column("cpu_num")?,
        nodes: table.column("node_num")?,
        state: table.column("state")?,
        submit: table.column("submit_time")?,
        duration: table.column("duration")?,
    };
    while let Some(row) = table.next_row()? {
        let draft = row.and_then(|row| job(&row, &columns, &mut gather.ledger));
        gather.take(draft)?;
    }
    gather
        .notes
        .push(String::from("times are local without an offset"));
    gather.finish(Clock::Naive)
}

fn job(row: &Row<'_>, columns: &Columns, ledger: &mut Ledger) -> Result<Draft, TraceError> {
    let at = row.parse(columns.submit, naive)?;
    let duration = row.parse(columns.duration, seconds)?;
    let gpus = row.parse(columns.gpus, |t| count(t, (0, u32::MAX)))?;
    let nodes = row.parse(columns.nodes, |t| count(t, (0, u32::MAX)))?;
    let cpus = row.parse(columns.cpus, |t| count(t, (0, u32::MAX)))?;
    let (tasks, each) = slurm::gang(gpus, nodes).map_err(|rule| row.fault(columns.gpus, rule))?;
    Ok(Draft::Job(
        at,
        Record {
            tasks,
            gpus: each,
            gpu_milli: if each == 0 { 0 } else { 1000 },
            cpu_milli: slurm::cpu_milli(cpus, tasks),
            user: Some(row.parse(columns.user, |t| ledger.users.long(labelled(t)?))?),
            queue: Some(row.parse(columns.cluster, |t| ledger.queues.short(labelled(t)?))?),
            status: slurm::status(row.text(columns.state)),
            line: row.line(),
            ..Record::new(row.parse(columns.job, name)?, SimTime::ZERO, duration)
        },
    ))
}
