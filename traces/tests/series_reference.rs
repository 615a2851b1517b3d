//! The importers of series on the published files, and their statistics against figures that were
//! computed from the same files by other means.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;

use sim_core::units::{Price, SimTime, Span, convert};
use traces::Source;
use traces::series::{
    AvailabilityStats, BidStats, ClockUnit, Lifetimes, Options, Pool, PriceStats, Series,
    import_availability, import_lifetimes, import_prices, list_pools,
};

/// The file, or nothing where there is no reference data.
fn reference(name: &str) -> Option<PathBuf> {
    // A relative path counts from the workspace, not from this crate.
    let workspace = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let root = std::env::var_os("WINDTUNNEL_REFERENCE").unwrap_or_else(|| "../shared".into());
    let path = workspace.join(root).join("data/spot").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no reference data");
    None
}

fn open(name: &str) -> Option<Source<'_>> {
    let file = File::open(reference(name)?).expect("readable reference data");
    Some(Source::new(name, file))
}

fn nodes_with(format: &str, name: &str, options: &Options) -> Option<Series<u32>> {
    Some(import_availability(format, open(name)?, options).expect("a published file"))
}

fn nodes(format: &str, name: &str) -> Option<Series<u32>> {
    nodes_with(format, name, &Options::default())
}

/// The rows of a table of figures, by column.
struct Figures {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Figures {
    fn read(name: &str) -> Option<Self> {
        let text = std::fs::read_to_string(reference(name)?).expect("readable reference data");
        let mut lines = text
            .lines()
            .map(|line| line.split(',').map(str::to_owned).collect());
        let header = lines.next().expect("a header");
        let rows = lines.collect();
        Some(Self { header, rows })
    }

    fn text<'a>(&self, row: &'a [String], column: &str) -> &'a str {
        let at = self.header.iter().position(|name| name == column);
        &row[at.unwrap_or_else(|| panic!("no column {column}"))]
    }

    /// That `value`, rounded as the figure is, is the figure.
    fn check(&self, row: &[String], column: &str, value: Option<f64>) {
        let text = self.text(row, column);
        let Some(value) = value else {
            assert_eq!(text, "", "{}: {column}", row[0]);
            return;
        };
        let figure: f64 = text
            .parse()
            .unwrap_or_else(|_| panic!("{}: {column} = {text}", row[0]));
        let decimals = text
            .split_once('.')
            .map_or(0, |(_, decimals)| decimals.len());
        // A figure that ends in zeros is printed without them.
        let decimals = decimals.max(self.decimals(column));
        let half = 0.5 / 10_f64.powi(i32::try_from(decimals).expect("few"));
        let off = (value - figure).abs();
        assert!(
            off <= half + 1e-9,
            "{}: {column}: {value} is not {figure}",
            row[0]
        );
    }

    /// The most decimals of a column.
    fn decimals(&self, column: &str) -> usize {
        let texts = self.rows.iter().map(|row| self.text(row, column));
        let decimals = texts.map(|text| text.split_once('.').map_or(0, |(_, d)| d.len()));
        decimals.max().unwrap_or(0)
    }
}

fn real(n: u64) -> Option<f64> {
    Some(convert::real(n))
}

