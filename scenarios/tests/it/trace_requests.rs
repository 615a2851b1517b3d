//! `trace` of requests, by hand: a log of four, a curve of three buckets, and what is generated.

use std::path::Path;

use assert_cmd::Command;

const LOG: &str = "arrived_s,class,input,output,session,content\n\
    0.000000,chat,100,20,7,1\n0.500000,code,4000,1,7,3\n61.500000,chat,300,40,8,1\n62.000000,chat,200,60,8,2\n";
const CURVE: &str = "bucket_start,requests\n0,3\n600,0\n1200,12\n";

/// What a command says in a folder of its own with these files, every stretch of space as one.
fn ran(files: &[(&str, &str)], arguments: &[&str]) -> (Vec<String>, String, i32) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    within(folder.path(), arguments)
}

fn within(folder: &Path, arguments: &[&str]) -> (Vec<String>, String, i32) {
    let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
    command.env("NO_COLOR", "1").env_remove("COLUMNS");
    let output = command.current_dir(folder).args(arguments).output();
    let output = output.expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = text(output.stdout).lines().map(squeezed).collect();
    let code = output.status.code().unwrap_or(-1);
    (lines, text(output.stderr), code)
}

#[track_caller]
fn says(lines: &[String], expected: &[&str]) {
    for line in expected {
        assert!(lines.iter().any(|own| own == line), "{line}: {lines:#?}");
    }
}

#[test]
fn a_log_of_requests_is_told_with_its_burstiness_and_its_tokens_by_class() {
    let (lines, stderr, code) = ran(
        &[("log.csv", LOG)],
        &["trace", "stats", "requests-csv", "log.csv"],
    );
    assert_eq!((code, stderr.as_str()), (0, ""));
    // Gaps of 0.5, 61 and 0.5 s: mean 62 / 3, CV^2 = 3 x 3721.5 / 62^2 - 1.
    says(
        &lines,
        &[
            "4 requests over 1m2s, 0.0484 a second, CV^2 of the gaps 1.904, at most 2 in a minute",
            "2 sessions, 2.00 requests each",
            "3 contents, 25.0 % of the requests ask what was asked before",
            "all 3 gap s 20.6667 0.5000 0.5000 0.5000 0.5000 61.0000 61.0000 61.0000 61.0000",
            "all 4 input 1,150.0 100.0 100.0 100.0 200.0 300.0 4,000.0 4,000.0 4,000.0",
            "chat 3 output 40.0 20.0 20.0 20.0 40.0 60.0 60.0 60.0 60.0",
            "code 1 input 4,000.0 4,000.0 4,000.0 4,000.0 4,000.0 4,000.0 4,000.0 4,000.0 4,000.0",
        ],
    );
}

#[test]
fn a_curve_is_told_by_its_buckets_and_makes_what_it_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("curve.csv"), CURVE).expect("written");
    let (lines, _, code) = within(
        folder.path(),
        &["trace", "stats", "rate-curve-csv", "curve.csv"],
    );
    assert_eq!(code, 0);
    let head =
        "15 requests in 3 buckets of 10m over 30m, 0.0083 a second, 33.3 % of the buckets empty";
    says(
        &lines,
        &[head, "3 requests 5.0 0.0 0.0 0.0 3.0 12.0 12.0 12.0 12.0"],
    );
    let synth = ["trace", "synth", "rate-curve", "--param", "file=curve.csv"];
    let (lines, _, code) = within(folder.path(), &synth);
    assert_eq!((code, lines.len()), (0, 16));
    assert!(
        lines[1..4]
            .iter()
            .all(|line| line.starts_with(|c: char| c.is_ascii_digit()))
    );
    let (_, stderr, code) = within(
        folder.path(),
        &["trace", "import", "rate-curve-csv", "curve.csv"],
    );
    assert_eq!(code, 2);
    assert!(
        stderr.contains("trace synth rate-curve --param file=curve.csv"),
        "{stderr}"
    );
}

#[test]
fn what_is_imported_is_our_own_table() {
    let azure = "TIMESTAMP,ContextTokens,GeneratedTokens\n\
        2026-03-02 08:00:01.5000000,500,20\n2026-03-02 08:00:00.2500000,1200,7\n";
    let import = ["trace", "import", "azure-llm-2023", "azure.csv"];
    let (lines, stderr, code) = ran(&[("azure.csv", azure)], &import);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let header = "arrived_s,class,input,output,session,content";
    assert_eq!(lines, [header, "0.000000,,1200,7,,", "1.250000,,500,20,,"]);
    let faulty = "TIMESTAMP,ContextTokens,GeneratedTokens\n2026-03-02 08:00:01.5,many,20\n";
    let (_, stderr, code) = ran(&[("azure.csv", faulty)], &import);
    assert_eq!(code, 2);
    assert!(
        stderr.contains("azure.csv:2:23: ContextTokens = many: is not a number; "),
        "{stderr}"
    );
    let lenient = [&import[..], &["--lenient"]].concat();
    let (lines, stderr, code) = ran(&[("azure.csv", faulty)], &lenient);
    assert_eq!((code, lines.len()), (0, 1));
    assert!(stderr.starts_with("1 rows dropped"), "{stderr}");
}

