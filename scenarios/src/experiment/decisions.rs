//! The table of decisions: where jobs were put, from when to when, how that ended, and what else could have been taken.

use std::collections::BTreeMap;

use policies::place::Weighed;
use sim_core::units::NodeId;

use super::flight::Flight;
use super::run_tables::job_name;
use super::sheet::{Column, Field, Layout, Made, Sheet};
use super::words;
use crate::build::{Experiment, Jobs};

/// What `decisions` holds.
pub(super) fn layout() -> Layout {
    Layout {
        name: "decisions",
        doc: "One row a machine of a stay of a job: where the policy put it, from when to when, in the order in which stays stop.",
        columns: DECISIONS.to_vec(),
    }
}

const DECISIONS: [Column; 12] = [
    Column::count("job", "The job, as `jobs` numbers it"),
    Column::text("name", "Its name"),
    Column::us("start_us", "From when it held the machine"),
    Column::us(
        "works_us",
        "From when it worked: until then it was set up or restored",
    ),
    Column::us("stop_us", "Until when"),
    Column::count("node", "The slot of the machine"),
    Column::text("fleet", "Its fleet"),
    Column::count("tasks", "Tasks of the job on it"),
    Column::text(
        "gpus",
        "The GPUs of the machine that it held, of a slice also where it starts",
    ),
    Column::text(
        "stopped",
        "How it stopped: `completed`, `retired` or `rejected`; `preempted` by the policy, `reclaimed` or `failed` with its \
         machine, `noticed` in time that this was to be; `reseated`, and went on; `running`, when the run ended",
    ),
    Column::count(
        "candidates",
        "When a job was started: nodes on which its first tasks would have lain. Empty where the placement goes by no score, \
         and of policies that are not composed",
    ),
    Column::text(
        "scores",
        "The best five of these as `node:score`, more is better, in the unit of the placement",
    ),
];

/// One row a machine of a stay of a job.
pub(super) fn decisions(
    made: Made,
    experiment: &Experiment,
    flight: &Flight,
    jobs: &Jobs,
) -> Sheet {
    let mut sheet = Sheet::new(made, &DECISIONS);
    let capacity = sim_core::engine::Capacity::of(&experiment.world);
    let fleet = |node: NodeId| &experiment.world.offerings[capacity.offering_of(node).index()].name;
    let weighed = flight.weighed.iter();
    let weighed: BTreeMap<_, _> = weighed.map(|own| ((own.job, own.at), own)).collect();
    for stay in &flight.record.stays {
        let weighed = weighed.get(&(stay.job, stay.start));
        for seat in &stay.seats {
            // Of a slice also where it starts.
            let start = seat.start.get().map(|slice| format!("@{slice}"));
            let start = start.unwrap_or_default();
            let gpus = seat.gpus.iter().map(|gpu| format!("{gpu}{start}"));
            let gpus: Vec<String> = gpus.collect();
            let row: [Field; 12] = [
                stay.job.into(),
                job_name(experiment, flight, jobs, stay.job).into(),
                stay.start.into(),
                stay.works.into(),
                stay.stop.into(),
                seat.node.0.into(),
                fleet(seat.node).as_str().into(),
                seat.tasks.into(),
                gpus.join(" ").into(),
                words::stop(stay.how).into(),
                weighed.map(|own| own.nodes).into(),
                weighed.map(|own| scores(own)).into(),
            ];
            sheet.row(row);
        }
    }
    sheet
}

/// "3:-2 7:-4".
fn scores(weighed: &Weighed) -> String {
    let best = weighed.best.iter();
    let best = best.map(|one| format!("{}:{}", one.node.0, score(one.score)));
    best.collect::<Vec<_>>().join(" ")
}

/// With three decimals at most.
pub fn score(score: f64) -> String {
    let text = format!("{score:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_owned()
}
