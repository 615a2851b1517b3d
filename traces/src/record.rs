//! The neutral workload: what a trace says, typed, before anyone decides how to run it.

use std::num::NonZeroU64;
use std::sync::Arc;

use sim_core::units::{SimTime, Span, convert};

use crate::error::TraceError;

/// A workload as its trace tells it: raw truth, sorted by (submit, position in the file).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workload {
    /// The jobs, in the order in which they arrive.
    pub jobs: Vec<Record>,
    /// Names behind [`Record::queue`]: virtual clusters, organisations, queues.
    pub queues: Vec<String>,
    /// Names behind [`Record::user`].
    pub users: Vec<String>,
    /// GPU models behind [`Record::models`]; at most [`ModelSet::MAX`].
    pub models: Vec<String>,
    /// Names behind [`Record::class`]: kinds of job as published (HP, BE, Pretrain).
    pub classes: Vec<String>,
    /// The wall clock at time zero, RFC 3339; without an offset where the trace states none.
    pub epoch: Option<String>,
    /// Rows left out because they broke a rule; always empty unless the import was lenient.
    pub dropped: Dropped,
    /// Imputations and exclusions, in sentences.
    pub notes: Vec<String>,
    /// What the file's own header states about its machine.
    pub machine: Machine,
    /// Whether durations, estimates and deadlines count steps, a second each: a table of speeds
    /// makes times of them.
    pub counts_steps: bool,
}

impl Workload {
    /// Other jobs of the same trace.
    #[must_use]
    pub fn with(&self, jobs: Vec<Record>) -> Self {
        Self {
            jobs,
            queues: self.queues.clone(),
            users: self.users.clone(),
            models: self.models.clone(),
            classes: self.classes.clone(),
            epoch: self.epoch.clone(),
            dropped: self.dropped.clone(),
            notes: self.notes.clone(),
            machine: self.machine,
            counts_steps: self.counts_steps,
        }
    }
}

/// One job: a gang of `tasks` equal tasks. Unknown numbers are zero where zero says nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The trace's own name for the job.
    pub name: Name,
    /// When it was submitted.
    pub submit: SimTime,
    /// How long it runs once it runs.
    pub duration: Span,
    /// What its user said it would take.
    pub estimate: Option<Positive>,
    /// Due this long after submission.
    pub deadline: Option<Positive>,
    /// The GPU models it may run on.
    pub models: ModelSet,
    /// Tasks of the gang, at least 1.
    pub tasks: u32,
    /// CPU per task, in thousandths of a core; 0 = not stated.
    pub cpu_milli: u32,
    /// Memory per task, in MiB; 0 = not stated.
    pub memory_mib: u32,
    /// Line of the trace it came from, from 1; 0 = generated.
    pub line: u32,
    /// Position in [`Workload::users`].
    pub user: Option<u32>,
    /// Position in [`Workload::queues`].
    pub queue: Option<u16>,
    /// Position in [`Workload::classes`].
    pub class: Option<u16>,
    /// GPUs per task; 0 = CPU only.
    pub gpus: u16,
    /// Of each GPU: 1000 = whole, less = a share of one; 0 where there are no GPUs.
    pub gpu_milli: u16,
    /// Higher is more urgent.
    pub priority: i16,
    /// How the original run ended.
    pub status: Status,
}

/// A span above zero, so that "none" needs no room of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Positive(NonZeroU64);

/// A job's name: most traces count, some hash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// A number.
    Number(u64),
    /// Anything else, printable and of bounded length.
    Text(Box<str>),
}

/// How the original run ended, as published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// The trace does not say.
    #[default]
    Unknown,
    /// It finished.
    Completed,
    /// It ended in an error of its own.
    Failed,
    /// Its user stopped it.
    Cancelled,
    /// It ran out of its time limit.
    TimedOut,
    /// Its node died.
    NodeFailed,
    /// It was still running when the log was taken.
    Running,
    /// It never started.
    Pending,
}

/// A set of GPU models by their positions in [`Workload::models`]; the empty set stands for any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelSet(u64);

/// What a trace's header states about the machine it was recorded on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Processors or GPUs in all (`MaxProcs`).
    pub procs: Option<u64>,
    /// Nodes (`MaxNodes`).
    pub nodes: Option<u64>,
}

