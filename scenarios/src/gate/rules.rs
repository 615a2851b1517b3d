//! What the gate of a scenario judges, and by what.

use crate::experiment::metrics::{self, Better, METRICS, Metric};
use crate::schema::{Diagnostic, GateMode, GateSpec, Loaded, Place, Rejection, Spanned, Tolerance};

/// What is judged, and by what.
#[derive(Clone, Debug)]
pub struct Rules {
    /// By metric, by how much it may become worse.
    pub tolerances: Vec<(&'static Metric, Tolerance)>,
    /// By metric, what it may never be.
    pub bounds: Vec<(&'static Metric, Bound)>,
    /// The policies, in the order of the scenario.
    pub policies: Vec<String>,
    /// The rate of false alarms, over all of them.
    pub alpha: f64,
    /// With what probability a change is seen that is told as seen.
    pub power: f64,
    /// Whether other decisions fail.
    pub mode: GateMode,
}

/// What a metric may never be, whatever the baseline has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// More than this.
    Max(f64),
    /// Less than this.
    Min(f64),
}

/// What is judged where a scenario does not say.
const USUAL: [&str; 4] = [
    "cost_usd",
    "sla_violation_rate",
    "slo_attainment",
    "jct_mean_s",
];

/// The rules of a scenario; the usual ones if it has no `[gate]`.
///
/// # Errors
/// A metric that only describes is to become no worse.
pub fn rules(loaded: &Loaded) -> Result<Rules, Rejection> {
    let scenario = &loaded.scenario;
    let gate = scenario.gate.as_ref();
    let mut reasons: Vec<Diagnostic> = Vec::new();
    let bounds = bounds(gate, &mut reasons);
    let mut tolerances: Vec<(&'static Metric, Tolerance)> = Vec::new();
    let mut judged = |name: &Spanned<String>, tolerance: Tolerance| {
        let Some(metric) = of(name, &mut reasons) else {
            return;
        };
        if metric.better == Better::Neither {
            let rule = "it describes, and neither way is worse";
            let remedy = "hold it by a max or a min";
            reasons.push(Diagnostic::new(name.place, metric.name, rule).or(remedy));
        } else if !tolerances.iter().any(|(own, _)| own.name == metric.name) {
            tolerances.push((metric, tolerance));
        }
    };
    for (name, tolerance) in gate.iter().flat_map(|gate| &gate.tolerance) {
        judged(name, *tolerance);
    }
    for name in gate.iter().flat_map(|gate| gate.metrics.iter().flatten()) {
        judged(name, Tolerance::USUAL);
    }
    if gate.is_none_or(|gate| gate.metrics.is_none() && gate.tolerance.is_empty()) {
        for name in USUAL {
            let name = Spanned::new(name.to_owned(), Place::default());
            judged(&name, Tolerance::USUAL);
        }
    }
    if !reasons.is_empty() {
        return Err(Rejection::new(loaded.sources.clone(), reasons));
    }
    tolerances.sort_by_key(|(metric, _)| metrics::index(metric.name));
    let named = |name: &str| {
        gate.is_none_or(|gate| {
            gate.policies.is_empty() || gate.policies.iter().any(|own| own.value == name)
        })
    };
    let policies = scenario.policies.iter().map(|own| own.name.value.clone());
    Ok(Rules {
        tolerances,
        bounds,
        policies: policies.filter(|name| named(name)).collect(),
        alpha: gate.map_or(0.05, |gate| gate.alpha),
        power: gate.map_or(0.9, |gate| gate.power),
        mode: gate.map_or(GateMode::Statistical, |gate| gate.mode),
    })
}

/// What metrics may never be.
fn bounds(gate: Option<&GateSpec>, reasons: &mut Vec<Diagnostic>) -> Vec<(&'static Metric, Bound)> {
    let most = gate.iter().flat_map(|gate| &gate.max);
    let most = most.map(|(name, most)| (name, Bound::Max(*most)));
    let least = gate.iter().flat_map(|gate| &gate.min);
    let least = least.map(|(name, least)| (name, Bound::Min(*least)));
    let bounds = most.chain(least);
    bounds
        .filter_map(|(name, bound)| Some((of(name, reasons)?, bound)))
        .collect()
}

/// The metric of this name.
fn of(name: &Spanned<String>, reasons: &mut Vec<Diagnostic>) -> Option<&'static Metric> {
    let found = METRICS.iter().find(|metric| metric.name == name.value);
    if found.is_none() {
        let reason = Diagnostic::new(name.place, name.value.as_str(), "no metric has this name");
        reasons.push(reason.or("see windtunnel list metrics"));
    }
    found
}

impl Rules {
    /// The metrics that a rule speaks of, by name, each once.
    pub fn metrics(&self) -> Vec<&'static Metric> {
        let tolerated = self.tolerances.iter().map(|(metric, _)| *metric);
        let bounded = self.bounds.iter().map(|(metric, _)| *metric);
        let mut all: Vec<&'static Metric> = tolerated.chain(bounded).collect();
        all.sort_by_key(|metric| metric.name);
        all.dedup_by_key(|metric| metric.name);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::known;
    use crate::schema::{DataRoots, parse, skeleton};

    fn of(gate: &str) -> Result<Rules, Rejection> {
        let text = skeleton("x").expect("a name") + gate;
        let folder = std::path::Path::new(".");
        let read = parse(
            "x.toml",
            text.as_bytes(),
            (folder, &DataRoots::default()),
            &known,
        );
        rules(&read?)
    }

    #[test]
    fn what_is_not_said_is_the_usual() {
        let plain = of("").expect("sound");
        let names: Vec<_> = plain.tolerances.iter().map(|(own, _)| own.name).collect();
        assert_eq!(
            names,
            [
                "cost_usd",
                "sla_violation_rate",
                "jct_mean_s",
                "slo_attainment"
            ]
        );
        let bounded = of("\n[gate]\nmax = { cost_usd = 5 }\n").expect("sound");
        assert_eq!(bounded.tolerances.len(), 4);
        let none = of("\n[gate]\nmetrics = []\nmax = { cost_usd = 5 }\n").expect("sound");
        assert!(none.tolerances.is_empty());
        assert_eq!(none.metrics().len(), 1);
    }

    #[test]
    fn a_misspelt_metric_is_told_and_one_that_only_describes_as_well() {
        let said = |gate: &str| of(gate).expect_err("a reason").lines();
        let misspelt = said("\n[gate]\ntolerance = { cost_us = \"1%\" }\n");
        assert!(
            misspelt.contains("no metric has this name; did you mean `cost_usd`?"),
            "{misspelt}"
        );
        let misspelt = said("\n[gate]\nmetrics = [\"jct_mean\"]\n");
        assert!(
            misspelt.contains("did you mean `jct_mean_s`?"),
            "{misspelt}"
        );
        let misspelt = said("\n[gate]\nmin = { gpu_utilisation = 1 }\n");
        assert!(
            misspelt.contains("did you mean `gpu_utilization`?"),
            "{misspelt}"
        );
        let described = said("\n[gate]\ntolerance = { events = 3 }\n");
        assert!(
            described.contains("neither way is worse; hold it by a max"),
            "{described}"
        );
    }
}
