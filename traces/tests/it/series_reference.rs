//! The importers of availability on the published files, and their statistics against figures that
//! were computed from the same files by other means.

use std::collections::BTreeSet;

use published::{Figures, open};
use sim_core::units::{SimTime, convert};
use traces::series::{
    AvailabilityStats, ClockUnit, Options, PriceStats, Series, import_availability,
    import_lifetimes, import_prices,
};

use super::published;

fn nodes_with(format: &str, name: &str, options: &Options) -> Option<Series<u32>> {
    Some(import_availability(format, open(name)?, options).expect("a published file"))
}

fn nodes(format: &str, name: &str) -> Option<Series<u32>> {
    nodes_with(format, name, &Options::default())
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
            ("gap_s", Some(convert::real(gap.us() / 1_000_000))),
            ("samples", Some(convert::real(stats.records))),
            ("days", Some(stats.days)),
            ("n_nodes", Some(convert::real(stats.nodes.into()))),
            ("frac_all_available", Some(stats.frac_all_available)),
            ("mean_frac_nodes", Some(stats.mean_frac_nodes)),
            ("frac_all_or_none", Some(stats.frac_all_or_none)),
            (
                "losses_of_full_availability",
                Some(convert::real(stats.losses)),
            ),
            ("n_up_runs", Some(convert::real(stats.up.count))),
            ("mean_up_h", stats.up.mean_h),
            ("median_up_h", stats.up.median_h),
            ("p90_up_h", stats.up.p90_h),
            ("max_up_h", stats.up.max_h),
            ("mean_down_h", stats.down.mean_h),
            ("median_down_h", stats.down.median_h),
            ("max_down_h", stats.down.max_h),
            ("losses_per_available_day", stats.losses_per_available_day),
            ("drop_events", Some(convert::real(stats.drop_events))),
            ("node_drops", Some(convert::real(stats.node_drops))),
        ];
        for (column, value) in columns {
            figures.check(row, column, value);
        }
        let source = open(&name).expect("it was there");
        let prices = import_prices("skypilot-json", source, &Options::default());
        let priced = !figures.text(row, "price_min").is_empty();
        assert_eq!(prices.is_ok(), priced, "{name}");
        let prices = prices.ok().map(|prices| PriceStats::of(&prices));
        let price = |value: fn(&PriceStats) -> f64| prices.as_ref().map(value);
        figures.check(row, "price_min", price(|stats| stats.min));
        figures.check(row, "price_mean", price(|stats| stats.mean));
        figures.check(row, "price_max", price(|stats| stats.max));
    }
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
        let source = open(name).expect("it was there");
        let lives = import_lifetimes("node-events", source, &Options::default());
        let lives = lives.expect("a published file");
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
        let said = log.notes.iter().any(|note| {
            note.starts_with(&format!(
                "rows that are not after the row above them: {back};"
            ))
        });
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
