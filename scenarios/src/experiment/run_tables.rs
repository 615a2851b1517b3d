//! The tables of one run in files. Time is integer microseconds and money integer nano-dollars; what is neither is a decimal number
//! of integers, rounded half-even to its last digit.

use sim_core::units::{Money, SimTime, convert, limits};
use sim_core::watch::Outcome;

use super::flight::{Flight, window};
use super::sheet::{Column, Layout, Made, Sheet};
use super::worth::{Worths, roi};
use super::{judged, power};
use crate::build::{Experiment, Jobs};

/// What `jobs` holds.
pub(super) fn jobs_layout() -> Layout {
    Layout {
        name: "jobs",
        doc: "One row a job, in the order of the workload, and after them one a replica of a service.",
        columns: JOBS.to_vec(),
    }
}

const JOBS: [Column; 23] = [
    Column::count(
        "job",
        "Its number; replicas are numbered from 4,000,000,000 on",
    ),
    Column::text(
        "name",
        "What the trace calls it; of a replica, its service and its number",
    ),
    Column::text("queue", "Its tenant"),
    Column::text("tags", "The tags of its workload"),
    Column::text("kind", "Its workload, or the replicas' service"),
    Column::decimal("gpus", ("GPUs", 3), "What it asks for"),
    Column::us("submit_us", "When it came"),
    Column::us("start_us", "When it was first started"),
    Column::us("finish_us", "When it was over"),
    Column::text(
        "outcome",
        "`completed`, `rejected`, `unfinished` or `retired`",
    ),
    Column::us("wait_us", "From when it came to when it first started"),
    Column::us(
        "run_us",
        "For how long it was on its machines, setting up included",
    ),
    Column::us("lost_work_us", "Of this, work that was lost"),
    Column::count("attempts", "How often it was started"),
    Column::count("preemptions", "How often the policy interrupted it"),
    Column::count("reclaims", "How often the loss of a machine interrupted it"),
    Column::count(
        "migrations",
        "How often it went on at once on another machine",
    ),
    Column::us("deadline_us", "By when it was to be over"),
    Column::flag(
        "sla_violated",
        "Whether a promise to it was broken, if it was given one",
    ),
    Column::nanousd("cost_nanousd", "What of the bill is due to it"),
    Column::nanousd(
        "value_nanousd",
        "What it was worth, where the scenario says",
    ),
    Column::decimal(
        "roi",
        ("", 9),
        "What it was worth beyond its cost, over its cost",
    ),
    Column::count("nodes", "Machines that its last attempt was on"),
];

/// One row a job, and after them one a replica of a service, whose promises are those of its requests.
pub(super) fn jobs(made: Made, experiment: &Experiment, flight: &Flight, jobs: &Jobs) -> Sheet {
    let mut sheet = Sheet::new(made, &JOBS);
    let workloads = experiment.loaded.scenario.workloads.iter();
    let tags: Vec<String> = workloads
        .map(|workload| {
            let tags: Vec<&str> = workload.tags.iter().map(|tag| tag.value.as_str()).collect();
            tags.join(" ")
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
        sheet.row([
            ordinal.into(),
            job_name(experiment, flight, jobs, ordinal).into(),
            queue.map(|queue| queue.name.as_str()).into(),
            tags.get(row.class.index()).map(String::as_str).into(),
            experiment.world.classes[row.class.index()]
                .name
                .as_str()
                .into(),
            row.gpu_milli.into(),
            row.submit.into(),
            row.start.into(),
            row.finish.into(),
            outcome(row.outcome).into(),
            judged::wait(row).into(),
            row.run.into(),
            row.lost.into(),
            row.attempts.into(),
            row.preemptions.into(),
            row.reclaims.into(),
            row.migrations.into(),
            row.deadline.into(),
            violated.into(),
            cost.into(),
            worth.into(),
            worth.and_then(|worth| roi(worth, cost)).into(),
            row.nodes.into(),
        ]);
    }
    sheet
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::Rejected => "rejected",
        Outcome::Unfinished => "unfinished",
        Outcome::Retired => "retired",
    }
}

