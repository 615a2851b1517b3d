//! The rig: a scenario as a text, built and flown like any other, and what its facts tell.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use scenarios::build::{Experiment, known};
use scenarios::schema::{DataRoots, parse};
use sim_core::books::Bill;
use sim_core::engine::{Decision, Engine, Policy, World};
use sim_core::recording::Recorder;
use sim_core::units::{JobId, NodeId, SimTime};
use sim_core::watch::{Biller, Fact, Observer, Transcript};
use sim_core::world::Trace;

/// A machine that was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    /// Its slot.
    pub(crate) node: NodeId,
    /// Which machine of that slot.
    pub(crate) launch: u32,
    /// From when on.
    pub(crate) from: SimTime,
    /// Until when; until the end of the run, if nobody gave it back or took it.
    pub(crate) until: SimTime,
    /// Whether the provider took it.
    pub(crate) taken: bool,
}

/// What the facts of a run tell.
#[derive(Default)]
pub(crate) struct Diary {
    open: BTreeMap<NodeId, (u32, SimTime)>,
    /// In the order in which they ended.
    pub(crate) holds: Vec<Hold>,
    /// By job, in order of arrival: when it ended.
    pub(crate) ends: Vec<Option<SimTime>>,
    position: BTreeMap<JobId, usize>,
    /// Steps of prices, in nano-dollars an hour.
    pub(crate) prices: Vec<(SimTime, u64)>,
}

impl Diary {
    fn close(&mut self, node: NodeId, until: SimTime, taken: bool) {
        if let Some((launch, from)) = self.open.remove(&node) {
            self.holds.push(Hold {
                node,
                launch,
                from,
                until,
                taken,
            });
        }
    }
}

impl Observer for Diary {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a diary keeps what the tests look at"
    )]
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        match *fact {
            Fact::Booting { node, launch, .. } => {
                self.open.insert(node, (launch, now));
            }
            // A machine without a boot is ready when it is granted, be it told as booting or not.
            Fact::Ready { node, launch } => {
                self.open.entry(node).or_insert((launch, now));
            }
            Fact::Released { node } | Fact::Miscarried { node } => self.close(node, now, false),
            Fact::Reclaimed { node } => self.close(node, now, true),
            Fact::Arrived { job, .. } => {
                self.position.insert(job, self.ends.len());
                self.ends.push(None);
            }
            Fact::Ended { job, .. } => self.ends[self.position[&job]] = Some(now),
            Fact::Price { price, .. } => self.prices.push((now, price.nanousd_h())),
            _ => {}
        }
    }
}

/// A run.
pub(crate) struct Flown {
    pub(crate) diary: Diary,
    pub(crate) bill: Bill,
    /// Each time that the policy decided anything.
    pub(crate) decisions: Vec<(SimTime, Vec<Decision>)>,
    pub(crate) transcript: Transcript,
    pub(crate) end: SimTime,
}

impl Flown {
    /// The facts but for steps of prices.
    pub(crate) fn deeds(&self) -> Vec<&(SimTime, String)> {
        let lines = self.transcript.lines.iter();
        let steps = |line: &str| line.contains(" costs ");
        lines.filter(|(_, line)| !steps(line)).collect()
    }

    /// All of it, in nano-dollars.
    pub(crate) fn nanousd(&self) -> i128 {
        self.bill.total().nanousd()
    }
}

/// A scenario, with the jobs (seconds of arrival, seconds of work, GPUs) in a file "jobs.csv" beside it.
pub(crate) fn experiment(text: &str, jobs: &[(u64, u64, u32)]) -> Experiment {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = String::from("submit,duration,gpus\n");
    for (submit, duration, gpus) in jobs {
        writeln!(rows, "{submit},{duration},{gpus}").unwrap();
    }
    std::fs::write(folder.path().join("jobs.csv"), rows).unwrap();
    let mut roots = DataRoots::default();
    roots.add("reference", root()).unwrap();
    built(text, folder.path(), &roots)
}

/// A scenario in a folder, with named roots of data.
pub(crate) fn built(text: &str, folder: &Path, roots: &DataRoots) -> Experiment {
    let loaded = parse("test.toml", text.as_bytes(), (folder, roots), &known);
    let loaded = loaded.unwrap_or_else(|rejection| panic!("{}", rejection.lines()));
    Experiment::build(loaded).unwrap_or_else(|error| panic!("{error}"))
}

/// The workload of the file.
pub(crate) const JOBS: &str = r#"
[[workload]]
name = "w"
trace = { format = "csv", file = "jobs.csv", columns = { submit = "submit", duration = "duration", gpus = "gpus" } }
"#;

/// Flies the policy at a position, under the luck of a seed.
pub(crate) fn fly(experiment: &Experiment, contender: usize, seed: u64) -> Flown {
    let policy = experiment.contenders[contender].policy(seed);
    let jobs = experiment.jobs(seed).unwrap();
    fly_in(experiment, jobs.world(), policy, contender, seed)
}

/// Flies any policy in any world, over the jobs and with the grants of the policy at a position.
pub(crate) fn fly_in(
    experiment: &Experiment,
    world: &Arc<World>,
    policy: Box<dyn Policy + Send>,
    contender: usize,
    seed: u64,
) -> Flown {
    let chosen = &experiment.contenders[contender];
    let jobs = experiment.jobs(seed).unwrap();
    let trace = Trace::new(jobs.for_policy(chosen));
    let mut engine = Engine::new(Arc::clone(world), Box::new(trace));
    let mut policy = Recorder::new(policy);
    let biller = Biller::new(world, SimTime::ZERO, false);
    let mut watch = (biller, (Diary::default(), Transcript::default()));
    engine
        .run(&mut policy, chosen.grants, &mut watch)
        .unwrap_or_else(|fault| panic!("{fault}"));
    let (biller, (mut diary, transcript)) = watch;
    let end = engine.now();
    let nodes: Vec<NodeId> = diary.open.keys().copied().collect();
    for node in nodes {
        diary.close(node, end, false);
    }
    let asked = policy.into_recording().asked.into_iter();
    let decided = asked.filter(|answer| !answer.decisions.is_empty());
    Flown {
        diary,
        bill: biller.finish(end).0.bill().clone(),
        decisions: decided
            .map(|answer| (answer.at, answer.decisions))
            .collect(),
        transcript,
        end,
    }
}

/// The folder of the reference data, be it there or not.
fn root() -> PathBuf {
    // A relative path counts from the workspace, not from this crate.
    let workspace = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let root = std::env::var_os("WINDTUNNEL_REFERENCE").unwrap_or_else(|| "../shared".into());
    workspace.join(root)
}

/// A file of the reference data; where there is none, that is said.
pub(crate) fn reference(name: &str) -> Option<PathBuf> {
    let path = Some(root().join(name)).filter(|path| path.exists());
    if path.is_none() {
        println!("skipped: no reference data");
    }
    path
}

/// Hours.
pub(crate) fn hours(us: u64) -> f64 {
    real(us.into()) / 3.6e9
}

/// The nearest real number.
#[expect(
    clippy::cast_precision_loss,
    reason = "what is compared lies far below 2^53, or the last digits do not matter"
)]
pub(crate) fn real(number: i128) -> f64 {
    number as f64
}

/// A number of things.
pub(crate) fn count(number: usize) -> f64 {
    real(i128::try_from(number).unwrap())
}

/// How many standard errors the mean of `values` lies from `expected`, and the standard error.
pub(crate) fn z(values: &[f64], expected: f64) -> (f64, f64) {
    let n = count(values.len());
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let error = (squares / (n - 1.0) / n).sqrt();
    ((mean - expected) / error, error)
}
