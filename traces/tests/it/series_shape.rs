//! Cutting, continuing and sampling a series, against looking up every second by hand.

use sim_core::units::{SimTime, Span};
use traces::series::{After, Series};

fn at(secs: u64) -> SimTime {
    SimTime::from_secs(secs)
}

/// Two hundred series of up to twelve steps within forty seconds, from a fixed linear congruence.
fn many() -> Vec<Series<u32>> {
    let mut state: u64 = 7;
    let mut next = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % below
    };
    let one = |_| {
        let end = 1 + next(40);
        let mut steps = vec![(SimTime::ZERO, 1)];
        let mut now = 0;
        for _ in 0..next(12) {
            now += 1 + next(5);
            if now <= end {
                let value = u32::try_from(next(4)).expect("small");
                steps.push((at(now), value));
            }
        }
        Series::new(steps, at(end)).expect("ascending")
    };
    (0..200).map(one).collect()
}

fn secs(series: &Series<u32>) -> u64 {
    series.end().us() / 1_000_000
}

/// What every series promises of its steps.
fn is_sound(series: &Series<u32>) -> bool {
    let steps = series.steps();
    let apart = |pair: &[(SimTime, u32)]| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1;
    let inside = steps.last().is_some_and(|last| last.0 <= series.end());
    steps[0].0 == SimTime::ZERO && steps.windows(2).all(apart) && inside
}

#[test]
fn a_window_holds_at_every_second_what_the_whole_held() {
    for whole in many() {
        for from in 0..secs(&whole) {
            for to in from + 1..=secs(&whole) {
                let window = whole.window(at(from), at(to)).expect("observed");
                assert!(is_sound(&window) && secs(&window) == to - from);
                let same = |t| window.at(at(t - from)) == whole.at(at(t));
                assert!((from..to).all(same), "{whole:?} {from} {to}");
            }
        }
    }
}

#[test]
fn a_repeated_series_holds_what_the_first_round_held() {
    for whole in many() {
        let end = secs(&whole);
        for until in [end, end + 1, 3 * end - 1, 3 * end, 100] {
            let long = whole.extend_to(at(until), After::Repeat).expect("observed");
            assert!(is_sound(&long) && secs(&long) == until.max(end));
            let same = |t| long.at(at(t)) == whole.at(at(t % end));
            assert!((0..until).all(same), "{whole:?} {until}");
            let held = whole.extend_to(at(until), After::Hold).expect("observed");
            assert!(is_sound(&held) && (0..until).all(|t| held.at(at(t)) == whole.at(at(t))));
        }
    }
}

#[test]
fn a_sample_holds_what_was_there_at_its_instant_until_the_next() {
    for whole in many() {
        for every in 1..=7 {
            let sampled = whole.resample(Span::from_secs(every)).expect("few");
            assert!(is_sound(&sampled) && secs(&sampled) == sampled.records * every);
            let same = |t| sampled.at(at(t)) == whole.at(at(t - t % every));
            assert!((0..secs(&whole)).all(same), "{whole:?} {every}");
        }
    }
}

#[test]
fn the_pieces_of_a_series_fill_it_and_its_curve_agrees() {
    for whole in many() {
        let filled: u64 = whole.pieces().map(|piece| piece.1.us()).sum();
        assert_eq!(filled, whole.end().us());
        let curve = whole.curve();
        assert!((0..60).all(|t| curve.at(at(t)) == whole.at(at(t))));
    }
}
