//! The tables of services of one run in files.

use sim_core::serve::{End, Reason};

use super::flight::Flight;
use super::services::Totals;
use super::sheet::{Column, Field, Layout, Made, Sheet};
use crate::build::Experiment;

/// What `services` holds.
pub(super) fn services_layout() -> Layout {
    Layout {
        name: "services",
        doc: "One row a service, in the order of the scenario. Its numbers are of the requests that count.",
        columns: SERVICES.to_vec(),
    }
}

const SERVICES: [Column; 23] = [
    Column::text("service", "Its name"),
    Column::count("requests", "Requests that ended"),
    Column::count("served", "Those that a replica answered"),
    Column::count("cached", "Those that the cache answered"),
    Column::count("dropped", "Those that got no answer"),
    Column::real(
        "slo_attainment",
        "",
        "Those that kept every objective, over all",
    ),
    Column::real(
        "quality_mean",
        "",
        "What an answer of a replica is worth, on average",
    ),
    Column::real(
        "latency_p50_s",
        "s",
        "From arrival to the end: half took no longer",
    ),
    Column::real("latency_p95_s", "s", "The same of 95 %"),
    Column::real("latency_p99_s", "s", "The same of 99 %"),
    Column::real(
        "ttft_p50_s",
        "s",
        "From arrival to the first token: half took no longer",
    ),
    Column::real("ttft_p95_s", "s", "The same of 95 %"),
    Column::real("ttft_p99_s", "s", "The same of 99 %"),
    Column::real(
        "tpot_p50_s",
        "s",
        "Between tokens, on average over an answer: half took no longer",
    ),
    Column::real("tpot_p95_s", "s", "The same of 95 %"),
    Column::real("tpot_p99_s", "s", "The same of 99 %"),
    Column::count("input_tokens", "Tokens of prompts that replicas served"),
    Column::count("output_tokens", "Tokens of their answers"),
    Column::real("cost_usd", "USD", "What its replicas held"),
    Column::real(
        "cost_per_request_usd",
        "USD",
        "The same over requests that were answered",
    ),
    Column::real(
        "cost_per_million_tokens_usd",
        "USD",
        "The same over millions of tokens",
    ),
    Column::real("replica_hours", "h", "Time of replicas on their machines"),
    Column::real(
        "replicas_mean",
        "",
        "Replicas on their machines, on average over the run",
    ),
];

/// One row a service.
pub(super) fn services(made: Made, experiment: &Experiment, flight: &Flight) -> Sheet {
    let world = &experiment.world;
    let mut sheet = Sheet::new(made, &SERVICES);
    for (at, tally) in flight.services.iter().enumerate() {
        let totals = Totals::of_service(world, &flight.record, (at, tally));
        let kept = &tally.attainment;
        let counts = [
            kept.ended,
            kept.answered - tally.cached,
            tally.cached,
            kept.ended - kept.answered,
        ];
        let mut row: Vec<Field> = vec![world.services[at].name.as_str().into()];
        row.extend(counts.map(Field::from));
        row.extend([totals.attainment, totals.quality].map(Field::from));
        let times = [totals.latency_s, totals.ttft_s, totals.tpot_s];
        row.extend(times.into_iter().flatten().map(Field::from));
        row.extend([tally.input_tokens, tally.output_tokens].map(Field::from));
        let rest = [
            Some(totals.cost),
            totals.per_request(),
            totals.per_million_tokens,
            Some(totals.replica_hours),
            totals.replicas,
        ];
        row.extend(rest.map(Field::from));
        sheet.row(row);
    }
    sheet
}

/// What `requests` holds.
pub(super) fn requests_layout() -> Layout {
    Layout {
        name: "requests",
        doc: "One row a request, in the order in which they ended: the first million.",
        columns: REQUESTS.to_vec(),
    }
}

const REQUESTS: [Column; 12] = [
    Column::text("service", "Its service"),
    Column::count("request", "Its number among those of the service"),
    Column::count("class", "Its class"),
    Column::us("arrived_us", "When it came"),
    Column::count("input", "Tokens of its prompt"),
    Column::count("output", "Tokens of its answer"),
    Column::text(
        "outcome",
        "`served`, `cached`, or why it was dropped: `full`, `too-long`, `lost` or `impatient`",
    ),
    Column::us("started_us", "When a replica began to work on it"),
    Column::us("first_token_us", "When its first token was there"),
    Column::us("done_us", "When it was over"),
    Column::us("network_us", "How long it was on its way, there and back"),
    Column::count("replica", "Which replica of the service served it"),
];

/// One row a request, in the order in which they ended, as many as are kept.
pub(super) fn requests(made: Made, experiment: &Experiment, flight: &Flight) -> Sheet {
    let mut sheet = Sheet::new(made, &REQUESTS);
    for (service, completion) in &flight.requests {
        let request = &completion.request;
        let [started, first, network, replica] = match completion.end {
            End::Served {
                by, times, network, ..
            } => [
                times.started.into(),
                times.first_token.into(),
                network.into(),
                by.0.into(),
            ],
            End::Cached { .. } | End::Dropped { .. } => [const { Field::Empty }; 4],
        };
        sheet.row([
            experiment.world.services[service.index()]
                .name
                .as_str()
                .into(),
            request.id.0.into(),
            request.class.0.into(),
            request.arrived.into(),
            request.counts.input.into(),
            request.counts.output.into(),
            outcome(completion.end).into(),
            started,
            first,
            completion.at().into(),
            network,
            replica,
        ]);
    }
    sheet
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
