//! `course = { speeds = ... }`: a table of speeds, in a file or inline.

use traces::{MAX_STEPS_S, SpeedRow};

use super::super::fields::{Fields, Item};
use super::super::read::every;
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};
use super::super::workload::{SpeedsSource, SpeedsSpec};

pub(super) static SPEEDS: TableSpec = TableSpec::closed(
    "speeds",
    "Steps a second by GPU model, kind of job and number of GPUs; a job runs on the models it has a speed for. How jobs that share a GPU slow each other down stands in [sharing].",
    &[
        KeySpec::new("format", Takes::Choice(&FORMATS), "Form of the file.")
            .default("\"gavel-json\""),
        KeySpec::new("file", Takes::File, "A file of speeds."),
        KeySpec::new("table", Takes::Tables(&ROW), "Speeds, here."),
        KeySpec::new(
            "reference",
            Takes::Name,
            "The GPU model that durations refer to.",
        )
        .required(),
        KeySpec::new("kind", Takes::Text, "The kind of all jobs.")
            .default("what the trace says of each"),
    ],
);

static FORMATS: [Choice; 1] = [Choice::new(
    "gavel-json",
    "Gavel's simulation_throughputs.json.",
)];

static ROW: TableSpec = TableSpec::closed(
    "table",
    "A speed.",
    &[
        KeySpec::new("gpu", Takes::Name, "The GPU model.").required(),
        KeySpec::new("kind", Takes::Text, "The kind of job.").required(),
        KeySpec::new(
            "gpus",
            Takes::Integer(1, 100_000),
            "GPUs of the whole job: the largest number not above the job's holds.",
        )
        .default("1")
        .bound(
            "a job has 1 to 100,000 GPUs",
            "write a number in that range",
        ),
        KeySpec::new(
            "steps",
            Takes::Number(0.0, MAX_STEPS_S, true),
            "Steps a second of the whole job.",
        )
        .required()
        .bound(
            "a speed is above 0 and at most 1e6 steps a second",
            "write a number in that range, or leave out where it does not run",
        ),
    ],
);

/// `course` is the table that it stands in: what a table of speeds replaces may not be said there as well.
pub(super) fn decode(course: &Fields<'_>, fields: &Fields<'_>) -> Option<SpeedsSpec> {
    if let Some(place) = course.key_place("data") {
        let rule = "a course with a table of speeds waits for no data";
        course.refuse(place, "data", rule, "remove it, or speeds");
        return None;
    }
    let stray = ["step", "rates", "scaling"];
    let stray = stray
        .into_iter()
        .find_map(|key| Some((key, course.key_place(key)?)));
    if let Some((key, place)) = stray {
        let rule = "says the same as speeds does";
        course.refuse(place, key, rule, "remove one of them");
        return None;
    }
    if fields.exclusive("file", "table") {
        return None;
    }
    let format = fields
        .item("format")
        .map_or(Some(()), |item| item.choice().map(drop));
    let table = match (fields.item("file"), fields.item("table")) {
        (Some(file), _) => file.file().map(SpeedsSource::File),
        (None, Some(rows)) => every(rows.tables()?.iter().map(row)).map(SpeedsSource::Rows),
        (None, None) => {
            let remedy = "add file = \"...\" or table = [{ gpu = ..., kind = ..., steps = ... }]";
            fields.refuse_here("file or table", "missing in speeds", remedy);
            None
        }
    };
    let reference = fields.item("reference").and_then(Item::name);
    let kind = fields.optional("kind", Item::text);
    format?;
    Some(SpeedsSpec {
        table: table?,
        reference: reference?,
        kind: kind?,
    })
}

fn row(fields: &Fields<'_>) -> Option<SpeedRow> {
    let model = fields.item("gpu").and_then(Item::name);
    let kind = fields.item("kind").and_then(Item::text);
    let gpus = fields
        .item("gpus")
        .map_or(Some(1), |item| Some(item.count()?.value));
    let steps = fields.item("steps").and_then(Item::number);
    Some(SpeedRow {
        model: model?.value,
        kind: kind?.value,
        gpus: gpus?,
        steps_s: steps?.value,
    })
}
