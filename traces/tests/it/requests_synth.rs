//! Generators of requests: what each claims, it keeps; what fixes a log fixes its bits.

use std::collections::BTreeMap;

use sim_core::units::{SimTime, Span, convert};
use traces::requests::synth::{
    Arrivals, Class, Dialogues, FlashSale, Length, Phase, Popularity, State, Synthetic, Tokens,
    mixtures,
};
use traces::requests::{RateCurve, RequestLog, RequestStats, Then};
use traces::synth::Luck;

const LUCK: Luck<'static> = Luck {
    seed: 1,
    workload: "test",
};

fn model(arrivals: Arrivals, length: Length) -> Synthetic {
    Synthetic {
        arrivals,
        classes: vec![class("", 1.0, Tokens::Constant(100), Tokens::Constant(10))],
        length,
        contents: None,
        dialogues: None,
    }
}

fn class(name: &str, weight: f64, input: Tokens, output: Tokens) -> Class {
    Class {
        name: name.to_owned(),
        weight,
        input,
        output,
    }
}

fn generate(model: &Synthetic) -> RequestLog {
    model.log(LUCK).expect("good parameters")
}

fn real(n: usize) -> f64 {
    convert::real(convert::wide(n))
}

fn seconds(span: Span) -> f64 {
    convert::real(span.us()) / 1e6
}

fn hours(n: u64) -> Span {
    Span::from_secs(n * 3600)
}

/// |z| of a seen number against its expectation and deviation.
#[track_caller]
fn close(what: &str, seen: f64, expected: f64, deviation: f64) {
    let z = (seen - expected).abs() / deviation;
    assert!(
        z < 4.0,
        "{what}: {seen}, expected {expected} +- {deviation}, |z| {z}"
    );
}

#[test]
fn poisson_requests_come_at_their_rate_and_without_memory() {
    let log = generate(&model(
        Arrivals::Poisson { per_s: 20.0 },
        Length::Time(hours(2)),
    ));
    let expected = 20.0 * 7200.0_f64;
    close("count", real(log.records.len()), expected, expected.sqrt());
    let stats = RequestStats::of(&log);
    // The squared deviation of exponential gaps, of fourth central moment 9: deviation 2 sqrt 2.
    close("CV^2", stats.gap_cv2, 1.0, (8.0 / expected).sqrt());
    assert!(log.records.is_sorted_by_key(|one| one.arrived));
    assert!(log.records.iter().all(|one| one.class.is_none()));
}

#[test]
fn a_modulated_process_has_its_rate_and_the_gaps_of_theory() {
    let state = |per_s, secs| State {
        per_s,
        mean: Span::from_secs(secs),
    };
    let states = vec![state(2.0, 30), state(50.0, 10)];
    let arrivals = Arrivals::Mmpp { states };
    assert!((arrivals.mean_per_s() - 14.0).abs() < 1e-12);
    let log = generate(&model(arrivals, Length::Time(hours(50))));
    let span = 50.0 * 3600.0_f64;
    // Heffes and Lucantoni 1986: the variance of counts in the long run is m (1 + 2 s1 s2 (l1-l2)^2
    // / ((s1+s2)^2 (l1 s2 + l2 s1))), s the rates at which the states are left.
    let (l1, l2, s1, s2) = (2.0_f64, 50.0_f64, 1.0 / 30.0, 1.0 / 10.0);
    let (sum, across) = (s1 + s2, l1 * s2 + l2 * s1);
    let dispersion = 1.0 + 2.0 * s1 * s2 * (l1 - l2).powi(2) / (sum * sum * across);
    let expected = 14.0 * span;
    let deviation = (dispersion * expected).sqrt();
    close("count", real(log.records.len()), expected, deviation);
    // The same source: CV^2 of a gap after an arrival.
    let both = l1 * l2 + across;
    let cv2 = 1.0 + 2.0 * s1 * s2 * (l1 - l2).powi(2) / (sum * sum * both);
    let seen = RequestStats::of(&log).gap_cv2;
    assert!((seen / cv2 - 1.0).abs() < 0.05, "{seen}, in theory {cv2}");
}

