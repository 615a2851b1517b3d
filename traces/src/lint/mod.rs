//! The critic: what is odd about a workload before anyone trusts a result on it.

mod checks;
mod demand;

use std::fmt;

use crate::fleet::Fleet;
use crate::record::{Record, Workload};

/// Examples listed with a finding.
pub const MAX_EXAMPLES: usize = 5;

/// One kind of oddity, with how often and where first.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which kind.
    pub code: Code,
    /// How often it occurs.
    pub count: u64,
    /// What it means, in a sentence.
    pub message: String,
    /// The first occurrences, at most [`MAX_EXAMPLES`].
    pub examples: Vec<Example>,
}

/// Where a finding occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Line of the trace, from 1; 0 where the job was generated.
    pub line: u32,
    /// The job's name.
    pub name: String,
    /// What is odd about it.
    pub what: String,
}

/// Kinds of oddity, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The workload holds no jobs.
    NoJobs,
    /// A job allows only models that the fleet does not have.
    ModelNotInFleet,
    /// One task needs more GPUs than any allowed node has.
    TaskBeyondNode,
    /// A gang can never be placed, not even alone.
    GangBeyondFleet,
    /// Rows were dropped by a lenient import.
    Dropped,
    /// Two jobs share a name.
    DuplicateName,
    /// Two jobs are equal in everything but their name.
    DuplicateJob,
    /// A job runs for no time at all.
    ZeroDuration,
    /// A job runs for more than a year.
    LongDuration,
    /// Nothing is submitted for a day, or for an hour that is a thousand times the median gap.
    ClockGap,
    /// A job runs longer than its estimate.
    EstimateBelowRuntime,
    /// A job is due before it could end.
    DeadlineBeforeEnd,
    /// If every job started at once, it would want more GPUs than there are.
    DemandAboveCapacity,
    /// The trace was not sorted by submission.
    Unsorted,
    /// A field is known for some jobs and not for others.
    MissingField,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A run on this fleet cannot complete these jobs.
    Error,
    /// Results may not mean what they seem to.
    Warning,
    /// Worth knowing.
    Note,
}

/// Everything odd about `workload`, and about running it on `fleet`, the gravest first.
pub fn lint(workload: &Workload, fleet: Option<&Fleet>) -> Vec<Finding> {
    let mut findings = checks::all(workload);
    if let Some(fleet) = fleet {
        findings.extend(checks::on_fleet(workload, fleet));
        findings.extend(demand::above_capacity(workload, fleet));
    }
    findings.sort_by_key(|finding| finding.code);
    findings
}

impl Code {
    /// The name under which messages and options know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoJobs => "no-jobs",
            Self::ModelNotInFleet => "model-not-in-fleet",
            Self::TaskBeyondNode => "task-beyond-node",
            Self::GangBeyondFleet => "gang-beyond-fleet",
            Self::Dropped => "dropped",
            Self::DuplicateName => "duplicate-name",
            Self::DuplicateJob => "duplicate-job",
            Self::ZeroDuration => "zero-duration",
            Self::LongDuration => "long-duration",
            Self::ClockGap => "clock-gap",
            Self::EstimateBelowRuntime => "estimate-below-runtime",
            Self::DeadlineBeforeEnd => "deadline-before-end",
            Self::DemandAboveCapacity => "demand-above-capacity",
            Self::Unsorted => "unsorted",
            Self::MissingField => "missing-field",
        }
    }

    /// How grave it is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::NoJobs | Self::ModelNotInFleet | Self::TaskBeyondNode | Self::GangBeyondFleet => {
                Severity::Error
            }
            Self::Dropped
            | Self::DuplicateName
            | Self::DuplicateJob
            | Self::ZeroDuration
            | Self::LongDuration
            | Self::ClockGap
            | Self::DeadlineBeforeEnd => Severity::Warning,
            Self::EstimateBelowRuntime
            | Self::DemandAboveCapacity
            | Self::Unsorted
            | Self::MissingField => Severity::Note,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (severity, code) = (self.code.severity(), self.code.name());
        write!(f, "{severity}[{code}]: {}", self.message)?;
        for example in &self.examples {
            write!(f, "\n  ")?;
            if example.line > 0 {
                write!(f, "line {}, ", example.line)?;
            }
            write!(f, "job {}: {}", example.name, example.what)?;
        }
        Ok(())
    }
}

/// Gathers the occurrences of one code.
pub(crate) struct Tally {
    code: Code,
    count: u64,
    examples: Vec<Example>,
}

impl Tally {
    pub(crate) fn new(code: Code) -> Self {
        Self {
            code,
            count: 0,
            examples: Vec::new(),
        }
    }

    /// Counts `job`; `what` is asked only while examples are wanted.
    pub(crate) fn add(&mut self, job: &Record, what: impl FnOnce() -> String) {
        self.count += 1;
        if self.examples.len() < MAX_EXAMPLES {
            self.examples.push(Example {
                line: job.line,
                name: job.name.to_string(),
                what: what(),
            });
        }
    }

    /// The finding, if there is one.
    pub(crate) fn finding(self, message: impl FnOnce(u64) -> String) -> Option<Finding> {
        (self.count > 0).then(|| Finding {
            code: self.code,
            count: self.count,
            message: message(self.count),
            examples: self.examples,
        })
    }
}
