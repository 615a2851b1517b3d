//! Real runs of serving engines, from the reference data: coefficients fitted to the first half of a run tell the other half.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sim_core::serve::fit::{Measured, fit, misfit};
use sim_core::serve::{Counts, Iteration, Prefix, Request, RequestId, StepTime};
use sim_core::units::ClassId;
use traces::requests::import_requests;
use traces::{Options, Source};

/// The folder of vLLM's runs of `LLMServingSim`, where there is one.
fn runs() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let root = std::env::var_os("WINDTUNNEL_REFERENCE").map_or_else(beside, PathBuf::from);
    let folder = root.join("data/serving/llmservingsim");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no reference data");
    None
}

/// The limits that the engine ran with; nothing is known of its steps.
fn limits(run: &Path) -> Iteration {
    let text = std::fs::read_to_string(run.join("vllm_meta.json")).expect("readable");
    let meta: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let number = |part: &str, name: &str| {
        let number = meta[part][name].as_u64();
        number.map(|number| u32::try_from(number).expect("a small one"))
    };
    let engine = |name| number("engine_kwargs", name).expect("a limit of the engine");
    Iteration {
        step: StepTime::default(),
        tokens: engine("max_num_batched_tokens"),
        sequences: engine("max_num_seqs"),
        // Where nobody says it, far more than 128 sequences need.
        blocks: number("kv_cache", "num_gpu_blocks").unwrap_or(1 << 20),
        reserve: true,
        line: None,
        prefix: Prefix::default(),
    }
}

/// What the engine did, in the order in which it took requests.
fn log(run: &Path) -> Vec<Measured> {
    let file = std::fs::File::open(run.join("vllm_requests.jsonl")).expect("readable");
    let source = Source::new("vllm_requests.jsonl", file);
    let log = import_requests("vllm-requests", source, &Options::default()).expect("a sound log");
    let mut rows: Vec<_> = log.records.iter().zip(&log.measured).collect();
    rows.sort_by_key(|(_, measured)| measured.queued);
    let measured = (0..).zip(rows).map(|(id, (record, measured))| {
        let arrived = measured.queued;
        Measured {
            request: Request {
                id: RequestId(id),
                class: ClassId(0),
                arrived,
                counts: Counts {
                    input: record.input,
                    output: record.output,
                },
                session: None,
                content: None,
            },
            first_token: measured.first_token.since(arrived),
            whole: measured.last_token.since(arrived),
        }
    });
    measured.collect()
}

/// Fits to requests 0 to 149, and is told of the others by so much at most; a run takes 5 ms.
fn held_back(name: &str, most: f64) {
    let Some(runs) = runs() else {
        return;
    };
    let run = runs.join(name);
    let (limits, log) = (limits(&run), log(&run));
    assert_eq!(log.len(), 300);
    let step = fit(&limits, &log, 0..150).expect("they have times");
    let fitted = Iteration { step, ..limits };
    let start = Instant::now();
    let found = misfit(&fitted, &log, 150..300).expect("they end");
    let took = start.elapsed();
    let seen = misfit(&fitted, &log, 0..150).expect("they end");
    println!(
        "{name}: {:.2} % of the time to the end, {:.2} % to the first token; fitted {:.2} %, {:.2} %; \
         {took:?} a run; {step:?}",
        100.0 * found.whole,
        100.0 * found.first_token,
        100.0 * seen.whole,
        100.0 * seen.first_token,
    );
    assert!(found.whole <= most, "{found:?}");
    if !cfg!(debug_assertions) {
        assert!(took <= Duration::from_millis(5), "{took:?}");
    }
}

#[test]
fn llama_on_an_rtx_pro_6000_is_told_within_2_percent() {
    held_back("RTXPRO6000_Llama-3.1-8B", 0.02);
}

#[test]
fn qwen_on_two_rtx_pro_6000_is_told_within_2_percent() {
    held_back("RTXPRO6000_Qwen3-32B", 0.02);
}

#[test]
fn llama_on_an_rtx_4090_that_runs_out_of_memory_is_told_within_3_percent() {
    held_back("RTX4090_Llama-3.1-8B", 0.03);
}
