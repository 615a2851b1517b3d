//! `csv`: any table of jobs, by a map of its columns and their units given as data.

use sim_core::units::{SimTime, Span, limits};

use super::gather::{Clock, Draft, Gather, Ledger};
use super::{Evidence, Format, Options, Reads};
use crate::error::{Refused, Rule, TraceError};
use crate::reader::{
    Column, Row, Source, Table, count, labelled, naive, name, scaled, span_of, with_offset,
};
use crate::record::{ModelSet, Name, Positive, Record, Workload};

pub(super) const FORMAT: Format = Format {
    name: "csv",
    doc: "any table of jobs with a header line; the scenario says which column is what",
    origin: "your own",
    columns: "submit, duration, [name, tasks, gpus, gpu-milli, cpu, memory, estimate, deadline, \
              user, queue, class, models, priority], under the names that the column map gives",
    evidence: Evidence::RealRows,
    reads: Reads::Jobs(read),
};

/// Which column is what, in which unit. A column that is named must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMap {
    /// When a job was submitted.
    pub submit: TimeColumn,
    /// How long it runs.
    pub duration: TimeColumn,
    /// The job's name; its row, counted from 0, where there is none.
    pub name: Option<String>,
    /// Tasks of the gang; 1 where there is none.
    pub tasks: Option<String>,
    /// Whole GPUs per task; 1 where there is none.
    pub gpus: Option<String>,
    /// Thousandths of each GPU; 1000 where there is none.
    pub gpu_milli: Option<String>,
    /// CPU per task.
    pub cpu: Option<Amount<CpuUnit>>,
    /// Memory per task.
    pub memory: Option<Amount<MemoryUnit>>,
    /// Estimated duration.
    pub estimate: Option<TimeColumn>,
    /// Deadline, from submission.
    pub deadline: Option<TimeColumn>,
    /// User.
    pub user: Option<String>,
    /// Queue.
    pub queue: Option<String>,
    /// Kind of job.
    pub class: Option<String>,
    /// Allowed GPU models, separated by `|`; empty = any.
    pub models: Option<String>,
    /// Priority: a whole number, higher is more urgent.
    pub priority: Option<String>,
}

/// A column that holds times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeColumn {
    /// Its name.
    pub column: String,
    /// Its unit.
    pub unit: TimeUnit,
}

/// The unit of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// 10^-6 s.
    Microseconds,
    /// 10^-3 s.
    Milliseconds,
    /// s.
    Seconds,
    /// 60 s.
    Minutes,
    /// 3600 s.
    Hours,
    /// A date and time without an offset; for submissions only, the first becomes time zero.
    Local,
    /// A date and time with an offset; for submissions only, the first becomes time zero.
    Offset,
}

/// A column that holds an amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount<U> {
    /// Its name.
    pub column: String,
    /// Its unit.
    pub unit: U,
}

/// The unit of CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CpuUnit {
    /// Thousandths of a core.
    Milli,
    /// Cores.
    Cores,
}

/// The unit of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryUnit {
    /// 2^20 bytes.
    Mib,
    /// 2^30 bytes.
    Gib,
}

impl ColumnMap {
    /// The columns that [`crate::write_csv`] writes.
    pub fn native() -> Self {
        let time = |column: &str| TimeColumn {
            column: column.to_owned(),
            unit: TimeUnit::Microseconds,
        };
        let named = |column: &str| Some(column.to_owned());
        Self {
            submit: time("submit_us"),
            duration: time("duration_us"),
            name: named("job"),
            tasks: named("tasks"),
            gpus: named("gpus"),
            gpu_milli: named("gpu_milli"),
            cpu: Some(Amount {
                column: "cpu_milli".to_owned(),
                unit: CpuUnit::Milli,
            }),
            memory: Some(Amount {
                column: "memory_mib".to_owned(),
                unit: MemoryUnit::Mib,
            }),
            estimate: Some(time("estimate_us")),
            deadline: Some(time("deadline_us")),
            user: named("user"),
            queue: named("queue"),
            class: named("class"),
            models: named("models"),
            priority: named("priority"),
        }
    }
}

