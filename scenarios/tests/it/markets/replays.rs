//! Published series replayed through whole runs: what a fleet that always wants all machines holds and pays is what was published.

use std::collections::BTreeMap;
use std::fs::File;

use scenarios::build::Experiment;
use scenarios::schema::quantity::print_span;
use sim_core::units::{SimTime, Span};
use traces::Source;
use traces::series::{ClockUnit, Options, Series, import_availability};

use super::rig::{Flown, JOBS, count, experiment, fly, hours, real, reference};

pub(crate) const SPOT: &str = "data/spot/";

/// A fleet of so many machines that stand by themselves until the end, under series of the reference data.
pub(crate) fn replay(machines: u32, end: Span, series: &str) -> (Experiment, Flown) {
    let text = format!(
        "name = \"replay\"\n[horizon]\nend = \"{}\"\n[[fleet]]\nname = \"spot\"\ninstance = {{ gpus = 1, gpu = \"V100\" }}\n\
         count = {machines}\nmarket = \"spot\"\n{series}\n{JOBS}[[policy]]\nname = \"p\"\norder = \"fifo\"\n",
        print_span(end)
    );
    let experiment = experiment(&text, &[(0, 1, 1)]);
    let flown = fly(&experiment, 0, 1);
    assert_eq!(flown.end.since(SimTime::ZERO), end);
    (experiment, flown)
}

pub(crate) fn source(file: &str) -> String {
    format!("file = \"reference:{SPOT}{file}\"")
}

/// Rows of a table of the reference data, by column.
pub(crate) fn table(name: &str) -> Option<Vec<BTreeMap<String, String>>> {
    let text = std::fs::read_to_string(reference(&format!("{SPOT}{name}"))?).unwrap();
    let mut lines = text.lines().map(|line| line.split(','));
    let header: Vec<&str> = lines.next()?.collect();
    let named = |row: std::str::Split<'_, char>| {
        let cells = header.iter().zip(row);
        cells
            .map(|(name, cell)| ((*name).to_owned(), cell.to_owned()))
            .collect()
    };
    Some(lines.map(named).collect())
}

pub(crate) fn number<T: std::str::FromStr>(
    row: &BTreeMap<String, String>,
    column: &str,
) -> Option<T> {
    row[column].parse().ok()
}

/// That a value, rounded to so many decimals, is the one of a table.
#[track_caller]
pub(crate) fn check(
    row: &BTreeMap<String, String>,
    column: &str,
    value: Option<f64>,
    decimals: i32,
) {
    let figure: Option<f64> = number(row, column);
    let off = match (figure, value) {
        (Some(figure), Some(value)) => (figure - value).abs(),
        (None, None) => 0.0,
        (Some(_), None) | (None, Some(_)) => f64::INFINITY,
    };
    let half = 0.5 * 10_f64.powi(-decimals) + 1e-9;
    assert!(off <= half, "{row:?}: {column} is {value:?}");
}

/// How many machines were held, step by step, of a run until its end.
fn held(flown: &Flown) -> Vec<(SimTime, u32)> {
    let mut changes: BTreeMap<SimTime, i32> = BTreeMap::from([(SimTime::ZERO, 0)]);
    for hold in &flown.diary.holds {
        *changes.entry(hold.from).or_default() += 1;
        *changes.entry(hold.until).or_default() -= 1;
    }
    changes.remove(&flown.end);
    let mut now = 0;
    let mut steps: Vec<(SimTime, u32)> = Vec::new();
    for (at, change) in changes {
        now += change;
        let now = u32::try_from(now).unwrap();
        if steps.last().is_none_or(|step| step.1 != now) {
            steps.push((at, now));
        }
    }
    steps
}

/// Stretches of a run with all machines, or with fewer, in hours; one that the end cuts counts.
#[derive(Default)]
pub(crate) struct Runs {
    pub(crate) up: Vec<f64>,
    down: Vec<f64>,
    /// Hours by number of machines.
    at: BTreeMap<u32, f64>,
    pub(crate) losses: usize,
    drops: usize,
    dropped: u32,
}

pub(crate) fn runs(flown: &Flown, machines: u32) -> Runs {
    let steps = held(flown);
    let mut runs = Runs::default();
    let mut was: Option<bool> = None;
    for (position, (from, now)) in steps.iter().enumerate() {
        let until = steps.get(position + 1).map_or(flown.end, |next| next.0);
        let span = hours(until.since(*from).us());
        *runs.at.entry(*now).or_default() += span;
        let is_up = *now == machines;
        let list = if is_up { &mut runs.up } else { &mut runs.down };
        if was == Some(is_up) {
            *list.last_mut().unwrap() += span;
        } else {
            list.push(span);
        }
        runs.losses += usize::from(was == Some(true) && !is_up);
        was = Some(is_up);
        let before = position
            .checked_sub(1)
            .map_or(*now, |before| steps[before].1);
        runs.drops += usize::from(before > *now);
        runs.dropped += before.saturating_sub(*now);
    }
    runs
}

pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / count(values.len()))
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    (!sorted.is_empty()).then(|| f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[middle]))
}

/// The least with nine tenths of them, rounded down, before it: the definition of the published table, which interpolates
/// nothing.
fn p90(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() * 9 / 10).copied()
}

fn most(values: &[f64]) -> Option<f64> {
    values.iter().copied().reduce(f64::max)
}

/// That a run was up and down as a row of the table of traces says; its hours.
fn is_as_published(row: &BTreeMap<String, String>, flown: &Flown, machines: u32) -> f64 {
    let seen = runs(flown, machines);
    let all: f64 = seen.at.values().sum();
    let of = |nodes: u32| seen.at.get(&nodes).copied().unwrap_or(0.0);
    let node_hours: f64 = seen
        .at
        .iter()
        .map(|(nodes, span)| f64::from(*nodes) * span)
        .sum();
    check(row, "frac_all_available", Some(of(machines) / all), 4);
    check(
        row,
        "mean_frac_nodes",
        Some(node_hours / f64::from(machines) / all),
        4,
    );
    check(
        row,
        "frac_all_or_none",
        Some((of(machines) + of(0)) / all),
        4,
    );
    check(
        row,
        "losses_of_full_availability",
        Some(count(seen.losses)),
        0,
    );
    check(row, "n_up_runs", Some(count(seen.up.len())), 0);
    check(row, "mean_up_h", mean(&seen.up), 3);
    check(row, "median_up_h", median(&seen.up), 3);
    check(row, "p90_up_h", p90(&seen.up), 2);
    check(row, "max_up_h", most(&seen.up), 2);
    check(row, "mean_down_h", mean(&seen.down), 3);
    check(row, "median_down_h", median(&seen.down), 3);
    check(row, "max_down_h", most(&seen.down), 2);
    let rate = count(seen.losses) / (of(machines) / 24.0);
    check(row, "losses_per_available_day", Some(rate), 3);
    check(row, "drop_events", Some(count(seen.drops)), 0);
    check(row, "node_drops", Some(f64::from(seen.dropped)), 0);
    all
}

#[test]
fn a_fleet_under_each_of_the_34_skypilot_traces_is_up_and_down_and_pays_as_was_published() {
    let Some(rows) = table("skypilot_trace_stats.csv") else {
        return;
    };
    assert_eq!(rows.len(), 34);
    for row in &rows {
        let (gap, samples): (u64, u64) = (
            number(row, "gap_s").unwrap(),
            number(row, "samples").unwrap(),
        );
        let machines: u32 = number(row, "n_nodes").unwrap();
        let file = format!(
            "format = \"skypilot-json\", {}",
            source(&format!("skypilot-spot-traces/{}", row["file"]))
        );
        let priced = !row["price_min"].is_empty();
        let price = if priced {
            format!("{{ {file} }}")
        } else {
            "\"$1\"".to_owned()
        };
        let series = format!("availability = {{ {file} }}\nprice = {price}");
        let (market, flown) = replay(machines, Span::from_secs(gap * samples), &series);
        let all = is_as_published(row, &flown, machines);
        let prices = told(&market, &flown);
        if priced {
            let dollars = || prices.iter().map(|price| real(price.1.into()) / 1e9);
            check(row, "price_min", dollars().reduce(f64::min), 4);
            check(row, "price_max", dollars().reduce(f64::max), 4);
            let whole = paid(&prices, SimTime::ZERO, flown.end) / 1e9 / all;
            check(row, "price_mean", Some(whole), 4);
        }
        let owed: f64 = flown
            .diary
            .holds
            .iter()
            .map(|hold| paid(&prices, hold.from, hold.until))
            .sum();
        assert!(
            (owed - real(flown.nanousd())).abs() <= owed * 1e-12 + 1.0,
            "{row:?}"
        );
    }
}

/// The price from the beginning on, and each step that the facts tell, in nano-dollars an hour.
pub(crate) fn told(market: &Experiment, flown: &Flown) -> Vec<(SimTime, u64)> {
    let first = market.world.offerings[0]
        .price
        .at(SimTime::ZERO)
        .nanousd_h();
    let mut prices = vec![(SimTime::ZERO, first)];
    prices.extend(&flown.diary.prices);
    prices
}

