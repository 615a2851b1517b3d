//! `train`: an agent for a learned policy, from runs of its scenario.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::common::Common;
use super::run::plot;
use super::scenario::{Source, policy};
use super::{Failure, terminal};
use crate::build::Experiment;
use crate::experiment::{Store, known};
use crate::train::{Flights, School, TrainError, curve};

pub(super) const EXAMPLES: &str = "Examples:
  windtunnel train scenarios/library/agent.toml --out agent.safetensors
  windtunnel train scenarios/library/agent.toml --out quick.safetensors --set train.iterations=20

What is stopped goes on when the same command is given again; the same scenario gives the same bytes, however often it was
stopped and with any number of threads. Beside the agent its learning curve is left as CSV, SVG and PNG.";

/// Trains the agent of a learned policy.
#[derive(Debug, Args)]
pub(super) struct Train {
    #[command(flatten)]
    source: Source,
    /// The policy; the first of kind "learned" if not said
    #[arg(long)]
    policy: Option<String>,
    /// Where the agent goes, such as `agent.safetensors`
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    common: Common,
}

impl Train {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.common.threads);
        let pool = pool
            .build()
            .map_err(|error| Failure::Input(error.to_string()))?;
        pool.install(|| self.train())
    }

    fn train(&self) -> Result<(), Failure> {
        let experiment = self.experiment()?;
        let contender = self.contender(&experiment)?;
        let name = &experiment.contenders[contender].name;
        let flights = Flights::new(&experiment, contender).ok_or_else(|| {
            let message = format!("policy \"{name}\" asks no agent; write kind = \"learned\"");
            Failure::Input(message)
        })?;
        let folder = self.out.parent().filter(|own| !own.as_os_str().is_empty());
        let store = Store::open(folder.unwrap_or(Path::new(".")))?;
        let mut school = self.school(&flights)?;
        let heuristic = flights.heuristic(school.subject())?;
        let settings = school.subject().settings.clone();
        let total = usize::try_from(settings.iterations).expect("32 bits");
        let bar = self.common.bar(total, "training");
        while !school.is_done() {
            let point = school.iterate()?;
            bar.set_position(point.iteration.into());
            if let Some(held_out) = point.held_out {
                bar.set_message(format!("training: {held_out:.4} held back"));
                store.put(&self.state(), &school.state())?;
            }
        }
        bar.finish_and_clear();
        self.leave(&store, (name, &school), heuristic)
    }

    /// The experiment without agents: they may not be there yet, and those that are train nobody.
    fn experiment(&self) -> Result<Experiment, Failure> {
        let mut draft = self.source.draft()?;
        draft.dismiss_agents();
        let loaded = draft.typed(&known);
        let loaded = loaded.map_err(|rejection| Failure::Rejected(Box::new(rejection)))?;
        Ok(Experiment::build(loaded)?)
    }

    /// The policy that is meant.
    fn contender(&self, experiment: &Experiment) -> Result<usize, Failure> {
        if let Some(name) = &self.policy {
            return policy(experiment, name);
        }
        let mut learned = experiment.contenders.iter();
        learned.position(|own| own.head().is_some()).ok_or_else(|| {
            let remedy = "add a [[policy]] with kind = \"learned\"";
            Failure::Input(format!(
                "no policy of this scenario asks an agent; {remedy}"
            ))
        })
    }

    /// A training at its beginning, or where it was stopped.
    fn school(&self, flights: &Flights) -> Result<School, Failure> {
        let path = self.out.with_file_name(self.state());
        match fs::read(&path) {
            Ok(bytes) => School::resume(flights.subject(), flights, &bytes).map_err(|error| {
                let remedy = "remove it to begin anew";
                Failure::Input(format!("{}: {error}; {remedy}", path.display()))
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(School::new(flights.subject(), flights)?)
            }
            Err(error) => Err(Failure::Io(path, error)),
        }
    }

    /// Writes the agent and its curve, and says how good it is.
    fn leave(
        &self,
        store: &Store,
        (name, school): (&str, &School),
        heuristic: f64,
    ) -> Result<(), Failure> {
        let (agent, held_out) = school.best();
        store.put(&self.named(), &agent.to_bytes())?;
        let curve = school.curve();
        store.put(&self.curve("csv"), curve::table(curve).as_bytes())?;
        let drawing = curve::figure(name, curve, heuristic).map_err(plot)?;
        store.put(&self.curve("svg"), drawing.svg.as_bytes())?;
        store.put(&self.curve("png"), &drawing.png().map_err(plot)?)?;
        let state = self.out.with_file_name(self.state());
        if state.exists() {
            fs::remove_file(&state).map_err(|error| Failure::Io(state, error))?;
        }
        let decisions = curve.last().map_or(0, |point| point.decisions);
        let runs = school.subject().held_out.len();
        let gained = held_out.map_or_else(String::new, |held_out| {
            format!("{held_out:.6} is its mean return over {runs} runs that were held back, {heuristic:.6} without an agent\n")
        });
        terminal::say(&format!(
            "{name} has learned from {decisions} decisions\n{gained}the agent: {}\n",
            self.out.display()
        ))
    }

    fn named(&self) -> String {
        let name = self.out.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// The file of a training that is not done.
    fn state(&self) -> String {
        format!("{}.training", self.named())
    }

    /// A file of the learning curve.
    fn curve(&self, extension: &str) -> String {
        let stem = self.out.file_stem().unwrap_or_default();
        format!("{}.curve.{extension}", stem.to_string_lossy())
    }
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Self {
        Self::Input(error.to_string())
    }
}
