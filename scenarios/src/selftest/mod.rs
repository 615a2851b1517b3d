//! The selftest: random scenarios, flown by every policy there is and by hostile ones, under audit and beside the naive
//! reference; and a count of everything that can happen, so that what never did is known.

mod choose;
mod fly;
mod reach;
mod wild;

use rayon::prelude::*;

pub use fly::Failing;
pub use reach::Reach;

/// What to test.
#[derive(Clone, Debug)]
pub struct Options {
    /// The first seed; scenario i is that of `seed + i`.
    pub seed: u64,
    /// How many scenarios.
    pub scenarios: u64,
    /// Only flights of policies whose name contains this.
    pub policy: Option<String>,
    /// Threads; as many as there are cores if zero.
    pub threads: usize,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Scenarios flown.
    pub scenarios: u64,
    /// Flights, several a scenario.
    pub flights: u64,
    /// Facts audited.
    pub facts: u64,
    /// What went wrong, in the order of the seeds.
    pub failures: Vec<Failing>,
    /// What was reached.
    pub reach: Reach,
}

/// Flies all scenarios; `done` is called after each. The result does not depend on the number of threads.
pub fn run(options: &Options, done: &(dyn Fn() + Sync)) -> Report {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .build();
    let pool = pool.expect("threads can be made");
    let seeds = options.seed..options.seed.saturating_add(options.scenarios);
    let seeds: Vec<u64> = seeds.collect();
    let reports: Vec<Report> = pool.install(|| {
        let each = seeds.par_iter().map(|seed| {
            let report = one(*seed, options.policy.as_deref());
            done();
            report
        });
        each.collect()
    });
    let mut all = Report::default();
    for report in reports {
        all.scenarios += report.scenarios;
        all.flights += report.flights;
        all.facts += report.facts;
        all.failures.extend(report.failures);
        all.reach.add(&report.reach);
    }
    all
}

/// All flights of one scenario.
fn one(seed: u64, only: Option<&str>) -> Report {
    let mut report = Report {
        scenarios: 1,
        ..Report::default()
    };
    for pilot in choose::pilots(seed) {
        if only.is_some_and(|only| !pilot.name.contains(only)) {
            continue;
        }
        report.flights += 1;
        match fly::fly(seed, &pilot) {
            Ok(flown) => {
                report.facts += flown.facts;
                report.reach.add(&flown.reach);
            }
            Err(failing) => report.failures.push(*failing),
        }
    }
    report
}
