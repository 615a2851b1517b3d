//! `checkpoint`: what a job keeps, and at what cost.

use sim_core::units::Span;

use super::super::fields::{Fields, Item};
use super::super::place::Spanned;
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};
use super::super::workload::{Checkpoint, GoodputSpec, Keep, StoredSpec};
use super::risk::needed;

pub(super) static CHECKPOINT: TableSpec = TableSpec::closed(
    "checkpoint",
    "What an interrupted job keeps, and what saving it and coming back costs.",
    &[
        KeySpec::new("keep", Takes::Choice(&KEEP), "How much of its work.").default("\"all\""),
        KeySpec::new(
            "every",
            Takes::Duration(true),
            "Work between checkpoints; what came after the last is lost.",
        ),
        KeySpec::new(
            "steps",
            Takes::Integer(1, 1_000_000_000_000),
            "Steps between checkpoints, of a stepwise course; beside every, whichever comes first.",
        )
        .bound(
            "a checkpoint comes after at least 1 step",
            "write a positive number",
        ),
        KeySpec::new(
            "dump",
            Takes::Duration(false),
            "Time to write one; the work stands still.",
        )
        .default("\"0s\""),
        KeySpec::new(
            "upload",
            Takes::Duration(false),
            "From when one is written to when it outlives the node, beside the work.",
        )
        .default("\"0s\""),
        KeySpec::new(
            "last",
            Takes::Bool,
            "Whether one is written at the very end as well.",
        )
        .default("false"),
        KeySpec::new(
            "on-notice",
            Takes::Bool,
            "Whether a notice makes the job write one at once, if there is time.",
        )
        .default("false"),
        KeySpec::new(
            "setup",
            Takes::Duration(false),
            "Overhead at the first start; a goodput course has a delay in its place.",
        )
        .default("\"0s\""),
        KeySpec::new(
            "restore",
            Takes::Duration(false),
            "Overhead at each start after the first; a goodput course has a delay in its place.",
        )
        .default("\"0s\""),
        KeySpec::new(
            "reseat",
            Takes::Duration(false),
            "Overhead of going on elsewhere, or with more or fewer tasks, without having waited; a goodput course has a delay in its place.",
        )
        .default("\"0s\""),
        KeySpec::new("storage", Takes::Name, "The store in which they lie.")
            .default("none that is billed"),
        KeySpec::new("size", Takes::Size, "Bytes of one.").default("none"),
        KeySpec::new(
            "retention",
            Takes::Integer(1, 10_000),
            "How many of the last a job keeps, from its first start on.",
        )
        .default("one"),
        KeySpec::new(
            "linger",
            Takes::Duration(false),
            "How long after its end they are kept.",
        )
        .default("not at all"),
    ],
);

static KEEP: [Choice; 2] = [
    Choice::new("all", "All of it."),
    Choice::new("none", "None: it starts again."),
];

pub(super) fn decode(fields: &Fields<'_>) -> Option<Checkpoint> {
    let free = Spanned::new(Span::ZERO, fields.place);
    let Some(item) = fields.item("checkpoint") else {
        return Some(Checkpoint::free(free));
    };
    let fields = item.table()?;
    let clash = ["every", "steps"].map(|key| fields.exclusive("keep", key));
    let word = fields.optional("keep", Item::choice);
    let every = fields.optional("every", Item::span);
    let steps = fields.optional("steps", Item::count);
    let span = |key| fields.item(key).map_or(Some(free), Item::span);
    let costs = ["dump", "upload", "setup", "restore", "reseat"].map(span);
    let flag = |key| {
        fields
            .item(key)
            .map_or(Some(false), |item| Some(item.bool()?.value))
    };
    let (last, on_notice) = (flag("last"), flag("on-notice"));
    let stored = stored(&fields);
    let keep = match (word?, every?, steps?) {
        (_, Some(every), None) => Keep::Every(every),
        (_, None, Some(steps)) => Keep::Steps(steps),
        (_, Some(every), Some(steps)) => Keep::Either(every, steps),
        (Some(word), None, None) if word.value == 1 => Keep::None,
        (Some(_) | None, None, None) => Keep::All,
    };
    let [dump, upload, setup, restore, reseat] = costs;
    let checkpoint = Checkpoint {
        keep,
        dump: dump?,
        upload: upload?,
        last: last?,
        on_notice: on_notice?,
        setup: setup?,
        restore: restore?,
        reseat: reseat?,
        stored: stored?,
    };
    (!clash.contains(&true)).then_some(checkpoint)
}

/// Refuses what a start costs beside a goodput course, of which profiles say it: all three come to its delay. `fields` are
/// those of the workload.
pub(super) fn starts_as_profiled(fields: &Fields<'_>, course: &GoodputSpec) -> Option<()> {
    let checkpoint = fields.table.get("checkpoint");
    let Some(table) = checkpoint.and_then(|table| table.value.as_table()) else {
        return Some(());
    };
    let remedy = match course.folder {
        Some(_) => "remove it, and write it as the delay of the application",
        None => "remove it: applications that are made up have theirs",
    };
    let starts = ["setup", "restore", "reseat"];
    let keys = table.entries.iter().map(|(key, _)| key);
    let mut agrees = Some(());
    for key in keys.filter(|key| starts.contains(&key.value.as_str())) {
        let rule = "what a start costs a goodput job is the delay of its application";
        fields.refuse(key.place, &key.value, rule, remedy);
        agrees = None;
    }
    agrees
}

/// Where checkpoints lie; nothing if nobody bills it.
#[expect(clippy::option_option, reason = "not said, or wrongly")]
fn stored(fields: &Fields<'_>) -> Option<Option<StoredSpec>> {
    let Some(item) = fields.item("storage") else {
        for key in ["size", "retention", "linger"] {
            if let Some(place) = fields.key_place(key) {
                let rule = "says nothing without a store";
                fields.refuse(place, key, rule, "add storage = \"...\", or remove it");
                return None;
            }
        }
        return Some(None);
    };
    let storage = item.name();
    let size = needed(fields, "size", Item::size);
    let retention = fields.optional("retention", Item::count);
    let linger = fields.optional("linger", Item::span);
    Some(Some(StoredSpec {
        storage: storage?,
        size: size?.value,
        retention: retention?.map_or(1, |last| last.value),
        linger: linger?.map_or(Span::ZERO, |span| span.value),
    }))
}
