//! `course = { kind = "goodput", ... }`: applications that were profiled.

use std::collections::BTreeMap;

use sim_core::units::Span;

use super::super::fields::{Fields, Item};
use super::super::place::Spanned;
use super::super::read::every;
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};
use super::super::workload::{ApplicationSpec, GoodputSpec};

/// What goodput courses take beside their kind.
pub(super) const KEYS: [&str; 5] = ["profiles", "applications", "batch", "round", "profiled"];

/// The most by which a job may be slower than was measured.
const MOST_SLOWDOWN: f64 = 100.0;

/// The most stages of a pipeline.
const MOST_STAGES: i64 = 1024;

pub(super) static BATCHES: [Choice; 2] = [
    Choice::new("tuned", "The job tunes it to where it lies."),
    Choice::new("requested", "As the trace says."),
];

pub(super) static APPLICATION: TableSpec = TableSpec::closed(
    "application",
    "An application that was profiled.",
    &[
        KeySpec::new(
            "epochs",
            Takes::Integer(1, 1_000_000),
            "Epochs until a job is done.",
        )
        .default("all that were measured")
        .bound(
            "a job has 1 to 1,000,000 epochs",
            "write a number in that range",
        ),
        KeySpec::new(
            "delay",
            Takes::Duration(false),
            "Time to start, or to go on elsewhere.",
        )
        .default("\"30s\""),
        KeySpec::new(
            "slowdown",
            Takes::Number(1.0, MOST_SLOWDOWN, false),
            "By how much a job is slower than was measured.",
        )
        .default("1.0")
        .bound(
            "a slowdown is from 1 to 100",
            "write a number in that range",
        ),
        KeySpec::new(
            "pipeline",
            Takes::Map(&Takes::Integer(1, MOST_STAGES)),
            "Where the application is too large for a GPU: the stages that make up a replica, a GPU each, by what profiles call \
             the model, such as { rtx = 8 }; it runs on no other. A job has as many replicas as its GPUs make up whole, keeps \
             the number of GPUs it asks for, and does not tune its batch, which is 48 samples a replica.",
        )
        .default("a GPU holds it")
        .bound(
            "a pipeline has 1 to 1,024 stages",
            "write a number in that range",
        ),
    ],
);

/// Nothing if the course is of another kind.
#[expect(clippy::option_option, reason = "not said, or wrongly")]
pub(super) fn decode(course: &Fields<'_>) -> Option<Option<GoodputSpec>> {
    let kind = course.table.get("kind");
    if kind.and_then(|kind| kind.value.as_text()) != Some("goodput") {
        let stray = KEYS.into_iter();
        let mut stray = stray.filter_map(|key| Some((key, course.key_place(key)?)));
        let Some((key, place)) = stray.next() else {
            return Some(None);
        };
        let rule = "says something of goodput courses only";
        course.refuse(place, key, rule, "add kind = \"goodput\", or remove it");
        return None;
    }
    let others = [
        "step",
        "scaling",
        "across-nodes",
        "across-racks",
        "across-zones",
        "speeds",
        "data",
    ];
    let measured = course.key_place("profiles").map(|_| "rates");
    let mut others = others.into_iter().chain(measured);
    if let Some((key, place)) = others.find_map(|key| Some((key, course.key_place(key)?))) {
        let rule = "the speed of a goodput course is what was measured";
        course.refuse(place, key, rule, "remove it");
        return None;
    }
    let folder = course.optional("profiles", Item::folder);
    let applications = course
        .item("applications")
        .map_or(Some(BTreeMap::new()), applications);
    let profiled = course.item("profiled").map_or(Some(BTreeMap::new()), names);
    let tuned = course
        .item("batch")
        .map_or(Some(true), |item| Some(item.choice()?.value == 0));
    let round = course
        .item("round")
        .map_or(Some(Span::from_secs(60)), |item| Some(item.span()?.value));
    let (folder, applications) = (folder?, applications?);
    if folder.is_some() && applications.is_empty() {
        let rule = "missing: profiles are read of the applications that are named";
        let remedy = "add applications = { cifar10 = { delay = \"50s\" } }";
        course.refuse_here("applications", rule, remedy);
        return None;
    }
    if folder.is_none()
        && let Some(key) = ["applications", "profiled"]
            .into_iter()
            .find(|key| course.key_place(key).is_some())
    {
        let rule = "without profiles the applications are made up";
        course.refuse(
            course.key_place(key)?,
            key,
            rule,
            "add profiles = \"FOLDER\", or remove it",
        );
        return None;
    }
    Some(Some(GoodputSpec {
        folder,
        applications,
        profiled: profiled?,
        tuned: tuned?,
        round: round?,
    }))
}

fn applications(item: Item<'_>) -> Option<BTreeMap<String, ApplicationSpec>> {
    let read = |(key, item): (&Spanned<String>, Item<'_>)| {
        let fields = item.table()?;
        let epochs = fields.optional("epochs", Item::count::<u32>);
        let delay = fields
            .item("delay")
            .map_or(Some(Span::from_secs(30)), |item| Some(item.span()?.value));
        let slowdown = fields
            .item("slowdown")
            .map_or(Some(1.0), |item| Some(item.number()?.value));
        let pipeline = fields.item("pipeline").map_or(Some(Vec::new()), |item| {
            let read = |(model, item): (&Spanned<String>, Item<'_>)| {
                Some((model.clone(), item.count()?.value))
            };
            every(item.map()?.into_iter().map(read))
        });
        let spec = ApplicationSpec {
            place: key.place,
            pipeline: pipeline?,
            epochs: epochs?.map(|epochs| epochs.value),
            delay: delay?,
            slowdown: slowdown?,
        };
        Some((key.value.clone(), spec))
    };
    let read = every(item.map()?.into_iter().map(read))?;
    Some(read.into_iter().collect())
}

fn names(item: Item<'_>) -> Option<BTreeMap<String, String>> {
    let read =
        |(key, item): (&Spanned<String>, Item<'_>)| Some((key.value.clone(), item.name()?.value));
    let read = every(item.map()?.into_iter().map(read))?;
    Some(read.into_iter().collect())
}
