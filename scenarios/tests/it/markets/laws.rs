//! Formulas of statistics, held against runs of ordinary scenarios under fixed seeds: |z| < 4.

use std::fmt::Write as _;

use sim_core::units::SimTime;

use super::rig::{Flown, JOBS, count, experiment, fly, hours, real, z};

/// Machines of a fleet that nobody replaces: as many lives, each drawn by itself.
const LIVES: usize = 20_000;

/// The lives of machines that the provider takes sooner or later, at $1 an hour. Each case has a seed of its own: under the same
/// one all means would see the same uniforms.
fn lives(reclaim: &str, billing: &str, seed: u64) -> Flown {
    let text = format!(
        "name = \"lives\"\n[horizon]\nend = \"2000h\"\n[[fleet]]\nname = \"spot\"\ninstance = {{ gpus = 1, gpu = \"V100\" }}\n\
         min = {LIVES}\nmax = {LIVES}\nmarket = \"spot\"\nprice = \"$1\"\nbilling = {billing}\nreclaim = {{ {reclaim} }}\n\
         {JOBS}[[policy]]\nname = \"p\"\norder = \"fifo\"\n"
    );
    let flown = fly(&experiment(&text, &[(0, 1, 1)]), 0, seed);
    assert_eq!(flown.diary.holds.len(), LIVES);
    assert!(flown.diary.holds.iter().all(|hold| hold.taken));
    flown
}

fn ages(flown: &Flown) -> Vec<f64> {
    let holds = flown.diary.holds.iter();
    holds
        .map(|hold| hours(hold.until.since(hold.from).us()))
        .collect()
}

/// That a bill of so many lives is the sum of what each owes, and its mean is the expected one.
#[track_caller]
fn costs(flown: &Flown, each: &[f64], expected: f64, what: &str) {
    let usd = real(flown.nanousd()) / 1e9;
    let sum: f64 = each.iter().sum();
    assert!(
        (usd - sum).abs() < 1e-6 * sum + 1e-6,
        "{what}: {usd} for {sum}"
    );
    let (z, error) = z(each, expected);
    println!(
        "{what}: {:.5} for {expected:.5}, standard error {error:.5}, z {z:.2}",
        usd / count(LIVES)
    );
    assert!(z.abs() < 4.0, "{what}: z {z}");
}

/// E[max(L, m)] = m + e^{-lambda m} / lambda.
#[test]
fn under_a_minimum_a_machine_costs_the_expected_maximum_of_its_life_and_the_minimum() {
    for (mean, minimum, seed) in [(0.5_f64, 1.0_f64, 1), (2.0, 1.0, 2), (6.0, 24.0, 3)] {
        let flown = lives(
            &format!("model = \"exponential\", mean = \"{}s\"", mean * 3600.0),
            &format!("{{ minimum = \"{minimum}h\" }}"),
            seed,
        );
        let each: Vec<f64> = ages(&flown)
            .into_iter()
            .map(|age| age.max(minimum))
            .collect();
        let expected = minimum + mean * (-minimum / mean).exp();
        costs(
            &flown,
            &each,
            expected,
            &format!("mean {mean} h, minimum {minimum} h"),
        );
    }
}

/// Of L only what reaches the hour: E[L; L >= h] = (h + 1 / lambda) e^{-lambda h}, the billed share (1 + lambda h) e^{-lambda h}.
#[test]
fn with_the_first_hour_free_the_billed_share_is_one_plus_lambda_h_over_e_to_the_lambda_h() {
    for (mean, share, seed) in [
        (0.5_f64, 0.4060_f64, 4),
        (1.0, 0.7358, 5),
        (2.0, 0.9098, 6),
        (6.0, 0.9876, 7),
        (24.0, 0.9992, 8),
    ] {
        let flown = lives(
            &format!("model = \"exponential\", mean = \"{}s\"", mean * 3600.0),
            "{ free-within = \"1h\" }",
            seed,
        );
        let billed = |age: f64| if age < 1.0 { 0.0 } else { age };
        let each: Vec<f64> = ages(&flown).into_iter().map(billed).collect();
        let expected = (1.0 + mean) * (-1.0 / mean).exp();
        assert!((expected / mean - share).abs() < 5e-5, "the table's figure");
        costs(
            &flown,
            &each,
            expected,
            &format!("mean {mean} h, an hour free"),
        );
    }
}