/// What `nodes` holds.
pub(super) fn nodes_layout() -> Layout {
    Layout {
        name: "nodes",
        doc: "One row a machine that was held, in the order in which they were granted.",
        columns: NODES.to_vec(),
    }
}

const NODES: [Column; 9] = [
    Column::count(
        "node",
        "The slot that it took, which others take before and after it",
    ),
    Column::count("launch", "Which machine of that slot, counted from zero"),
    Column::text("fleet", "Its fleet"),
    Column::us("granted_us", "When it was granted"),
    Column::us("ready_us", "When it was ready for work"),
    Column::us(
        "gone_us",
        "When it was given back or taken; empty if it was held to the end",
    ),
    Column::flag("reclaimed", "Whether the provider took it"),
    Column::whole("watts", "W", "What it draws, where that is known"),
    Column::decimal("energy_kwh", ("kWh", 9), "What it drew"),
];

/// One row a machine that was held.
pub(super) fn nodes(made: Made, experiment: &Experiment, flight: &Flight) -> Sheet {
    let mut sheet = Sheet::new(made, &NODES);
    let rated = power::rated(experiment);
    let whole = (SimTime::ZERO, flight.record.end);
    for machine in &flight.record.machines {
        let fleet = &experiment.world.offerings[machine.offering.index()].name;
        let watts = rated[machine.offering.index()];
        let energy = watts.map(|watts| power::energy(machine, watts, whole));
        sheet.row([
            machine.node.0.into(),
            machine.launch.into(),
            fleet.as_str().into(),
            machine.granted.into(),
            machine.ready.into(),
            machine.gone.into(),
            machine.reclaimed.into(),
            watts.into(),
            energy.map(power::kwh_billionths).into(),
        ]);
    }
    sheet
}

/// What `timeline` holds.
pub(super) fn timeline_layout() -> Layout {
    Layout {
        name: "timeline",
        doc: "One row an instant, as far apart as `[output] sample` says.",
        columns: TIMELINE.to_vec(),
    }
}

const TIMELINE: [Column; 7] = [
    Column::us("time_us", "The instant"),
    Column::count("nodes", "Machines that are held, ready or not"),
    Column::whole("gpus_milli", "GPUs / 1000", "GPUs of these"),
    Column::whole(
        "gpus_used_milli",
        "GPUs / 1000",
        "GPUs that jobs and replicas hold",
    ),
    Column::count("jobs_waiting", "Jobs that have come and do not run"),
    Column::whole(
        "gpus_waited_for_milli",
        "GPUs / 1000",
        "GPUs that these ask for",
    ),
    Column::count("replicas", "Replicas of services on their machines"),
];

/// Samples over time.
pub(super) fn timeline(made: Made, flight: &Flight) -> Sheet {
    let mut sheet = Sheet::new(made, &TIMELINE);
    for sample in &flight.record.samples {
        sheet.row([
            sample.at.into(),
            sample.nodes.into(),
            sample.gpu_milli.into(),
            sample.used_milli.into(),
            sample.waiting.into(),
            sample.waiting_milli.into(),
            sample.replicas.into(),
        ]);
    }
    sheet
}

/// What tables call the job of this ordinal: of a replica, its service and its number among all replicas.
pub(crate) fn job_name(
    experiment: &Experiment,
    flight: &Flight,
    jobs: &Jobs,
    ordinal: u32,
) -> String {
    match ordinal.checked_sub(limits::FIRST_REPLICA) {
        None => jobs.names()[convert::index(ordinal)].to_string(),
        Some(replica) => {
            let class = flight.record.row(ordinal).class;
            let service = &experiment.world.classes[class.index()].name;
            format!("{service}#{replica}")
        }
    }
}
