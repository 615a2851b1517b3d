//! A scenario that is read and built, and what flies it: one policy with one seed, or all of them side by side.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use scenarios::build::{Experiment, Jobs};
use scenarios::cli::Failure;
use scenarios::experiment::flight::{Flight, Keep, fly};
use scenarios::experiment::metrics::METRICS;
use scenarios::experiment::{
    CompareError, Comparison, Form, Plan, Store, Telling, compare, compare_until,
    comparison_in_memory, known, notices, run_in_memory, sentences, settle, words, write,
};
use scenarios::schema::{self, DataRoots, Draft};

use crate::raised::{output, raised, refused, unfit};
use crate::table::by_name;
use crate::watched::{Wanted, watched};

/// Where a scenario is: in a file, or in a text whose relative paths lead into a folder.
#[derive(Clone, Debug, FromPyObject)]
pub(crate) struct Source {
    #[pyo3(item)]
    path: Option<PathBuf>,
    #[pyo3(item)]
    text: Option<String>,
    #[pyo3(item)]
    folder: PathBuf,
    /// `fleet.spot.max=32`, as the command line has them.
    #[pyo3(item)]
    sets: Vec<String>,
    /// Named folders of data.
    #[pyo3(item)]
    data: Vec<(String, PathBuf)>,
}

impl Source {
    /// What it says, not yet typed.
    pub(crate) fn draft(&self) -> Result<Draft, Failure> {
        let roots = roots(&self.data)?;
        match (&self.path, &self.text) {
            (Some(path), _) => Ok(schema::draft(path, &self.sets, &roots)?),
            (None, text) => {
                let text = text.as_deref().unwrap_or_default();
                let named = ("<text>", text.as_bytes());
                let read = schema::draft_text(named, &self.sets, (&self.folder, &roots));
                read.map_err(|rejection| Failure::Rejected(Box::new(rejection)))
            }
        }
    }
}

pub(crate) fn roots(data: &[(String, PathBuf)]) -> Result<DataRoots, Failure> {
    let mut roots = DataRoots::default();
    for (name, folder) in data {
        roots.add(name, folder.clone()).map_err(Failure::Input)?;
    }
    Ok(roots)
}

/// A scenario, read, typed and built; its traces are read once, however often it is flown.
#[pyclass(frozen, module = "windtunnel")]
pub(crate) struct Scenario {
    experiment: Arc<Experiment>,
}

#[pymethods]
impl Scenario {
    /// Reads and builds it.
    #[new]
    #[pyo3(signature = (source, explain = false))]
    fn new(py: Python<'_>, source: Source, explain: bool) -> PyResult<Self> {
        let built = watched(py, move |_| built(&source, explain))?;
        Ok(Self {
            experiment: Arc::new(built.map_err(raised)?),
        })
    }

    /// Its name.
    #[getter]
    fn name(&self) -> &str {
        &self.experiment.loaded.scenario.name.value
    }

    /// What it says of itself.
    #[getter]
    fn description(&self) -> Option<&str> {
        self.experiment.loaded.scenario.description.as_deref()
    }

    /// Its first seed.
    #[getter]
    fn seed(&self) -> u64 {
        self.experiment.loaded.scenario.seed.value
    }

    /// The policy that others are compared with.
    #[getter]
    fn baseline(&self) -> &str {
        &self.experiment.loaded.scenario.baseline.value
    }

    /// The names of its policies.
    #[getter]
    fn policies(&self) -> Vec<&str> {
        let contenders = self.experiment.contenders.iter();
        contenders.map(|own| own.name.as_str()).collect()
    }

    /// The resolved experiment, as TOML.
    #[getter]
    fn text(&self) -> String {
        schema::print(&self.experiment.loaded.scenario)
    }

    /// Its fingerprint.
    #[getter]
    fn digest(&self) -> String {
        schema::digest(&self.experiment.loaded.scenario)
    }

    /// Whether anything is drawn, so that seeds differ.
    #[getter]
    fn is_random(&self) -> bool {
        self.experiment.is_random()
    }

    fn __repr__(&self) -> String {
        format!("<windtunnel.Scenario {:?}>", self.name())
    }

