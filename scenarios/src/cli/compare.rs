//! `compare`: all policies, all seeds, side by side.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sim_core::units::convert;

use super::common::{Common, Tables};
use super::run::plot;
use super::scenario::Source;
use super::{Failure, terminal};
use crate::build::Experiment;
use crate::experiment::claims::Judged;
use crate::experiment::metrics::METRICS;
use crate::experiment::{
    Comparison, Plan, Store, bound_sentences, claim_sentences, claims_table, claims_text, compare,
    compare_until, judge, notices, paired_table, sentences, waits_tables, write,
};

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For a terminal
    Text,
    /// For a program
    Json,
    /// For a page
    Markdown,
}

/// Flies all policies with all seeds.
#[derive(Debug, Args)]
pub(super) struct Compare {
    #[command(flatten)]
    source: Source,
    /// Only these policies, by name; the baseline is always among them
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    policies: Vec<String>,
    /// How many seeds; the scenario's if not said
    #[arg(long, value_name = "N")]
    replications: Option<u32>,
    /// Where figures, tables and the report go
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
    /// In what form tables are written
    #[arg(long, value_enum, default_value_t = Tables::Csv)]
    tables: Tables,
    /// Says why jobs waited
    #[arg(long)]
    explain: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Compare {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let mut experiment = self.source.build()?;
        if self.explain {
            experiment.ask_why();
        }
        let plan = self.plan(&experiment)?;
        let out = self
            .out
            .clone()
            .unwrap_or_else(|| PathBuf::from("out").join(&experiment.loaded.scenario.name.value));
        let store = Store::open(&out)?.in_form(self.tables.into());
        let flights = plan.contenders.len() * plan.seeds.len();
        let bar = self.common.bar(flights, "flying");
        let done = || bar.inc(1);
        let until = experiment.loaded.scenario.replicate.until.as_ref();
        // Whoever says how many wants as many.
        let comparison = match until.filter(|_| self.replications.is_none()) {
            None => compare(&experiment, plan, Some(&store), &done)?,
            Some(until) => {
                let grown = |flights: usize| bar.inc_length(convert::wide(flights));
                let telling = (&done as &(dyn Fn() + Sync), &grown as &dyn Fn(usize));
                compare_until(&experiment, (plan, until), Some(&store), telling)?
            }
        };
        bar.finish_and_clear();
        let written = write(&store, &experiment, &comparison)?;
        terminal::say(&self.text(&experiment, &comparison)?)?;
        if !self.common.quiet {
            let report = out.join("report.html");
            eprintln!(
                "\n{} figures and the report: {}",
                written.len() - 1,
                report.display()
            );
        }
        Ok(())
    }

    fn plan(&self, experiment: &Experiment) -> Result<Plan, Failure> {
        let plan = Plan::asked(experiment, &self.policies, self.replications);
        Ok(Plan {
            threads: self.common.threads,
            ..plan.map_err(Failure::Input)?
        })
    }

    fn text(&self, experiment: &Experiment, comparison: &Comparison) -> Result<String, Failure> {
        let table = paired_table(experiment, comparison);
        let sentences = sentences(experiment, comparison);
        let bounds = bound_sentences(experiment, comparison);
        Ok(match self.format {
            Format::Text => {
                let scenario = &experiment.loaded.scenario;
                let mut text = scenario.name.value.clone();
                if let Some(description) = &scenario.description {
                    text = format!("{text}: {description}");
                }
                text.push_str("\n\n");
                text.push_str(&table.text(terminal::width()).map_err(plot)?);
                text.push('\n');
                for waits in waits_tables(experiment, comparison) {
                    text.push_str(&waits.text(terminal::width()).map_err(plot)?);
                    text.push('\n');
                }
                for sentence in sentences.iter().chain(&bounds) {
                    text.extend(["  ", sentence.as_str(), "\n"]);
                }
                for (badge, note) in notices(experiment, comparison) {
                    text.extend(["\nnote: ", badge.as_str(), ". ", note.as_str()]);
                }
                text.trim_end().to_owned() + "\n" + &claims(experiment, comparison, self.format)?
            }
            Format::Markdown => {
                let mut text = table.markdown().map_err(plot)?;
                text.push('\n');
                for waits in waits_tables(experiment, comparison) {
                    text.push_str(&waits.markdown().map_err(plot)?);
                    text.push('\n');
                }
                for sentence in sentences.iter().chain(&bounds) {
                    text.extend(["- ", sentence.as_str(), "\n"]);
                }
                text + &claims(experiment, comparison, self.format)?
            }
            Format::Json => json(experiment, comparison, (&sentences, &bounds)),
        })
    }
}