#[test]
fn three_states_share_the_time_by_their_means() {
    let state = |per_s, secs| State {
        per_s,
        mean: Span::from_secs(secs),
    };
    let states = vec![state(0.0, 5), state(10.0, 10), state(100.0, 20)];
    let arrivals = Arrivals::Mmpp { states };
    let mean = arrivals.mean_per_s();
    assert!((mean - 60.0).abs() < 1e-9, "{mean}");
    let log = generate(&model(arrivals, Length::Time(hours(10))));
    let seen = real(log.records.len()) / 36_000.0;
    assert!((seen / mean - 1.0).abs() < 0.08, "{seen}");
}

#[test]
fn gaps_of_several_kinds_have_the_mean_and_the_spread_of_their_mixture() {
    let phase = |weight, ms: u64| Phase {
        weight,
        mean: Span::from_us(ms * 1000).expect("short"),
    };
    let arrivals = Arrivals::Hyperexponential {
        phases: vec![phase(3.0, 10), phase(1.0, 1_000)],
    };
    // Mean 0.2575 s, mean square 2 (0.75 x 1e-4 + 0.25).
    let (mean, square) = (0.2575_f64, 2.0 * (0.75e-4 + 0.25));
    assert!((arrivals.mean_per_s() * mean - 1.0).abs() < 1e-12);
    let requests = 200_000;
    let log = generate(&model(arrivals, Length::Requests(requests)));
    let variance = square - mean * mean;
    let n = convert::real(requests);
    close("span", seconds(log.span()) / n, mean, (variance / n).sqrt());
    let seen = RequestStats::of(&log).gap_cv2;
    assert!(
        (seen / (variance / mean / mean) - 1.0).abs() < 0.05,
        "{seen}"
    );
}

/// Requests of each stretch of `secs`.
fn counts(log: &RequestLog, secs: u64) -> Vec<f64> {
    let mut counts: BTreeMap<u64, f64> = BTreeMap::new();
    for record in &log.records {
        *counts
            .entry(record.arrived.us() / (secs * 1_000_000))
            .or_default() += 1.0;
    }
    let last = counts.keys().last().map_or(0, |last| last + 1);
    (0..last)
        .map(|at| counts.get(&at).copied().unwrap_or(0.0))
        .collect()
}

#[test]
fn a_curve_is_followed_bucket_by_bucket() {
    let expected = vec![5000.0, 0.0, 1000.0, 20_000.0];
    let curve = RateCurve::new(Span::from_secs(600), expected.clone()).expect("a curve");
    let all = Length::Requests(10_000_000);
    let log = generate(&model(Arrivals::Curve(curve.clone()), all));
    for (seen, expected) in counts(&log, 600).iter().zip(&expected) {
        close("bucket", *seen, *expected, expected.sqrt().max(1e-9));
    }
    let log = generate(&model(Arrivals::Counted(curve.clone()), all));
    assert_eq!(counts(&log, 600), expected, "a count is kept");
    let log = generate(&model(
        Arrivals::Counted(curve.then(Then::Repeat)),
        Length::Time(Span::from_secs(6 * 600)),
    ));
    assert_eq!(counts(&log, 600), [5000.0, 0.0, 1000.0, 20_000.0, 5000.0]);
}

#[test]
fn a_day_has_its_mean_its_peak_and_its_trough() {
    let day = RateCurve::diurnal(10.0, 0.6, 15.0).expect("a day");
    assert_eq!(
        (day.span(), day.then),
        (Span::from_secs(86_400), Then::Repeat)
    );
    assert!((day.total() / 864_000.0 - 1.0).abs() < 1e-12);
    let rates: Vec<f64> = day.expected().iter().map(|one| one / 600.0).collect();
    // A bucket's mean lies a thousandth of the amplitude below its peak.
    assert!(
        (rates[90] - 16.0).abs() < 0.01 && (rates[18] - 4.0).abs() < 0.01,
        "{rates:?}"
    );
    let week = RateCurve::weekly(10.0, 0.6, 15.0, 0.5).expect("a week");
    assert!((week.total() / 6_048_000.0 - 1.0).abs() < 1e-12);
    let day = |at: usize| week.expected()[at * 144..][..144].iter().sum::<f64>();
    assert!((day(6) / day(0) - 0.5).abs() < 1e-12 && (day(4) / day(0) - 1.0).abs() < 1e-12);
    let log = generate(&model(Arrivals::Curve(week), Length::Time(hours(336))));
    let expected = 10.0 * 336.0 * 3600.0_f64;
    close(
        "two weeks",
        real(log.records.len()),
        expected,
        expected.sqrt(),
    );
}

