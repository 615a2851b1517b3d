//! A schedule as Batsim writes it: the columns of its `jobs.csv`, which Evalys reads.
//!
//! A row is an attempt. Batsim has no jobs that stop and go on: a scheduler kills a job and submits it again under a number after
//! `#`, and that is how attempts are told here. Resources are GPUs, numbered fleet by fleet and slot by slot; a machine without
//! GPUs is one. Times are in seconds, and -1 stands for what is not known.
//!
//! Batsim writes jobs that are over. What is not when the run ends stands here in the states of its protocol: an attempt under way
//! is `RUNNING` up to the end, a job that waits is `SUBMITTED`.

use std::collections::BTreeMap;

use sim_core::units::{Money, SimTime, convert, limits};
use sim_core::watch::{Outcome, Row, Stay, Stop};

use super::numbers::{Numbers, intervals};
use crate::build::{Experiment, Jobs};
use crate::experiment::flight::Flight;
use crate::experiment::job_name;
use crate::experiment::sheet::{Column, Field, Form, Sheet};

const COLUMNS: [Column; 17] = [
    Column::text("job_id", ""),
    Column::text("workload_name", ""),
    Column::text("profile", ""),
    time("submission_time"),
    Column::count("requested_number_of_resources", ""),
    time("requested_time"),
    Column::count("success", ""),
    Column::text("final_state", ""),
    time("starting_time"),
    time("execution_time"),
    time("finish_time"),
    time("waiting_time"),
    time("turnaround_time"),
    Column::decimal("stretch", ("", 9), ""),
    Column::text("allocated_resources", ""),
    Column::count("consumed_energy", ""),
    Column::text("metadata", ""),
];

const fn time(name: &'static str) -> Column {
    Column::decimal(name, ("s", 6), "")
}

/// What Batsim writes for what it does not know.
const UNKNOWN: i128 = -1;

/// The only state that is a success.
const DONE: &str = "COMPLETED_SUCCESSFULLY";

/// The schedule of a flight whose stays are kept.
pub fn batsim(experiment: &Experiment, flight: &Flight, jobs: &Jobs) -> Vec<u8> {
    let numbers = Numbers::of(&experiment.world);
    let mut stays: BTreeMap<u32, Vec<&Stay>> = BTreeMap::new();
    for stay in &flight.record.stays {
        stays.entry(stay.job).or_default().push(stay);
    }
    let mut sheet = Sheet::new(Form::Csv.into(), &COLUMNS);
    let record = &flight.record;
    let ordinals = (0..).zip(&record.rows);
    let replicas = (limits::FIRST_REPLICA..).zip(&record.replicas);
    for (ordinal, row) in ordinals.chain(replicas) {
        let told = Told {
            ordinal,
            row,
            workload: &experiment.world.classes[row.class.index()].name,
            profile: job_name(experiment, flight, jobs, ordinal),
            estimate_us: estimate_us(jobs, ordinal),
        };
        let own = stays.remove(&ordinal).unwrap_or_default();
        let mut submit = row.submit;
        for (attempt, stay) in own.iter().enumerate() {
            sheet.row(told.attempt((attempt, submit), stay, &numbers));
            submit = stay.stop;
        }
        let over = |stay: &&Stay| matches!(stay.how, Stop::Ended(_));
        if !own.last().is_some_and(over) {
            sheet.row(told.waiting((own.len(), submit)));
        }
    }
    sheet.bytes().expect("CSV holds every number")
}

/// How long the submitter said a job would run.
fn estimate_us(jobs: &Jobs, ordinal: u32) -> Option<u64> {
    let job = jobs.jobs().get(convert::index(ordinal))?;
    job.estimate.map(sim_core::units::Span::us)
}

/// A job, as each of its attempts tells of it.
struct Told<'a> {
    ordinal: u32,
    row: &'a Row,
    workload: &'a str,
    profile: String,
    estimate_us: Option<u64>,
}

impl Told<'_> {
    fn attempt(
        &self,
        (attempt, submit): (usize, SimTime),
        stay: &Stay,
        numbers: &Numbers,
    ) -> [Field; 17] {
        let state = match stay.how {
            Stop::Ended(Outcome::Completed | Outcome::Retired) => DONE,
            Stop::Ended(Outcome::Unfinished) => "RUNNING",
            Stop::Ended(Outcome::Rejected) | Stop::Interrupted(_) | Stop::Reseated => {
                "COMPLETED_KILLED"
            }
        };
        let resources: Vec<u32> = stay
            .seats
            .iter()
            .flat_map(|seat| numbers.seat(seat))
            .collect();
        let turnaround = stay.stop.since(submit);
        let execution = stay.stop.since(stay.start);
        let stretch = (execution.us() > 0).then(|| {
            let billionths = i128::from(turnaround.us()) * 1_000_000_000;
            Money::round_half_even(billionths, execution.us().into()).nanousd()
        });
        [
            self.id(attempt).into(),
            self.workload.into(),
            self.profile.as_str().into(),
            submit.into(),
            convert::wide(resources.len()).into(),
            self.requested_time(),
            u64::from(state == DONE).into(),
            state.into(),
            stay.start.into(),
            execution.into(),
            stay.stop.into(),
            stay.start.since(submit).into(),
            turnaround.into(),
            stretch.into(),
            intervals(resources).into(),
            UNKNOWN.into(),
            Field::Empty,
        ]
    }

    /// A job that waited, for the first time or again, until it or the run was over.
    fn waiting(&self, (attempt, submit): (usize, SimTime)) -> [Field; 17] {
        let unknown = || Field::from(UNKNOWN * 1_000_000);
        let state = match self.row.outcome {
            Outcome::Unfinished => "SUBMITTED",
            Outcome::Completed | Outcome::Rejected | Outcome::Retired => "REJECTED",
        };
        [
            self.id(attempt).into(),
            self.workload.into(),
            self.profile.as_str().into(),
            submit.into(),
            self.row.gpu_milli.div_ceil(1000).max(1).into(),
            self.requested_time(),
            0_u64.into(),
            state.into(),
            unknown(),
            unknown(),
            unknown(),
            unknown(),
            unknown(),
            (UNKNOWN * 1_000_000_000).into(),
            Field::Empty,
            UNKNOWN.into(),
            Field::Empty,
        ]
    }

    fn id(&self, attempt: usize) -> String {
        match attempt {
            0 => self.ordinal.to_string(),
            again => format!("{}#{again}", self.ordinal),
        }
    }

    fn requested_time(&self) -> Field {
        let known = self.estimate_us.map(i128::from);
        known.unwrap_or(UNKNOWN * 1_000_000).into()
    }
}
