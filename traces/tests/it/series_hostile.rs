//! Hostile series as text: each case is a snippet and the exact message, or the shape of what it
//! reads. A word in brackets at the front of its name says what is asked of it.
//! `UPDATE_EXPECT=1` rewrites what comes out; read the difference before keeping it.

use std::fmt::{Debug, Write as _};

use traces::series::{
    ClockUnit, Format, Lifetimes, Options, Polarity, Pool, Series, formats, import_availability,
    import_lifetimes, import_prices, list_pools,
};
use traces::{Refused, Source};

use super::snippets::{fixture, run};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hostile-series");
const FIXTURES: [(&str, &str); 9] = [
    ("aws-price-history-csv", "price-history.csv"),
    ("aws-price-history-json", "price-history.json"),
    ("lifetimes-csv", "lifetimes.csv"),
    ("live-count", "live-count.txt"),
    ("node-events", "node-events.csv"),
    ("parcae-csv", "node-counts.csv"),
    ("parcae-json", "minutes.txt"),
    ("skypilot-json", "availability.json"),
    ("step-plot", "step-plot.csv"),
];

/// The options that the name of a case asks for.
fn options(name: &str) -> Options {
    let mut options = Options::default();
    match name.split_once(')').map_or("", |(word, _)| word) {
        "(unavailable" => options.polarity = Some(Polarity::Unavailable),
        "(seconds" => options.unit = Some(ClockUnit::Seconds),
        "(days" => options.unit = Some(ClockUnit::Days),
        "(pool" => {
            options.pool = Pool {
                zone: String::from("b"),
                ..Pool::default()
            }
        }
        _ => {}
    }
    options
}

fn steps<T: Copy + Eq + Debug>(series: &Series<T>) -> String {
    let mut out = format!("{} records, end {}:", series.records, series.end());
    for (at, value) in series.steps() {
        write!(out, " {at} {value:?}").expect("a string");
    }
    for note in &series.notes {
        write!(out, "\nnote: {note}").expect("a string");
    }
    out
}

fn lives(lifetimes: &Lifetimes) -> String {
    let mut out = format!("{} lifetimes:", lifetimes.lifetimes.len());
    for life in &lifetimes.lifetimes {
        let end = if life.ended { "ended" } else { "cut off" };
        write!(out, " {} {} {end}", life.label, life.span).expect("a string");
    }
    out
}

fn outcome(format: &Format, what: &str, bytes: &[u8]) -> String {
    let (source, options) = (Source::new("t", bytes), options(what));
    let prices = what.starts_with("(prices)") || format.reads.availability.is_none();
    let read: Result<String, Refused> = if what.starts_with("(lifetimes)") {
        import_lifetimes(format.name, source, &options).map(|read| lives(&read))
    } else if format.reads.pools.is_some() || (prices && format.reads.prices.is_some()) {
        import_prices(format.name, source, &options).map(|read| steps(&read))
    } else if format.reads.availability.is_some() {
        import_availability(format.name, source, &options).map(|read| steps(&read))
    } else {
        import_lifetimes(format.name, source, &options).map(|read| lives(&read))
    };
    let text = read.unwrap_or_else(|refused| refused.to_string());
    text + "\n"
}

#[test]
fn hostile_snippets_get_the_message_they_deserve() {
    let seen = run(FOLDER, |name, case, bytes| {
        let format = formats().iter().find(|format| format.name == name);
        outcome(format.expect("a file is named after a format"), case, bytes)
    });
    assert!(seen >= 90, "{seen} cases");
}

/// Everything that can be asked of a file, under every option that could be set.
fn ask_everything(format: &str, bytes: &[u8]) {
    for word in ["", "(unavailable)", "(seconds)", "(days)"] {
        let (options, source) = (options(word), || Source::new("t", bytes));
        let _ = import_availability(format, source(), &options);
        let _ = import_prices(format, source(), &options);
        let _ = import_lifetimes(format, source(), &options);
    }
    let _ = list_pools(format, Source::new("t", bytes));
}

#[test]
fn every_format_has_a_fixture_and_says_what_it_reads() {
    for format in formats() {
        let known = FIXTURES.iter().any(|(name, _)| *name == format.name);
        assert!(known, "{}", format.name);
        let reads = format.reads;
        let any = [
            reads.availability.is_some(),
            reads.prices.is_some(),
            reads.lifetimes.is_some(),
        ];
        assert!(any.contains(&true), "{}", format.name);
    }
    let names: Vec<&str> = formats().iter().map(|format| format.name).collect();
    assert!(names.is_sorted(), "{names:?}");
}

/// Neither panics nor hangs: the outcome itself does not matter here.
#[test]
fn no_prefix_of_a_series_panics() {
    for (format, name) in FIXTURES {
        let whole = fixture(name);
        for cut in 0..whole.len() {
            ask_everything(format, &whole[..cut]);
        }
    }
}

#[test]
fn no_changed_byte_panics() {
    const BYTES: [u8; 14] = *b"\x00\xff\x80\"\n\r,-.9 e\xc3}";
    for (format, name) in FIXTURES {
        let whole = fixture(name);
        for (n, at) in (0..whole.len()).enumerate() {
            let mut bent = whole.clone();
            bent[at] = BYTES[n % BYTES.len()];
            ask_everything(format, &bent);
            bent[at] = whole[at] ^ (1 << (n % 8));
            ask_everything(format, &bent);
        }
    }
}

#[test]
fn every_series_read_as_every_other_format_is_an_error_or_a_series() {
    for (_, name) in FIXTURES {
        for format in formats() {
            ask_everything(format.name, &fixture(name));
        }
    }
}

#[test]
fn an_unknown_format_names_those_that_hold_what_is_asked() {
    let source = Source::new("t", &b""[..]);
    let refused = import_prices("aws-csv", source, &Options::default());
    assert_eq!(
        refused.expect_err("unknown").to_string(),
        "t: aws-csv: there is no such format; use one of aws-price-history-csv, \
         aws-price-history-json, skypilot-json"
    );
    let source = Source::new("t", &b""[..]);
    let refused = list_pools("node-events", source).expect_err("no pools");
    assert_eq!(
        refused.to_string(),
        "t: node-events: this format holds no prices by pool; use one of aws-price-history-csv, \
         aws-price-history-json"
    );
}

#[test]
fn a_series_of_too_many_records_is_refused() {
    let rows = "0,1\n".repeat(4_000_001);
    let source = Source::new("t", rows.as_bytes());
    let refused = import_availability("parcae-csv", source, &Options::default());
    assert_eq!(
        refused.expect_err("too many").to_string(),
        "t:4000001:1: time_ms = 0: a series has at most 4000000 records; split the file"
    );
}

#[test]
fn compressed_files_are_read_as_they_are() {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&fixture("availability.json"))
        .expect("memory");
    let packed = gzip.finish().expect("memory");
    let options = Options::default();
    let read =
        |bytes: &[u8]| import_availability("skypilot-json", Source::new("t", bytes), &options);
    assert_eq!(read(&packed), read(&fixture("availability.json")));
    assert!(read(&packed[..packed.len() - 1]).is_err());
}
