//! Slurm's accounting, as `sacct --parsable2 --allocations` prints it: a header, and fields between
//! bars.

use std::collections::BTreeMap;

use super::{Asks, Cluster, Draft, Kind, Machines, Notes, Seen, product, settle};
use crate::error::{Refused, Rule, TraceError};
use crate::import::{Faults, Labels, Options, slurm_gang, slurm_status};
use crate::reader::{Lines, Source, count, naive};
use crate::record::{FileName, ModelSet, Status};

/// Fields that must be there, under the names that Slurm gives them.
const NEEDED: [&str; 5] = ["JobID", "Submit", "Start", "End", "State"];

/// Reads what `sacct --parsable2 --allocations
/// --format=JobID,User,Account,Partition,Submit,Start,End,State,AllocTRES,ReqTRES,
/// NNodes,Timelimit` printed; columns may stand in any order, and steps are left out. A tenant is
/// an account, or a partition where no account is told. The machines are as many as were in use at
/// once, as Slurm's accounting does not tell how many there are.
///
/// # Errors
/// A column that is missing, or rows that break a rule; nothing is imported then.
pub fn sacct(mut sources: Vec<Source<'_>>, options: &Options) -> Result<Cluster, Refused> {
    let source = sources.remove(0);
    let mut lines = Lines::open(source)?;
    let mut faults = Faults::new(options);
    let mut notes = Notes::default();
    let mut models = Labels::default();
    let header = header(&mut lines)?;
    let (mut drafts, mut taken_us) = (Vec::new(), i64::MIN);
    while lines.advance()? {
        if lines.bytes().is_empty() {
            continue;
        }
        let read = lines.text().and_then(|text| {
            let fields: Vec<&str> = text.split('|').collect();
            let row = Row {
                header: &header,
                fields,
                file: lines.file(),
                line: lines.number(),
            };
            row.job(&mut models, &mut notes)
        });
        if let Some(draft) = faults.take(read)?.flatten() {
            let seen: &Seen = &draft.seen;
            let instants = [Some(seen.submit_us), seen.start_us, seen.end_us];
            taken_us = instants.into_iter().flatten().fold(taken_us, i64::max);
            drafts.push(draft);
        }
    }
    let mut tenants = Vec::new();
    let jobs = settle(drafts, &mut tenants);
    let names = models.into_names();
    let machines = machines(&jobs, &names, taken_us, &mut notes);
    Ok(Cluster {
        machines,
        tenants,
        jobs,
        models: names,
        taken_us: taken_us.max(0),
        notes: notes.told(),
        dropped: faults.settle()?,
    })
}

fn header(lines: &mut Lines<'_>) -> Result<Vec<String>, TraceError> {
    if !lines.advance()? {
        let rule = Rule::new("the file is empty", "print it with sacct --parsable2");
        return Err(rule.at(lines.file(), (1, 1), ""));
    }
    let text = lines.text()?;
    let names: Vec<String> = text.split('|').map(|name| name.trim().to_owned()).collect();
    for needed in NEEDED {
        if !names.iter().any(|name| name == needed) {
            let remedy = format!("the header has: {}; add it to --format", names.join(", "));
            return Err(Rule::new("this column is missing", remedy).at(
                lines.file(),
                (1, 1),
                needed,
            ));
        }
    }
    Ok(names)
}

struct Row<'a> {
    header: &'a [String],
    fields: Vec<&'a str>,
    file: &'a FileName,
    line: u64,
}

