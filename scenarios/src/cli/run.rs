//! `run`: one policy, one seed.

use std::path::PathBuf;

use clap::Args;
use sim_core::units::Money;

use super::common::{Common, Tables};
use super::one::One;
use super::{Failure, compare::Format, terminal};
use crate::build::{Experiment, Jobs};
use crate::experiment::flight::{Flight, Keep};
use crate::experiment::metrics::METRICS;
use crate::experiment::money::{self, Item};
use crate::experiment::{Store, bound_lines, money_table, run_table, words};
use crate::explain::tables;
use crate::waits::{json, shares};

/// Flies one policy with one seed.
#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    one: One,
    /// Writes the tables of the run into this folder
    #[arg(long)]
    out: Option<PathBuf>,
    /// In what form tables are written
    #[arg(long, value_enum, default_value_t = Tables::Csv)]
    tables: Tables,
    /// Says why jobs waited
    #[arg(long)]
    explain: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    common: Common,
}

impl Run {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let keep = Keep {
            samples: self.out.is_some(),
            stays: if self.out.is_some() { usize::MAX } else { 0 },
        };
        let text = self.one.fly(
            (keep, self.explain),
            &self.common,
            |[whole, experiment], flight, jobs| {
                if let Some(out) = &self.out {
                    let store = Store::open(out)?.in_form(self.tables.into());
                    store.scenario(whole)?;
                    store.flight(experiment, flight, jobs)?;
                    if !self.common.quiet {
                        eprintln!("the tables of the run: {}", out.display());
                    }
                }
                self.text(experiment, flight, jobs)
            },
        );
        terminal::say(&text?)
    }

    fn text(
        &self,
        experiment: &Experiment,
        flight: &Flight,
        jobs: &Jobs,
    ) -> Result<String, Failure> {
        let scenario = &experiment.loaded.scenario;
        let name = &experiment.contenders[flight.contender].name;
        let (seed, jobs) = (flight.seed, jobs.names().len());
        let table = run_table(flight);
        let money = money_table(experiment, flight);
        Ok(match self.format {
            Format::Text => {
                let finish = words::finish(flight.finish);
                let head = format!(
                    "{}: {name}, seed {seed}: {jobs} jobs, {finish} at {}\n\n",
                    scenario.name.value, flight.record.end
                );
                let digests = format!(
                    "\ndecisions {}\nfacts     {}\n",
                    flight.digests.decisions, flight.digests.facts
                );
                let mut text = head + &table.text(terminal::width()).map_err(plot)?;
                if let Some(money) = money {
                    text = text + "\n" + &money.text(terminal::width()).map_err(plot)?;
                }
                text += &waits(flight, self.format)?;
                let bounds = bound_lines(flight);
                if !bounds.is_empty() {
                    text.extend(["\n", &bounds.join("\n"), "\n"]);
                }
                text + &digests
            }
            Format::Markdown => {
                let mut text = table.markdown().map_err(plot)?;
                if let Some(money) = money {
                    text = text + "\n" + &money.markdown().map_err(plot)?;
                }
                text + &waits(flight, self.format)?
            }
            Format::Json => {
                let metrics = METRICS
                    .iter()
                    .zip(&flight.metrics)
                    .map(|(metric, value)| (metric.name.to_owned(), (*value).into()));
                let metrics: serde_json::Map<String, serde_json::Value> = metrics.collect();
                let run = serde_json::json!({
                    "scenario": scenario.name.value,
                    "policy": name,
                    "seed": seed,
                    "finish": words::finish(flight.finish),
                    "digests": { "decisions": flight.digests.decisions.to_string(), "facts": flight.digests.facts.to_string() },
                    "metrics": metrics,
                    "bill": bill(experiment, flight),
                    "bounds": bound_lines(flight),
                    "waits": flight.waited.as_ref().map(|waited| json(&shares(waited))),
                });
                format!("{run:#}\n")
            }
        })
    }
}

/// Why jobs waited, if that was asked for.
fn waits(flight: &Flight, format: Format) -> Result<String, Failure> {
    let Some(waited) = &flight.waited else {
        return Ok(String::new());
    };
    let mut text = String::new();
    for table in tables::waits(&shares(waited)) {
        let table = match format {
            Format::Markdown => table.markdown(),
            Format::Text | Format::Json => table.text(terminal::width()),
        };
        text.extend(["\n", table.map_err(plot)?.as_str()]);
    }
    Ok(text)
}

/// The bill by market and kind of line. Amounts are texts: they are integers that a reader of JSON may not hold.
fn bill(experiment: &Experiment, flight: &Flight) -> Vec<serde_json::Value> {
    let key = |item: &Item| {
        let market = money::market_name(&experiment.world, item.source);
        (market, money::kind_name(item.kind))
    };
    let items = money::items(&flight.record);
    let sums = money::sums(items.iter().map(|item| (key(item), item.amount)));
    let line = |((market, kind), amount): ((&str, &str), Money)| {
        let amount = amount.nanousd().to_string();
        serde_json::json!({ "market": market, "kind": kind, "cost_nanousd": amount })
    };
    sums.into_iter().map(line).collect()
}

/// A table that cannot be printed: a bug of ours.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form that `map_err` takes"
)]
pub(super) fn plot(error: plots::PlotError) -> Failure {
    Failure::Broken(error.to_string())
}
