//! Generators: what each claims to match, it matches; what fixes a workload fixes its bits.

use sim_core::units::{Span, convert};
use traces::synth::{
    Arrivals, Deadlines, Durations, GangWeight, Length, Lublin, Luck, Parametric, Philly2017,
    Users, Week, philly_2017,
};
use traces::{Estimate, ModelSet, Name, Positive, Record, Workload, estimates};

const LUCK: Luck<'static> = Luck {
    seed: 1,
    workload: "test",
};

fn parametric() -> Parametric {
    Parametric {
        arrivals: Arrivals::Poisson { per_hour: 60.0 },
        durations: Durations::Exponential {
            mean: Span::from_secs(600),
        },
        gangs: vec![
            GangWeight {
                tasks: 1,
                gpus: 1,
                cpus: 0,
                memory_gib: 0,
                weight: 3.0,
            },
            GangWeight {
                tasks: 2,
                gpus: 8,
                cpus: 0,
                memory_gib: 0,
                weight: 1.0,
            },
        ],
        length: Length::Jobs(50_000),
        users: None,
        deadlines: None,
        priorities: vec![],
        models: vec![],
    }
}

fn generate(model: &Parametric) -> Workload {
    model.workload(LUCK).expect("good parameters")
}

fn real(n: usize) -> f64 {
    convert::real(convert::wide(n))
}

/// Fraction of a sample.
fn share(jobs: &[Record], keep: impl Fn(&Record) -> bool) -> f64 {
    real(jobs.iter().filter(|job| keep(job)).count()) / real(jobs.len())
}

/// |z| of a seen share of n independent trials.
fn z(seen: f64, expected: f64, n: f64) -> f64 {
    (seen - expected).abs() / (expected * (1.0 - expected) / n).sqrt()
}

fn gaps_s(jobs: &[Record]) -> Vec<f64> {
    let gaps = jobs.windows(2).map(|w| w[1].submit.since(w[0].submit));
    gaps.map(|gap| convert::real(gap.us()) / 1e6).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / real(values.len())
}

