//! `trace`: workload traces and logs of requests, read, described, criticised, generated.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use plots::table::{Cell, Table};
use sim_core::units::Span;
use traces::{
    Dropped, Fleet, Nodes, Options, Pool, Quantiles, Severity, Source, Stats, Workload, lint,
};

use super::run::plot;
use super::{Failure, cluster, requests, series, terminal};
use crate::build;
use crate::schema::{Part, Place, Spanned, Value};

pub(super) const EXAMPLES: &str = "Examples:
  windtunnel trace stats philly-csv philly.csv.gz --gpus 2000
  windtunnel trace stats azure-llm-2023 code.csv.gz
  windtunnel trace import kubectl --nodes nodes.json --pods pods.json --out my-cluster
  windtunnel trace import sacct jobs.txt --out my-cluster --anonymise --key-file key
  windtunnel trace import burstgpt BurstGPT_1.csv --out requests.csv
  windtunnel trace synth diurnal --param per-second=20 --param length=1d --param input-p99=8000
  windtunnel trace synth rate-curve --param file=arrivals.csv --seed 7
  windtunnel list generators";

/// Workload traces, and logs of requests.
#[derive(Debug, Subcommand)]
pub(super) enum Trace {
    /// Reads a trace and writes it as CSV in our own columns; a cluster's own account as a scenario with its jobs
    Import(Import),
    /// Describes a trace: jobs, hours, quantiles, load; or a series: availability, prices,
    /// lifetimes; or requests: rate, burstiness, tokens
    Stats {
        #[command(flatten)]
        described: Described,
        #[command(flatten)]
        asked: series::Asked,
    },
    /// Says what is odd about a trace before anyone trusts a result on it; exit code 1 if anything is wrong
    Validate(Described),
    /// Generates a workload or requests and writes them as CSV in our own columns
    Synth(Synth),
}

/// A trace file.
#[derive(Debug, Args)]
pub(super) struct Input {
    /// Its format; `windtunnel list formats` says what there is
    format: String,
    /// The file, plain or gzipped
    file: Option<PathBuf>,
    /// Length of one tick of the file's clock, for formats that leave it open
    #[arg(long, value_name = "SPAN")]
    unit: Option<Span>,
    /// Counts and lists bad rows, where they otherwise end the import
    #[arg(long)]
    lenient: bool,
    /// A column of the format csv, such as submit=submitted:s
    #[arg(long = "column", value_name = "OURS=THEIRS")]
    columns: Vec<String>,
}

/// Reads a trace.
#[derive(Debug, Args)]
pub(super) struct Import {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    snapshot: cluster::Snapshot,
    #[command(flatten)]
    hidden: cluster::Hidden,
    /// Where the CSV goes, to stdout if not said; of a cluster, the folder of its scenario
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Describes a trace.
#[derive(Debug, Args)]
pub(super) struct Described {
    #[command(flatten)]
    input: Input,
    /// GPUs of the fleet it is to run on
    #[arg(long)]
    gpus: Option<u32>,
    /// GPUs of a node of that fleet
    #[arg(long, default_value_t = 8)]
    node_gpus: u32,
    /// GPU model of that fleet, as the trace names it
    #[arg(long, default_value = "any")]
    model: String,
    /// The fleet as a list of nodes in the format openb-nodes, in place of --gpus
    #[arg(long, value_name = "FILE", conflicts_with = "gpus")]
    nodes: Option<PathBuf>,
}

/// Generates a workload, or requests.
#[derive(Debug, Args)]
pub(super) struct Synth {
    /// The model; `windtunnel list generators` says what there is
    model: String,
    /// Its seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A parameter, such as jobs-per-hour=30, length=7d or procs=256
    #[arg(long = "param", value_name = "KEY=VALUE")]
    params: Vec<String>,
    /// Where the CSV goes; to stdout if not said
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Trace {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        match self {
            Self::Import(import) => import.execute(),
            Self::Stats { described, asked } => described.stats(asked),
            Self::Validate(described) => described.validate(),
            Self::Synth(synth) => synth.execute(),
        }
    }
}

impl Input {
    /// The file, which all but a cluster need.
    fn file(&self) -> Result<&Path, Failure> {
        self.file.as_deref().ok_or_else(|| {
            Failure::Input(format!(
                "{}: name the file that is in this format",
                self.format
            ))
        })
    }