/// Nano-dollars for one machine from one instant to another.
pub(crate) fn paid(prices: &[(SimTime, u64)], from: SimTime, until: SimTime) -> f64 {
    let first = prices.partition_point(|price| price.0 <= from) - 1;
    let mut sum = 0.0;
    for (position, (at, price)) in prices.iter().enumerate().skip(first) {
        if *at >= until {
            break;
        }
        let next = prices
            .get(position + 1)
            .map_or(until, |next| next.0.min(until));
        sum += hours(next.since((*at).max(from)).us()) * real((*price).into());
    }
    sum
}

/// A file of a cluster, its format, and the unit of its clock, as options and in words.
type Cluster = (String, &'static str, Option<(&'static str, ClockUnit)>);

/// The files of clusters, with the format of each and the unit of its clock, where it has none of its own.
fn clusters() -> Option<Vec<Cluster>> {
    let mut clusters = Vec::new();
    for folder in ["bamboo", "parcae"] {
        for entry in std::fs::read_dir(reference(&format!("{SPOT}{folder}"))?).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let (seconds, hours) = (("seconds", ClockUnit::Seconds), ("hours", ClockUnit::Hours));
            let (format, unit) = match (folder, name.as_str()) {
                ("bamboo", "p3-trace.csv" | "g4dn-trace.csv") => ("node-events", None),
                ("bamboo", name) if name.contains("x1-east1") => ("live-count", None),
                // The long plot counts hours, whatever is said of it.
                ("bamboo", name)
                    if name.ends_with("_scaled.csv") || name.ends_with("to-2020-11-23.csv") =>
                {
                    ("step-plot", Some(hours))
                }
                ("bamboo", _) => ("step-plot", Some(seconds)),
                (_, "p3.csv") => ("parcae-csv", None),
                (_, _) => ("parcae-json", None),
            };
            clusters.push((format!("{folder}/{name}"), format, unit));
        }
    }
    clusters.sort_by(|a, b| a.0.cmp(&b.0));
    Some(clusters)
}

fn series(file: &str, format: &str, unit: Option<ClockUnit>) -> Option<Series<u32>> {
    let opened = File::open(reference(&format!("{SPOT}{file}"))?).unwrap();
    let options = Options {
        unit,
        ..Options::default()
    };
    Some(import_availability(format, Source::new(file, opened), &options).unwrap())
}

#[test]
fn a_fleet_under_a_published_cluster_holds_its_machines_at_every_instant() {
    let Some(clusters) = clusters() else {
        return;
    };
    let mut empty = 0;
    for (file, format, unit) in &clusters {
        let published = series(file, format, unit.map(|unit| unit.1)).unwrap();
        let machines = published.steps().iter().map(|step| step.1).max().unwrap();
        if published.end() == SimTime::ZERO {
            empty += 1;
            continue;
        }
        let unit = unit.map_or(String::new(), |(unit, _)| format!(", unit = \"{unit}\""));
        let series = format!(
            "price = \"$1\"\navailability = {{ format = \"{format}\", {}{unit} }}",
            source(file)
        );
        let (_, flown) = replay(machines, published.end().since(SimTime::ZERO), &series);
        let mut steps = published.steps().to_vec();
        steps.retain(|step| step.0 < published.end());
        steps.dedup_by_key(|step| step.1);
        assert!(held(&flown) == steps, "{file}");
    }
    println!(
        "{} files, {empty} of them without any length",
        clusters.len()
    );
    assert_eq!((clusters.len(), empty), (28, 4));
}

#[test]
fn a_fleet_under_the_bamboo_clusters_lives_and_loses_as_was_published() {
    // Hours, mean and most machines, and how many went.
    let clusters = [
        ("bamboo/p3-trace.csv", 11.37, 24.0, 32, 167),
        ("bamboo/g4dn-trace.csv", 10.77, 12.6, 24, 74),
    ];
    for (file, length, machines, top, removed) in clusters {
        let Some(published) = series(file, "node-events", None) else {
            return;
        };
        let series = format!(
            "price = \"$1\"\navailability = {{ format = \"node-events\", {} }}",
            source(file)
        );
        let (_, flown) = replay(top, published.end().since(SimTime::ZERO), &series);
        let seen = runs(&flown, top);
        let all: f64 = seen.at.values().sum();
        assert!((all - length).abs() < 0.005, "{file}: {all} h");
        let node_hours: f64 = seen
            .at
            .iter()
            .map(|(nodes, span)| f64::from(*nodes) * span)
            .sum();
        assert!(
            (node_hours / all - machines).abs() < 0.05,
            "{file}: {node_hours}"
        );
        assert_eq!(seen.at.keys().max(), Some(&top));
        // Machines that go as others come are none that a count tells of.
        let taken = flown.diary.holds.iter().filter(|hold| hold.taken).count();
        assert!(
            taken <= removed && taken + 20 > removed,
            "{file}: {taken} of {removed}"
        );
    }
}

