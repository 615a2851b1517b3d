//! The tables of one run in files. Time is integer microseconds and money integer nano-dollars; what is neither is a decimal number
//! of integers, rounded half-even to its ninth digit.

use sim_core::units::{Moment, Money, NodeId, SimTime, convert, limits};
use sim_core::watch::{Outcome, Row};

use super::flight::{Flight, window};
use super::sheet::{Csv, decimal, text};
use super::worth::{Worths, roi};
use super::{judged, power};
use crate::build::{Experiment, Jobs};

const JOBS: [&str; 22] = [
    "job",
    "name",
    "queue",
    "tags",
    "kind",
    "gpus",
    "submit_us",
    "start_us",
    "finish_us",
    "outcome",
    "wait_us",
    "run_us",
    "lost_work_us",
    "attempts",
    "preemptions",
    "reclaims",
    "migrations",
    "deadline_us",
    "sla_violated",
    "cost_nanousd",
    "value_nanousd",
    "roi",
];

/// One row a job, and after them one a replica of a service, whose promises are those of its requests.
pub(super) fn jobs(experiment: &Experiment, flight: &Flight, jobs: &Jobs) -> Vec<u8> {
    let mut csv = Csv::new(JOBS.into_iter().chain(["nodes"]));
    let workloads = experiment.loaded.scenario.workloads.iter();
    let tags: Vec<String> = workloads
        .map(|workload| {
            let tags: Vec<&str> = workload.tags.iter().map(|tag| tag.value.as_str()).collect();
            text(&tags.join(" "))
        })
        .collect();
    let window = window(experiment);
    let worths = Worths::of(experiment, jobs);
    let ordinals = (0..).zip(&flight.record.rows);
    let replicas = (limits::FIRST_REPLICA..).zip(&flight.record.replicas);
    for (ordinal, row) in ordinals.chain(replicas) {
        let of_workload = ordinal < limits::FIRST_REPLICA;
        let queue = experiment.world.queues.get(row.queue.index());
        let violated = judged::is_violated(row, &window, flight.record.end);
        let violated = violated.filter(|_| of_workload);
        let cost = Money::from_nanousd(row.cost_nanousd.into());
        let worth = worths.as_ref().filter(|_| of_workload);
        let worth = worth.and_then(|worths| worths.earned(convert::index(ordinal), row));
        csv.row([
            ordinal.to_string(),
            text(&name(experiment, flight, jobs, ordinal)),
            queue.map_or(String::new(), |queue| text(&queue.name)),
            tags.get(row.class.index()).cloned().unwrap_or_default(),
            text(&experiment.world.classes[row.class.index()].name),
            gpus(row),
            row.submit.us().to_string(),
            moment(row.start),
            moment(row.finish),
            outcome(row.outcome).to_owned(),
            judged::wait(row).map_or(String::new(), |wait| wait.us().to_string()),
            row.run.us().to_string(),
            row.lost.us().to_string(),
            row.attempts.to_string(),
            row.preemptions.to_string(),
            row.reclaims.to_string(),
            row.migrations.to_string(),
            moment(row.deadline),
            violated.map_or(String::new(), |violated| violated.to_string()),
            cost.nanousd().to_string(),
            worth.map_or(String::new(), |worth| worth.nanousd().to_string()),
            worth
                .and_then(|worth| roi(worth, cost))
                .map_or(String::new(), decimal),
            row.nodes.to_string(),
        ]);
    }
    csv.bytes()
}

/// GPUs, whole or in thousandths.
fn gpus(row: &Row) -> String {
    if row.gpu_milli.is_multiple_of(1000) {
        return (row.gpu_milli / 1000).to_string();
    }
    format!("{}.{:03}", row.gpu_milli / 1000, row.gpu_milli % 1000)
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::Rejected => "rejected",
        Outcome::Unfinished => "unfinished",
        Outcome::Retired => "retired",
    }
}

/// One row a machine that was held.
pub(super) fn nodes(experiment: &Experiment, flight: &Flight) -> Vec<u8> {
    let columns = [
        "node",
        "launch",
        "fleet",
        "granted_us",
        "ready_us",
        "gone_us",
        "reclaimed",
        "watts",
        "energy_kwh",
    ];
    let mut csv = Csv::new(columns);
    let rated = power::rated(experiment);
    let whole = (SimTime::ZERO, flight.record.end);
    for machine in &flight.record.machines {
        let fleet = &experiment.world.offerings[machine.offering.index()].name;
        let watts = rated[machine.offering.index()];
        let energy = watts.map(|watts| power::energy(machine, watts, whole));
        csv.row([
            machine.node.0.to_string(),
            machine.launch.to_string(),
            text(fleet),
            machine.granted.us().to_string(),
            moment(machine.ready),
            moment(machine.gone),
            machine.reclaimed.to_string(),
            watts.map_or(String::new(), |watts| watts.to_string()),
            energy.map_or(String::new(), |energy| {
                decimal(power::kwh_billionths(energy))
            }),
        ]);
    }
    csv.bytes()
}

/// Samples over time.
pub(super) fn timeline(flight: &Flight) -> Vec<u8> {
    let columns = [
        "time_us",
        "nodes",
        "gpus_milli",
        "gpus_used_milli",
        "jobs_waiting",
        "gpus_waited_for_milli",
        "replicas",
    ];
    let mut csv = Csv::new(columns);
    for sample in &flight.record.samples {
        csv.row([
            sample.at.us().to_string(),
            sample.nodes.to_string(),
            sample.gpu_milli.to_string(),
            sample.used_milli.to_string(),
            sample.waiting.to_string(),
            sample.waiting_milli.to_string(),
            sample.replicas.to_string(),
        ]);
    }
    csv.bytes()
}

/// One row a stay of a job on its nodes: where the policy put it, from when to when.
pub(super) fn decisions(experiment: &Experiment, flight: &Flight, jobs: &Jobs) -> Vec<u8> {
    let mut csv = Csv::new([
        "job", "name", "start_us", "works_us", "stop_us", "node", "fleet", "tasks", "gpus",
    ]);
    let capacity = sim_core::engine::Capacity::of(&experiment.world);
    let fleet = |node: NodeId| &experiment.world.offerings[capacity.offering_of(node).index()].name;
    let us = |at: SimTime| at.us().to_string();
    for stay in &flight.record.stays {
        for seat in &stay.seats {
            // Of a slice also where it starts.
            let start = seat.start.get().map(|slice| format!("@{slice}"));
            let start = start.unwrap_or_default();
            let gpus = seat.gpus.iter().map(|gpu| format!("{gpu}{start}"));
            let gpus: Vec<String> = gpus.collect();
            csv.row([
                stay.job.to_string(),
                text(&name(experiment, flight, jobs, stay.job)),
                us(stay.start),
                us(stay.works),
                us(stay.stop),
                seat.node.0.to_string(),
                text(fleet(seat.node)),
                seat.tasks.to_string(),
                gpus.join(" "),
            ]);
        }
    }
    csv.bytes()
}

/// What tables call the job of this ordinal: of a replica, its service and its number among all replicas.
fn name(experiment: &Experiment, flight: &Flight, jobs: &Jobs, ordinal: u32) -> String {
    match ordinal.checked_sub(limits::FIRST_REPLICA) {
        None => jobs.names()[convert::index(ordinal)].to_string(),
        Some(replica) => {
            let class = flight.record.row(ordinal).class;
            let service = &experiment.world.classes[class.index()].name;
            format!("{service}#{replica}")
        }
    }
}

fn moment(at: Moment) -> String {
    at.get().map_or(String::new(), |at| at.us().to_string())
}
