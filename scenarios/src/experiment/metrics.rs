//! Metrics: one name everywhere, one definition. Computed from a run's record, within the window that counts.

use sim_core::books::Kind;
use sim_core::engine::{Counters, World};
use sim_core::model::{Job, Market};
use sim_core::units::Span;
use sim_core::watch::{Record, Row};

use super::judged::{Window, jct, wait};
use super::measured::{Run, Watched, count, makespan, mean, slowdown, unfinished, usd, violations};
use super::number::{hours, ratio, real_u128, secs};
use super::power;
use super::stretch;
use super::worth::{Worths, work_us};
use crate::build::{Experiment, Jobs};
use crate::stats::quantile;

/// Whether less or more is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Less.
    Less,
    /// More.
    More,
    /// Neither: it describes.
    Neither,
}

/// A metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name, in every table and file.
    pub name: &'static str,
    /// Its unit, as a figure shows it.
    pub unit: &'static str,
    /// Which way is better.
    pub better: Better,
    /// Its definition.
    pub doc: &'static str,
    of: fn(&Run<'_>) -> Option<f64>,
}

/// What the scenario says beyond the world of its runs.
#[derive(Clone, Debug)]
pub struct Known {
    worths: Option<Worths>,
    /// By job, in the order of the workload: microseconds that its work takes at speed one, where that is known before.
    work_us: Vec<Option<u128>>,
    /// By offering, if it is known of all: watts of a machine.
    pub(super) watts: Option<Vec<u32>>,
}

impl Known {
    /// What is known of a replication.
    pub fn of(experiment: &Experiment, jobs: &Jobs) -> Self {
        let classes = &experiment.world.classes;
        let work = |job: &Job| work_us(job, &classes[job.class.index()].course);
        Self {
            worths: Worths::of(experiment, jobs),
            work_us: jobs.jobs().iter().map(work).collect(),
            watts: power::rated(experiment).into_iter().collect(),
        }
    }

    /// Microseconds that the work of a job takes at speed one, where that is known before.
    pub(super) fn work_us(&self, job: usize) -> Option<u128> {
        self.work_us[job]
    }

    /// What jobs are worth, if any workload says.
    pub(super) fn worths(&self) -> Option<&Worths> {
        self.worths.as_ref()
    }

    /// Whether every workload says.
    fn is_worth_whole(&self) -> bool {
        self.worths().is_some_and(|worths| worths.is_whole)
    }
}

