//! The runs of one cell, by policy and seed: what `runs.csv` and `summary.csv` are made of, fresh from a comparison or read back.

use std::collections::BTreeMap;

use sim_core::units::convert;

use super::compare::Comparison;
use super::infer::Infer;
use super::metrics::METRICS;
use super::serial::positions;
use super::sheet::{self, Column, Field, Layout, Made, Sheet};
use super::words;
use crate::build::Experiment;
use crate::schema::Inference;
use crate::stats::holm::holm;
use crate::stats::{Mean, differences};

/// The runs of one cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// What tables call it.
    pub name: String,
    /// Whether nothing is drawn, so that every seed would give the same.
    pub exact: bool,
    /// How intervals and p-values are found.
    pub inference: Inference,
    /// Position of the baseline among the policies.
    pub baseline: usize,
    /// The policies, in the order of the plan.
    pub entrants: Vec<Entrant>,
    /// By policy and metric, what each job says, where intervals are of one run; nothing of a sweep.
    pub serial: BTreeMap<(usize, usize), Vec<Option<f64>>>,
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

pub(crate) const SUMMARY: [Column; 11] = [
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
        "The p-value of that difference (two-sided, by the test of `[replicate]`), corrected by Holm for all policies compared in this metric",
    ),
    Column::count("n", "Seeds that have a value"),
];

pub(crate) const CELL: Column = Column::text("cell", "The cell of the sweep; `base` without one");

/// What a run is called, then every metric.
pub(crate) fn run_columns() -> Vec<Column> {
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
pub(crate) fn runs(cell: &Cell) -> impl Iterator<Item = Vec<Field>> {
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
pub(super) fn run_sheet(made: Made, cell: &Cell) -> Sheet {
    let mut sheet = Sheet::new(made, &run_columns());
    for row in runs(cell) {
        sheet.row(row);
    }
    sheet
}

/// Means and paired differences as a table of its own.
pub(super) fn summary_sheet(made: Made, cell: &Cell) -> Sheet {
    let mut sheet = Sheet::new(made, &SUMMARY);
    for row in summary(cell) {
        sheet.row(row);
    }
    sheet
}

/// Means and paired differences, with 95 % intervals where anything was drawn: one row a policy and metric that has a mean.
pub(crate) fn summary(cell: &Cell) -> Vec<Vec<Field>> {
    let mut rows = Vec::new();
    let infer = cell.infer();
    let corrected: Vec<_> = (0..METRICS.len())
        .map(|metric| cell.corrected(metric, &infer))
        .collect();
    for (at, entrant) in cell.entrants.iter().enumerate() {
        for (metric, spec) in METRICS.iter().enumerate() {
            let Some((mean, difference)) = cell.told(at, metric, &infer) else {
                continue;
            };
            let ends = Mean::interval;
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
        let told = (0..comparison.flights.len()).flat_map(|at| positions().map(|own| (at, own)));
        let serial = told.filter_map(|(at, own)| Some(((at, own), comparison.serial(at, own)?)));
        Self {
            name: name.to_owned(),
            exact: comparison.exact,
            inference: experiment.loaded.scenario.replicate.inference,
            baseline: plan.baseline,
            entrants: entrants.collect(),
            serial: serial.collect(),
        }
    }

    /// The mean of a metric of a policy over the seeds.
    pub fn mean(&self, entrant: usize, metric: usize) -> Option<f64> {
        let values: Vec<f64> = self.values(entrant, metric).into_iter().flatten().collect();
        Mean::of(&values).map(|mean| mean.mean)
    }

    /// How sure its numbers are.
    fn infer(&self) -> Infer {
        let seed = self
            .entrants
            .first()
            .and_then(|entrant| entrant.runs.first());
        Infer::new(self.inference, self.exact, seed.map_or(0, |run| run.seed))
    }

    /// The mean of a metric of a policy over the seeds, with its interval, and that of its paired difference from the baseline.
    fn told(&self, entrant: usize, metric: usize, infer: &Infer) -> Option<(Mean, Option<Mean>)> {
        let values = self.values(entrant, metric);
        let base = self.values(self.baseline, metric);
        let mut difference = infer.mean(&differences(&values, &base));
        let values: Vec<f64> = values.into_iter().flatten().collect();
        let mut mean = infer.mean(&values)?;
        if let Some(series) = self.serial.get(&(entrant, metric)) {
            let series: Vec<f64> = series.iter().copied().flatten().collect();
            mean = infer.of_run(mean, &series);
            let says = self.differences_of_jobs(entrant, metric);
            let says = says.unwrap_or_default();
            difference = difference.map(|mean| infer.of_run(mean, &says));
        }
        Some((mean, difference))
    }

    /// Job by job, where they are known.
    fn differences_of_jobs(&self, entrant: usize, metric: usize) -> Option<Vec<f64>> {
        let (own, base) = (
            self.serial.get(&(entrant, metric))?,
            self.serial.get(&(self.baseline, metric))?,
        );
        Some(differences(own, base))
    }

    /// By policy: the p-value of its paired difference from the baseline, corrected by Holm for all policies that are compared in
    /// this metric. None of the baseline, where nothing is drawn, and where all seeds say alike.
    fn corrected(&self, metric: usize, infer: &Infer) -> Vec<Option<f64>> {
        let base = self.values(self.baseline, metric);
        let test = |at: usize| {
            let p = match self.differences_of_jobs(at, metric) {
                Some(says) => infer.p_of_run(&says),
                None => infer.p(&differences(&self.values(at, metric), &base)),
            };
            p.filter(|_| at != self.baseline)
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
}
