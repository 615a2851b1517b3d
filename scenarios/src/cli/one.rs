//! One policy, one seed: what commands that fly a single run have in common.

use clap::Args;

use super::Failure;
use super::common::Common;
use super::scenario::{Source, policy};
use crate::build::{Experiment, Jobs};
use crate::experiment::CompareError;
use crate::experiment::flight::{Flight, Keep, fly};

/// A run, as the command line names it.
#[derive(Debug, Args)]
pub(super) struct One {
    #[command(flatten)]
    source: Source,
    /// The policy; the baseline if not said
    #[arg(long)]
    policy: Option<String>,
    /// The seed; the scenario's if not said
    #[arg(long)]
    seed: Option<u64>,
}

impl One {
    /// Flies the run and hands it on, with the experiment as it is and as its policy has it; `why` asks why jobs wait.
    pub(super) fn fly<T>(
        &self,
        (keep, why): (Keep, bool),
        common: &Common,
        then: impl FnOnce([&Experiment; 2], &Flight, &Jobs) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut experiment = self.source.build()?;
        if why {
            experiment.ask_why();
        }
        let whole = &experiment;
        let scenario = &whole.loaded.scenario;
        let name = self.policy.as_ref().unwrap_or(&scenario.baseline.value);
        let contender = policy(whole, name)?;
        let seed = self.seed.unwrap_or(scenario.seed.value);
        let experiment = whole.of_policy(contender);
        let jobs = experiment.jobs(seed).map_err(CompareError::Jobs)?;
        let bar = common.bar(1, "flying");
        let flown = fly(experiment, contender, (seed, &jobs), keep);
        bar.finish_and_clear();
        let flight = flown.map_err(|fault| CompareError::Fault(fault, seed))?;
        then([whole, experiment], &flight, &jobs)
    }
}
