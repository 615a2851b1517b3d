//! `gavel`: traces of Gavel's simulator (Narayanan et al., OSDI 2020): jobs that tell their steps,
//! not how long they take.

use sim_core::units::{SimTime, Span, limits};

use super::gather::{Clock, Draft, Gather, Ledger};
use super::{Evidence, Format, Options, Reads};
use crate::error::{Refused, Rule, TraceError};
use crate::reader::{Lines, Source, count, labelled, scaled, seconds};
use crate::record::{FileName, Name, Positive, Record, Workload};

pub(super) const FORMAT: Format = Format {
    name: "gavel",
    doc: "Gavel's simulator: kind, steps, GPUs, weight, SLO, arrival of each job",
    origin: "github.com/stanford-futuredata/gavel, scheduler/traces; Narayanan et al., OSDI 2020",
    columns: "job_type, command, working_dir, num_steps_arg, needs_data_dir, total_steps, \
              scale_factor, priority_weight, SLO, arrival_s; tabs, no header",
    evidence: Evidence::RealRows,
    reads: Reads::Jobs(read),
};

const FIELDS: usize = 10;

/// A job is named by its row, counted from 0. Its steps stand as a duration of a second each, which
/// a table of speeds turns
/// into time; its user knows them, so they are its estimate too. `scale_factor` tasks of one GPU
/// each. A weight of 1 is
/// priority 0, and each 1 more is 1 more. An SLO is a deadline in multiples of the duration.
fn read(source: Source<'_>, options: &Options) -> Result<Workload, Refused> {
    let mut gather = Gather::new(source.name(), options);
    gather.counts_steps = true;
    let mut lines = Lines::open(source)?;
    let mut position = 0;
    while lines.advance()? {
        if lines.bytes().is_empty() {
            continue;
        }
        let (file, number) = (FileName::clone(lines.file()), lines.number());
        let row = lines.text().and_then(|text| Row::cut(file, number, text));
        let draft = row.and_then(|row| job(&row, position, &mut gather.ledger));
        gather.take(draft)?;
        position += 1;
    }
    gather.notes.push(String::from(
        "durations are counts of steps, a second each: the workload needs a table of speeds",
    ));
    gather.finish(Clock::Relative)
}

/// A line, cut at its tabs.
struct Row<'t> {
    file: FileName,
    number: u64,
    fields: [&'t str; FIELDS],
}

impl<'t> Row<'t> {
    fn cut(file: FileName, number: u64, text: &'t str) -> Result<Self, TraceError> {
        let fields: Vec<&str> = text.split('\t').collect();
        let fields = <[&str; FIELDS]>::try_from(fields).map_err(|fields| {
            let rule = format!("a row has {FIELDS} fields, this has {}", fields.len());
            let remedy =
                "check for blanks in place of tabs; the older form of seven fields is not read";
            Rule::new(rule, remedy).at(&file, (number, 1), text)
        })?;
        Ok(Self {
            file,
            number,
            fields,
        })
    }

    /// A field as `parse` reads it.
    fn parse<T>(
        &self,
        at: usize,
        name: &str,
        parse: impl FnOnce(&'t str) -> Result<T, Rule>,
    ) -> Result<T, TraceError> {
        let text = self.fields[at].trim_matches(' ');
        parse(text).map_err(|rule| {
            let before: usize = self.fields[..at].iter().map(|field| field.len() + 1).sum();
            let value = format!("{name} = {text}");
            rule.at(&self.file, (self.number, before + 1), &value)
        })
    }
}

fn job(row: &Row<'_>, position: u64, ledger: &mut Ledger) -> Result<Draft, TraceError> {
    let class = row.parse(0, "job_type", |t| ledger.classes.short(labelled(t)?))?;
    let steps = row.parse(5, "total_steps", steps_of)?;
    let tasks = row.parse(6, "scale_factor", |t| count(t, (1, limits::MAX_GANG)))?;
    let weight = row.parse(7, "priority_weight", |t| count(t, (1, 1_000)))?;
    let deadline = row.parse(8, "SLO", |t| slo_of(t, steps))?;
    let submit = row.parse(9, "arrival_s", seconds)?;
    let record = Record {
        tasks,
        estimate: Positive::new(steps),
        deadline,
        class: Some(class),
        priority: i16::try_from(weight - 1).expect("below a thousand"),
        line: u32::try_from(row.number).unwrap_or(u32::MAX),
        ..Record::new(Name::Number(position), SimTime::ZERO, steps)
    };
    let at = i64::try_from(submit.us()).expect("within 100 years");
    Ok(Draft::Job(at, record))
}

/// Whole steps, a second each.
fn steps_of(text: &str) -> Result<Span, Rule> {
    let us = scaled(text, 6)?;
    if !us.is_multiple_of(1_000_000) {
        return Err(Rule::new("is not a whole number", "round it"));
    }
    Span::from_us(us).ok_or_else(|| Rule::new("is beyond 3155760000 steps", "correct it"))
}

/// A multiple of the steps, in steps; none where it is -1.
fn slo_of(text: &str, steps: Span) -> Result<Option<Positive>, Rule> {
    if scaled(text.strip_prefix('-').unwrap_or("x"), 6) == Ok(1_000_000) {
        return Ok(None);
    }
    let factor = u128::from(scaled(text, 6)?);
    let us = u64::try_from(u128::from(steps.us()) * factor / 1_000_000).ok();
    let due = us.and_then(Span::from_us);
    let due = due.ok_or_else(|| Rule::new("is beyond 100 years", "correct it"))?;
    Ok(Positive::new(due))
}