/// Rows left out by a lenient import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// How many.
    pub count: u64,
    /// The first of them, at most [`crate::MAX_LISTED`], with the rule each broke.
    pub first: Vec<TraceError>,
}

/// The machines of a published cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Nodes {
    /// One entry per machine, in the order of the file.
    pub nodes: Vec<Node>,
    /// Names behind [`Node::model`].
    pub models: Vec<String>,
    /// Rows left out because they broke a rule; always empty unless the import was lenient.
    pub dropped: Dropped,
}

/// One machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The trace's own name for it.
    pub name: Name,
    /// CPU, in thousandths of a core.
    pub cpu_milli: u32,
    /// Memory, in MiB.
    pub memory_mib: u32,
    /// GPUs; 0 = CPU only.
    pub gpus: u16,
    /// Position in [`Nodes::models`]; none for a machine without GPUs.
    pub model: Option<u16>,
}

impl Record {
    /// A job of one task on one whole GPU, of which nothing else is known.
    pub fn new(name: Name, submit: SimTime, duration: Span) -> Self {
        Self {
            name,
            submit,
            duration,
            estimate: None,
            deadline: None,
            models: ModelSet::ANY,
            tasks: 1,
            cpu_milli: 0,
            memory_mib: 0,
            line: 0,
            user: None,
            queue: None,
            class: None,
            gpus: 1,
            gpu_milli: 1000,
            priority: 0,
            status: Status::Unknown,
        }
    }

    /// Thousandths of a GPU of the whole gang.
    pub fn total_gpu_milli(&self) -> u64 {
        u64::from(self.tasks) * u64::from(self.gpus) * u64::from(self.gpu_milli)
    }

    /// GPU-microseconds of the whole gang, in thousandths.
    pub fn work_milli(&self) -> u128 {
        u128::from(self.total_gpu_milli()) * u128::from(self.duration.us())
    }
}

impl Positive {
    /// `None` for no time at all.
    pub fn new(span: Span) -> Option<Self> {
        NonZeroU64::new(span.us()).map(Self)
    }

    /// The span.
    pub fn span(self) -> Span {
        Span::from_us(self.0.get()).expect("made from a span")
    }
}

impl ModelSet {
    /// Any model will do.
    pub const ANY: Self = Self(0);
    /// Most models of one workload.
    pub const MAX: usize = 64;

    /// Adds the model at `position`. Panics beyond [`ModelSet::MAX`].
    #[must_use]
    pub fn with(self, position: usize) -> Self {
        assert!(position < Self::MAX, "at most {} models", Self::MAX);
        Self(self.0 | 1 << position)
    }

    /// Whether any model will do.
    pub const fn is_any(self) -> bool {
        self.0 == 0
    }

    /// Whether the model at `position` is allowed.
    pub fn allows(self, position: usize) -> bool {
        self.is_any() || (position < Self::MAX && self.0 >> position & 1 == 1)
    }

    /// Positions in the set, ascending; nothing where any model will do.
    pub fn positions(self) -> impl Iterator<Item = usize> {
        (0..Self::MAX).filter(move |&position| self.0 >> position & 1 == 1)
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl From<u64> for Name {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl Workload {
    /// From the first submission to the last; nothing in an empty workload.
    pub fn span(&self) -> Span {
        match (self.jobs.first(), self.jobs.last()) {
            (Some(first), Some(last)) => last.submit.since(first.submit),
            (None, _) | (_, None) => Span::ZERO,
        }
    }

    /// The user's name, where one is known.
    pub fn user_of(&self, record: &Record) -> Option<&str> {
        let position = convert::index(record.user?);
        self.users.get(position).map(String::as_str)
    }

    /// Sorts the jobs by submission; equal ones keep their order.
    pub(crate) fn sort(&mut self) {
        self.jobs.sort_by_key(|job| job.submit);
    }
}

/// A file's name, shared by all that point into it.
pub(crate) type FileName = Arc<str>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_stays_below_a_hundred_bytes() {
        assert!(size_of::<Record>() <= 96, "{}", size_of::<Record>());
    }

    #[test]
    fn an_empty_set_of_models_stands_for_any() {
        let two = ModelSet::ANY.with(0).with(63);
        assert!(ModelSet::ANY.allows(5) && two.allows(63) && !two.allows(5) && !two.allows(64));
        assert_eq!(two.positions().collect::<Vec<_>>(), [0, 63]);
    }
}
