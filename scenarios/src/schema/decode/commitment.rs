//! `[[reservation]]`, and `ownership` of a fleet.

use sim_core::model::Market;
use sim_core::units::{Money, Price, Span, convert};

use super::super::commitment::{OwnershipSpec, ReservationSpec};
use super::super::fields::{Fields, Item};
use super::super::read::every;
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};

static MARKETS: [Choice; 2] = [
    Choice::new("reserved", "Reserved instances, or a savings plan."),
    Choice::new(
        "capacity-block",
        "A block of machines for a window of time.",
    ),
];

pub(super) static RESERVATION: TableSpec = TableSpec::closed(
    "[[reservation]]",
    "Machines that are paid for at a price of their own, used or not.",
    &[
        KeySpec::new("name", Takes::Name, "What tables call it.").required(),
        KeySpec::new(
            "covers",
            Takes::List(&Takes::Name),
            "Fleets whose machines it covers, instead of their price.",
        )
        .required(),
        KeySpec::new(
            "count",
            Takes::Integer(1, 1_000_000),
            "Machines that it covers at a time.",
        )
        .required()
        .bound(
            "a reservation is of 1 to 1,000,000 machines",
            "write a number in that range",
        ),
        KeySpec::new(
            "market",
            Takes::Choice(&MARKETS),
            "How it is told in sums by market.",
        )
        .default("\"reserved\""),
        KeySpec::new("from", Takes::Duration(false), "When its term begins.").default("\"0s\""),
        KeySpec::new("term", Takes::Duration(true), "How long it lasts.").default("the whole run"),
        KeySpec::new("upfront", Takes::Price, "Paid once, for all of them.").default("\"$0\""),
        KeySpec::new(
            "hourly",
            Takes::Price,
            "Price of each machine per hour, used or not.",
        )
        .default("\"$0\""),
    ],
);

pub(super) static OWNERSHIP: TableSpec = TableSpec::closed(
    "ownership",
    "What owning a machine costs beside its price. A month has 730 hours.",
    &[
        KeySpec::new("capex", Takes::Price, "Paid for each machine.").required(),
        KeySpec::new(
            "months",
            Takes::Integer(1, 1200),
            "Over which it is written off.",
        )
        .required()
        .bound(
            "a machine is written off over 1 to 1200 months",
            "write a number in that range",
        ),
        KeySpec::new(
            "idle-watts",
            Takes::Integer(0, 1_000_000),
            "Power of an idle machine.",
        )
        .default("none"),
        KeySpec::new(
            "busy-watts",
            Takes::Integer(0, 1_000_000),
            "Power of one in full use.",
        )
        .default("as idle"),
        KeySpec::new(
            "pue",
            Takes::Number(1.0, 10.0, false),
            "Power usage effectiveness.",
        )
        .default("one"),
        KeySpec::new("kwh", Takes::Price, "A kilowatt-hour.").default("nothing"),
        KeySpec::new(
            "staff",
            Takes::Price,
            "A month's share of the staff for each machine.",
        )
        .default("nothing"),
    ],
);

/// A sum of money, nothing if it is not said.
pub(super) fn money(fields: &Fields<'_>, key: &str) -> Option<Money> {
    match fields.item(key) {
        Some(item) => Some(Money::from_nanousd(item.price()?.value.nanousd_h().into())),
        None => Some(Money::ZERO),
    }
}

pub(super) fn reservation(fields: &Fields<'_>) -> Option<ReservationSpec> {
    let name = fields.item("name").and_then(Item::name);
    let covers = fields
        .item("covers")
        .and_then(|item| every(item.list()?.into_iter().map(Item::name)));
    let count = fields.item("count").and_then(Item::count);
    let market = fields
        .item("market")
        .map_or(Some(Market::Reserved), |item| {
            Some([Market::Reserved, Market::CapacityBlock][item.choice()?.value])
        });
    let from = fields
        .item("from")
        .map_or(Some(Span::ZERO), |item| Some(item.span()?.value));
    let term = fields.optional("term", Item::span);
    let upfront = money(fields, "upfront");
    let hourly = fields
        .item("hourly")
        .map_or(Some(Price::ZERO), |item| Some(item.price()?.value));
    let (upfront, term) = (upfront?, term?);
    if upfront != Money::ZERO && term.is_none() {
        let rule = "missing: what is paid upfront is spread over the term";
        fields.refuse_here("term", rule, "add term = \"365d\"");
        return None;
    }
    Some(ReservationSpec {
        name: name?,
        covers: covers?,
        count: count?.value,
        market: market?,
        from: from?,
        term: term.map(|term| term.value),
        upfront,
        hourly: hourly?,
        written: fields.table.clone(),
    })
}

pub(super) fn ownership(item: Item<'_>) -> Option<OwnershipSpec> {
    let fields = item.table()?;
    let capex = money(&fields, "capex");
    let months = fields.item("months").and_then(Item::count);
    let watts = |key| fields.optional(key, Item::count::<u32>);
    let (idle, busy) = (watts("idle-watts"), watts("busy-watts"));
    let pue = fields
        .item("pue")
        .map_or(Some(1.0), |item| Some(item.number()?.value));
    let (kwh, staff) = (money(&fields, "kwh"), money(&fields, "staff"));
    let idle = idle?.map_or(0, |watts| watts.value);
    let busy = busy?.map_or(idle, |watts| watts.value);
    if busy < idle {
        let place = fields.key_place("busy-watts").unwrap_or(fields.place);
        let rule = "less than idle-watts";
        fields.refuse(place, "busy-watts", rule, "raise it, or lower idle-watts");
        return None;
    }
    let milli = convert::floor(pue? * 1000.0 + 0.5);
    Some(OwnershipSpec {
        capex: capex?,
        months: months?.value,
        idle_watts: idle,
        busy_watts: busy,
        pue_milli: u32::try_from(milli).unwrap_or(u32::MAX),
        kwh: kwh?,
        staff: staff?,
    })
}
