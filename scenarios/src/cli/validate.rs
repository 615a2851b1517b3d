//! `validate`: how far a replay is from what was observed, so that one knows how far to trust it.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use plots::table::{Cell, Table, Value};

use super::run::plot;
use super::scenario::{Source, policy};
use super::{Failure, compare::Format, terminal};
use crate::experiment::CompareError;
use crate::experiment::flight::{Keep, fly};
use crate::stats::Mean;
use crate::validate::{Error, Pairs, Quantity, errors, pairs, read};

pub(super) const EXAMPLES: &str = "Examples:
  windtunnel trace import kubectl --nodes nodes.json --pods pods.json --out mine
  windtunnel validate mine/scenario.toml --observed mine/observed.csv
  windtunnel validate mine/scenario.toml --observed mine/observed.csv --within 0.1
  windtunnel validate mine/scenario.toml --observed mine/observed.csv --policy packed --out trust

Intervals are of 95 %, over batches of jobs in the order of their submission. Utilization counts
an observed job's GPUs from its start to its end. Where the table does not tell what jobs cost, the bill is what their
hours would cost at the rates of the run. Exit codes: 0 done; 1 off by more than --within; 2 bad input.";

/// Flies a policy and compares its schedule with an observed one.
#[derive(Debug, Args)]
pub(super) struct Validate {
    #[command(flatten)]
    source: Source,
    /// The observed schedule: a table with `job`, `submit_us`, `start_us`, `finish_us`, and `cost_nanousd` if it is known
    #[arg(long, value_name = "FILE")]
    observed: PathBuf,
    /// The policy that stands for how the cluster decided; the baseline if not said
    #[arg(long)]
    policy: Option<String>,
    /// The seed; the scenario's if not said
    #[arg(long)]
    seed: Option<u64>,
    /// Fails if a mean, the utilization or the bill is off by more than this part of it, beyond chance
    #[arg(long, value_name = "PART")]
    within: Option<f64>,
    /// Writes validate.csv and the errors of each job, validate-jobs.csv, into this folder
    #[arg(long)]
    out: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Validate {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        if self.within.is_some_and(|part| part.is_nan() || part < 0.0) {
            return Err(Failure::Input(
                "--within: a part not below zero, such as 0.1".into(),
            ));
        }
        let bytes =
            fs::read(&self.observed).map_err(|error| Failure::Io(self.observed.clone(), error))?;
        let observed = read(&bytes)
            .map_err(|error| Failure::Input(format!("{}:{error}", self.observed.display())))?;
        let experiment = self.source.build()?;
        let scenario = &experiment.loaded.scenario;
        let name = self.policy.as_ref().unwrap_or(&scenario.baseline.value);
        let contender = policy(&experiment, name)?;
        let seed = self.seed.unwrap_or(scenario.seed.value);
        let experiment = experiment.of_policy(contender);
        let jobs = experiment.jobs(seed).map_err(CompareError::Jobs)?;
        // With samples the bill is attributed, so that costs are those of a run's own table.
        let keep = Keep {
            samples: true,
            stays: 0,
        };
        let flown = fly(experiment, contender, (seed, &jobs), keep);
        let flight = flown.map_err(|fault| CompareError::Fault(fault, seed))?;
        let names = jobs.names().iter().map(ToString::to_string);
        let all = pairs(&observed, names.zip(&flight.record.rows));
        if all.pairs.is_empty() {
            let message = format!(
                "no job of {} is in the scenario: names are compared with those of its traces",
                self.observed.display()
            );
            return Err(Failure::Input(message));
        }
        let offerings = jobs.world().offerings.iter();
        let gpus: u64 = offerings
            .map(|own| u64::from(own.max) * u64::from(own.shape.gpus))
            .sum();
        let errors = errors(&all, gpus);
        let table = table(&errors);
        if let Some(out) = &self.out {
            let put = |name: &str, bytes: &[u8]| write(out, name, bytes);
            put("validate.csv", table.csv().map_err(plot)?.as_bytes())?;
            put("validate-jobs.csv", &by_job(&all))?;
        }
        self.tell(&all, &errors, &table, name)?;
        let beyond = |error: &&Error| self.within.is_some_and(|part| error.is_beyond(part));
        match errors
            .iter()
            .filter(|error| !matches!(error.of, Quantity::Percentile(..)))
            .find(beyond)
        {
            Some(error) => {
                eprintln!(
                    "{} is off by more than --within, beyond chance",
                    shown(error.of)
                );
                Err(Failure::Failed)
            }
            None => Ok(()),
        }
    }