/// The question, and what the run says to each claim.
fn claims(
    experiment: &Experiment,
    comparison: &Comparison,
    format: Format,
) -> Result<String, Failure> {
    let judged = judge(experiment, comparison);
    let mut text = String::new();
    if let Some(question) = &experiment.loaded.scenario.question {
        text.extend(["\nquestion: ", question.as_str(), "\n"]);
    }
    if judged.is_empty() {
        return Ok(text);
    }
    text.push('\n');
    if format != Format::Markdown {
        return Ok(text + &claims_text(&judged));
    }
    text.push_str(&claims_table(&judged).markdown().map_err(plot)?);
    text.push('\n');
    for sentence in claim_sentences(&judged) {
        text.extend(["- ", sentence.as_str(), "\n"]);
    }
    Ok(text)
}

fn claims_json(experiment: &Experiment, comparison: &Comparison) -> Vec<serde_json::Value> {
    let judged = judge(experiment, comparison);
    let claim = |claim: &Judged<'_>| {
        let spec = claim.spec;
        serde_json::json!({
            "claim": spec.name.value,
            "text": spec.text,
            "source": spec.source,
            "assumptions": spec.assumptions,
            "what": claim.what(),
            "measured": claim.measured.map(|mean| mean.mean),
            "half_width": claim.measured.and_then(|mean| mean.half),
            "never": claim.never,
            "at_least": spec.at_least,
            "at_most": spec.at_most,
            "verdict": claim.verdict.words(),
            "figure": spec.figure.as_ref().map(|figure| &figure.value),
        })
    };
    judged.iter().map(claim).collect()
}

fn json(
    experiment: &Experiment,
    comparison: &Comparison,
    (sentences, bounds): (&[String], &[String]),
) -> String {
    let policies = comparison
        .plan
        .contenders
        .iter()
        .enumerate()
        .map(|(at, position)| {
            let metrics = comparison.metrics().filter_map(|metric| {
                let mean = comparison.mean(at, metric)?;
                let difference = comparison.difference(at, metric);
                Some((
                    METRICS[metric].name.to_owned(),
                    serde_json::json!({
                        "mean": mean.mean,
                        "half_width": mean.half,
                        "baseline_diff": difference.map(|mean| mean.mean),
                        "diff_half_width": difference.and_then(|mean| mean.half),
                    }),
                ))
            });
            let metrics: serde_json::Map<String, serde_json::Value> = metrics.collect();
            let contender = &experiment.contenders[*position];
            serde_json::json!({
                "policy": contender.name,
                "peeks": contender.knows.peeks,
                "compat": contender.knows.compat,
                "metrics": metrics,
            })
        });
    let baseline = comparison.plan.contenders[comparison.plan.baseline];
    let whole = serde_json::json!({
        "scenario": experiment.loaded.scenario.name.value,
        "baseline": experiment.contenders[baseline].name,
        "exact": comparison.exact,
        "seeds": comparison.plan.seeds,
        "policies": policies.collect::<Vec<_>>(),
        "sentences": sentences,
        "bounds": bounds,
        "question": experiment.loaded.scenario.question,
        "claims": claims_json(experiment, comparison),
    });
    format!("{whole:#}\n")
}
