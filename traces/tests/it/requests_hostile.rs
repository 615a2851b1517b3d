//! Hostile logs of requests as text: each case is a snippet and the exact message, or the shape of
//! what it reads. `UPDATE_EXPECT=1` rewrites what comes out; read the difference before keeping it.

use std::fmt::Write as _;

use traces::requests::{Reads, formats, import_rates, import_requests};
use traces::{Options, Source};

use super::snippets::{fixture, run};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hostile-requests");
const FIXTURES: [(&str, &str); 7] = [
    ("azure-llm-2023", "azure-llm.csv"),
    ("burstgpt", "burstgpt.csv"),
    ("genai-2026", "genai.csv"),
    ("llmservingsim-csv", "llmservingsim.csv"),
    ("rate-curve-csv", "rates.csv"),
    ("requests-csv", "requests.csv"),
    ("vllm-requests", "vllm.jsonl"),
];

/// What comes out, as text.
fn outcome(format: &str, bytes: &[u8], lenient: bool) -> String {
    let options = Options {
        lenient,
        ..Options::default()
    };
    let source = Source::new("t", bytes);
    let known = formats().iter().find(|known| known.name == format);
    if matches!(known.map(|known| known.reads), Some(Reads::Rates(_))) {
        return match import_rates(format, source) {
            Ok(curve) => format!("{} {:?}\n", curve.bucket(), curve.expected()),
            Err(refused) => format!("{refused}\n"),
        };
    }
    match import_requests(format, source, &options) {
        Ok(log) => {
            assert!(log.measured.is_empty() || log.measured.len() == log.records.len());
            let mut out = format!("{} requests\n", log.records.len());
            for record in log.records.iter().take(2) {
                let class = log.class_of(record);
                let (input, output) = (record.input, record.output);
                let keys = (record.session, record.content);
                let at = record.arrived.us();
                writeln!(out, "at {at} us {class:?} {input} {output} {keys:?}").expect("a string");
            }
            for note in &log.notes {
                writeln!(out, "note: {note}").expect("a string");
            }
            for error in &log.dropped.first {
                writeln!(out, "dropped: {error}").expect("a string");
            }
            out
        }
        Err(refused) => format!("{refused}\n"),
    }
}

#[test]
fn hostile_snippets_get_the_message_they_deserve() {
    let seen = run(FOLDER, |format, name, bytes| {
        outcome(format, bytes, name.contains("(lenient)"))
    });
    assert!(seen >= 30, "{seen} cases");
}

#[test]
fn every_format_of_requests_has_a_fixture() {
    for format in formats() {
        let mut fixtures = FIXTURES.iter();
        assert!(
            fixtures.any(|(name, _)| *name == format.name),
            "{}",
            format.name
        );
    }
}

/// Neither panics nor hangs: the outcome itself does not matter here.
#[test]
fn no_cut_and_no_changed_byte_of_a_log_panics() {
    const BYTES: [u8; 13] = *b"\x00\xff\x80\"\n\r,-.9 e\xc3";
    for (format, name) in FIXTURES {
        let whole = fixture(name);
        for at in 0..whole.len() {
            let _ = outcome(format, &whole[..at], at % 2 == 0);
            let mut bent = whole.clone();
            bent[at] = BYTES[at % BYTES.len()];
            let _ = outcome(format, &bent, at % 2 == 0);
            bent[at] = whole[at] ^ (1 << (at % 8));
            let _ = outcome(format, &bent, at % 2 == 1);
        }
        for other in formats() {
            let _ = outcome(other.name, &whole, false);
            let _ = outcome(other.name, &whole, true);
        }
    }
}
