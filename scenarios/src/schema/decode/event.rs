//! `[[event]]` and `[[region]]`.

use sim_core::units::Span;
use sim_core::world::availability::UpDown;

use super::super::event::{EventKind, EventSpec, RegionSpec};
use super::super::fields::{Fields, Item};
use super::super::read::every;
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};
use super::fleet_keys::MOST_NODES;
use super::risk::{needed, of};

static KINDS: [Choice; 3] = [
    Choice::new("drill", "The provider takes back a share of the machines."),
    Choice::new("outage", "There are fewer machines for a while."),
    Choice::new("price", "The price changes for a while."),
];

pub(super) static EVENT: TableSpec = TableSpec::closed(
    "[[event]]",
    "Something that happens to fleets at a known time, the same for every policy.",
    &[
        KeySpec::new("name", Takes::Name, "What messages call it.").required(),
        KeySpec::new("kind", Takes::Choice(&KINDS), "What happens.").required(),
        KeySpec::new("at", Takes::Duration(false), "When.").required(),
        KeySpec::new(
            "every",
            Takes::Duration(true),
            "How long after that it happens again, and again.",
        )
        .default("never"),
        KeySpec::new("fleets", Takes::List(&Takes::Name), "To which fleets.").default("all"),
        KeySpec::new(
            "share",
            Takes::Number(0.0, 1.0, true),
            "Drill: the share of the machines that is taken.",
        )
        .default("all of them"),
        KeySpec::new(
            "for",
            Takes::Duration(true),
            "Outage, price: how long it lasts.",
        ),
        KeySpec::new(
            "left",
            Takes::Integer(0, MOST_NODES),
            "Outage: machines that can still be had.",
        )
        .default("none"),
        KeySpec::new(
            "factor",
            Takes::Number(0.0, 1000.0, true),
            "Price: times so much.",
        ),
    ],
);

pub(super) static REGION: TableSpec = TableSpec::closed(
    "[[region]]",
    "Zones whose spot machines run out together: while the region has none, no zone of it has any.",
    &[
        KeySpec::new("name", Takes::Name, "Names its luck.").required(),
        KeySpec::new("zones", Takes::List(&Takes::Name), "Its zones.").required(),
        KeySpec::new("up", Takes::Duration(true), "Mean time with machines.").required(),
        KeySpec::new("down", Takes::Duration(true), "Mean time without.").required(),
    ],
);

/// For each kind, the keys that are its own.
const OWN: [&[&str]; 3] = [&["share"], &["for", "left"], &["for", "factor"]];

pub(super) fn event(fields: &Fields<'_>) -> Option<EventSpec> {
    let name = fields.item("name").and_then(Item::name);
    let at = fields.item("at").and_then(Item::span);
    let again = fields.optional("every", Item::span);
    let fleets = fields.optional("fleets", |item| {
        every(item.list()?.into_iter().map(Item::name))
    });
    let kind = fields.item("kind").and_then(|item| kind(fields, item))?;
    Some(EventSpec {
        name: name?,
        kind,
        at: at?.value,
        every: again?.map(|span| span.value),
        fleets: fleets?.unwrap_or_default(),
        written: fields.table.clone(),
    })
}

fn kind(fields: &Fields<'_>, item: Item<'_>) -> Option<EventKind> {
    let kind = item.choice()?.value;
    let strangers = OWN.iter().flat_map(|own| *own);
    for key in strangers.filter(|key| !OWN[kind].contains(*key)) {
        if let Some(place) = fields.key_place(key) {
            let rule = format!("says nothing of a {}", KINDS[kind].word);
            fields.refuse(place, key, &rule, "remove it, or change the kind");
            return None;
        }
    }
    let lasts = || needed(fields, "for", Item::span).map(|span| span.value);
    Some(match kind {
        0 => EventKind::Drill {
            share: match fields.item("share") {
                Some(item) => item.number()?.value,
                None => 1.0,
            },
        },
        1 => EventKind::Outage {
            lasts: lasts()?,
            left: fields
                .optional("left", Item::count)?
                .map_or(0, |left| left.value),
        },
        _ => EventKind::Price {
            lasts: lasts()?,
            factor: needed(fields, "factor", Item::number)?.value,
        },
    })
}

pub(super) fn region(fields: &Fields<'_>) -> Option<RegionSpec> {
    let name = fields.item("name").and_then(Item::name);
    let zones = fields
        .item("zones")
        .and_then(|item| every(item.list()?.into_iter().map(Item::name)));
    let span = |key| -> Option<Span> { Some(fields.item(key)?.span()?.value) };
    let (up, down) = (span("up"), span("down"));
    let law = of(fields, "up", UpDown::markov(up?, down?))?;
    Some(RegionSpec {
        name: name?,
        zones: zones?,
        law,
        written: fields.table.clone(),
    })
}
