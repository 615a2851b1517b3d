//! Metrics of services, all of a run together; none where it has none. By service they stand in `services.csv`.

use super::bound_metrics::OF_BOUNDS;
use super::metrics::Better::{Less, More, Neither};
use super::metrics::{Metric, OF_JOBS, metric};
use super::number::real;

/// In the order of the tables, after those of jobs.
const OF_SERVICES: &[Metric] = &[
    metric(
        "requests",
        "requests",
        Neither,
        "requests of services that came within the window and ended",
        |run| {
            let all = run.watched.services?;
            Some(real(all.requests))
        },
    ),
    metric(
        "request_error_rate",
        "",
        Less,
        "requests that were dropped / requests that ended",
        |run| {
            let all = run.watched.services?;
            all.error_rate
        },
    ),
    metric(
        "request_cached_share",
        "",
        More,
        "requests that a cache answered / requests that ended",
        |run| {
            let all = run.watched.services?;
            all.cached
        },
    ),
    metric(
        "slo_attainment",
        "",
        More,
        "requests that kept all that their service promises / requests that ended; a dropped one keeps nothing",
        |run| {
            let all = run.watched.services?;
            all.attainment
        },
    ),
    metric(
        "quality_mean",
        "",
        More,
        "what an answer is worth by the set that made it, on average over answers of replicas; a cache gives again what one has made",
        |run| {
            let all = run.watched.services?;
            all.quality
        },
    ),
    metric(
        "latency_p50_s",
        "s",
        Less,
        "median time from the arrival of a request to its end, of those that got their answer; to a thousandth",
        |run| {
            let all = run.watched.services?;
            all.latency_s[0]
        },
    ),
    metric(
        "latency_p95_s",
        "s",
        Less,
        "95th percentile of the time from the arrival of a request to its end, of those that got their answer; to a thousandth",
        |run| {
            let all = run.watched.services?;
            all.latency_s[1]
        },
    ),
    metric(
        "latency_p99_s",
        "s",
        Less,
        "99th percentile of the time from the arrival of a request to its end, of those that got their answer; to a thousandth",
        |run| {
            let all = run.watched.services?;
            all.latency_s[2]
        },
    ),
    metric(
        "ttft_p50_s",
        "s",
        Less,
        "median time from the arrival of a request to its first token; to a thousandth",
        |run| {
            let all = run.watched.services?;
            all.ttft_s[0]
        },
    ),
    metric(
        "ttft_p95_s",
        "s",
        Less,
        "95th percentile of the time from the arrival of a request to its first token; to a thousandth",
        |run| {
            let all = run.watched.services?;
            all.ttft_s[1]
        },
    ),
    metric(
        "ttft_p99_s",
        "s",
        Less,
        "99th percentile of the time from the arrival of a request to its first token; to a thousandth",
        |run| {
            let all = run.watched.services?;
            all.ttft_s[2]
        },
    ),
    metric(
        "tpot_p50_s",
        "s",
        Less,
        "median time between the tokens of an answer after the first, on average over it; to a thousandth",
        |run| {
            let all = run.watched.services?;
            all.tpot_s[0]
        },
    ),
    metric(
        "tpot_p95_s",
        "s",
        Less,
        "95th percentile of the time between the tokens of an answer after the first, on average over it; to a thousandth",
        |run| {
            let all = run.watched.services?;
            all.tpot_s[1]
        },
    ),
    metric(
        "tpot_p99_s",
        "s",
        Less,
        "99th percentile of the time between the tokens of an answer after the first, on average over it; to a thousandth",
        |run| {
            let all = run.watched.services?;
            all.tpot_s[2]
        },
    ),
    metric(
        "tokens",
        "tokens",
        Neither,
        "tokens of prompts and answers that replicas served",
        |run| {
            let all = run.watched.services?;
            Some(real(all.tokens))
        },
    ),
    metric(
        "cost_services_usd",
        "USD",
        Less,
        "the part of the bill for the machines that replicas of services held, while they did",
        |run| {
            let all = run.watched.services?;
            Some(all.cost)
        },
    ),
    metric(
        "cost_per_request_usd",
        "USD",
        Less,
        "that part over the requests that got their answer",
        |run| {
            let all = run.watched.services?;
            all.per_request()
        },
    ),
    metric(
        "cost_per_million_tokens_usd",
        "USD",
        Less,
        "that part over millions of tokens of prompts and answers that replicas served, of services that serve by tokens",
        |run| {
            let all = run.watched.services?;
            all.per_million_tokens
        },
    ),
    metric(
        "replica_hours",
        "h",
        Neither,
        "time of replicas of services on their nodes, their start included, in the whole run",
        |run| {
            let all = run.watched.services?;
            Some(all.replica_hours)
        },
    ),
    metric(
        "replicas_mean",
        "",
        Neither,
        "replicas of services on their nodes, on average over the whole run",
        |run| {
            let all = run.watched.services?;
            all.replicas
        },
    ),
];

const COUNT: usize = OF_JOBS.len() + OF_BOUNDS.len() + OF_SERVICES.len();

/// Those of jobs, how far they are from the best, then those of services.
pub(super) const ALL: [Metric; COUNT] = {
    let mut all = [OF_JOBS[0]; COUNT];
    let parts = [OF_JOBS, OF_BOUNDS, OF_SERVICES];
    let (mut part, mut at, mut filled) = (0, 0, 0);
    while filled < COUNT {
        if at < parts[part].len() {
            all[filled] = parts[part][at];
            (at, filled) = (at + 1, filled + 1);
        } else {
            (part, at) = (part + 1, 0);
        }
    }
    all
};