impl Default for ColumnMap {
    /// `submit` and `duration` in seconds, and nothing else.
    fn default() -> Self {
        let seconds = |column: &str| TimeColumn {
            column: column.to_owned(),
            unit: TimeUnit::Seconds,
        };
        Self {
            submit: seconds("submit"),
            duration: seconds("duration"),
            name: None,
            tasks: None,
            gpus: None,
            gpu_milli: None,
            cpu: None,
            memory: None,
            estimate: None,
            deadline: None,
            user: None,
            queue: None,
            class: None,
            models: None,
            priority: None,
        }
    }
}

/// A time column found in the header.
type Timed = (Column, TimeUnit);

struct Columns {
    submit: Timed,
    duration: Timed,
    name: Option<Column>,
    tasks: Option<Column>,
    gpus: Option<Column>,
    gpu_milli: Option<Column>,
    cpu: Option<(Column, CpuUnit)>,
    memory: Option<(Column, MemoryUnit)>,
    estimate: Option<Timed>,
    deadline: Option<Timed>,
    user: Option<Column>,
    queue: Option<Column>,
    class: Option<Column>,
    models: Option<Column>,
    priority: Option<Column>,
}

fn read(source: Source<'_>, options: &Options) -> Result<Workload, Refused> {
    let mut gather = Gather::new(source.name(), options);
    let mut table = Table::open(source)?;
    let columns = find(&table, &options.columns)?;
    let mut position = 0;
    while let Some(row) = table.next_row()? {
        let draft = row.and_then(|row| job(&row, &columns, position, &mut gather.ledger));
        gather.take(draft)?;
        position += 1;
    }
    gather.finish(match columns.submit.1 {
        TimeUnit::Local => Clock::Naive,
        TimeUnit::Offset => Clock::Utc,
        TimeUnit::Microseconds
        | TimeUnit::Milliseconds
        | TimeUnit::Seconds
        | TimeUnit::Minutes
        | TimeUnit::Hours => Clock::Relative,
    })
}

fn find(table: &Table<'_>, map: &ColumnMap) -> Result<Columns, TraceError> {
    let plain = |name: &Option<String>| name.as_deref().map(|n| table.column(n)).transpose();
    let timed = |time: &TimeColumn| Ok((table.column(&time.column)?, time.unit));
    let cpu = |a: &Amount<CpuUnit>| Ok((table.column(&a.column)?, a.unit));
    let memory = |a: &Amount<MemoryUnit>| Ok((table.column(&a.column)?, a.unit));
    Ok(Columns {
        submit: timed(&map.submit)?,
        duration: timed(&map.duration)?,
        name: plain(&map.name)?,
        tasks: plain(&map.tasks)?,
        gpus: plain(&map.gpus)?,
        gpu_milli: plain(&map.gpu_milli)?,
        cpu: map.cpu.as_ref().map(cpu).transpose()?,
        memory: map.memory.as_ref().map(memory).transpose()?,
        estimate: map.estimate.as_ref().map(timed).transpose()?,
        deadline: map.deadline.as_ref().map(timed).transpose()?,
        user: plain(&map.user)?,
        queue: plain(&map.queue)?,
        class: plain(&map.class)?,
        models: plain(&map.models)?,
        priority: plain(&map.priority)?,
    })
}

