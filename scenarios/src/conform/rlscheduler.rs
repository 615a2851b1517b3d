//! Windows of SWF traces under `RLScheduler`'s heuristics (Zhang et al., SC 2020), as published and as they were meant.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::sync::Arc;

use flate2::read::GzDecoder;
use policies::joint::{PickJobs, Score};
use sim_core::engine::{Engine, Grants, World};
use sim_core::model::Job;
use sim_core::units::{JobId, SimTime, convert};
use sim_core::watch::{Fact, Observer};
use sim_core::world::Trace;
use traces::{Options, Positive, Procs, Source, SwfOptions};

use super::Place;
use super::batch;
use super::cases::Case;
use super::table::Table;

const OPTIONS: [&str; 12] = [
    "trace",
    "backfill",
    "window_jobs",
    "start_index",
    "windows_seed",
    "nodes_from",
    "nodes",
    "procs_per_node",
    "unit_us",
    "instants",
    "waiting_time",
    "compat",
];

const METRICS: [&str; 3] = ["avg_bounded_slowdown", "avg_wait_s", "utilization"];

/// Flies every window of a case; the table is that of the file it is compared with.
pub(super) fn run(case: &Case, place: &Place<'_>) -> Result<Vec<(String, Table)>, String> {
    case.only(&OPTIONS)?;
    let starts = starts(case)?;
    let window = convert::index(case.small("window_jobs", 1_000_000)?);
    let last = starts.iter().max().copied().unwrap_or(0) + window;
    let jobs = jobs(case, place, last)?;
    let world = Arc::new(cluster(case)?);
    // The published form freezes the waiting time; the corrected one is the policy as it was meant.
    let frozen = case.word("waiting_time") == Some("compat");
    let policy = PickJobs::new(score(&case.policy)?, case.flag("backfill")?, frozen);
    let windows: Result<Vec<_>, String> = starts
        .iter()
        .map(|from| {
            let jobs = jobs.get(*from..from + window);
            let jobs = jobs.ok_or_else(|| format!("start_index {from}: the trace is shorter"))?;
            fly(&world, jobs, policy.clone())
        })
        .collect();
    let windows = windows?;
    let file = case.compare.file.clone();
    Ok(vec![(file, table(case, &starts, &windows))])
}

/// Processors by number alone, as the original counts them: on as few nodes as divide them evenly.
fn cluster(case: &Case) -> Result<World, String> {
    let nodes = case.small("nodes", 100_000)?;
    let all = nodes * case.small("procs_per_node", 64)?;
    let most = (1..=64).rev().find(|each| all.is_multiple_of(*each));
    let each = most.unwrap_or(1);
    Ok(batch::fleet(all / each, each, 0))
}

/// The table of the published form has a row for each metric, that of the corrected one a column.
fn table(case: &Case, starts: &[usize], windows: &[[f64; 3]]) -> Table {
    if case.compare.key == "window_start_index" {
        let mut table = Table::new(&["window_start_index", METRICS[0], METRICS[1], METRICS[2]]);
        for (start, values) in starts.iter().zip(windows) {
            let values = values.iter().map(f64::to_string);
            table
                .rows
                .push(std::iter::once(start.to_string()).chain(values).collect());
        }
        return table;
    }
    let mut table = Table::new(&["metric", "window", "value"]);
    // Waiting was printed for the first trace only.
    let is_first = case
        .word("trace")
        .is_some_and(|trace| trace.starts_with("Lublin-1"));
    for (number, values) in windows.iter().enumerate() {
        for (metric, value) in METRICS.iter().zip(values) {
            if is_first || *metric != "avg_wait_s" {
                let row = vec![(*metric).to_owned(), number.to_string(), value.to_string()];
                table.rows.push(row);
            }
        }
    }
    table
}

