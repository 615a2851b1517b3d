//! What a perfect forecast is worth: replicas that take eight minutes to boot, in a whole scenario, beside the exact optimum.

use std::fmt::Write as _;

use policies::scale::Bounds;
use policies::scale::optimum::{Pool, optimum};
use sim_core::units::convert;
use sim_core::world::draw::Stream;

use super::rig::{built, fly_text, of};

/// A replica serves two requests a second, and is meant to serve 1.6; a minute of a machine costs six cents.
const TEXT: &str = r#"
name = "foresight"
[horizon]
end = "6h"
[[fleet]]
name = "rented"
instance = { gpus = 1, gpu = "A100" }
market = "on-demand"
price = "$3.60"
boot = "8m"
max = 20
[[service]]
name = "shop"
requests = { format = "requests-csv", file = "requests.csv" }
serving = { kind = "batch", fixed = "500ms" }
slo = { latency = "2s" }
[[service.replicas]]
initial = 0
max = 20
[[policy]]
name = "ahead"
clairvoyant = ["arrivals"]
buy = { kind = "queue-depth", idle = "1s" }
replicas = { kind = "predictive", forecast = "oracle", signal = "rate", target = 1.6, step = "1m", lead = "8m", overprovision = 1.0, min = 0, max = 20 }
"#;

/// Tenths of a request a second, minute by minute: nothing for 25 minutes, then levels and bursts.
fn rates() -> Vec<u32> {
    let mut luck = Stream::new(1, &["foresight".into()]);
    let mut level = 40;
    let rate = |minute: u32| {
        if minute.is_multiple_of(7) {
            level = 20 + u32::try_from(luck.below(120)).expect("few");
        }
        let bursts = minute % 60 > 55;
        if minute < 25 {
            0
        } else {
            level + if bursts { 100 } else { 0 }
        }
    };
    (0..330).map(rate).collect()
}

/// The requests of each minute, evenly spread.
fn log(rates: &[u32]) -> String {
    let mut text = "arrived_s,input,output\n".to_owned();
    for (minute, rate) in (0..).zip(rates) {
        let count = 6 * rate;
        for at in 0..count {
            let second = 60.0 * (f64::from(minute) + (f64::from(at) + 0.5) / f64::from(count));
            writeln!(text, "{second:.6},1,1").expect("a text takes all");
        }
    }
    text
}

#[test]
fn a_perfect_forecast_leaves_nobody_waiting_for_a_boot_and_costs_at_most_3_percent_above_the_optimum()
 {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let rates = rates();
    std::fs::write(folder.path().join("requests.csv"), log(&rates)).expect("a writable folder");
    let need: Vec<u32> = rates.iter().map(|rate| rate.div_ceil(16)).collect();
    let pool = Pool {
        initial: 0,
        bounds: Bounds::new(0, 20).expect("a range"),
        start: 8,
        minimum: 1,
        cost: 1,
        penalty: 1_000_000,
    };
    let best = optimum(&need, &pool).expect("it is small").cost;
    assert!(best < pool.penalty, "nothing need be missing");
    let ahead = fly_text(TEXT, folder.path(), 0);
    let attained = of(&ahead, "slo_attainment");
    assert!(attained > 1.0 - 1e-12, "{attained}");
    let minutes = of(&ahead, "cost_usd") / 0.06;
    let over = minutes / convert::real(best);
    assert!((1.0..=1.03).contains(&over), "{minutes} beside {best}");
    // Whoever takes the last minute for all that is to come is late.
    let late = fly_text(
        &TEXT.replace("\"oracle\"", "\"persistence\""),
        folder.path(),
        0,
    );
    assert!(of(&late, "slo_attainment") < 0.9);
}

#[test]
fn what_is_to_come_is_told_only_to_whom_it_was_granted() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    std::fs::write(folder.path().join("requests.csv"), log(&[10])).expect("a writable folder");
    let text = TEXT.replace("clairvoyant = [\"arrivals\"]\n", "");
    let refused = built(&text, folder.path()).err();
    let refused = refused.expect("it was not granted");
    assert!(refused.contains("yet to come"), "{refused}");
    assert!(built(&text.replace("\"oracle\"", "\"ewma\""), folder.path()).is_ok());
}
