//! `[gate]`.

use std::collections::BTreeSet;

use super::super::fields::{Fields, Item};
use super::super::gate::{GateMode, GateSpec, Tolerance};
use super::super::place::Spanned;
use super::super::read::every;
use super::super::spec::{Choice, KeySpec, Seam, TableSpec, Takes};

/// No metric is farther from zero.
const FAR: f64 = 1e15;

static AMOUNT: Takes = Takes::Number(-FAR, FAR, false);
static TOLERANCE: Takes = Takes::Either(&[Takes::Percent, Takes::Number(0.0, FAR, false)]);

pub(super) static GATE: TableSpec = TableSpec::closed(
    "[gate]",
    "What a policy may not become: `windtunnel gate` compares it with an accepted baseline.",
    &[
        KeySpec::new(
            "mode",
            Takes::Choice(&MODES),
            "What fails where the command does not say.",
        )
        .default("\"statistical\""),
        KeySpec::new(
            "metrics",
            Takes::List(&Takes::Name),
            "Metrics that may become worse by 1 %, beside those with a tolerance.",
        )
        .default("without a tolerance, cost, broken promises and completion times"),
        KeySpec::new(
            "tolerance",
            Takes::Map(&TOLERANCE),
            "By metric, by how much it may become worse: a part of the baseline such as \"1%\", or an amount in its unit.",
        ),
        KeySpec::new(
            "max",
            Takes::Map(&AMOUNT),
            "By metric, the most that it may be, whatever the baseline has.",
        ),
        KeySpec::new(
            "min",
            Takes::Map(&AMOUNT),
            "By metric, the least that it may be, whatever the baseline has.",
        ),
        KeySpec::new(
            "policies",
            Takes::List(&Takes::Name),
            "The policies that are judged.",
        )
        .default("all"),
        KeySpec::new(
            "alpha",
            Takes::Number(0.0, 0.5, true),
            "The rate of false alarms, over all metrics and policies together.",
        )
        .default("0.05"),
        KeySpec::new(
            "power",
            Takes::Number(0.5, 0.9999, true),
            "With what probability a change is seen that is told as seen.",
        )
        .default("0.9"),
    ],
);

static MODES: [Choice; 2] = [
    Choice::new(
        "statistical",
        "A metric that is worse than tolerated, by more than chance explains.",
    ),
    Choice::new(
        "exact",
        "The same, and any other decision than those of the baseline.",
    ),
];

pub(super) fn decode(item: Item<'_>) -> Option<GateSpec> {
    let fields = item.table()?;
    let mode = fields.optional("mode", Item::choice);
    let names = |key| {
        fields.optional(key, |item: Item<'_>| {
            every(item.list()?.into_iter().map(Item::name))
        })
    };
    let metrics = fields.optional("metrics", metrics);
    let policies = names("policies");
    let tolerance = by_metric(&fields, "tolerance", tolerance);
    let amount = |item: Item<'_>| Some(item.number()?.value);
    let (max, min) = (
        by_metric(&fields, "max", amount),
        by_metric(&fields, "min", amount),
    );
    let number = |key| fields.optional(key, Item::number);
    let (alpha, power) = (number("alpha"), number("power"));
    let spec = GateSpec {
        mode: mode?.map_or(GateMode::Statistical, |at| GateMode::ALL[at.value]),
        metrics: metrics?,
        tolerance: tolerance?,
        max: max?,
        min: min?,
        policies: policies?.unwrap_or_default(),
        alpha: alpha?.map_or(0.05, |level| level.value),
        power: power?.map_or(0.9, |power| power.value),
        written: fields.table.clone(),
    };
    is_sound(&fields, &spec).then_some(spec)
}

/// Names of metrics, each once.
fn metrics(item: Item<'_>) -> Option<Vec<Spanned<String>>> {
    let named = item.list()?.into_iter();
    let named = every(named.map(|item| super::claim::named(item, Seam::Metric)))?;
    let mut seen = BTreeSet::new();
    match named.iter().find(|name| !seen.insert(name.value.as_str())) {
        Some(twice) => item.refuse(&format!("{} stands twice", twice.value), "keep one of them"),
        None => Some(named),
    }
}

/// A table from metrics to values; nothing if it is absent.
fn by_metric<T>(
    fields: &Fields<'_>,
    key: &str,
    read: impl Fn(Item<'_>) -> Option<T>,
) -> Option<Vec<(Spanned<String>, T)>> {
    let Some(item) = fields.item(key) else {
        return Some(Vec::new());
    };
    let entries = item.map()?.into_iter().map(|(name, item)| {
        let known = super::claim::exists(name, item, Seam::Metric);
        let value = read(item);
        Some((known.then(|| name.clone())?, value?))
    });
    every(entries)
}

fn tolerance(item: Item<'_>) -> Option<Tolerance> {
    let item = item.pick()?;
    Some(if item.is_text() {
        Tolerance::Relative(f64::from(item.percent()?.value) / 1e6)
    } else {
        Tolerance::Absolute(item.number()?.value)
    })
}

/// What its keys say of each other.
fn is_sound(fields: &Fields<'_>, spec: &GateSpec) -> bool {
    let crossed = spec.max.iter().find(|(name, most)| {
        let mut least = spec
            .min
            .iter()
            .filter(|(other, _)| other.value == name.value);
        least.any(|(_, least)| least > most)
    });
    if let Some((name, _)) = crossed {
        let rule = "its max is below its min";
        fields.refuse(
            name.place,
            &name.value,
            rule,
            "raise the one or lower the other",
        );
    }
    let idle = spec.metrics.as_ref().is_some_and(Vec::is_empty)
        && spec.tolerance.is_empty()
        && spec.max.is_empty()
        && spec.min.is_empty();
    if idle {
        let place = fields.key_place("metrics").unwrap_or(fields.place);
        let rule = "nothing is left to judge";
        fields.refuse(place, "metrics = []", rule, "name a metric, a max or a min");
    }
    crossed.is_none() && !idle
}

/// It judges policies that there are.
pub(super) fn policies_exist(top: &Fields<'_>, gate: Option<&GateSpec>) {
    let policies = super::names(top, "policy");
    for name in gate.iter().flat_map(|gate| &gate.policies) {
        super::refer(top, name, "policy", &policies);
    }
}
