//! `[[workload]]`: jobs, from a trace or a generator, and what they have in common.

use std::collections::BTreeMap;

use sim_core::model::{Appetite, Market};
use sim_core::units::{Money, Price, Span};

use super::fleet::Bytes;
use super::path::DataPath;
use super::place::{Place, Spanned};
use super::usage::UsageSpec;
use super::value::Part;
use super::variant::Variant;

/// Jobs, and what they have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// What tables call it.
    pub name: Spanned<String>,
    /// Where the jobs come from.
    pub jobs: JobSource,
    /// How the GPUs of a job split into tasks.
    pub task_gpus: Spanned<TaskGpus>,
    /// The slice of a partitioned GPU that each task takes, in place of GPUs.
    pub profile: Option<Spanned<String>>,
    /// How a job advances on what it is given.
    pub course: Course,
    /// What a preempted job keeps.
    pub checkpoint: Checkpoint,
    /// By when a job should be done.
    pub deadline: Option<Deadline>,
    /// What a policy is told of a job's duration; `None` leaves what the trace gives, if it does.
    pub estimate: Option<Part>,
    /// For the orders that use it; higher goes first.
    pub priority: Spanned<i32>,
    /// The tenant, one of the scenario's queues.
    pub queue: Option<Spanned<String>>,
    /// Marks that results can be split by.
    pub tags: Vec<Spanned<String>>,
    /// Arrivals come this many times as fast; greater than 0.
    pub scale: Spanned<f64>,
    /// GPU models that the jobs may use; empty means any.
    pub models: Vec<Spanned<String>>,
    /// Markets that the jobs may use; empty means any.
    pub markets: Vec<Market>,
    /// The first task of a gang is its lead, and may use these markets only; empty: no task leads.
    pub lead: Vec<Market>,
    /// The share of its tasks that a job can do with, in (0, 1].
    pub least: f64,
    /// What their submitter puts up with, for policies that ask.
    pub appetite: Appetite,
    /// Memory that a task takes of each of its GPUs, in the plain form; none is not asked about.
    pub gpu_memory: Option<Spanned<Bytes>>,
    /// Other forms that the jobs can take.
    pub variants: Vec<Variant>,
    /// What a monitor says of their use of a GPU.
    pub usage: UsageSpec,
    /// What a finished job is worth, for the books; no policy is told.
    pub value: Option<Worth>,
}

/// What a finished job is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// The same for each.
    Job(Money),
    /// For each GPU-hour of its work: GPUs that it asks for, times its duration at speed one, wherever it ran.
    GpuHour(Price),
}

/// Where the jobs come from.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a scenario has few of them")]
pub enum JobSource {
    /// A file.
    Trace(TraceSpec),
    /// A generator: its model, and parameters that the model's registry checks.
    Synth(Part),
}

/// A trace file and the part of it that is used.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceSpec {
    /// Name of the format, such as "philly-csv".
    pub format: Spanned<String>,
    /// The file.
    pub file: Spanned<DataPath>,
    /// What one unit of the trace's resource is (SWF: a processor stands for a GPU or a node).
    pub unit: Option<Spanned<String>>,
    /// Column map of the generic formats: our name to the file's.
    pub columns: Vec<(Spanned<String>, Spanned<String>)>,
    /// So many jobs are left out first; the submission of the next one becomes time zero.
    pub skip: Option<Spanned<u64>>,
    /// At most so many jobs, the earliest ones.
    pub limit: Option<Spanned<u64>>,
    /// Jobs before this time of the trace are left out.
    pub from: Option<Spanned<Span>>,
    /// Jobs from this time of the trace on are left out; later than `from`.
    pub until: Option<Spanned<Span>>,
    /// Whether bad rows are counted and dropped, where they otherwise end the import.
    pub lenient: bool,
}

/// How the GPUs of a job split into tasks, each of which lies on one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskGpus {
    /// As the trace says; one that gives a number of GPUs alone makes each of them a task.
    Trace,
    /// One task if it fits on a node, otherwise full nodes and a remainder.
    Job,
    /// Each GPU is a task: they may lie anywhere.
    Gpu,
    /// Tasks of this many GPUs, the last with the rest.
    Each(u32),
    /// Each GPU is a task that asks for so many thousandths of one, below 1000: others may lie beside it.
    Share(u16),
}

/// How a job advances.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Whether it can stop between steps.
    pub kind: CourseKind,
    /// Speed by GPU model; 1.0, also of a model that is absent, is the one durations refer to.
    pub rates: BTreeMap<String, f64>,
    /// Speed by number of GPUs: the last number that is not above the job's holds.
    pub scaling: BTreeMap<u32, f64>,
    /// Factor on the speed when a job spans nodes, in (0, 1].
    pub across_nodes: f64,
    /// Factor when it spans racks, in (0, 1]; applied beside the one for nodes.
    pub across_racks: f64,
    /// Factor when it spans zones, in (0, 1]; applied beside the others.
    pub across_zones: f64,
    /// The data that it reads.
    pub input: Option<Input>,
    /// Speeds as a table, in place of rates, scaling and the length of a step.
    pub speeds: Option<SpeedsSpec>,
    /// What was profiled, of a goodput course.
    pub goodput: Option<GoodputSpec>,
}

