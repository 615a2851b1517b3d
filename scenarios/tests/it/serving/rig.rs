//! What the tests share: a scenario becomes an experiment, and one of its policies flies.

use std::path::Path;

use scenarios::build::{Experiment, known};
use scenarios::experiment::flight::{Flight, Keep, fly};
use scenarios::experiment::metrics::index;
use scenarios::schema::{DataRoots, parse};

/// The experiment of a scenario whose files lie in `folder`, or what is wrong with it.
pub(crate) fn built(text: &str, folder: &Path) -> Result<Experiment, String> {
    let roots = DataRoots::default();
    let scenario = parse("x.toml", text.as_bytes(), (folder, &roots), &known);
    let scenario = scenario.map_err(|rejection| rejection.lines())?;
    Experiment::build(scenario).map_err(|error| error.to_string())
}

/// The flight of the policy at `contender` with the scenario's seed.
pub(crate) fn flown(experiment: &Experiment, contender: usize) -> Flight {
    let seed = experiment.loaded.scenario.seed.value;
    let jobs = experiment.jobs(seed).expect("jobs that fit");
    let keep = Keep {
        samples: true,
        stays: 100,
    };
    fly(experiment, contender, (seed, &jobs), keep).expect("a sound policy")
}

/// A scenario flown by the policy at `contender`.
pub(crate) fn fly_text(text: &str, folder: &Path, contender: usize) -> Flight {
    let experiment = built(text, folder).unwrap_or_else(|error| panic!("{error}"));
    flown(&experiment, contender)
}

/// A metric, which the flight has.
pub(crate) fn of(flight: &Flight, metric: &str) -> f64 {
    flight.metrics[index(metric)].unwrap_or_else(|| panic!("no {metric}"))
}
