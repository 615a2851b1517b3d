//! `course`: how a job advances.

use std::collections::BTreeMap;

use sim_core::course::Speeds;

use super::super::fields::{Fields, Item};
use super::super::place::Spanned;
use super::super::read::every;
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};
use super::super::workload::{Course, CourseKind, Input};
use super::goodput;
use super::risk::needed;
use super::speeds;
use super::workload::MOST;

const SHARE: Takes = Takes::Number(0.0, 1.0, true);
const SHARE_WORDS: (&str, &str) = (
    "a factor is above 0 and at most 1",
    "write a number in that range",
);

pub(super) static COURSES: [Choice; 4] = [
    Choice::new("linear", "Work over a rate."),
    Choice::new("stepwise", "Whole steps."),
    Choice::new(
        "goodput",
        "Training with a batch of its choice, at the speed and efficiency that were measured.",
    ),
    Choice::new("data-bound", "Work over a rate, as far as data comes."),
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
        KeySpec::new(
            "speeds",
            Takes::Table(&speeds::SPEEDS),
            "Steps a second by GPU model, kind of job and number of GPUs, in place of rates and scaling; makes the course stepwise.",
        )
        .default("none"),
        KeySpec::new(
            "profiles",
            Takes::Folder,
            "A folder with a folder of profiles for each application; goodput courses only.",
        )
        .default("four applications that are made up"),
        KeySpec::new(
            "applications",
            Takes::Map(&Takes::Table(&goodput::APPLICATION)),
            "The applications, by the names of their folders.",
        ),
        KeySpec::new(
            "profiled",
            Takes::Map(&Takes::Name),
            "What profiles call a GPU model, as in { T4 = \"aws\" }.",
        )
        .default("its name"),
        KeySpec::new(
            "batch",
            Takes::Choice(&goodput::BATCHES),
            "Who chooses the batch, and with it, whether a job runs on any number of GPUs.",
        )
        .default("\"tuned\""),
        KeySpec::new(
            "round",
            Takes::Duration(true),
            "A job looks at its batch after each epoch, and this often.",
        )
        .default("\"60s\""),
        KeySpec::new("data", Takes::Name, "The [[data]] that it reads.").default("none"),
        KeySpec::new(
            "read",
            Takes::Size,
            "Bytes a second that a GPU at full speed takes in.",
        ),
        KeySpec::new(
            "cache",
            Takes::Size,
            "What a node keeps of the data; it is filled at each start.",
        )
        .default("none"),
        KeySpec::new(
            "cache-bandwidth",
            Takes::Size,
            "Bytes a second that a node reads of its cache.",
        ),
    ],
);

pub(super) fn decode(item: Item<'_>) -> Option<Course> {
    let item = item.pick()?;
    if item.is_text() {
        let needs = match item.choice()?.value {
            1 => Some((
                "has no step",
                "write { kind = \"stepwise\", step = \"10s\" }",
            )),
            2 => Some(("has no keys", "write { kind = \"goodput\" }")),
            3 => Some((
                "reads no data",
                "write { kind = \"data-bound\", data = ..., read = ... }",
            )),
            _ => None,
        };
        if let Some((rule, remedy)) = needs {
            return item.refuse(rule, remedy);
        }
        return Some(plain());
    }
    let fields = item.table()?;
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
    let goodput = goodput::decode(&fields)?;
    let table = fields.item("speeds").map_or(Some(None), |item| {
        speeds::decode(&fields, &item.table()?).map(Some)
    });
    let kind = if goodput.is_some() {
        Some(CourseKind::Goodput)
    } else if fields.key_place("speeds").is_some() {
        let step = Spanned::new(Speeds::STEP, fields.place);
        Some(CourseKind::Stepwise { step })
    } else {
        kind(&fields)
    };
    let input = input(&fields);
    let [across_nodes, across_racks, across_zones] = across;
    Some(Course {
        kind: kind?,
        input: input?,
        speeds: table?,
        goodput,
        rates: rates?,
        scaling: scaling?,
        across_nodes: across_nodes?,
        across_racks: across_racks?,
        across_zones: across_zones?,
    })
}

fn kind(fields: &Fields<'_>) -> Option<CourseKind> {
    let stepwise = fields
        .item("kind")
        .map_or(Some(false), |item| Some(item.choice()?.value == 1));
    let step = fields.optional("step", Item::span);
    match (stepwise?, step?) {
        (false, None) => Some(CourseKind::Linear),
        (true, Some(step)) => Some(CourseKind::Stepwise { step }),
        (false, Some(step)) => {
            fields.refuse(
                step.place,
                "step",
                "a linear course has no steps",
                "remove it or write kind = \"stepwise\"",
            );
            None
        }
        (true, None) => {
            fields.refuse_here(
                "step",
                "missing: the course is stepwise",
                "add step = \"10s\"",
            );
            None
        }
    }
}

/// The data that a job reads; nothing if it reads none.
#[expect(clippy::option_option, reason = "not said, or wrongly")]
fn input(fields: &Fields<'_>) -> Option<Option<Input>> {
    let bound = fields
        .table
        .get("kind")
        .and_then(|kind| kind.value.as_text())
        == Some("data-bound");
    let Some(item) = fields.item("data") else {
        let stray = ["read", "cache", "cache-bandwidth"];
        let stray = stray
            .into_iter()
            .find_map(|key| Some((key, fields.key_place(key)?)));
        if let Some((key, place)) = stray {
            let rule = "says nothing without data";
            fields.refuse(place, key, rule, "add data = \"...\", or remove it");
        } else if bound {
            let rule = "missing: a data-bound course reads some";
            fields.refuse_here("data", rule, "add data = \"...\" and a [[data]] table");
        } else {
            return Some(None);
        }
        return None;
    };
    let data = item.name();
    let read = needed(fields, "read", Item::size);
    let cache = fields.optional("cache", Item::size);
    let bandwidth = fields.optional("cache-bandwidth", Item::size);
    let cache = match (cache?, bandwidth?) {
        (None, None) => None,
        (Some(cache), Some(bandwidth)) if bandwidth.value.0 > 0 => {
            Some((cache.value, bandwidth.value))
        }
        (Some(_), _) | (None, Some(_)) => {
            let rule = "a cache has a size and a bandwidth a second";
            let remedy = "write cache = \"1TiB\" and cache-bandwidth = \"3GiB\"";
            fields.refuse_here("cache", rule, remedy);
            return None;
        }
    };
    Some(Some(Input {
        data: data?,
        read: read?.value,
        cache,
    }))
}

pub(super) const fn plain() -> Course {
    Course {
        kind: CourseKind::Linear,
        rates: BTreeMap::new(),
        scaling: BTreeMap::new(),
        across_nodes: 1.0,
        across_racks: 1.0,
        across_zones: 1.0,
        input: None,
        speeds: None,
        goodput: None,
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
