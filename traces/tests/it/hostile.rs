//! Hostile input as text: each case is a snippet and the exact message, or the shape of what it
//! reads. `UPDATE_EXPECT=1` rewrites what comes out; read the difference before keeping it.

use std::fmt::Write as _;

use traces::{Options, Source, formats, import, import_nodes};

use super::snippets::{fixture, run};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hostile");
const FIXTURES: [(&str, &str); 17] = [
    ("acme", "acme.csv"),
    ("csv", "philly.csv"),
    ("gavel", "gavel.trace"),
    ("gpu-spot-2026", "gpu-spot-2026.csv"),
    ("helios", "helios.csv"),
    ("kubectl", "kubectl.json"),
    ("kueue", "kueue.json"),
    ("openb-nodes", "openb-nodes.csv"),
    ("openb-pods", "openb-pods.csv"),
    ("openb-pods", "openb-pods-untimed.csv"),
    ("pai-2020", "pai-2020.csv"),
    ("philly-csv", "philly.csv"),
    ("philly-json", "philly.json"),
    ("sacct", "sacct.txt"),
    ("sia", "sia.csv"),
    ("swf", "jobs.swf"),
    ("csv", "jobs.csv"),
];

/// What comes out, as text.
fn outcome(format: &str, bytes: &[u8], lenient: bool) -> String {
    let options = Options {
        lenient,
        ..Options::default()
    };
    let source = Source::new("t", bytes);
    if format == "openb-nodes" {
        return match import_nodes(format, source, &options) {
            Ok(nodes) => format!("{} nodes\n", nodes.nodes.len()),
            Err(refused) => format!("{refused}\n"),
        };
    }
    match import(format, source, &options) {
        Ok(workload) => {
            let mut out = format!("{} jobs\n", workload.jobs.len());
            for note in &workload.notes {
                writeln!(out, "note: {note}").expect("a string");
            }
            if workload.dropped.count > 0 {
                writeln!(out, "dropped {}", workload.dropped.count).expect("a string");
            }
            for error in &workload.dropped.first {
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
    assert!(seen >= 50, "{seen} cases");
}

#[test]
fn every_format_has_a_fixture() {
    for format in formats() {
        assert!(
            FIXTURES.iter().any(|(name, _)| *name == format.name),
            "{}",
            format.name
        );
    }
}

/// Neither panics nor hangs: the outcome itself does not matter here.
#[test]
fn no_prefix_of_a_trace_panics() {
    for (format, name) in FIXTURES {
        let whole = fixture(name);
        for cut in 0..whole.len() {
            let _ = outcome(format, &whole[..cut], false);
            let _ = outcome(format, &whole[..cut], true);
        }
    }
}

#[test]
fn no_changed_byte_panics() {
    const BYTES: [u8; 13] = *b"\x00\xff\x80\"\n\r,-.9 e\xc3";
    for (format, name) in FIXTURES {
        let whole = fixture(name);
        for (n, at) in (0..whole.len()).enumerate() {
            let mut bent = whole.clone();
            bent[at] = BYTES[n % BYTES.len()];
            let _ = outcome(format, &bent, n % 2 == 0);
            bent[at] = whole[at] ^ (1 << (n % 8));
            let _ = outcome(format, &bent, n % 2 == 1);
        }
    }
}

#[test]
fn every_trace_read_as_every_other_format_is_an_error_or_a_trace() {
    for (_, name) in FIXTURES {
        for format in formats() {
            let _ = outcome(format.name, &fixture(name), false);
            let _ = outcome(format.name, &fixture(name), true);
        }
    }
}

#[test]
fn a_strict_import_lists_twenty_faults_and_stops() {
    let mut text = String::from("timestamp,duration,num_gpus,gpu_time,cluster\n");
    text.push_str(&"bad,1,1,1,a\n".repeat(1000));
    let refused = import(
        "philly-csv",
        Source::new("t", text.as_bytes()),
        &Options::default(),
    );
    assert_eq!(
        refused.expect_err("faults").errors.len(),
        traces::MAX_LISTED
    );
    let lenient = outcome("philly-csv", text.as_bytes(), true);
    assert!(lenient.starts_with("0 jobs") && lenient.contains("dropped 1000\n"));
}

#[test]
fn a_bomb_of_valid_lines_is_refused_by_its_ratio() {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..1 << 20 {
        gzip.write_all(b"; a header line that says nothing at all\n")
            .expect("memory");
    }
    let bomb = gzip.finish().expect("memory");
    let message = outcome("swf", &bomb, true);
    assert!(
        message.contains("a trace decompresses to at most 200 times its size; split it"),
        "{message}"
    );
}

#[test]
fn no_changed_bit_of_a_compressed_trace_is_believed() {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&fixture("philly.csv")).expect("memory");
    let whole = gzip.finish().expect("memory");
    let good = outcome("philly-csv", &whole, false);
    let mut believed = 0;
    for at in 10..whole.len() {
        for bit in 0..8 {
            let mut bent = whole.clone();
            bent[at] ^= 1 << bit;
            // The checksum stands at the end, so what was read before it is not believed either.
            let outcome = outcome("philly-csv", &bent, true);
            assert!(
                outcome == good || outcome.starts_with("t:"),
                "byte {at}: {outcome}"
            );
            believed += u32::from(outcome == good);
        }
    }
    // Fewer than eight bits pad the last byte of the compressed data and mean nothing.
    assert!(believed < 8, "{believed}");
}

#[test]
fn a_reader_that_fails_is_an_error() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is on fire"))
        }
    }
    let refused = import("swf", Source::new("t", Broken), &Options::default());
    assert_eq!(
        refused.expect_err("an error").to_string(),
        "t: cannot be read: the disk is on fire; check the file"
    );
}
