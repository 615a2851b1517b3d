//! `trace stats` of series, by hand: a market of one machine looked at ten times, pools with prices, machines that lived.

use std::path::Path;

use assert_cmd::Command;

const MARKET: &str = r#"{"metadata": {"gap_seconds": 3600}, "data": [1, 1, 0, 1, 0, 0, 1, 1, 1, 0], "prices": [1, 1, 1, 2, 2, 1, 1, 1, 1, 4]}"#;
const PRICES: &str = "az,instance_type,unix_time_utc,usd_per_h\n\
    a,x.large,0,1.5\na,x.large,43200,2.5\na,x.large,86400,1.5\nb,x.large,0,1\nb,x.large,86400,1\n";
const LIVES: &str = "zone,machine_type,start_time,lifetime_s,preempted_event\n\
    z,m,2019-02-18T08:00:00Z,7200,1\nz,m,2019-02-18T08:00:00Z,10800,0\nz,m,2019-02-18T08:00:00Z,18000,1\nz,m,2019-02-18T08:00:00Z,43200,1\n";

/// What is said of a file, every stretch of space as one, and the exit code.
fn stats(file: &str, text: &str, arguments: &[&str]) -> (Vec<String>, String, i32) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(file);
    std::fs::write(&path, text).expect("written");
    let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
    command.env("NO_COLOR", "1").env_remove("COLUMNS");
    command.current_dir(folder.path());
    let command = command.args(["trace", "stats"]).args(arguments);
    let output = command.arg(Path::new(file)).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = text(output.stdout).lines().map(squeezed).collect();
    (
        lines,
        text(output.stderr),
        output.status.code().unwrap_or(-1),
    )
}

#[track_caller]
fn says(lines: &[String], expected: &[&str]) {
    for line in expected {
        assert!(lines.iter().any(|own| own == line), "{line}: {lines:#?}");
    }
}

#[test]
fn availability_is_told_with_its_runs_and_prices_with_their_changes() {
    let (lines, stderr, code) = stats("market.json", MARKET, &["skypilot-json"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    // Up for 2, 1 and 3 hours of ten, down for 1, 2 and 1.
    says(
        &lines,
        &[
            "availability: 10 records over 0.42 days, at most 1 and on average 0.60 machines",
            "all of them 60.00 % of the time; 3 losses of all of them, 3 machines lost at 3 instants",
            "up 3 2.000 2.000 3.000 3.000",
            "down 3 1.333 1.000 2.000 2.000",
            "all 10 0.42 1.0000 1.5000 4.0000 3 7.20 70.0",
        ],
    );
    let (lines, _, _) = stats(
        "market.json",
        MARKET,
        &["skypilot-json", "--polarity", "unavailable"],
    );
    says(&lines, &["up 3 1.333 1.000 2.000 2.000"]);
}

#[test]
fn a_file_without_prices_says_so_beside_its_availability() {
    let bare = r#"{"metadata": {"gap_seconds": 3600}, "data": [1, 0]}"#;
    let (lines, stderr, code) = stats("market.json", bare, &["skypilot-json"]);
    assert_eq!(code, 0);
    says(&lines, &["up 1 1.000 1.000 1.000 1.000"]);
    assert!(stderr.starts_with("note: no prices are told: "), "{stderr}");
}

#[test]
fn every_pool_of_a_file_of_prices_has_a_row_and_can_be_chosen() {
    let (lines, _, code) = stats("prices.csv", PRICES, &["aws-price-history-csv"]);
    assert_eq!(code, 0);
    let first = "a x.large 3 1.00 1.5000 2.0000 2.5000 2 2.00 50.0";
    let second = "b x.large 2 1.00 1.0000 1.0000 1.0000 0 0.00 100.0";
    says(&lines, &[first, second]);
    let (lines, _, _) = stats(
        "prices.csv",
        PRICES,
        &["aws-price-history-csv", "--zone", "b"],
    );
    says(&lines, &[second]);
    assert!(!lines.iter().any(|line| line == first), "{lines:?}");
    let (_, stderr, code) = stats(
        "prices.csv",
        PRICES,
        &["aws-price-history-csv", "--zone", "c"],
    );
    assert_eq!(code, 2);
    assert!(stderr.contains("the file has no such pool"), "{stderr}");
}

#[test]
fn lifetimes_are_told_with_those_that_were_cut_off_counted_rightly() {
    let (lines, _, code) = stats("lives.csv", LIVES, &["lifetimes-csv"]);
    assert_eq!(code, 0);
    // One of four ends at 2 h, one of the two left after the cut at 3 h ends at 5 h, the last at 12 h.
    says(
        &lines,
        &[
            "lifetimes: 4 machines, 3 of them ended by the provider after 6.333 h in the mean and 5.000 h in the median",
            "gone % 0.0 25.0 62.5 100.0 100.0 100.0",
        ],
    );
}

#[test]
fn what_a_series_does_not_take_is_refused_with_the_reason() {
    let refused = |format: &str, arguments: &[&str], reason: &str| {
        let (_, stderr, code) = stats("market.json", MARKET, &[&[format], arguments].concat());
        assert_eq!(code, 2, "{stderr}");
        assert!(stderr.contains(reason), "{stderr}");
    };
    refused(
        "skypilot-json",
        &["--gpus", "8"],
        "skypilot-json is a series, and takes no --gpus",
    );
    refused("skypilot-json", &["--lenient"], "takes no --lenient");
    refused(
        "skypilot-json",
        &["--polarity", "up"],
        "write available or unavailable",
    );
    refused(
        "skypilot-json",
        &["--unit", "2h"],
        "a series counts in 1s, 1m, 1h or 1d",
    );
    refused(
        "skypilot-json",
        &["--zone", "z"],
        "this format takes no pool; remove pool",
    );
    refused(
        "csv",
        &["--zone", "z"],
        "csv holds jobs, and takes no --polarity",
    );
}
