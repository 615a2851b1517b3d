//! The figures of services: what they keep and cost, and how latency and replicas follow the load.

use std::collections::BTreeSet;

use plots::figure::panels::{self, Panels};
use plots::figure::timeline::Backdrop;
use plots::figure::{Unit, cdf};
use sim_core::serve::Objective;
use sim_core::units::Span;
use sim_core::watch::Sample;

use super::compare::Comparison;
use super::figures::{Figure, at_s, bar_chart, first_seed, heading, levels};
use super::flight::{Flight, window};
use super::histogram::Histogram;
use super::metrics;
use super::number::{real, secs};
use super::service_times::{Stretch, Stretches, percentiles_s};
use super::tables::label;
use crate::build::Experiment;

/// All that there is to draw of a comparison's services; nothing where there is none.
pub(super) fn all(experiment: &Experiment, comparison: &Comparison) -> Vec<Figure> {
    if experiment.world.services.is_empty() {
        return Vec::new();
    }
    let bars = [
        "slo_attainment",
        "latency_p95_s",
        "cost_per_request_usd",
        "cost_per_million_tokens_usd",
        "replica_hours",
    ];
    let bars = bars.into_iter();
    let bars = bars.filter(|name| comparison.is_telling(metrics::index(name)));
    let bars = bars.map(|name| bar_chart(experiment, comparison, name));
    let mut figures: Vec<Figure> = bars.collect();
    figures.push(latencies(experiment, comparison));
    let courses = COURSES.iter();
    figures.extend(courses.filter_map(|course| over_time(experiment, comparison, course)));
    figures.push(replicas_over_time(experiment, comparison));
    figures
}

/// How long requests took.
fn latencies(experiment: &Experiment, comparison: &Comparison) -> Figure {
    let series = comparison.first.iter().map(|flight| {
        let mut all = Histogram::default();
        for tally in &flight.services {
            all.merge(&tally.latency);
        }
        let values = (1..=1000).filter_map(|at| Some(real(all.quantile(at)?) / 1e6));
        cdf::Sample {
            name: label(experiment, flight.contender),
            position: flight.contender,
            values_s: values.collect(),
        }
    });
    let cdf = cdf::Cdf {
        heading: heading("Latency of requests", first_seed(comparison)),
        duration: "Latency".to_owned(),
        of: cdf::Of::Requests,
        scale: cdf::TimeScale::Log,
        series: series.collect(),
    };
    Figure {
        name: "latency-cdf".to_owned(),
        caption: "Latency: the share of answered requests at or below.".to_owned(),
        drawing: cdf.draw(),
    }
}

/// A duration of requests over time.
struct Course {
    name: &'static str,
    title: &'static str,
    duration: &'static str,
    caption: &'static str,
    times: fn(&Stretch) -> &Histogram,
    promise: fn(&Objective) -> Option<Span>,
}

const COURSES: [Course; 3] = [
    Course {
        name: "latency-time",
        title: "Latency against load",
        duration: "Latency",
        caption: "Median, 95th and 99th percentile of the latency of requests",
        times: |stretch| &stretch.latency,
        promise: |promise| promise.whole,
    },
    Course {
        name: "ttft-time",
        title: "Time to first token against load",
        duration: "TTFT",
        caption: "Median, 95th and 99th percentile of the time to the first token of an answer (TTFT)",
        times: |stretch| &stretch.first_token,
        promise: |promise| promise.first_token,
    },
    Course {
        name: "tpot-time",
        title: "Time per output token against load",
        duration: "TPOT",
        caption: "Median, 95th and 99th percentile of the mean time between tokens of an answer after the first (TPOT)",
        times: |stretch| &stretch.per_token,
        promise: |promise| promise.per_token,
    },
];

