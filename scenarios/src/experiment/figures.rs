//! The figures of a comparison.

use plots::figure::{Estimate, Heading, Measure, Unit, bars, cdf, scatter, timeline};
use plots::{Drawing, PlotError};
use sim_core::units::{SimTime, convert};
use sim_core::watch::{Row, Sample};

use super::bound_tables::relaxations;
use super::compare::Comparison;
use super::flight::{Flight, window};
use super::judged;
use super::metrics::{self, METRICS};
use super::number::{real, secs};
use super::tables::{label, lot};
use super::words::{counted, direction};
use crate::build::Experiment;

/// A figure with its name as a file and what it shows.
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) caption: String,
    pub(super) drawing: Result<Drawing, PlotError>,
}

/// Every name that a figure can have, but for the charts of nodes.
pub(super) const NAMES: [&str; 26] = [
    "cost-sla",
    "cost",
    "sla-violation-rate",
    "gpu-utilization",
    "jct-mean",
    "cost-by-market",
    "cost-by-kind",
    "cost-by-team",
    "cost-by-workload",
    "spend-time",
    "spot-prices",
    "slo-attainment",
    "latency-p95",
    "cost-per-request",
    "cost-per-million-tokens",
    "replica-hours",
    "latency-cdf",
    "latency-time",
    "ttft-time",
    "tpot-time",
    "replicas-time",
    "jct-cdf",
    "wait-cdf",
    "allocation-time",
    "queue-time",
    "waits-by-reason",
];

/// Points of a line over time, about.
const STRETCHES: usize = 160;

/// All figures, in the order of the report.
pub(super) fn all(experiment: &Experiment, comparison: &Comparison) -> Vec<Figure> {
    let mut figures = Vec::new();
    if comparison.is_telling(metrics::index("cost_usd"))
        && comparison.is_telling(metrics::index("sla_violation_rate"))
    {
        figures.push(trade_off(experiment, comparison));
    }
    for metric in [
        "cost_usd",
        "sla_violation_rate",
        "gpu_utilization",
        "jct_mean_s",
    ] {
        if comparison.is_telling(metrics::index(metric)) {
            figures.push(bar_chart(experiment, comparison, metric));
        }
    }
    figures.extend(super::money_figures::all(experiment, comparison));
    figures.extend(super::service_figures::all(experiment, comparison));
    let has_jobs = !experiment.loaded.scenario.workloads.is_empty();
    if has_jobs {
        figures.push(distribution(experiment, comparison, "jct", judged::jct));
        figures.push(distribution(experiment, comparison, "wait", judged::wait));
    }
    let allocation = |sample: &Sample| {
        if sample.gpu_milli == 0 {
            0.0
        } else {
            real(sample.used_milli) / real(sample.gpu_milli)
        }
    };
    let mut samples = comparison
        .first
        .iter()
        .flat_map(|flight| &flight.record.samples);
    if samples.any(|sample| sample.gpu_milli > 0) {
        figures.push(over_time(
            experiment,
            comparison,
            ("allocation", "GPUs held by jobs", Unit::Share),
            allocation,
        ));
    }
    let queue = |sample: &Sample| f64::from(sample.waiting);
    if has_jobs {
        figures.push(over_time(
            experiment,
            comparison,
            ("queue", "Jobs that wait", Unit::Named("jobs".to_owned())),
            queue,
        ));
    }
    figures.extend(super::waits::figure(experiment, comparison));
    figures.extend(super::node_charts::all(experiment, comparison));
    figures
}

pub(super) fn subtitle(comparison: &Comparison) -> String {
    if comparison.exact {
        "exact on this trace".to_owned()
    } else {
        match comparison.plan.seeds.len() {
            1 => "1 seed".to_owned(),
            n => format!("{}, 95 % interval of the mean", counted(n, "seed")),
        }
    }
}

pub(super) fn heading(title: &str, subtitle: String) -> Heading {
    Heading {
        title: title.to_owned(),
        subtitle: Some(subtitle),
    }
}

pub(super) fn first_seed(comparison: &Comparison) -> String {
    if comparison.exact {
        "exact on this trace".to_owned()
    } else {
        format!("seed {}", comparison.plan.seeds[0])
    }
}

