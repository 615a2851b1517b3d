//! Goodput courses: profiles are read once, and each kind of job that a trace tells of gets its number.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sim_core::course::goodput::{Application, Epoch, Kind, MICRO_BATCHES, Machine};
use sim_core::course::{Change, Course as _, Footing, Goodput, Reach, UNIT_RATE};
use sim_core::units::{KindId, ModelId, Span};
use traces::synth::applications;
use traces::{Source, Steps, import_placements, import_scalability, import_validation};

use super::{BuildError, files};
use crate::schema::{
    ApplicationSpec, DataPath, Diagnostic, GoodputSpec, Scenario, Spanned, Workload,
};

/// An application whose GPU models still have names.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    name: String,
    delay: Span,
    slowdown: f64,
    noise: Vec<(u32, Vec<Epoch>)>,
    machines: Vec<(String, Machine)>,
    /// Whether it lies in stages, and its jobs do not tune their batch.
    is_pipeline: bool,
}

/// What the jobs of a workload are kinds of.
#[derive(Clone, Debug)]
pub(super) struct Profiles {
    all: Vec<Profile>,
    tuned: bool,
    round: Span,
}

/// The profiles of a scenario's workloads, by position; `models` are the GPU models of its fleets.
pub(super) fn read(
    scenario: &Scenario,
    models: &[String],
    reasons: &mut Vec<Diagnostic>,
) -> Result<Vec<Option<Profiles>>, BuildError> {
    let mut all = Vec::new();
    for workload in &scenario.workloads {
        all.push(match &workload.course.goodput {
            Some(spec) => Some(Profiles {
                all: profiles((workload, spec), models, reasons)?,
                tuned: spec.tuned,
                round: spec.round,
            }),
            None => None,
        });
    }
    Ok(all)
}

fn profiles(
    (workload, spec): (&Workload, &GoodputSpec),
    models: &[String],
    reasons: &mut Vec<Diagnostic>,
) -> Result<Vec<Profile>, BuildError> {
    let Some(folder) = &spec.folder else {
        return Ok(made_up(workload, models));
    };
    let mut profiles = Vec::new();
    for (name, own) in &spec.applications {
        if let Some(profile) = profile(folder, (name, own), (spec, models), reasons)? {
            profiles.push(profile);
        }
    }
    Ok(profiles)
}

fn made_up(workload: &Workload, models: &[String]) -> Vec<Profile> {
    let speed = |model: &String| workload.course.rates.get(model).copied().unwrap_or(1.0);
    let speeds: Vec<f64> = models.iter().map(speed).collect();
    let made = applications(&speeds).into_iter();
    let profile = |made: traces::synth::MadeUp| Profile {
        name: made.name.to_owned(),
        delay: made.delay,
        slowdown: 1.0,
        noise: made.noise,
        machines: models.iter().cloned().zip(made.machines).collect(),
        is_pipeline: false,
    };
    made.map(profile).collect()
}

/// The profile of an application; none if a reason was noted.
fn profile(
    folder: &Spanned<DataPath>,
    (name, own): (&str, &ApplicationSpec),
    (spec, models): (&GoodputSpec, &[String]),
    reasons: &mut Vec<Diagnostic>,
) -> Result<Option<Profile>, BuildError> {
    let inner = folder.value.resolved.join(name);
    if let Some(reason) = absent((name, own), &inner) {
        reasons.push(reason);
        return Ok(None);
    }
    let shown = |file: &str| format!("{}/{name}/{file}", folder.value.written);
    let mut machines = Vec::new();
    for model in models {
        let called = spec.profiled.get(model).unwrap_or(model);
        if let Some(machine) = machine(own, called, (&inner, &shown))? {
            machines.push((model.clone(), machine));
        }
    }
    let mut refuse = |rule: &str, remedy: &str| {
        reasons.push(Diagnostic::new(own.place, name, rule).or(remedy));
    };
    let mut noise = validations(&inner, &shown)?;
    if machines.is_empty() {
        let rule = "no file placements-GPU.csv is of a GPU model of the fleet";
        refuse(rule, "say in profiled what the files call the models");
        return Ok(None);
    }
    let epochs = noise.iter().map(|(_, epochs)| epochs.len()).min();
    let wanted = own
        .epochs
        .map(|epochs| usize::try_from(epochs).unwrap_or(usize::MAX));
    match (epochs, wanted) {
        (None, _) => {
            let rule = "there is no file validation-BATCH.csv";
            refuse(rule, "check the folder");
            return Ok(None);
        }
        (Some(epochs), Some(wanted)) if wanted > epochs => {
            let rule = format!("{wanted} epochs, and {epochs} were measured");
            refuse(&rule, "write no more, or leave it out");
            return Ok(None);
        }
        (Some(_), _) => {}
    }
    let is_pipeline = !own.pipeline.is_empty();
    if is_pipeline && noise.iter().all(|(batch, _)| *batch < MICRO_BATCHES) {
        let rule = "a replica of a pipeline takes 48 samples, and no batch of as many was measured";
        refuse(rule, "add validation-48.csv, or remove pipeline");
        return Ok(None);
    }
    if let Some(wanted) = wanted {
        for (_, epochs) in &mut noise {
            epochs.truncate(wanted);
        }
    }
    Ok(Some(Profile {
        name: name.to_owned(),
        delay: own.delay,
        slowdown: own.slowdown,
        noise,
        machines,
        is_pipeline,
    }))
}