    fn tell(
        &self,
        all: &Pairs,
        errors: &[Error],
        table: &Table,
        policy: &str,
    ) -> Result<(), Failure> {
        let rates = if all.is_cost_told {
            ""
        } else {
            "; the observed bill is at the rates of the run"
        };
        let head = format!(
            "{policy} against {}: {} jobs in both, {} only observed, {} only simulated{rates}\n\n",
            self.observed.display(),
            all.pairs.len(),
            all.only_observed,
            all.only_simulated
        );
        let text = match self.format {
            Format::Text => head + &table.text(terminal::width()).map_err(plot)?,
            Format::Markdown => table.markdown().map_err(plot)?,
            Format::Json => {
                let ends =
                    |mean: Option<Mean>| mean.map(|mean| [mean.ends().0, mean.mean, mean.ends().1]);
                let errors = errors.iter().map(|error| {
                    serde_json::json!({
                        "quantity": shown(error.of),
                        "observed": error.observed,
                        "simulated": error.simulated,
                        "error_low_mid_high": ends(error.error),
                        "relative_low_mid_high": ends(error.relative),
                        "n": error.n,
                    })
                });
                let told = serde_json::json!({
                    "policy": policy,
                    "jobs": all.pairs.len(),
                    "only_observed": all.only_observed,
                    "only_simulated": all.only_simulated,
                    "is_cost_told": all.is_cost_told,
                    "errors": errors.collect::<Vec<_>>(),
                });
                format!("{told:#}\n")
            }
        };
        terminal::say(&text)
    }
}

/// What a quantity is called, with its unit.
fn shown(of: Quantity) -> String {
    match of {
        Quantity::Mean(name) => format!("mean {name} s"),
        Quantity::Percentile(name, percent) => format!("p{percent} {name} s"),
        Quantity::Utilization => String::from("utilization %"),
        Quantity::Bill => String::from("bill $"),
    }
}

fn table(errors: &[Error]) -> Table {
    let interval = |mean: Option<Mean>, scale: f64, decimals: u8| -> Cell {
        let Some(mean) = mean else {
            return Value::Missing.into();
        };
        let (low, high) = mean.ends();
        Value::Interval {
            value: mean.mean * scale,
            low: low * scale,
            high: high * scale,
            decimals,
        }
        .into()
    };
    let row = |error: &Error| {
        vec![
            shown(error.of).as_str().into(),
            Cell::number(error.observed, 2),
            Cell::number(error.simulated, 2),
            interval(error.error, 1.0, 2),
            interval(error.relative, 100.0, 2),
            Value::Integer(i128::try_from(error.n).unwrap_or(i128::MAX)).into(),
        ]
    };
    let columns = ["", "observed", "simulated", "error", "error %", "n"];
    Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: errors.iter().map(row).collect(),
    }
}

/// One row a job, in the order of submission; times in microseconds, errors as simulated less observed.
fn by_job(all: &Pairs) -> Vec<u8> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let columns = [
        "job",
        "submit_us",
        "observed_start_us",
        "simulated_start_us",
        "observed_finish_us",
        "simulated_finish_us",
        "wait_error_us",
        "jct_error_us",
    ];
    csv.write_record(columns).expect("memory takes all");
    for pair in &all.pairs {
        let us = |at: Option<u64>| at.map_or(String::new(), |at| at.to_string());
        let error = |observed: Option<u64>, simulated: Option<u64>| {
            let both = observed.zip(simulated);
            both.map_or(String::new(), |(observed, simulated)| {
                (i128::from(simulated) - i128::from(observed)).to_string()
            })
        };
        let guard = if pair.name.starts_with(['=', '+', '-', '@']) {
            "'"
        } else {
            ""
        };
        csv.write_record([
            format!("{guard}{}", pair.name),
            pair.submit_us.to_string(),
            us(pair.observed.0),
            us(pair.simulated.0),
            us(pair.observed.1),
            us(pair.simulated.1),
            error(pair.observed.0, pair.simulated.0),
            error(pair.observed.1, pair.simulated.1),
        ])
        .expect("memory takes all");
    }
    csv.into_inner().expect("memory takes all")
}

fn write(out: &Path, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let path = out.join(name);
    let fail = |error| Failure::Io(path.clone(), error);
    fs::create_dir_all(out).map_err(fail)?;
    fs::write(&path, bytes).map_err(fail)
}
