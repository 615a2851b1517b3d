//! The importers of requests on the published files, and the mixtures that were fitted to them,
//! where they are at hand.

use std::fs::File;
use std::path::PathBuf;

use sim_core::units::{SimTime, Span, convert};
use traces::requests::synth::{Arrivals, Length, Synthetic, Tokens, mixtures};
use traces::requests::{RequestLog, RequestStats, import_rates, import_requests};
use traces::synth::Luck;
use traces::{Options, Source};

/// The file, or nothing where there is no reference data.
fn open(name: &str) -> Option<Source<'_>> {
    // A relative path counts from the workspace, not from this crate.
    let workspace = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let root = std::env::var_os("WINDTUNNEL_REFERENCE").unwrap_or_else(|| "../shared".into());
    let path = workspace.join(root).join("data/serving").join(name);
    if !path.exists() {
        println!("skipped: no reference data");
        return None;
    }
    Some(Source::new(
        name,
        File::open(path).expect("readable reference data"),
    ))
}

fn read(format: &str, name: &str) -> Option<RequestLog> {
    let log = import_requests(format, open(name)?, &Options::default());
    Some(log.expect("a published file"))
}

fn secs(span: Span) -> f64 {
    convert::real(span.us()) / 1e6
}

/// Requests, span, CV^2 of the gaps, and mean, median and 99 % of both amounts.
#[track_caller]
fn is(log: &RequestLog, figures: (u64, f64, f64), input: [f64; 3], output: [f64; 3]) {
    let stats = RequestStats::of(log);
    let (requests, span_s, cv2) = figures;
    assert_eq!(stats.requests, requests);
    assert!((secs(stats.span) - span_s).abs() < 0.5, "{}", stats.span);
    assert!((stats.gap_cv2 - cv2).abs() < 0.05, "{}", stats.gap_cv2);
    let all = stats.classes.last().expect("all");
    for (seen, figures) in [(&all.input, input), (&all.output, output)] {
        let seen = [seen.mean, seen.p50, seen.p99];
        for (seen, figure) in seen.iter().zip(figures) {
            assert!((seen - figure).abs() < 0.05, "{seen}, not {figure}");
        }
    }
}

#[test]
fn azure_has_its_8_819_and_19_366_requests() {
    let Some(code) = read("azure-llm-2023", "azure_llm_2023_code.csv.gz") else {
        return;
    };
    is(
        &code,
        (8819, 3436.0, 172.96),
        [2047.85, 1469.0, 7436.0],
        [27.88, 13.0, 252.0],
    );
    assert_eq!(code.epoch.as_deref(), Some("2023-11-16T18:17:03.97996"));
    let conversation = read("azure-llm-2023", "azure_llm_2023_conv.csv.gz").expect("both");
    let figures = (19_366, 3502.0, 1.197);
    is(
        &conversation,
        figures,
        [1154.70, 1020.0, 4142.0],
        [211.13, 129.0, 601.0],
    );
}

#[test]
fn every_image_request_but_25_is_counted_in_its_bucket() {
    let Some(log) = read("genai-2026", "genai2026/lora_request_trace.csv.gz") else {
        return;
    };
    // 26,823 rows, 25 of which never got as far as a model; 86 models but for the empty name.
    assert_eq!((log.records.len(), log.classes.len()), (26_798, 86));
    assert_eq!(log.notes[1], "25 left out: never got as far as a model");
    for (file, buckets) in [("10min", 3418), ("1h", 570)] {
        let name = format!("genai2026_arrivals_{file}.csv");
        let curve = import_rates("rate-curve-csv", open(&name).expect("it is there"));
        let curve = curve.expect("a published file");
        assert_eq!(curve.expected().len(), buckets, "{file}");
        assert!((curve.total() - 26_823.0).abs() < 1e-9);
        assert_eq!(curve.epoch.as_deref(), Some("2024-11-15T00:00:00"));
        // The first request came 16 h 57 min 50 s after the curve begins.
        let late = 16 * 3600 + 57 * 60 + 50;
        let mut left = curve.expected().to_vec();
        for record in &log.records {
            let at = (record.arrived.us() / 1_000_000 + late) * 1_000_000 / curve.bucket().us();
            left[usize::try_from(at).expect("a bucket")] -= 1.0;
        }
        assert!(left.iter().all(|left| *left >= 0.0));
        assert!((left.iter().sum::<f64>() - 25.0).abs() < 1e-9);
    }
}