/// What the folder lacks: the application itself, or profiles of a model on which it is a pipeline.
fn absent((name, own): (&str, &ApplicationSpec), inner: &Path) -> Option<Diagnostic> {
    if name.contains(['/', '\\', ':']) || name.starts_with('.') || !inner.is_dir() {
        let rule = "the folder of profiles has no folder of this name";
        return Some(Diagnostic::new(own.place, name, rule).or("name one of its folders"));
    }
    let profiled = |called: &str| inner.join(format!("placements-{called}.csv")).is_file();
    let mut models = own.pipeline.iter().map(|(called, _)| called);
    let stray = models.find(|called| !profiled(&called.value))?;
    let rule = "the folder of the application has no file placements-GPU.csv of this model";
    Some(Diagnostic::new(stray.place, &stray.value, rule).or("write what its files call the model"))
}

/// How the application was measured on what profiles call so; none if it was not, or lies in stages elsewhere only.
fn machine(
    own: &ApplicationSpec,
    called: &str,
    (inner, shown): (&Path, &dyn Fn(&str) -> String),
) -> Result<Option<Machine>, BuildError> {
    let mut stages = own.pipeline.iter();
    let stages = stages.find_map(|(model, stages)| (model.value == called).then_some(*stages));
    if stages.is_none() && !own.pipeline.is_empty() {
        return Ok(None);
    }
    let steps = stages.map_or(Steps::Whole, |_| Steps::OfAStage);
    let file = format!("placements-{called}.csv");
    let Some(bytes) = open(inner, &file)? else {
        return Ok(None);
    };
    let name = shown(&file);
    let placed = import_placements(Source::new(&name, bytes), steps).map_err(BuildError::Trace)?;
    let file = format!("scalability-{called}.csv");
    let name = shown(&file);
    let scaled = match open(inner, &file)? {
        Some(bytes) => import_scalability(Source::new(&name, bytes), steps),
        None => Ok(Vec::new()),
    };
    let whole = Machine::new(&placed, &scaled.map_err(BuildError::Trace)?);
    Ok(Some(match stages {
        Some(stages) => whole.in_stages(stages),
        None => whole,
    }))
}

/// Progress and noise by batch, ascending.
fn validations(
    inner: &Path,
    shown: &dyn Fn(&str) -> String,
) -> Result<Vec<(u32, Vec<Epoch>)>, BuildError> {
    let fault = |error| BuildError::Io {
        path: inner.to_path_buf(),
        error,
    };
    let mut noise = Vec::new();
    for entry in std::fs::read_dir(inner).map_err(fault)? {
        let file = entry.map_err(fault)?.file_name();
        let file = file.to_string_lossy();
        let batch = file.strip_prefix("validation-");
        let batch = batch.and_then(|rest| rest.strip_suffix(".csv"));
        let batch = batch.and_then(|batch| batch.parse::<u32>().ok());
        let Some(batch) = batch.filter(|batch| (1..=1 << 20).contains(batch)) else {
            continue;
        };
        if let Some(bytes) = open(inner, &file)? {
            let name = shown(&file);
            let epochs = import_validation(Source::new(&name, bytes)).map_err(BuildError::Trace)?;
            noise.push((batch, epochs));
        }
    }
    noise.sort_by_key(|(batch, _)| *batch);
    Ok(noise)
}