    fn read(&self) -> Result<Workload, Failure> {
        let mut options = Options {
            lenient: self.lenient,
            ..Options::default()
        };
        if let Some(unit) = self.unit {
            options.swf.unit = unit;
        }
        for column in &self.columns {
            let set = column.split_once('=').is_some_and(|(ours, theirs)| {
                build::set_column(&mut options.columns, ours, theirs)
            });
            if !set {
                let message = format!(
                    "--column {column}: no such column or unit; write for example submit=submit_time:s"
                );
                return Err(Failure::Input(message));
            }
        }
        let file = self.file()?;
        let source = Source::new(&file.to_string_lossy(), open(file)?);
        let workload = traces::import(&self.format, source, &options)
            .map_err(|refused| Failure::Input(refused.to_string()))?;
        notes(&workload.notes, &workload.dropped);
        Ok(workload)
    }

    /// Refuses the first option of `options` that is set, as what the file holds does not take it.
    fn refuse(&self, what: &str, options: &[(&str, bool)]) -> Result<(), Failure> {
        let foreign = options.iter().find(|(_, is_set)| *is_set);
        foreign.map_or(Ok(()), |(option, _)| {
            let message = format!("{} {what}, and takes no {option}", self.format);
            Err(Failure::Input(message))
        })
    }
}

/// Tells what an import left out or assumed.
pub(super) fn notes(notes: &[String], dropped: &Dropped) {
    for note in notes {
        eprintln!("note: {note}");
    }
    if dropped.count > 0 {
        eprintln!("{} rows dropped, the first of them:", dropped.count);
        dropped
            .first
            .iter()
            .for_each(|error| eprintln!("  {error}"));
    }
}

impl Import {
    fn execute(&self) -> Result<(), Failure> {
        let (input, out) = (&self.input, self.out.as_deref());
        if cluster::is_cluster(&input.format) {
            let file = input.file.as_deref();
            return self
                .snapshot
                .import((&input.format, file, input.lenient), &self.hidden, out);
        }
        self.snapshot.refuse(&input.format)?;
        let alias = self.hidden.alias()?;
        let Some(format) = requests::format(&input.format) else {
            let mut workload = input.read()?;
            if let Some(alias) = alias {
                alias.workload(&mut workload, self.hidden.shift);
            }
            return write(&workload, out);
        };
        let foreign = [
            ("--unit", input.unit.is_some()),
            ("--column", !input.columns.is_empty()),
            ("--anonymise", alias.is_some()),
        ];
        input.refuse("holds requests", &foreign)?;
        requests::import(format, input.file()?, input.lenient, out)
    }
}

pub(super) fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| Failure::Io(path.to_owned(), error))
}

fn write(workload: &Workload, out: Option<&Path>) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    traces::write_csv(workload, &mut bytes).expect("memory takes all");
    put(&bytes, out)
}

/// Writes a table, to stdout where no file is named.
pub(super) fn put(bytes: &[u8], out: Option<&Path>) -> Result<(), Failure> {
    match out {
        Some(path) => {
            std::fs::write(path, bytes).map_err(|error| Failure::Io(path.to_owned(), error))
        }
        None => terminal::say(&String::from_utf8_lossy(bytes)),
    }
}

impl Described {
    fn fleet(&self, workload: &Workload) -> Result<Option<Fleet>, Failure> {
        if let Some(path) = &self.nodes {
            let source = Source::new(&path.to_string_lossy(), open(path)?);
            let nodes: Nodes = traces::import_nodes("openb-nodes", source, &Options::default())
                .map_err(|refused| Failure::Input(refused.to_string()))?;
            return Ok(Some(Fleet::of(&nodes)));
        }
        let Some(gpus) = self.gpus else {
            return Ok(None);
        };
        let per_node = self.node_gpus.max(1);
        let model = match workload.models.as_slice() {
            [only] if self.model == "any" => only.clone(),
            _ => self.model.clone(),
        };
        let pool = Pool {
            model,
            nodes: gpus.div_ceil(per_node),
            gpus_per_node: per_node,
        };
        Ok(Some(Fleet { pools: vec![pool] }))
    }

    /// Describes what the format holds: jobs, a series, or requests. Of the latter two there is neither
    /// a fleet nor a column to choose.
    fn stats(&self, asked: &series::Asked) -> Result<(), Failure> {
        let input = &self.input;
        let mut foreign = vec![
            ("--column", !input.columns.is_empty()),
            ("--gpus", self.gpus.is_some()),
            ("--nodes", self.nodes.is_some()),
        ];
        if let Some(format) = series::format(&input.format) {
            foreign.push(("--lenient", input.lenient));
            input.refuse("is a series", &foreign)?;
            return asked.stats(format, input.file()?, input.unit);
        }
        let holds = requests::format(&input.format);
        if asked.is_anything() {
            let what = holds.map_or("jobs", |_| "requests");
            let message = format!(
                "{} holds {what}, and takes no --polarity, --zone, --instance or --product",
                input.format
            );
            return Err(Failure::Input(message));
        }
        if let Some(format) = holds {
            foreign.push(("--unit", input.unit.is_some()));
            input.refuse("holds requests", &foreign)?;
            return requests::stats(format, input.file()?, input.lenient);
        }
        self.jobs()
    }