pub(super) const fn metric(
    name: &'static str,
    unit: &'static str,
    better: Better,
    doc: &'static str,
    of: fn(&Run<'_>) -> Option<f64>,
) -> Metric {
    Metric {
        name,
        unit,
        better,
        doc,
        of,
    }
}

use Better::{Less, More, Neither};

/// Every metric, in the order of the tables.
pub const METRICS: &[Metric] = &super::service_metrics::ALL;

/// Those of jobs, machines and the bill.
pub(super) const OF_JOBS: &[Metric] = &[
    metric(
        "cost_usd",
        "USD",
        Less,
        "the bill: all that is held and committed to, under the terms of its offering",
        |run| Some(run.cost(None)),
    ),
    metric(
        "cost_on_demand_usd",
        "USD",
        Less,
        "the part of it for machines on demand",
        |run| Some(run.cost(Some(Market::OnDemand))),
    ),
    metric(
        "cost_owned_usd",
        "USD",
        Less,
        "the part of it for machines owned",
        |run| Some(run.cost(Some(Market::Owned))),
    ),
    metric(
        "cost_spot_usd",
        "USD",
        Less,
        "the part of it for spot machines",
        |run| Some(run.cost(Some(Market::Spot))),
    ),
    metric(
        "cost_reserved_usd",
        "USD",
        Less,
        "the part of it for reserved machines and capacity blocks",
        |run| {
            let blocks = run.cost(Some(Market::CapacityBlock));
            Some(run.cost(Some(Market::Reserved)) + blocks)
        },
    ),
    metric(
        "cost_serverless_usd",
        "USD",
        Less,
        "the part of it for serverless machines",
        |run| Some(run.cost(Some(Market::Serverless))),
    ),
    metric(
        "cost_storage_usd",
        "USD",
        Less,
        "the part of it for bytes that lie in stores, are asked for there, or are left over",
        |run| {
            let kinds = [Kind::Storage, Kind::Requests, Kind::Leftover];
            Some(run.unmetered(&kinds))
        },
    ),
    metric(
        "cost_egress_usd",
        "USD",
        Less,
        "the part of it for bytes that are moved between places",
        |run| Some(run.unmetered(&[Kind::Egress])),
    ),
    metric(
        "cost_idle_usd",
        "USD",
        Less,
        "the part of it for GPUs that were ready and held by nobody",
        |run| Some(run.line(Kind::Idle)),
    ),
    metric(
        "cost_boot_usd",
        "USD",
        Less,
        "the part of it while machines booted",
        |run| Some(run.line(Kind::Boot)),
    ),
    metric(
        "cost_lost_work_usd",
        "USD",
        Less,
        "the part of it for work that was lost: of what an attempt cost, in proportion to its time",
        |run| Some(run.line(Kind::Lost)),
    ),
    metric(
        "cost_per_gpu_hour_done_usd",
        "USD/GPU h",
        Less,
        "cost over GPU-hours of kept work",
        |run| ratio(run.cost(None), run.kept_gpu_hours()),
    ),
    metric(
        "cost_per_work_hour_usd",
        "USD/GPU h",
        Less,
        "cost over the work of the jobs that finished after the warm-up, in GPU-hours at speed 1.0: on fast GPUs and slow ones alike",
        |run| ratio(run.cost(None), run.finished_gpu_hours()?),
    ),
    metric(
        "value_usd",
        "USD",
        More,
        "what the jobs that finished after the warm-up are worth, as their workloads say; those that did not finish are worth nothing",
        |run| run.earned().map(usd),
    ),
    metric(
        "roi",
        "",
        More,
        "return on investment: (value - cost) / cost, of the whole bill, where every workload says what its jobs are worth",
        |run| {
            let earned = run.earned().filter(|_| run.known.is_worth_whole())?;
            let cost = run.cost(None);
            ratio(usd(earned) - cost, cost)
        },
    ),
    metric(
        "spend_anomalies",
        "",
        Less,
        "periods, days if not said otherwise, that cost more than the 14 before them would have it: above their median by over 3.5 spreads",
        |run| count(super::spend::anomalies(run.record)),
    ),
    metric(
        "sla_violation_rate",
        "",
        Less,
        "violated / all, among jobs with a deadline or a wait objective; rejected ones, and unfinished ones past their deadline, are violated",
        violations,
    ),
    metric(
        "gpu_utilization",
        "",
        More,
        "GPU time that produced kept work / billed GPU time; of a replica what it was at work",
        |run| ratio(real_u128(run.record.gpu_time.kept), run.billed()),
    ),
    metric(
        "gpu_busy",
        "",
        Neither,
        "GPU time of kept and lost work, of restoring, of writing checkpoints and waiting for data / billed GPU time",
        |run| ratio(real_u128(run.busy()), run.billed()),
    ),
    metric(
        "gpu_allocation",
        "",
        Neither,
        "GPU time that jobs held / billed GPU time",
        |run| ratio(run.allocated(), run.billed()),
    ),
    metric(
        "fragmentation",
        "",
        Less,
        "GPU time that was idle in pieces of no use to the tasks that typically come / GPU time of machines that were there, where jobs share GPUs; typical are the commonest GPU tasks of the run, 95 % of them; of no use: too little of a GPU, too few GPUs, too little CPU beside them, another model",
        |run| run.watched.fragmentation,
    ),
    metric(
        "share_deficit",
        "",
        Less,
        "GPU time that queues were guaranteed and wanted and did not get / GPU time that they were guaranteed and wanted, where the scenario has several queues",
        |run| run.watched.fairness?.deficit,
    ),
    metric(
        "jain_index",
        "",
        More,
        "Jain's index of GPU time received / GPU time that would be fair, of the queues that wanted any: 1 = all alike, 1 / n = one has it all; fair: what is wanted of what is guaranteed, then weighted max-min of what is left",
        |run| run.watched.fairness?.jain,
    ),
    metric(
        "finish_time_fairness_max",
        "",
        Less,
        "the largest ratio, among finished jobs, of the time from submission to completion to what it would be at speed 1.0 on an equal part of the GPUs held",
        |run| run.stretches.iter().copied().reduce(f64::max),
    ),
    metric(
        "unfair_jobs",
        "",
        Less,
        "finished jobs of which that ratio is above one / finished jobs",
        stretch::unfair,
    ),
    metric(
        "jct_mean_s",
        "s",
        Less,
        "mean time from submission to completion",
        |run| mean(&run.jct),
    ),
    metric(
        "jct_p50_s",
        "s",
        Less,
        "median time from submission to completion",
        |run| quantile(&run.jct, 0.5),
    ),
    metric(
        "jct_p99_s",
        "s",
        Less,
        "99th percentile of the time from submission to completion",
        |run| quantile(&run.jct, 0.99),
    ),
    metric(
        "wait_mean_s",
        "s",
        Less,
        "mean time from submission to the first start",
        |run| mean(&run.wait),
    ),
    metric(
        "wait_p50_s",
        "s",
        Less,
        "median time from submission to the first start",
        |run| quantile(&run.wait, 0.5),
    ),
    metric(
        "wait_p99_s",
        "s",
        Less,
        "99th percentile of the time from submission to the first start",
        |run| quantile(&run.wait, 0.99),
    ),
    metric(
        "bounded_slowdown_mean",
        "",
        Less,
        "mean of max(1, JCT / max(time on nodes, 10 s))",
        slowdown,
    ),
    metric(
        "makespan_s",
        "s",
        Less,
        "from the first submission to the end of the last job, or of the run if one is left",
        makespan,
    ),
    metric(
        "jobs",
        "jobs",
        Neither,
        "jobs submitted in the window",
        |run| count(run.counted.len()),
    ),
    metric(
        "completed",
        "jobs",
        More,
        "those of them that completed",
        |run| count(run.completed().count()),
    ),
    metric(
        "unfinished_gpu_hours",
        "GPU h",
        Less,
        "GPU-hours worked for jobs that did not complete",
        unfinished,
    ),
    metric(
        "lost_gpu_hours",
        "GPU h",
        Less,
        "GPU-hours of work that was lost",
        |run| Some(hours(run.record.gpu_time.lost) / 1000.0),
    ),
    metric(
        "preemptions",
        "",
        Less,
        "times a policy interrupted a job",
        |run| Some(run.sum(|row| row.preemptions)),
    ),
    metric(
        "reclaims",
        "",
        Less,
        "times a lost node interrupted a job",
        |run| Some(run.sum(|row| row.reclaims)),
    ),
    metric(
        "reclaim_sensed_max_s",
        "s",
        Less,
        "longest time between a notice and its being seen",
        |run| run.record.sensed.map(secs),
    ),
    metric(
        "energy_kwh",
        "kWh",
        Less,
        "rated power of the instance types times the time machines were held, from grant to release; where every fleet says its watts",
        super::measured::energy,
    ),
    metric(
        "refusals",
        "",
        Less,
        "decisions refused of which the policy took no notice",
        |run| Some(super::number::real(run.counters.refusals)),
    ),
    metric(
        "budget_overspend_usd",
        "USD",
        Less,
        "spent beyond the budgets, each period of each by itself: price x time, before any rule of billing",
        |run| {
            let any = !run.world.budgets.is_empty();
            any.then(|| usd(run.counters.overspent))
        },
    ),
    metric(
        "budget_alerts",
        "",
        Less,
        "times a guard saw a budget come to a further stage of its end",
        |run| {
            let any = !run.world.budgets.is_empty();
            any.then(|| super::number::real(run.counters.alerts))
        },
    ),
    metric("events", "", Neither, "events taken", |run| {
        Some(super::number::real(run.counters.events))
    }),
    metric(
        "ties",
        "",
        Neither,
        "instants that held more than one event",
        |run| Some(super::number::real(run.counters.ties)),
    ),
];

/// The metric of this name. Panics on a name that is not in the table: for names in code.
pub fn index(name: &str) -> usize {
    METRICS
        .iter()
        .position(|metric| metric.name == name)
        .expect("a metric of the table")
}

/// Whether it is a share of something, which is shown in per cent.
pub fn is_share(metric: &Metric) -> bool {
    let others = [
        "request_error_rate",
        "request_cached_share",
        "slo_attainment",
        "fragmentation",
        "share_deficit",
        "sla_violation_rate",
        "unfair_jobs",
    ];
    let kinds = ["gpu_", "gap_to_bound"];
    let is_kind = kinds.iter().any(|kind| metric.name.starts_with(kind));
    metric.unit.is_empty() && (is_kind || others.contains(&metric.name))
}

/// All metrics of a run, in the order of [`METRICS`]; none where a metric is not defined.
pub(super) fn measure(
    world: &World,
    record: &Record,
    counters: Counters,
    (window, known, watched): (Window, &Known, Watched),
) -> Vec<Option<f64>> {
    let counts = |row: &&Row| window.counts(row, record.end);
    let counted: Vec<&Row> = record.rows.iter().filter(counts).collect();
    let sorted = |of: fn(&Row) -> Option<Span>| {
        let mut values: Vec<f64> = counted.iter().filter_map(|row| of(row)).map(secs).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (jct, wait) = (sorted(jct), sorted(wait));
    let mut run = Run {
        world,
        record,
        counters,
        window,
        known,
        watched,
        counted,
        jct,
        wait,
        stretches: Vec::new(),
    };
    run.stretches = stretch::ratios(&run);
    METRICS.iter().map(|metric| (metric.of)(&run)).collect()
}
