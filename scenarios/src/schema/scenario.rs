//! The scenario: one experiment, typed. What each table holds is in the module of its name.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sim_core::model::Amount;
use sim_core::units::{SimTime, Span};

use super::budget::BudgetSpec;
use super::claim::ClaimSpec;
use super::commitment::ReservationSpec;
use super::event::{EventSpec, RegionSpec};
use super::fleet::Fleet;
use super::gate::GateSpec;
use super::place::Spanned;
use super::policy::PolicySpec;
use super::quota::QuotaSpec;
use super::service::ServiceSpec;
use super::sharing::SharingSpec;
use super::store::{DataSpec, LeftoverSpec, StorageSpec};
use super::sweep::SweepSpec;
use super::train::{RewardSpec, TrainSpec};
use super::value::Table;
use super::workload::Workload;

/// One experiment: the fleets, the work, and the policies to compare on them.
///
/// Names are unique within each list; `baseline` and each workload's `queue` name what exists.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What the results are filed under.
    pub name: Spanned<String>,
    /// One sentence for the report.
    pub description: Option<String>,
    /// What the experiment is to answer.
    pub question: Option<String>,
    /// Replication r uses `seed + r`; `seed + replicate.n` does not overflow.
    pub seed: Spanned<u64>,
    /// The policy that others are compared with: by default the first.
    pub baseline: Spanned<String>,
    /// How often the experiment is repeated.
    pub replicate: Replicate,
    /// When it starts, ends, and counts.
    pub horizon: Horizon,
    /// When a policy is asked.
    pub engine: EngineSpec,
    /// At least one, with at least one machine among them.
    pub fleets: Vec<Fleet>,
    /// At least one, unless there are services.
    pub workloads: Vec<Workload>,
    /// What takes requests; a run with any has an end.
    pub services: Vec<ServiceSpec>,
    /// The tenants; empty when all work is one tenant's.
    pub queues: Vec<Queue>,
    /// What is paid for, used or not.
    pub reservations: Vec<ReservationSpec>,
    /// What may be spent.
    pub budgets: Vec<BudgetSpec>,
    /// What fleets may hold together: each of some fleets, each of them once.
    pub quotas: Vec<QuotaSpec>,
    /// How jobs that share a GPU slow each other down, if they do.
    pub sharing: Option<SharingSpec>,
    /// Where bytes lie.
    pub storage: Vec<StorageSpec>,
    /// Data sets.
    pub data: Vec<DataSpec>,
    /// What machines leave behind.
    pub leftovers: Vec<LeftoverSpec>,
    /// Drills, outages and price changes at known times.
    pub events: Vec<EventSpec>,
    /// Zones whose spot machines run out together.
    pub regions: Vec<RegionSpec>,
    /// At least one.
    pub policies: Vec<PolicySpec>,
    /// What counts as a violation.
    pub objectives: Objectives,
    /// What a run leaves behind.
    pub output: Output,
    /// What the field says, for the run to judge.
    pub claims: Vec<ClaimSpec>,
    /// What its policies may not become.
    pub gate: Option<GateSpec>,
    /// How its learned policies learn.
    pub train: TrainSpec,
    /// What they are to want.
    pub reward: RewardSpec,
    /// Cells around it; `compare` says that it ignores them.
    pub sweep: Option<SweepSpec>,
}

/// How often an experiment is repeated.
#[derive(Clone, Debug, PartialEq)]
pub struct Replicate {
    /// Number of replications, at least 1.
    pub n: Spanned<u32>,
    /// What differs between them, beside the seed.
    pub over: Over,
    /// When a comparison has flown enough, if `n` does not say; none over windows.
    pub until: Option<Until>,
    /// How intervals and p-values are found.
    pub inference: Inference,
}

/// How intervals and p-values are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inference {
    /// Of a mean, and of a mean difference.
    pub interval: IntervalKind,
    /// Of a difference from the baseline.
    pub test: TestKind,
}

/// The interval of a mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IntervalKind {
    /// Student's t.
    #[default]
    T,
    /// Bias-corrected and accelerated bootstrap.
    Bca,
    /// Batch means of one run.
    BatchMeans,
}

/// The test of paired differences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestKind {
    /// Student's t.
    #[default]
    T,
    /// Wilcoxon's signed ranks.
    Wilcoxon,
}