impl<'a> Row<'a> {
    /// The field of a column, where it says something.
    fn get(&self, name: &str) -> Option<&'a str> {
        let at = self.header.iter().position(|own| own == name)?;
        let text = self.fields.get(at)?.trim();
        let nothing = matches!(
            text,
            "" | "Unknown" | "None" | "N/A" | "UNLIMITED" | "Partition_Limit" | "INVALID"
        );
        (!nothing).then_some(text)
    }

    fn fault(&self, name: &str, value: &str, rule: Rule) -> TraceError {
        let at = self.header.iter().position(|own| own == name).unwrap_or(0);
        let before = self
            .fields
            .iter()
            .take(at)
            .map(|field| field.len() + 1)
            .sum::<usize>();
        rule.at(
            self.file,
            (self.line, before + 1),
            &format!("{name} = {value}"),
        )
    }

    fn parse<T>(
        &self,
        name: &str,
        read: impl Fn(&str) -> Result<T, Rule>,
    ) -> Result<Option<T>, TraceError> {
        let text = self.get(name);
        let read = text.map(|text| read(text).map_err(|rule| self.fault(name, text, rule)));
        read.transpose()
    }

    fn job(&self, models: &mut Labels, notes: &mut Notes) -> Result<Option<Draft>, TraceError> {
        if self.fields.len() != self.header.len() {
            let rule = format!(
                "a row has {} fields like the header, this has {}",
                self.header.len(),
                self.fields.len()
            );
            let rule = Rule::new(rule, "check for a truncated row, or a bar within a name");
            return Err(rule.at(self.file, (self.line, 1), ""));
        }
        let id = self.get("JobID").unwrap_or("");
        if id.contains('.') {
            notes.one("rows are steps of jobs: left out");
            return Ok(None);
        }
        let Some(submit) = self.parse("Submit", naive)? else {
            notes.one("jobs do not say when they were submitted: left out");
            return Ok(None);
        };
        let (start, end) = (self.parse("Start", naive)?, self.parse("End", naive)?);
        // "CANCELLED by 1000" and "RUNNING+" begin with the word.
        let state = self.get("State").unwrap_or("");
        let word = state.split([' ', '+']).next().unwrap_or("");
        let (Some(start), true) = (start, word != "PENDING") else {
            if end.is_some() {
                notes.one("jobs ended and never started: left out");
                return Ok(None);
            }
            return self
                .seen(id, (submit, None, None), Status::Pending, models)
                .map(Some);
        };
        let order = Rule::new(
            "a job is submitted, starts and ends in this order",
            "correct it, or drop the row",
        );
        if start < submit || end.is_some_and(|end| end < start) {
            return Err(self.fault("Start", self.get("Start").unwrap_or(""), order));
        }
        self.seen(id, (submit, Some(start), end), slurm_status(word), models)
            .map(Some)
    }

    fn seen(
        &self,
        id: &str,
        (submit_us, start_us, end_us): (i64, Option<i64>, Option<i64>),
        status: Status,
        models: &mut Labels,
    ) -> Result<Draft, TraceError> {
        let held = self.get("AllocTRES").map(|text| ("AllocTRES", text));
        let tres = held.or_else(|| self.get("ReqTRES").map(|text| ("ReqTRES", text)));
        let (column, text) = tres.unwrap_or(("AllocTRES", ""));
        let tres = Tres::parse(text).map_err(|rule| self.fault(column, text, rule))?;
        let nodes = self.parse("NNodes", |text| count(text, (0, 1_000_000)))?;
        let gang = slurm_gang(tres.gpus, nodes.or(tres.nodes).unwrap_or(1));
        let (tasks, gpus) = gang.map_err(|rule| self.fault(column, text, rule))?;
        let of = |model: &String| models.position_of(model).map(|at| ModelSet::ANY.with(at));
        let asked = tres.model.as_ref().map(of).transpose();
        let account = self
            .get("Account")
            .or(self.get("Partition"))
            .unwrap_or("all");
        let limit = self.parse("Timelimit", limit)?;
        let each = |all: u64| u32::try_from(all / u64::from(tasks.max(1))).unwrap_or(u32::MAX);
        Ok(Draft {
            tenant: account.to_owned(),
            seen: Seen {
                name: id.to_owned(),
                tenant: 0,
                user: self.get("User").map(str::to_owned),
                asks: Asks {
                    gpus,
                    gpu_milli: if gpus == 0 { 0 } else { 1000 },
                    slice: None,
                    cpu_milli: each(u64::from(tres.cpus) * 1000),
                    memory_mib: each(tres.memory_mib),
                },
                tasks,
                models: asked
                    .map_err(|rule| self.fault(column, text, rule))?
                    .unwrap_or_default(),
                // Slurm's priorities hold age and share as they were once: no rank to go by in a
                // run.
                priority: 0,
                limit_us: limit.filter(|us| *us > 0),
                serves: false,
                submit_us,
                start_us,
                end_us,
                status,
            },
        })
    }
}

/// Trackable resources: `billing=8,cpu=8,gres/gpu:a100=2,gres/gpu=2,mem=64G,node=1`.
#[derive(Default)]
struct Tres {
    gpus: u32,
    model: Option<String>,
    cpus: u32,
    memory_mib: u64,
    nodes: Option<u32>,
}

