//! The importers of prices and lifetimes on the published files, and their statistics against
//! figures that were computed from the same files by other means.

use published::{Figures, open};
use sim_core::units::{Price, Span, convert};
use traces::series::{
    BidStats, Lifetimes, Options, Pool, PriceStats, Series, import_lifetimes, import_prices,
    list_pools,
};

use super::published;

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
        let stats = PriceStats::of(&prices);
        // The table's level is that of prices looked at once an hour.
        let hourly = prices.resample(Span::from_secs(3600)).expect("short");
        let hourly = PriceStats::of(&hourly);
        let columns = [
            ("n_records", Some(convert::real(stats.records))),
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
        let days = PriceStats::of(&prices).days;
        figures.check(row, "days", Some(days));
        figures.check(row, "n_records", Some(convert::real(prices.records)));
        figures.check(row, "availability", Some(bid.availability));
        figures.check(row, "n_revocations", Some(convert::real(bid.revocations)));
        figures.check(row, "mean_up_h", bid.up.mean_h);
        figures.check(row, "mean_price_paid", bid.mean_paid);
    }
}

fn lifetimes(name: &str) -> Option<Lifetimes> {
    let read = import_lifetimes("lifetimes-csv", open(name)?, &Options::default());
    Some(read.expect("a published file"))
}

#[test]
fn preemptible_machines_survive_as_the_published_kaplan_meier_says() {
    let Some(figures) = Figures::read("gcp-preemptible/bathtub_fits.csv") else {
        return;
    };
    let all = lifetimes("gcp-preemptible/lifetimes.csv").expect("beside it");
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
        figures.check(row, "n_all", Some(convert::real(stats.lifetimes)));
        figures.check(row, "n_preempted", Some(convert::real(stats.ended)));
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
    let Some(all) = lifetimes(name) else {
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
