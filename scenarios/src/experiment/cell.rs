//! The runs of one cell, by policy and seed: what `runs.csv` and `summary.csv` are made of, fresh from a comparison or read back.

use super::compare::Comparison;
use super::metrics::METRICS;
use super::sheet::{Csv, number, text};
use super::words;
use crate::build::Experiment;
use crate::stats::holm::holm;
use crate::stats::mean::t_test;
use crate::stats::{Mean, Side, differences};

/// The runs of one cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// What tables call it.
    pub name: String,
    /// Whether nothing is drawn, so that every seed would give the same.
    pub exact: bool,
    /// Position of the baseline among the policies.
    pub baseline: usize,
    /// The policies, in the order of the plan.
    pub entrants: Vec<Entrant>,
}

/// The runs of one policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Entrant {
    /// Its name, as tables show it.
    pub policy: String,
    /// One a seed.
    pub runs: Vec<Run>,
}

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The seed.
    pub seed: u64,
    /// How it ended.
    pub finish: String,
    /// In the order of [`METRICS`].
    pub metrics: Vec<Option<f64>>,
}

const SUMMARY: [&str; 11] = [
    "cell",
    "policy",
    "metric",
    "mean",
    "ci_low",
    "ci_high",
    "baseline_diff",
    "diff_ci_low",
    "diff_ci_high",
    "p_adjusted",
    "n",
];

/// The columns of `runs.csv`: what a run is called, then every metric.
pub fn run_columns() -> impl Iterator<Item = &'static str> {
    let head = ["cell", "policy", "seed", "finish"].into_iter();
    head.chain(METRICS.iter().map(|metric| metric.name))
}

/// One row a run, every metric a column, without a heading.
pub fn run_rows(cell: &Cell) -> Vec<u8> {
    let mut csv = Csv::new([]);
    for entrant in &cell.entrants {
        for run in &entrant.runs {
            let head = [
                cell.name.clone(),
                entrant.policy.clone(),
                run.seed.to_string(),
                run.finish.clone(),
            ];
            csv.row(
                head.into_iter()
                    .chain(run.metrics.iter().map(|value| number(*value))),
            );
        }
    }
    csv.bytes()
}

/// The line over [`run_rows`].
pub fn run_heading() -> Vec<u8> {
    Csv::new(run_columns()).bytes()
}

/// The line over [`summary_rows`].
pub fn summary_heading() -> Vec<u8> {
    Csv::new(SUMMARY).bytes()
}

/// Means and paired differences, with 95 % intervals where anything was drawn, without a heading.
pub fn summary_rows(cell: &Cell) -> Vec<u8> {
    let mut csv = Csv::new([]);
    let corrected: Vec<_> = (0..METRICS.len())
        .map(|metric| cell.corrected(metric))
        .collect();
    for (at, entrant) in cell.entrants.iter().enumerate() {
        for (metric, spec) in METRICS.iter().enumerate() {
            let Some(mean) = cell.mean(at, metric) else {
                continue;
            };
            let difference = cell.difference(at, metric);
            let ends = |mean: &Mean| mean.half.map(|_| mean.ends());
            let (low, high) =
                ends(&mean).map_or((None, None), |(low, high)| (Some(low), Some(high)));
            let between = difference.as_ref().and_then(ends);
            csv.row([
                cell.name.clone(),
                entrant.policy.clone(),
                spec.name.to_owned(),
                number(Some(mean.mean)),
                number(low),
                number(high),
                number(difference.map(|mean| mean.mean)),
                number(between.map(|(low, _)| low)),
                number(between.map(|(_, high)| high)),
                number(corrected[metric][at]),
                mean.n.to_string(),
            ]);
        }
    }
    csv.bytes()
}

impl Cell {
    /// What a comparison found, as the cell of this name.
    pub fn of(name: &str, experiment: &Experiment, comparison: &Comparison) -> Self {
        let plan = &comparison.plan;
        let entrants = plan.contenders.iter().zip(&comparison.flights);
        let entrants = entrants.map(|(position, flights)| Entrant {
            policy: text(&experiment.contenders[*position].name),
            runs: flights
                .iter()
                .map(|summary| Run {
                    seed: summary.seed,
                    finish: words::finish(summary.finish).to_owned(),
                    metrics: summary.metrics.clone(),
                })
                .collect(),
        });
        Self {
            name: name.to_owned(),
            exact: comparison.exact,
            baseline: plan.baseline,
            entrants: entrants.collect(),
        }
    }

    /// The mean of a metric of a policy over the seeds; without an interval where nothing is drawn.
    pub fn mean(&self, entrant: usize, metric: usize) -> Option<Mean> {
        let values: Vec<f64> = self.values(entrant, metric).into_iter().flatten().collect();
        Mean::of(&values).map(|mean| self.of_what_is_drawn(mean))
    }

    /// Its mean paired difference from the baseline.
    pub fn difference(&self, entrant: usize, metric: usize) -> Option<Mean> {
        let base = self.values(self.baseline, metric);
        let differences = differences(&self.values(entrant, metric), &base);
        Mean::of(&differences).map(|mean| self.of_what_is_drawn(mean))
    }

    /// By policy: the p-value of its paired difference from the baseline (two-sided t test), corrected by Holm for all policies
    /// that are compared in this metric. None of the baseline, where nothing is drawn, and where all seeds say alike.
    pub fn corrected(&self, metric: usize) -> Vec<Option<f64>> {
        let base = self.values(self.baseline, metric);
        let test = |at: usize| {
            let differences = differences(&self.values(at, metric), &base);
            let test = t_test(&differences, 0.0, Side::Both).ok();
            test.filter(|_| at != self.baseline && !self.exact)
                .map(|test| test.p)
        };
        let single: Vec<Option<f64>> = (0..self.entrants.len()).map(test).collect();
        let told: Vec<f64> = single.iter().copied().flatten().collect();
        let mut corrected = holm(&told).unwrap_or_default().into_iter();
        let single = single.into_iter();
        single.map(|p| p.and_then(|_| corrected.next())).collect()
    }

    fn values(&self, entrant: usize, metric: usize) -> Vec<Option<f64>> {
        let runs = self.entrants[entrant].runs.iter();
        runs.map(|run| run.metrics[metric]).collect()
    }

    fn of_what_is_drawn(&self, mean: Mean) -> Mean {
        if self.exact {
            Mean { half: None, ..mean }
        } else {
            mean
        }
    }
}
