//! Published prices replayed through whole runs: what is told and paid is what stands in the file.

use std::collections::BTreeMap;

use sim_core::units::{Price, SimTime, Span};

use super::replays::{SPOT, check, mean, number, paid, replay, runs, source, table, told};
use super::rig::{count, hours, real, reference};

/// Price records of a file by pool, as they stand there: seconds since the first, and dollars in nano-dollars. The last record of
/// a second holds.
fn records(name: &str, pool: usize) -> Option<BTreeMap<String, BTreeMap<u64, u64>>> {
    let text = std::fs::read_to_string(reference(&format!("{SPOT}{name}"))?).unwrap();
    let mut pools: BTreeMap<String, BTreeMap<u64, u64>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let price: Price = cells[pool + 1].parse::<f64>().map(nanousd).unwrap();
        let records = pools.entry(cells[..pool].join(",")).or_default();
        records.insert(cells[pool].parse().unwrap(), price.nanousd_h());
    }
    Some(pools)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "prices of the files are positive and below a hundred dollars"
)]
fn nanousd(dollars: f64) -> Price {
    Price::from_nanousd_h((dollars * 1e9).round() as u64).unwrap()
}

#[test]
fn the_prices_that_a_run_tells_are_those_of_the_file_at_every_step_in_all_pools_of_2020_and_2015() {
    for (name, columns) in [
        ("aws-gpu-spot-prices-2020/spot_prices.csv", 2),
        ("aws-spot-prices-2015-g2/g2_2xlarge_prices.csv", 1),
    ] {
        let Some(pools) = records(name, columns) else {
            return;
        };
        for (pool, records) in &pools {
            let (Some((first, _)), Some((last, _))) =
                (records.first_key_value(), records.last_key_value())
            else {
                continue;
            };
            if first == last {
                continue;
            }
            let cells: Vec<&str> = pool.split(',').collect();
            let instance = cells
                .get(1)
                .map_or(String::new(), |name| format!(", instance = \"{name}\""));
            let series = format!(
                "price = {{ format = \"aws-price-history-csv\", {}, zone = \"{}\"{instance} }}",
                source(name),
                cells[0]
            );
            let (market, flown) = replay(1, Span::from_secs(last - first), &series);
            let since = |at: &u64| SimTime::from_secs(at - first);
            let mut steps: Vec<(SimTime, u64)> = records
                .iter()
                .map(|(at, price)| (since(at), *price))
                .collect();
            steps.dedup_by_key(|step| step.1);
            steps.retain(|step| step.0 < flown.end);
            let told = told(&market, &flown);
            assert!(
                told.iter().filter(|step| step.0 < flown.end).eq(&steps),
                "{name} {pool}"
            );
            let owed = paid(&steps, SimTime::ZERO, flown.end);
            assert!(
                (owed - real(flown.nanousd())).abs() <= owed * 1e-12 + 1.0,
                "{pool}"
            );
        }
    }
}

#[test]
fn a_fleet_with_a_bid_in_the_auctions_of_2015_is_up_loses_its_machine_and_pays_as_was_published() {
    let Some(rows) = table("aws-spot-prices-2015-g2/bid_crossing_stats.csv") else {
        return;
    };
    let name = "aws-spot-prices-2015-g2/g2_2xlarge_prices.csv";
    let pools = records(name, 1).unwrap();
    assert_eq!(rows.len(), 18);
    for row in &rows {
        let records = &pools[&row["az"]];
        let length = records.last_key_value().unwrap().0 - records.first_key_value().unwrap().0;
        let factor: f64 = number(row, "bid_over_ondemand(0.65)").unwrap();
        let series = format!(
            "bid = \"${:.4}\"\nprice = {{ format = \"aws-price-history-csv\", {}, zone = \"{}\" }}",
            factor * 0.65,
            source(name),
            row["az"]
        );
        let (_, flown) = replay(1, Span::from_secs(length), &series);
        let seen = runs(&flown, 1);
        let up: f64 = seen.up.iter().sum();
        check(row, "availability", Some(up / hours(flown.end.us())), 4);
        check(row, "n_revocations", Some(count(seen.losses)), 0);
        // The table's mean is of the runs that a price ended.
        let taken = flown.diary.holds.iter().filter(|hold| hold.taken);
        let lives: Vec<f64> = taken
            .map(|hold| hours(hold.until.since(hold.from).us()))
            .collect();
        check(row, "mean_up_h", mean(&lives), 2);
        check(
            row,
            "mean_price_paid",
            Some(real(flown.nanousd()) / 1e9 / up),
            4,
        );
    }
}