#[test]
fn all_34_skypilot_traces_have_the_published_statistics_in_every_column() {
    let Some(figures) = Figures::read("skypilot_trace_stats.csv") else {
        return;
    };
    assert_eq!(figures.rows.len(), 34);
    for row in &figures.rows {
        let name = format!("skypilot-spot-traces/{}", row[0]);
        let trace = nodes("skypilot-json", &name).expect("the files of the table");
        let stats = AvailabilityStats::of(&trace);
        let gap = stats.gap.expect("a fixed gap");
        let columns = [
            ("gap_s", real(gap.us() / 1_000_000)),
            ("samples", real(stats.records)),
            ("days", Some(stats.days)),
            ("n_nodes", real(stats.nodes.into())),
            ("frac_all_available", Some(stats.frac_all_available)),
            ("mean_frac_nodes", Some(stats.mean_frac_nodes)),
            ("frac_all_or_none", Some(stats.frac_all_or_none)),
            ("losses_of_full_availability", real(stats.losses)),
            ("n_up_runs", real(stats.up.count)),
            ("mean_up_h", stats.up.mean_h),
            ("median_up_h", stats.up.median_h),
            ("p90_up_h", stats.up.p90_h),
            ("max_up_h", stats.up.max_h),
            ("mean_down_h", stats.down.mean_h),
            ("median_down_h", stats.down.median_h),
            ("max_down_h", stats.down.max_h),
            ("losses_per_available_day", stats.losses_per_available_day),
            ("drop_events", real(stats.drop_events)),
            ("node_drops", real(stats.node_drops)),
        ];
        for (column, value) in columns {
            figures.check(row, column, value);
        }
        let source = open(&name).expect("it was there");
        let prices = import_prices("skypilot-json", source, &Options::default());
        let priced = !figures.text(row, "price_min").is_empty();
        assert_eq!(prices.is_ok(), priced, "{name}");
        let prices = prices
            .ok()
            .map(|prices| PriceStats::of(&prices).expect("short"));
        let price = |value: fn(&PriceStats) -> f64| prices.as_ref().map(value);
        figures.check(row, "price_min", price(|stats| stats.min));
        figures.check(row, "price_mean", price(|stats| stats.mean));
        figures.check(row, "price_max", price(|stats| stats.max));
    }
}

fn pool(zone: &str, instance: &str) -> Options {
    Options {
        pool: Pool {
            zone: zone.to_owned(),
            instance: instance.to_owned(),
            product: String::new(),
        },
        ..Options::default()
    }
}

const OF_2020: &str = "aws-gpu-spot-prices-2020/spot_prices.csv";
const OF_2015: &str = "aws-spot-prices-2015-g2/g2_2xlarge_prices.csv";

fn history(name: &str, zone: &str, instance: &str) -> Series<Price> {
    let source = open(name).expect("the tables lie beside the files");
    let read = import_prices("aws-price-history-csv", source, &pool(zone, instance));
    read.expect("a published file")
}

#[test]
fn the_95_summarised_pools_of_2020_have_their_statistics() {
    let Some(figures) = Figures::read("aws-gpu-spot-prices-2020/summary_ou.csv") else {
        return;
    };
    assert_eq!(figures.rows.len(), 95);
    for row in &figures.rows {
        let prices = history(OF_2020, &row[0], &row[1]);
        let stats = PriceStats::of(&prices).expect("short");
        // The table's level is that of prices looked at once an hour.
        let hourly = prices.resample(Span::from_secs(3600)).expect("short");
        let hourly = PriceStats::of(&hourly).expect("short");
        let columns = [
            ("n_records", real(stats.records)),
            ("days", Some(stats.days)),
            ("min", Some(hourly.min)),
            ("mean", Some(hourly.mean)),
            ("max", Some(hourly.max)),
            ("changes_per_day", stats.changes_per_day),
            ("median_abs_rel_change", stats.median_relative_change),
            ("max_abs_rel_change", stats.max_relative_change),
            ("mean_weekly_range_over_mean", stats.mean_weekly_range),
        ];
        for (column, value) in columns {
            figures.check(row, column, value);
        }
        let off = (stats.mean / hourly.mean - 1.0).abs();
        assert!(off < 1e-3, "an hourly look misses little: {off}");
    }
}

#[test]
fn the_price_files_have_their_pools_and_records() {
    let Some(source) = open(OF_2020) else {
        return;
    };
    let pools = list_pools("aws-price-history-csv", source).expect("a published file");
    assert_eq!(pools.len(), 98);
    assert_eq!(pools.iter().map(|pool| pool.1).sum::<u64>(), 16_560);
    assert_eq!(pools[0].0.to_string(), "eu-central-1a p2.8xlarge");
    let of_2015 = open(OF_2015).expect("beside it");
    let pools = list_pools("aws-price-history-csv", of_2015).expect("a published file");
    let shown: Vec<_> = pools
        .iter()
        .map(|(pool, n)| (pool.to_string(), *n))
        .collect();
    let expected = [
        ("us-east-1a", 23_459),
        ("us-east-1b", 19_111),
        ("us-east-1e", 26_699),
    ];
    assert_eq!(shown, expected.map(|(zone, n)| (zone.to_owned(), n)));
    let origin = history(OF_2015, "us-east-1a", "").origin.expect("dated");
    assert_eq!(origin.to_string(), "2015-03-11T16:53:20Z");
}

