//! How far runs are from the best, as a table in a file and in sentences: by which relaxation, or why it is not known.

use super::bounded::{Bounded, Said};
use super::compare::{Comparison, Summary};
use super::flight::Flight;
use super::metrics::{self, METRICS};
use super::sheet::{Column, Layout, Made, Sheet};
use super::tables::label;
use crate::build::Experiment;

/// What the table holds.
pub(super) fn bounds_layout() -> Layout {
    Layout {
        name: "bounds",
        doc: "One row a policy, seed and quantity: what no run that completes the same jobs is below, and by which relaxation; \
              or why there is no bound.",
        columns: BOUNDS.to_vec(),
    }
}

const BOUNDS: [Column; 8] = [
    Column::text("policy", "Its name"),
    Column::count("seed", "Of the run"),
    Column::text("metric", "What is bounded"),
    Column::real("value", "of the metric", "Of the run"),
    Column::real("bound", "of the metric", "No such run is below it"),
    Column::real("gap", "", "(value - bound) / value"),
    Column::text(
        "relaxation",
        "The simpler problem whose optimum the bound is",
    ),
    Column::text("reason", "Why there is no bound; empty where there is one"),
];

/// What is bounded.
struct Kind {
    metric: &'static str,
    gap: &'static str,
    of: fn(&Bounded) -> Said,
    /// What of it could be saved.
    noun: &'static str,
    /// By whom.
    whoever: &'static str,
}

const KINDS: [Kind; 3] = [
    Kind {
        metric: "cost_usd",
        gap: "gap_to_bound",
        of: |bounded| bounded.cost,
        noun: "cost",
        whoever: "Whoever does the same by the same deadlines, with whatever knowledge,",
    },
    Kind {
        metric: "jct_mean_s",
        gap: "gap_to_bound_jct",
        of: |bounded| bounded.jct,
        noun: "mean JCT",
        whoever: "Whoever completes the same jobs",
    },
    Kind {
        metric: "makespan_s",
        gap: "gap_to_bound_makespan",
        of: |bounded| bounded.makespan,
        noun: "makespan",
        whoever: "Whoever completes the same jobs",
    },
];

/// The table of a comparison.
pub(super) fn bounds(made: Made, experiment: &Experiment, comparison: &Comparison) -> Sheet {
    let mut sheet = Sheet::new(made, &BOUNDS);
    for (position, flights) in comparison.plan.contenders.iter().zip(&comparison.flights) {
        let name = &experiment.contenders[*position].name;
        for flight in flights {
            for kind in &KINDS {
                let said = (kind.of)(&flight.bounded);
                let value = |name| flight.metrics[metrics::index(name)];
                sheet.row([
                    name.as_str().into(),
                    flight.seed.into(),
                    kind.metric.into(),
                    value(kind.metric).into(),
                    said.ok().map(|limit| limit.value).into(),
                    value(kind.gap).into(),
                    said.map_or("", |limit| limit.by).into(),
                    said.map_or_else(|why| why.to_string(), |_| String::new())
                        .as_str()
                        .into(),
                ]);
            }
        }
    }
    sheet
}

/// How far each policy is from the best in cost and mean JCT, and by which relaxation that is known; or why it is not.
pub fn bound_sentences(experiment: &Experiment, comparison: &Comparison) -> Vec<String> {
    if !experiment.loaded.scenario.output.bounds {
        return Vec::new();
    }
    let kinds = KINDS[..2].iter();
    let kinds = kinds.filter(|kind| comparison.is_telling(metrics::index(kind.metric)));
    kinds
        .flat_map(|kind| {
            [
                known(experiment, comparison, kind),
                unknown(experiment, comparison, kind),
            ]
        })
        .flatten()
        .collect()
}

/// "Whoever completes the same jobs could save at most 41.2 % of the mean JCT of fifo and 12.0 % of that of las (...)."
fn known(experiment: &Experiment, comparison: &Comparison, kind: &Kind) -> Option<String> {
    let gap = metrics::index(kind.gap);
    let policies = comparison.plan.contenders.iter().enumerate();
    let told = policies.filter_map(|(at, position)| {
        let gap = comparison.mean(at, gap)?.mean * 100.0;
        Some(format!("{gap:.1} % of {}", label(experiment, *position)))
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        return None;
    }
    let said = |summary: &Summary| (kind.of)(&summary.bounded).ok().map(|limit| limit.by);
    let names = distinct(comparison.flights.iter().flatten().filter_map(said));
    Some(format!(
        "{} could save at most this much {}: {} (lower bound: {})",
        kind.whoever,
        kind.noun,
        told.join(", "),
        names.join("; ")
    ))
}

/// "No lower bound of the cost for spot-first: commitments cover machines".
fn unknown(experiment: &Experiment, comparison: &Comparison, kind: &Kind) -> Option<String> {
    let why = |summary: &Summary| (kind.of)(&summary.bounded).err().map(|why| why.to_string());
    let reasons = distinct(comparison.flights.iter().flatten().filter_map(why));
    if reasons.is_empty() {
        return None;
    }
    let both = comparison.plan.contenders.iter().zip(&comparison.flights);
    let without = both.filter(|(_, flights)| flights.iter().any(|flight| why(flight).is_some()));
    let names: Vec<String> = without
        .map(|(position, _)| label(experiment, *position))
        .collect();
    let whom = if names.len() == comparison.flights.len() {
        String::new()
    } else {
        format!(" under {}", names.join(", "))
    };
    let reasons = reasons.join("; ");
    Some(format!(
        "No lower bound of the {}{whom}: {reasons}",
        kind.noun
    ))
}

fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut once = Vec::new();
    for one in all {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

/// Of one run: a line a quantity, with its relaxation or why it is not bounded; nothing where nobody asks.
pub fn bound_lines(flight: &Flight) -> Vec<String> {
    if flight.bounded == Bounded::UNASKED {
        return Vec::new();
    }
    let line = |kind: &Kind| match (kind.of)(&flight.bounded) {
        Ok(limit) => format!("lower bound of the {}: {}", kind.noun, limit.by),
        Err(why) => format!("no lower bound of the {}: {why}", kind.noun),
    };
    KINDS.iter().map(line).collect()
}

/// The relaxations by which a metric is bounded in a comparison.
pub(super) fn relaxations(comparison: &Comparison, metric: usize) -> Vec<&'static str> {
    let name = METRICS[metric].name;
    let Some(kind) = KINDS.iter().find(|kind| kind.metric == name) else {
        return Vec::new();
    };
    let said = |summary: &Summary| (kind.of)(&summary.bounded).ok().map(|limit| limit.by);
    distinct(comparison.flights.iter().flatten().filter_map(said))
}
