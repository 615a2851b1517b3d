//! `[[budget]]`.

use sim_core::model::Period;
use sim_core::units::{Money, Span};

use super::super::budget::BudgetSpec;
use super::super::fields::{Fields, Item};
use super::super::read::every;
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};

/// What is shorter is no period of a budget, and would be counted for ever.
const SHORTEST: Span = Span::from_secs(60);

static MONTH: [Choice; 1] = [Choice::new(
    "month",
    "From the first of each month, by `horizon.timezone`.",
)];

pub(super) static BUDGET: TableSpec = TableSpec::closed(
    "[[budget]]",
    "What may be spent in each period; only policies with a `guard` heed it.",
    &[
        KeySpec::new("name", Takes::Name, "What tables and guards call it.").required(),
        KeySpec::new("amount", Takes::Price, "What may be spent in a period.").required(),
        KeySpec::new(
            "period",
            Takes::Either(&[Takes::Choice(&MONTH), Takes::Duration(true)]),
            "When it begins anew: by the calendar, or at every multiple of a time.",
        )
        .default("\"month\""),
        KeySpec::new(
            "fleets",
            Takes::List(&Takes::Name),
            "Fleets that it is for.",
        )
        .default("all"),
        KeySpec::new(
            "delay",
            Takes::Duration(false),
            "How late spending is seen: the delay of the provider's billing.",
        )
        .default("\"0s\""),
    ],
);

pub(super) fn decode(fields: &Fields<'_>) -> Option<BudgetSpec> {
    let name = fields.item("name").and_then(Item::name);
    let amount = fields.item("amount").and_then(Item::price);
    let period = fields.item("period").map_or(Some(Period::Month), period);
    let fleets = fields.item("fleets").map_or(Some(Vec::new()), |item| {
        every(item.list()?.into_iter().map(Item::name))
    });
    let delay = fields
        .item("delay")
        .map_or(Some(Span::ZERO), |item| Some(item.span()?.value));
    Some(BudgetSpec {
        name: name?,
        amount: Money::from_nanousd(amount?.value.nanousd_h().into()),
        period: period?,
        fleets: fleets?,
        delay: delay?,
        written: fields.table.clone(),
    })
}

fn period(item: Item<'_>) -> Option<Period> {
    let item = item.pick()?;
    if item.written() == Some("month") {
        return Some(Period::Month);
    }
    let span = item.span()?.value;
    if span < SHORTEST {
        return item.refuse(
            "shorter than a minute",
            "write for example period = \"30d\"",
        );
    }
    Some(Period::Every(span))
}
