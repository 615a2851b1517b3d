//! Each importer of series on its fixture: what every record becomes.

use std::fs::File;

use sim_core::units::{Price, Span};
use traces::Source;
use traces::series::{
    ClockUnit, Options, Polarity, Pool, Series, import_availability, import_lifetimes,
    import_prices, list_pools,
};

fn fixture(name: &str) -> Source<'_> {
    let path = format!("{}/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let file = File::open(path).expect("fixtures stand in the repository");
    Source::new(name, file)
}

fn nodes(format: &str, name: &str, options: &Options) -> Series<u32> {
    import_availability(format, fixture(name), options).expect("a good fixture")
}

fn prices(format: &str, name: &str, options: &Options) -> Series<Price> {
    import_prices(format, fixture(name), options).expect("a good fixture")
}

/// Steps with their seconds, and the seconds of the end.
fn shape<T: Copy + Eq>(series: &Series<T>) -> (Vec<(u64, T)>, u64) {
    let steps = series.steps().iter();
    let steps = steps.map(|&(at, value)| (at.us() / 1_000_000, value));
    (steps.collect(), series.end().us() / 1_000_000)
}

fn nano(series: &Series<Price>) -> Vec<u64> {
    series
        .steps()
        .iter()
        .map(|step| step.1.nanousd_h())
        .collect()
}

fn of(zone: &str) -> Options {
    let zone = zone.to_owned();
    Options {
        pool: Pool {
            zone,
            ..Pool::default()
        },
        ..Options::default()
    }
}

#[test]
fn samples_stand_for_the_gap_after_them() {
    let plain = Options::default();
    let trace = nodes("skypilot-json", "availability.json", &plain);
    let steps = vec![(0, 2), (1200, 0), (1800, 1), (2400, 2)];
    assert_eq!(shape(&trace), (steps, 3000));
    assert_eq!((trace.records, trace.gap), (5, Some(Span::from_secs(600))));
    assert_eq!(trace.origin, None);
    let priced = prices("skypilot-json", "availability.json", &plain);
    assert_eq!(
        nano(&priced),
        [250_000_000, 300_000_000, 310_000_000, 300_000_000]
    );
}

#[test]
fn an_inverted_copy_is_turned_around() {
    let json = r#"{"metadata": {"gap_seconds": 60}, "data": [0, 1, 1, 0]}"#;
    let polarity = Some(Polarity::Unavailable);
    let options = Options {
        polarity,
        ..Options::default()
    };
    let read = |options| {
        let source = Source::new("copy.json", json.as_bytes());
        shape(&import_availability("skypilot-json", source, options).expect("good"))
    };
    assert_eq!(read(&options), (vec![(0, 1), (60, 0), (180, 1)], 240));
    let published = Options {
        polarity: Some(Polarity::Available),
        ..Options::default()
    };
    assert_eq!(read(&published), (vec![(0, 0), (60, 1), (180, 0)], 240));
}

#[test]
fn machines_by_name_are_counted_and_their_lives_listed() {
    let plain = Options::default();
    let trace = nodes("node-events", "node-events.csv", &plain);
    // One goes and one comes at 120 s: the count does not move.
    assert_eq!(shape(&trace), (vec![(0, 0), (60, 2), (300, 1)], 300));
    assert_eq!(trace.records, 5);
    let read = import_lifetimes("node-events", fixture("node-events.csv"), &plain);
    let lives = read.expect("good").lifetimes;
    let shown = lives
        .iter()
        .map(|life| (life.label.as_str(), life.span, life.ended));
    let secs = Span::from_secs;
    let expected = [
        ("a", secs(60), true),
        ("b", secs(240), true),
        ("c", secs(180), false),
    ];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
}

#[test]
fn a_step_plot_needs_its_unit() {
    let plot = |unit| {
        let options = Options {
            unit: Some(unit),
            ..Options::default()
        };
        shape(&nodes("step-plot", "step-plot.csv", &options))
    };
    assert_eq!(
        plot(ClockUnit::Seconds),
        (vec![(0, 0), (30, 4), (45, 1)], 60)
    );
    assert_eq!(
        plot(ClockUnit::Minutes),
        (vec![(0, 0), (1800, 4), (2700, 1)], 3600)
    );
    assert_eq!(plot(ClockUnit::Days).1, 60 * 86_400);
}

#[test]
fn what_a_log_writes_later_is_right() {
    let log = nodes("live-count", "live-count.txt", &Options::default());
    assert_eq!(shape(&log), (vec![(0, 8), (90, 6), (720, 7)], 720));
    assert_eq!(
        log.origin.expect("dated").to_string(),
        "2021-05-01T23:58:00"
    );
    assert!(log.notes[1].starts_with("rows that are not after the row above them: 1;"));
}

#[test]
fn counts_per_machine_and_minutes_are_read() {
    let plain = Options::default();
    let counts = nodes("parcae-csv", "node-counts.csv", &plain);
    assert_eq!(shape(&counts), (vec![(0, 2), (60, 3), (120, 1)], 120));
    let minutes = nodes("parcae-json", "minutes.txt", &plain);
    assert_eq!(shape(&minutes), (vec![(0, 2), (120, 1)], 240));
    let lives = import_lifetimes("parcae-json", fixture("minutes.txt"), &plain);
    let lives = lives.expect("good").lifetimes;
    assert_eq!(lives.len(), 2);
    assert_eq!(
        (lives[1].span, lives[1].ended),
        (Span::from_secs(120), true)
    );
}

#[test]
fn both_price_histories_give_the_pool_that_is_asked_for() {
    for (format, name) in [
        ("aws-price-history-json", "price-history.json"),
        ("aws-price-history-csv", "price-history.csv"),
    ] {
        let pool = prices(format, name, &of("mars-1a"));
        assert_eq!(nano(&pool), [100_000_000, 123_400_000], "{format}");
        assert_eq!(pool.end().us(), 86_400_000_000, "{format}");
        let origin = pool.origin.expect("dated").to_string();
        assert_eq!(origin, "2030-01-01T06:00:00Z", "{format}");
        let pools = list_pools(format, fixture(name)).expect("good");
        let shown: Vec<_> = pools
            .iter()
            .map(|(pool, n)| (pool.zone.as_str(), *n))
            .collect();
        assert_eq!(shown, [("mars-1a", 2), ("mars-1b", 1)], "{format}");
        let both = import_prices(format, fixture(name), &Options::default());
        let message = both.expect_err("two pools").to_string();
        assert!(
            message.contains("several pools of the file match"),
            "{message}"
        );
    }
}

#[test]
fn lifetimes_know_who_since_when_and_whether_they_ended() {
    let read = import_lifetimes(
        "lifetimes-csv",
        fixture("lifetimes.csv"),
        &Options::default(),
    );
    let lifetimes = read.expect("good");
    let origin = lifetimes.origin.expect("dated").to_string();
    assert_eq!(origin, "2030-01-01T07:00:00.5Z");
    let shown = lifetimes
        .lifetimes
        .iter()
        .map(|life| (life.label.as_str(), life.ended));
    let labels = [("mars-1a/r9.large", true), ("mars-1b/r9.small", false)];
    assert_eq!(shown.collect::<Vec<_>>(), labels);
    let second = &lifetimes.lifetimes[1];
    assert_eq!(second.launched.expect("dated").us(), 3_599_500_000);
    assert_eq!(second.span, Span::from_secs(86_400));
}