    fn jobs(&self) -> Result<(), Failure> {
        let workload = self.input.read()?;
        let stats = Stats::of(&workload, self.fleet(&workload)?.as_ref());
        let users = stats.top_users.iter().map(|user| {
            format!(
                "  {}: {} jobs, {:.1} GPU-hours\n",
                user.user, user.jobs, user.gpu_hours
            )
        });
        let users: String = users.collect();
        let load = stats.offered_load.map_or(String::new(), |load| {
            format!(", {:.1} % of the fleet", load * 100.0)
        });
        let sizes = stats
            .sizes
            .iter()
            .map(|(gpus, jobs)| format!("{gpus} x {jobs}"));
        let sizes: Vec<String> = sizes.collect();
        let head = format!(
            "{} jobs over {}, {:.1} GPU-hours{load}\n\n",
            stats.jobs, stats.span, stats.gpu_hours
        );
        let table = quantiles(&stats).text(terminal::width()).map_err(plot)?;
        let users = if users.is_empty() {
            String::new()
        } else {
            format!("\nlargest users\n{users}")
        };
        terminal::say(&format!(
            "{head}{table}\nGPUs x jobs: {}\n{users}",
            sizes.join(", ")
        ))
    }

    fn validate(&self) -> Result<(), Failure> {
        if requests::format(&self.input.format).is_some() {
            let message = format!(
                "{} holds requests, of which trace stats says what is odd",
                self.input.format
            );
            return Err(Failure::Input(message));
        }
        let workload = self.input.read()?;
        let findings = lint(&workload, self.fleet(&workload)?.as_ref());
        if findings.is_empty() {
            return terminal::say(&format!("{} jobs, nothing odd\n", workload.jobs.len()));
        }
        let told: Vec<String> = findings
            .iter()
            .map(|finding| format!("{finding}\n"))
            .collect();
        terminal::say(&told.join("\n"))?;
        let wrong = findings
            .iter()
            .any(|finding| finding.code.severity() == Severity::Error);
        if wrong { Err(Failure::Failed) } else { Ok(()) }
    }
}

/// Quantiles, a row a quantity.
fn quantiles(stats: &Stats) -> Table {
    let columns = [
        "", "mean", "min", "p10", "p25", "p50", "p75", "p90", "p99", "max",
    ];
    let rows = [
        ("duration s", stats.duration_s),
        ("GPUs", stats.gpus),
        ("between jobs s", stats.gap_s),
    ];
    let row = |(name, q): (&str, Quantiles)| {
        let numbers = [
            q.mean, q.min, q.p10, q.p25, q.p50, q.p75, q.p90, q.p99, q.max,
        ];
        let cells = numbers
            .into_iter()
            .map(|number| Cell::number(number, if number < 100.0 { 2 } else { 0 }));
        std::iter::once(Cell::from(name)).chain(cells).collect()
    };
    Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.map(row).into(),
    }
}

impl Synth {
    fn execute(&self) -> Result<(), Failure> {
        let (part, out) = (self.part()?, self.out.as_deref());
        match build::generate_requests(&part, self.seed) {
            Some(log) => requests::write(&log.map_err(Failure::Input)?, out),
            None => write(
                &build::generate(&part, self.seed).map_err(Failure::Input)?,
                out,
            ),
        }
    }

    /// The model and its parameters, as if they stood in a scenario.
    fn part(&self) -> Result<Part, Failure> {
        let unplaced = |text: &str| Spanned::new(text.to_owned(), Place::default());
        let mut params = Vec::new();
        for param in &self.params {
            let Some((key, value)) = param.split_once('=') else {
                return Err(Failure::Input(format!("--param {param}: not KEY=VALUE")));
            };
            params.push((
                unplaced(key),
                Spanned::new(value_of(value), Place::default()),
            ));
        }
        Ok(Part {
            kind: unplaced(&self.model),
            params,
        })
    }
}

/// A number where it reads as one, else a text.
fn value_of(text: &str) -> Value {
    if let Ok(integer) = text.parse::<i64>() {
        return Value::Integer(integer);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Value::Float(number),
        Ok(_) | Err(_) => Value::Text(text.to_owned()),
    }
}