#[test]
fn bids_of_2015_meet_the_published_availability_runs_and_prices() {
    let Some(figures) = Figures::read("aws-spot-prices-2015-g2/bid_crossing_stats.csv") else {
        return;
    };
    assert_eq!(figures.rows.len(), 18);
    for row in &figures.rows {
        let prices = history(OF_2015, &row[0], "");
        let factor: f64 = row[1].parse().expect("a number");
        // $0.65 on demand, in nano-dollars; the factors are multiples of a quarter.
        let bid = convert::floor(factor * 4.0) * 162_500_000;
        let bid = BidStats::of(&prices, Price::from_nanousd_h(bid).expect("cheap"));
        let days = PriceStats::of(&prices).expect("short").days;
        figures.check(row, "days", Some(days));
        figures.check(row, "n_records", real(prices.records));
        figures.check(row, "availability", Some(bid.availability));
        figures.check(row, "n_revocations", real(bid.revocations));
        figures.check(row, "mean_up_h", bid.up.mean_h);
        figures.check(row, "mean_price_paid", bid.mean_paid);
    }
}

fn lifetimes(format: &str, name: &str) -> Option<Lifetimes> {
    let read = import_lifetimes(format, open(name)?, &Options::default());
    Some(read.expect("a published file"))
}

#[test]
fn preemptible_machines_survive_as_the_published_kaplan_meier_says() {
    let Some(figures) = Figures::read("gcp-preemptible/bathtub_fits.csv") else {
        return;
    };
    let all = lifetimes("lifetimes-csv", "gcp-preemptible/lifetimes.csv").expect("beside it");
    assert_eq!(figures.rows.len(), 9);
    let origin = all.origin.expect("dated").to_string();
    assert_eq!(origin, "2019-02-18T16:57:39.791Z");
    let ages = [1, 3, 6, 12, 20, 23].map(|hours: u64| (hours, Span::from_secs(hours * 3600)));
    for row in &figures.rows {
        let group = if row[0] == "ALL" {
            all.clone()
        } else {
            all.of(&row[0])
        };
        let stats = group.stats();
        figures.check(row, "n_all", real(stats.lifetimes));
        figures.check(row, "n_preempted", real(stats.ended));
        figures.check(row, "mean_h_preempted", stats.mean_ended_h);
        figures.check(row, "median_h_preempted", stats.median_ended_h);
        let survival = group.survival(&ages.map(|age| age.1));
        for ((hours, age), survive) in ages.into_iter().zip(survival) {
            figures.check(row, &format!("F{hours}h"), group.ended_within(age));
            figures.check(row, &format!("KM{hours}h"), Some(1.0 - survive));
        }
    }
}

#[test]
fn gpu_machines_of_2020_lived_as_long_as_stated() {
    let name = "toad-availability-2020/lifetimes.csv";
    let Some(all) = lifetimes("lifetimes-csv", name) else {
        return;
    };
    assert_eq!(all.stats().lifetimes, 490);
    assert_eq!(
        (
            all.of("gcp").stats().lifetimes,
            all.of("aws").stats().lifetimes
        ),
        (451, 39)
    );
    // Mean life of the ended ones on GCP, as spot-and-billing.md 1.2 has it.
    let groups = [
        ("nvidia-tesla-k80x1", 0.72, 206),
        ("nvidia-tesla-p100x1", 0.98, 147),
        ("nvidia-tesla-v100x1", 1.6, 64),
        ("nvidia-tesla-v100x8", 17.8, 8),
    ];
    for (group, mean_h, ended) in groups {
        let stats = all.of("gcp").of(group).stats();
        assert_eq!(stats.ended, ended, "{group}");
        let off = (stats.mean_ended_h.expect("some ended") - mean_h).abs();
        assert!(off < 0.05, "{group}");
    }
    let censored = all
        .lifetimes
        .iter()
        .filter(|lifetime| !lifetime.ended)
        .count();
    assert_eq!(censored, 13);
}