impl Tres {
    fn parse(text: &str) -> Result<Self, Rule> {
        let mut tres = Self::default();
        for (name, amount) in text.split(',').filter_map(|part| part.split_once('=')) {
            let whole = || count(amount, (0, 10_000_000));
            match name.split_once(':') {
                Some(("gres/gpu", model)) => {
                    tres.model = Some(product::short(model).0);
                    tres.gpus = tres.gpus.max(whole()?);
                }
                Some(_) => {}
                None => match name {
                    "gres/gpu" => tres.gpus = whole()?,
                    "cpu" => tres.cpus = whole()?,
                    "node" => tres.nodes = Some(whole()?),
                    "mem" => tres.memory_mib = mebibytes(amount)?,
                    _ => {}
                },
            }
        }
        Ok(tres)
    }
}

/// Slurm's memory: `64G`, `65536M`, `1.50T`; without a unit, mebibytes.
fn mebibytes(text: &str) -> Result<u64, Rule> {
    let (number, kib) = match text.strip_suffix(['K', 'M', 'G', 'T']) {
        Some(number) => (
            number,
            match text.as_bytes().last() {
                Some(b'K') => 1,
                Some(b'G') => 1 << 20,
                Some(b'T') => 1 << 30,
                Some(_) | None => 1 << 10,
            },
        ),
        None => (text, 1_u64 << 10),
    };
    let milli = crate::reader::scaled(number, 3)?;
    Ok(milli.saturating_mul(kib) / 1000 / 1024)
}

/// A time limit in microseconds: `[days-]hours:minutes:seconds`, or minutes and seconds.
fn limit(text: &str) -> Result<u64, Rule> {
    let form = || Rule::new("is not a time limit", "write it like 1-12:00:00");
    let (days, clock) = text
        .split_once('-')
        .map_or(("0", text), |(days, clock)| (days, clock));
    let whole = |text: &str| {
        text.split('.')
            .next()
            .unwrap_or("")
            .parse::<u64>()
            .map_err(|_| form())
    };
    let parts: Vec<u64> = clock.split(':').map(whole).collect::<Result<_, _>>()?;
    let (hours, minutes, seconds) = match parts[..] {
        [hours, minutes, seconds] => (hours, minutes, seconds),
        [minutes, seconds] => (0, minutes, seconds),
        _ => return Err(form()),
    };
    let of = |count: u64, seconds: u64| {
        count
            .checked_mul(seconds)
            .filter(|all| *all < 1 << 40)
            .ok_or_else(form)
    };
    let all = of(whole(days)?, 86_400)? + of(hours, 3600)? + of(minutes, 60)? + of(seconds, 1)?;
    Ok(all * 1_000_000)
}

/// As many machines of each model as held tasks at once: each as large as the largest task of the
/// model.
fn machines(jobs: &[Seen], models: &[String], taken_us: i64, notes: &mut Notes) -> Vec<Machines> {
    let mut steps: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
    let mut largest: BTreeMap<&str, u16> = BTreeMap::new();
    for job in jobs {
        let Some(start) = job.start_us else { continue };
        let model = job
            .models
            .positions()
            .next()
            .map_or("GPU", |at| models[at].as_str());
        let model = if job.asks.gpus == 0 { "" } else { model };
        let size = largest.entry(model).or_default();
        *size = (*size).max(job.asks.gpus);
        let amount = i64::from(job.tasks) * i64::from(job.asks.gpus.max(1));
        let all = steps.entry(model).or_default();
        all.push((start, amount));
        all.push((job.end_us.unwrap_or(taken_us), -amount));
    }
    let mut found = Vec::new();
    for (model, mut steps) in steps {
        // What ends makes room for what starts at the same instant.
        steps.sort_unstable();
        let (mut held, mut most) = (0, 0);
        for (_, amount) in steps {
            held += amount;
            most = most.max(held);
        }
        let gpus = largest[model];
        let each = i64::from(gpus.max(1));
        let count = u32::try_from((most + each - 1) / each).unwrap_or(u32::MAX);
        notes.one(
            "kinds of machines were taken to be as many as were in use at once, each as large as \
             its largest task: set their count",
        );
        let kind = Kind {
            model: model.to_owned(),
            gpus,
            ..Kind::default()
        };
        found.push(Machines {
            kind,
            count: count.max(1),
            cpu_milli: 0,
            memory_mib: 0,
        });
    }
    found
}
