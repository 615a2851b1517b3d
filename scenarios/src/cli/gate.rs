//! `gate`: do the policies still do what somebody said is right?

mod check;
mod selftest;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use sim_core::units::limits::MAX_TOML_BYTES;

use super::run::plot;
use super::scenario::{Source, policy};
use super::{Failure, common::Common, terminal};
use crate::build::Experiment;
use crate::experiment::words::counted;
use crate::experiment::{Plan, Store, compare};
use crate::gate::{self, Rules, tell};
use crate::schema::{Baseline, parse_baseline, print_baseline};

pub(super) const EXAMPLES: &str = "Examples:
  windtunnel gate accept my.toml --baseline gate.toml
  windtunnel gate check my.toml --baseline gate.toml --format github
  windtunnel gate check my.toml --baseline gate.toml --self-test

The baseline belongs into version control: accepting a change is a diff that somebody reviews.";

/// What to do with a baseline.
#[derive(Debug, Subcommand)]
pub(super) enum Gate {
    /// Flies the policies and writes down what they do: this is right
    Accept(Accept),
    /// Flies the policies on the seeds of a baseline, and fails if they became worse
    Check(check::Check),
}

impl Gate {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        match self {
            Self::Accept(accept) => accept.execute(),
            Self::Check(check) => check.execute(),
        }
    }
}

/// What both have in common.
#[derive(Debug, Args)]
struct Flying {
    #[command(flatten)]
    source: Source,
    /// The baseline: a file for version control
    #[arg(long, value_name = "FILE")]
    baseline: PathBuf,
    /// Only these policies, by name
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    policies: Vec<String>,
    /// How many seeds; to accept, the scenario's, and to check, the baseline's, if not said
    #[arg(long, value_name = "N")]
    replications: Option<u32>,
    #[command(flatten)]
    common: Common,
}

impl Flying {
    /// The experiment, and its rules for the policies that are asked for.
    fn build(&self) -> Result<(Experiment, Rules), Failure> {
        let experiment = self.source.build()?;
        let rules = gate::rules(&experiment.loaded);
        let mut rules = rules.map_err(|no| Failure::Rejected(Box::new(no)))?;
        if !self.policies.is_empty() {
            for name in &self.policies {
                policy(&experiment, name)?;
            }
            let asked = |name: &str| self.policies.iter().any(|own| own == name);
            let all = experiment.contenders.iter().map(|own| own.name.clone());
            rules.policies = all.filter(|name| asked(name)).collect();
        }
        if self.replications == Some(0) {
            let no = "--replications 0: an experiment is flown at least once";
            return Err(Failure::Input(no.to_owned()));
        }
        Ok((experiment, rules))
    }

    /// What the policies do on these seeds.
    fn fly(
        &self,
        experiment: &Experiment,
        rules: &Rules,
        seeds: &[u64],
    ) -> Result<Baseline, Failure> {
        let contenders = rules.policies.iter().map(|name| policy(experiment, name));
        let plan = Plan {
            contenders: contenders.collect::<Result<_, _>>()?,
            baseline: 0,
            seeds: seeds.to_vec(),
            threads: self.common.threads,
        };
        let flights = plan.contenders.len() * plan.seeds.len();
        let bar = self.common.bar(flights, "flying");
        let comparison = compare(experiment, plan, None, &|| bar.inc(1))?;
        bar.finish_and_clear();
        Ok(gate::record(experiment, &comparison, rules))
    }
}

/// Writes down what the policies do.
#[derive(Debug, Args)]
pub(super) struct Accept {
    #[command(flatten)]
    flying: Flying,
}

impl Accept {
    fn execute(&self) -> Result<(), Failure> {
        let (experiment, rules) = self.flying.build()?;
        let scenario = &experiment.loaded.scenario;
        let asked = self
            .flying
            .replications
            .unwrap_or(scenario.replicate.n.value);
        // Where nothing is drawn all seeds are alike, and one says it all.
        let n = if experiment.is_random() {
            u64::from(asked)
        } else {
            1
        };
        let seeds = following(scenario.seed.value, n)?;
        let accepted = self.flying.fly(&experiment, &rules, &seeds)?;
        put(&self.flying.baseline, print_baseline(&accepted).as_bytes())?;
        let foreseen = gate::foresee(&rules, &accepted);
        let mut text = format!(
            "accepted: {}, {}: {}\n",
            match accepted.policies.len() {
                1 => "1 policy".to_owned(),
                n => format!("{n} policies"),
            },
            counted(seeds.len(), "seed"),
            self.flying.baseline.display(),
        );
        if !foreseen.is_empty() && experiment.is_random() {
            let table = tell::foresight(&foreseen)
                .text(terminal::width())
                .map_err(plot)?;
            text.extend(["\n", table.as_str()]);
        }
        if experiment.is_random() && seeds.len() < 2 && !self.flying.common.quiet {
            eprintln!("{ONE_SEED}");
        }
        terminal::say(&text)
    }
}

/// What a single seed cannot do.
const ONE_SEED: &str = "one seed cannot tell a change from chance: set replicate.n, or --replications, to 20 or so, and accept again";

/// Seeds from `first` on.
fn following(first: u64, n: u64) -> Result<Vec<u64>, Failure> {
    let past = first
        .checked_add(n)
        .filter(|past| i64::try_from(*past).is_ok());
    let beyond = || {
        Failure::Input(format!(
            "seed {first}: seed + replications is beyond 63 bits"
        ))
    };
    Ok((first..past.ok_or_else(beyond)?).collect())
}

/// Writes a file whole, or not at all.
fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Err(Failure::Input(format!(
            "--baseline {}: not a file",
            path.display()
        )));
    };
    let store = Store::open(folder.unwrap_or_else(|| Path::new(".")))?;
    Ok(store.put(name, bytes)?)
}

/// Reads a baseline.
fn read(path: &Path) -> Result<Baseline, Failure> {
    let io = |error| Failure::Io(path.to_owned(), error);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(io)?;
    file.take(MAX_TOML_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    let read = parse_baseline(&path.to_string_lossy(), &bytes);
    read.map_err(|no| Failure::Rejected(Box::new(no)))
}