fn score(policy: &str) -> Result<Score, String> {
    Ok(match policy.strip_suffix("_fixed").unwrap_or(policy) {
        "FCFS" => Score::Fcfs,
        "SJF" => Score::Sjf,
        "WFP3" => Score::Wfp3,
        "UNICEP" => Score::Unicep,
        "F1" => Score::F1,
        other => return Err(format!("policy {other}: not known to this family")),
    })
}

/// Positions of the first jobs of the windows.
fn starts(case: &Case) -> Result<Vec<usize>, String> {
    let error = || "start_index: not a list of positions".to_owned();
    let list = case
        .options
        .get("start_index")
        .and_then(toml::Value::as_array);
    let position = |value: &toml::Value| {
        let position = value
            .as_integer()
            .and_then(|position| usize::try_from(position).ok());
        position.ok_or_else(error)
    };
    list.ok_or_else(error)?.iter().map(position).collect()
}

/// The first so many jobs of the trace; what comes behind is not read.
fn jobs(case: &Case, place: &Place<'_>, count: usize) -> Result<Vec<Job>, String> {
    let [input] = case.inputs.as_slice() else {
        return Err("a case of this family has one input".to_owned());
    };
    let path = place.find(input)?;
    let error = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let lines = BufReader::new(GzDecoder::new(File::open(&path).map_err(|e| error(&e))?));
    let (mut text, mut left) = (String::new(), count);
    for line in lines.lines() {
        let line = line.map_err(|e| error(&e))?;
        left -= usize::from(!line.trim_start().starts_with(';') && !line.trim().is_empty());
        text.push_str(&line);
        text.push('\n');
        if left == 0 {
            break;
        }
    }
    let options = Options {
        swf: SwfOptions {
            unit: batch::unit(case)?,
            procs: Procs::Larger,
        },
        ..Options::default()
    };
    let source: Box<dyn Read> = Box::new(Cursor::new(text));
    let workload = traces::import("swf", Source::new(input, source), &options)
        .map_err(|refused| refused.to_string())?;
    // A job that asks for no time asks for what it takes.
    let job = |record: &traces::Record| Job {
        estimate: Some(record.estimate.map_or(record.duration, Positive::span)),
        ..batch::job(record)
    };
    Ok(workload.jobs.iter().map(job).collect())
}

/// When each job started, in the order of the starts.
#[derive(Default)]
struct Starts(Vec<(u32, SimTime)>);

impl Observer for Starts {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if let Fact::Started { job, .. } = fact {
            self.0.push((JobId::ordinal(*job), now));
        }
    }
}

/// The metrics of a window, as the original adds them up: in the order of the starts.
fn fly(world: &Arc<World>, jobs: &[Job], mut policy: PickJobs) -> Result<[f64; 3], String> {
    let mut engine = Engine::new(Arc::clone(world), Box::new(Trace::new(jobs.into())));
    let mut starts = Starts::default();
    let flown = engine.run(&mut policy, Grants::default(), &mut starts);
    flown.map_err(|fault| fault.to_string())?;
    let seconds = |us: u64| convert::real(us) / 1e6;
    let count = convert::real(convert::wide(jobs.len()));
    let nodes: u32 = world
        .offerings
        .iter()
        .map(|pool| pool.max * pool.shape.gpus)
        .sum();
    let first = jobs.first().map_or(SimTime::ZERO, |job| job.arrival);
    let last = starts.0.last().map_or(first, |(_, at)| *at);
    let (mut slowdown, mut waiting, mut used) = (0.0, 0.0, 0.0);
    for (ordinal, at) in &starts.0 {
        let job = &jobs[convert::index(*ordinal)];
        let (wait, run) = (seconds(at.since(job.arrival).us()), seconds(job.work));
        slowdown += ((wait + run) / run.max(10.0)).max(1.0) / count;
        waiting += wait / count;
        let size = convert::real(job.gang.gpus().into());
        used += (run * size) / (seconds(last.since(first).us()) * f64::from(nodes));
    }
    Ok([slowdown, waiting, used])
}