fn job(
    row: &Row<'_>,
    columns: &Columns,
    position: u64,
    ledger: &mut Ledger,
) -> Result<Draft, TraceError> {
    let at = match columns.submit {
        (column, TimeUnit::Local) => row.parse(column, naive)?,
        (column, TimeUnit::Offset) => row.parse(column, with_offset)?,
        (column, unit) => {
            let submit = row.parse(column, |t| span(t, unit))?;
            i64::try_from(submit.us()).expect("a hundred years fit")
        }
    };
    let duration = row.parse(columns.duration.0, |t| span(t, columns.duration.1))?;
    let positive = |timed: Option<Timed>| -> Result<Option<Positive>, TraceError> {
        let Some((column, unit)) = timed else {
            return Ok(None);
        };
        let span = row.maybe(Some(column), |t| span(t, unit))?;
        Ok(span.and_then(Positive::new))
    };
    let gpus = row.maybe(columns.gpus, |t| count(t, (0, limits::MAX_GPUS_PER_NODE)))?;
    let gpus = gpus.map_or(1, |g| u16::try_from(g).expect("bounded by a node"));
    let milli = row.maybe(columns.gpu_milli, |t| count(t, (1, 1000)))?;
    let milli = milli.map_or(1000, |m| u16::try_from(m).expect("at most 1000"));
    let tasks = row.maybe(columns.tasks, |t| count(t, (1, limits::MAX_GANG)))?;
    let cpu = |(column, unit)| row.maybe(Some(column), |t| cpu_milli(t, unit));
    let memory = |(column, unit)| row.maybe(Some(column), |t| memory_mib(t, unit));
    Ok(Draft::Job(
        at,
        Record {
            tasks: tasks.unwrap_or(1),
            gpus,
            gpu_milli: if gpus == 0 { 0 } else { milli },
            cpu_milli: columns.cpu.map(cpu).transpose()?.flatten().unwrap_or(0),
            memory_mib: columns
                .memory
                .map(memory)
                .transpose()?
                .flatten()
                .unwrap_or(0),
            estimate: positive(columns.estimate)?,
            deadline: positive(columns.deadline)?,
            user: row.maybe(columns.user, |t| ledger.users.long(labelled(t)?))?,
            queue: row.maybe(columns.queue, |t| ledger.queues.short(labelled(t)?))?,
            class: row.maybe(columns.class, |t| ledger.classes.short(labelled(t)?))?,
            models: row
                .maybe(columns.models, |t| models(t, ledger))?
                .unwrap_or(ModelSet::ANY),
            priority: row.maybe(columns.priority, priority)?.unwrap_or(0),
            line: row.line(),
            ..Record::new(
                row.maybe(columns.name, name)?
                    .unwrap_or(Name::Number(position)),
                SimTime::ZERO,
                duration,
            )
        },
    ))
}

fn span(text: &str, unit: TimeUnit) -> Result<Span, Rule> {
    let times = |factor: u64| -> Result<Span, Rule> {
        let us = scaled(text, 6)?.checked_mul(factor).and_then(Span::from_us);
        us.ok_or_else(|| Rule::new("is beyond 100 years", "check the unit"))
    };
    match unit {
        TimeUnit::Microseconds => span_of(text, 0),
        TimeUnit::Milliseconds => span_of(text, 3),
        TimeUnit::Seconds => span_of(text, 6),
        TimeUnit::Minutes => times(60),
        TimeUnit::Hours => times(3600),
        TimeUnit::Local | TimeUnit::Offset => Err(Rule::new(
            "a date and time says when, not how long",
            "give this column a unit of time",
        )),
    }
}

fn cpu_milli(text: &str, unit: CpuUnit) -> Result<u32, Rule> {
    let milli = match unit {
        CpuUnit::Milli => scaled(text, 0)?,
        CpuUnit::Cores => scaled(text, 3)?,
    };
    u32::try_from(milli).map_err(|_| Rule::new("is beyond 4 million cores", "check the unit"))
}

fn memory_mib(text: &str, unit: MemoryUnit) -> Result<u32, Rule> {
    let mib = match unit {
        MemoryUnit::Mib => scaled(text, 0)?,
        MemoryUnit::Gib => scaled(text, 3)?.saturating_mul(1024) / 1000,
    };
    u32::try_from(mib).map_err(|_| Rule::new("is beyond 4 PiB", "check the unit"))
}

/// A list of models separated by `|`.
pub(super) fn models(text: &str, ledger: &mut Ledger) -> Result<ModelSet, Rule> {
    text.split('|').try_fold(ModelSet::ANY, |set, model| {
        let position = ledger.models.position(labelled(model)?, ModelSet::MAX)?;
        Ok(set.with(position))
    })
}

fn priority(text: &str) -> Result<i16, Rule> {
    text.parse()
        .map_err(|_| Rule::new("must be a whole number from -32768 to 32767", "correct it"))
}
