//! Each importer of requests on its fixture: what every column becomes, and what is written reads
//! back.

use proptest::prelude::*;
use sim_core::units::{SimTime, Span};
use traces::requests::{
    ClassStats, CurveStats, Measured, RequestLog, RequestRecord, RequestStats, import_rates,
    import_requests, write_requests_csv,
};
use traces::{Options, Quantiles, Source};

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/data/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).expect("fixtures stand in the repository")
}

fn read(format: &str, name: &str) -> RequestLog {
    let bytes = fixture(name);
    let source = Source::new(name, bytes.as_slice());
    import_requests(format, source, &Options::default()).expect("a good fixture")
}

/// Arrival in microseconds, class, input, output, session.
fn shapes(log: &RequestLog) -> Vec<(u64, &str, u32, u32, Option<u64>)> {
    let shape = |one: &RequestRecord| {
        let (input, output) = (one.input, one.output);
        (one.arrived.us(), input, output, one.session)
    };
    let shapes = log
        .records
        .iter()
        .map(|one| (shape(one), log.class_of(one)));
    shapes
        .map(|((at, i, o, session), class)| (at, class, i, o, session))
        .collect()
}

#[test]
fn azure_is_sorted_and_begins_with_its_first_request() {
    let log = read("azure-llm-2023", "azure-llm.csv");
    assert_eq!(
        shapes(&log),
        [
            (0, "", 1200, 7, None),
            (1_250_000, "", 500, 20, None),
            (2_750_001, "", 80, 300, None),
        ]
    );
    assert_eq!(log.epoch.as_deref(), Some("2026-03-02T08:00:00.25"));
}

#[test]
fn burstgpt_leaves_failures_out_and_says_so() {
    let log = read("burstgpt", "burstgpt.csv");
    assert_eq!(
        shapes(&log),
        [
            (5_000_000, "big Conversation log", 472, 18, None),
            (118_000_000, "small API log", 417, 276, None),
            (118_000_000, "big Conversation log", 30, 40, None),
        ]
    );
    assert_eq!(
        log.notes,
        ["1 left out: failed, by having no response tokens"]
    );
    assert_eq!(log.epoch, None);
}

#[test]
fn images_are_counted_in_steps_and_groups_are_sessions() {
    let log = read("genai-2026", "genai.csv");
    assert_eq!(
        shapes(&log),
        [
            (0, "m-1", 63, 60, Some(0)),
            (60_000_000, "m-2", 0, 40, Some(0)),
        ]
    );
    assert_eq!(log.notes[1], "1 left out: never got as far as a model");
}

#[test]
fn nanoseconds_are_rounded_half_up() {
    let log = read("llmservingsim-csv", "llmservingsim.csv");
    let at: Vec<u64> = log.records.iter().map(|one| one.arrived.us()).collect();
    assert_eq!(at, [46_927, 347_938, 347_939]);
}

#[test]
fn the_clocks_of_an_engine_are_set_by_who_was_queued_fastest() {
    let log = read("vllm-requests", "vllm.jsonl");
    assert_eq!(
        shapes(&log),
        [
            (0, "", 100, 20, None),
            (750_000, "", 7, 1, None),
            (1_500_000, "", 30, 5, None),
        ]
    );
    // The first was queued fastest, so at once; the others 0.1 and 0.01 s after they came.
    let at = |us| SimTime::from_us(us).expect("soon");
    let told = |queued, scheduled, first, last| Measured {
        queued: at(queued),
        scheduled: at(scheduled),
        first_token: at(first),
        last_token: at(last),
    };
    assert_eq!(log.measured[0], told(0, 0, 250_000, 2_750_000));
    assert_eq!(
        log.measured[1],
        told(850_000, 950_000, 1_050_000, 1_050_000)
    );
    assert_eq!(
        log.measured[2],
        told(1_510_000, 1_550_000, 1_650_000, 2_150_000)
    );
}