    /// Flies one policy with one seed.
    fn fly<'py>(
        &self,
        py: Python<'py>,
        policy: Option<String>,
        seed: Option<u64>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let scenario = &self.experiment.loaded.scenario;
        let policy = policy.unwrap_or_else(|| scenario.baseline.value.clone());
        let asked = self.experiment.policy(&policy).map_err(Failure::Input);
        let contender = asked.map_err(raised)?;
        let seed = seed.unwrap_or(scenario.seed.value);
        let whole = Arc::clone(&self.experiment);
        let flown = watched(py, move |_| one(&whole, contender, seed))?;
        let (flight, jobs) = flown.map_err(raised)?;
        let experiment = self.experiment.of_policy(contender);
        let tables = run_in_memory(experiment, &flight, &jobs).map_err(unfit)?;
        let result = PyDict::new(py);
        result.set_item("scenario", self.name())?;
        result.set_item("policy", policy)?;
        result.set_item("seed", seed)?;
        result.set_item("finish", words::finish(flight.finish))?;
        result.set_item("end_us", flight.record.end.us())?;
        let metrics = PyDict::new(py);
        for (metric, value) in METRICS.iter().zip(&flight.metrics) {
            metrics.set_item(metric.name, *value)?;
        }
        result.set_item("metrics", metrics)?;
        let digests = [flight.digests.decisions, flight.digests.facts];
        result.set_item("digests", digests.map(|digest| digest.to_string()))?;
        result.set_item("tables", by_name(py, tables)?)?;
        Ok(result)
    }

    /// Flies policies with seeds, side by side; files go to `out`, if there is one, as Parquet if so asked.
    fn compare<'py>(
        &self,
        py: Python<'py>,
        policies: Vec<String>,
        how: (Option<u32>, usize),
        out: Option<(PathBuf, bool)>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let (replications, threads) = how;
        let asked = Plan::asked(&self.experiment, &policies, replications);
        let plan = Plan {
            threads,
            ..asked.map_err(|error| raised(Failure::Input(error)))?
        };
        let store = match out {
            None => None,
            Some((folder, parquet)) => Some(store(&folder, parquet)?),
        };
        let experiment = Arc::clone(&self.experiment);
        let sure = replications.is_some();
        let flown = watched(py, move |wanted| {
            all((&experiment, plan), sure, store.as_ref(), wanted)
        })?;
        let comparison = flown.map_err(raised)?;
        self.told(py, &comparison)
    }
}

impl Scenario {
    fn told<'py>(&self, py: Python<'py>, comparison: &Comparison) -> PyResult<Bound<'py, PyDict>> {
        let experiment = &*self.experiment;
        let plan = &comparison.plan;
        let name = |position: &usize| experiment.contenders[*position].name.clone();
        let policies: Vec<String> = plan.contenders.iter().map(name).collect();
        let runs = policies.iter().zip(&comparison.flights);
        let runs = runs.flat_map(|(policy, flights)| {
            flights.iter().map(move |summary| {
                let digests = [summary.digests.decisions, summary.digests.facts];
                let digests = digests.map(|digest| digest.to_string());
                ((policy.clone(), summary.seed), digests)
            })
        });
        let runs: Vec<_> = runs.collect();
        let tables = comparison_in_memory(experiment, comparison).map_err(unfit)?;
        let result = PyDict::new(py);
        result.set_item("scenario", self.name())?;
        result.set_item("baseline", &policies[plan.baseline])?;
        result.set_item("policies", policies)?;
        result.set_item("seeds", &plan.seeds)?;
        result.set_item("exact", comparison.exact)?;
        result.set_item("digests", runs)?;
        result.set_item("sentences", sentences(experiment, comparison))?;
        result.set_item("notes", notices(experiment, comparison))?;
        result.set_item("tables", by_name(py, tables)?)?;
        Ok(result)
    }
}

fn built(source: &Source, explain: bool) -> Result<Experiment, Failure> {
    let loaded = source.draft()?.typed(&known);
    let loaded = loaded.map_err(|rejection| Failure::Rejected(Box::new(rejection)))?;
    let mut experiment = Experiment::build(loaded)?;
    settle(&mut experiment)?;
    if explain {
        experiment.ask_why();
    }
    Ok(experiment)
}

fn one(whole: &Experiment, contender: usize, seed: u64) -> Result<(Flight, Jobs), CompareError> {
    let experiment = whole.of_policy(contender);
    let jobs = experiment.jobs(seed).map_err(CompareError::Jobs)?;
    let keep = Keep {
        samples: true,
        stays: usize::MAX,
    };
    let flown = fly(experiment, contender, (seed, &jobs), keep);
    let flight = flown.map_err(|fault| CompareError::Fault(fault, seed))?;
    Ok((flight, jobs))
}

fn all(
    (experiment, plan): (&Experiment, Plan),
    sure: bool,
    store: Option<&Store>,
    wanted: &Wanted,
) -> Result<Comparison, CompareError> {
    let wanted = || wanted.is_so();
    let telling = Telling::new(&|| (), &wanted);
    let until = experiment.loaded.scenario.replicate.until.as_ref();
    // Whoever says how many wants as many.
    let comparison = match until.filter(|_| !sure) {
        None => compare(experiment, plan, store, telling)?,
        Some(until) => compare_until(experiment, (plan, until), store, (telling, &|_| ()))?,
    };
    if let Some(store) = store {
        write(store, experiment, &comparison).map_err(CompareError::Output)?;
    }
    Ok(comparison)
}

fn store(folder: &Path, parquet: bool) -> PyResult<Store> {
    let form = if parquet { Form::Parquet } else { Form::Csv };
    Ok(Store::open(folder).map_err(output)?.in_form(form))
}

/// A scenario's text, refused or typed.
pub(crate) fn typed(
    named: (&str, &[u8]),
    at: (&Path, &DataRoots),
) -> PyResult<scenarios::schema::Loaded> {
    let (name, text) = named;
    schema::parse(name, text, at, &known).map_err(|rejection| refused(&rejection))
}
