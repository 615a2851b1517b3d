//! Claims about the theory: it gives the figures that are in print, and what a simulation with the
//! cadence itself measures.

use super::*;
use crate::world::draw::Stream;

fn h(hours: f64) -> Span {
    span(hours)
}

fn minutes(n: u64) -> Span {
    Span::from_secs(60 * n)
}

fn failures(mtbf: f64, restore: f64, downtime: f64) -> Failures {
    Failures::new(h(mtbf), h(restore), h(downtime)).unwrap()
}

fn every(tau: f64, dump: f64, last: bool) -> Cadence {
    Cadence::new(Some(h(tau)), h(dump), Span::ZERO, last).unwrap()
}

fn near(seen: f64, printed: f64, tolerance: f64) {
    let close = (seen - printed).abs() <= tolerance;
    assert!(close, "{seen} is not {printed}");
}

#[test]
fn lambert_undoes_w_e_w() {
    for k in -99..400 {
        let w = f64::from(k) / 100.0;
        near(
            lambert_w0(w * libm::exp(w)),
            w,
            1e-12 + 4e-16 / (1.0 + w).max(1e-9),
        );
    }
    near(lambert_w0(1.0), 0.567_143_290_409_783_8, 1e-15);
    near(lambert_w0(1e300), 684.247_208_629_760_9, 1e-10);
    near(lambert_w0(-1.0 / std::f64::consts::E), -1.0, 1e-7);
    assert!(lambert_w0(-0.4).is_nan());
    assert!(lambert_w0(0.0).abs() < 1e-300);
}

#[test]
fn intervals_are_those_of_dalys_paper() {
    let c = minutes(5);
    let in_minutes = |span: Span| hours(span) * 60.0;
    for (mtbf, paper, daly_min, exact_min) in [
        (minutes(24 * 60), 117.0, 116.690, 116.690),
        (minutes(6 * 60), 57.0, 56.713, 56.714),
        (minutes(15), 9.1, 9.141, 9.167),
    ] {
        near(in_minutes(daly(c, mtbf)), daly_min, 5e-4);
        near(in_minutes(daly(c, mtbf)), paper, 0.5);
        near(in_minutes(exact(c, mtbf)), exact_min, 5e-4);
    }
    near(in_minutes(young(c, minutes(24 * 60))), 120.0, 1e-6);
    assert_eq!(daly(minutes(30), minutes(15)), minutes(15));
    assert_eq!(exact(Span::ZERO, minutes(15)), Span::ZERO);
}

#[test]
fn expected_times_are_those_of_the_reference() {
    let (c, r) = (5.0 / 60.0, 10.0 / 60.0);
    for (work, tau, mtbf, printed) in [
        (48.0, 1.0, 24.0, 53.562_141),
        (48.0, 1.0, 6.0, 58.595_462),
        (500.0, 1.95, 24.0, 547.911_388),
        (500.0, 0.95, 6.0, 610.258_486),
    ] {
        let seen = failures(mtbf, r, 0.0).expected_h(h(work), &every(tau, c, true));
        near(seen, printed, 1e-6);
    }
    for (downtime, printed) in [(0.0, 62.914_906), (1.06, 92.037_090)] {
        let law = failures(2.29, 0.2, downtime);
        let cadence = every(0.5, 2.0 / 60.0, true);
        near(law.expected_h(h(48.0), &cadence), printed, 1e-6);
        near(law.billed_h(h(48.0), &cadence), 62.914_906, 1e-6);
    }
    for (tau, c, r, upload, downtime, mtbf, printed) in [
        (0.5, 0.01, 0.2, 0.1, 0.0, 2.0, 1.34987),
        (0.5, 0.01, 0.2, 0.3, 1.0, 2.0, 2.23776),
        (1.0, 0.02, 0.1, 0.5, 0.5, 6.0, 1.33116),
    ] {
        let cadence = Cadence::new(Some(h(tau)), h(c), h(upload), true).unwrap();
        near(
            failures(mtbf, r, downtime).stretch(&cadence).unwrap(),
            printed,
            5e-6,
        );
    }
    assert_eq!(failures(1.0, 0.0, 0.0).stretch(&Cadence::NONE), None);
    let law = failures(6.0, 0.2, 0.5);
    near(
        law.noticed_billed_h(h(48.0)),
        48.0 * libm::exp(0.2 / 6.0),
        1e-9,
    );
    near(
        law.noticed_h(h(48.0)),
        48.0 * libm::exp(0.2 / 6.0) * (1.0 + 0.5 / 6.0),
        1e-9,
    );
    assert!(law.expected_h(Span::ZERO, &every(1.0, 0.1, true)).abs() < 1e-300);
    assert_eq!(Failures::new(Span::ZERO, h(1.0), h(1.0)), Err(NoUptime));
}