#[test]
fn every_generator_of_requests_makes_some_and_the_same_again() {
    let (listed, _, _) = ran(&[], &["list", "generators", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed.join("\n")).expect("JSON");
    let rows = listed.as_array().expect("rows").iter();
    let makes = |row: &&serde_json::Value| row["makes"] == "requests";
    let names: Vec<&str> = rows
        .filter(makes)
        .filter_map(|row| row["generator"].as_str())
        .collect();
    assert_eq!(names.len(), 9);
    for name in names {
        let curve = if name == "rate-curve" {
            "file=curve.csv"
        } else {
            "requests=40"
        };
        let synth = [
            "trace", "synth", name, "--param", "class=a", "--param", curve,
        ];
        let files = [("curve.csv", CURVE)];
        let (lines, stderr, code) = ran(&files, &synth);
        assert_eq!((code, stderr.as_str()), (0, ""), "{name}");
        assert_eq!(
            lines.len(),
            if name == "rate-curve" { 16 } else { 41 },
            "{name}"
        );
        assert!(lines[1].contains(",a,"), "{name}: {}", lines[1]);
        assert_eq!(ran(&files, &synth).0, lines, "{name}");
        let other = [&synth[..], &["--seed", "2"]].concat();
        assert_ne!(ran(&files, &other).0, lines, "{name}");
    }
}

#[test]
fn lengths_contents_and_dialogues_are_parameters() {
    let param = |param| ["--param", param];
    let asked = [
        "requests=500",
        "input-p99=8000",
        "contents=20",
        "turns=3",
        "per-second=5",
    ];
    let synth = ["trace", "synth", "poisson"]
        .into_iter()
        .chain(asked.into_iter().flat_map(param));
    let folder = tempfile::tempdir().expect("a folder");
    let synth: Vec<&str> = synth.chain(["--out", "log.csv"]).collect();
    let (_, stderr, code) = within(folder.path(), &synth);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let (lines, _, code) = within(
        folder.path(),
        &["trace", "stats", "requests-csv", "log.csv"],
    );
    assert_eq!(code, 0);
    assert!(lines[0].starts_with("500 requests over "), "{lines:?}");
    assert!(
        lines[1].contains(" sessions, ") && lines[2].starts_with("20 contents, "),
        "{lines:?}"
    );
}

#[test]
fn what_requests_do_not_take_is_refused_with_the_reason() {
    let refused = |arguments: &[&str], reason: &str| {
        let files = [("log.csv", LOG)];
        let (_, stderr, code) = ran(&files, arguments);
        assert_eq!(code, 2, "{stderr}");
        assert!(stderr.contains(reason), "{stderr}");
    };
    let stats = |option: &'static [&'static str]| {
        [&["trace", "stats", "requests-csv", "log.csv"][..], option].concat()
    };
    refused(
        &stats(&["--gpus", "8"]),
        "requests-csv holds requests, and takes no --gpus",
    );
    refused(&stats(&["--unit", "1m"]), "takes no --unit");
    refused(
        &stats(&["--zone", "a"]),
        "holds requests, and takes no --polarity",
    );
    let validate = ["trace", "validate", "requests-csv", "log.csv"];
    refused(&validate, "of which trace stats says what is odd");
    let synth = |param: &'static str| ["trace", "synth", "poisson", "--param", param];
    refused(&synth("rate=5"), "it takes per-second, length");
    refused(
        &synth("per-second=0"),
        "arrivals.per-second = 0: must be positive",
    );
    refused(&synth("length=soon"), "not a duration");
    refused(&["trace", "synth", "rate-curve"], "write file=arrivals.csv");
    refused(
        &["trace", "synth", "rate-curve", "--param", "file=none.csv"],
        "none.csv: ",
    );
}

#[test]
fn a_log_that_does_not_say_when_it_was_served_is_not_fitted() {
    let fit = ["fit", "serving", "log.csv", "--format", "requests-csv"];
    let (_, stderr, code) = ran(&[("log.csv", LOG)], &fit);
    assert_eq!(code, 2);
    assert!(
        stderr.contains("log.csv: 4 requests: a fit and its test need 40"),
        "{stderr}"
    );
}
