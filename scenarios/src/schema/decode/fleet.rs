//! `[[fleet]]`: its keys, and how they become a fleet.

use sim_core::model::Market;
use sim_core::units::{Price, SimTime, Span, limits};

use super::super::catalogue;
use super::super::curve::PriceSource;
use super::super::fields::{Fields, Item};
use super::super::fleet::{Fleet, InstanceType, Machines, RiskSpec, Size, Steps};
use super::super::path::DataPath;
use super::super::place::Spanned;
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};
use super::super::value::Value;
use super::{billing, curve, risk};

pub(super) const MOST_NODES: i64 = 1_000_000;
const MOST_GPUS: i64 = 64;
const _: () = assert!(limits::MAX_NODES == 1_000_000 && limits::MAX_GPUS_PER_NODE == 64);

const AT_LEAST_ONE: (&str, &str) = (
    "a fleet needs 1 to 1,000,000 nodes",
    "change it or remove the fleet",
);

pub(super) static FLEET: TableSpec = TableSpec::closed(
    "[[fleet]]",
    "Machines of one kind, in one zone and one market.",
    &[
        KeySpec::new("name", Takes::Name, "What tables and policies call it.").required(),
        KeySpec::new(
            "instance",
            Takes::Either(&[Takes::Text, Takes::Table(&INSTANCE)]),
            "What one node is: a catalogue name, or a table.",
        ),
        KeySpec::new(
            "nodes",
            Takes::Table(&NODES),
            "A file that lists the nodes, instead of instance and count.",
        ),
        KeySpec::new(
            "count",
            Takes::Integer(1, MOST_NODES),
            "Nodes, always this many.",
        )
        .bound(
            "a fleet needs at least 1 node",
            "raise it or remove the fleet",
        ),
        KeySpec::new(
            "min",
            Takes::Integer(0, MOST_NODES),
            "Nodes held whether used or not.",
        )
        .default("0, where max is given")
        .bound(
            "a fleet holds 0 to 1,000,000 nodes",
            "write a number in that range",
        ),
        KeySpec::new(
            "max",
            Takes::Integer(1, MOST_NODES),
            "Most nodes that a policy may hold.",
        )
        .bound(AT_LEAST_ONE.0, AT_LEAST_ONE.1),
        KeySpec::new("zone", Takes::Name, "The zone they stand in.").default("\"zone\""),
        KeySpec::new(
            "rack-size",
            Takes::Integer(1, MOST_NODES),
            "Nodes per rack, in the order of the slots.",
        )
        .default("one rack")
        .bound("a rack holds at least 1 node", "raise it or remove the key"),
        KeySpec::new(
            "market",
            Takes::Choice(&MARKETS),
            "Who pays for them, and when.",
        )
        .default("\"owned\""),
        KeySpec::new(
            "price",
            Takes::Either(&[Takes::Price, Takes::Table(&curve::PRICE)]),
            "Price of one node per hour.",
        )
        .default("\"$0\" when owned, else the instance's own"),
        KeySpec::new(
            "availability",
            Takes::Table(&curve::NODES),
            "Nodes that can be had; below what is held, machines are taken away.",
        )
        .default("all, always"),
        KeySpec::new(
            "bid",
            Takes::Price,
            "Most that is paid for a node per hour; at a higher price none can be had, and all are lost.",
        )
        .default("whatever it costs"),
        KeySpec::new(
            "billing",
            Takes::Either(&[Takes::Choice(&billing::WORDS), Takes::Table(&billing::BILLING)]),
            "How held machines are charged.",
        )
        .default("exact; whether used in the markets reserved and capacity-block; serverless in that"),
        KeySpec::new(
            "notice",
            Takes::Duration(false),
            "Warning before a machine is taken away.",
        )
        .default("\"0s\""),
        KeySpec::new(
            "boot",
            Takes::Either(&[Takes::Duration(false), Takes::Table(&risk::BOOT)]),
            "From the request of a node to its readiness.",
        )
        .default("\"0s\""),
        KeySpec::new(
            "poll",
            Takes::Duration(false),
            "How often a notice is looked for.",
        )
        .default("\"0s\", seen at once"),
        KeySpec::new(
            "advice",
            Takes::Duration(false),
            "How long before its loss the provider advises to leave a machine.",
        )
        .default("\"0s\", never"),
        KeySpec::new(
            "visible",
            Takes::Choice(&risk::VISIBLE),
            "What policies see of how many nodes can be had.",
        )
        .default("\"availability\""),
        KeySpec::new(
            "reclaim",
            Takes::Table(&risk::RECLAIM),
            "When the provider takes single machines back.",
        )
        .default("only when availability falls"),
        KeySpec::new(
            "shocks",
            Takes::Table(&risk::SHOCKS),
            "When it takes back many at once.",
        )
        .default("never"),
        KeySpec::new(
            "launch",
            Takes::Number(0.01, 1.0, false),
            "Share of the machines granted that come up.",
        )
        .default("1.0"),
        KeySpec::new(
            "failures",
            Takes::Table(&risk::FAILURES),
            "When hardware breaks.",
        )
        .default("never"),
        KeySpec::later("quota", "markets and billing"),
        KeySpec::later("region", "markets and billing"),
    ],
);

