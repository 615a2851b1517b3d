//! What is to be bounded: jobs, pools of GPUs, and what else the run allows.

use std::collections::BTreeSet;

use super::critical::earliest_end;
use super::machine::worths;
use super::steps::{LAST, Steps};

/// A job that has its whole gang or stands still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// When it comes, in microseconds.
    pub release: u64,
    /// When it is done in every run that the bound speaks of.
    pub deadline: Option<u64>,
    /// GPUs that it holds while it runs, in the unit of the pools.
    pub width: u64,
    /// By model: how long it runs there alone and undisturbed; none where it may not. Of a job that may move from one model
    /// to another, what every start costs may be part of it, but not what only the first does.
    pub spans: Vec<Option<u64>>,
}

/// GPUs of one model and one price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Their model.
    pub model: usize,
    /// The most there can be, over time, in any unit.
    pub gpus: Steps,
    /// The least that such a unit costs for a microsecond of use, over time, in any unit.
    pub price: Steps,
}

/// GPUs that are there from time zero and paid for until the last job ends, whether used or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// Their model.
    pub model: usize,
    /// How many, in the unit of the pools.
    pub gpus: u64,
    /// The least that such a unit costs for a microsecond.
    pub price: u64,
    /// From when on it is paid for.
    pub from: u64,
}

/// What a run may allow and a relaxation may not know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// Jobs on one GPU may get more done together than one of them alone.
    Sharing,
    /// A job may run on more or fewer GPUs than its width.
    Elastic,
    /// What is left of a job depends on how it is run: batch sizes that learn more or less from an example.
    Goodput,
    /// Time that was used may cost nothing, as when the provider takes a machine back.
    Rebates,
    /// Machines may be covered by what was committed to before.
    Commitments,
    /// How long a request takes depends on those that are served with it.
    Batches,
    /// An answer may be given again.
    Answers,
    /// Replicas of a service differ, in what they do or in their speed.
    Ways,
    /// Requests are not looked at one by one.
    Rates,
}

/// Why there is no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unbounded {
    /// The relaxation does not know of something that the run allows.
    Unless(Feature),
    /// No run completes the job at this position in time, or all of them if none is named.
    Impossible(Option<usize>),
    /// There are more numbers, or larger ones, than it counts with.
    TooLarge,
}

/// Jobs and pools whose numbers are within what bounds count with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    jobs: Vec<Job>,
    pools: Vec<Pool>,
    floors: Vec<Floor>,
    /// By model: GPUs of all pools and floors.
    capacity: Vec<Steps>,
    /// By job: when it ends at the earliest if it has all for itself.
    ends: Vec<u64>,
    /// Choices of what the GPUs of the models are worth.
    worths: Vec<Vec<u64>>,
    features: BTreeSet<Feature>,
}

/// Widest gang, in the unit of the pools.
const WIDEST: u64 = 1 << 24;

impl Problem {
    /// Floors are beside the pools. Where a job's gang never finds GPUs enough, it has no span afterwards.
    ///
    /// # Errors
    /// A number that is too large, or a job that cannot be completed in time even if it has all for itself.
    pub fn new(
        mut jobs: Vec<Job>,
        (pools, floors): (Vec<Pool>, Vec<Floor>),
        features: BTreeSet<Feature>,
    ) -> Result<Self, Unbounded> {
        let of_jobs = jobs.iter().map(|job| job.spans.len()).max();
        let of_pools = pools.iter().map(|pool| pool.model + 1).max();
        let of_floors = floors.iter().map(|floor| floor.model + 1).max();
        let models = of_jobs.max(of_pools).max(of_floors).unwrap_or(0);
        let of_model = |model| of_model((&pools, &floors), model);
        let capacity: Vec<Steps> = (0..models).map(of_model).collect();
        for job in &mut jobs {
            let spans = job.spans.iter().flatten().copied();
            let longest = spans.max().unwrap_or(0);
            let latest = job.release.max(job.deadline.unwrap_or(0)).max(longest);
            if latest > LAST || job.width > WIDEST {
                return Err(Unbounded::TooLarge);
            }
            job.spans.resize(models, None);
            for (span, gpus) in job.spans.iter_mut().zip(&capacity) {
                let fits = job.width <= gpus.most();
                *span = span.filter(|_| fits);
            }
        }
        let mut cuts: Vec<u64> = capacity.iter().flat_map(Steps::instants).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let ends = jobs.iter().enumerate().map(|(at, job)| {
            let end = earliest_end(job, &capacity, &cuts);
            let in_time = end.filter(|end| job.deadline.is_none_or(|deadline| *end <= deadline));
            in_time.ok_or(Unbounded::Impossible(Some(at)))
        });
        Ok(Self {
            ends: ends.collect::<Result<_, _>>()?,
            worths: worths(&jobs, models),
            jobs,
            pools,
            floors,
            capacity,
            features,
        })
    }

    /// The jobs, each with a span or none for every model.
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// The pools.
    pub fn pools(&self) -> &[Pool] {
        &self.pools
    }

    /// What is paid for in any case.
    pub fn floors(&self) -> &[Floor] {
        &self.floors
    }

    /// By model: GPUs of all pools and floors over time.
    pub fn capacity(&self) -> &[Steps] {
        &self.capacity
    }

    /// By job: when it ends at the earliest if it has all for itself.
    pub fn ends(&self) -> &[u64] {
        &self.ends
    }

    /// Choices of what the GPUs of the models are worth to bounds that add them up.
    pub(super) fn worths(&self) -> &[Vec<u64>] {
        &self.worths
    }

    /// What the run allows.
    pub fn features(&self) -> &BTreeSet<Feature> {
        &self.features
    }
}

impl Job {
    /// Its shortest span on any model.
    pub fn shortest(&self) -> u64 {
        let spans = self.spans.iter().flatten().copied();
        spans.min().expect("a problem's jobs run somewhere")
    }
}

fn of_model((pools, floors): (&[Pool], &[Floor]), model: usize) -> Steps {
    let pools = pools.iter().filter(|pool| pool.model == model);
    let floors = floors.iter().filter(|floor| floor.model == model);
    let always = Steps::constant(floors.map(|floor| floor.gpus).fold(0, u64::saturating_add));
    let mut parts: Vec<(u64, &Steps)> = pools.map(|pool| (1, &pool.gpus)).collect();
    parts.push((1, &always));
    Steps::sum(&parts)
}

impl std::fmt::Display for Feature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sharing => "jobs may share GPUs",
            Self::Elastic => "jobs may run on more or fewer GPUs",
            Self::Goodput => "progress depends on the batch",
            Self::Rebates => "machines taken back may be free of charge",
            Self::Commitments => "commitments cover machines",
            Self::Batches => "requests are served together",
            Self::Answers => "answers may be given again",
            Self::Ways => "replicas of a service differ",
            Self::Rates => "requests are looked at as rates",
        })
    }
}

impl std::fmt::Display for Unbounded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unless(feature) => feature.fmt(f),
            Self::Impossible(Some(job)) => write!(f, "no run completes job {job} in time"),
            Self::Impossible(None) => f.write_str("no run completes these jobs in time"),
            Self::TooLarge => f.write_str("beyond the size that bounds count with"),
        }
    }
}

impl std::error::Error for Unbounded {}
