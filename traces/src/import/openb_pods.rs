//! `openb-pods`: the pods of Alibaba's GPU cluster of 2023, whole GPUs and shares of one.

use sim_core::units::{SimTime, Span, limits};

use super::csv::models;
use super::gather::{Clock, Draft, Gather, Ledger};
use super::{Evidence, Format, Options, Reads};
use crate::error::{Refused, Rule, TraceError};
use crate::reader::{Column, Row, Source, Table, count, labelled, name, seconds};
use crate::record::{ModelSet, Record, Status, Workload};

pub(super) const FORMAT: Format = Format {
    name: "openb-pods",
    doc: "Alibaba GPU cluster 2023: pods with CPU, memory, GPU shares and allowed models",
    origin: "github.com/alibaba/clusterdata, cluster-trace-gpu-v2023; Weng et al., USENIX ATC 2023",
    columns: "name, cpu_milli, memory_mib, num_gpu, gpu_milli, [gpu_spec, qos, pod_phase, \
              creation_time, deletion_time, scheduled_time]",
    evidence: Evidence::RealRows,
    reads: Reads::Jobs(read),
};

struct Columns {
    name: Column,
    cpu: Column,
    memory: Column,
    gpus: Column,
    milli: Column,
    spec: Option<Column>,
    qos: Option<Column>,
    phase: Option<Column>,
    times: Option<Times>,
}

#[derive(Clone, Copy)]
struct Times {
    created: Column,
    deleted: Column,
    scheduled: Column,
}

/// A pod runs from when it was scheduled, or else created, until it was deleted. The lists of
/// multi-GPU pods hold no times: there all pods come at time zero, in the file's order, and stay.
fn read(source: Source<'_>, options: &Options) -> Result<Workload, Refused> {
    let mut gather = Gather::new(source.name(), options);
    let mut table = Table::open(source)?;
    let created = table.optional("creation_time");
    let columns = Columns {
        name: table.column("name")?,
        cpu: table.column("cpu_milli")?,
        memory: table.column("memory_mib")?,
        gpus: table.column("num_gpu")?,
        milli: table.column("gpu_milli")?,
        spec: table.optional("gpu_spec"),
        qos: table.optional("qos"),
        phase: table.optional("pod_phase"),
        times: match created {
            Some(created) => Some(Times {
                created,
                deleted: table.column("deletion_time")?,
                scheduled: table.column("scheduled_time")?,
            }),
            None => None,
        },
    };
    gather.notes.push(String::from(match columns.times {
        Some(_) => "a pod runs from scheduling, or else creation, to deletion",
        None => "the list holds no times: every pod comes at time zero and stays for 100 years",
    }));
    while let Some(row) = table.next_row()? {
        let draft = row.and_then(|row| pod(&row, &columns, &mut gather.ledger));
        gather.take(draft)?;
    }
    gather.finish(Clock::Relative)
}

fn pod(row: &Row<'_>, columns: &Columns, ledger: &mut Ledger) -> Result<Draft, TraceError> {
    let gpus = row.parse(columns.gpus, |t| count(t, (0, limits::MAX_GPUS_PER_NODE)))?;
    let milli = row.parse(columns.milli, |t| count(t, (0, 1000)))?;
    let fits = match gpus {
        0 => milli == 0,
        1 => milli > 0,
        2.. => milli == 1000,
    };
    if !fits {
        let rule = "a pod has 0 GPUs of 0, one of 1 to 1000, or several of 1000 thousandths";
        return Err(row.fault(
            columns.milli,
            Rule::new(rule, "correct num_gpu or gpu_milli"),
        ));
    }
    let (at, duration) = match columns.times {
        Some(times) => life(row, times)?,
        None => (0, Span::MAX),
    };
    let allowed = row.maybe(columns.spec, |t| models(t, ledger))?;
    Ok(Draft::Job(
        at,
        Record {
            gpus: u16::try_from(gpus).expect("bounded by a node"),
            gpu_milli: u16::try_from(milli).expect("at most 1000"),
            cpu_milli: row.parse(columns.cpu, |t| count(t, (0, u32::MAX)))?,
            memory_mib: row.parse(columns.memory, |t| count(t, (0, u32::MAX)))?,
            models: allowed.unwrap_or(ModelSet::ANY),
            class: row.maybe(columns.qos, |t| ledger.classes.short(labelled(t)?))?,
            status: columns
                .phase
                .map_or(Status::Unknown, |c| phase(row.text(c))),
            line: row.line(),
            ..Record::new(row.parse(columns.name, name)?, SimTime::ZERO, duration)
        },
    ))
}

fn life(row: &Row<'_>, times: Times) -> Result<(i64, Span), TraceError> {
    let created = row.parse(times.created, seconds)?;
    let deleted = row.parse(times.deleted, seconds)?;
    let scheduled = row.maybe(Some(times.scheduled), seconds)?;
    let started = scheduled.unwrap_or(created);
    if deleted < started || started < created {
        let rule = "creation, scheduling and deletion follow one another";
        return Err(row.fault(times.deleted, Rule::new(rule, "correct the times")));
    }
    let at = i64::try_from(created.us()).expect("a hundred years fit");
    Ok((at, deleted - started))
}

fn phase(text: &str) -> Status {
    match text {
        "Succeeded" => Status::Completed,
        "Failed" => Status::Failed,
        "Running" => Status::Running,
        "Pending" => Status::Pending,
        _ => Status::Unknown,
    }
}
