//! `selftest`: random scenarios under audit, beside the naive reference.

use clap::Args;

use super::compare::Format;
use super::{Failure, progress, terminal};
use crate::selftest::{Options, Report, run};

/// Flies random scenarios under audit.
#[derive(Debug, Args)]
pub(super) struct Selftest {
    /// How many scenarios
    #[arg(long, default_value_t = 1000)]
    scenarios: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only policies whose name contains this
    #[arg(long)]
    policy: Option<String>,
    /// How many threads; all cores if not said
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    threads: usize,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// No progress bar
    #[arg(long)]
    no_progress: bool,
}

/// From this many scenarios on, what is never reached is a failure.
const THOROUGH: u64 = 5000;

impl Selftest {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let total = usize::try_from(self.scenarios).unwrap_or(usize::MAX);
        let bar = progress::bar(total, "scenarios", !self.no_progress);
        let options = Options {
            seed: self.seed,
            scenarios: self.scenarios,
            policy: self.policy.clone(),
            threads: self.threads,
        };
        let report = run(&options, &|| bar.inc(1));
        bar.finish_and_clear();
        terminal::say(&match self.format {
            Format::Json => json(&report),
            Format::Text | Format::Markdown => text(&report),
        })?;
        let missing = report.reach.missing();
        if let Some(first) = report.failures.first() {
            let (seed, policy) = (first.seed, &first.policy);
            let again =
                format!("windtunnel selftest --seed {seed} --scenarios 1 --policy {policy}");
            return Err(Failure::Broken(format!(
                "seed {seed}, policy {policy}: {}\nagain: {again}",
                first.what
            )));
        }
        if self.scenarios >= THOROUGH && self.policy.is_none() && !missing.is_empty() {
            return Err(Failure::Broken(format!(
                "never reached: {}",
                missing.join(", ")
            )));
        }
        Ok(())
    }
}

fn text(report: &Report) -> String {
    let rows = report.reach.rows();
    let reached = rows.iter().filter(|(_, times)| *times > 0).count();
    let counts: Vec<String> = rows
        .iter()
        .map(|(name, times)| format!("  {name:<30}{times:>12}\n"))
        .collect();
    let failures: Vec<String> = report
        .failures
        .iter()
        .take(20)
        .map(|failing| {
            format!(
                "seed {}, {}: {}\n",
                failing.seed, failing.policy, failing.what
            )
        })
        .collect();
    let failed = u64::try_from(report.failures.len()).expect("64 bits");
    format!(
        "{} scenarios, {} flights, {} facts: audited, replayed by the naive simulator, flown again, taken up from a snapshot\n\n\
         {reached} of {} kinds reached\n{}\n{}{} passed, {failed} failed\n",
        report.scenarios,
        report.flights,
        report.facts,
        rows.len(),
        counts.concat(),
        failures.concat(),
        report.flights - failed,
    )
}

fn json(report: &Report) -> String {
    let failures = report.failures.iter().map(|failing| {
        serde_json::json!({ "seed": failing.seed, "policy": failing.policy, "what": failing.what })
    });
    let reach = report
        .reach
        .rows()
        .into_iter()
        .map(|(name, times)| (name.to_owned(), times.into()));
    let whole = serde_json::json!({
        "scenarios": report.scenarios,
        "flights": report.flights,
        "facts": report.facts,
        "failures": failures.collect::<Vec<_>>(),
        "reach": reach.collect::<serde_json::Map<String, serde_json::Value>>(),
    });
    format!("{whole:#}\n")
}
