//! What commands on scenarios have in common: the file, `--set`, data roots.

use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::build::Experiment;
use crate::experiment::{known, settle};
use crate::schema::{DataRoots, Draft, Loaded, draft, load};

/// A scenario, as the command line names it.
#[derive(Debug, Args)]
pub(super) struct Source {
    /// The scenario file
    pub(super) scenario: PathBuf,
    /// Changes a value, such as `fleet.spot.max=32`; tables of an array by name, `*` for all entries that have the key.
    /// What if? Relative to what the scenario says: `fleet.*.count=+20%`, `-10%`, `+2`, `+-2`, `+30m`, `x1.5`
    #[arg(long = "set", value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Names a folder of data, so that a scenario can say `file = "NAME:inside"`
    #[arg(long = "data", value_name = "NAME=DIR")]
    data: Vec<String>,
}

impl Source {
    /// Reads the scenario without typing it.
    pub(super) fn draft(&self) -> Result<Draft, Failure> {
        let roots = roots(&self.data)?;
        Ok(draft(&self.scenario, &self.set, &roots)?)
    }

    /// Reads the scenario.
    pub(super) fn load(&self) -> Result<Loaded, Failure> {
        let roots = roots(&self.data)?;
        Ok(load(&self.scenario, &self.set, &roots, &known)?)
    }

    /// Reads it and builds what it describes.
    pub(super) fn build(&self) -> Result<Experiment, Failure> {
        let mut experiment = Experiment::build(self.load()?)?;
        settle(&mut experiment)?;
        Ok(experiment)
    }
}

/// Where reference data lies, unless the environment says otherwise.
const REFERENCE: &str = "../shared";

/// The named folders: `reference`, and those of the arguments.
pub(super) fn roots(data: &[String]) -> Result<DataRoots, Failure> {
    let mut roots = DataRoots::default();
    let reference = std::env::var_os("WINDTUNNEL_REFERENCE")
        .map_or_else(|| PathBuf::from(REFERENCE), PathBuf::from);
    roots.add("reference", reference).map_err(Failure::Input)?;
    for argument in data {
        roots.add_argument(argument).map_err(Failure::Input)?;
    }
    Ok(roots)
}

/// The position of a policy by its name.
pub(super) fn policy(experiment: &Experiment, name: &str) -> Result<usize, Failure> {
    experiment.policy(name).map_err(Failure::Input)
}
