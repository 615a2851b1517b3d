//! What a comparison leaves in its folder: every file is written beside its place and then renamed, so that none is ever half there.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::compare::Comparison;
use super::flight::Flight;
use super::sheet::{Form, Sheet, Unfit};
use super::usage::Usage;
use super::{all_tables, figures, page, paired_table};
use crate::build::{Experiment, Jobs};
use crate::schema;

/// A file that could not be written.
#[derive(Debug)]
pub struct OutputError {
    /// The file.
    pub path: PathBuf,
    /// What went wrong.
    pub error: io::Error,
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.error)
    }
}

impl std::error::Error for OutputError {}

/// A folder of results.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    form: Form,
}

/// In the folder of each run: what it used of what it paid for.
pub const USAGE: &str = "usage.json";

/// The cell of a scenario without a sweep.
pub(super) const BASE: &str = "base";

impl Store {
    /// Results go into `folder`, which is made if need be.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(folder: &Path) -> Result<Self, OutputError> {
        let error = |error| OutputError {
            path: folder.to_owned(),
            error,
        };
        fs::create_dir_all(folder).map_err(error)?;
        Ok(Self {
            folder: folder.to_owned(),
            form: Form::default(),
        })
    }

    /// The same folder with tables in this form.
    pub fn in_form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a file whole, or not at all.
    ///
    /// # Errors
    /// The system's.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<(), OutputError> {
        let path = self.folder.join(name);
        let beside = path.with_file_name(format!(
            ".{}.part",
            path.file_name()
                .and_then(|name| name.to_str())
                .unwrap_or("file")
        ));
        let write = || {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&beside, bytes)?;
            fs::rename(&beside, &path)
        };
        write().map_err(|error| OutputError {
            path: path.clone(),
            error,
        })
    }

    /// Writes a table.
    fn table(&self, name: &str, sheet: Sheet) -> Result<(), OutputError> {
        let name = format!("{name}.{}", self.form.extension());
        let refused = |unfit: Unfit| OutputError {
            path: self.folder.join(&name),
            error: io::Error::new(io::ErrorKind::InvalidData, unfit),
        };
        self.put(&name, &sheet.bytes().map_err(refused)?)
    }

    /// Writes the scenario, so that it can be flown again.
    ///
    /// # Errors
    /// The system's.
    pub fn scenario(&self, experiment: &Experiment) -> Result<(), OutputError> {
        let text = schema::print(&experiment.loaded.scenario);
        self.put("scenario.toml", text.as_bytes())
    }

    /// Writes the tables of one run.
    ///
    /// # Errors
    /// The system's.
    pub fn flight(
        &self,
        experiment: &Experiment,
        flight: &Flight,
        jobs: &Jobs,
    ) -> Result<(), OutputError> {
        let policy = &experiment.contenders[flight.contender].name;
        let folder = format!("runs/{BASE}/{policy}/{}", flight.seed);
        for table in &experiment.loaded.scenario.output.tables {
            let made = (self.form.into(), *table);
            let sheet = all_tables::of_run(made, experiment, flight, jobs);
            self.table(&format!("{folder}/{}", table.name()), sheet)?;
        }
        let usage = Usage::of(experiment, flight, jobs);
        let mut usage = serde_json::to_string_pretty(&usage).expect("it has only plain numbers");
        usage.push('\n');
        self.put(&format!("{folder}/{USAGE}"), usage.as_bytes())?;
        let digests = format!(
            "decisions {}\nfacts {}\n",
            flight.digests.decisions, flight.digests.facts
        );
        self.put(&format!("{folder}/digest.txt"), digests.as_bytes())
    }
}

/// What a run needs to be told from another, and to be done again. Nothing of the machine or the time of day.
#[derive(Serialize)]
struct Manifest<'a> {
    tool: &'a str,
    version: &'a str,
    digest_version: u32,
    scenario: &'a str,
    scenario_digest: String,
    baseline: &'a str,
    exact: bool,
    policies: Vec<PolicyEntry<'a>>,
    seeds: &'a [u64],
    runs: Vec<RunEntry<'a>>,
}

