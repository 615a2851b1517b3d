//! `lifetimes-csv`: how long machines lived, with those that nobody saw the end of.

use sim_core::units::SimTime;

use super::gather::Faults;
use super::lifetimes::{Lifetime, Lifetimes};
use super::{Evidence, Format, MAX_RECORDS, Options, Origin, Reads};
use crate::error::{Refused, Rule, TraceError};
use crate::reader::{Column, Row, Source, Table, labelled, scaled, seconds, with_offset};

pub(super) const FORMAT: Format = Format {
    name: "lifetimes-csv",
    doc: "lifetimes of machines with who they were and whether the provider ended them",
    origin: "github.com/kadupitiya/goog-preemption-data (HPDC 2020), \
             github.com/stanford-futuredata/training_on_a_dime (2020), as tables",
    columns: "lifetime_s, one of ended, ended_event or preempted_event (1 = ended by the \
              provider, 0 = cut off), [label, cloud, zone, machine_type, gpu_type, gpus], \
              [start_time or start_unix_utc]",
    options: &[],
    evidence: Evidence::RealRows,
    reads: Reads {
        lifetimes: Some(read),
        ..Reads::NONE
    },
};

/// The columns that say who a machine was, in the order in which its label names them.
const WHO: [&str; 5] = ["label", "cloud", "zone", "machine_type", "gpu_type"];

struct Columns {
    who: Vec<Column>,
    gpus: Option<Column>,
    span: Column,
    ended: Column,
    /// With an offset, or in seconds since 1970.
    start: (Option<Column>, Option<Column>),
}

/// A machine of several GPUs is labelled `TYPExN`, as is one of one GPU where the file counts them.
fn read(source: Source<'_>, _: &Options) -> Result<Lifetimes, Refused> {
    let file = source.name();
    let mut table = Table::open(source)?;
    let named = ["ended_event", "preempted_event"].map(|name| table.optional(name));
    let columns = Columns {
        who: WHO.iter().filter_map(|name| table.optional(name)).collect(),
        gpus: table.optional("gpus"),
        span: table.column("lifetime_s")?,
        ended: match named.into_iter().flatten().next() {
            Some(column) => column,
            None => table.column("ended")?,
        },
        start: (
            table.optional("start_time"),
            table.optional("start_unix_utc"),
        ),
    };
    let (mut faults, mut lifetimes, mut starts) = (Faults::default(), Vec::new(), Vec::new());
    while let Some(row) = table.next_row()? {
        let taken = row.and_then(|row| lifetime(&row, &columns));
        if let Some((lifetime, start)) = faults.take(taken)? {
            lifetimes.push(lifetime);
            starts.push(start);
        }
        if u64::try_from(lifetimes.len()).is_ok_and(|count| count > MAX_RECORDS) {
            let rule = format!("a file has at most {MAX_RECORDS} lifetimes");
            return Err(Rule::new(rule, "split it").at(&file, (0, 0), "").into());
        }
    }
    faults.settle()?;
    let origin = starts.iter().copied().flatten().min();
    for (lifetime, start) in lifetimes.iter_mut().zip(starts) {
        let since = start
            .zip(origin)
            .and_then(|(start, origin)| start.checked_sub(origin));
        let since = since.and_then(|us| u64::try_from(us).ok());
        lifetime.launched = since.and_then(SimTime::from_us);
    }
    Ok(Lifetimes {
        origin: origin.map(Origin::Utc),
        lifetimes,
        notes: Vec::new(),
    })
}

fn lifetime(row: &Row<'_>, columns: &Columns) -> Result<(Lifetime, Option<i64>), TraceError> {
    let mut label = String::new();
    for &column in &columns.who {
        let part = row.parse(column, labelled)?;
        if !label.is_empty() {
            label.push('/');
        }
        label.push_str(part);
    }
    if let Some(gpus) = columns.gpus {
        label.push('x');
        label.push_str(row.parse(gpus, labelled)?);
    }
    let ended = row.parse(columns.ended, |text| match text {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(Rule::new("is 1 (ended) or 0 (cut off)", "correct it")),
    })?;
    let (zoned, unix) = columns.start;
    let unix = row.maybe(unix, |text| {
        let beyond = |_| Rule::new("is no instant", "check that these are seconds since 1970");
        i64::try_from(scaled(text, 6)?).map_err(beyond)
    })?;
    let start = row.maybe(zoned, with_offset)?.or(unix);
    let lifetime = Lifetime {
        label,
        launched: None,
        span: row.parse(columns.span, seconds)?,
        ended,
    };
    Ok((lifetime, start))
}