/// A metric as a figure calls it.
pub(crate) fn measure(metric: usize) -> Measure {
    let (title, unit) = match METRICS[metric].name {
        "cost_usd" => ("Cost", Unit::Named("USD".to_owned())),
        "sla_violation_rate" => ("SLA violations", Unit::Share),
        "gpu_utilization" => ("GPU utilization", Unit::Share),
        "jct_mean_s" => ("Mean JCT", Unit::Seconds),
        "wait_mean_s" => ("Mean wait", Unit::Seconds),
        "makespan_s" => ("Makespan", Unit::Seconds),
        "slo_attainment" => ("SLO attainment", Unit::Share),
        "latency_p95_s" => ("95th percentile of latency", Unit::Seconds),
        "cost_per_request_usd" => ("Cost per 1,000 requests", Unit::Named("USD".to_owned())),
        "cost_per_million_tokens_usd" => ("Cost per million tokens", Unit::Named("USD".to_owned())),
        "replica_hours" => ("Replica-hours", Unit::Named("h".to_owned())),
        other => (other, Unit::One),
    };
    Measure {
        title: title.to_owned(),
        unit,
    }
}

fn estimate(comparison: &Comparison, at: usize, metric: usize) -> Estimate {
    let times = lot(&METRICS[metric]);
    match comparison.mean(at, metric) {
        None => Estimate::exact(0.0),
        Some(mean) => {
            let value = mean.mean * times;
            match mean.interval() {
                None => Estimate::exact(value),
                Some((low, high)) => {
                    // No cost and no rate is below zero, and what was resampled may lie beside its mean.
                    let low = (low * times).max(0.0).min(value);
                    Estimate::within(value, low, (high * times).max(value))
                }
            }
        }
    }
}

/// What a chart of bars shows, in the metric's own words but where these lean on others.
fn definition(metric: usize) -> &'static str {
    match METRICS[metric].name {
        "cost_per_request_usd" => {
            "what the machines that replicas held cost, over thousands of requests that got their answer"
        }
        "cost_per_million_tokens_usd" => {
            "what the machines that replicas held cost, over millions of tokens of prompts and answers that they served"
        }
        _ => METRICS[metric].doc,
    }
}

/// Words as a sentence, with others after them if there are any.
fn sentence(words: &str, more: &str) -> String {
    let mut letters = words.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    let first = first.unwrap_or_default();
    let semicolon = if more.is_empty() { "" } else { "; " };
    format!("{first}{}{semicolon}{more}.", letters.as_str())
}

fn trade_off(experiment: &Experiment, comparison: &Comparison) -> Figure {
    let (cost, violations) = (
        metrics::index("cost_usd"),
        metrics::index("sla_violation_rate"),
    );
    let points = comparison
        .plan
        .contenders
        .iter()
        .enumerate()
        .map(|(at, position)| scatter::Point {
            name: label(experiment, *position),
            position: *position,
            x: estimate(comparison, at, cost),
            y: estimate(comparison, at, violations),
        });
    let scatter = scatter::Scatter {
        heading: heading("Cost against SLA violations", subtitle(comparison)),
        x: measure(cost),
        y: measure(violations),
        points: points.collect(),
    };
    Figure {
        name: "cost-sla".to_owned(),
        caption: "Cost against the share of jobs whose promise was broken; no policy is below and to the left of the line.".to_owned(),
        drawing: scatter.draw(),
    }
}

pub(super) fn bar_chart(experiment: &Experiment, comparison: &Comparison, name: &str) -> Figure {
    let metric = metrics::index(name);
    let bound = match name {
        "cost_usd" => Some(metrics::index("lower_bound_cost_usd")),
        "jct_mean_s" => Some(metrics::index("lower_bound_jct_mean_s")),
        _ => None,
    };
    let bar = |(at, position): (usize, &usize)| bars::Bar {
        name: label(experiment, *position),
        position: *position,
        estimate: estimate(comparison, at, metric),
        bound: bound.and_then(|bound| Some(comparison.mean(at, bound)?.mean)),
    };
    let bars = bars::Bars {
        heading: heading(&measure(metric).title, subtitle(comparison)),
        measure: measure(metric),
        bars: comparison
            .plan
            .contenders
            .iter()
            .enumerate()
            .map(bar)
            .collect(),
        baseline: Some(comparison.plan.baseline),
    };
    Figure {
        name: name
            .trim_end_matches("_usd")
            .trim_end_matches("_s")
            .replace('_', "-"),
        caption: sentence(definition(metric), direction(metric)) + &below(comparison, metric),
        drawing: bars.draw(),
    }
}

