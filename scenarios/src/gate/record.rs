//! What a comparison leaves for the next one.

use sim_core::watch::DIGEST_VERSION;

use super::rules::Rules;
use crate::build::Experiment;
use crate::experiment::Comparison;
use crate::experiment::metrics;
use crate::schema::{self, Baseline, Behaviour, Series};

/// What the policies of a comparison did, of all that a rule speaks of; by name.
pub fn record(experiment: &Experiment, comparison: &Comparison, rules: &Rules) -> Baseline {
    let scenario = &experiment.loaded.scenario;
    let behaviour = |(at, position): (usize, &usize)| Behaviour {
        name: experiment.contenders[*position].name.clone(),
        decisions: comparison.flights[at]
            .iter()
            .map(|flight| flight.digests.decisions.to_string())
            .collect(),
        metrics: rules
            .metrics()
            .into_iter()
            .map(|metric| Series {
                metric: metric.name.to_owned(),
                values: comparison.values(at, metrics::index(metric.name)),
            })
            .collect(),
    };
    let contenders = comparison.plan.contenders.iter().enumerate();
    let mut policies: Vec<Behaviour> = contenders.map(behaviour).collect();
    policies.sort_by(|a, b| a.name.cmp(&b.name));
    Baseline {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: scenario.name.value.clone(),
        premises: schema::premises(scenario),
        digest_version: DIGEST_VERSION,
        seeds: comparison.plan.seeds.clone(),
        policies,
    }
}

/// The same of the first `n` seeds.
pub fn first(mut baseline: Baseline, n: usize) -> Baseline {
    baseline.seeds.truncate(n);
    for policy in &mut baseline.policies {
        policy.decisions.truncate(n);
        for series in &mut policy.metrics {
            series.values.truncate(n);
        }
    }
    baseline
}
