//! A workload in numbers: what a reader wants to know before running it.

use std::collections::BTreeMap;

use sim_core::units::{Span, convert};

use crate::fleet::{Fleet, hours};
use crate::record::{Status, Workload};

/// A workload in numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Stats {
    /// Jobs.
    pub jobs: u64,
    /// From the first submission to the last.
    pub span: Span,
    /// GPU-hours of all jobs, shares counted as shares.
    pub gpu_hours: f64,
    /// Durations, in seconds.
    pub duration_s: Quantiles,
    /// GPUs per job, shares counted as shares.
    pub gpus: Quantiles,
    /// Time between submissions, in seconds.
    pub gap_s: Quantiles,
    /// Jobs per size in whole GPUs, ascending; a share counts as one.
    pub sizes: Vec<(u64, u64)>,
    /// Jobs per ending, in the order of [`Status`].
    pub endings: Vec<(Status, u64)>,
    /// Users by GPU-hours, the largest first, at most [`Stats::TOP`].
    pub top_users: Vec<UserShare>,
    /// GPU-hours over what the fleet has from the first submission to the last; above 1 the queue
    /// grows without end.
    pub offered_load: Option<f64>,
}

/// What one user submits.
#[derive(Clone, Debug, PartialEq)]
pub struct UserShare {
    /// Name.
    pub user: String,
    /// Jobs.
    pub jobs: u64,
    /// GPU-hours.
    pub gpu_hours: f64,
}

/// Quantiles by nearest rank, all zero of an empty sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quantiles {
    /// Mean.
    pub mean: f64,
    /// Least.
    pub min: f64,
    /// 10 %.
    pub p10: f64,
    /// 25 %.
    pub p25: f64,
    /// Median.
    pub p50: f64,
    /// 75 %.
    pub p75: f64,
    /// 90 %.
    pub p90: f64,
    /// 99 %.
    pub p99: f64,
    /// Largest.
    pub max: f64,
}

impl Stats {
    /// Most users listed.
    pub const TOP: usize = 10;

    /// The numbers of `workload`, and of the load it offers to `fleet`.
    pub fn of(workload: &Workload, fleet: Option<&Fleet>) -> Self {
        let jobs = &workload.jobs;
        let seconds = |span: Span| convert::real(span.us()) / 1e6;
        let gaps = jobs
            .windows(2)
            .map(|w| seconds(w[1].submit.since(w[0].submit)));
        let mut sizes: BTreeMap<u64, u64> = BTreeMap::new();
        let mut endings: BTreeMap<Status, u64> = BTreeMap::new();
        for job in jobs {
            *sizes
                .entry(u64::from(job.tasks) * u64::from(job.gpus))
                .or_default() += 1;
            *endings.entry(job.status).or_default() += 1;
        }
        let gpu_hours = gpu_hours(jobs.iter().map(crate::Record::work_milli).sum());
        let offered =
            |fleet: &Fleet| gpu_hours / (convert::real(fleet.gpus()) * hours(workload.span().us()));
        Self {
            jobs: convert::wide(jobs.len()),
            span: workload.span(),
            gpu_hours,
            duration_s: Quantiles::of(jobs.iter().map(|job| seconds(job.duration)).collect()),
            gpus: Quantiles::of(
                jobs.iter()
                    .map(|job| convert::real(job.total_gpu_milli()) / 1000.0)
                    .collect(),
            ),
            gap_s: Quantiles::of(gaps.collect()),
            sizes: sizes.into_iter().collect(),
            endings: endings.into_iter().collect(),
            top_users: top_users(workload),
            offered_load: fleet.map(offered).filter(|load| load.is_finite()),
        }
    }
}

impl Quantiles {
    /// The quantiles of a sample.
    pub fn of(mut sample: Vec<f64>) -> Self {
        sample.sort_by(f64::total_cmp);
        let count = convert::wide(sample.len());
        // Nearest rank: the least value with at least this percentage at or below it.
        let at = |percent: u64| {
            let rank = (count * percent).div_ceil(100).max(1) - 1;
            sample[usize::try_from(rank).expect("a position in the sample")]
        };
        if sample.is_empty() {
            return Self::default();
        }
        Self {
            mean: sample.iter().sum::<f64>() / convert::real(count),
            min: at(0),
            p10: at(10),
            p25: at(25),
            p50: at(50),
            p75: at(75),
            p90: at(90),
            p99: at(99),
            max: at(100),
        }
    }
}

fn top_users(workload: &Workload) -> Vec<UserShare> {
    let mut shares: BTreeMap<&str, (u128, u64)> = BTreeMap::new();
    for job in &workload.jobs {
        if let Some(user) = workload.user_of(job) {
            let share = shares.entry(user).or_default();
            share.0 += job.work_milli();
            share.1 += 1;
        }
    }
    let mut ranked: Vec<_> = shares.into_iter().collect();
    ranked.sort_by_key(|&(user, (work, _))| (std::cmp::Reverse(work), user));
    let top = ranked.into_iter().take(Stats::TOP);
    top.map(|(user, (work, jobs))| UserShare {
        user: user.to_owned(),
        jobs,
        gpu_hours: gpu_hours(work),
    })
    .collect()
}

/// Thousandths of GPU-microseconds as GPU-hours.
fn gpu_hours(work_milli: u128) -> f64 {
    hours(u64::try_from(work_milli / 1000).unwrap_or(u64::MAX))
}
