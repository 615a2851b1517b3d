//! `gpu-spot-2026`: Alibaba's trace of high-priority and spot GPU jobs, `job_info_df.csv`.

use sim_core::units::{SimTime, limits};

use super::gather::{Clock, Draft, Gather, Ledger};
use super::{Evidence, Format, Options, Reads};
use crate::error::{Refused, Rule, TraceError};
use crate::reader::{Column, Row, Source, Table, count, labelled, milli, name, scaled, seconds};
use crate::record::{ModelSet, Record, Workload};

pub(super) const FORMAT: Format = Format {
    name: "gpu-spot-2026",
    doc: "Alibaba 2026, high-priority and spot GPU jobs: job_info_df.csv",
    origin: "github.com/alibaba/clusterdata, cluster-trace-v2026-spot-gpu; Duan, ASPLOS 2026",
    columns: "job_name, organization, gpu_model, cpu_request, gpu_request, worker_num, \
              submit_time, duration, job_type",
    evidence: Evidence::Documentation,
    reads: Reads::Jobs(read),
};

struct Columns {
    job: Column,
    organization: Column,
    model: Column,
    cpus: Column,
    gpus: Column,
    workers: Column,
    submit: Column,
    duration: Column,
    class: Column,
}

/// Requests are per worker, which the published examples imply (94 workers of 1 GPU). `HP` jobs get
/// priority 1, `Spot` jobs 0; both keep their type as class.
fn read(source: Source<'_>, options: &Options) -> Result<Workload, Refused> {
    let mut gather = Gather::new(source.name(), options);
    let mut table = Table::open(source)?;
    let columns = Columns {
        job: table.column("job_name")?,
        organization: table.column("organization")?,
        model: table.column("gpu_model")?,
        cpus: table.column("cpu_request")?,
        gpus: table.column("gpu_request")?,
        workers: table.column("worker_num")?,
        submit: table.column("submit_time")?,
        duration: table.column("duration")?,
        class: table.column("job_type")?,
    };
    while let Some(row) = table.next_row()? {
        let draft = row.and_then(|row| job(&row, &columns, &mut gather.ledger));
        gather.take(draft)?;
    }
    gather.finish(Clock::Relative)
}

fn job(row: &Row<'_>, columns: &Columns, ledger: &mut Ledger) -> Result<Draft, TraceError> {
    let submit = row.parse(columns.submit, seconds)?;
    let duration = row.parse(columns.duration, seconds)?;
    let (gpus, gpu_milli) = row.parse(columns.gpus, share)?;
    let class = row.parse(columns.class, |t| match t {
        "HP" | "Spot" => ledger
            .classes
            .short(t)
            .map(|class| (class, i16::from(t == "HP"))),
        _ => Err(Rule::new(
            "must be HP or Spot",
            "correct it, or drop the row",
        )),
    })?;
    let models = row.maybe(Some(columns.model), |t| {
        let position = ledger.models.position(labelled(t)?, ModelSet::MAX)?;
        Ok(ModelSet::ANY.with(position))
    })?;
    Ok(Draft::Job(
        i64::try_from(submit.us()).expect("a hundred years fit"),
        Record {
            tasks: row.parse(columns.workers, |t| count(t, (1, limits::MAX_GANG)))?,
            gpus,
            gpu_milli,
            cpu_milli: row.parse(columns.cpus, milli)?,
            models: models.unwrap_or(ModelSet::ANY),
            queue: Some(row.parse(columns.organization, |t| ledger.queues.short(labelled(t)?))?),
            class: Some(class.0),
            priority: class.1,
            line: row.line(),
            ..Record::new(row.parse(columns.job, name)?, SimTime::ZERO, duration)
        },
    ))
}

/// Whole GPUs, or a share of one: (GPUs, thousandths of each).
pub(super) fn share(text: &str) -> Result<(u16, u16), Rule> {
    parts(scaled(text, 3)?)
}

/// Thousandths of a GPU as (GPUs, thousandths of each).
pub(super) fn parts(milli: u64) -> Result<(u16, u16), Rule> {
    let whole = milli / 1000;
    if milli == 0 {
        Ok((0, 0))
    } else if milli < 1000 {
        Ok((1, u16::try_from(milli).expect("below 1000")))
    } else if !milli.is_multiple_of(1000) {
        let rule = "is a share of one GPU, or whole GPUs, not both";
        Err(Rule::new(rule, "round it, or drop the row"))
    } else if whole > limits::MAX_GPUS_PER_NODE.into() {
        let rule = format!("a task has at most {} GPUs", limits::MAX_GPUS_PER_NODE);
        Err(Rule::new(rule, "split it into more tasks"))
    } else {
        Ok((u16::try_from(whole).expect("bounded by a node"), 1000))
    }
}