/// What the line of a lower bound says, where there is one.
fn below(comparison: &Comparison, metric: usize) -> String {
    let by = relaxations(comparison, metric);
    if by.is_empty() {
        return String::new();
    }
    format!(
        " The black line is a lower bound of every policy that completes the same jobs, by relaxation ({}).",
        by.join("; ")
    )
}

fn distribution(
    experiment: &Experiment,
    comparison: &Comparison,
    name: &str,
    of: fn(&Row) -> Option<sim_core::units::Span>,
) -> Figure {
    let window = window(experiment);
    let series = comparison.first.iter().map(|flight| {
        let until = flight.record.end.us().saturating_sub(window.tail.us());
        let rows = flight
            .record
            .rows
            .iter()
            .filter(|row| row.submit >= window.warmup && row.submit.us() <= until);
        cdf::Sample {
            name: label(experiment, flight.contender),
            position: flight.contender,
            values_s: rows.filter_map(of).map(secs).collect(),
        }
    });
    let title = if name == "jct" {
        "Job completion time"
    } else {
        "Waiting time"
    };
    let cdf = cdf::Cdf {
        heading: heading(title, first_seed(comparison)),
        duration: title.to_owned(),
        of: cdf::Of::Jobs,
        scale: cdf::TimeScale::Log,
        series: series.collect(),
    };
    Figure {
        name: format!("{name}-cdf"),
        caption: format!("{title}: the share of jobs at or below."),
        drawing: cdf.draw(),
    }
}

fn over_time(
    experiment: &Experiment,
    comparison: &Comparison,
    (name, title, unit): (&str, &str, Unit),
    of: impl Fn(&Sample) -> f64,
) -> Figure {
    let sample = experiment.loaded.scenario.output.sample.value;
    let stretch = stretch(comparison);
    let each = sample.saturating_mul(convert::wide(stretch));
    let means = if stretch > 1 {
        format!(", means over {each}")
    } else {
        String::new()
    };
    Figure {
        name: format!("{name}-time"),
        caption: format!("{title} over time{means}."),
        drawing: levels(experiment, comparison, (title, unit), of).draw(),
    }
}

/// Samples over which means are taken: several policies over months would hide each other, and means show the level of each.
fn stretch(comparison: &Comparison) -> usize {
    let samples = comparison.first.iter();
    let samples = samples.map(|flight| flight.record.samples.len());
    samples.max().unwrap_or(0).div_ceil(STRETCHES).max(1)
}

/// A level over time under each policy.
pub(super) fn levels(
    experiment: &Experiment,
    comparison: &Comparison,
    (title, unit): (&str, Unit),
    of: impl Fn(&Sample) -> f64,
) -> timeline::Timeline {
    let stretch = stretch(comparison);
    let tracks = comparison.first.iter().map(|flight| timeline::Track {
        name: label(experiment, flight.contender),
        position: flight.contender,
        points: before_the_end(flight)
            .chunks(stretch)
            .map(|samples| mean_of(samples, &of))
            .collect(),
        end_s: Some(at_s(flight.record.end)),
        ..timeline::Track::default()
    });
    timeline::Timeline {
        heading: heading(title, first_seed(comparison)),
        measure: Measure {
            title: title.to_owned(),
            unit,
        },
        tracks: tracks.collect(),
    }
}

/// Samples of a run but for that of its end, when everything has been let go.
fn before_the_end(flight: &Flight) -> &[Sample] {
    let (samples, end) = (&flight.record.samples, flight.record.end);
    let before = samples.partition_point(|sample| sample.at < end);
    &samples[..before.max(1).min(samples.len())]
}

/// The mean of a stretch of samples, at its beginning.
fn mean_of(samples: &[Sample], of: &impl Fn(&Sample) -> f64) -> (f64, f64) {
    let sum: f64 = samples.iter().map(of).sum();
    (
        at_s(samples[0].at),
        sum / real(convert::wide(samples.len())),
    )
}

pub(super) fn at_s(at: SimTime) -> f64 {
    real(at.us()) / 1e6
}
