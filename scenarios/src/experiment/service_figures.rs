//! The figures of services: what they keep and cost, and how latency and replicas follow the load.

use plots::figure::timeline::{Backdrop, Timeline, Track};
use plots::figure::{Measure, Unit, cdf};
use sim_core::watch::Sample;

use super::compare::Comparison;
use super::figures::{Figure, at_s, bar_chart, first_seed, heading, levels};
use super::flight::{Flight, window};
use super::metrics;
use super::number::{real, secs};
use super::service_times::Stretches;
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
    figures.push(latency_over_time(experiment, comparison));
    figures.push(replicas_over_time(experiment, comparison));
    figures
}

/// How long requests took.
fn latencies(experiment: &Experiment, comparison: &Comparison) -> Figure {
    let series = comparison.first.iter().map(|flight| {
        let mut all = super::histogram::Histogram::default();
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

/// The 95th percentile of latency over time, before the load.
fn latency_over_time(experiment: &Experiment, comparison: &Comparison) -> Figure {
    let from = at_s(window(experiment).warmup);
    let track = |flight: &Flight| {
        let times = flight.times.as_ref();
        let points = times.map(|times| {
            let all = (0u32..).zip(&times.all);
            let points = all.filter_map(|(at, stretch)| {
                Some((secs(times.length) * f64::from(at), stretch.latency_s(950)?))
            });
            points.filter(|(at, _)| *at >= from).collect()
        });
        Track {
            name: label(experiment, flight.contender),
            position: flight.contender,
            points: points.unwrap_or_default(),
            end_s: Some(at_s(flight.record.end)),
            ..Track::default()
        }
    };
    let mut tracks: Vec<Track> = comparison.first.iter().map(track).collect();
    put_load(&mut tracks, comparison, from);
    let timeline = Timeline {
        heading: heading("Latency against load", first_seed(comparison)),
        measure: Measure {
            title: "95th percentile of latency".to_owned(),
            unit: Unit::Seconds,
        },
        tracks,
    };
    Figure {
        name: "latency-time".to_owned(),
        caption: "The 95th percentile of the latency of requests, by when they came; behind it, how many came.".to_owned(),
        drawing: timeline.draw(),
    }
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
    put_load(&mut timeline.tracks, comparison, from);
    Figure {
        name: "replicas-time".to_owned(),
        caption: "Replicas of services on their nodes, those that load included; behind them, how many requests came.".to_owned(),
        drawing: timeline.draw(),
    }
}

/// Puts how many requests came behind the first of the curves: it is the same under all policies.
fn put_load(tracks: &mut [Track], comparison: &Comparison, from: f64) {
    let mut flights = comparison.first.iter();
    let times = flights.find_map(|flight| flight.times.as_ref());
    if let (Some(track), Some(times)) = (tracks.first_mut(), times) {
        track.backdrop = load(times).map(|mut load| {
            load.shares.retain(|(at, _)| *at >= from);
            load
        });
    }
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