#[test]
fn a_curve_has_the_distance_of_its_rows() {
    let bytes = fixture("rates.csv");
    let curve =
        import_rates("rate-curve-csv", Source::new("t", bytes.as_slice())).expect("a curve");
    assert_eq!(curve.bucket(), Span::from_secs(600));
    assert_eq!(curve.epoch.as_deref(), Some("2026-03-02T00:00:00"));
    let stats = CurveStats::of(&curve);
    assert_eq!((stats.buckets, stats.span), (3, Span::from_secs(1800)));
    assert!((stats.requests - 15.0).abs() < 1e-12 && (stats.empty - 1.0 / 3.0).abs() < 1e-12);
    assert!((stats.per_s * 120.0 - 1.0).abs() < 1e-12 && (stats.bucket.max - 12.0).abs() < 1e-12);
}

#[test]
fn a_format_of_the_other_kind_is_refused_with_what_to_do() {
    let refused = |format: &str| {
        let source = Source::new("t", &b""[..]);
        let refused = import_requests(format, source, &Options::default());
        refused.expect_err("refused").to_string()
    };
    let rates = "t: rate-curve-csv: this format holds rates; generate requests from its curve";
    assert_eq!(refused("rate-curve-csv"), rates);
    assert!(refused("swf").contains("use one of azure-llm-2023, burstgpt, "));
    let refused = import_rates("burstgpt", Source::new("t", &b""[..])).expect_err("refused");
    assert!(
        refused
            .to_string()
            .contains("this format holds requests one by one")
    );
}

fn written(log: &RequestLog) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_requests_csv(log, &mut bytes).expect("memory");
    bytes
}

fn back(bytes: &[u8]) -> RequestLog {
    let source = Source::new("t", bytes);
    import_requests("requests-csv", source, &Options::default()).expect("our own table")
}

#[test]
fn our_own_table_is_written_as_it_was_read() {
    let bytes = fixture("requests.csv");
    let log = read("requests-csv", "requests.csv");
    assert_eq!(log.classes, ["chat", "code, long"]);
    assert_eq!(log.records[1].content, Some(u64::MAX));
    assert_eq!(String::from_utf8(written(&log)), String::from_utf8(bytes));
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        rows in prop::collection::vec(
            (0..3_155_760_000_000_000_u64, 0..4_u16, 0..=100_000_000_u32, 0..=100_000_000_u32,
             any::<Option<u64>>(), any::<Option<u64>>()),
            0..40,
        )
    ) {
        let records = rows.iter().map(|&(at, class, input, output, session, content)| {
            RequestRecord {
                class: Some(class),
                session,
                content,
                ..RequestRecord::new(SimTime::from_us(at).expect("in time"), input, output)
            }
        });
        let names = ["", "a", "b, c", "d e"].map(str::to_owned);
        let log = RequestLog::new(records.collect(), &names);
        prop_assert_eq!(back(&written(&log)), log);
    }
}

#[test]
fn statistics_of_a_log_by_hand() {
    let log = read("requests-csv", "requests.csv");
    let stats = RequestStats::of(&log);
    assert_eq!((stats.requests, stats.span), (4, Span::from_secs(86_400)));
    assert_eq!((stats.sessions, stats.contents, stats.repeated), (2, 2, 0));
    assert_eq!(stats.busiest_minute, 3);
    // Gaps of 0.500001, 0 and 86,399.499999 s: two of three as good as none.
    assert!((stats.gap_cv2 - 2.0).abs() < 1e-4, "{}", stats.gap_cv2);
    assert!((stats.per_s * 28_800.0 - 1.0).abs() < 1e-12);
    let named: Vec<(&str, u64)> = stats.classes.iter().map(told).collect();
    assert_eq!(named, [("chat", 2), ("code, long", 1), ("all", 4)]);
    assert!((stats.classes[2].input.max - 4000.0).abs() < 1e-9);
    let none = RequestStats::of(&RequestLog::default());
    assert_eq!(
        (none.gap_cv2, none.per_s, none.gap_s),
        (0.0, 0.0, Quantiles::default())
    );
}

fn told(class: &ClassStats) -> (&str, u64) {
    (&class.name, class.requests)
}
