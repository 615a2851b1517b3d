//! Tables that compare: on the terminal and in the report.

use plots::table::{Cell, Table, Value};

use super::compare::Comparison;
use super::flight::Flight;
use super::metrics::{self, Better, METRICS, Metric};
use crate::build::Experiment;
use crate::stats::Mean;

/// Metrics that a terminal table shows, where they say anything.
const SHOWN: [&str; 20] = [
    "cost_usd",
    "gap_to_bound",
    PER_WORK,
    "roi",
    PER_REQUEST,
    "slo_attainment",
    "latency_p95_s",
    "replicas_mean",
    "sla_violation_rate",
    "gpu_utilization",
    "fragmentation",
    "share_deficit",
    "jain_index",
    "jct_mean_s",
    "gap_to_bound_jct",
    "jct_p99_s",
    "wait_mean_s",
    "preemptions",
    "lost_gpu_hours",
    "unfinished_gpu_hours",
];

/// Shown where the cost alone is the same for all.
const PER_WORK: &str = "cost_per_work_hour_usd";

/// Shown for a thousand: of one it is next to nothing.
const PER_REQUEST: &str = "cost_per_request_usd";

/// Most of them, so that the table of a few policies fits a wide terminal.
const MOST_SHOWN: usize = 9;

/// The metrics of the terminal table and the report that say anything here, the first of them.
pub(super) fn shown(comparison: &Comparison) -> Vec<usize> {
    let all = SHOWN.into_iter();
    let all = all.filter(|name| *name != PER_WORK || cost_the_same(comparison));
    all.map(metrics::index)
        .filter(|metric| comparison.is_telling(*metric))
        .take(MOST_SHOWN)
        .collect()
}

/// Whether all policies cost the same, but for roundings of the bill.
fn cost_the_same(comparison: &Comparison) -> bool {
    let contenders = 0..comparison.plan.contenders.len();
    let costs = contenders.filter_map(|at| comparison.mean(at, metrics::index("cost_usd")));
    let costs: Vec<f64> = costs.map(|mean| mean.mean).collect();
    let least = costs.iter().copied().fold(f64::INFINITY, f64::min);
    costs.iter().all(|cost| cost - least <= 1e-6 * least)
}

/// A policy's name, with what must be known of it.
pub(super) fn label(experiment: &Experiment, position: usize) -> String {
    let contender = &experiment.contenders[position];
    let mut label = contender.name.clone();
    if !contender.knows.peeks.is_empty() {
        label.push_str(" (peeks)");
    }
    if let Some(compat) = &contender.knows.compat {
        label = format!("{label} (as {compat})");
    }
    label
}

/// Policies by metrics: means with half-widths, the best marked.
pub fn paired_table(experiment: &Experiment, comparison: &Comparison) -> Table {
    table_of(experiment, comparison, &shown(comparison))
}

/// The same for the width of a page: the metrics that a reader asks for first.
pub(super) fn page_table(experiment: &Experiment, comparison: &Comparison) -> Table {
    let first = [
        "cost_usd",
        "gap_to_bound",
        "sla_violation_rate",
        "gpu_utilization",
        "jct_mean_s",
        "gap_to_bound_jct",
        "wait_mean_s",
    ];
    let telling = first
        .map(metrics::index)
        .into_iter()
        .filter(|metric| comparison.is_telling(*metric));
    table_of(experiment, comparison, &telling.collect::<Vec<_>>())
}

fn table_of(experiment: &Experiment, comparison: &Comparison, shown: &[usize]) -> Table {
    let mut columns = vec!["policy".to_owned()];
    columns.extend(shown.iter().map(|metric| heading(&METRICS[*metric])));
    let mut rows = Vec::new();
    for (at, position) in comparison.plan.contenders.iter().enumerate() {
        let mut row: Vec<Cell> = vec![Cell::from(label(experiment, *position).as_str())];
        row.extend(shown.iter().map(|metric| cell(comparison, at, *metric)));
        rows.push(row);
    }
    Table { columns, rows }
}

