//! The tables of services of one run in files.

use sim_core::serve::{End, Reason};

use super::flight::Flight;
use super::services::Totals;
use super::sheet::{Csv, number, text};
use crate::build::Experiment;

const SERVICES: [&str; 23] = [
    "service",
    "requests",
    "served",
    "cached",
    "dropped",
    "slo_attainment",
    "quality_mean",
    "latency_p50_s",
    "latency_p95_s",
    "latency_p99_s",
    "ttft_p50_s",
    "ttft_p95_s",
    "ttft_p99_s",
    "tpot_p50_s",
    "tpot_p95_s",
    "tpot_p99_s",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "cost_per_request_usd",
    "cost_per_million_tokens_usd",
    "replica_hours",
    "replicas_mean",
];

/// One row a service.
pub(super) fn services(experiment: &Experiment, flight: &Flight) -> Vec<u8> {
    let world = &experiment.world;
    let mut csv = Csv::new(SERVICES);
    for (at, tally) in flight.services.iter().enumerate() {
        let totals = Totals::of_service(world, &flight.record, (at, tally));
        let kept = &tally.attainment;
        let counts = [
            kept.ended,
            kept.answered - tally.cached,
            tally.cached,
            kept.ended - kept.answered,
        ];
        let mut row = vec![text(&world.services[at].name)];
        row.extend(counts.map(|count| count.to_string()));
        row.extend([totals.attainment, totals.quality].map(number));
        let times = [totals.latency_s, totals.ttft_s, totals.tpot_s];
        row.extend(times.into_iter().flatten().map(number));
        row.extend([tally.input_tokens, tally.output_tokens].map(|tokens| tokens.to_string()));
        let rest = [
            Some(totals.cost),
            totals.per_request(),
            totals.per_million_tokens,
            Some(totals.replica_hours),
            totals.replicas,
        ];
        row.extend(rest.map(number));
        csv.row(row);
    }
    csv.bytes()
}

/// One row a request, in the order in which they ended, as many as are kept.
pub(super) fn requests(experiment: &Experiment, flight: &Flight) -> Vec<u8> {
    let columns = [
        "service",
        "request",
        "class",
        "arrived_us",
        "input",
        "output",
        "outcome",
        "started_us",
        "first_token_us",
        "done_us",
        "network_us",
        "replica",
    ];
    let mut csv = Csv::new(columns);
    for (service, completion) in &flight.requests {
        let request = &completion.request;
        let mut row = vec![
            text(&experiment.world.services[service.index()].name),
            request.id.0.to_string(),
            request.class.0.to_string(),
            request.arrived.us().to_string(),
            request.counts.input.to_string(),
            request.counts.output.to_string(),
            outcome(completion.end).to_owned(),
        ];
        let done = completion.at().us().to_string();
        row.extend(match completion.end {
            End::Served {
                by, times, network, ..
            } => {
                let (started, first) = (times.started.us(), times.first_token.us());
                [
                    started.to_string(),
                    first.to_string(),
                    done,
                    network.us().to_string(),
                    by.0.to_string(),
                ]
            }
            End::Cached { .. } | End::Dropped { .. } => {
                let none = String::new;
                [none(), none(), done, none(), none()]
            }
        });
        csv.row(row);
    }
    csv.bytes()
}

fn outcome(end: End) -> &'static str {
    match end {
        End::Served { .. } => "served",
        End::Cached { .. } => "cached",
        End::Dropped { why, .. } => match why {
            Reason::Full => "full",
            Reason::TooLong => "too-long",
            Reason::Lost => "lost",
            Reason::Impatient => "impatient",
        },
    }
}
