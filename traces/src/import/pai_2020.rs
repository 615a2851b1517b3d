//! `pai-2020`: Alibaba PAI of 2020, the task table `pai_task_table.csv`.

use sim_core::units::{SimTime, limits};

use super::gather::{Clock, Draft, Gather, Ledger};
use super::gpu_spot_2026::parts;
use super::{Evidence, Format, Options, Reads};
use crate::error::{Refused, Rule, TraceError};
use crate::reader::{Column, Row, Source, Table, count, labelled, scaled, seconds};
use crate::record::{ModelSet, Name, Record, Status, Workload};

pub(super) const FORMAT: Format = Format {
    name: "pai-2020",
    doc: "Alibaba PAI 2020: pai_task_table.csv, with or without its header line; a job per task",
    origin: "github.com/alibaba/clusterdata, cluster-trace-gpu-v2020; Weng et al., NSDI 2022",
    columns: "job_name, task_name, inst_num, status, start_time, end_time, plan_cpu, plan_mem, \
              plan_gpu, gpu_type",
    evidence: Evidence::Documentation,
    reads: Reads::Jobs(read),
};

/// The published table has its header in a file of its own.
const HEADER: [&str; 10] = [
    "job_name",
    "task_name",
    "inst_num",
    "status",
    "start_time",
    "end_time",
    "plan_cpu",
    "plan_mem",
    "plan_gpu",
    "gpu_type",
];

struct Columns {
    job: Column,
    task: Column,
    instances: Column,
    status: Column,
    start: Column,
    end: Column,
    cpu: Column,
    memory: Column,
    gpu: Column,
    model: Column,
}

/// Each row, a role of a job, becomes a gang of its own: the table does not say that roles start
/// together. Submission is the task's launch, because this table holds no other; missing requests
/// are read as none. Tasks that never started or never ended are left out and counted.
fn read(source: Source<'_>, options: &Options) -> Result<Workload, Refused> {
    let mut gather = Gather::new(source.name(), options);
    let mut table = Table::open_headless(source, &HEADER)?;
    let columns = Columns {
        job: table.column("job_name")?,
        task: table.column("task_name")?,
        instances: table.column("inst_num")?,
        status: table.column("status")?,
        start: table.column("start_time")?,
        end: table.column("end_time")?,
        cpu: table.column("plan_cpu")?,
        memory: table.column("plan_mem")?,
        gpu: table.column("plan_gpu")?,
        model: table.column("gpu_type")?,
    };
    while let Some(row) = table.next_row()? {
        let draft = row.and_then(|row| task(&row, &columns, &mut gather.ledger));
        gather.take(draft)?;
    }
    gather.notes.push(String::from(
        "submission is the launch of the task: the wait before it is not in this table; \
         the model is the one the task got",
    ));
    gather.finish(Clock::Relative)
}

fn task(row: &Row<'_>, columns: &Columns, ledger: &mut Ledger) -> Result<Draft, TraceError> {
    let Some(start) = row.maybe(Some(columns.start), seconds)? else {
        return Ok(Draft::Excluded("no start time"));
    };
    let Some(end) = row.maybe(Some(columns.end), seconds)? else {
        return Ok(Draft::Excluded("no end time"));
    };
    if end < start {
        let rule = Rule::new("a task ends after it starts", "correct it, or drop the row");
        return Err(row.fault(columns.end, rule));
    }
    let name = format!("{}/{}", row.text(columns.job), row.text(columns.task));
    let name = row.parse(columns.job, |_| labelled(&name).map(Box::from))?;
    // Percent of a GPU and of a core; GB of memory.
    let gpus = row.maybe(Some(columns.gpu), |t| scaled(t, 1).and_then(parts))?;
    let (gpus, gpu_milli) = gpus.unwrap_or((0, 0));
    let cpu = row.maybe(Some(columns.cpu), |t| narrow(scaled(t, 1)?))?;
    let memory = row.maybe(Some(columns.memory), |t| {
        narrow(scaled(t, 3)?.saturating_mul(1024) / 1000)
    })?;
    let models = row.maybe(Some(columns.model).filter(|_| gpus > 0), |t| {
        let position = ledger.models.position(labelled(t)?, ModelSet::MAX)?;
        Ok(ModelSet::ANY.with(position))
    })?;
    Ok(Draft::Job(
        i64::try_from(start.us()).expect("a hundred years fit"),
        Record {
            tasks: row.parse(columns.instances, |t| count(t, (1, limits::MAX_GANG)))?,
            gpus,
            gpu_milli,
            cpu_milli: cpu.unwrap_or(0),
            memory_mib: memory.unwrap_or(0),
            models: models.unwrap_or(ModelSet::ANY),
            class: Some(row.parse(columns.task, |t| ledger.classes.short(labelled(t)?))?),
            status: status(row.text(columns.status)),
            line: row.line(),
            ..Record::new(Name::Text(name), SimTime::ZERO, end - start)
        },
    ))
}

fn narrow(number: u64) -> Result<u32, Rule> {
    u32::try_from(number).map_err(|_| Rule::new("is beyond 4 billion", "check the unit"))
}

fn status(text: &str) -> Status {
    match text {
        "Terminated" => Status::Completed,
        "Failed" => Status::Failed,
        "Running" => Status::Running,
        "Waiting" => Status::Pending,
        _ => Status::Unknown,
    }
}
