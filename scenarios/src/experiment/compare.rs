//! All policies by all seeds, in parallel; results do not depend on the number of threads.

use std::fmt;

use rayon::prelude::*;
use sim_core::engine::Fault;
use sim_core::units::SimTime;

use super::bounded::Bounded;
use super::enough::Ending;
use super::flight::{Flight, Keep, fly, window};
use super::infer::Infer;
use super::judged::Window;
use super::metrics::METRICS;
use super::money::{self, Item};
use super::node_charts;
use super::output::Store;
use super::serial::serial;
use super::telling::Telling;
use crate::build::{DrawError, Experiment, Jobs};
use crate::schema::TableName;
use crate::stats::mean::relative_differences;
use crate::stats::{self, Mean, differences};
use crate::waits::{Share, shares};

/// What to fly.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Positions of the policies.
    pub contenders: Vec<usize>,
    /// Position of the baseline among them.
    pub baseline: usize,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// Threads; as many as there are cores if zero.
    pub threads: usize,
}

/// What came of it.
#[derive(Debug)]
pub struct Comparison {
    /// What was flown.
    pub plan: Plan,
    /// By policy of the plan, by seed: metrics and digests.
    pub flights: Vec<Vec<Summary>>,
    /// By policy of the plan: the flight of the first seed, whole.
    pub first: Vec<Flight>,
    /// Whether nothing is drawn, so that every seed would give the same.
    pub exact: bool,
    /// How it ended, if it went on until it was precise enough.
    pub stopped: Option<Ending>,
    /// How sure its numbers are.
    pub infer: Infer,
    /// What counts.
    pub window: Window,
}

/// What is kept of every flight.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The seed.
    pub seed: u64,
    /// In the order of [`METRICS`].
    pub metrics: Vec<Option<f64>>,
    /// What no run is below that completes the same jobs.
    pub bounded: Bounded,
    /// Why its jobs waited, where that table is asked for.
    pub waits: Vec<Share>,
    /// Its bill, by line and payer.
    pub items: Vec<Item>,
    /// What it did.
    pub digests: sim_core::watch::Digests,
    /// How it ended.
    pub finish: sim_core::engine::Finish,
    /// When.
    pub end: SimTime,
}

/// Why a comparison came to nothing.
#[derive(Debug)]
pub enum CompareError {
    /// Jobs that could never run.
    Jobs(DrawError),
    /// A policy that makes its run impossible to go on with; with its name and seed.
    Fault(Fault, u64),
    /// A result could not be written.
    Output(super::OutputError),
    /// Nobody wants the rest.
    Unwanted,
}

impl fmt::Display for CompareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jobs(error) => error.fmt(f),
            Self::Fault(fault, seed) => write!(f, "{fault} (seed {seed})"),
            Self::Output(error) => error.fmt(f),
            Self::Unwanted => f.write_str("stopped before the end"),
        }
    }
}

impl std::error::Error for CompareError {}

/// Flies all of `plan`. Each flight is told as it ends; tables of single runs go to `store` as they come.
///
/// # Errors
/// The first, in the order of the plan, that went wrong, or that nobody wants the rest.
pub fn compare<'a>(
    experiment: &Experiment,
    plan: Plan,
    store: Option<&Store>,
    telling: impl Into<Telling<'a>>,
) -> Result<Comparison, CompareError> {
    let seeds = plan.seeds.clone();
    let mut comparison = Comparison {
        exact: !experiment.is_random(),
        flights: plan.contenders.iter().map(|_| Vec::new()).collect(),
        first: Vec::new(),
        stopped: None,
        infer: infer(experiment, &plan),
        window: window(experiment),
        plan: Plan {
            seeds: Vec::new(),
            ..plan
        },
    };
    more(experiment, &mut comparison, seeds, (store, telling.into()))?;
    Ok(comparison)
}

