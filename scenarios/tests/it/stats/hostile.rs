//! Whatever the data: a finite answer or a reason, never NaN and never a panic.

use scenarios::stats::batches::{batch_means, of_run};
use scenarios::stats::blocks::{Blocks, Ends};
use scenarios::stats::bootstrap::{Resampling, of_mean, of_ratio};
use scenarios::stats::friedman::friedman;
use scenarios::stats::holm::holm;
use scenarios::stats::mean::{deviation, relative, t_test};
use scenarios::stats::nemenyi::{critical_difference, groups};
use scenarios::stats::power::Plan;
use scenarios::stats::sequential::{Goal, Next, Precision};
use scenarios::stats::warmup::mser5;
use scenarios::stats::wilcoxon::{Method, Zeros, signed_rank};
use scenarios::stats::windows::Windows;
use scenarios::stats::{Level, Mean, Side, normal, quantile, range};
use sim_core::world::draw::Stream;

const SIDES: [Side; 3] = [Side::Both, Side::Less, Side::Greater];

/// Values that break formulas, and some that do not.
const NASTY: [f64; 20] = [
    0.0,
    -0.0,
    1.0,
    1.0,
    -1.0,
    3.5,
    1e-3,
    0.05,
    f64::MAX,
    f64::MIN,
    1e300,
    -1e200,
    1e155,
    f64::MIN_POSITIVE,
    5e-324,
    -1e-310,
    1.0 + f64::EPSILON,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// Up to `most` of them; of the finite ones only three times in four, of few different ones half of the time.
fn nasty(stream: &mut Stream, most: u64) -> Vec<f64> {
    let choices = if stream.chance(0.75) { 17 } else { 20 };
    let from = if stream.chance(0.5) {
        stream.below(choices - 2)
    } else {
        0
    };
    let width = if from > 0 { 2 } else { choices };
    let n = stream.between(0, most);
    let mut one = || NASTY[usize::try_from(from + stream.below(width)).expect("few")];
    (0..n).map(|_| one()).collect()
}

fn are_finite(values: &[f64], what: &str, of: &[f64]) {
    for value in values {
        assert!(value.is_finite(), "{what}: {value} of {of:?}");
    }
}

fn is_probability(p: f64, what: &str, of: &[f64]) {
    assert!((0.0..=1.0).contains(&p), "{what}: {p} of {of:?}");
}

#[test]
fn nasty_values_have_finite_means_and_tests_or_none() {
    for trial in 0_u32..4000 {
        let mut stream = Stream::new(1, &["nasty".into(), trial.into()]);
        let values = nasty(&mut stream, 12);
        let others = nasty(&mut stream, 12);
        if let Some(mean) = Mean::of(&values) {
            are_finite(&[mean.mean, mean.half.unwrap_or(0.0)], "mean", &values);
        }
        are_finite(&[deviation(&values).unwrap_or(0.0)], "deviation", &values);
        let holed = |values: &[f64]| -> Vec<Option<f64>> {
            values
                .iter()
                .map(|v| (v.to_bits() != 3.5_f64.to_bits()).then_some(*v))
                .collect()
        };
        if let Some(mean) = relative(&holed(&values), &holed(&others)) {
            are_finite(&[mean.mean, mean.half.unwrap_or(0.0)], "relative", &values);
        }
        for side in SIDES {
            if let Ok(test) = t_test(&values, 0.5, side) {
                are_finite(&[test.t], "t", &values);
                is_probability(test.p, "t", &values);
            }
            for zeros in [Zeros::Dropped, Zeros::Ranked] {
                for method in [Method::Auto, Method::Normal { corrected: true }] {
                    if let Ok(test) = signed_rank(&values, zeros, side, method) {
                        are_finite(
                            &[test.plus, test.minus, test.z.unwrap_or(0.0)],
                            "signs",
                            &values,
                        );
                        is_probability(test.p, "signs", &values);
                    }
                }
            }
        }
        for p in holm(&values).unwrap_or_default() {
            is_probability(p, "Holm", &values);
        }
    }
}

#[test]
fn nasty_values_resample_and_rank_to_finite_numbers_or_none() {
    for trial in 0_u32..2000 {
        let mut stream = Stream::new(2, &["nasty".into(), trial.into()]);
        let values = nasty(&mut stream, 7);
        let others = nasty(&mut stream, 7);
        let resampling = Resampling {
            seed: 1,
            resamples: u32::try_from(stream.between(0, 60)).expect("few"),
        };
        let mean = of_mean(&values, Level::USUAL, resampling);
        let ratio = of_ratio(&values, &others, Level::USUAL, resampling);
        for interval in [mean, ratio].into_iter().flatten() {
            are_finite(
                &[interval.estimate, interval.low, interval.high],
                "bootstrap",
                &values,
            );
            assert!(interval.low <= interval.high, "{interval:?} of {values:?}");
        }
        let width = stream.between(0, 4);
        let blocks: Vec<Vec<f64>> = (0..stream.between(0, 5))
            .map(|_| nasty(&mut stream, 9))
            .map(|mut block| {
                block.resize(usize::try_from(width).expect("few"), 2.0);
                block
            })
            .collect();
        if let Ok(test) = friedman(&blocks) {
            are_finite(&test.average_ranks, "ranks", &values);
            are_finite(
                &[test.chi_square, test.f.unwrap_or(0.0)],
                "Friedman",
                &values,
            );
            is_probability(test.p, "Friedman", &values);
            is_probability(test.p_of_f, "Friedman", &values);
        }
        let _ = groups(&values, 0.5);
    }
}

#[test]
fn nasty_series_settle_batch_and_stop_at_finite_numbers_or_not() {
    for trial in 0_u32..2000 {
        let mut stream = Stream::new(3, &["nasty".into(), trial.into()]);
        let series = nasty(&mut stream, 130);
        if let Ok(warmup) = mser5(&series) {
            assert!(warmup.values <= series.len() / 2);
        }
        let count = usize::try_from(stream.below(20)).expect("few");
        let some = batch_means(&series, count, Level::USUAL);
        for batches in [some, of_run(&series, Level::USUAL)].into_iter().flatten() {
            are_finite(&[batches.mean.mean], "batches", &series);
            if let Some(neighbours) = batches.neighbours {
                are_finite(
                    &[neighbours.correlation, neighbours.ratio],
                    "neighbours",
                    &series,
                );
                is_probability(neighbours.p, "neighbours", &series);
            }
        }
        for precision in [Precision::OfMean(0.01), Precision::Absolute(1e-300)] {
            let goal = Goal::new(precision, Level::USUAL, 2, 90).expect("a goal");
            match goal.next(&series) {
                Ok(Next::Replicate(total)) => assert!(total > series.len() && total <= 90),
                Ok(Next::Stop(stopped)) => {
                    are_finite(
                        &[stopped.mean.mean, stopped.reached.unwrap_or(0.0)],
                        "stop",
                        &series,
                    );
                }
                Err(_) => {}
            }
        }
    }
}

#[test]
fn nasty_questions_have_finite_answers_or_none() {
    for value in NASTY {
        let of = [value];
        let level = Level::new(value);
        for p in [normal::below(value), normal::above(value)] {
            assert!(value.is_nan() || (0.0..=1.0).contains(&p), "{value}");
        }
        are_finite(&[normal::quantile(value).unwrap_or(0.0)], "normal", &of);
        are_finite(
            &[quantile(&[1.0, 2.0], value.clamp(-1e9, 1e9)).unwrap_or(0.0)],
            "quantile",
            &of,
        );
        for k in [0, 1, 2, 40] {
            are_finite(&[range::quantile(k, value).unwrap_or(0.0)], "range", &of);
            if let Some(level) = level {
                let difference = critical_difference(k, 3, level).unwrap_or(0.0);
                are_finite(&[difference], "critical difference", &of);
            }
        }
        for side in SIDES {
            let plan = Plan {
                level: Level::USUAL,
                side,
            };
            for pairs in [0, 1, 2, 9] {
                is_probability(plan.power(pairs, value).unwrap_or(0.0), "power", &of);
                are_finite(
                    &[plan.smallest_effect(pairs, value).unwrap_or(0.0)],
                    "effect",
                    &of,
                );
            }
            assert!(plan.pairs(value, 0.9).is_none_or(|pairs| pairs >= 2));
            assert!(plan.pairs(0.5, value).is_none_or(|pairs| pairs >= 2));
        }
        for least in [0, 1, 2] {
            let _ = Goal::new(Precision::OfMean(value), Level::USUAL, least, 1);
        }
    }
    for (length, part) in [
        (0, 0),
        (0, 1),
        (1, 0),
        (u64::MAX, u64::MAX),
        (u64::MAX, 1 << 63),
    ] {
        if let Ok(windows) = Windows::new(length, part) {
            assert!(windows.drawn(1, 1).end <= length);
            assert!(windows.spread(2, 3).expect("the third").end <= length);
        }
        for ends in [Ends::Moving, Ends::Circular] {
            if let Ok(blocks) = Blocks::new(length, part, ends) {
                assert!(blocks.stretches(1, 1).len() <= 4);
            }
        }
    }
}