/// Every metric that says anything, a row each, by policies.
pub(super) fn full_table(experiment: &Experiment, comparison: &Comparison) -> Table {
    let telling: Vec<usize> = comparison
        .metrics()
        .filter(|metric| comparison.is_telling(*metric))
        .collect();
    let mut columns = vec!["metric".to_owned()];
    columns.extend(
        comparison
            .plan
            .contenders
            .iter()
            .map(|position| label(experiment, *position)),
    );
    let row = |metric: usize| {
        let cells = (0..comparison.flights.len()).map(|at| cell(comparison, at, metric));
        std::iter::once(Cell::from(heading(&METRICS[metric]).as_str()))
            .chain(cells)
            .collect()
    };
    Table {
        columns,
        rows: telling.into_iter().map(row).collect(),
    }
}

/// One policy of several: a row a metric that says anything of it, and how far it is from the baseline.
pub(super) fn policy_table(experiment: &Experiment, comparison: &Comparison, at: usize) -> Table {
    let plan = &comparison.plan;
    let base = label(experiment, plan.contenders[plan.baseline]);
    let telling = comparison.metrics().filter(|metric| {
        let values = comparison.values(at, *metric);
        values.iter().flatten().any(|value| *value != 0.0)
    });
    let others = at != plan.baseline;
    let row = |metric: usize| {
        let own = Cell {
            best: false,
            ..cell(comparison, at, metric)
        };
        let mut row = vec![Cell::from(heading(&METRICS[metric]).as_str()), own];
        let difference = comparison.relative(at, metric);
        let difference = difference.map_or(Cell::from(Value::Missing), |mean| beyond(&mean));
        row.extend(others.then_some(difference));
        row
    };
    let mut columns = vec!["metric".to_owned(), "mean".to_owned()];
    columns.extend(others.then(|| format!("beyond {base}, %")));
    Table {
        columns,
        rows: telling.map(row).collect(),
    }
}

/// A relative difference in per cent.
fn beyond(mean: &Mean) -> Cell {
    let percent = |value: f64| value * 100.0;
    match mean.interval() {
        None => Cell::number(percent(mean.mean), 1),
        Some((low, high)) => Cell::from(Value::Interval {
            value: percent(mean.mean),
            low: percent(low),
            high: percent(high),
            decimals: 1,
        }),
    }
}

/// One policy, one seed: a row a metric.
pub fn run_table(flight: &Flight) -> Table {
    let columns = ["metric", "value", "definition"]
        .map(str::to_owned)
        .to_vec();
    let told = METRICS
        .iter()
        .zip(&flight.metrics)
        .filter(|(_, value)| value.is_some_and(|value| value != 0.0));
    let rows = told.map(|(metric, value)| {
        let value = value.expect("just seen");
        let (scaled, decimals) = scale(metric, value, value);
        vec![
            Cell::from(heading(metric).as_str()),
            Cell::number(scaled, decimals),
            Cell::from(metric.doc),
        ]
    });
    Table {
        columns,
        rows: rows.collect(),
    }
}

/// A metric's name as a table shows it: times in hours, shares in per cent.
pub(super) fn heading(metric: &Metric) -> String {
    match metric.name {
        "cost_usd" => "cost $".to_owned(),
        "cost_idle_usd" => "idle $".to_owned(),
        PER_WORK => "$ per hour of work".to_owned(),
        PER_REQUEST => "$ per 1,000 requests".to_owned(),
        "cost_per_million_tokens_usd" => "$ per million tokens".to_owned(),
        "cost_services_usd" => "services $".to_owned(),
        "slo_attainment" => "SLO kept %".to_owned(),
        "request_error_rate" => "requests dropped %".to_owned(),
        "request_cached_share" => "requests cached %".to_owned(),
        "replicas_mean" => "replicas".to_owned(),
        "replica_hours" => "replica h".to_owned(),
        "value_usd" => "value $".to_owned(),
        "roi" => "ROI".to_owned(),
        "energy_kwh" => "energy kWh".to_owned(),
        "sla_violation_rate" => "SLA violated %".to_owned(),
        "gpu_utilization" => "GPU utilization %".to_owned(),
        "fragmentation" => "fragmentation %".to_owned(),
        "share_deficit" => "share deficit %".to_owned(),
        "jain_index" => "Jain's index".to_owned(),
        "jct_mean_s" => "JCT mean h".to_owned(),
        "jct_p50_s" => "JCT p50 h".to_owned(),
        "jct_p99_s" => "JCT p99 h".to_owned(),
        "wait_mean_s" => "wait mean h".to_owned(),
        "wait_p50_s" => "wait p50 h".to_owned(),
        "wait_p99_s" => "wait p99 h".to_owned(),
        "bounded_slowdown_mean" => "bounded slowdown".to_owned(),
        "makespan_s" => "makespan h".to_owned(),
        "lower_bound_cost_usd" => "cost bound $".to_owned(),
        "gap_to_bound" => "cost gap %".to_owned(),
        "lower_bound_jct_mean_s" => "JCT bound h".to_owned(),
        "gap_to_bound_jct" => "JCT gap %".to_owned(),
        "lower_bound_makespan_s" => "makespan bound h".to_owned(),
        "gap_to_bound_makespan" => "makespan gap %".to_owned(),
        "unfinished_gpu_hours" => "unfinished GPU h".to_owned(),
        "lost_gpu_hours" => "lost GPU h".to_owned(),
        other => {
            let words = other.split('_').map(|word| match word {
                "usd" => "$",
                "gpu" => "GPU",
                word => word,
            });
            words.collect::<Vec<_>>().join(" ")
        }
    }
}

