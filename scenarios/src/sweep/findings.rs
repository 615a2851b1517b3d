//! What the cells of a sweep say together: the Pareto front, main effects and Sobol's indices, as rows of tables.

use std::collections::BTreeMap;

use sim_core::units::convert;

use super::effects::{Level, levels};
use super::front::front;
use super::indices::{Index, indices};
use super::rank::ranking;
use super::stored::Sheet;
use super::tables::{EFFECTS, Growing, INDICES, RANKS, To, pareto};
use crate::experiment::OutputError;
use crate::experiment::cell::Cell;
use crate::experiment::metrics::index;
use crate::experiment::sheet::Field;
use crate::schema::SweepMethod;

/// The metrics that are looked into; of all, the tables hold every cell.
pub(super) const ANALYSED: [&str; 8] = [
    "cost_usd",
    "sla_violation_rate",
    "latency_p95_s",
    "jct_mean_s",
    "wait_mean_s",
    "makespan_s",
    "gpu_utilization",
    "slo_attainment",
];

/// What cost is set against: the first of these that says anything.
const AGAINST: [&str; 3] = ["sla_violation_rate", "latency_p95_s", "jct_mean_s"];

/// The means of the cells, as far as they are looked into.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) policies: Vec<String>,
    pub(super) baseline: usize,
    /// By cell, then policy, then metric of [`ANALYSED`].
    means: BTreeMap<String, Vec<Vec<Option<f64>>>>,
}

/// A cell with a policy, by cost and another metric.
#[derive(Debug)]
pub(super) struct Outcome {
    cell: String,
    pub(super) policy: usize,
    /// The values of the keys.
    pub(super) values: String,
    pub(super) at: (f64, f64),
    pub(super) on_front: bool,
}

impl Findings {
    /// Takes note of a cell.
    pub(super) fn add(&mut self, cell: &Cell) {
        let policies = cell.entrants.iter().map(|entrant| entrant.policy.clone());
        self.policies = policies.collect();
        self.baseline = cell.baseline;
        let mean = |policy: usize, metric: &str| cell.mean(policy, index(metric));
        let of_policy = |policy| ANALYSED.map(|metric| mean(policy, metric)).to_vec();
        let means = (0..cell.entrants.len()).map(of_policy).collect();
        self.means.insert(cell.name.clone(), means);
    }

