//! Judgements by hand.

use super::*;
use crate::experiment::metrics::{METRICS, index};
use crate::schema::Series;

fn metric(name: &str) -> &'static Metric {
    &METRICS[index(name)]
}

fn rules() -> Rules {
    Rules {
        tolerances: vec![(metric("cost_usd"), Tolerance::Relative(0.01))],
        bounds: vec![
            (metric("cost_usd"), Bound::Max(105.0)),
            (metric("gpu_utilization"), Bound::Min(0.5)),
        ],
        policies: vec!["easy".to_owned()],
        alpha: 0.05,
        power: 0.9,
        mode: GateMode::Statistical,
    }
}

fn flown(costs: &[Option<f64>], digest: char) -> Baseline {
    let series = |metric: &str, values: Vec<Option<f64>>| Series {
        metric: metric.to_owned(),
        values,
    };
    Baseline {
        version: "0".to_owned(),
        scenario: "small".to_owned(),
        premises: "p".to_owned(),
        digest_version: 2,
        seeds: (1..=3).collect(),
        policies: vec![Behaviour {
            name: "easy".to_owned(),
            decisions: vec![digest.to_string().repeat(64); 3],
            metrics: vec![
                series("cost_usd", costs.to_vec()),
                series("gpu_utilization", vec![Some(0.6); 3]),
            ],
        }],
    }
}

const BEFORE: [Option<f64>; 3] = [Some(100.0), Some(104.0), Some(99.0)];

fn against(now: &[Option<f64>], mode: GateMode) -> Judgement {
    judge(
        &rules(),
        (&flown(&BEFORE, 'a'), &flown(now, 'b')),
        mode,
        true,
    )
}

#[test]
fn the_same_is_the_same_in_both_modes() {
    let before = flown(&BEFORE, 'a');
    for mode in GateMode::ALL {
        let judged = judge(&rules(), (&before, &before), mode, true);
        assert!(!judged.fails() && !judged.has_changed());
        assert_eq!(judged.rows[0].verdict, Verdict::Same);
        assert_eq!(judged.rows[1].verdict, Verdict::Within { sure: false });
        assert_eq!(judged.rows[2].verdict, Verdict::Within { sure: true });
    }
}

#[test]
fn other_decisions_fail_in_mode_exact_alone() {
    let statistical = against(&BEFORE, GateMode::Statistical);
    assert!(!statistical.fails() && statistical.has_changed());
    let exact = against(&BEFORE, GateMode::Exact);
    assert!(exact.fails());
    assert_eq!(exact.behaved[0].otherwise, [1, 2, 3]);
}

#[test]
fn worse_by_more_than_chance_fails_and_by_chance_does_not() {
    let worse = against(
        &[Some(103.0), Some(107.2), Some(102.0)],
        GateMode::Statistical,
    );
    assert_eq!(worse.rows[0].verdict, Verdict::Worse);
    assert!(worse.fails());
    let chance = against(
        &[Some(99.0), Some(115.0), Some(98.0)],
        GateMode::Statistical,
    );
    assert_eq!(chance.rows[0].verdict, Verdict::Unsure);
    assert!(!chance.fails());
}

#[test]
fn a_ceiling_is_of_the_mean_and_a_lost_value_is_a_failure() {
    let dear = against(
        &[Some(100.0), Some(104.0), Some(200.0)],
        GateMode::Statistical,
    );
    assert_eq!(dear.rows[1].verdict, Verdict::Beyond { sure: false });
    assert!(dear.fails());
    let lost = against(&[Some(100.0), Some(104.0), None], GateMode::Statistical);
    assert_eq!(lost.rows[0].verdict, Verdict::Lost);
    assert!(lost.fails());
}

#[test]
fn a_baseline_of_something_else_is_refused() {
    let before = flown(&BEFORE, 'a');
    let ask = |rules: &Rules, premises: &str, version: u32, mode, allow| {
        fits(rules, &before, (premises, version), (mode, allow))
    };
    let (exact, loose) = (GateMode::Exact, GateMode::Statistical);
    assert_eq!(ask(&rules(), "p", 2, exact, false), Ok(Vec::new()));
    assert!(ask(&rules(), "q", 2, loose, false).is_err());
    assert_eq!(
        ask(&rules(), "q", 2, loose, true).map(|notes| notes.len()),
        Ok(1)
    );
    assert!(ask(&rules(), "p", 3, exact, false).is_err());
    assert_eq!(
        ask(&rules(), "p", 3, loose, false).map(|notes| notes.len()),
        Ok(1)
    );
    let mut more = rules();
    more.policies.push("new".to_owned());
    assert!(ask(&more, "p", 2, loose, false).is_err_and(|no| no.contains("\"new\"")));
    let mut other = rules();
    other.tolerances.push((metric("roi"), Tolerance::USUAL));
    assert!(ask(&other, "p", 2, loose, false).is_err_and(|no| no.contains("roi")));
}
