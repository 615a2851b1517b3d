//! `[[fleet]]`: how its keys become a fleet.

use sim_core::model::Market;
use sim_core::units::{Price, SimTime, Span};

use super::super::catalogue;
use super::super::curve::PriceSource;
use super::super::fields::{Fields, Item};
use super::super::fleet::{Fleet, InstanceType, Machines, RiskSpec, Size, Steps};
use super::super::path::DataPath;
use super::super::place::Spanned;
use super::super::print::put;
use super::super::quantity::print_price;
use super::super::spec::Takes;
use super::super::value::Value;
use super::{billing, commitment, curve, mig, quota, risk};

pub(super) fn decode(fields: &Fields<'_>) -> Option<Fleet> {
    let name = fields.item("name").and_then(Item::name);
    let market = market(fields);
    let machines = machines(fields);
    let alike = machines.as_ref().map(|(machines, _)| machines);
    let mig = fields.optional("mig", |item| mig::geometry(fields, item, alike));
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
    let calibrated = risk::calibrated(fields);
    let own = machines.as_ref().and_then(|(_, own)| *own);
    let own = own.map(|price| price.value);
    let stated = fields.optional("price", |item| curve::price(item, own));
    let bid = fields.optional("bid", Item::price);
    let ownership = fields.optional("ownership", commitment::ownership);
    let quotas = fields
        .item("quota")
        .map_or(Some(Vec::new()), quota::of_fleet);
    let (machines, own_price) = machines?;
    let market = market?;
    let terms = billing::decode(fields, market.value);
    let price = match stated? {
        Some(stated) => stated,
        None => unstated_price(fields, market.value, own_price)?,
    };
    let (zone, rack_size) = (zone?, rack_size?);
    let availability = availability?.or(calibrated);
    let (notice, (boot, law)) = (notice?, boot?);
    let risk = RiskSpec { boot: law, ..risk? };
    Some(Fleet {
        name: name?,
        machines,
        mig: mig?,
        zone,
        rack_size,
        market,
        price,
        availability,
        notice,
        boot,
        terms: terms?,
        ownership: ownership?,
        bid: bid?,
        visible: visible?,
        quotas: quotas?,
        risk,
        written: written(fields, own),
    })
}

/// What is printed again as it was written, but for a price that leans on the instance's: the resolved text states it.
fn written(fields: &Fields<'_>, own: Option<Price>) -> Vec<(String, Value)> {
    let keys = [
        "price",
        "availability",
        "bid",
        "billing",
        "ownership",
        "boot",
        "reclaim",
        "shocks",
        "failures",
        "quota",
    ];
    let written = |key: &str| {
        let mut value = fields.table.get(key)?.value.clone();
        if let (Value::Table(price), Some(own)) = (&mut value, own)
            && key == "price"
            && price.get("model").and_then(|model| model.value.as_text()) == Some("smoothed")
            && price.get("on-demand").is_none()
        {
            put(price, "on-demand", Some(Value::Text(print_price(own))));
        }
        Some((key.to_owned(), value))
    };
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
    let watts = fields.optional("watts", Item::count);
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
        watts: watts?.map(|watts| watts.value),
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
    pub(super) fn folder(self) -> Option<Spanned<DataPath>> {
        let written = self.written()?;
        let base = self.cx.base(self.value.place.source);
        match self.cx.roots.resolve_folder(base, written) {
            Ok(path) => {
                self.cx.files.borrow_mut().insert(path.resolved.clone());
                Some(self.spanned(path))
            }
            Err((rule, remedy)) => self.refuse(&rule, &remedy),
        }
    }

    pub(super) fn file(self) -> Option<Spanned<DataPath>> {
        let Value::Text(written) = &self.value.value else {
            return self.mistyped();
        };
        let base = self.cx.base(self.value.place.source);
        match self.cx.roots.resolve(base, written) {
            Ok(path) => {
                self.cx.files.borrow_mut().insert(path.resolved.clone());
                Some(self.spanned(path))
            }
            Err((rule, remedy)) => self.refuse(&rule, &remedy),
        }
    }
}