    /// Makes the tables.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn write(&self, sheet: &Sheet, to: To<'_>) -> Result<(), OutputError> {
        let mut table = Growing::begin(to, "main-effects", &EFFECTS)?;
        table.add(self.effects(sheet))?;
        table.finish()?;
        if is_saltelli(sheet) {
            let mut table = Growing::begin(to, "sobol-indices", &INDICES)?;
            table.add(self.indices(sheet))?;
            table.finish()?;
        }
        let ranks = self.ranks(sheet);
        if !ranks.is_empty() {
            let mut table = Growing::begin(to, "ranks", &RANKS)?;
            table.add(ranks)?;
            table.finish()?;
        }
        if let Some(against) = self.against() {
            let mut table = Growing::begin(to, "pareto", &pareto(against))?;
            table.add(self.pareto(sheet, against))?;
            table.finish()?;
        }
        Ok(())
    }

    /// Number of cells.
    pub(super) fn cells(&self) -> usize {
        self.means.len()
    }

    /// The metrics that say anything, in their order.
    pub(super) fn telling(&self) -> impl Iterator<Item = &'static str> {
        let told = ANALYSED.into_iter();
        told.filter(|metric| self.is_telling(metric))
    }

    /// What cost is set against, if anything is.
    pub(super) fn against(&self) -> Option<&'static str> {
        AGAINST.into_iter().find(|metric| self.is_telling(metric))
    }

    /// Whether a metric says anything: some cell has a value other than zero.
    fn is_telling(&self, metric: &str) -> bool {
        let policies = 0..self.policies.len();
        self.means.keys().any(|cell| {
            let mut results = policies
                .clone()
                .map(|policy| self.result(cell, policy, metric));
            results.any(|result| result.is_some_and(|value| value != 0.0))
        })
    }

    /// The result of a cell, if it is there.
    pub(super) fn result(&self, cell: &str, policy: usize, metric: &str) -> Option<f64> {
        let at = ANALYSED.iter().position(|name| *name == metric)?;
        *self.means.get(cell)?.get(policy)?.get(at)?
    }

    /// The levels of a key.
    pub(super) fn levels(
        &self,
        sheet: &Sheet,
        (key, policy, metric): (usize, usize, &str),
    ) -> Vec<Level> {
        let distinct = sheet.distinct().into_iter().map(|at| &sheet.cells[at]);
        let result = |cell: &str| self.result(cell, policy, metric);
        let told = distinct.map(|own| (own.values[key].as_str(), result(&own.cell)));
        levels(&told.collect::<Vec<_>>())
    }

    /// The indices of each key, if the sweep is by Saltelli's design and anything varies.
    pub(super) fn shares(&self, sheet: &Sheet, policy: usize, metric: &str) -> Option<Vec<Index>> {
        let cells = sheet.cells.iter();
        let results: Vec<Option<f64>> = cells
            .map(|own| self.result(&own.cell, policy, metric))
            .collect();
        let keys = sheet.head.keys.len();
        is_saltelli(sheet).then(|| indices(&results, keys, sheet.head.seed))?
    }

    /// Every cell with every policy that has both metrics.
    pub(super) fn outcomes(&self, sheet: &Sheet, against: &str) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for own in sheet.distinct().into_iter().map(|at| &sheet.cells[at]) {
            for policy in 0..self.policies.len() {
                let cost = self.result(&own.cell, policy, "cost_usd");
                let other = self.result(&own.cell, policy, against);
                outcomes.extend(cost.zip(other).map(|at| Outcome {
                    cell: own.cell.clone(),
                    policy,
                    values: own.values.join(", "),
                    at,
                    on_front: false,
                }));
            }
        }
        let at: Vec<(f64, f64)> = outcomes.iter().map(|outcome| outcome.at).collect();
        for on in front(&at) {
            outcomes[on].on_front = true;
        }
        outcomes
    }

    /// One row a policy, metric, key and level.
    fn effects(&self, sheet: &Sheet) -> Vec<Vec<Field>> {
        let mut rows = Vec::new();
        for (policy, name) in self.policies.iter().enumerate() {
            for metric in ANALYSED {
                for (key, path) in sheet.keys().enumerate() {
                    let levels = self.levels(sheet, (key, policy, metric)).into_iter();
                    rows.extend(levels.map(|level| {
                        vec![
                            name.as_str().into(),
                            metric.into(),
                            path.into(),
                            level.label.into(),
                            level.cells.into(),
                            level.mean.into(),
                        ]
                    }));
                }
            }
        }
        rows
    }

    /// One row a policy, metric and key.
    fn indices(&self, sheet: &Sheet) -> Vec<Vec<Field>> {
        let mut rows = Vec::new();
        for (policy, name) in self.policies.iter().enumerate() {
            for metric in ANALYSED {
                let shares = self.shares(sheet, policy, metric).unwrap_or_default();
                rows.extend(sheet.keys().zip(shares).map(|(path, own)| {
                    vec![
                        name.as_str().into(),
                        metric.into(),
                        path.into(),
                        own.first.share.into(),
                        own.first.low.into(),
                        own.first.high.into(),
                        own.total.share.into(),
                        own.total.low.into(),
                        own.total.high.into(),
                        own.points.into(),
                    ]
                }));
            }
        }
        rows
    }

    /// One row a metric and policy, where there are several of them and of blocks.
    fn ranks(&self, sheet: &Sheet) -> Vec<Vec<Field>> {
        let mut rows = Vec::new();
        for metric in self.telling() {
            let Some(ranking) = ranking(self, sheet, metric) else {
                continue;
            };
            let ranked = self.policies.iter().zip(&ranking.test.average_ranks);
            rows.extend(ranked.enumerate().map(|(policy, (name, rank))| {
                vec![
                    metric.into(),
                    name.as_str().into(),
                    (*rank).into(),
                    convert::wide(ranking.test.blocks).into(),
                    ranking.test.chi_square.into(),
                    ranking.test.p_of_f.into(),
                    ranking.critical_difference.into(),
                    ranking.letters(policy).into(),
                ]
            }));
        }
        rows
    }

    /// One row a cell and policy.
    fn pareto(&self, sheet: &Sheet, against: &str) -> Vec<Vec<Field>> {
        let outcomes = self.outcomes(sheet, against).into_iter();
        let row = |outcome: Outcome| {
            vec![
                outcome.cell.into(),
                self.policies[outcome.policy].as_str().into(),
                outcome.at.0.into(),
                outcome.at.1.into(),
                outcome.on_front.into(),
            ]
        };
        outcomes.map(row).collect()
    }
}

fn is_saltelli(sheet: &Sheet) -> bool {
    sheet.head.method == SweepMethod::Sobol.name()
}