/// F(t) = A (1 - e^{-t / tau1} + e^{(t - b) / tau2}) before the limit of 24 h, which nobody survives.
#[test]
fn machines_of_a_bathtub_are_gone_by_each_age_as_often_as_the_fit_says() {
    let flown = lives("model = \"bathtub\"", "\"exact\"", 9);
    let ages = ages(&flown);
    for age in [0.25, 1.0, 3.0, 6.0, 12.0, 20.0, 23.0, 23.9] {
        let (a, infant, wear, onset): (f64, f64, f64, f64) =
            (0.414, 3387.0 / 3600.0, 2765.0 / 3600.0, 24.45);
        let gone = a * (1.0 - (-age / infant).exp() + ((age - onset) / wear).exp());
        let seen: Vec<f64> = ages
            .iter()
            .map(|own| f64::from(u8::from(*own <= age)))
            .collect();
        let (z, error) = z(&seen, gone);
        println!("gone by {age} h: {gone:.4} expected, standard error {error:.4}, z {z:.2}");
        assert!(z.abs() < 4.0, "{age} h: z {z}");
    }
    let longest = ages.iter().copied().fold(0.0, f64::max);
    assert!((longest - 24.0).abs() < 1e-9, "{longest}");
}

/// Of the two-state chain, begun in its long-run law: U / (U + D) of any stretch.
#[test]
fn a_fleet_under_two_states_holds_its_machines_up_over_up_and_down_of_the_time() {
    for (up, down) in [(4.0, 1.0), (0.7, 3.6), (2.0, 2.0)] {
        let text = format!(
            "name = \"states\"\n[horizon]\nend = \"400h\"\n[[fleet]]\nname = \"spot\"\ninstance = {{ gpus = 1, gpu = \"V100\" }}\n\
             count = 2\nmarket = \"spot\"\nprice = \"$1\"\n\
             availability = {{ model = \"two-state\", up = \"{}s\", down = \"{}s\" }}\n\
             {JOBS}[[policy]]\nname = \"p\"\norder = \"fifo\"\n",
            up * 3600.0,
            down * 3600.0
        );
        let experiment = experiment(&text, &[(0, 1, 1)]);
        let share = |seed| real(fly(&experiment, 0, seed).nanousd()) / 1e9 / 800.0;
        let shares: Vec<f64> = (0..400).map(share).collect();
        let expected = up / (up + down);
        let (z, error) = z(&shares, expected);
        println!(
            "up {up} h, down {down} h: {expected:.4} expected, standard error {error:.4}, z {z:.2}"
        );
        assert!(z.abs() < 4.0, "{up} {down}: z {z}");
    }
}

/// Hours of a job with checkpoints.
#[derive(Clone, Copy, Debug)]
struct Saved {
    every: f64,
    dump: f64,
    restore: f64,
    upload: f64,
    down: f64,
    mtbf: f64,
}

/// By seed: when the job ends, whose machine is lost again and again, and comes back by itself.
fn ends(job: Saved, work: u64, last: bool, seeds: std::ops::Range<u64>) -> Vec<f64> {
    let us = |hours: f64| format!("{}us", (hours * 3.6e9).round());
    let text = format!(
        "name = \"saved\"\n[[fleet]]\nname = \"spot\"\ninstance = {{ gpus = 1, gpu = \"V100\" }}\ncount = 1\nmarket = \"spot\"\nprice = \"$1\"\n\
         boot = \"{}\"\nreclaim = {{ model = \"exponential\", mean = \"{}\" }}\n{JOBS}\
         checkpoint = {{ every = \"{}\", dump = \"{}\", restore = \"{}\", upload = \"{}\", last = {last} }}\n\
         [[policy]]\nname = \"p\"\norder = \"fifo\"\n",
        us(job.down),
        us(job.mtbf),
        us(job.every),
        us(job.dump),
        us(job.restore),
        us(job.upload),
    );
    let experiment = experiment(&text, &[(0, 3600 * work, 1)]);
    let end = |seed| {
        let end = fly(&experiment, 0, seed).diary.ends[0].unwrap();
        hours(end.since(SimTime::ZERO).us())
    };
    seeds.map(end).collect()
}

/// Daly's complete model with a downtime: E[T] = K e^{lambda R} (1 / lambda + D) (e^{lambda (tau + C)} - 1).
#[test]
fn a_job_with_checkpoints_on_a_machine_that_is_lost_takes_dalys_time() {
    let job = |every, dump, restore, down, mtbf| Saved {
        every,
        dump,
        restore,
        upload: 0.0,
        down,
        mtbf,
    };
    // The second is a row of the table of the reference.
    for (saved, work, seeds) in [
        (job(1.0, 5.0 / 60.0, 10.0 / 60.0, 0.0, 6.0), 48, 4_000),
        (job(0.5, 2.0 / 60.0, 0.2, 1.06, 2.29), 48, 6_000),
        (job(2.0, 0.1, 0.25, 0.5, 3.0), 40, 12_000),
    ] {
        let times = ends(saved, work, true, 0..seeds);
        let lambda = 1.0 / saved.mtbf;
        let segment = (lambda * (saved.every + saved.dump)).exp() - 1.0;
        let expected = real(work.into()) / saved.every
            * (lambda * saved.restore).exp()
            * (saved.mtbf + saved.down)
            * segment;
        let (z, error) = z(&times, expected);
        println!(
            "{saved:?}: {expected:.3} h expected, standard error {:.3} %, z {z:.2}",
            100.0 * error / expected
        );
        assert!(
            error < 0.0025 * expected,
            "{saved:?}: {error} of {expected}"
        );
        assert!(z.abs() < 4.0, "{saved:?}: z {z}");
    }
}

