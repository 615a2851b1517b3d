//! `[[storage]]`, `[[data]]`, `[[leftover]]`.

use sim_core::books::{Tier, Unit};
use sim_core::units::{Money, Price, Span, convert};

use super::super::fields::{Fields, Item};
use super::super::fleet::Bytes;
use super::super::read::every;
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};
use super::super::store::{DataSpec, LeftoverSpec, ObjectSpec, StorageSpec};
use super::commitment::money;

static UNITS: [Choice; 2] = [
    Choice::new("GB", "10^9 bytes."),
    Choice::new("GiB", "2^30 bytes."),
];

const UNIT: KeySpec = KeySpec::new(
    "unit",
    Takes::Choice(&UNITS),
    "What the provider calls a gigabyte.",
)
.default("\"GB\"");

pub(super) static STORAGE: TableSpec = TableSpec::closed(
    "[[storage]]",
    "A store: what a gigabyte costs a month in each tier, and when objects move from tier to tier.",
    &[
        KeySpec::new("name", Takes::Name, "What tables call it.").required(),
        KeySpec::new("zone", Takes::Name, "Where it is.").default("everywhere"),
        UNIT,
        KeySpec::new(
            "tiers",
            Takes::Tables(&TIER),
            "Its tiers, the hottest first.",
        )
        .required(),
        KeySpec::new(
            "compression",
            Takes::Number(0.0, 1.0, true),
            "Bytes that lie there for each byte written.",
        )
        .default("one"),
        KeySpec::new(
            "dedup",
            Takes::Number(0.0, 1.0, true),
            "And for each of those, after what is there already was left out.",
        )
        .default("one"),
        KeySpec::new(
            "delete-after",
            Takes::Duration(true),
            "Age at which an object is deleted.",
        )
        .default("never"),
        KeySpec::new("egress", Takes::Price, "A gigabyte that leaves its zone.").default("nothing"),
        KeySpec::new(
            "objects",
            Takes::Tables(&OBJECTS),
            "What is written there whatever a policy does.",
        ),
    ],
);

static TIER: TableSpec = TableSpec::closed(
    "tiers",
    "A tier.",
    &[
        KeySpec::new("name", Takes::Name, "Its name.").required(),
        KeySpec::new(
            "month",
            Takes::Price,
            "A gigabyte kept for a month of 730 hours.",
        )
        .required(),
        KeySpec::new(
            "after",
            Takes::Duration(true),
            "Time without a read after which an object comes here; all tiers but the first.",
        ),
        KeySpec::new("retrieval", Takes::Price, "A gigabyte read.").default("nothing"),
        KeySpec::new(
            "writes",
            Takes::Price,
            "A thousand objects written or moved here.",
        )
        .default("nothing"),
        KeySpec::new("reads", Takes::Price, "A thousand reads.").default("nothing"),
        KeySpec::new(
            "minimum",
            Takes::Duration(false),
            "Least time for which an object that came here is charged.",
        )
        .default("none"),
    ],
);

static OBJECTS: TableSpec = TableSpec::closed(
    "objects",
    "Objects that are written again and again.",
    &[
        KeySpec::new("name", Takes::Name, "What they are.").required(),
        KeySpec::new("size", Takes::Size, "Bytes of each.").required(),
        KeySpec::new("count", Takes::Integer(1, 100_000), "How many at a time.").default("one"),
        KeySpec::new(
            "from",
            Takes::Duration(false),
            "When the first are written.",
        )
        .default("at the start"),
        KeySpec::new(
            "every",
            Takes::Duration(true),
            "How long after that the next.",
        )
        .default("there are no more"),
        KeySpec::new("keep", Takes::Duration(true), "How long each is kept.").default("for ever"),
        KeySpec::new(
            "read-every",
            Takes::Duration(true),
            "How often each is read.",
        )
        .default("never"),
        KeySpec::new(
            "read-for",
            Takes::Duration(true),
            "For how long after it was written.",
        )
        .default("as long as it is kept"),
    ],
);