/// The fits to the lifetimes of preempted machines of GCP: what a run loses by each age is what the machines' log says, to twice
/// the error of the fit (the points of the table are few, and the log is a step at each of its machines).
#[test]
fn machines_under_the_fits_to_gcp_are_gone_by_each_age_as_often_as_those_of_the_log() {
    const LIVES: u32 = 10_000;
    let Some(rows) = table("gcp-preemptible/bathtub_fits.csv") else {
        return;
    };
    assert_eq!(rows.len(), 9);
    for row in &rows {
        let figure = |column: &str| number::<f64>(row, column).unwrap();
        let us = |column: &str| format!("{}us", (figure(column) * 3.6e9).round());
        let fleet = format!(
            "name = \"gcp\"\n[horizon]\nend = \"25h\"\n[[fleet]]\nname = \"{}\"\ninstance = {{ gpus = 1, gpu = \"V100\" }}\n\
             min = {LIVES}\nmax = {LIVES}\nmarket = \"spot\"\nprice = \"$1\"\n\
             reclaim = {{ model = \"bathtub\", a = {}, infant = \"{}\", wear = \"{}\", onset = \"{}\" }}\n\
             {JOBS}[[policy]]\nname = \"p\"\norder = \"fifo\"\n",
            row["group"].to_lowercase(),
            figure("A"),
            us("tau1_h"),
            us("tau2_h"),
            us("b_h")
        );
        let flown = fly(&experiment(&fleet, &[(0, 1, 1)]), 0, 3);
        let holds = &flown.diary.holds;
        assert!(holds.iter().all(|hold| hold.taken));
        let gone = |age: f64| {
            let by = |hold: &&super::rig::Hold| hours(hold.until.since(hold.from).us()) <= age;
            count(holds.iter().filter(by).count()) / f64::from(LIVES)
        };
        let ages = [1, 3, 6, 12, 20, 23];
        let off = ages.map(|age| gone(f64::from(age)) - figure(&format!("F{age}h")));
        let rms = (off.iter().map(|off| off * off).sum::<f64>() / 6.0).sqrt();
        println!(
            "{}: off by {rms:.4} at six ages, the fit's error is {}",
            row["group"], row["rmse"]
        );
        assert!(rms < 2.0 * figure("rmse"), "{row:?}: {off:?}");
    }
}

/// The log itself as a law: a run loses the same share by each age as the log and as its Kaplan-Meier curve say, |z| < 4 with ten
/// thousand machines.
#[test]
fn machines_that_live_as_those_of_the_log_are_gone_by_each_age_as_often() {
    let Some(rows) = table("gcp-preemptible/bathtub_fits.csv") else {
        return;
    };
    for row in &rows {
        for (column, only_ended) in [("F", true), ("KM", false)] {
            let gone = gone_by_age(&row["group"], only_ended);
            for (age, gone) in AGES.into_iter().zip(gone) {
                let published = number::<f64>(row, &format!("{column}{age}h")).unwrap();
                // The table has three decimals.
                let error = (published * (1.0 - published) / f64::from(LIVES)).sqrt();
                let z = ((gone - published).abs() - 0.0005).max(0.0) / error;
                assert!(
                    z < 4.0,
                    "{}: {column}{age}h {gone}, not {published}",
                    row["group"]
                );
            }
        }
    }
}

const LIVES: u32 = 10_000;
const AGES: [u32; 6] = [1, 3, 6, 12, 20, 23];

/// The share of the first machines of all slots that are lost by each of the ages.
fn gone_by_age(group: &str, only_ended: bool) -> [f64; 6] {
    let label = match group {
        "ALL" => String::new(),
        name => format!(", label = \"{name}\""),
    };
    let fleet = format!(
        "name = \"gcp\"\n[horizon]\nend = \"30h\"\n[[fleet]]\nname = \"gcp\"\ninstance = {{ gpus = 1, gpu = \"V100\" }}\n\
         min = {LIVES}\nmax = {LIVES}\nmarket = \"spot\"\nprice = \"$1\"\n\
         reclaim = {{ model = \"measured\", format = \"lifetimes-csv\", \
         file = \"reference:{SPOT}gcp-preemptible/lifetimes.csv\", only-ended = {only_ended}{label} }}\n\
         {JOBS}[[policy]]\nname = \"p\"\norder = \"fifo\"\n"
    );
    let flown = fly(&experiment(&fleet, &[(0, 1, 1)]), 0, 3);
    let first = |hold: &&super::rig::Hold| hold.from == sim_core::units::SimTime::ZERO;
    let first: Vec<_> = flown.diary.holds.iter().filter(first).collect();
    AGES.map(|age| {
        let by = |hold: &&&super::rig::Hold| {
            hold.taken && hours(hold.until.since(hold.from).us()) <= f64::from(age)
        };
        count(first.iter().filter(by).count()) / f64::from(LIVES)
    })
}