/// What differs between replications, beside the seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Over {
    /// Nothing.
    Seeds,
    /// The window of the history in files, so long: of whole seconds.
    Windows(Spanned<Span>),
    /// The order of its blocks, so long: of whole seconds.
    Blocks(Spanned<Span>),
}

/// An interval that is to be narrow.
#[derive(Clone, Debug, PartialEq)]
pub struct Until {
    /// Of this metric.
    pub metric: Spanned<String>,
    /// Half its width in millionths: of a difference as a part of the baseline, or of a mean as a part of it. Above zero.
    pub precision_ppm: u32,
    /// Replications after which it ends; at least `n`.
    pub at_most: Spanned<u32>,
}

/// The stretch of time that is run, and the part of it that counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Horizon {
    /// When the run ends.
    pub end: End,
    /// What starts before is run and not counted.
    pub warmup: Spanned<Span>,
    /// Whether the runs say when that is (MSER); `warmup` is zero until they have.
    pub is_settled_by_mser: bool,
    /// What is submitted in the last `tail` is run and not counted.
    pub tail: Spanned<Span>,
    /// The moment that the clock's zero stands for; by default a trace's own.
    pub epoch: Option<Spanned<Timestamp>>,
    /// An IANA name, in which daily and weekly patterns are read.
    pub timezone: Spanned<String>,
}

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// When the last job has left.
    Drain,
    /// At this instant, whatever still runs.
    At(Spanned<SimTime>),
}

/// How the engine consults a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineSpec {
    /// What wakes the policy.
    pub trigger: Trigger,
}

/// What wakes a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Whatever it declared an interest in.
    Event,
    /// Every multiple of a period, longer than zero.
    Round(Spanned<Span>),
    /// The same as for events, but after each of them by itself.
    Step,
}

/// A tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// What workloads and tables call it.
    pub name: Spanned<String>,
    /// The queue that it is part of, an earlier one.
    pub parent: Option<Spanned<String>>,
    /// What it is guaranteed; nothing by default.
    pub share: Option<Spanned<Amount>>,
    /// The most that it may have.
    pub cap: Option<Spanned<Amount>>,
    /// Whether it may have more than its share; by default it may.
    pub borrow: Option<Spanned<bool>>,
    /// How what is borrowed is divided; 1 by default.
    pub weight: Option<Spanned<u32>>,
    /// As it was written.
    pub written: Table,
}

/// What users were promised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Objectives {
    /// A job that waits longer is a violation, deadline or not.
    pub wait: Option<Spanned<Span>>,
}

/// What a run writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Which tables each run leaves.
    pub tables: BTreeSet<TableName>,
    /// How far apart the samples of the timeline lie, longer than zero.
    pub sample: Spanned<Span>,
    /// How long the periods are that spending is told by, at least an hour.
    pub spend: Spanned<Span>,
    /// Whether runs are told how far they are from the best.
    pub bounds: bool,
}

/// A table that a run can leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableName {
    /// One row per job.
    Jobs,
    /// One row per machine that was held.
    Nodes,
    /// Utilization and queue over time.
    Timeline,
    /// One row per decision.
    Decisions,
    /// One row per line of the bill and payer.
    Bill,
    /// The bill by team, workload, GPU model, tag and project.
    Attribution,
    /// One row per period and market, team, and all.
    Spend,
    /// One row per service.
    Services,
    /// One row per request that ended, up to a million.
    Requests,
    /// One row per job and reason for which it waited.
    Waits,
}

impl TableName {
    /// Every table, in the order of the documentation.
    pub const ALL: [Self; 10] = [
        Self::Jobs,
        Self::Nodes,
        Self::Timeline,
        Self::Decisions,
        Self::Bill,
        Self::Attribution,
        Self::Spend,
        Self::Services,
        Self::Requests,
        Self::Waits,
    ];

    /// Its name in a scenario and on disk.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jobs => "jobs",
            Self::Nodes => "nodes",
            Self::Timeline => "timeline",
            Self::Decisions => "decisions",
            Self::Bill => "bill",
            Self::Attribution => "attribution",
            Self::Spend => "spend",
            Self::Services => "services",
            Self::Requests => "requests",
            Self::Waits => "waits",
        }
    }
}