/// A file of the folder, if it is there.
fn open(folder: &Path, file: &str) -> Result<Option<std::fs::File>, BuildError> {
    let path = folder.join(file);
    if !path.is_file() {
        return Ok(None);
    }
    files::open_at(&path).map(Some)
}

impl Profiles {
    /// The kinds: each application with the batch it begins with, and with every batch that a job asks for.
    pub(super) fn kinds(
        &self,
        asked: &[&str],
        model: &mut dyn FnMut(&str) -> ModelId,
    ) -> Arc<[Arc<Kind>]> {
        let mut requests: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (name, batch) in asked.iter().filter_map(|class| cut(class)) {
            requests.entry(name).or_default().push(batch);
        }
        let mut kinds = Vec::new();
        for profile in &self.all {
            let ends = (profile.noise.first(), profile.noise.last());
            let (Some((initial, _)), Some((most, _))) = ends else {
                continue;
            };
            let locals = profile.machines.iter();
            let least = locals.map(|(_, machine)| machine.least_local()).min();
            let application = Arc::new(Application {
                name: profile.name.clone(),
                batches: (*initial, *most),
                least_local: least.unwrap_or(1),
                slowdown: profile.slowdown,
                delay: profile.delay,
                noise: profile.noise.clone(),
                machines: profile
                    .machines
                    .iter()
                    .map(|(name, machine)| (model(name), machine.clone()))
                    .collect(),
            });
            let mut batches = requests.remove(profile.name.as_str()).unwrap_or_default();
            batches.sort_unstable();
            batches.dedup();
            // Who tunes and asks for nothing may have any batch.
            let tuned = self.tuned && !profile.is_pipeline;
            let unasked = if tuned { *most } else { *initial };
            for requested in std::iter::once(unasked).chain(batches) {
                kinds.push(Arc::new(Kind {
                    application: Arc::clone(&application),
                    requested,
                    tuned,
                    round: self.round,
                }));
            }
        }
        kinds.into()
    }
}

/// `cifar10 (batch size 128)`.
fn cut(class: &str) -> Option<(&str, u32)> {
    let (name, rest) = class.split_once(" (batch size ")?;
    Some((name, rest.strip_suffix(')')?.parse().ok()?))
}

/// The kind of a job of which the trace says `class`, or nothing, and that is so long on so many GPUs: the one that is named,
/// or the application whose time on one GPU comes closest from below. A trace that names an application names a known one.
pub(super) fn kind_of(
    kinds: &[Arc<Kind>],
    class: Option<&str>,
    (duration, gpus): (Span, u32),
) -> Option<KindId> {
    let number = |at: usize| KindId(u16::try_from(at).expect("a trace has few classes"));
    if let Some((name, batch)) = class.and_then(cut) {
        let mut kinds = kinds.iter();
        let same = |kind: &Arc<Kind>| kind.application.name == name && kind.requested == batch;
        return kinds.position(same).map(number);
    }
    if let Some(at) = kinds
        .iter()
        .position(|kind| Some(kind.application.name.as_str()) == class)
    {
        return Some(number(at));
    }
    let told = u128::from(duration.us()) * u128::from(gpus);
    let times = kinds.iter().map(alone);
    let times: Vec<u128> = times.collect();
    let below = (0..kinds.len()).filter(|at| times[*at] <= told);
    let at = below
        .max_by_key(|at| (times[*at], std::cmp::Reverse(*at)))
        .or_else(|| (0..kinds.len()).min_by_key(|at| times[*at]))?;
    Some(number(at))
}

/// GPU time that a job takes on one GPU of the first model that was measured, or on as few as it takes.
fn alone(kind: &Arc<Kind>) -> u128 {
    let job = Goodput::new(Arc::clone(kind), u64::MAX);
    let anywhere = Footing {
        model: None,
        gpus: 1,
        reach: Reach::Node,
        rate_ppb: UNIT_RATE,
        compute_ppb: UNIT_RATE,
    };
    let Change::Done(span) = job.next(&anywhere);
    let first = kind.application.machines.first();
    let gpus = first.map_or(1, |(_, machine)| machine.least_gpus());
    u128::from(span.us()) * u128::from(gpus)
}