#[test]
fn real_engines_served_what_they_were_given() {
    let runs = [
        ("RTX4090_Llama-3.1-8B", "llama-3.1-8b"),
        ("RTXPRO6000_Llama-3.1-8B", "llama-3.1-8b"),
        ("RTXPRO6000_Qwen3-32B", "qwen3-32b"),
    ];
    for (run, workload) in runs {
        let name = format!("llmservingsim/{run}/vllm_requests.jsonl");
        let Some(log) = read("vllm-requests", &name) else {
            return;
        };
        let name = format!("llmservingsim/sharegpt-{workload}-300-sps10.csv");
        let given = read("llmservingsim-csv", &name).expect("it is there");
        assert_eq!((log.records.len(), log.measured.len()), (300, 300));
        assert_eq!(given.records.len(), 300);
        let first = given.records[0].arrived;
        for (served, given) in log.records.iter().zip(&given.records) {
            assert_eq!((served.input, served.output), (given.input, given.output));
            // The client kept its schedule to some hundredths of a second.
            let due = SimTime::ZERO.saturating_add(given.arrived.since(first));
            let off = served.arrived.us().abs_diff(due.us());
            assert!(off < 50_000, "{run}: {off} us");
        }
        let lags = log.records.iter().zip(&log.measured);
        let lags = lags.map(|(one, seen)| seen.queued.us() - one.arrived.us());
        assert_eq!(lags.min(), Some(0), "{run}: the fastest was queued at once");
    }
}

/// What the docs of a mixture say of its fit, against the trace.
#[track_caller]
fn fits(name: &str, fit: &dyn Fn(Length) -> Synthetic, errors: [f64; 4], model_cv2: f64) {
    let Some(log) = read("azure-llm-2023", name) else {
        return;
    };
    let stats = RequestStats::of(&log);
    let all = stats.classes.last().expect("all").clone();
    let model = fit(Length::Time(stats.span));
    let count = model.arrivals.mean_per_s() * secs(stats.span);
    let mut long = fit(Length::Requests(400_000));
    long.arrivals = Arrivals::Poisson { per_s: 1.0 };
    let luck = Luck {
        seed: 1,
        workload: "fit",
    };
    let drawn = RequestStats::of(&long.log(luck).expect("good parameters"));
    let drawn = drawn.classes.last().expect("all").clone();
    let percent = |model: f64, trace: f64| 100.0 * (model / trace - 1.0);
    let seen = [
        percent(count, convert::real(stats.requests)),
        percent(model_cv2, stats.gap_cv2),
        percent(drawn.input.mean, all.input.mean),
        percent(drawn.output.mean, all.output.mean),
    ];
    // Means of 400,000 draws stray by 0.25 % at most; the model's count and CV^2 are exact.
    for ((seen, error), slack) in seen.iter().zip(errors).zip([0.05, 0.1, 0.6, 1.0]) {
        assert!(
            (seen - error).abs() < slack,
            "{name}: {seen} %, said {error} %"
        );
    }
    for (drawn, trace) in [(drawn.input, all.input), (drawn.output, all.output)] {
        let pairs = [
            (drawn.p10, trace.p10),
            (drawn.p25, trace.p25),
            (drawn.p50, trace.p50),
            (drawn.p75, trace.p75),
            (drawn.p90, trace.p90),
            (drawn.p99, trace.p99),
        ];
        for (drawn, trace) in pairs {
            assert!(
                (drawn / trace - 1.0).abs() < 0.03,
                "{name}: {drawn}, not {trace}"
            );
        }
    }
    let hour = model.log(luck).expect("good parameters");
    assert!(!hour.records.is_empty() && hour.span() <= stats.span);
    assert!(matches!(model.classes[0].input, Tokens::Quantiles(_)));
}

#[test]
fn mixtures_fit_their_traces_as_they_say() {
    let Arrivals::Hyperexponential { phases } =
        mixtures::azure_code_like(Length::Requests(1)).arrivals
    else {
        panic!("gaps of several kinds");
    };
    let weight: f64 = phases.iter().map(|one| one.weight).sum();
    let moment = |power: i32| {
        let of = |one: &traces::requests::synth::Phase| one.weight * secs(one.mean).powi(power);
        phases.iter().map(of).sum::<f64>() / weight
    };
    let cv2 = 2.0 * moment(2) / moment(1).powi(2) - 1.0;
    let code = "azure_llm_2023_code.csv.gz";
    fits(code, &mixtures::azure_code_like, [-0.0, 0.1, 0.0, 3.0], cv2);
    let Arrivals::Mmpp { states } = mixtures::azure_conversation_like(Length::Requests(1)).arrivals
    else {
        panic!("states");
    };
    let [l1, l2] = [states[0].per_s, states[1].per_s];
    let s = 1.0 / secs(states[0].mean);
    // Heffes and Lucantoni 1986, of two states left at the same rate.
    let cv2 = 1.0 + (l1 - l2).powi(2) / (2.0 * (l1 * l2 + s * (l1 + l2)));
    let conversation = "azure_llm_2023_conv.csv.gz";
    let errors = [0.0, 0.1, -1.5, 0.8];
    fits(
        conversation,
        &mixtures::azure_conversation_like,
        errors,
        cv2,
    );
}
