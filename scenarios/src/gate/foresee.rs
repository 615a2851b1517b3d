//! What so many seeds can see, before they fly.
//!
//! A baseline tells how far seeds lie apart, not how far pairs of them will: that depends on what is changed. If the changed
//! policy shared nothing of the luck, differences would deviate by √2 of what seeds do; what it shares makes them smaller. So
//! what is told here is seen at least, as far as seeds of now deviate as those of the baseline, each rule by itself at the level
//! that Holm's correction leaves to the first of them.

use super::rules::Rules;
use crate::experiment::metrics::Metric;
use crate::schema::{Baseline, Tolerance};
use crate::stats::mean::deviation;
use crate::stats::power::Plan;
use crate::stats::{Level, Mean, Side};

/// What the seeds can see of a metric of a policy.
#[derive(Clone, Debug)]
pub struct Foreseen {
    /// The policy.
    pub policy: String,
    /// The metric.
    pub metric: &'static Metric,
    /// Number of seeds.
    pub seeds: usize,
    /// With what probability.
    pub power: f64,
    /// What is tolerated.
    pub tolerance: Tolerance,
    /// The least change for the worse that is seen, with the tolerance in it; none of a single seed.
    pub least: Option<Tolerance>,
}

/// What the seeds of a baseline can see, rule by rule; metrics that are not defined are left out.
pub fn foresee(rules: &Rules, baseline: &Baseline) -> Vec<Foreseen> {
    let tests = rules.tolerances.len() * rules.policies.len();
    let share = f64::from(u32::try_from(tests.max(1)).unwrap_or(u32::MAX));
    let plan = Level::new(1.0 - rules.alpha / share).map(|level| Plan {
        level,
        side: Side::Greater,
    });
    let policies = rules
        .policies
        .iter()
        .filter_map(|name| baseline.policy(name));
    let all = policies.flat_map(|policy| rules.tolerances.iter().map(move |rule| (policy, *rule)));
    let foreseen = all.filter_map(|(policy, (metric, tolerance))| {
        let values = policy.values(metric.name)?.iter().copied().flatten();
        let values: Vec<f64> = values.collect();
        let mean = Mean::of(&values)?.mean;
        let effect = plan.and_then(|plan| plan.smallest_effect(values.len(), rules.power));
        let seen = deviation(&values).zip(effect);
        let seen = seen.map(|(spread, effect)| effect * std::f64::consts::SQRT_2 * spread);
        let least = seen.map(|seen| match tolerance {
            Tolerance::Relative(part) if mean != 0.0 => {
                Tolerance::Relative(part + seen / mean.abs())
            }
            Tolerance::Relative(_) => Tolerance::Absolute(seen),
            Tolerance::Absolute(amount) => Tolerance::Absolute(amount + seen),
        });
        Some(Foreseen {
            policy: policy.name.clone(),
            metric,
            seeds: values.len(),
            power: rules.power,
            tolerance,
            least,
        })
    });
    foreseen.collect()
}
