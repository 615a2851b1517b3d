//! The runs of one cell, by policy and seed: what `runs.csv` and `summary.csv` are made of, fresh from a comparison or read back.

use sim_core::units::convert;

use super::compare::Comparison;
use super::metrics::METRICS;
use super::sheet::{self, Column, Field, Form, Layout, Sheet};
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

/// What `runs` holds.
pub(super) fn runs_layout() -> Layout {
    Layout {
        name: "runs",
        doc: "One row a run: a cell, a policy and a seed, and every metric.",
        columns: run_columns(),
    }
}

/// What `summary` holds.
pub(super) fn summary_layout() -> Layout {
    Layout {
        name: "summary",
        doc: "One row a policy and metric: the mean over the seeds, and its mean paired difference from the baseline. Where \
              nothing is drawn there are no intervals.",
        columns: SUMMARY.to_vec(),
    }
}

const SUMMARY: [Column; 11] = [
    CELL,
    Column::text("policy", "Its name"),
    Column::text("metric", "Its name"),
    Column::real(
        "mean",
        "of the metric",
        "The mean over the seeds that have a value",
    ),
    Column::real(
        "ci_low",
        "of the metric",
        "The lower end of its 95 % interval",
    ),
    Column::real("ci_high", "of the metric", "The upper end"),
    Column::real(
        "baseline_diff",
        "of the metric",
        "The mean over the seeds of what it is beyond the baseline's",
    ),
    Column::real(
        "diff_ci_low",
        "of the metric",
        "The lower end of its 95 % interval",
    ),
    Column::real("diff_ci_high", "of the metric", "The upper end"),
    Column::real(
        "p_adjusted",
        "",
        "The p-value of that difference (two-sided t-test), corrected by Holm for all policies compared in this metric",
    ),
    Column::count("n", "Seeds that have a value"),
];

const CELL: Column = Column::text("cell", "The cell of the sweep; `base` without one");

/// What a run is called, then every metric.
fn run_columns() -> Vec<Column> {
    let head = [
        CELL,
        Column::text("policy", "Its name"),
        Column::count("seed", "The seed"),
        Column::text(
            "finish",
            "How the run ended: `drained`, `horizon` or `stuck`",
        ),
    ];
    let metrics = METRICS.iter();
    let metrics = metrics.map(|metric| Column::real(metric.name, metric.unit, metric.doc));
    head.into_iter().chain(metrics).collect()
}

/// One row a run.
fn runs(cell: &Cell) -> impl Iterator<Item = Vec<Field>> {
    cell.entrants.iter().flat_map(|entrant| {
        entrant.runs.iter().map(|run| {
            let head: [Field; 4] = [
                cell.name.as_str().into(),
                entrant.policy.as_str().into(),
                run.seed.into(),
                run.finish.as_str().into(),
            ];
            let metrics = run.metrics.iter().map(|value| Field::from(*value));
            head.into_iter().chain(metrics).collect()
        })
    })
}

/// One row a run, every metric a column, as CSV without a heading.
pub fn run_rows(cell: &Cell) -> Vec<u8> {
    sheet::rows(&run_columns(), runs(cell))
}

/// The line over [`run_rows`].
pub fn run_heading() -> Vec<u8> {
    sheet::heading(&run_columns())
}

/// The runs as a table of its own.
pub(super) fn run_sheet(form: Form, cell: &Cell) -> Sheet {
    let mut sheet = Sheet::new(form, &run_columns());
    for row in runs(cell) {
        sheet.row(row);
    }
    sheet
}

/// The line over [`summary_rows`].
pub fn summary_heading() -> Vec<u8> {
    sheet::heading(&SUMMARY)
}

/// Means and paired differences, with 95 % intervals where anything was drawn, as CSV without a heading.
pub fn summary_rows(cell: &Cell) -> Vec<u8> {
    sheet::rows(&SUMMARY, summary(cell))
}

/// The same as a table of its own.
pub(super) fn summary_sheet(form: Form, cell: &Cell) -> Sheet {
    let mut sheet = Sheet::new(form, &SUMMARY);
    for row in summary(cell) {
        sheet.row(row);
    }
    sheet
}

/// One row a policy and metric that has a mean.
fn summary(cell: &Cell) -> Vec<Vec<Field>> {
    let mut rows = Vec::new();
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
            let within = ends(&mean);
            let between = difference.as_ref().and_then(ends);
            rows.push(vec![
                cell.name.as_str().into(),
                entrant.policy.as_str().into(),
                spec.name.into(),
                mean.mean.into(),
                within.map(|(low, _)| low).into(),
                within.map(|(_, high)| high).into(),
                difference.map(|mean| mean.mean).into(),
                between.map(|(low, _)| low).into(),
                between.map(|(_, high)| high).into(),
                corrected[metric][at].into(),
                convert::wide(mean.n).into(),
            ]);
        }
    }
    rows
}

impl Cell {
    /// What a comparison found, as the cell of this name.
    pub fn of(name: &str, experiment: &Experiment, comparison: &Comparison) -> Self {
        let plan = &comparison.plan;
        let entrants = plan.contenders.iter().zip(&comparison.flights);
        let entrants = entrants.map(|(position, flights)| Entrant {
            policy: experiment.contenders[*position].name.clone(),
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
