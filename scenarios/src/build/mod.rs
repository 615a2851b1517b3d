//! A typed scenario becomes something that can be run: a world, jobs, and makers of policies.

mod args;
mod columns;
mod commitments;
mod contender;
mod event;
mod files;
mod goodput;
mod history;
mod holds;
mod jobs;
mod known;
mod maker;
mod market;
mod policies;
mod quotas;
mod requests;
mod services;
mod sharing;
mod speeds;
mod stocks;
mod streams;
mod synth;
mod trained;
mod variants;
mod ways;
mod world;

pub use columns::set as set_column;
pub use contender::{Contender, Knows};
pub use jobs::Jobs;
pub use known::{COMPATS, Compat, known};
pub use maker::JobsError;
pub use requests::{COMMON, REQUEST_MODELS, RequestModel, generate_requests};
pub use synth::{JOB_MODELS, generate};

use std::sync::Arc;

use sim_core::engine::World;
use sim_core::units::{Span, convert};
use sim_core::watch::Stocks;
use sim_core::world::ParameterError;

use crate::schema::{Diagnostic, Loaded, Rejection, TableName, check_parts};

/// A scenario that can be run.
#[derive(Clone)]
pub struct Experiment {
    /// The scenario, and the texts it came from.
    pub loaded: Loaded,
    /// The world of the scenario's own seed; shapes and names are those of every other.
    pub world: Arc<World>,
    /// The policies, in the order of the scenario.
    pub contenders: Vec<Contender>,
    /// What is kept in stores, if anything is.
    pub stocks: Option<Stocks>,
    /// Where its warm-up ends, if its runs were asked.
    pub settled: Option<Settled>,
    /// By position of a policy: the experiment as that policy would have it, if it brings something along.
    brought: Vec<(usize, Self)>,
    sources: jobs::Sources,
    services: services::Sources,
    markets: market::Markets,
    history: history::History,
}

/// Where runs have settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The end of the warm-up.
    pub end: Span,
    /// The policy that took longest.
    pub policy: String,
    /// Jobs of it that are left out.
    pub left_out: usize,
    /// Of so many that finished.
    pub of: usize,
    /// Whether it settled before the last point that was looked at; `None` where it is too short to say.
    pub is_settled: Option<bool>,
}

/// Why a scenario cannot be run.
#[derive(Debug)]
pub enum BuildError {
    /// What the scenario says is refused.
    Rejected(Rejection),
    /// A file it names is refused.
    Trace(traces::Refused),
    /// A file it names cannot be read.
    Io {
        /// The file.
        path: std::path::PathBuf,
        /// The system's answer.
        error: std::io::Error,
    },
    /// Its jobs or its markets cannot be drawn.
    Draw(DrawError),
}

/// Why a replication cannot be drawn.
#[derive(Debug)]
pub enum DrawError {
    /// Its jobs cannot be run on its fleet.
    Jobs(JobsError),
    /// A market model draws more than a run can hold.
    Market(ParameterError),
}

impl std::fmt::Display for DrawError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Jobs(error) => error.fmt(f),
            Self::Market(error) => write!(f, "a market model: {error}"),
        }
    }
}

impl std::error::Error for DrawError {}