#[derive(Serialize)]
struct PolicyEntry<'a> {
    name: &'a str,
    peeks: &'a [String],
    compat: Option<&'a str>,
    reproducible: &'a str,
}

#[derive(Serialize)]
struct RunEntry<'a> {
    policy: &'a str,
    seed: u64,
    finish: &'a str,
    decisions: String,
    facts: String,
}

/// Writes summary, manifest, figures and report of a comparison; returns the files worth opening.
///
/// # Errors
/// The system's, or a figure that cannot be drawn.
pub fn write(
    store: &Store,
    experiment: &Experiment,
    comparison: &Comparison,
) -> Result<Vec<String>, OutputError> {
    for (name, sheet) in all_tables::of_comparison(store.form.into(), experiment, comparison) {
        store.table(name, sheet)?;
    }
    let manifest = manifest(experiment, comparison);
    store.put("manifest.json", manifest.as_bytes())?;
    store.scenario(experiment)?;
    let refused = |name: &str, error: plots::PlotError| OutputError {
        path: store.folder().join(name),
        error: io::Error::other(error.to_string()),
    };
    let table = paired_table(experiment, comparison);
    let latex = table.latex().map_err(|error| refused("table.tex", error))?;
    store.put("table.tex", latex.as_bytes())?;
    let markdown = table
        .markdown()
        .map_err(|error| refused("table.md", error))?;
    store.put("table.md", markdown.as_bytes())?;
    let drawn = figures::all(experiment, comparison);
    let mut written = Vec::new();
    for figure in &drawn {
        let name = format!("figures/{}", figure.name);
        let refused = |error| refused(&name, error);
        let drawing = figure
            .drawing
            .as_ref()
            .map_err(|error| refused(error.clone()))?;
        store.put(&format!("{name}.svg"), drawing.svg.as_bytes())?;
        store.put(&format!("{name}.csv"), drawing.csv.as_bytes())?;
        store.put(&format!("{name}.vl.json"), drawing.vega.as_bytes())?;
        store.put(&format!("{name}.png"), &drawing.png().map_err(refused)?)?;
        written.push(format!("{name}.svg"));
    }
    let report = page::report(experiment, comparison, &drawn);
    let html = report
        .html()
        .map_err(|error| refused("report.html", error))?;
    store.put("report.html", html.as_bytes())?;
    written.push("report.html".to_owned());
    Ok(written)
}

fn manifest(experiment: &Experiment, comparison: &Comparison) -> String {
    let scenario = &experiment.loaded.scenario;
    let plan = &comparison.plan;
    let name = |position: usize| experiment.contenders[position].name.as_str();
    let policies = plan.contenders.iter().map(|position| {
        let contender = &experiment.contenders[*position];
        PolicyEntry {
            name: &contender.name,
            peeks: &contender.knows.peeks,
            compat: contender.knows.compat.as_deref(),
            reproducible: "bits",
        }
    });
    let runs = plan
        .contenders
        .iter()
        .zip(&comparison.flights)
        .flat_map(|(position, flights)| {
            flights.iter().map(|summary| RunEntry {
                policy: name(*position),
                seed: summary.seed,
                finish: super::words::finish(summary.finish),
                decisions: summary.digests.decisions.to_string(),
                facts: summary.digests.facts.to_string(),
            })
        });
    let manifest = Manifest {
        tool: "windtunnel",
        version: env!("CARGO_PKG_VERSION"),
        digest_version: sim_core::watch::DIGEST_VERSION,
        scenario: &scenario.name.value,
        scenario_digest: schema::digest(scenario),
        baseline: name(plan.contenders[plan.baseline]),
        exact: comparison.exact,
        policies: policies.collect(),
        seeds: &plan.seeds,
        runs: runs.collect(),
    };
    let mut text =
        serde_json::to_string_pretty(&manifest).expect("a manifest has only texts and numbers");
    text.push('\n');
    text
}
