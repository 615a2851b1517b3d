//! `acme`: Shanghai AI Lab's LLM clusters of 2023, `trace_seren.csv` and `trace_kalos.csv`.

use sim_core::units::SimTime;

use super::gather::{Clock, Draft, Gather, Ledger};
use super::{Evidence, Format, Options, Reads, slurm};
use crate::error::{Refused, TraceError};
use crate::reader::{
    Column, Row, Source, Table, count, labelled, name, scaled, seconds, with_offset,
};
use crate::record::{Record, Workload};

pub(super) const FORMAT: Format = Format {
    name: "acme",
    doc: "Shanghai AI Lab Acme 2023, LLM development: trace_seren.csv, trace_kalos.csv",
    origin: "github.com/InternLM/AcmeTrace; Hu et al., NSDI 2024",
    columns: "job_id, user, node_num, gpu_num, cpu_num, [mem_per_pod_GB], type, state, \
              submit_time, start_time, [end_time], duration, [queue, gpu_time]",
    evidence: Evidence::Documentation,
    reads: Reads::Jobs(read),
};

struct Columns {
    job: Column,
    user: Column,
    nodes: Column,
    gpus: Column,
    cpus: Column,
    memory: Option<Column>,
    class: Column,
    state: Column,
    submit: Column,
    start: Column,
    duration: Column,
}

/// A job that never started is left out and counted. `duration` is taken as published: the examples
/// of Kalos in the documentation count the wait in it.
fn read(source: Source<'_>, options: &Options) -> Result<Workload, Refused> {
    let mut gather = Gather::new(source.name(), options);
    let mut table = Table::open(source)?;
    let columns = Columns {
        job: table.column("job_id")?,
        user: table.column("user")?,
        nodes: table.column("node_num")?,
        gpus: table.column("gpu_num")?,
        cpus: table.column("cpu_num")?,
        memory: table.optional("mem_per_pod_GB"),
        class: table.column("type")?,
        state: table.column("state")?,
        submit: table.column("submit_time")?,
        start: table.column("start_time")?,
        duration: table.column("duration")?,
    };
    while let Some(row) = table.next_row()? {
        let draft = row.and_then(|row| job(&row, &columns, &mut gather.ledger));
        gather.take(draft)?;
    }
    gather.finish(Clock::Utc)
}

fn job(row: &Row<'_>, columns: &Columns, ledger: &mut Ledger) -> Result<Draft, TraceError> {
    if row.is_missing(columns.start) {
        return Ok(Draft::Excluded("never started"));
    }
    let at = row.parse(columns.submit, with_offset)?;
    let duration = row.parse(columns.duration, seconds)?;
    let gpus = row.parse(columns.gpus, |t| count(t, (0, u32::MAX)))?;
    let nodes = row.parse(columns.nodes, |t| count(t, (0, u32::MAX)))?;
    let cpus = row.parse(columns.cpus, |t| count(t, (0, u32::MAX)))?;
    let (tasks, each) = slurm::gang(gpus, nodes).map_err(|rule| row.fault(columns.gpus, rule))?;
    let gigabytes = row.maybe(columns.memory, |t| scaled(t, 0))?;
    // A pod is a task here; a published GB is read as a GiB.
    let memory = gigabytes.map_or(0, |gb| gb.saturating_mul(1024));
    Ok(Draft::Job(
        at,
        Record {
            tasks,
            gpus: each,
            gpu_milli: if each == 0 { 0 } else { 1000 },
            cpu_milli: slurm::cpu_milli(cpus, tasks),
            memory_mib: u32::try_from(memory).unwrap_or(u32::MAX),
            user: Some(row.parse(columns.user, |t| ledger.users.long(labelled(t)?))?),
            class: row.maybe(Some(columns.class), |t| ledger.classes.short(labelled(t)?))?,
            status: slurm::status(row.text(columns.state)),
            line: row.line(),
            ..Record::new(row.parse(columns.job, name)?, SimTime::ZERO, duration)
        },
    ))
}