#[test]
fn a_sale_rises_stays_and_falls_by_hand() {
    let sale = FlashSale {
        per_s: 2.0,
        factor: 11.0,
        start: Span::from_secs(100),
        ramp: Span::from_secs(20),
        length: Span::from_secs(60),
    };
    let curve = RateCurve::flash_sale(sale).expect("a sale");
    let tens: Vec<f64> = curve.expected().iter().map(|one| one / 20.0).collect();
    // Mean rates over the base: 1 before, 1 + 10 x 1/4 and 3/4 on the ramp, 11 at the height.
    let expected = [1.0; 10]
        .into_iter()
        .chain([3.5, 8.5])
        .chain([11.0; 6])
        .chain([8.5, 3.5, 1.0]);
    assert_eq!(tens.len(), 21);
    for (at, (seen, expected)) in tens.iter().zip(expected).enumerate() {
        assert!((seen - expected).abs() < 1e-9, "{at}: {seen}");
    }
    let flat = RateCurve::flash_sale(FlashSale {
        ramp: Span::ZERO,
        ..sale
    })
    .expect("a sale");
    assert!((flat.expected()[10] / 20.0 - 11.0).abs() < 1e-9);
}

#[test]
fn bursts_add_what_they_hold() {
    let arrivals = Arrivals::Bursts {
        per_s: 1.0,
        bursts_per_h: 6.0,
        size: 600.0,
        length: Span::from_secs(60),
    };
    assert!((arrivals.mean_per_s() - 2.0).abs() < 1e-12);
    let log = generate(&model(arrivals, Length::Time(hours(100))));
    // Compound Poisson: 600 bursts of a Poisson count with mean 600, beside the base.
    let (base, bursts) = (100.0 * 3600.0_f64, 600.0);
    let deviation = (base + bursts * (600.0 + 600.0 * 600.0)).sqrt();
    close("count", real(log.records.len()), 2.0 * base, deviation);
    assert!(RequestStats::of(&log).busiest_minute > 400);
}

#[test]
fn lengths_keep_their_quantiles() {
    let sizes = |input: Tokens| {
        let mut model = model(Arrivals::Poisson { per_s: 1.0 }, Length::Requests(40_000));
        model.classes[0].input = input;
        let log = generate(&model);
        log.records.iter().map(|one| one.input).collect::<Vec<_>>()
    };
    let below = |sizes: &[u32], bound: u32| {
        real(sizes.iter().filter(|size| **size <= bound).count()) / real(sizes.len())
    };
    let share = |p: f64| (p * (1.0 - p) / 40_000.0).sqrt();
    let lognormal = |most| Tokens::Lognormal {
        median: 1000,
        p99: 8000,
        most,
    };
    let seen = sizes(lognormal(None));
    close("median", below(&seen, 1000), 0.5, share(0.5));
    close("p99", below(&seen, 8000), 0.99, share(0.99));
    let cut = sizes(lognormal(Some(4096)));
    assert_eq!(cut.iter().max(), Some(&4096));
    let table = sizes(Tokens::Quantiles(vec![(0.0, 10), (0.5, 20), (1.0, 1020)]));
    close("table", below(&table, 520), 0.75, share(0.75) * 1.1);
    let listed = sizes(Tokens::Seen(vec![7, 7, 9, 12]));
    close("list", below(&listed, 7), 0.5, share(0.5));
    assert!(listed.iter().all(|size| [7, 9, 12].contains(size)));
}

#[test]
fn what_is_popular_is_asked_by_zipf_and_always_as_long() {
    let mut model = model(Arrivals::Poisson { per_s: 1.0 }, Length::Requests(50_000));
    let wide = Tokens::Quantiles(vec![(0.0, 1), (1.0, 1_000_000)]);
    model.classes = vec![
        class("a", 1.0, wide.clone(), wide.clone()),
        class("b", 3.0, wide.clone(), wide),
    ];
    model.contents = Some(Popularity {
        contents: 100,
        exponent: 1.0,
    });
    let log = generate(&model);
    let mut asked: BTreeMap<u64, (f64, Option<u16>, u32, u32)> = BTreeMap::new();
    for one in &log.records {
        let key = one.content.expect("every request has one");
        let first = (0.0, one.class, one.input, one.output);
        let entry = asked.entry(key).or_insert(first);
        assert_eq!(
            (entry.1, entry.2, entry.3),
            (one.class, one.input, one.output)
        );
        entry.0 += 1.0;
    }
    let harmonic: f64 = (1..=100_u32).map(|k| 1.0 / f64::from(k)).sum();
    for (key, (seen, ..)) in &asked {
        let p = 1.0 / (convert::real(key + 1) * harmonic);
        close(
            "popularity",
            *seen,
            50_000.0 * p,
            (50_000.0 * p * (1.0 - p)).sqrt(),
        );
    }
    let stats = RequestStats::of(&log);
    assert_eq!((stats.contents, stats.repeated), (100, 49_900));
}