#[test]
fn bamboo_clusters_lose_the_stated_machines() {
    // Hours, mean and most machines, additions, removals, their instants, removals per node-hour.
    let clusters = [
        ("bamboo/p3-trace.csv", 11.37, 24.0, 32, (177, 167, 79), 0.61),
        ("bamboo/g4dn-trace.csv", 10.77, 12.6, 24, (79, 74, 48), 0.55),
    ];
    for (name, hours, mean, most, (adds, removals, instants), rate) in clusters {
        let Some(trace) = nodes("node-events", name) else {
            return;
        };
        let stats = AvailabilityStats::of(&trace);
        assert!((stats.days * 24.0 - hours).abs() < 0.005, "{name}");
        assert!((stats.mean_nodes - mean).abs() < 0.05, "{name}");
        assert_eq!(stats.nodes, most);
        let lives = lifetimes("node-events", name).expect("it was there");
        let ended = || lives.lifetimes.iter().filter(|lifetime| lifetime.ended);
        assert_eq!((lives.lifetimes.len(), ended().count()), (adds, removals));
        let ends: BTreeSet<SimTime> = ended()
            .map(|lifetime| lifetime.launched.expect("known") + lifetime.span)
            .collect();
        assert_eq!(ends.len(), instants, "{name}");
        let node_hours = stats.mean_nodes * stats.days * 24.0;
        let removals = convert::real(convert::wide(removals));
        assert!((removals / node_hours - rate).abs() < 0.005, "{name}");
        // The area under the count is the sum of the lifetimes.
        let lived: u64 = lives
            .lifetimes
            .iter()
            .map(|lifetime| lifetime.span.us())
            .sum();
        let area: u64 = trace
            .pieces()
            .map(|(n, span)| u64::from(n) * span.us())
            .sum();
        assert_eq!(lived, area, "{name}");
    }
}

#[test]
fn bamboo_step_plots_are_the_same_in_both_of_their_units() {
    let plots = [
        (
            "g4dn-xlarge-us-east-1c-2020-11-20-1930-to-2020-11-21-2200",
            88_194,
            718_838,
        ),
        (
            "g4dn-xlarge-us-east-1d-2020-11-23-1730-to-2020-11-24-1530",
            45_668,
            113_315,
        ),
        (
            "p2-xlarge-us-east-1a-2020-11-20-1730-to-2020-11-21-1104",
            0,
            0,
        ),
        (
            "p2-xlarge-us-east-1c-2020-11-22-15:30-to-2020-11-23-0935",
            0,
            0,
        ),
        (
            "p2-xlarge-us-east-1e-2020-11-23-1700-to-2020-11-24-0700",
            68_252,
            681_724,
        ),
    ];
    let unit = |unit| Options {
        unit: Some(unit),
        ..Options::default()
    };
    for (plot, end, node_seconds) in plots {
        let name = format!("bamboo/aws-spot-instances-{plot}.csv");
        let Some(seconds) = nodes_with("step-plot", &name, &unit(ClockUnit::Seconds)) else {
            return;
        };
        assert_eq!(seconds.end(), SimTime::from_secs(end), "{plot}");
        let area: u64 = seconds
            .pieces()
            .map(|(n, span)| u64::from(n) * span.us())
            .sum();
        assert_eq!(area / 1_000_000, node_seconds, "{plot}");
        let name = format!("bamboo/aws-spot-instances-{plot}_scaled.csv");
        let hours = nodes_with("step-plot", &name, &unit(ClockUnit::Hours)).expect("beside it");
        let values = |series: &Series<u32>| series.steps().iter().map(|step| step.1).collect();
        let (a, b): (Vec<u32>, Vec<u32>) = (values(&seconds), values(&hours));
        assert_eq!(a, b, "{plot}");
        // A thousandth of an hour is 3.6 s.
        let near = seconds.steps().iter().zip(hours.steps());
        let off = near.map(|(a, b)| a.0.us().abs_diff(b.0.us())).max();
        assert!(off <= Some(1_800_000), "{plot}");
    }
}