pub(super) static DATA: TableSpec = TableSpec::closed(
    "[[data]]",
    "A data set that jobs read.",
    &[
        KeySpec::new("name", Takes::Name, "What workloads call it.").required(),
        KeySpec::new("size", Takes::Size, "Its bytes.").required(),
        KeySpec::new("storage", Takes::Name, "The store in which it lies.")
            .default("none that is billed"),
        KeySpec::new(
            "bandwidth",
            Takes::Size,
            "Bytes a second that a node reads of it.",
        )
        .required(),
    ],
);

pub(super) static LEFTOVER: TableSpec = TableSpec::closed(
    "[[leftover]]",
    "What machines leave behind when they go: volumes, snapshots, load balancers.",
    &[
        KeySpec::new("name", Takes::Name, "What tables call it.").required(),
        KeySpec::new(
            "share",
            Takes::Number(0.0, 1.0, true),
            "Share of the machines that leave one.",
        )
        .default("all of them"),
        KeySpec::new("hourly", Takes::Price, "Its price, whatever its size.").default("nothing"),
        KeySpec::new("size", Takes::Size, "Its bytes.").default("none"),
        KeySpec::new("month", Takes::Price, "A gigabyte of it a month.").default("nothing"),
        UNIT,
        KeySpec::new(
            "clean-up",
            Takes::Duration(true),
            "How long after it was left it is removed.",
        )
        .default("never"),
    ],
);

fn unit(fields: &Fields<'_>) -> Option<Unit> {
    let Some(item) = fields.item("unit") else {
        return Some(Unit::Gigabyte);
    };
    Some([Unit::Gigabyte, Unit::Gibibyte][item.choice()?.value])
}

/// A share in thousandths, at least one.
fn milli(fields: &Fields<'_>, key: &str) -> Option<u32> {
    let share = match fields.item(key) {
        Some(item) => item.number()?.value,
        None => 1.0,
    };
    let milli = convert::floor(share * 1000.0 + 0.5).max(1);
    Some(u32::try_from(milli).unwrap_or(1000))
}

#[expect(clippy::option_option, reason = "not said, or wrongly")]
fn duration(fields: &Fields<'_>, key: &str) -> Option<Option<Span>> {
    let span = fields.optional(key, Item::span)?;
    Some(span.map(|span| span.value))
}

fn size(fields: &Fields<'_>, key: &str) -> Option<Bytes> {
    match fields.item(key) {
        Some(item) => Some(item.size()?.value),
        None => Some(Bytes(0)),
    }
}

pub(super) fn storage(fields: &Fields<'_>) -> Option<StorageSpec> {
    let name = fields.item("name").and_then(Item::name);
    let zone = fields.optional("zone", Item::name);
    let unit = unit(fields);
    let tiers = fields.item("tiers").and_then(tiers);
    let (compression, dedup) = (milli(fields, "compression"), milli(fields, "dedup"));
    let delete_after = duration(fields, "delete-after");
    let egress = money(fields, "egress");
    let objects = fields.optional("objects", |item| every(item.tables()?.iter().map(objects)));
    Some(StorageSpec {
        name: name?,
        zone: zone?,
        unit: unit?,
        tiers: tiers?,
        compression_milli: compression?,
        dedup_milli: dedup?,
        delete_after: delete_after?,
        egress: egress?,
        objects: objects?.unwrap_or_default(),
        written: fields.table.clone(),
    })
}

fn tiers(item: Item<'_>) -> Option<Vec<(Tier, Span)>> {
    let tables = item.tables()?;
    let Some(first) = tables.first() else {
        return item.refuse(
            "a store has a tier",
            "write tiers = [{ name = \"hot\", month = \"$0.023\" }]",
        );
    };
    if let Some(place) = first.key_place("after") {
        let rule = "objects are written to the first tier";
        first.refuse(place, "after", rule, "remove it");
        return None;
    }
    let tiers = every(
        tables
            .iter()
            .enumerate()
            .map(|(at, fields)| tier(fields, at > 0)),
    )?;
    let sinks = tiers.windows(2).position(|two| two[0].1 >= two[1].1);
    if let Some(at) = sinks {
        let fields = &tables[at + 1];
        let place = fields.key_place("after").unwrap_or(fields.place);
        fields.refuse(place, "after", "not later than the tier before", "raise it");
        return None;
    }
    Some(tiers)
}

