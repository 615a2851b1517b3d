//! Why jobs waited: of one run by job, of a comparison by policy. Known where the table of waits is asked for, and nowhere else.

use plots::figure::{Estimate, Heading, Measure, Unit, stack};
use plots::table::{Cell, Table, Value};
use sim_core::engine::Reason;
use sim_core::units::{convert, limits};

use super::compare::Comparison;
use super::figures::Figure;
use super::flight::Flight;
use super::number::real;
use super::sheet::{Column, Layout, Made, Sheet};
use super::tables::label;
use crate::build::Experiment;
use crate::waits::{Share, Who, by_reason, hours, of, part, seconds, total};

/// What the table of a run holds.
pub(super) fn jobs_layout() -> Layout {
    Layout {
        name: "waits (of a run)",
        doc: "One row a job and reason for which it waited, replicas after jobs. Those of a job add up to all its waiting.",
        columns: JOBS.to_vec(),
    }
}

const JOBS: [Column; 3] = [
    Column::count("job", "Its number, as in `jobs`"),
    Column::text("reason", "Why it waited"),
    Column::us("wait_us", "For how long"),
];

/// The table of a run; without a row where it is not known.
pub(super) fn jobs(made: Made, flight: &Flight) -> Sheet {
    let mut sheet = Sheet::new(made, &JOBS);
    if let Some(waited) = &flight.waited {
        let jobs = (0..).zip(&waited.jobs);
        let replicas = (limits::FIRST_REPLICA..).zip(&waited.replicas);
        for (ordinal, split) in jobs.chain(replicas) {
            for (reason, time) in by_reason(split) {
                sheet.row([ordinal.into(), reason.name().into(), time.into()]);
            }
        }
    }
    sheet
}

/// What the table of a comparison holds.
pub(super) fn all_layout() -> Layout {
    Layout {
        name: "waits",
        doc: "One row a policy, seed and reason for which anybody waited, where `--explain` or the table of waits was asked for.",
        columns: ALL.to_vec(),
    }
}

const ALL: [Column; 7] = [
    Column::text("policy", "Its name"),
    Column::count("seed", "Of the run"),
    Column::text("who", "`jobs`, or `replicas` of services"),
    Column::text("reason", "Why they waited"),
    Column::real("wait_s", "s", "For how long, over all of them"),
    Column::real("share", "", "Of all their waiting in the run"),
    Column::count("count", "How many waited for it"),
];

/// The table of a comparison; nothing where it is not known.
pub(super) fn all(made: Made, experiment: &Experiment, comparison: &Comparison) -> Option<Sheet> {
    Who::ALL
        .into_iter()
        .any(|who| is_known(comparison, who))
        .then(|| {
            let mut sheet = Sheet::new(made, &ALL);
            for (position, flights) in comparison.plan.contenders.iter().zip(&comparison.flights) {
                let name = &experiment.contenders[*position].name;
                for flight in flights {
                    for share in &flight.waits {
                        let all = total(&of(&flight.waits, share.who));
                        sheet.row([
                            name.as_str().into(),
                            flight.seed.into(),
                            share.who.name().into(),
                            share.reason.name().into(),
                            seconds(share.wait_us).into(),
                            part(share.wait_us, all).into(),
                            share.count.into(),
                        ]);
                    }
                }
            }
            sheet
        })
}

/// Whether any of them waited, and it is known why.
fn is_known(comparison: &Comparison, who: Who) -> bool {
    let mut flights = comparison.flights.iter().flatten();
    flights.any(|flight| flight.waits.iter().any(|share| share.who == who))
}

/// Why jobs waited, and why replicas did: a row a reason, a column a policy, its part of all their waiting in all seeds together.
pub fn waits_tables(experiment: &Experiment, comparison: &Comparison) -> Vec<Table> {
    let table = |who| waits_table(experiment, comparison, who);
    Who::ALL.into_iter().filter_map(table).collect()
}