/// Flies all policies of a comparison on more seeds; the first flights ever are kept whole.
///
/// # Errors
/// The first, in the order of the plan, that went wrong.
pub(super) fn more(
    experiment: &Experiment,
    comparison: &mut Comparison,
    seeds: Vec<u64>,
    (store, telling): (Option<&Store>, Telling<'_>),
) -> Result<(), CompareError> {
    let plan = &comparison.plan;
    let before = plan.seeds.len();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(plan.threads)
        .build();
    let pool = pool.expect("threads can be made");
    let per_seed: Vec<Result<Vec<Flown>, CompareError>> = pool.install(|| {
        let seeds = seeds.par_iter().enumerate();
        seeds
            .map(|(at, seed)| one_seed(experiment, plan, (before + at, *seed), (store, telling)))
            .collect()
    });
    for flown in per_seed {
        for (position, flown) in flown?.into_iter().enumerate() {
            comparison.flights[position].push(flown.summary);
            comparison.first.extend(flown.flight);
        }
    }
    comparison.plan.seeds.extend(seeds);
    Ok(())
}

/// Flies all of `plan` on this thread, for the metrics alone: a cell of a sweep, whose threads run whole cells.
///
/// # Errors
/// The first, in the order of the plan, that went wrong.
pub fn measure(experiment: &Experiment, plan: Plan) -> Result<Comparison, CompareError> {
    let mut flights: Vec<Vec<Summary>> = plan.contenders.iter().map(|_| Vec::new()).collect();
    let keep = Keep {
        samples: false,
        stays: 0,
    };
    for seed in &plan.seeds {
        let jobs = experiment.jobs(*seed).map_err(CompareError::Jobs)?;
        for (flights, contender) in flights.iter_mut().zip(&plan.contenders) {
            let flown = fly_one(experiment, *contender, (*seed, &jobs), (keep, None))?;
            flights.push(summary(&flown));
        }
    }
    Ok(Comparison {
        exact: !experiment.is_random(),
        infer: infer(experiment, &plan),
        window: window(experiment),
        plan,
        flights,
        first: Vec::new(),
        stopped: None,
    })
}

/// As the scenario asks for.
fn infer(experiment: &Experiment, plan: &Plan) -> Infer {
    let scenario = &experiment.loaded.scenario;
    let first = plan.seeds.first().copied();
    let seed = first.unwrap_or(scenario.seed.value);
    Infer::new(scenario.replicate.inference, !experiment.is_random(), seed)
}

struct Flown {
    summary: Summary,
    flight: Option<Flight>,
}

/// All policies on the jobs of one seed: the same luck for everyone.
fn one_seed(
    experiment: &Experiment,
    plan: &Plan,
    (position, seed): (usize, u64),
    (store, telling): (Option<&Store>, Telling<'_>),
) -> Result<Vec<Flown>, CompareError> {
    let jobs = experiment.jobs(seed).map_err(CompareError::Jobs)?;
    let is_first = position == 0;
    let tables = &experiment.loaded.scenario.output.tables;
    let listed = store.is_some() && tables.contains(&TableName::Decisions);
    let keep = Keep {
        samples: is_first || store.is_some(),
        stays: match (listed, is_first) {
            (true, _) => usize::MAX,
            (false, true) => node_charts::STAYS,
            (false, false) => 0,
        },
    };
    let fly_one = |contender: &usize| {
        telling.still_wanted()?;
        let flight = fly_one(experiment, *contender, (seed, &jobs), (keep, store))?;
        telling.done();
        Ok(Flown {
            summary: summary(&flight),
            flight: is_first.then_some(flight),
        })
    };
    let flown: Vec<Result<Flown, CompareError>> = plan.contenders.par_iter().map(fly_one).collect();
    flown.into_iter().collect()
}

/// One policy on the jobs of one seed, or on its own where it brings some along.
pub(super) fn fly_one(
    experiment: &Experiment,
    contender: usize,
    (seed, jobs): (u64, &Jobs),
    (keep, store): (Keep, Option<&Store>),
) -> Result<Flight, CompareError> {
    let own = experiment.of_policy(contender);
    let brought = if std::ptr::eq(own, experiment) {
        None
    } else {
        Some(own.jobs(seed).map_err(CompareError::Jobs)?)
    };
    let jobs = brought.as_ref().unwrap_or(jobs);
    let flight = fly(own, contender, (seed, jobs), keep)
        .map_err(|fault| CompareError::Fault(fault, seed))?;
    if let Some(store) = store {
        store
            .flight(own, &flight, jobs)
            .map_err(CompareError::Output)?;
    }
    Ok(flight)
}

/// What is kept of it.
fn summary(flight: &Flight) -> Summary {
    Summary {
        seed: flight.seed,
        metrics: flight.metrics.clone(),
        bounded: flight.bounded,
        waits: flight.waited.as_ref().map_or_else(Vec::new, shares),
        items: money::items(&flight.record),
        digests: flight.digests,
        finish: flight.finish,
        end: flight.record.end,
    }
}

impl Comparison {
    /// The values of a metric of a policy of the plan, by seed.
    pub fn values(&self, contender: usize, metric: usize) -> Vec<Option<f64>> {
        self.flights[contender]
            .iter()
            .map(|summary| summary.metrics[metric])
            .collect()
    }

    /// Its mean over the seeds; without an interval where nothing is drawn.
    pub fn mean(&self, contender: usize, metric: usize) -> Option<Mean> {
        let values: Vec<f64> = self
            .values(contender, metric)
            .into_iter()
            .flatten()
            .collect();
        let mean = self.infer.mean(&values)?;
        Some(self.within_run(mean, self.serial(contender, metric)))
    }

    /// What each job says of a metric, where intervals are of one run.
    pub(super) fn serial(&self, contender: usize, metric: usize) -> Option<Vec<Option<f64>>> {
        let is_one = self.infer.is_of_one_run() && self.plan.seeds.len() == 1;
        let flight = self.first.get(contender).filter(|_| is_one)?;
        serial(&flight.record, &self.window, metric)
    }

    fn within_run(&self, mean: Mean, series: Option<Vec<Option<f64>>>) -> Mean {
        let series = series.map(|series| series.into_iter().flatten().collect::<Vec<f64>>());
        series.map_or(mean, |series| self.infer.of_run(mean, &series))
    }

    /// Its mean paired difference from the baseline, relative to the baseline's mean.
    pub fn relative(&self, contender: usize, metric: usize) -> Option<Mean> {
        let base = self.values(self.plan.baseline, metric);
        let mean = self
            .infer
            .relative(&self.values(contender, metric), &base)?;
        let both = self.serial(contender, metric);
        let both = both.zip(self.serial(self.plan.baseline, metric));
        let says = both.and_then(|(own, base)| relative_differences(&own, &base));
        Some(says.map_or(mean, |says| self.infer.of_run(mean, &says)))
    }

    /// Its mean paired difference from the baseline.
    pub fn difference(&self, contender: usize, metric: usize) -> Option<Mean> {
        let base = self.values(self.plan.baseline, metric);
        let differences = differences(&self.values(contender, metric), &base);
        let mean = self.infer.mean(&differences)?;
        let both = self.serial(contender, metric);
        let both = both.zip(self.serial(self.plan.baseline, metric));
        let says = both.map(|(own, base)| stats::differences(&own, &base));
        Some(says.map_or(mean, |says| self.infer.of_run(mean, &says)))
    }

    /// Whether a metric says anything: some policy has a value other than zero.
    pub fn is_telling(&self, metric: usize) -> bool {
        let values = (0..self.flights.len()).flat_map(|contender| self.values(contender, metric));
        values.flatten().any(|value| value != 0.0)
    }

    /// Number of metrics.
    pub fn metrics(&self) -> std::ops::Range<usize> {
        0..METRICS.len()
    }
}
