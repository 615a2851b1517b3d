//! `course`: how a job advances.

use std::collections::BTreeMap;

use super::super::fields::{Fields, Item};
use super::super::place::Spanned;
use super::super::read::every;
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};
use super::super::workload::{Course, CourseKind};
use super::workload::MOST;

const SHARE: Takes = Takes::Number(0.0, 1.0, true);
const SHARE_WORDS: (&str, &str) = (
    "a factor is above 0 and at most 1",
    "write a number in that range",
);

const GOODPUT: &str = "goodput and data-bound courses";

pub(super) static COURSES: [Choice; 4] = [
    Choice::new("linear", "Work over a rate."),
    Choice::new("stepwise", "Whole steps."),
    Choice::later("goodput", GOODPUT),
    Choice::later("data-bound", GOODPUT),
];

pub(super) static COURSE: TableSpec = TableSpec::closed(
    "course",
    "How a job advances on what it is given.",
    &[
        KeySpec::new(
            "kind",
            Takes::Choice(&COURSES),
            "Whether it can stop between steps.",
        )
        .default("\"linear\""),
        KeySpec::new(
            "step",
            Takes::Duration(true),
            "Length of a step at rate 1.0; stepwise courses only.",
        ),
        KeySpec::new(
            "scaling",
            Takes::Map(&Takes::Number(0.0, MOST, true)),
            "Speed by number of GPUs, such as { 1 = 1.0, 8 = 6.5 }: the last number not above the job's holds.",
        )
        .default("1.0 for any number")
        .bound(
            "a rate is above 0 and at most 1e6",
            "write a number in that range",
        ),
        KeySpec::new(
            "rates",
            Takes::Map(&Takes::Number(0.0, MOST, true)),
            "Speed by GPU model.",
        )
        .default("1.0 for each model")
        .bound(
            "a rate is above 0 and at most 1e6",
            "write a number in that range",
        ),
        KeySpec::new(
            "across-nodes",
            SHARE,
            "Factor on the speed when a job spans nodes.",
        )
        .default("1.0")
        .bound(SHARE_WORDS.0, SHARE_WORDS.1),
        KeySpec::new(
            "across-racks",
            SHARE,
            "Factor when it spans racks, beside the one for nodes.",
        )
        .default("1.0")
        .bound(SHARE_WORDS.0, SHARE_WORDS.1),
        KeySpec::new(
            "across-zones",
            SHARE,
            "Factor when it spans zones, beside the others.",
        )
        .default("1.0")
        .bound(SHARE_WORDS.0, SHARE_WORDS.1),
    ],
);
/// The course of a workload, linear at rate one if it says nothing.
pub(super) fn decode(fields: &Fields<'_>) -> Option<Course> {
    fields.item("course").map_or(Some(plain()), written)
}

const fn plain() -> Course {
    Course {
        kind: CourseKind::Linear,
        rates: BTreeMap::new(),
        scaling: BTreeMap::new(),
        across_nodes: 1.0,
        across_racks: 1.0,
        across_zones: 1.0,
    }
}

/// Speeds by number of GPUs.
fn scaling(item: Item<'_>) -> Option<BTreeMap<u32, f64>> {
    let read = |(key, item): (&Spanned<String>, Item<'_>)| {
        let gpus = key.value.parse().ok().filter(|gpus| *gpus > 0);
        if gpus.is_none() {
            let rule = "not a number of GPUs";
            item.refuse::<u32>(rule, "write for example 8 = 6.5");
        }
        Some((gpus?, item.number()?.value))
    };
    Some(
        every(item.map()?.into_iter().map(read))?
            .into_iter()
            .collect(),
    )
}

fn written(item: Item<'_>) -> Option<Course> {
    let item = item.pick()?;
    if item.is_text() {
        let stepwise = item.choice()?.value == 1;
        if stepwise {
            return item.refuse(
                "has no step",
                "write { kind = \"stepwise\", step = \"10s\" }",
            );
        }
        return Some(plain());
    }
    let fields = item.table()?;
    let stepwise = fields
        .item("kind")
        .map_or(Some(false), |item| Some(item.choice()?.value == 1));
    let step = fields.optional("step", Item::span);
    let scaling = fields
        .item("scaling")
        .map_or(Some(BTreeMap::new()), scaling);
    let rates = fields.item("rates").map_or(Some(BTreeMap::new()), |item| {
        let read = |(key, item): (&Spanned<String>, Item<'_>)| {
            Some((key.value.clone(), item.number()?.value))
        };
        Some(
            every(item.map()?.into_iter().map(read))?
                .into_iter()
                .collect(),
        )
    });
    let factor = |key| {
        fields
            .item(key)
            .map_or(Some(1.0), |item| Some(item.number()?.value))
    };
    let across = ["across-nodes", "across-racks", "across-zones"].map(factor);
    let kind = match (stepwise?, step?) {
        (false, None) => CourseKind::Linear,
        (true, Some(step)) => CourseKind::Stepwise { step },
        (false, Some(step)) => {
            fields.refuse(
                step.place,
                "step",
                "a linear course has no steps",
                "remove it or write kind = \"stepwise\"",
            );
            return None;
        }
        (true, None) => {
            fields.refuse_here(
                "step",
                "missing: the course is stepwise",
                "add step = \"10s\"",
            );
            return None;
        }
    };
    let [across_nodes, across_racks, across_zones] = across;
    Some(Course {
        kind,
        rates: rates?,
        scaling: scaling?,
        across_nodes: across_nodes?,
        across_racks: across_racks?,
        across_zones: across_zones?,
    })
}