#[test]
fn the_long_step_plot_counts_hours_for_it_spans_what_its_name_says() {
    let name = "bamboo/aws-spot-instances-p2-xlarge-2020-11-20-to-2020-11-23.csv";
    let unit = Some(ClockUnit::Hours);
    let Some(plot) = nodes_with(
        "step-plot",
        name,
        &Options {
            unit,
            ..Options::default()
        },
    ) else {
        return;
    };
    let stats = AvailabilityStats::of(&plot);
    // Within four days; read as days it would last a quarter of a year.
    assert!((stats.days - 3.695_625).abs() < 1e-9);
    assert!((stats.mean_nodes - 15.504_943_908).abs() < 1e-6);
    assert_eq!((stats.nodes, stats.records), (16, 393));
}

#[test]
fn gcp_logs_count_what_their_latest_rows_say() {
    // Seconds, node-seconds, least and most, drops and machines lost, rows that go back: from a
    // second-by-second replay in which the last row of the file dated before a second decides it.
    let logs = [
        (
            "bamboo/v100x1-east1c.txt",
            87_013,
            6_641_398,
            (30, 80),
            (55, 518),
            17,
        ),
        (
            "bamboo/a100x1-east1b.txt",
            97_266,
            5_573_645,
            (17, 64),
            (36, 154),
            0,
        ),
    ];
    for (name, end, node_seconds, bounds, drops, back) in logs {
        let Some(log) = nodes("live-count", name) else {
            return;
        };
        assert_eq!(log.end(), SimTime::from_secs(end), "{name}");
        let area: u64 = log.pieces().map(|(n, span)| u64::from(n) * span.us()).sum();
        assert_eq!(area / 1_000_000, node_seconds, "{name}");
        let values = || log.pieces().map(|piece| piece.0);
        assert_eq!(
            (values().min(), values().max()),
            (Some(bounds.0), Some(bounds.1))
        );
        let stats = AvailabilityStats::of(&log);
        assert_eq!((stats.drop_events, stats.node_drops), drops, "{name}");
        let said = log
            .notes
            .iter()
            .any(|note| note.starts_with(&format!("{back} rows are")));
        assert_eq!(said, back > 0, "{name}: {:?}", log.notes);
    }
}

#[test]
fn parcae_counts_what_bamboo_names() {
    let Some(counts) = nodes("parcae-csv", "parcae/p3.csv") else {
        return;
    };
    let names = nodes("node-events", "bamboo/p3-trace.csv").expect("the same study");
    assert_eq!(counts.steps(), names.steps());
    assert_eq!((counts.end(), counts.records), (names.end(), names.records));
}

#[test]
fn parcae_segments_are_hours_of_the_whole_trace() {
    let Some(whole) = nodes("parcae-csv", "parcae/p3.csv") else {
        return;
    };
    // Tenths of hours in the name: where it starts; node-minutes, drops and machines lost.
    let segments = [
        ("hh_55_65", 330, 1649, (9, 19)),
        ("hl_15_25", 90, 1778, (6, 11)),
        ("lh_80_90", 480, 1009, (8, 18)),
        ("ll_10_11", 600, 878, (3, 4)),
    ];
    for (segment, minute, node_minutes, drops) in segments {
        let from = SimTime::from_secs(minute * 60);
        let to = SimTime::from_secs((minute + 60) * 60);
        let window = whole.window(from, to).expect("observed");
        for model in ["bert", "gpt-1.5b", "gpt-6.7b"] {
            let name = format!("parcae/{model}_trace_{segment}.txt");
            let trace = nodes("parcae-json", &name).expect("beside it");
            let area: u64 = trace
                .pieces()
                .map(|(n, span)| u64::from(n) * span.us())
                .sum();
            let stats = AvailabilityStats::of(&trace);
            // Two segments of the largest model differ from the whole trace.
            let (expected, same) = match (model, segment) {
                ("gpt-6.7b", "lh_80_90") => ((1041, (7, 17)), false),
                ("gpt-6.7b", "ll_10_11") => ((938, (3, 4)), false),
                _ => ((node_minutes, drops), true),
            };
            let got = (area / 60_000_000, (stats.drop_events, stats.node_drops));
            assert_eq!(got, expected, "{name}");
            assert_eq!(trace.steps() == window.steps(), same, "{name}");
            assert_eq!(trace.end(), window.end(), "{name}");
        }
    }
}