/// Percentiles over time, a panel per policy; nothing of what no request has.
fn over_time(experiment: &Experiment, comparison: &Comparison, course: &Course) -> Option<Figure> {
    let from = at_s(window(experiment).warmup);
    let panel = |flight: &Flight| {
        let times = flight.times.as_ref();
        let stretches = times.map(|times| {
            let length = secs(times.length);
            let all = (0u32..).zip(&times.all).filter_map(|(at, stretch)| {
                let [p50_s, p95_s, p99_s] = percentiles_s((course.times)(stretch))?;
                let from_s = length * f64::from(at);
                Some(panels::Stretch {
                    from_s,
                    to_s: length * f64::from(at + 1),
                    p50_s,
                    p95_s,
                    p99_s,
                })
            });
            all.filter(|stretch| stretch.from_s >= from).collect()
        });
        let promises = promises(experiment, flight.contender, course);
        panels::Panel {
            name: label(experiment, flight.contender),
            position: flight.contender,
            stretches: stretches.unwrap_or_default(),
            promises_s: promises.into_iter().map(secs).collect(),
        }
    };
    let of_all: Vec<panels::Panel> = comparison.first.iter().map(panel).collect();
    if of_all.iter().all(|panel| panel.stretches.is_empty()) {
        return None;
    }
    let contenders = comparison.plan.contenders.iter();
    let promised = contenders.flat_map(|position| promises(experiment, *position, course));
    let promised: BTreeSet<Span> = promised.collect();
    let promised: Vec<String> = promised.into_iter().map(told).collect();
    let panels = Panels {
        heading: heading(course.title, first_seed(comparison)),
        duration: course.duration.to_owned(),
        panels: of_all,
        promise: format!("promise: {}", promised.join(", ")),
        backdrop: load_behind(comparison, from),
    };
    Some(Figure {
        name: course.name.to_owned(),
        caption: format!(
            "{}, by when they came; behind it, how many came.",
            course.caption
        ),
        drawing: panels.draw(),
    })
}

/// A promise as a paper prints it.
fn told(span: Span) -> String {
    let us = real(span.us());
    if us < 1e6 {
        format!("{} ms", us / 1e3)
    } else if us < 120e6 {
        format!("{} s", us / 1e6)
    } else {
        span.to_string()
    }
}

/// What services promise of a duration under a policy, the shortest first.
fn promises(experiment: &Experiment, contender: usize, course: &Course) -> BTreeSet<Span> {
    let scenario = &experiment.of_policy(contender).loaded.scenario;
    let promises = scenario.services.iter();
    let promises = promises.filter_map(|service| (course.promise)(&service.promise));
    promises.collect()
}

/// Replicas over time, before the load.
fn replicas_over_time(experiment: &Experiment, comparison: &Comparison) -> Figure {
    let replicas = |sample: &Sample| f64::from(sample.replicas);
    let what = ("Replicas on their nodes", Unit::One);
    let mut timeline = levels(experiment, comparison, what, replicas);
    let from = at_s(window(experiment).warmup);
    for track in &mut timeline.tracks {
        track.points.retain(|(at, _)| *at >= from);
    }
    if let Some(track) = timeline.tracks.first_mut() {
        track.backdrop = load_behind(comparison, from);
    }
    Figure {
        name: "replicas-time".to_owned(),
        caption: "Replicas of services on their nodes, those that load included; behind them, how many requests came.".to_owned(),
        drawing: timeline.draw(),
    }
}

/// How many requests came: the same under all policies.
fn load_behind(comparison: &Comparison, from: f64) -> Option<Backdrop> {
    let mut flights = comparison.first.iter();
    let mut load = load(flights.find_map(|flight| flight.times.as_ref())?)?;
    load.shares.retain(|(at, _)| *at >= from);
    Some(load)
}

fn load(times: &Stretches) -> Option<Backdrop> {
    let most = times.all.iter().map(|stretch| stretch.ended).max();
    let most = real(most.filter(|most| *most > 0)?);
    let length = secs(times.length);
    let all = (0u32..).zip(&times.all);
    let shares = all.map(|(at, stretch)| (length * f64::from(at), real(stretch.ended) / most));
    let rate = most / length;
    let decimals = if rate < 10.0 {
        2
    } else {
        usize::from(rate < 100.0)
    };
    Some(Backdrop {
        name: format!("load, up to {rate:.decimals$} requests/s"),
        shares: shares.collect(),
        common: true,
    })
}