impl std::fmt::Display for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rejected(rejection) => rejection.fmt(f),
            Self::Trace(refused) => refused.fmt(f),
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Draw(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BuildError {}

impl From<DrawError> for BuildError {
    fn from(error: DrawError) -> Self {
        Self::Draw(error)
    }
}

impl Experiment {
    /// Checks everything that is named against what there is, reads every trace once, and builds the world.
    ///
    /// # Errors
    /// Every reason why the scenario cannot be run; files are read only if the scenario itself is sound.
    pub fn build(loaded: Loaded) -> Result<Self, BuildError> {
        let scenario = &loaded.scenario;
        let mut reasons = check_parts(scenario, &known);
        let contenders = policies::contenders(scenario, &mut reasons);
        if !reasons.is_empty() {
            return Err(rejected(&loaded, reasons));
        }
        let nodes = files::nodes(scenario)?;
        let mut reasons = Vec::new();
        let profiles = goodput::read(scenario, &world::models(scenario, &nodes), &mut reasons)?;
        let tables = speeds::read(scenario, &mut reasons)?;
        let sources = jobs::Sources::read(scenario, tables, &mut reasons)?;
        services::check_fleets(scenario, &mut reasons);
        let services = services::Sources::read(scenario, &mut reasons)?;
        // Where there is load in files, prices without any are of no interest.
        let load = sources.reach().max(services.reach());
        if !reasons.is_empty() {
            return Err(rejected(&loaded, reasons));
        }
        let mut world = world::build(scenario, &nodes, &sources.told(&profiles));
        world.slowdown = sharing::of(scenario, sources.tables(), &world, &mut reasons)?;
        quotas::check(scenario, &world, &mut reasons);
        let markets = market::Markets::read(scenario, (world, load), &mut reasons)?;
        let length = if load == Span::ZERO {
            markets.reach()
        } else {
            load
        };
        let history = history::History::new(scenario, length, &mut reasons);
        if !reasons.is_empty() {
            return Err(rejected(&loaded, reasons));
        }
        let tape = history.tape(scenario.seed.value);
        let mut world = markets
            .world(scenario.seed.value, &tape)
            .map_err(|error| BuildError::Draw(DrawError::Market(error)))?;
        services.open(scenario, &mut world, &tape);
        services::check(scenario, &world, &mut reasons);
        if !reasons.is_empty() {
            return Err(rejected(&loaded, reasons));
        }
        let stocks = stocks::of(scenario, &world);
        let mut brought = Vec::new();
        for (position, own) in &loaded.brought {
            let own = Loaded {
                scenario: own.clone(),
                brought: Vec::new(),
                sources: loaded.sources.clone(),
                files: loaded.files.clone(),
            };
            brought.push((*position, Self::build(own)?));
        }
        let experiment = Self {
            world: Arc::new(world),
            stocks,
            settled: None,
            brought,
            contenders,
            sources,
            services,
            markets,
            history,
            loaded,
        };
        experiment.check_estimates()?;
        Ok(experiment)
    }

    /// The jobs of a replication, with what each policy is told of their durations, and the world they meet: prices, reclaims
    /// and the luck of machines are those of the seed.
    ///
    /// # Errors
    /// A job that could never run on the fleet, or a market model that draws more than a run can hold.
    pub fn jobs(&self, seed: u64) -> Result<Jobs, DrawError> {
        let tape = self.history.tape(seed);
        let world = if seed == self.world.seed {
            Arc::clone(&self.world)
        } else {
            let mut world = self.markets.world(seed, &tape).map_err(DrawError::Market)?;
            self.services.open(&self.loaded.scenario, &mut world, &tape);
            Arc::new(world)
        };
        let jobs = self
            .sources
            .jobs(&self.loaded.scenario, &world, (seed, &tape));
        jobs.map_err(DrawError::Jobs)
    }

    /// The experiment as the policy at `contender` would have it: with what it brings along.
    pub fn of_policy(&self, contender: usize) -> &Self {
        let mut brought = self.brought.iter();
        let own = brought.find(|(position, _)| *position == contender);
        own.map_or(self, |(_, own)| own)
    }

    /// Counts from where its runs have settled.
    pub fn settle(&mut self, settled: Settled) {
        self.loaded.scenario.horizon.warmup.value = settled.end;
        for (_, own) in &mut self.brought {
            own.settle(settled.clone());
        }
        self.settled = Some(settled);
    }

    /// Asks for the table of waits, so that it is known why jobs waited.
    pub fn ask_why(&mut self) {
        self.loaded.scenario.output.tables.insert(TableName::Waits);
        for (_, own) in &mut self.brought {
            own.ask_why();
        }
    }

    /// Whether replications differ: if nothing is drawn and all meet the same history, all seeds are alike.
    pub fn is_random(&self) -> bool {
        self.history.varies()
            || self.sources.is_random()
            || self.services.is_random(&self.loaded.scenario)
            || self.markets.is_random()
            || self.contenders.iter().any(|contender| contender.draws)
    }

    /// Where so many replications meet windows that overlap: how many would fit side by side.
    pub fn overlap(&self, replications: usize) -> Option<u64> {
        self.history.overlap(convert::wide(replications))
    }

    /// A policy that needs an estimate of every job gets one.
    fn check_estimates(&self) -> Result<(), BuildError> {
        let needy = self
            .contenders
            .iter()
            .filter(|contender| contender.needs_estimate());
        let needy: Vec<&Contender> = needy.collect();
        if needy.is_empty() {
            return Ok(());
        }
        let jobs = self.jobs(self.loaded.scenario.seed.value)?;
        let mut reasons = Vec::new();
        for contender in needy {
            let missing = jobs.without_estimate(contender);
            if let Some((count, first)) = missing {
                let rule = format!(
                    "policy \"{}\" needs an estimate of every job, and {count} have none, the first of them job {first}",
                    contender.name
                );
                let place = contender.place;
                let remedy = "give the workload, or the policy, an estimate such as { model = \"factor\", factor = 5.0 }";
                reasons.push(Diagnostic::new(place, "", rule).or(remedy));
            }
        }
        if reasons.is_empty() {
            Ok(())
        } else {
            Err(rejected(&self.loaded, reasons))
        }
    }
}

fn rejected(loaded: &Loaded, reasons: Vec<Diagnostic>) -> BuildError {
    BuildError::Rejected(Rejection::new(loaded.sources.clone(), reasons))
}
