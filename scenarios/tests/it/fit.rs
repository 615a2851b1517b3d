//! Fitting: an engine whose coefficients are known gives them back, and real engines are foretold.

use std::fs::File;
use std::path::PathBuf;

use scenarios::fit::{Engine, FitError, Fitted, LEAST, fit, served};
use sim_core::serve::StepTime;
use sim_core::units::{Span, convert};
use traces::requests::synth::{Arrivals, Class, Length, Synthetic, Tokens};
use traces::requests::{RequestLog, import_requests};
use traces::synth::Luck;
use traces::{Options, Source};

const ENGINE: Engine = Engine {
    tokens: 2048,
    sequences: 128,
    blocks: 4096,
    reserve: true,
};

/// Requests that come in a rush and then drain, so that iterations are of all sizes.
fn rush(requests: u64, per_s: f64) -> RequestLog {
    let lengths = |median, p99| Tokens::Lognormal {
        median,
        p99,
        most: Some(8192),
    };
    let model = Synthetic {
        arrivals: Arrivals::Poisson { per_s },
        classes: vec![Class {
            name: String::new(),
            weight: 1.0,
            input: lengths(400, 4000),
            output: lengths(150, 900),
        }],
        length: Length::Requests(requests),
        contents: None,
        dialogues: None,
    };
    let luck = Luck {
        seed: 2,
        workload: "rush",
    };
    model.log(luck).expect("good parameters")
}

#[test]
fn known_coefficients_come_back() {
    let known = StepTime {
        fixed_ps: 12_000_000_000,
        per_token_ps: 40_000_000,
        per_sequence_ps: 25_000_000,
        per_context_ps: 60_000,
    };
    let log = served(&rush(160, 8.0), ENGINE, known).expect("it holds them all");
    let Fitted {
        step, held_back, ..
    } = fit(&log, ENGINE).expect("a good log");
    assert!(held_back.mape < 0.0005, "{held_back:?}");
    let pairs = [
        (step.fixed_ps, known.fixed_ps, 0.01),
        (step.per_token_ps, known.per_token_ps, 0.01),
        (step.per_sequence_ps, known.per_sequence_ps, 0.05),
        (step.per_context_ps, known.per_context_ps, 0.02),
    ];
    for (found, known, slack) in pairs {
        let off = convert::real(found) / convert::real(known) - 1.0;
        assert!(off.abs() < slack, "{step:?}: {off}");
    }
    assert_eq!(
        fit(&log, ENGINE).expect("again").step,
        step,
        "the same search, the same bits"
    );
}

#[test]
fn a_log_that_cannot_be_fitted_says_why() {
    let log = rush(60, 8.0);
    assert_eq!(fit(&log, ENGINE), Err(FitError::Unmeasured));
    let step = StepTime {
        fixed_ps: 1_000_000_000,
        ..StepTime::default()
    };
    let whole = served(&log, ENGINE, step).expect("it holds them all");
    let short = RequestLog {
        records: whole.records[..LEAST - 1].to_vec(),
        measured: whole.measured[..LEAST - 1].to_vec(),
        ..RequestLog::default()
    };
    let requests = LEAST - 1;
    assert_eq!(fit(&short, ENGINE), Err(FitError::TooFew { requests }));
    let tiny = Engine {
        blocks: 2,
        ..ENGINE
    };
    assert!(matches!(fit(&whole, tiny), Err(FitError::TooLong { .. })));
    let none = Engine {
        tokens: 8,
        ..ENGINE
    };
    assert!(matches!(fit(&whole, none), Err(FitError::Engine(_))));
    let mut instant = whole.clone();
    instant.measured[5].last_token = instant.records[5].arrived;
    instant.measured[5].first_token = instant.records[5].arrived;
    assert_eq!(fit(&instant, ENGINE), Err(FitError::Instant { at: 5 }));
    assert!(whole.span() > Span::ZERO);
}

#[test]
fn real_engines_are_foretold_on_the_half_held_back() {
    let root = std::env::var_os("WINDTUNNEL_REFERENCE").unwrap_or_else(|| "../shared".into());
    let workspace = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let runs = workspace.join(root).join("data/serving/llmservingsim");
    // Sequences, blocks, and the error that is bearable.
    let cases = [
        ("RTXPRO6000_Llama-3.1-8B", 128, 1 << 23, 0.02),
        ("RTXPRO6000_Qwen3-32B", 128, 1 << 23, 0.02),
        ("RTX4090_Llama-3.1-8B", 256, 2588, 0.03),
    ];
    for (run, sequences, blocks, bearable) in cases {
        let path = runs.join(run).join("vllm_requests.jsonl");
        let Ok(file) = File::open(path) else {
            println!("skipped: no reference data");
            return;
        };
        let log = import_requests("vllm-requests", Source::new(run, file), &Options::default());
        let log = log.expect("a published file");
        let engine = Engine {
            sequences,
            blocks,
            ..ENGINE
        };
        let fitted = fit(&log, engine).expect("a good log");
        assert_eq!(fitted.held_back.requests, 150);
        let mape = fitted.held_back.mape;
        assert!(mape < bearable, "{run}: {mape}");
    }
}