/// In the order of [`Market::ALL`].
pub(super) static MARKETS: [Choice; 6] = [
    Choice::new("owned", "Bought once: there whether used or not."),
    Choice::new("on-demand", "Paid by the time held."),
    Choice::new("reserved", "Committed to for a term."),
    Choice::new("spot", "Cheap, until the provider wants it back."),
    Choice::new("capacity-block", "Bought for a window of time."),
    Choice::new("serverless", "Paid while jobs run on it."),
];

pub(super) static INSTANCE: TableSpec = TableSpec::closed(
    "instance",
    "What one node is.",
    &[
        KeySpec::new("name", Takes::Text, "What tables call the type."),
        KeySpec::new("gpus", Takes::Integer(0, MOST_GPUS), "GPUs of a node.")
            .required()
            .bound("a node has 0 to 64 GPUs", "write a number in that range"),
        KeySpec::new("gpu", Takes::Name, "GPU model, unless there is no GPU."),
        KeySpec::new("gpu-memory", Takes::Size, "Memory of one GPU."),
        KeySpec::new("cpus", Takes::Integer(1, 1_000_000), "Virtual CPUs.")
            .default("not constrained"),
        KeySpec::new("memory", Takes::Size, "Main memory.").default("not constrained"),
        KeySpec::new("price", Takes::Price, "Price of a node per hour."),
    ],
);

static NODES: TableSpec = TableSpec::closed(
    "nodes",
    "A file that lists the nodes of a fleet.",
    &[
        KeySpec::new("format", Takes::Name, "Its format.").required(),
        KeySpec::new("file", Takes::File, "The file.").required(),
    ],
);

pub(super) fn decode(fields: &Fields<'_>) -> Option<Fleet> {
    let name = fields.item("name").and_then(Item::name);
    let market = market(fields);
    let machines = machines(fields);
    let zone = match fields.item("zone") {
        Some(item) => item.name(),
        None => Some(Spanned::new("zone".to_owned(), fields.place)),
    };
    let rack_size = fields.optional("rack-size", Item::count);
    let zero = Spanned::new(Span::ZERO, fields.place);
    let notice = fields.item("notice").map_or(Some(zero), Item::span);
    let boot = fields.item("boot").map_or(Some((zero, None)), risk::boot);
    let visible = fields
        .item("visible")
        .map_or(Some(true), |item| Some(item.choice()?.value == 0));
    let risk = risk::decode(fields);
    let availability = fields.optional("availability", curve::nodes);
    let stated = fields.optional("price", curve::price);
    let bid = fields.optional("bid", Item::price);
    let (machines, own_price) = machines?;
    let market = market?;
    let terms = billing::decode(fields, market.value);
    let price = match stated? {
        Some(stated) => stated,
        None => unstated_price(fields, market.value, own_price)?,
    };
    let (zone, rack_size, availability) = (zone?, rack_size?, availability?);
    let (notice, (boot, law)) = (notice?, boot?);
    let risk = RiskSpec { boot: law, ..risk? };
    Some(Fleet {
        name: name?,
        machines,
        zone,
        rack_size,
        market,
        price,
        availability,
        notice,
        boot,
        terms: terms?,
        bid: bid?,
        visible: visible?,
        risk,
        written: written(fields),
    })
}