/// FNV-1a over what makes a job.
fn digest(jobs: &[Record]) -> u64 {
    let words = jobs.iter().flat_map(|job| {
        let user = job.user.map_or(0, u64::from);
        [
            job.submit.us(),
            job.duration.us(),
            job.tasks.into(),
            job.gpus.into(),
            user,
        ]
    });
    let bytes = words.flat_map(u64::to_le_bytes);
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[test]
fn a_generated_workload_keeps_its_bits() {
    let philly = Philly2017 {
        jobs_per_hour: 30.0,
        length: Length::Jobs(2_000),
        starts_at: 0,
    };
    let lublin = Lublin::batch_and_interactive(Length::Jobs(2_000));
    let short = Parametric {
        length: Length::Jobs(2_000),
        ..parametric()
    };
    let digests = [
        digest(&short.workload(LUCK).unwrap().jobs),
        digest(&philly.workload(LUCK).unwrap().jobs),
        digest(&lublin.workload(LUCK).unwrap().jobs),
    ];
    assert_eq!(digests, GOLDEN, "{digests:#x?}");
}

const GOLDEN: [u64; 3] = [
    0x4186_60c7_6c9d_8d79,
    0x299c_cd7a_aeb2_552a,
    0x6dc8_63a2_b0ae_bf64,
];

#[test]
fn a_longer_workload_begins_with_the_shorter_one() {
    let longer = Parametric {
        length: Length::Jobs(60_000),
        ..parametric()
    };
    assert_eq!(
        generate(&longer).jobs[..50_000],
        generate(&parametric()).jobs
    );
    let philly = |length| Philly2017 {
        jobs_per_hour: 30.0,
        length,
        starts_at: 0,
    };
    let week = philly(Length::Time(Span::from_secs(604_800)))
        .workload(LUCK)
        .unwrap();
    assert!(
        week.jobs
            .iter()
            .all(|job| job.submit.us() < 604_800_000_000)
    );
    let long = philly(Length::Jobs(20_000)).workload(LUCK).unwrap();
    assert_eq!(long.jobs[..week.jobs.len()], week.jobs);
}

#[test]
fn changing_sizes_leaves_arrivals_and_durations_alone() {
    let mut other = parametric();
    other.gangs[0].weight = 0.1;
    other.users = Some(Users {
        count: 5,
        exponent: 1.0,
    });
    let (a, b) = (generate(&parametric()), generate(&other));
    assert!(
        a.jobs
            .iter()
            .zip(&b.jobs)
            .all(|(a, b)| (a.submit, a.duration) == (b.submit, b.duration))
    );
    let elsewhere = Luck {
        workload: "elsewhere",
        ..LUCK
    };
    let c = parametric().workload(elsewhere).unwrap();
    assert_ne!(a.jobs[0].submit, c.jobs[0].submit);
}

#[test]
fn poisson_gaps_are_exponential() {
    let jobs = generate(&parametric()).jobs;
    let mut gaps = gaps_s(&jobs);
    gaps.sort_by(f64::total_cmp);
    let n = real(gaps.len());
    let distance = gaps
        .iter()
        .zip(1_u32..)
        .map(|(gap, rank)| (1.0 - libm::exp(-gap / 60.0) - f64::from(rank) / n).abs());
    assert!(distance.fold(0.0, f64::max) * n.sqrt() < 1.95);
    let durations: Vec<f64> = jobs
        .iter()
        .map(|j| convert::real(j.duration.us()) / 1e6)
        .collect();
    assert!((mean(&durations) - 600.0).abs() < 4.0 * 600.0 / n.sqrt());
    assert!(z(share(&jobs, |job| job.tasks == 2 && job.gpus == 8), 0.25, n) < 4.0);
}

#[test]
fn a_weekly_profile_is_followed_hour_by_hour() {
    let mut hours = [1.0; 24];
    hours[9] = 5.0;
    hours[3] = 0.0;
    let model = Parametric {
        arrivals: Arrivals::Weekly {
            per_hour: 60.0,
            week: Box::new(Week {
                hours,
                days: [1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5],
                starts_at: 5 * 24,
            }),
        },
        ..parametric()
    };
    let jobs = generate(&model).jobs;
    let n = real(jobs.len());
    let weeks = convert::real(jobs[jobs.len() - 1].submit.us()) / 604.8e9;
    assert!(
        (n / (weeks * 168.0) - 60.0).abs() < 4.0 * 60.0 / n.sqrt() + 0.3,
        "whole weeks"
    );
    let hour = |job: &Record| job.submit.us() / 3_600_000_000;
    assert!(jobs.iter().all(|job| hour(job) % 24 != 3));
    assert!(z(share(&jobs, |job| hour(job) % 24 == 9), 5.0 / 27.0, n) < 4.0);
    // Time zero is Saturday midnight; 29 full weeks and a rest that the rate barely notices.
    let weekend = share(&jobs, |job| hour(job) / 24 % 7 < 2);
    assert!((weekend - 1.0 / 6.0).abs() < 0.01, "{weekend}");
}

#[test]
fn a_diurnal_rate_peaks_when_told() {
    let model = Parametric {
        arrivals: Arrivals::diurnal(60.0, 0.8, 15).unwrap(),
        ..parametric()
    };
    let jobs = generate(&model).jobs;
    let at = |hour: u64| share(&jobs, |job| job.submit.us() / 3_600_000_000 % 24 == hour) * 24.0;
    assert!((at(15) - 1.8).abs() < 0.12 && (at(3) - 0.2).abs() < 0.05);
    assert!(Arrivals::diurnal(1.0, 1.5, 0).is_err() && Arrivals::diurnal(1.0, 0.5, 24).is_err());
}

#[test]
fn bursts_keep_the_mean_rate_and_clump() {
    let hours = |n: u64| Span::from_secs(3600 * n);
    let model = Parametric {
        arrivals: Arrivals::Bursty {
            calm_per_hour: 10.0,
            burst_per_hour: 310.0,
            calm: hours(5),
            burst: hours(1),
        },
        ..parametric()
    };
    let jobs = generate(&model).jobs;
    let gaps = gaps_s(&jobs);
    // (10 x 5 + 310) / 6 = 60 an hour; about 139 bursts make the rate uncertain by a tenth.
    assert!((3600.0 / mean(&gaps) - 60.0).abs() < 4.0 * 6.0);
    let spread = mean(&gaps.iter().map(|g| g * g).collect::<Vec<_>>()) / mean(&gaps).powi(2) - 1.0;
    assert!(spread > 3.0, "squared coefficient of variation {spread}");
}

#[test]
fn every_distribution_of_durations_has_its_mean() {
    let secs = Span::from_secs;
    let cases = [
        (Durations::Constant(secs(7)), 7.0, 0.0),
        (Durations::Exponential { mean: secs(7) }, 7.0, 7.0),
        (
            Durations::Lognormal {
                median: secs(100),
                sigma: 0.5,
            },
            100.0 * libm::exp(0.125),
            100.0 * libm::exp(0.125) * (libm::exp(0.25) - 1.0).sqrt(),
        ),
        (
            Durations::Pareto {
                shape: 3.0,
                low: secs(10),
                high: None,
            },
            15.0,
            75.0_f64.sqrt(),
        ),
        (
            Durations::Pareto {
                shape: 1.0,
                low: secs(1),
                high: Some(secs(100)),
            },
            libm::log(100.0) / 0.99,
            9.0,
        ),
        (
            Durations::Gamma {
                shape: 0.25,
                mean: secs(40),
            },
            40.0,
            80.0,
        ),
        (
            Durations::Weibull {
                shape: 2.0,
                scale: secs(10),
            },
            10.0 * 0.886_226_925_452_758,
            4.632_513_738_2,
        ),
        (
            Durations::Empirical(vec![(0.0, secs(0)), (0.5, secs(10)), (1.0, secs(30))]),
            12.5,
            8.8,
        ),
    ];
    for (durations, expected, deviation) in cases {
        let shown = format!("{durations:?}");
        let model = Parametric {
            durations,
            ..parametric()
        };
        let jobs = generate(&model).jobs;
        let seen: Vec<f64> = jobs
            .iter()
            .map(|j| convert::real(j.duration.us()) / 1e6)
            .collect();
        let error = deviation / real(seen.len()).sqrt();
        assert!(
            (mean(&seen) - expected).abs() <= 4.0 * error + 1e-6,
            "{shown}: {}",
            mean(&seen)
        );
    }
}

#[test]
fn users_deadlines_priorities_and_models_come_in_their_shares() {
    let model = Parametric {
        users: Some(Users {
            count: 3,
            exponent: 1.0,
        }),
        deadlines: Some(Deadlines {
            share: 0.3,
            slack_low: 1.0,
            slack_high: 3.0,
        }),
        priorities: vec![(-1, 1.0), (9, 1.0)],
        models: vec![
            (vec!["H100".to_owned(), "A100".to_owned()], 1.0),
            (vec![], 3.0),
        ],
        ..parametric()
    };
    let workload = generate(&model);
    let (jobs, n) = (&workload.jobs, real(workload.jobs.len()));
    assert!(z(share(jobs, |job| job.user == Some(0)), 6.0 / 11.0, n) < 4.0);
    assert!(z(share(jobs, |job| job.deadline.is_some()), 0.3, n) < 4.0);
    assert!(z(share(jobs, |job| job.priority == 9), 0.5, n) < 4.0);
    assert_eq!(workload.models, ["A100", "H100"]);
    assert!(
        z(
            share(jobs, |job| job.models == ModelSet::ANY.with(0).with(1)),
            0.25,
            n
        ) < 4.0
    );
    let due = jobs
        .iter()
        .filter_map(|job| Some((job.deadline?.span(), job.duration)));
    assert!(due.clone().all(|(due, duration)| due >= duration));
    let slack = due.map(|(due, duration)| convert::real(due.us()) / convert::real(duration.us()));
    assert!((mean(&slack.collect::<Vec<_>>()) - 2.0).abs() < 0.03);
}

type Change = fn(&mut Parametric);

fn says((change, message): (Change, &str)) {
    let mut model = parametric();
    change(&mut model);
    let error = model.workload(LUCK).expect_err("a bad parameter");
    assert_eq!(error.to_string(), message);
}

#[test]
fn bad_arrivals_and_durations_name_field_value_and_rule() {
    let cases: [(Change, &str); 7] = [
        (
            |m| {
                m.arrivals = Arrivals::Poisson { per_hour: 1e9 };
                m.length = Length::Time(Span::from_secs(3600));
            },
            "length = 1 h: would make about 1000000000 jobs, more than 100 million",
        ),
        (
            |m| m.arrivals = Arrivals::Poisson { per_hour: -1.0 },
            "arrivals.per-hour = -1: must be positive and finite",
        ),
        (
            |m| m.arrivals = Arrivals::Poisson { per_hour: f64::NAN },
            "arrivals.per-hour = NaN: must be positive and finite",
        ),
        (
            |m| {
                m.arrivals = Arrivals::Bursty {
                    calm_per_hour: 1.0,
                    burst_per_hour: 2.0,
                    calm: Span::ZERO,
                    burst: Span::MAX,
                };
            },
            "arrivals.calm = 0s: must be at least a minute",
        ),
        (
            |m| m.durations = Durations::Exponential { mean: Span::ZERO },
            "durations.mean = 0s: must be longer than nothing",
        ),
        (
            |m| {
                m.durations = Durations::Pareto {
                    shape: 1.0,
                    low: Span::from_secs(9),
                    high: Some(Span::from_secs(9)),
                };
            },
            "durations.high = 9s: must be above durations.low",
        ),
        (
            |m| m.durations = Durations::Empirical(vec![(0.0, Span::ZERO)]),
            "durations = its table: a table of 1 entries is no distribution",
        ),
    ];
    cases.into_iter().for_each(says);
}

#[test]
fn bad_mixes_name_field_value_and_rule() {
    let cases: [(Change, &str); 7] = [
        (
            |m| m.gangs.clear(),
            "gangs.weight = its table: a table of 0 entries is no distribution",
        ),
        (
            |m| m.gangs[0].tasks = 0,
            "gangs.tasks = 0: must be from 1 to 100000",
        ),
        (
            |m| m.gangs[0].gpus = 65,
            "gangs.gpus = 65: must be at most 64",
        ),
        (
            |m| m.gangs[0].weight = -1.0,
            "gangs.weight = its table: entry 0 is -1: probabilities rise from 0 to 1, values do \
             not fall, weights are not negative",
        ),
        (
            |m| {
                m.users = Some(Users {
                    count: 0,
                    exponent: 1.0,
                });
            },
            "users.count = 0: must be at least 1",
        ),
        (
            |m| {
                m.deadlines = Some(Deadlines {
                    share: 0.5,
                    slack_low: 0.5,
                    slack_high: 2.0,
                });
            },
            "deadlines.slack-low = 0.5: must be at least 1: nothing ends before its duration",
        ),
        (
            |m| m.priorities = vec![(1, 0.0)],
            "priorities = its table: weights sum to 0: they need a positive sum",
        ),
    ];
    cases.into_iter().for_each(says);
}

fn philly() -> Workload {
    let model = Philly2017 {
        jobs_per_hour: 30.0,
        length: Length::Jobs(400_000),
        starts_at: 0,
    };
    model.workload(LUCK).expect("good parameters")
}

/// Jobs of a campaign share their luck: 400,000 jobs are worth as much as n x E[S] / E[S^2] alone.
const CLUMPING: f64 = 170.0;

#[test]
fn philly_matches_the_mix_of_sizes_and_the_quantiles_of_duration() {
    let jobs = philly().jobs;
    let n = real(jobs.len()) / CLUMPING;
    for (gpus, count) in philly_2017::SIZES {
        let expected = f64::from(count) / 82_247.0;
        let seen = share(&jobs, |job| job.tasks == gpus);
        let deviation = (expected * (1.0 - expected) / n).sqrt().max(2.0 / n);
        assert!(
            (seen - expected).abs() < 4.0 * deviation,
            "{gpus} GPUs: {seen} {expected}"
        );
    }
    let classes: [fn(&Record) -> bool; 3] = [
        |j| j.tasks == 1,
        |j| (2..=4).contains(&j.tasks),
        |j| j.tasks > 4,
    ];
    for (class, quantiles) in classes.into_iter().zip(philly_2017::DURATIONS_S) {
        let of: Vec<Record> = jobs.iter().filter(|job| class(job)).cloned().collect();
        let n = real(of.len()) / CLUMPING;
        for (p, seconds) in philly_2017::PROBABILITIES.into_iter().zip(quantiles) {
            if (0.05..=0.95).contains(&p) {
                // Half a second on: the generator, like the trace, counts whole seconds.
                let below = share(&of, |j| {
                    convert::real(j.duration.us()) / 1e6 <= seconds + 0.5
                });
                assert!(z(below, p, n) < 4.0, "{p} of {seconds}: {below}");
            }
        }
    }
}

#[test]
fn philly_comes_at_its_rate_in_campaigns_through_the_day_and_week() {
    let jobs = philly().jobs;
    let hours = convert::real(jobs[jobs.len() - 1].submit.us()) / 3.6e9;
    let rate = real(jobs.len()) / hours;
    assert!(
        (rate / 30.0 - 1.0).abs() < 4.0 * (CLUMPING / 400_000.0_f64).sqrt(),
        "{rate}"
    );
    let by_cluster = |job: &Record| (job.queue, job.submit);
    let mut sorted = jobs.clone();
    sorted.sort_by_key(by_cluster);
    let mut starts: Vec<&Record> = vec![&sorted[0]];
    let (mut same, mut like, mut within) = (0.0, 0.0, 0.0);
    for pair in sorted.windows(2) {
        let near = pair[0].queue == pair[1].queue
            && pair[1].submit.since(pair[0].submit) <= Span::from_secs(60);
        if near {
            within += 1.0;
            same += f64::from(u8::from(pair[0].tasks == pair[1].tasks));
            let [a, b] = [&pair[0], &pair[1]].map(|j| convert::real(j.duration.us()));
            like += f64::from(u8::from(a <= 2.0 * b && b <= 2.0 * a));
        } else {
            starts.push(&pair[1]);
        }
    }
    // The trace: 3.53 jobs a campaign, 98.9 % of neighbours of one size, 86.4 % of like duration.
    // Campaigns that overlap by chance count as one here, as they do in the trace.
    let size = real(sorted.len()) / real(starts.len());
    assert!((3.0..4.4).contains(&size), "{size} jobs a campaign");
    assert!(same / within > 0.97, "{}", same / within);
    assert!((0.82..0.90).contains(&(like / within)), "{}", like / within);
    let n = real(starts.len());
    let hour = |job: &Record| job.submit.us() / 3_600_000_000;
    let starts: Vec<Record> = starts.into_iter().cloned().collect();
    for (h, relative) in (0_u64..).zip(philly_2017::HOURS) {
        let seen = share(&starts, |job| hour(job) % 24 == h);
        assert!(z(seen, relative / 24.0, n) < 4.0, "hour {h}: {seen}");
    }
    for (d, relative) in (0_u64..).zip(philly_2017::DAYS) {
        let seen = share(&starts, |job| hour(job) / 24 % 7 == d);
        assert!(z(seen, relative / 7.0, n) < 4.0, "day {d}: {seen}");
    }
}

#[test]
fn lublin_sizes_and_runtimes_have_the_published_shape() {
    let model = Lublin::typeless(256, Length::Jobs(100_000));
    let jobs = model.workload(LUCK).unwrap().jobs;
    let n = real(jobs.len());
    assert!(z(share(&jobs, |job| job.tasks == 1), 0.244, n) < 4.0);
    assert!(jobs.iter().all(|job| (1..=256).contains(&job.tasks)));
    let parallel: Vec<f64> = jobs
        .iter()
        .filter(|job| job.tasks > 1)
        .map(|job| libm::log2(f64::from(job.tasks)))
        .collect();
    // 0.86 (0.8 + 5.5) / 2 + 0.14 (5.5 + 8) / 2; rounding shifts it a little.
    assert!(
        (mean(&parallel) - 3.654).abs() < 0.05,
        "{}",
        mean(&parallel)
    );
    let logs = |keep: &dyn Fn(&Record) -> bool| {
        let kept = jobs.iter().filter(|job| keep(job));
        let logs = kept.map(|job| libm::log(convert::real(job.duration.us()) / 1e6));
        mean(&logs.collect::<Vec<_>>())
    };
    // At size one: p = 0.7746 of gamma(4.2, 0.94), mean 3.948, else gamma(312, 0.03), mean 9.36.
    let serial = logs(&|job| job.tasks == 1);
    assert!(
        (serial - (0.7746 * 3.948 + 0.2254 * 9.36)).abs() < 0.08,
        "{serial}"
    );
    assert!(
        logs(&|job| job.tasks >= 64) > serial + 1.0,
        "larger jobs run longer"
    );
    assert!(
        jobs.iter()
            .all(|job| convert::real(job.duration.us()) <= libm::exp(12.0) * 1e6 + 1.0)
    );
}

#[test]
fn lublin_merges_its_kinds_in_order() {
    let model = Lublin::batch_and_interactive(Length::Jobs(20_000));
    let workload = model.workload(LUCK).unwrap();
    assert!(workload.jobs.windows(2).all(|w| w[0].submit <= w[1].submit));
    let interactive = share(&workload.jobs, |job| job.class == Some(0));
    assert!((0.5..0.95).contains(&interactive), "{interactive}");
    let mut none = model.clone();
    none.kinds.clear();
    assert!(none.workload(LUCK).is_err());
    let mut narrow = model;
    narrow.kinds[0].arrival.cycle = (6.0, 1e-9);
    assert_eq!(
        narrow.workload(LUCK).expect_err("no mass").to_string(),
        "arrival.cycle = 6, 0.000000001: must leave some mass on the day"
    );
}

fn job(user: Option<u32>, submit: u64, duration: u64) -> Record {
    let submit = sim_core::units::SimTime::from_secs(submit);
    Record {
        user,
        ..Record::new(Name::Number(submit.us()), submit, Span::from_secs(duration))
    }
}

fn seconds(estimates: &[Option<Positive>]) -> Vec<Option<u64>> {
    let secs = |e: &Option<Positive>| e.map(|e| e.span().us() / 1_000_000);
    estimates.iter().map(secs).collect()
}

#[test]
fn history_knows_only_what_has_ended_and_only_of_the_same_user() {
    let given = Record {
        estimate: Positive::new(Span::from_secs(77)),
        ..job(Some(1), 5, 10)
    };
    let workload = Workload {
        jobs: vec![
            job(Some(0), 0, 100),
            job(Some(0), 1, 10),
            given,
            job(Some(0), 10, 5),
            job(Some(0), 11, 5),
            job(Some(0), 100, 30),
            job(Some(0), 131, 1),
            job(None, 200, 1),
        ],
        ..Workload::default()
    };
    let history = estimates(&workload, Estimate::History, LUCK).unwrap();
    // At 100 s the jobs of 5 s have ended, and the one of 100 s has just now: the last two count.
    let expected = [
        None,
        None,
        Some(77),
        None,
        Some(10),
        Some(52),
        Some(65),
        None,
    ];
    assert_eq!(seconds(&history), expected);
}

#[test]
fn similar_jobs_are_those_of_the_user_and_size_then_of_the_user_then_of_the_size() {
    let wide = |job: Record| Record { tasks: 4, ..job };
    let workload = Workload {
        jobs: vec![
            job(Some(0), 0, 10),
            wide(job(Some(0), 1, 40)),
            job(Some(1), 2, 100),
            job(Some(0), 200, 20),
            wide(job(Some(1), 201, 1)),
            wide(job(Some(2), 202, 1)),
            job(Some(0), 300, 1),
            wide(job(None, 301, 1)),
        ],
        ..Workload::default()
    };
    let half = Estimate::Similar { weight: 0.5 };
    let similar = estimates(&workload, half, LUCK).unwrap();
    // The latest counts half: 10 and 20 make 15; the wide ones, of 40 and 1 and 1, make 20.5 and
    // then 10.75.
    let expected = [
        None,
        None,
        None,
        Some(10),
        Some(100),
        Some(20),
        Some(15),
        Some(10),
    ];
    assert_eq!(seconds(&similar), expected);
    let none = Estimate::Similar { weight: 0.0 };
    assert!(estimates(&workload, none, LUCK).is_err());
}

#[test]
fn estimates_multiply_the_truth_or_leave_it() {
    let workload = generate(&parametric());
    let exact = estimates(&workload, Estimate::Exact, LUCK).unwrap();
    assert!(
        exact
            .iter()
            .zip(&workload.jobs)
            .all(|(e, j)| e.unwrap().span() == j.duration)
    );
    let noisy = Estimate::LognormalError {
        median: 2.0,
        sigma: 1.0,
    };
    let noisy = estimates(&workload, noisy, LUCK).unwrap();
    let above = noisy.iter().zip(&workload.jobs);
    let above = above
        .filter(|(e, j)| e.unwrap().span().us() > 2 * j.duration.us())
        .count();
    assert!(z(real(above) / 50_000.0, 0.5, 50_000.0) < 4.0);
    let given = estimates(&workload, Estimate::Given, LUCK).unwrap();
    assert!(given.iter().all(Option::is_none));
    let wrong = estimates(&workload, Estimate::Factor(0.0), LUCK).expect_err("zero");
    assert_eq!(
        wrong.to_string(),
        "estimate.factor = 0: must be positive and finite"
    );
}