fn waits_table(experiment: &Experiment, comparison: &Comparison, who: Who) -> Option<Table> {
    let sums = is_known(comparison, who).then(|| sums(comparison, who))?;
    let names = comparison.plan.contenders.iter();
    let names = names.map(|position| label(experiment, *position));
    let row = |reason: &Reason| {
        let cell = |shares: &Vec<Share>| {
            let own = shares.iter().find(|share| share.reason == *reason);
            let value = part(own.map_or(0, |share| share.wait_us), total(shares));
            Cell::from(Value::Share { value, decimals: 1 })
        };
        let cells = [Cell::from(reason.name())].into_iter();
        cells.chain(sums.iter().map(cell)).collect()
    };
    let hours = |shares: &Vec<Share>| Cell::number(mean_hours(comparison, shares), 1);
    let all = [Cell::from(format!("{}, all", who.hours()).as_str())].into_iter();
    let all = all.chain(sums.iter().map(hours)).collect();
    let rows = reasons(&sums).iter().map(row).chain([all]).collect();
    let columns = [format!("why {} waited", who.name())]
        .into_iter()
        .chain(names);
    Some(Table {
        columns: columns.collect(),
        rows,
    })
}

/// The same of jobs as bars.
pub(super) fn figure(experiment: &Experiment, comparison: &Comparison) -> Option<Figure> {
    let sums = is_known(comparison, Who::Jobs).then(|| sums(comparison, Who::Jobs))?;
    let reasons = reasons(&sums);
    let row = |(position, shares): (&usize, &Vec<Share>)| {
        let value = |reason: &Reason| {
            let own = shares.iter().filter(|share| share.reason == *reason);
            mean_hours(comparison, &own.copied().collect::<Vec<_>>())
        };
        stack::Row {
            name: label(experiment, *position),
            values: reasons.iter().map(value).collect(),
            total: Estimate::exact(mean_hours(comparison, shares)),
            note: String::new(),
        }
    };
    let stack = stack::Stack {
        heading: Heading {
            title: "Why jobs waited".to_owned(),
            subtitle: Some("Job-hours of waiting by reason, mean of a run".to_owned()),
        },
        measure: Measure {
            title: "Waiting".to_owned(),
            unit: Unit::Named("job-hours".to_owned()),
        },
        rows: comparison
            .plan
            .contenders
            .iter()
            .zip(&sums)
            .map(row)
            .collect(),
        parts: reasons
            .iter()
            .map(|reason| stack::Part {
                name: reason.name().to_owned(),
                look: reason.index(),
            })
            .collect(),
    };
    Some(Figure {
        name: "waits-by-reason".to_owned(),
        caption: "Every microsecond of waiting has one reason. Where no placement exists the reason follows from what is free; \
                  where one does the policy has the word."
            .to_owned(),
        drawing: stack.draw(),
    })
}

/// What the reasons in the tables say.
pub(super) fn words(comparison: &Comparison) -> Vec<String> {
    let sums: Vec<_> = Who::ALL
        .into_iter()
        .flat_map(|who| sums(comparison, who))
        .collect();
    let reasons = reasons(&sums);
    let words = reasons.iter();
    words
        .map(|reason| format!("{}: {}.", reason.name(), reason.words()))
        .collect()
}

/// By policy: its shares, of all seeds together.
fn sums(comparison: &Comparison, who: Who) -> Vec<Vec<Share>> {
    let sum = |flights: &Vec<super::compare::Summary>| {
        let share = |reason| {
            let own = flights.iter().flat_map(|flight| &flight.waits);
            let own = own.filter(|share| (share.who, share.reason) == (who, reason));
            own.fold(None, |sum: Option<Share>, share| {
                let sum = sum.unwrap_or(Share {
                    who,
                    reason,
                    wait_us: 0,
                    count: 0,
                });
                Some(Share {
                    wait_us: sum.wait_us + share.wait_us,
                    count: sum.count.saturating_add(share.count),
                    ..sum
                })
            })
        };
        Reason::ALL.into_iter().filter_map(share).collect()
    };
    comparison.flights.iter().map(sum).collect()
}

/// The reasons for which anybody waited.
fn reasons(sums: &[Vec<Share>]) -> Vec<Reason> {
    let known = |reason: &Reason| {
        let mut shares = sums.iter().flatten();
        shares.any(|share| share.reason == *reason)
    };
    Reason::ALL.into_iter().filter(known).collect()
}

fn mean_hours(comparison: &Comparison, shares: &[Share]) -> f64 {
    let seeds = real(convert::wide(comparison.plan.seeds.len()));
    hours(total(shares)) / seeds
}