#[test]
fn dialogues_grow_with_every_turn_and_end() {
    let mut model = model(Arrivals::Poisson { per_s: 0.5 }, Length::Time(hours(20)));
    model.dialogues = Some(Dialogues {
        turns: 4.0,
        pause: Span::from_secs(30),
        prompt: Tokens::Constant(5),
        most: 160,
    });
    let log = generate(&model);
    assert!(log.records.is_sorted_by_key(|one| one.arrived));
    let mut turns: BTreeMap<u64, Vec<(SimTime, u32)>> = BTreeMap::new();
    for one in &log.records {
        let session = one.session.expect("every request has one");
        turns
            .entry(session)
            .or_default()
            .push((one.arrived, one.input));
    }
    // 100 read, then 10 written and 5 asked each turn, up to what the context holds.
    let grown = [100, 115, 130, 145, 160, 160];
    for session in turns.values() {
        for (turn, (_, input)) in session.iter().enumerate() {
            assert_eq!(*input, grown[turn.min(5)]);
        }
    }
    let sessions = real(turns.len());
    // A geometric count of mean 4 has variance 12; few dialogues are cut by the end.
    close(
        "turns",
        real(log.records.len()) / sessions,
        4.0,
        (12.0 / sessions).sqrt(),
    );
    let pauses = turns.values().flat_map(|one| one.windows(2));
    let pauses: Vec<f64> = pauses.map(|w| seconds(w[1].0.since(w[0].0))).collect();
    let mean = pauses.iter().sum::<f64>() / real(pauses.len());
    close("pauses", mean, 30.0, 30.0 / real(pauses.len()).sqrt());
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_does_not() {
    let mut model = mixtures::azure_conversation_like(Length::Requests(2000));
    model.contents = Some(Popularity {
        contents: 1000,
        exponent: 0.8,
    });
    model.dialogues = Some(Dialogues {
        turns: 2.5,
        pause: Span::from_secs(20),
        prompt: Tokens::Lognormal {
            median: 40,
            p99: 900,
            most: None,
        },
        most: 16_384,
    });
    let log = generate(&model);
    assert_eq!(log, generate(&model));
    let lazy: Vec<_> = model.requests(LUCK).expect("good parameters").collect();
    assert_eq!(lazy.len(), log.records.len());
    let other = |seed, workload| model.log(Luck { seed, workload }).expect("good parameters");
    assert_ne!(log, other(2, "test"));
    assert_ne!(log, other(1, "other"));
    // The first requests, for ever.
    let first: Vec<(u64, u32, u32)> = log.records[..3]
        .iter()
        .map(|one| (one.arrived.us(), one.input, one.output))
        .collect();
    assert_eq!(first, GOLDEN);
}

const GOLDEN: [(u64, u32, u32); 3] = [(544_172, 396, 50), (561_884, 281, 79), (631_659, 192, 23)];

#[test]
fn a_part_that_changes_leaves_the_luck_of_the_others() {
    let plain = mixtures::azure_code_like(Length::Requests(500));
    let mut longer = plain.clone();
    longer.classes[0].output = Tokens::Constant(1);
    let mut slower = plain.clone();
    slower.arrivals = Arrivals::Poisson { per_s: 0.1 };
    let (plain, longer, slower) = (generate(&plain), generate(&longer), generate(&slower));
    for ((a, b), c) in plain
        .records
        .iter()
        .zip(&longer.records)
        .zip(&slower.records)
    {
        assert_eq!((a.arrived, a.input), (b.arrived, b.input));
        assert_eq!((a.input, a.output), (c.input, c.output));
    }
}

#[test]
fn a_parameter_out_of_its_domain_is_named() {
    let refused = |bend: &dyn Fn(&mut Synthetic)| {
        let mut model = model(Arrivals::Poisson { per_s: 1.0 }, Length::Requests(5));
        bend(&mut model);
        let refused = model.requests(LUCK).expect_err("refused");
        refused.to_string()
    };
    let arrivals = |arrivals: Arrivals| refused(&|model| model.arrivals = arrivals.clone());
    assert_eq!(
        arrivals(Arrivals::Poisson { per_s: -1.0 }),
        "arrivals.per-second = -1: must be positive and finite"
    );
    let alone = State {
        per_s: 1.0,
        mean: Span::from_secs(1),
    };
    assert_eq!(
        arrivals(Arrivals::Mmpp {
            states: vec![alone]
        }),
        "arrivals.states = 1: needs two states at least; one is a constant rate"
    );
    assert!(arrivals(Arrivals::Hyperexponential { phases: vec![] }).contains("phases.weight"));
    let silent = RateCurve::new(Span::from_secs(1), vec![0.0]).expect("a curve");
    assert!(arrivals(Arrivals::Curve(silent)).starts_with("arrivals.curve = 0"));
    let long = |model: &mut Synthetic| {
        model.arrivals = Arrivals::Poisson { per_s: 1e6 };
        model.length = Length::Time(hours(10));
    };
    assert!(refused(&long).contains("more than 100000000"));
    let upside_down = |model: &mut Synthetic| {
        model.classes[0].input = Tokens::Lognormal {
            median: 10,
            p99: 9,
            most: None,
        };
    };
    assert_eq!(
        refused(&upside_down),
        "input.p99 = 9: must not be below the median"
    );
    assert!(refused(&|model| model.classes.clear()).contains("classes.weight"));
    let none = Some(Popularity {
        contents: 0,
        exponent: 1.0,
    });
    assert!(refused(&|model| model.contents = none).starts_with("contents = 0"));
    assert!(RateCurve::diurnal(1.0, 1.1, 3.0).is_err());
    assert!(RateCurve::diurnal(1.0, 0.5, 24.0).is_err());
    assert!(RateCurve::weekly(1.0, 0.5, 3.0, 0.0).is_err());
}

#[test]
fn as_many_requests_are_expected_as_come_on_average() {
    let minute = Span::from_secs(60);
    let curve = |then| {
        let curve = RateCurve::new(Span::from_secs(90), vec![100.0, 0.0, 40.4, 10.0]);
        curve.expect("a curve").then(then)
    };
    let state = |per_s, secs| State {
        per_s,
        mean: Span::from_secs(secs),
    };
    let all = [
        Arrivals::Poisson { per_s: 2.0 },
        Arrivals::Curve(curve(Then::Repeat)),
        Arrivals::Counted(curve(Then::Stop)),
        Arrivals::Mmpp {
            states: vec![state(0.5, 300), state(6.0, 100)],
        },
        Arrivals::Bursts {
            per_s: 0.5,
            bursts_per_h: 6.0,
            size: 200.0,
            length: Span::from_secs(100),
        },
    ];
    for arrivals in all {
        let counted = matches!(arrivals, Arrivals::Counted(_));
        let model = model(arrivals, Length::Time(hours(2)));
        let expected = model.expected(LUCK, (minute, 130)).expect("good");
        assert_eq!(expected.len(), 130);
        assert!(expected[120..].iter().all(|count| *count == 0.0));
        let mut came = vec![0.0; 130];
        for request in &generate(&model).records {
            came[usize::try_from(request.arrived.us() / minute.us()).expect("few")] += 1.0;
        }
        // Where states and bursts are the same, what is left is Poisson, minute by minute.
        let mut off = 0.0;
        for (seen, mean) in came.iter().zip(&expected) {
            assert!(*mean > 0.0 || *seen == 0.0);
            off += (seen - mean).powi(2) / mean.max(1.0);
        }
        let sum = expected.iter().sum::<f64>();
        if counted {
            assert!((sum - came.iter().sum::<f64>()).abs() < 1e-6);
        } else {
            close("sum", came.iter().sum(), sum, sum.sqrt());
            // Chi squared of 120.
            close("minutes", off, 120.0, 240.0_f64.sqrt());
        }
    }
    let most = model(Arrivals::Poisson { per_s: 2.0 }, Length::Requests(150));
    let expected = most.expected(LUCK, (minute, 3)).expect("good");
    assert_eq!(expected, [120.0, 30.0, 0.0]);
}
