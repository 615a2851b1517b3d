//! Jobs beside themselves: as observed, and as simulated.

use std::collections::{BTreeMap, VecDeque};

use sim_core::units::{SimTime, convert};
use sim_core::watch::{Outcome, Row};

use super::Observed;

/// A job, observed and simulated.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// What its trace calls it.
    pub name: String,
    /// When it was submitted, in microseconds; as observed.
    pub submit_us: u64,
    /// Observed start and end.
    pub observed: (Option<u64>, Option<u64>),
    /// Simulated start and end.
    pub simulated: (Option<u64>, Option<u64>),
    /// The part of its time from its first start on in which it held its machines, as simulated.
    pub held: f64,
    /// Thousandths of a GPU.
    pub gpu_milli: u32,
    /// Observed and simulated cost, in dollars; the observed one at the simulated rate by the hour where it is not told.
    pub cost: Option<(f64, f64)>,
}

/// All of them, and what has no counterpart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pairs {
    /// In the order of submission.
    pub pairs: Vec<Pair>,
    /// Observed jobs that are not in the scenario.
    pub only_observed: u64,
    /// Jobs of the scenario that were not observed.
    pub only_simulated: u64,
    /// Whether what jobs cost was told, and not taken at the simulated rates.
    pub is_cost_told: bool,
}

/// Pairs jobs by their names; those of one name in the order of their submission.
pub fn pairs<'a>(
    observed: &[Observed],
    simulated: impl Iterator<Item = (String, &'a Row)>,
) -> Pairs {
    let mut rows: BTreeMap<String, VecDeque<&Row>> = BTreeMap::new();
    for (name, row) in simulated {
        rows.entry(name).or_default().push_back(row);
    }
    let mut all = Pairs {
        is_cost_told: observed.iter().any(|job| job.cost_nanousd.is_some()),
        ..Pairs::default()
    };
    for job in observed {
        let row = rows.get_mut(&job.name).and_then(VecDeque::pop_front);
        match row {
            Some(row) => all.pairs.push(pair(job, row)),
            None => all.only_observed += 1,
        }
    }
    let left = rows.values().map(VecDeque::len).sum::<usize>();
    all.only_simulated = u64::try_from(left).unwrap_or(u64::MAX);
    all
}

fn pair(job: &Observed, row: &Row) -> Pair {
    let start = row.start.get().map(SimTime::us);
    let done = row.outcome == Outcome::Completed;
    let finish = row.finish.get().filter(|_| done).map(SimTime::us);
    let run = convert::real(row.run.us());
    let span = start
        .zip(row.finish.get())
        .map(|(from, to)| to.us().saturating_sub(from));
    let span = span.map(convert::real).filter(|span| *span > 0.0);
    let dollars = |nanousd: u64| convert::real(nanousd) / 1e9;
    let simulated = dollars(row.cost_nanousd);
    let held = |(start, finish): (Option<u64>, Option<u64>)| {
        Some(convert::real(finish?.saturating_sub(start?)))
    };
    let as_observed = (job.start_us, job.finish_us);
    let at_rate = || {
        held(as_observed)
            .filter(|_| run > 0.0)
            .map(|us| simulated * us / run)
    };
    let cost = job.cost_nanousd.map(dollars).or_else(at_rate);
    Pair {
        name: job.name.clone(),
        submit_us: job.submit_us,
        observed: as_observed,
        simulated: (start, finish),
        held: span.map_or(1.0, |span| (run / span).min(1.0)),
        gpu_milli: row.gpu_milli,
        cost: cost
            .filter(|_| finish.is_some())
            .map(|cost| (cost, simulated)),
    }
}

impl Pair {
    /// Observed and simulated wait, in seconds, where both have started.
    pub fn waits(&self) -> Option<(f64, f64)> {
        Some(self.since_submission(self.observed.0?, self.simulated.0?))
    }

    /// Observed and simulated time from submission to completion, in seconds, where both are done.
    pub fn completions(&self) -> Option<(f64, f64)> {
        Some(self.since_submission(self.observed.1?, self.simulated.1?))
    }

    fn since_submission(&self, observed: u64, simulated: u64) -> (f64, f64) {
        let since = |at: u64| convert::real(at.saturating_sub(self.submit_us)) / 1e6;
        (since(observed), since(simulated))
    }
}
