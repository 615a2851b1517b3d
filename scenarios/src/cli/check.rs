//! `check`: is a scenario sound, and what does it come to?

use clap::Args;

use super::scenario::Source;
use super::{Failure, terminal};
use crate::schema;

/// Validates a scenario.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    source: Source,
}

impl Check {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let experiment = self.source.build()?;
        let scenario = &experiment.loaded.scenario;
        // All that is read and drawn is read and drawn once, so that what runs later is known to run.
        let jobs = experiment
            .jobs(scenario.seed.value)
            .map_err(|error| Failure::Input(error.to_string()))?;
        let text = schema::print(scenario);
        let gpus: u32 = experiment
            .world
            .offerings
            .iter()
            .map(|offering| offering.max * offering.shape.gpus)
            .sum();
        terminal::say(&format!(
            "{text}\n# {} jobs with seed {}, {} policies, at most {gpus} GPUs\n# digest {}\n",
            jobs.names().len(),
            scenario.seed.value,
            experiment.contenders.len(),
            schema::digest(scenario),
        ))
    }
}