fn tier(fields: &Fields<'_>, colder: bool) -> Option<(Tier, Span)> {
    let name = fields.item("name").and_then(Item::name);
    let [month, retrieval, writes, reads] =
        ["month", "retrieval", "writes", "reads"].map(|key| money(fields, key));
    let minimum = duration(fields, "minimum");
    let after = duration(fields, "after")?;
    if colder && after.is_none() {
        let rule = "missing: it says when objects come to this tier";
        fields.refuse_here("after", rule, "add after = \"30d\"");
        return None;
    }
    name?;
    let tier = Tier {
        month: month?,
        retrieval: retrieval?,
        thousand_writes: writes?,
        thousand_reads: reads?,
        minimum: minimum?.unwrap_or(Span::ZERO),
    };
    Some((tier, after.unwrap_or(Span::ZERO)))
}

fn objects(fields: &Fields<'_>) -> Option<ObjectSpec> {
    let name = fields.item("name").and_then(Item::name);
    let size = size(fields, "size");
    let count = fields.optional("count", Item::count);
    let [from, keep, lasts] = ["from", "keep", "read-for"].map(|key| duration(fields, key));
    let [again, read] = ["every", "read-every"].map(|key| fields.optional(key, rhythm));
    name?;
    let (keep, size) = (keep?, size?);
    let read = read?.map(|read| (read, lasts.flatten().or(keep).unwrap_or(Span::MAX)));
    let count = count?.map_or(1, |count| count.value);
    if size.0.checked_mul(count.into()).is_none() {
        let rule = "together they have more than 2^64 bytes";
        fields.refuse_here("objects", rule, "write fewer or smaller ones");
        return None;
    }
    Some(ObjectSpec {
        size,
        count,
        from: from?.unwrap_or(Span::ZERO),
        every: again?,
        keep,
        read,
    })
}

/// How often something happens: at most once a minute, so that a run of a century counts millions of times and not more.
fn rhythm(item: Item<'_>) -> Option<Span> {
    let every = item.span()?.value;
    if every < Span::from_secs(60) {
        return item.refuse("more often than once a minute", "write \"1m\" or more");
    }
    Some(every)
}

pub(super) fn data(fields: &Fields<'_>) -> Option<DataSpec> {
    let name = fields.item("name").and_then(Item::name);
    let storage = fields.optional("storage", Item::name);
    let bytes = size(fields, "size");
    let bandwidth = fields.item("bandwidth").and_then(Item::size)?;
    if bandwidth.value.0 == 0 {
        let rule = "nothing can be read of it";
        fields.refuse(
            bandwidth.place,
            "bandwidth",
            rule,
            "write \"1GiB\" a second",
        );
        return None;
    }
    Some(DataSpec {
        name: name?,
        size: bytes?,
        storage: storage?,
        bandwidth: bandwidth.value,
        written: fields.table.clone(),
    })
}

pub(super) fn leftover(fields: &Fields<'_>) -> Option<LeftoverSpec> {
    let name = fields.item("name").and_then(Item::name);
    let share = match fields.item("share") {
        Some(item) => item.number().map(|share| share.value),
        None => Some(1.0),
    };
    let hourly = match fields.item("hourly") {
        Some(item) => item.price().map(|price| price.value),
        None => Some(Price::ZERO),
    };
    let (size, month): (_, Option<Money>) = (size(fields, "size"), money(fields, "month"));
    let (unit, clean_up) = (unit(fields), duration(fields, "clean-up"));
    Some(LeftoverSpec {
        name: name?,
        share: share?,
        hourly: hourly?,
        size: size?,
        month: month?,
        unit: unit?,
        clean_up: clean_up?,
        written: fields.table.clone(),
    })
}
