//! `billing`: how held machines are charged.

use sim_core::model::{ChargedFrom, Market, Terms};
use sim_core::units::Span;

use super::super::fields::Fields;
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};

/// In the order of [`PRESETS`].
pub(super) static WORDS: [Choice; 6] = [
    Choice::new("exact", "Price x time to the microsecond."),
    Choice::new("per-second", "Whole seconds, at least a minute."),
    Choice::new(
        "aws-spot",
        "The same; free if taken away within the first hour.",
    ),
    Choice::new(
        "whole-hours",
        "Whole hours; the last one is free if the provider ends it.",
    ),
    Choice::new("serverless", "Only while jobs run on the machine."),
    Choice::new("whether-used", "Every slot, all the time."),
];

const PRESETS: [Terms; 6] = [
    Terms::EXACT,
    Terms::PER_SECOND,
    Terms::AWS_SPOT,
    Terms::WHOLE_HOURS,
    Terms::SERVERLESS,
    Terms::WHETHER_USED,
];

static FROM: [Choice; 2] = [
    Choice::new("grant", "While it boots as well."),
    Choice::new("ready", "Once it can be used."),
];

pub(super) static BILLING: TableSpec = TableSpec::closed(
    "billing",
    "How held machines are charged, rule by rule.",
    &[
        KeySpec::new(
            "per",
            Takes::Duration(true),
            "What is begun of it is paid whole.",
        )
        .default("a microsecond"),
        KeySpec::new(
            "minimum",
            Takes::Duration(false),
            "Least length that is charged.",
        )
        .default("\"0s\""),
        KeySpec::new(
            "charged-from",
            Takes::Choice(&FROM),
            "When the charge begins.",
        )
        .default("\"grant\""),
        KeySpec::new(
            "free-within",
            Takes::Duration(false),
            "A machine that the provider takes away before this is free.",
        )
        .default("\"0s\""),
        KeySpec::new(
            "partial-free",
            Takes::Bool,
            "Whether the last granule is free when the provider takes the machine away.",
        )
        .default("false"),
        KeySpec::new(
            "whether-used",
            Takes::Bool,
            "Whether every slot is paid for all the time.",
        )
        .default("false"),
        KeySpec::new(
            "while-used",
            Takes::Bool,
            "Whether only the time with jobs is charged.",
        )
        .default("false"),
    ],
);

/// What is written, or what goes with the market.
pub(super) fn decode(fields: &Fields<'_>, market: Market) -> Option<Terms> {
    let Some(item) = fields.item("billing") else {
        return Some(match market {
            Market::Owned | Market::OnDemand | Market::Spot => Terms::EXACT,
            Market::Reserved | Market::CapacityBlock => Terms::WHETHER_USED,
            Market::Serverless => Terms::SERVERLESS,
        });
    };
    let item = item.pick()?;
    if item.is_text() {
        return Some(PRESETS[item.choice()?.value]);
    }
    let fields = item.table()?;
    if fields.exclusive("whether-used", "while-used") {
        return None;
    }
    let span = |key, otherwise| match fields.item(key) {
        Some(item) => item.span().map(|span| span.value),
        None => Some(otherwise),
    };
    let flag = |key| match fields.item(key) {
        Some(item) => item.bool().map(|flag| flag.value),
        None => Some(false),
    };
    let from = match fields.item("charged-from") {
        Some(item) => item.choice().map(|word| word.value),
        None => Some(0),
    };
    let (per, minimum) = (
        span("per", Terms::EXACT.granularity),
        span("minimum", Span::ZERO),
    );
    let free = span("free-within", Span::ZERO);
    let flags = ["partial-free", "whether-used", "while-used"].map(flag);
    let [partial, whether, only] = flags;
    Some(Terms {
        granularity: per?,
        minimum: minimum?,
        from: if from? == 0 {
            ChargedFrom::Grant
        } else {
            ChargedFrom::Ready
        },
        free_if_reclaimed_within: free?,
        reclaimed_partial_free: partial?,
        whether_used: whether?,
        only_while_used: only?,
    })
}
