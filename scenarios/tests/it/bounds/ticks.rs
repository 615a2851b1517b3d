//! One job between spot and on demand: every schedule of ticks, and the published windows.

use std::path::PathBuf;

use policies::deadline::optimum::Order;
use scenarios::bounds::Unbounded;
use scenarios::bounds::by_ticks::{BY_TICKS, by_ticks};
use sim_core::units::convert;

use super::drawn::luck;
use super::table::Table;

/// The cheapest of all schedules.
fn optimum(up: &[bool], order: Order) -> Option<u64> {
    let ticks = u32::try_from(up.len()).expect("few");
    let all = (0..3_u32.pow(ticks)).filter_map(|number| {
        let (mut number, mut before) = (number, 0);
        let (mut held, mut launches, mut cost) = (0, 0, 0);
        for up in up {
            let on = number % 3;
            number /= 3;
            match on {
                0 => {}
                1 if !up => return None,
                _ => {
                    held += 1;
                    launches += u64::from(on != before);
                    cost += order.prices[usize::from(on == 2)];
                }
            }
            before = on;
        }
        let needed = order.work + order.changeover * launches;
        (order.work == 0 || held * order.tick >= needed).then_some(cost)
    });
    all.min()
}

#[test]
fn no_schedule_of_ticks_costs_less_and_in_exact_grains_one_costs_as_much() {
    let mut luck = luck("ticks");
    let mut table = Table::default();
    let mut compared = 0;
    while compared < 20_800 {
        let up: Vec<bool> = (0..luck.between(1, 7)).map(|_| luck.chance(0.6)).collect();
        // One in two is so fine that it is counted in coarser grains.
        let fine = if luck.chance(0.5) { 1 } else { 211 };
        let noise = if fine == 1 { 0 } else { luck.below(100) };
        let order = Order {
            tick: fine * luck.between(1, 6) + noise,
            work: fine * luck.below(20) + noise / 2,
            changeover: fine * luck.below(4) + noise / 3,
            prices: [luck.between(1, 3), luck.between(2, 9)],
        };
        let bound = by_ticks(&up, order);
        let Some(optimum) = optimum(&up, order) else {
            assert_eq!(bound, Err(Unbounded::Impossible(Some(0))));
            continue;
        };
        compared += 1;
        let bound = u64::try_from(bound.expect("it can be done").value).expect("small");
        assert!(bound <= optimum, "{up:?} {order:?}");
        assert!(fine != 1 || bound == optimum, "{up:?} {order:?}");
        let name = if fine == 1 {
            BY_TICKS
        } else {
            "the same in coarser grains"
        };
        table.add(name, convert::real(bound), convert::real(optimum));
    }
    table.judge("Cost of one job by ticks", 10_000);
}

fn reference() -> PathBuf {
    let root = std::env::var_os("WINDTUNNEL_REFERENCE");
    let root = root.unwrap_or_else(|| "../shared".into());
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(root)
}

/// In which samples of a series there is spot.
fn samples(name: &str) -> Vec<bool> {
    let folder = "data/spot/skypilot-spot-traces/availability/1-node/aws-10-26-2022";
    let path = reference().join(folder).join(format!("{name}.json"));
    let text = std::fs::read_to_string(path).expect("it is there with the results");
    let series: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let samples = series["data"].as_array().expect("samples").iter();
    samples.map(|sample| sample.as_u64() == Some(1)).collect()
}

#[test]
fn on_the_published_windows_the_bound_is_the_omniscient_cost() {
    let file = reference().join("conformance/cant-be-late/reference_costs.csv");
    let Ok(text) = std::fs::read_to_string(file) else {
        println!("skipped: no reference data");
        return;
    };
    let mut compared = 0;
    let mut series: Option<(String, Vec<bool>)> = None;
    for line in text.lines().filter(|line| line.contains(",omniscient,")) {
        let fields: Vec<&str> = line.split(',').collect();
        let [name, _, start, deadline_h, changeover_h, _, cost_usd] = fields[..7] else {
            panic!("{line}");
        };
        if series.as_ref().is_none_or(|(known, _)| known != name) {
            series = Some((name.to_owned(), samples(name)));
        }
        let number = |text: &str| text.parse::<f64>().expect("a number");
        let secs = |hours: &str| convert::floor(number(hours) * 3600.0 + 0.5);
        // Ten-thousandths of a dollar an hour, for a tick of a sixth of it.
        let order = Order {
            tick: 600,
            work: 48 * 3600,
            changeover: secs(changeover_h),
            prices: [9_731, 30_600],
        };
        let from: usize = start.parse().expect("a number");
        let ticks = convert::index(convert::narrow(
            usize::try_from(secs(deadline_h) / 600).expect("few"),
        ));
        let (_, samples) = series.as_ref().expect("read above");
        let bound = by_ticks(&samples[from..from + ticks], order).expect("it can be done");
        let bound_usd = convert::real(u64::try_from(bound.value).expect("small")) / 60_000.0;
        assert!(
            (bound_usd - number(cost_usd)).abs() < 2e-6,
            "{line}: {bound_usd}"
        );
        compared += 1;
    }
    println!("{compared} windows, each bound equal to the omniscient cost");
    assert!(compared >= 1000, "only {compared} windows");
}