/// What is printed again as it was written.
fn written(fields: &Fields<'_>) -> Vec<(String, Value)> {
    let keys = [
        "price",
        "availability",
        "bid",
        "billing",
        "boot",
        "reclaim",
        "shocks",
        "failures",
    ];
    let written = |key: &str| Some((key.to_owned(), fields.table.get(key)?.value.clone()));
    keys.into_iter().filter_map(written).collect()
}

fn market(fields: &Fields<'_>) -> Option<Spanned<Market>> {
    let Some(item) = fields.item("market") else {
        return Some(Spanned::new(Market::Owned, fields.place));
    };
    let word = item.choice()?;
    Some(word.map(|at| Market::ALL[at]))
}

/// The price of a fleet that states none: free when owned, else what its instance costs.
fn unstated_price(
    fields: &Fields<'_>,
    market: Market,
    own: Option<Spanned<Price>>,
) -> Option<Spanned<PriceSource>> {
    let constant = |price| PriceSource::Steps(Steps::constant(price));
    let inline = fields
        .table
        .get("instance")
        .and_then(|value| value.value.as_table());
    let inline_price = inline.and_then(|table| table.get("price"));
    match (market, own, inline_price) {
        (_, Some(own), _) if market != Market::Owned => Some(own.map(constant)),
        (_, None, _) if market != Market::Owned => {
            let rule = "missing: these nodes are rented and no price is known";
            fields.refuse_here("price", rule, "add price = \"$3.06\"");
            None
        }
        (_, _, None) => Some(Spanned::new(constant(Price::ZERO), fields.place)),
        (_, _, Some(price)) => {
            let rule = "an owned fleet is free unless it states a price itself";
            let remedy = "move it out of instance, or write market = \"on-demand\"";
            fields.refuse(price.place, "price", rule, remedy);
            None
        }
    }
}

type Priced = (Machines, Option<Spanned<Price>>);

/// The machines, and the price that they bring along.
fn machines(fields: &Fields<'_>) -> Option<Priced> {
    if let Some(nodes) = fields.item("nodes") {
        let others = ["instance", "count", "min", "max"];
        let clash = others.map(|other| fields.exclusive("nodes", other));
        let nodes = nodes.table()?;
        let format = nodes.item("format").and_then(Item::name);
        let file = nodes.item("file").and_then(Item::file)?;
        let listed = Machines::Listed {
            format: format?,
            file,
        };
        return (!clash.contains(&true)).then_some((listed, None));
    }
    let size = size(fields);
    let Some(item) = fields.item("instance") else {
        let remedy = "add instance = \"aws/p3.16xlarge\" or nodes = { format = ..., file = ... }";
        fields.refuse_here("instance", "missing in [[fleet]]", remedy);
        return None;
    };
    let (instance, price) = instance(item)?;
    Some((
        Machines::Alike {
            instance,
            size: size?,
        },
        price,
    ))
}

fn size(fields: &Fields<'_>) -> Option<Size> {
    let clash = ["min", "max"].map(|other| fields.exclusive("count", other));
    if clash.contains(&true) {
        return None;
    }
    if let Some(count) = fields.item("count") {
        return count.count().map(Size::Fixed);
    }
    let max = fields.item("max").map(Item::count);
    let min = fields.optional("min", Item::count);
    let Some(max) = max else {
        if let Some(min) = fields.key_place("min") {
            fields.refuse(min, "min", "stands without max", "add max = 8");
        } else {
            let remedy = "add count = 8, or min = 0 and max = 8";
            fields.refuse_here("count", "missing in [[fleet]]", remedy);
        }
        return None;
    };
    let (min, max) = (min?.unwrap_or(Spanned::new(0, fields.place)), max?);
    if min.value > max.value {
        let value = format!("min = {}", min.value);
        let rule = format!("more than max = {}", max.value);
        fields.refuse(min.place, &value, &rule, "lower min or raise max");
        return None;
    }
    Some(Size::Elastic { min, max })
}

