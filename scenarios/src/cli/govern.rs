//! `govern`: who spent what, and the figures by which a cluster is run.

use std::path::PathBuf;

use clap::Args;

use super::run::plot;
use super::scenario::{Source, policy};
use super::{Failure, compare::Format, terminal};
use crate::build::Experiment;
use crate::experiment::flight::{Flight, Keep, fly};
use crate::experiment::{CompareError, Store};
use crate::govern::{csv, kpis, markdown, report, showback};

pub(super) const EXAMPLES: &str = "Examples:
  windtunnel govern scenarios/library/spot-training.toml --policy spot-first
  windtunnel govern mine/scenario.toml --policy packed --out governance

Writes showback.csv (by team, workload, model, tag and project; by day, week and month), kpis.csv, govern.md and
govern.html. A month is one of the scenario's calendar, a week is seven days of the run; a day of spending counts
to the week and the month in which it begins. Tags and projects are those of workloads: tags = [\"project:atlas\"].";

/// Flies a policy and the baseline, and shows who spent what.
#[derive(Debug, Args)]
pub(super) struct Govern {
    #[command(flatten)]
    source: Source,
    /// The policy; the baseline if not said
    #[arg(long)]
    policy: Option<String>,
    /// The seed; the scenario's if not said
    #[arg(long)]
    seed: Option<u64>,
    /// Writes tables and pages into this folder
    #[arg(long)]
    out: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Govern {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let experiment = self.source.build()?;
        let scenario = &experiment.loaded.scenario;
        let (title, base) = (&scenario.name.value, &scenario.baseline.value);
        let name = self.policy.as_ref().unwrap_or(base);
        let seed = self.seed.unwrap_or(scenario.seed.value);
        let (own, flight) = flown(&experiment, name, seed)?;
        let shown = showback(own, &flight.record);
        let (_, baseline) = flown(&experiment, base, seed)?;
        let kpis = kpis((own, &flight), (base, &baseline), &shown);
        let page = report(title, name, &kpis, &shown);
        let text = markdown(&page).map_err(plot)?;
        if let Some(out) = &self.out {
            let store = Store::open(out)?;
            store.put("showback.csv", &csv(&shown))?;
            store.put("kpis.csv", &table(&kpis))?;
            store.put("govern.md", text.as_bytes())?;
            store.put("govern.html", page.html().map_err(plot)?.as_bytes())?;
        }
        match self.format {
            Format::Markdown => terminal::say(&text),
            Format::Json => {
                let kpis = kpis.iter().map(|kpi| {
                    serde_json::json!({ "name": kpi.name, "value": kpi.value, "unit": kpi.unit, "how": kpi.how })
                });
                let told = serde_json::json!({ "policy": name, "seed": seed, "kpis": kpis.collect::<Vec<_>>() });
                terminal::say(&format!("{told:#}\n"))
            }
            Format::Text => {
                let mut text = format!("{title}: {name}, seed {seed}\n");
                for section in page.sections.iter().take(2) {
                    for block in &section.blocks {
                        if let plots::report::Block::Table { table, caption } = block {
                            let table = table.text(terminal::width()).map_err(plot)?;
                            text.extend(["\n", caption, "\n", &table]);
                        }
                    }
                }
                terminal::say(&text)
            }
        }
    }
}

/// A flight of the policy called `name`, in the experiment as it has it.
fn flown<'a>(
    experiment: &'a Experiment,
    name: &str,
    seed: u64,
) -> Result<(&'a Experiment, Flight), Failure> {
    let contender = policy(experiment, name)?;
    let own = experiment.of_policy(contender);
    let jobs = own.jobs(seed).map_err(CompareError::Jobs)?;
    let keep = Keep {
        samples: true,
        stays: usize::MAX,
    };
    let flown = fly(own, contender, (seed, &jobs), keep);
    Ok((
        own,
        flown.map_err(|fault| CompareError::Fault(fault, seed))?,
    ))
}

/// The figures as a table: `kpi, value, unit, how`.
fn table(kpis: &[crate::govern::Kpi]) -> Vec<u8> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["kpi", "value", "unit", "how"])
        .expect("memory takes all");
    for kpi in kpis {
        let value = kpi.value.map_or(String::new(), |value| value.to_string());
        csv.write_record([kpi.name, &value, kpi.unit, &kpi.how])
            .expect("memory takes all");
    }
    csv.into_inner().expect("memory takes all")
}
