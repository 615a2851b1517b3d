//! `usage`: its keys.

use super::super::fields::{Fields, Item};
use super::super::spec::{KeySpec, TableSpec, Takes};
use super::super::usage::UsageSpec;
use super::replicas::milli;

const PART: Takes = Takes::Number(0.0, 1.0, true);
const RULE: &str = "a part is above 0 and at most 1";
const REMEDY: &str = "write a part of a whole GPU such as 0.35";

pub(super) static USAGE: TableSpec = TableSpec::closed(
    "usage",
    "What work uses of a GPU that it has whole. No run depends on it.",
    &[
        KeySpec::new("memory", PART, "Most of its memory that is held.")
            .default("what gpu-memory comes to")
            .bound(RULE, REMEDY),
        KeySpec::new(
            "compute",
            PART,
            "What is computed of what it could compute, while the work is at it.",
        )
        .default("unknown")
        .bound(RULE, REMEDY),
    ],
);

pub(super) const KEY: KeySpec = KeySpec::new(
    "usage",
    Takes::Table(&USAGE),
    "What a monitor says of their use of a GPU, for `windtunnel explain --recommend`.",
)
.default("unknown");

/// What is said of it under `usage`, if anything is.
pub(super) fn decode(fields: &Fields<'_>) -> Option<UsageSpec> {
    let Some(item) = fields.item("usage") else {
        return Some(UsageSpec::default());
    };
    let table = item.table()?;
    let part = |key| table.optional(key, Item::number);
    let (memory, compute) = (part("memory"), part("compute"));
    let thousandths = |part: f64| milli(part).max(1);
    Some(UsageSpec {
        memory_milli: memory?.map(|part| thousandths(part.value)),
        compute_milli: compute?.map(|part| thousandths(part.value)),
    })
}
