//! A metric is one number, whoever asks: a sweep or a gate, which keep metrics alone, and a comparison, which keeps all else.

use std::path::Path;

use scenarios::build::{Experiment, known};
use scenarios::experiment::metrics::METRICS;
use scenarios::experiment::{Plan, compare, measure};
use scenarios::schema::{DataRoots, load};

#[test]
fn what_services_cost_is_the_same_to_the_last_digit_whatever_is_kept_beside() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("library");
    let mut with_services = 0;
    for name in ["cases/one-pool.toml", "cases/right-sized.toml"] {
        let path = folder.join(name);
        let shorter = ["horizon.end=\"9h\"".to_owned()];
        let loaded = load(&path, &shorter, &DataRoots::default(), &known);
        let loaded = loaded.unwrap_or_else(|error| panic!("{name}: {error}"));
        let experiment = Experiment::build(loaded).expect("a sound scenario");
        let plan = Plan {
            contenders: (0..experiment.contenders.len()).collect(),
            baseline: 0,
            seeds: vec![1, 2],
            threads: 1,
        };
        let alone = measure(&experiment, plan.clone()).expect("sound policies");
        let whole = compare(&experiment, plan, None, &|| {}).expect("sound policies");
        let runs = |comparison: &scenarios::experiment::Comparison| {
            let flights = comparison.flights.iter().flatten();
            flights
                .map(|flight| flight.metrics.clone())
                .collect::<Vec<_>>()
        };
        for (alone, whole) in runs(&alone).iter().zip(runs(&whole)) {
            for (metric, (alone, whole)) in METRICS.iter().zip(alone.iter().zip(&whole)) {
                let bits = |value: &Option<f64>| value.map(f64::to_bits);
                assert_eq!(
                    bits(alone),
                    bits(whole),
                    "{name}: {}: {alone:?}, {whole:?}",
                    metric.name
                );
                with_services += usize::from(metric.name == "cost_services_usd" && alone.is_some());
            }
        }
    }
    assert!(with_services >= 8, "{with_services}");
}
