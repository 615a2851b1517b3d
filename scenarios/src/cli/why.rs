//! `explain` of a run: why its jobs waited, and what happened to one of them, on a node, or stood at an instant.

use std::path::{Path, PathBuf};

use clap::Args;
use plots::table::Table;
use sim_core::engine::Reason;
use sim_core::units::{NodeId, SimTime, Span, convert, limits};

use super::compare::Format;
use super::run::plot;
use super::scenario::{policy, roots};
use super::{Failure, terminal};
use crate::build::{Experiment, Jobs};
use crate::experiment::{CompareError, known};
use crate::explain::{Again, Ran, Subject, again, runs, stored_scenario, tables};
use crate::schema::parse;
use crate::waits;

/// What to tell of a run.
#[derive(Debug, Args)]
pub(super) struct Why {
    /// Tells of a job: by its number in jobs.csv, or its name
    #[arg(long, value_name = "ID", conflicts_with_all = ["node", "at", "recommend"])]
    job: Option<String>,
    /// Tells of a node: by its number in nodes.csv
    #[arg(long, value_name = "ID", conflicts_with_all = ["at", "recommend"])]
    node: Option<u32>,
    /// Tells how things stood at an instant, such as 3d4h
    #[arg(long, value_name = "TIME", conflicts_with = "recommend")]
    at: Option<Span>,
    /// Of which policy; of the first if not said
    #[arg(long)]
    policy: Option<String>,
    /// Of which seed; of the first if not said
    #[arg(long)]
    seed: Option<u64>,
    /// The folder of the scenario file, if it reads files beside it
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Names a folder of data, as for `run`
    #[arg(long = "data", value_name = "NAME=DIR")]
    data: Vec<String>,
}

impl Why {
    /// Flies a run of the folder again, and tells of it.
    pub(super) fn execute(&self, dir: &Path, format: Format) -> Result<(), Failure> {
        let ran = self.run(dir)?;
        let experiment = self.build(dir)?;
        let contender = policy(&experiment, &ran.policy)?;
        let own = experiment.of_policy(contender);
        let jobs = own.jobs(ran.seed).map_err(CompareError::Jobs)?;
        let subject = self.subject(&jobs)?;
        let flown = again(own, contender, (ran.seed, &jobs), subject);
        let flown = flown.map_err(|fault| CompareError::Fault(fault, ran.seed))?;
        if flown.digests.decisions.to_string() != ran.decisions {
            return Err(Failure::Input(format!(
                "{}: {}, seed {} does something else than the run that is stored there: its version, its scenario or its \
                 data have changed since; fly it again with --out",
                dir.display(),
                ran.policy,
                ran.seed
            )));
        }
        terminal::say(&text(&ran, &flown, subject, format)?)
    }

    /// The run that is meant.
    fn run(&self, dir: &Path) -> Result<Ran, Failure> {
        let all = runs(dir)?;
        let asked = |ran: &&Ran| {
            self.policy.as_ref().is_none_or(|name| *name == ran.policy)
                && self.seed.is_none_or(|seed| seed == ran.seed)
        };
        let ran = all.iter().find(asked).cloned();
        ran.ok_or_else(|| {
            let there: Vec<String> = all
                .iter()
                .map(|ran| format!("{} {}", ran.policy, ran.seed))
                .collect();
            let there = if there.is_empty() {
                "none".to_owned()
            } else {
                there.join(", ")
            };
            Failure::Input(format!(
                "{}: no such run; policies and seeds there: {there}",
                dir.display()
            ))
        })
    }

    fn build(&self, dir: &Path) -> Result<Experiment, Failure> {
        let (file, text) = stored_scenario(dir)?;
        let folder = self.folder.as_deref().unwrap_or(dir);
        let roots = roots(&self.data)?;
        let name = file.to_string_lossy();
        let loaded = parse(&name, &text, (folder, &roots), &known);
        let loaded = loaded.map_err(|rejection| Failure::Rejected(Box::new(rejection)))?;
        Ok(Experiment::build(loaded)?)
    }

    fn subject(&self, jobs: &Jobs) -> Result<Subject, Failure> {
        if let Some(job) = &self.job {
            return Ok(Subject::Job(job_called(job, jobs)?));
        }
        if let Some(node) = self.node {
            let slots = sim_core::engine::Capacity::of(jobs.world()).slots();
            if node >= slots {
                return Err(Failure::Input(format!(
                    "--node {node}: there are {slots}, counted from 0"
                )));
            }
            return Ok(Subject::Node(NodeId(node)));
        }
        Ok(match self.at {
            Some(at) => Subject::At(SimTime::ZERO.saturating_add(at)),
            None => Subject::All,
        })
    }
}

/// The ordinal of a job: a number as in the table of jobs, or its name.
fn job_called(job: &str, jobs: &Jobs) -> Result<u32, Failure> {
    let count = convert::narrow(jobs.names().len());
    let number: Option<u32> = job.parse().ok();
    if let Some(number) =
        number.filter(|number| *number < count || *number >= limits::FIRST_REPLICA)
    {
        return Ok(number);
    }
    let position = jobs.names().iter().position(|name| name.to_string() == job);
    position.map(convert::narrow).ok_or_else(|| {
        Failure::Input(format!(
            "--job {job}: no job of this number or name; there are {count}, counted from 0"
        ))
    })
}

fn text(ran: &Ran, flown: &Again, subject: Subject, format: Format) -> Result<String, Failure> {
    let shares = waits::shares(&flown.waited);
    let about_all = subject == Subject::All;
    if format == Format::Json {
        return Ok(format!("{:#}\n", json(ran, flown, &shares)));
    }
    let told = if about_all {
        tables::waits(&shares)
    } else {
        vec![tables::story(&flown.lines)]
    };
    let shown = |table: &Table| match format {
        Format::Markdown => table.markdown(),
        Format::Text | Format::Json => table.text(terminal::width()),
    };
    let mut text = format!("{}, seed {}\n", ran.policy, ran.seed);
    for table in &told {
        text.extend(["\n", shown(table).map_err(plot)?.as_str()]);
    }
    for sentence in tables::legend(&flown.lines) {
        let bullet = if format == Format::Markdown {
            "- "
        } else {
            "  "
        };
        text.extend(["\n", bullet, sentence.as_str()]);
    }
    if !flown.lines.is_empty() {
        text.push('\n');
    }
    if let Some(sum) = &flown.sum {
        text.extend(["\n", sum.as_str(), "\n"]);
    }
    Ok(text)
}

/// Everything, for a program; times are microseconds.
fn json(ran: &Ran, flown: &Again, shares: &[waits::Share]) -> serde_json::Value {
    let lines = flown.lines.iter().map(|line| {
        serde_json::json!({
            "from_us": line.from.us(),
            "until_us": line.until.map(SimTime::us),
            "what": line.what,
            "reason": line.reason.map(Reason::name),
            "detail": line.detail,
        })
    });
    serde_json::json!({
        "policy": ran.policy,
        "seed": ran.seed,
        "decisions": ran.decisions,
        "waits": waits::json(shares),
        "lines": lines.collect::<Vec<_>>(),
        "sum": flown.sum,
    })
}
