//! How often the gate fails where nothing is worse, and where something is.

use scenarios::experiment::metrics::{METRICS, index};
use scenarios::gate::{Bound, Rules, Verdict, foresee, judge};
use scenarios::schema::{Baseline, Behaviour, GateMode, Series, Tolerance};
use sim_core::world::draw::Stream;

const TRIALS: u32 = 2000;
const SEEDS: usize = 20;
const METRIC_NAMES: [&str; 3] = ["cost_usd", "jct_mean_s", "gpu_utilization"];

fn rules(policies: &[&str], metrics: &[&str], tolerance: Tolerance) -> Rules {
    Rules {
        tolerances: metrics
            .iter()
            .map(|name| (&METRICS[index(name)], tolerance))
            .collect(),
        bounds: vec![(&METRICS[index("cost_usd")], Bound::Max(1e9))],
        policies: policies.iter().map(|name| (*name).to_owned()).collect(),
        alpha: 0.05,
        power: 0.9,
        mode: GateMode::Statistical,
    }
}

/// Runs of the rules' policies, each value from its policy, metric and seed.
fn runs(rules: &Rules, mut value: impl FnMut(&str, &str, usize) -> f64) -> Baseline {
    let mut policies = Vec::new();
    for policy in &rules.policies {
        let mut metrics = Vec::new();
        for metric in rules.metrics() {
            let values = (0..SEEDS).map(|seed| Some(value(policy, metric.name, seed)));
            metrics.push(Series {
                metric: metric.name.to_owned(),
                values: values.collect(),
            });
        }
        policies.push(Behaviour {
            name: policy.clone(),
            decisions: vec!["0".repeat(64); SEEDS],
            metrics,
        });
    }
    Baseline {
        version: String::new(),
        scenario: "drawn".to_owned(),
        premises: String::new(),
        digest_version: 2,
        seeds: (0..20).collect(),
        policies,
    }
}

/// The share of trials in which the gate fails.
fn rate(name: &str, trial: impl Fn(&mut Stream) -> bool) -> f64 {
    let fails = |at: &u32| trial(&mut Stream::new(1, &[name.into(), (*at).into()]));
    let count = (0..TRIALS).filter(fails).count();
    f64::from(u32::try_from(count).expect("few")) / f64::from(TRIALS)
}

/// Standard errors that a rate lies above another.
fn above(rate: f64, stated: f64) -> f64 {
    (rate - stated) / (stated * (1.0 - stated) / f64::from(TRIALS)).sqrt()
}

/// A week of jobs as seeds draw it: bills that spread by a tenth, times that are skewed, a share.
fn week(stream: &mut Stream, metric: &str) -> f64 {
    let normal = stream.normal();
    match metric {
        "cost_usd" => 120_000.0 * (1.0 + 0.1 * normal),
        "jct_mean_s" => 8_000.0 * libm::exp(0.3 * normal),
        _ => 0.8 + 0.04 * normal,
    }
}

#[test]
fn over_two_thousand_null_comparisons_it_fails_at_most_at_its_rate() {
    for (name, tolerance) in [
        ("nothing tolerated", Tolerance::Relative(0.0)),
        ("the usual", Tolerance::USUAL),
    ] {
        let rules = rules(&["easy", "fifo"], &METRIC_NAMES, tolerance);
        let rate = rate(name, |stream| {
            let then = runs(&rules, |_, metric, _| week(stream, metric));
            let now = runs(&rules, |_, metric, _| week(stream, metric));
            judge(&rules, (&then, &now), rules.mode, true).fails()
        });
        println!("{name}: {rate}");
        assert!(above(rate, 0.05) < 4.0, "{name}: {rate}");
        // Six independent tests of a true null hypothesis reject 4.9 %: the gate is no less sharp than it says.
        let is_sharp = above(rate, 0.049).abs() < 4.0;
        assert!(is_sharp || tolerance == Tolerance::USUAL, "{name}: {rate}");
    }
}

#[test]
fn a_planted_cost_regression_of_two_per_cent_is_caught_at_the_stated_power() {
    for policies in [&["easy"][..], &["easy", "fifo", "las", "sjf"]] {
        let rules = rules(policies, &["cost_usd"], Tolerance::Relative(0.005));
        // A baseline of mean 1 and deviation 1, then one that can just see 2 %.
        let unit = runs(&rules, |_, _, seed| {
            let sign = if seed % 2 == 0 { 1.0 } else { -1.0 };
            1.0 + sign * (19.0_f64 / 20.0).sqrt()
        });
        let seen = |baseline: &Baseline| match foresee(&rules, baseline)[0].least {
            Some(Tolerance::Relative(part)) => part,
            other => panic!("{other:?}"),
        };
        let spread = (0.02 - 0.005) / (seen(&unit) - 0.005);
        let rate = rate("planted", |stream| {
            let then = runs(&rules, |_, _, _| 1.0 + spread * stream.normal());
            let now = runs(&rules, |policy, _, _| {
                let planted = if policy == "easy" { 1.02 } else { 1.0 };
                planted + spread * stream.normal()
            });
            let judged = judge(&rules, (&then, &now), rules.mode, true);
            judged.rows[0].verdict == Verdict::Worse
        });
        println!("{} policies: {rate}, spread {spread}", policies.len());
        assert!(above(rate, rules.power) > -4.0, "{rate}");
        assert!(rate < 0.97, "far beyond what is stated: {rate}");
    }
}

#[test]
fn luck_in_common_makes_the_same_regression_certain() {
    let rules = rules(&["easy"], &["cost_usd"], Tolerance::USUAL);
    let rate = rate("paired", |stream| {
        let then = runs(&rules, |_, metric, _| week(stream, metric));
        let costs: Vec<f64> = then.policies[0].metrics[0]
            .values
            .iter()
            .flatten()
            .copied()
            .collect();
        let now = runs(&rules, |_, _, seed| {
            costs[seed] * (1.02 + 0.005 * stream.normal())
        });
        judge(&rules, (&then, &now), rules.mode, true).fails()
    });
    assert!(rate > 0.999, "{rate}");
}