/// What a goodput course stands on.
#[derive(Clone, Debug, PartialEq)]
pub struct GoodputSpec {
    /// A folder with a folder of profiles for each application; without one they are made up.
    pub folder: Option<Spanned<DataPath>>,
    /// The applications, by the names of their folders.
    pub applications: BTreeMap<String, ApplicationSpec>,
    /// By GPU model, what profiles call it, where that is not its name.
    pub profiled: BTreeMap<String, String>,
    /// Whether jobs choose their batch, and run on any number of GPUs.
    pub tuned: bool,
    /// How often they look at it, longer than zero.
    pub round: Span,
}

/// An application that was profiled.
#[derive(Clone, Debug, PartialEq)]
pub struct ApplicationSpec {
    /// Where it stands.
    pub place: Place,
    /// Epochs until a job is done; all that were measured if it is not said.
    pub epochs: Option<u32>,
    /// Time to start, or to go on elsewhere.
    pub delay: Span,
    /// By how much a job is slower than was measured, at least 1.
    pub slowdown: f64,
    /// Stages of a pipeline by what profiles call a GPU model, at least one each; empty where a GPU holds all.
    pub pipeline: Vec<(Spanned<String>, u32)>,
}

/// A table of speeds: steps a second by GPU model, kind of job and number of GPUs.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeedsSpec {
    /// Where it stands.
    pub table: SpeedsSource,
    /// The GPU model that durations refer to.
    pub reference: Spanned<String>,
    /// The kind of all jobs; otherwise the trace says it of each.
    pub kind: Option<Spanned<String>>,
}

/// Where a table of speeds stands.
#[derive(Clone, Debug, PartialEq)]
pub enum SpeedsSource {
    /// In a file of Gavel's form.
    File(Spanned<DataPath>),
    /// Here.
    Rows(Vec<traces::SpeedRow>),
}

/// The data that a job reads while it works.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The `[[data]]`.
    pub data: Spanned<String>,
    /// Bytes a second that a GPU at full speed takes in.
    pub read: Bytes,
    /// Memory of a node that holds what was read, and bytes a second that it gives back.
    pub cache: Option<(Bytes, Bytes)>,
}

/// Whether a job can stop at any moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CourseKind {
    /// Work over a rate, divisible at any microsecond.
    Linear,
    /// Epochs, with a batch of its choice.
    Goodput,
    /// Whole steps of this much work.
    Stepwise {
        /// Length of a step at rate 1.0, longer than zero.
        step: Spanned<Span>,
    },
}

/// What a preempted job keeps, and what coming back costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// How much of its work.
    pub keep: Keep,
    /// Time to write a checkpoint; the work stands still.
    pub dump: Spanned<Span>,
    /// From when it is written to when it outlives the node.
    pub upload: Spanned<Span>,
    /// Whether one is written at the very end as well.
    pub last: bool,
    /// Whether a notice makes the job write one at once.
    pub on_notice: bool,
    /// Overhead at the first start.
    pub setup: Spanned<Span>,
    /// Overhead at each start after the first.
    pub restore: Spanned<Span>,
    /// Overhead of going on in other seats.
    pub reseat: Spanned<Span>,
    /// Where checkpoints lie, if that is billed.
    pub stored: Option<StoredSpec>,
}

/// Checkpoints in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSpec {
    /// The `[[storage]]`.
    pub storage: Spanned<String>,
    /// Bytes of each.
    pub size: Bytes,
    /// How many of the last a job keeps.
    pub retention: u32,
    /// How long after its end.
    pub linger: Span,
}

impl Checkpoint {
    /// All is kept, and nothing costs anything.
    pub const fn free(zero: Spanned<Span>) -> Self {
        Self {
            keep: Keep::All,
            dump: zero,
            upload: zero,
            last: false,
            on_notice: false,
            setup: zero,
            restore: zero,
            reseat: zero,
            stored: None,
        }
    }
}

/// How much of its work a preempted job keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// All of it, to the microsecond.
    All,
    /// None: it starts again.
    None,
    /// What was done at the last whole multiple of a period of work, longer than zero.
    Every(Spanned<Span>),
    /// The same of steps.
    Steps(Spanned<u64>),
    /// Whichever comes first.
    Either(Spanned<Span>, Spanned<u64>),
}

/// By when a job should be done, counted from its submission.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Deadline {
    /// This many times its duration; at least 1.
    Slack(Spanned<f64>),
    /// The same time for all.
    After(Spanned<Span>),
}