/// A snapshot that is durable only U later: in the long run (1 / lambda + D) e^{lambda (R + U)} (e^{lambda (tau + C)} - 1) / tau for
/// each hour of work. Two lengths of job, so that what is special at either end cancels.
#[test]
fn a_checkpoint_that_outlives_its_machine_only_later_costs_e_to_the_lambda_u() {
    for ((every, dump, restore, upload, down, mtbf), stretch) in [
        ((0.5, 0.01, 0.2, 0.1, 0.0, 2.0), 1.34987),
        ((0.5, 0.01, 0.2, 0.3, 1.0, 2.0), 2.23776),
        ((1.0, 0.02, 0.1, 0.5, 0.5, 6.0), 1.33116),
    ] {
        let saved = Saved {
            every,
            dump,
            restore,
            upload,
            down,
            mtbf,
        };
        let lambda = 1.0 / mtbf;
        let segment = (lambda * (every + dump)).exp() - 1.0;
        let expected = (mtbf + down) * (lambda * (restore + upload)).exp() * segment / every;
        assert!(
            (expected - stretch).abs() < 5e-6,
            "the figure of the reference: {expected}"
        );
        let (short, long) = (
            ends(saved, 20, false, 0..500),
            ends(saved, 220, false, 500..1_000),
        );
        let mean = |times: &[f64]| times.iter().sum::<f64>() / count(times.len());
        let found = (mean(&long) - mean(&short)) / 200.0;
        let error = (z(&short, 0.0).1.powi(2) + z(&long, 0.0).1.powi(2)).sqrt() / 200.0;
        let z = (found - expected) / error;
        println!("{saved:?}: {found:.5} for {expected:.5}, standard error {error:.5}, z {z:.2}");
        assert!(z.abs() < 4.0, "{saved:?}: z {z}");
    }
}

/// Spot for the fraction r of every turn, changeovers that cost nothing: greedy costs k R0 + (r - k) t' with
/// t' = (R0 - C0) / (1 - r), to the grain of a turn.
#[test]
fn greedy_costs_what_the_fluid_limit_says() {
    // Minutes: allowed, to do. Seconds: spot in each turn, and the turn.
    for (allowed, work, up, turn) in [
        (120, 60, 15, 60),
        (120, 60, 5, 20),
        (200, 120, 24, 60),
        (300, 180, 12, 120),
    ] {
        let mut steps = String::new();
        for at in (0..allowed * 60).step_by(turn) {
            let comma = if at == 0 { "" } else { ", " };
            write!(steps, "{comma}[\"{at}s\", 1], [\"{}s\", 0]", at + up).unwrap();
        }
        let machine = "instance = { gpus = 1, gpu = \"V100\" }\nmax = 1";
        let text = format!(
            "name = \"fluid\"\n[[fleet]]\nname = \"spot\"\n{machine}\nmarket = \"spot\"\nprice = \"$60\"\navailability = {{ steps = [{steps}] }}\n\
             [[fleet]]\nname = \"steady\"\n{machine}\nmarket = \"on-demand\"\nprice = \"$180\"\n\
             {JOBS}deadline = \"{allowed}m\"\nestimate = {{ model = \"exact\" }}\n[[policy]]\nname = \"p\"\nkind = \"greedy\"\n"
        );
        let flown = fly(
            &experiment(&text, &[(0, u64::try_from(work * 60).unwrap(), 1)]),
            0,
            1,
        );
        let number = |whole: usize| count(whole);
        let (r, k) = (number(up) / number(turn), 3.0);
        let (allowed, work) = (number(allowed), number(work));
        let fluid = k * allowed + (r - k) * (allowed - work) / (1.0 - r);
        let (cost, grain) = (real(flown.nanousd()) / 1e9, k * number(turn) / 60.0);
        println!("r {r}, {work} of {allowed} min: {cost:.3} for {fluid:.3}, within {grain:.3}");
        assert!((cost - fluid).abs() <= grain, "r {r}: {cost} for {fluid}");
        assert!(
            hours(flown.end.us()) * 60.0 <= allowed + 0.05,
            "{}",
            flown.end.us()
        );
    }
}