/// A catalogue name, or a table; and the price that comes with it.
fn instance(item: Item<'_>) -> Option<(Spanned<InstanceType>, Option<Spanned<Price>>)> {
    let item = item.pick()?;
    if item.is_text() {
        let name = item.text()?;
        let known = item.cx.catalogue.get_or_init(catalogue::catalogue);
        return match catalogue::find(known, &name.value) {
            Ok(entry) => Some((
                item.spanned(entry.instance),
                Some(item.spanned(entry.price)),
            )),
            Err(remedy) => item.refuse("not in the catalogue", &remedy),
        };
    }
    let fields = item.table()?;
    let price = fields.optional("price", Item::price);
    let shape = instance_shape(&fields)?;
    Some((item.spanned(shape), price?))
}

/// What a table says of one node, price apart.
pub(in super::super) fn instance_shape(fields: &Fields<'_>) -> Option<InstanceType> {
    let name = fields.optional("name", Item::text);
    let gpus = fields.item("gpus").and_then(Item::count);
    let gpu = fields.optional("gpu", Item::name);
    let gpu_memory = fields.optional("gpu-memory", Item::size);
    let cpus = fields.optional("cpus", Item::count);
    let memory = fields.optional("memory", Item::size);
    let gpus: u32 = gpus?.value;
    let gpu = gpu?;
    if (gpus > 0) != gpu.is_some() {
        let (rule, remedy) = if gpus > 0 {
            ("missing: the node has GPUs", "add gpu = \"V100\"")
        } else {
            ("the node has no GPU", "remove it or raise gpus")
        };
        fields.refuse_here("gpu", rule, remedy);
        return None;
    }
    Some(InstanceType {
        name: name?.map(|name| name.value),
        gpus,
        gpu: gpu.map(|gpu| gpu.value),
        gpu_memory: gpu_memory?.map(|size| size.value),
        cpus: cpus?.map(|cpus| cpus.value),
        memory: memory?.map(|size| size.value),
    })
}

/// Pairs of an instant and a value, strictly ascending from zero.
pub(super) fn steps<T>(
    item: Item<'_>,
    read: impl Fn(Item<'_>) -> Option<T>,
) -> Option<Spanned<Steps<T>>> {
    let Takes::Steps(takes) = item.takes else {
        panic!("{} is specified as steps", item.name);
    };
    let Some(entries) = item
        .value
        .value
        .as_list()
        .filter(|entries| !entries.is_empty())
    else {
        return item.refuse("no steps", "write [[\"0h\", VALUE], [\"12h\", VALUE]]");
    };
    let mut steps: Vec<(SimTime, T)> = Vec::with_capacity(entries.len());
    for entry in entries {
        let Some([at, value]) = entry.value.as_list() else {
            return Item {
                value: entry,
                ..item
            }
            .refuse("not a pair", "write [\"12h\", VALUE]");
        };
        let instant = Item {
            value: at,
            takes: &Takes::Duration(false),
            ..item
        };
        let us = instant.span()?.value.us();
        let value = read(Item {
            takes,
            value,
            ..item
        })?;
        let previous = steps.last().map(|(at, _)| at.us());
        if previous.is_some_and(|previous| previous >= us) {
            return instant.refuse("not after the step before", "sort the steps");
        }
        if previous.is_none() && us > 0 {
            return instant.refuse(
                "the first step is not at \"0h\"",
                "say what holds at the start",
            );
        }
        steps.push((SimTime::from_us(us)?, value));
    }
    Some(item.spanned(Steps { steps }))
}

impl Item<'_> {
    /// A file under the scenario's folder or a data root.
    pub(super) fn file(self) -> Option<Spanned<DataPath>> {
        let Value::Text(written) = &self.value.value else {
            return self.mistyped();
        };
        let base = self.cx.base(self.value.place.source);
        match self.cx.roots.resolve(base, written) {
            Ok(path) => Some(self.spanned(path)),
            Err((rule, remedy)) => self.refuse(&rule, &remedy),
        }
    }
}
