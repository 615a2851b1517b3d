//! How often a test says yes where nothing is there, and where something is.

use scenarios::stats::Side;
use scenarios::stats::holm::holm;
use scenarios::stats::mean::t_test;
use scenarios::stats::wilcoxon::{Method, Zeros, signed_rank};
use sim_core::world::draw::Stream;

const TRIALS: u32 = 2000;

/// The share of trials of which something holds.
fn rate(name: &str, holds: impl Fn(&mut Stream) -> bool) -> f64 {
    let trial = |trial: &u32| holds(&mut Stream::new(1, &[name.into(), (*trial).into()]));
    let count = (0..TRIALS).filter(trial).count();
    f64::from(u32::try_from(count).expect("few")) / f64::from(TRIALS)
}

fn normals(stream: &mut Stream, n: usize, mean: f64) -> Vec<f64> {
    (0..n).map(|_| mean + stream.normal()).collect()
}

/// Of a rate of 5 % the standard error is 0.49 %; four of them are 2 %.
#[test]
fn tests_of_one_question_keep_their_rate() {
    for side in [Side::Both, Side::Less, Side::Greater] {
        let t = rate("t", |stream| {
            let differences = normals(stream, 12, 0.0);
            t_test(&differences, 0.0, side).expect("spread").p <= 0.05
        });
        assert!((0.03..=0.07).contains(&t), "t, {side:?}: {t}");
        // The law of ranks is in steps: of 12 differences the two-sided test says yes in 4.25 % of cases.
        let signed = rate("signs", |stream| {
            let differences = normals(stream, 12, 0.0);
            let test = signed_rank(&differences, Zeros::Dropped, side, Method::Exact);
            test.expect("differences").p <= 0.05
        });
        assert!(
            (0.025..=0.065).contains(&signed),
            "signs, {side:?}: {signed}"
        );
    }
}

#[test]
fn of_twenty_questions_a_false_yes_is_as_rare_as_of_one() {
    let family = |stream: &mut Stream, corrected: bool| {
        let ps: Vec<f64> = (0..20)
            .map(|_| {
                let differences = normals(stream, 10, 0.0);
                t_test(&differences, 0.0, Side::Greater).expect("spread").p
            })
            .collect();
        let ps = if corrected {
            holm(&ps).expect("probabilities")
        } else {
            ps
        };
        ps.iter().any(|p| *p <= 0.05)
    };
    let plain = rate("family", |stream| family(stream, false));
    let corrected = rate("family", |stream| family(stream, true));
    assert!(
        (0.6..=0.68).contains(&plain),
        "1 - 0.95^20 is 64 %: {plain}"
    );
    assert!(corrected <= 0.07, "{corrected}");
}