/// For how many of what it is told for it is shown: the cost of one request is next to nothing.
pub(super) fn lot(metric: &Metric) -> f64 {
    match metric.name {
        PER_REQUEST => 1000.0,
        _ => 1.0,
    }
}

/// A value in the unit of its heading, and with how many decimals it is shown beside the largest of its kind.
pub(super) fn scale(metric: &Metric, value: f64, largest: f64) -> (f64, u8) {
    let factor = match metric.unit {
        "s" if is_of_requests(metric) => 1.0,
        "s" => 1.0 / 3600.0,
        "" if metrics::is_share(metric) => 100.0,
        _ => lot(metric),
    };
    let magnitude = (largest * factor).abs();
    let decimals = if magnitude >= 1000.0 {
        0
    } else if magnitude >= 100.0 {
        1
    } else if magnitude >= 1.0 {
        2
    } else if magnitude >= 0.1 || magnitude == 0.0 {
        3
    } else if magnitude >= 0.01 {
        4
    } else {
        5
    };
    let whole = matches!(
        metric.name,
        "preemptions"
            | "reclaims"
            | "jobs"
            | "completed"
            | "events"
            | "ties"
            | "refusals"
            | "spend_anomalies"
            | "requests"
            | "tokens"
    );
    (value * factor, if whole { 0 } else { decimals })
}

/// Requests take seconds where jobs take hours.
fn is_of_requests(metric: &Metric) -> bool {
    let mut kinds = ["latency_", "ttft_", "tpot_"].iter();
    kinds.any(|kind| metric.name.starts_with(kind))
}

fn cell(comparison: &Comparison, at: usize, metric: usize) -> Cell {
    let spec = &METRICS[metric];
    let means = (0..comparison.flights.len()).map(|at| comparison.mean(at, metric));
    let means: Vec<Option<Mean>> = means.collect();
    let Some(mean) = means[at] else {
        return Cell::from(Value::Missing);
    };
    let all = || means.iter().flatten().map(|mean| mean.mean);
    let largest = all().fold(0.0, f64::max);
    let best = match spec.better {
        Better::Less => all().fold(f64::INFINITY, f64::min),
        Better::More => all().fold(f64::NEG_INFINITY, f64::max),
        Better::Neither => f64::NAN,
    };
    let (value, decimals) = scale(spec, mean.mean, largest);
    let cell = match mean.interval() {
        None => Cell::number(value, decimals),
        Some(ends) => {
            let [low, high] = [ends.0, ends.1].map(|end| scale(spec, end, largest).0);
            Cell::from(Value::Interval {
                value,
                low,
                high,
                decimals,
            })
        }
    };
    // What is printed alike is alike.
    let places = usize::from(decimals);
    let shown = |value: f64| format!("{:.places$}", scale(spec, value, largest).0);
    let ties = |value: f64| shown(value) == shown(best);
    // What most have in common distinguishes nobody.
    let alike = all().filter(|value| ties(*value)).count();
    let is_best = ties(mean.mean) && 2 * alike <= comparison.flights.len();
    if is_best { cell.best() } else { cell }
}