#[test]
fn the_best_number_of_segments_beats_its_neighbours() {
    let law = failures(6.0, 0.2, 0.3);
    let (work, dump) = (h(48.0), minutes(5));
    let best = law.best_segments(work, dump);
    let time = |count: u64| {
        let tau = Span::from_us(work.us().div_ceil(count)).unwrap();
        law.expected_h(
            work,
            &Cadence::new(Some(tau), dump, Span::ZERO, true).unwrap(),
        )
    };
    assert!(time(best) <= time(best - 1));
    assert!(time(best) <= time(best + 1));
}

/// One run: hours until `work` is durable, and how often a machine was lost.
fn run(law: &Failures, cadence: &Cadence, work: Span, luck: &mut Stream) -> (f64, f64) {
    let (mut left, mut time, mut lost, mut restore) = (work, 0.0, 0.0, 0.0);
    loop {
        let life = luck.exponential(hours(law.mtbf));
        let length = restore + hours(cadence.length(left));
        if life >= length {
            return (time + length, lost);
        }
        left = left - cadence.at(span((life - restore).max(0.0)), left).durable;
        (time, lost, restore) = (
            time + life + hours(law.downtime),
            lost + 1.0,
            hours(law.restore),
        );
    }
}

#[test]
fn a_simulation_with_the_cadence_meets_the_expected_time() {
    let n = 4_000;
    for (law, last) in [
        (failures(6.0, 1.0 / 6.0, 0.0), true),
        (failures(2.29, 0.2, 1.06), false),
    ] {
        let (cadence, work) = (every(1.3, 5.0 / 60.0, last), h(24.0));
        let mut luck = Stream::new(2, &["theory".into()]);
        let runs: Vec<(f64, f64)> = (0..n)
            .map(|_| run(&law, &cadence, work, &mut luck))
            .collect();
        let z = |pick: &dyn Fn(&(f64, f64)) -> f64, expected: f64| {
            let n = f64::from(n);
            let mean = runs.iter().map(pick).sum::<f64>() / n;
            let spread = runs
                .iter()
                .map(|r| (pick(r) - mean) * (pick(r) - mean))
                .sum::<f64>();
            (mean - expected) / (spread / n / n).sqrt()
        };
        let time = z(&|run| run.0, law.expected_h(work, &cadence));
        let lost = z(&|run| run.1, law.expected_failures(work, &cadence));
        println!("simulated against theory: time z {time:.2}, failures z {lost:.2}");
        assert!(time.abs() < 4.0 && lost.abs() < 4.0, "z {time}, {lost}");
    }
}

#[test]
fn late_uploads_stretch_the_long_run_as_stated() {
    let law = failures(2.0, 0.2, 1.0);
    let cadence = Cadence::new(Some(h(0.5)), h(0.01), h(0.3), true).unwrap();
    let mut luck = Stream::new(3, &["uploads".into()]);
    // Long runs, so that the end of the last upload, which the run does not await, weighs nothing.
    let (n, work) = (400, h(1_000.0));
    let paces: Vec<f64> = (0..n)
        .map(|_| run(&law, &cadence, work, &mut luck).0 / hours(work))
        .collect();
    let n = f64::from(n);
    let mean = paces.iter().sum::<f64>() / n;
    let spread = paces.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    let z = (mean - law.stretch(&cadence).unwrap()) / (spread / n).sqrt();
    println!("stretch {mean:.5}: z {z:.2}");
    assert!(z.abs() < 4.0, "stretch: z {z}");
}

#[test]
fn every_row_of_the_reference_table_is_met() {
    let root = std::env::var_os("WINDTUNNEL_REFERENCE").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        std::path::PathBuf::from,
    );
    let Ok(text) =
        std::fs::read_to_string(root.join("conformance/checkpoint/checkpoint_oracle.csv"))
    else {
        println!("skipped: no reference data");
        return;
    };
    let mut rows = 0;
    for line in text.lines().skip(1) {
        let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        let [work, tau, dump, restore, downtime, mtbf] = cells[..6] else {
            panic!("six parameters");
        };
        let law = failures(mtbf, restore, downtime);
        near(
            law.expected_h(h(work), &every(tau, dump, true)),
            cells[6],
            1e-6,
        );
        near(
            law.expected_h(h(work), &every(tau, dump, false)),
            cells[7],
            1e-6,
        );
        near(hours(daly(h(dump), h(mtbf))), cells[10], 2e-6);
        near(hours(exact(h(dump), h(mtbf))), cells[11], 2e-6);
        rows += 1;
    }
    assert_eq!(rows, 9);
}
