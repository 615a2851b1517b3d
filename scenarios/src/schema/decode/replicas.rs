//! `[[service.replicas]]`: what a service is served on.

use sim_core::serve::Role;
use sim_core::units::{Span, convert, limits};

use super::super::fields::{Fields, Item};
use super::super::fleet::Bytes;
use super::super::place::Spanned;
use super::super::read::every;
use super::super::service::{GpusSpec, ReplicasSpec, ServingSpec};
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};
use super::super::value::Value;
use super::fleet_keys::MARKETS;
use super::service::count_or;
use super::workload::{self, MOST};
use super::{serving, usage, ways};

const COUNT: Takes = Takes::Integer(0, limits::MAX_REPLICAS as i64);

pub(super) static REPLICAS: TableSpec = TableSpec::closed(
    "[[service.replicas]]",
    "Replicas that are alike. Each is a gang that starts whole, takes requests once its model is loaded, and works until it is let go.",
    &[
        KeySpec::new("name", Takes::Name, "What tables call the set.").default("\"replicas\""),
        KeySpec::new(
            "role",
            Takes::Choice(&ROLES),
            "What they do of a request; a service with a transfer has some of both halves.",
        )
        .default("\"whole\""),
        KeySpec::new("tasks", Takes::Integer(1, 100_000), "Tasks of a replica, each on one node.")
            .default("1"),
        KeySpec::new(
            "gpus",
            Takes::Either(&[Takes::Integer(0, 64), Takes::Number(0.001, 0.999, false)]),
            "GPUs of a task; a part such as 0.5 is of one, so that others may lie beside it.",
        )
        .default("1")
        .bound(
            "a task has 0 to 64 GPUs, or a part of one from 0.001 to 0.999",
            "write a number in that range",
        ),
        KeySpec::new(
            "profile",
            Takes::Text,
            "The slice of a partitioned GPU that a task takes in place of GPUs, such as \"1g.5gb\".",
        )
        .default("no slice"),
        KeySpec::new("cpus", Takes::Number(0.0, 100_000.0, false), "CPU cores of a task.")
            .default("0"),
        KeySpec::new("memory", Takes::Size, "Memory of a task.").default("\"0B\""),
        KeySpec::new(
            "models",
            Takes::Either(&[
                Takes::List(&Takes::Name),
                Takes::Map(&Takes::Number(0.0, MOST, true)),
            ]),
            "GPU models that they may use; a table says how fast they serve on each.",
        )
        .default("any, at speed 1.0")
        .bound(
            "a speed is above 0 and at most 1e6",
            "write a number in that range",
        ),
        KeySpec::new(
            "markets",
            Takes::List(&Takes::Choice(&MARKETS)),
            "Markets that they may use.",
        )
        .default("any"),
        KeySpec::new(
            "fleets",
            Takes::List(&Takes::Name),
            "Fleets that they may lie on, such as those of a region.",
        )
        .default("any"),
        KeySpec::new(
            "load",
            Takes::Duration(false),
            "Time from a start until requests are taken: to load the model.",
        )
        .default("\"0s\""),
        KeySpec::new(
            "reload",
            Takes::Duration(false),
            "The same of a replica that was interrupted.",
        )
        .default("load"),
        KeySpec::new("initial", COUNT, "Replicas at time zero.").default("1"),
        KeySpec::new("max", COUNT, "Replicas that there may be at a time.").default("initial"),
        KeySpec::new(
            "serving",
            Takes::Table(&serving::SERVING),
            "How they serve, at speed 1.0.",
        )
        .default("as the service says"),
        usage::KEY,
        ways::CLASSES,
        ways::WHEN,
        ways::AFTER,
        ways::THEN,
        ways::ACCEPT,
        ways::NETWORK,
        ways::QUALITY,
    ],
);

static ROLES: [Choice; 3] = [
    Choice::new("whole", "Whole requests."),
    Choice::new("prefill", "Prompts, up to the first token."),
    Choice::new("decode", "Answers, from the first token on."),
];

/// A set; `common` is how the service says that it serves.
pub(super) fn decode(
    fields: &Fields<'_>,
    common: Option<&Spanned<ServingSpec>>,
) -> Option<ReplicasSpec> {
    let plain = Spanned::new("replicas".to_owned(), fields.place);
    let name = fields.item("name").map_or(Some(plain), Item::name);
    let role = fields
        .item("role")
        .map_or(Some(0), |item| Some(item.choice()?.value));
    let tasks = count_or(fields, "tasks", 1);
    let gpus = fields.item("gpus").map_or(Some(GpusSpec::Whole(1)), gpus);
    let profile = fields.optional("profile", Item::text);
    if fields.exclusive("gpus", "profile") {
        return None;
    }
    let cpus = fields
        .item("cpus")
        .map_or(Some(0.0), |item| Some(item.number()?.value));
    let memory = fields
        .item("memory")
        .map_or(Some(Bytes(0)), |item| Some(item.size()?.value));
    let models = fields.item("models").map_or(Some(Vec::new()), models);
    let markets = workload::markets(fields, "markets");
    let fleets = fields.item("fleets").map_or(Some(Vec::new()), |item| {
        every(item.list()?.into_iter().map(Item::name))
    });
    let load = fields.optional("load", Item::span);
    let reload = fields.optional("reload", Item::span);
    let (initial, max) = bounds(fields)?;
    let serving = serving_of(fields, common);
    let way = ways::decode(fields);
    let usage = usage::decode(fields);
    let load = load?.map_or(Span::ZERO, |span| span.value);
    Some(ReplicasSpec {
        name: name?,
        role: [Role::Whole, Role::Prefill, Role::Decode][role?],
        way: way?,
        tasks: tasks?,
        gpus: gpus?,
        profile: profile?,
        cpu_milli: milli(cpus?),
        memory: memory?,
        models: models?,
        markets: markets?,
        fleets: fleets?,
        load,
        reload: reload?.map_or(load, |span| span.value),
        initial,
        max,
        usage: usage?,
        serving: serving?,
    })
}

/// How many there are at first, and at most.
fn bounds(fields: &Fields<'_>) -> Option<(u32, u32)> {
    let initial = count_or(fields, "initial", 1u32);
    let max = fields.optional("max", Item::count::<u32>);
    let (initial, max) = (initial?, max?);
    if let Some(max) = max.filter(|max| max.value < initial) {
        let rule = format!("less than initial, {initial}");
        fields.refuse(max.place, "max", &rule, "raise it or lower initial");
        return None;
    }
    Some((initial, max.map_or(initial, |max| max.value)))
}

fn serving_of(
    fields: &Fields<'_>,
    common: Option<&Spanned<ServingSpec>>,
) -> Option<Spanned<ServingSpec>> {
    if let Some(item) = fields.item("serving") {
        return serving::decode(item);
    }
    if common.is_none() {
        let rule = "neither the service nor the set says how it serves";
        let remedy = "add serving = { kind = \"batch\", ... } or { kind = \"tokens\", ... }";
        fields.refuse_here("serving", rule, remedy);
    }
    common.cloned()
}

fn gpus(item: Item<'_>) -> Option<GpusSpec> {
    let item = item.pick()?;
    if matches!(item.value.value, Value::Float(_)) {
        let share = milli(item.number()?.value);
        let share = u16::try_from(share).expect("below a thousand");
        return Some(GpusSpec::Share(share));
    }
    Some(GpusSpec::Whole(item.count()?.value))
}

fn models(item: Item<'_>) -> Option<Vec<(Spanned<String>, f64)>> {
    let item = item.pick()?;
    if item.is_table() {
        let read =
            |(key, item): (&Spanned<String>, Item<'_>)| Some((key.clone(), item.number()?.value));
        return every(item.map()?.into_iter().map(read));
    }
    let name = |item: Item<'_>| Some((item.name()?, 1.0));
    every(item.list()?.into_iter().map(name))
}

/// A number within bounds in thousandths, to the nearest.
pub(super) fn milli(number: f64) -> u32 {
    u32::try_from(convert::floor(number * 1000.0 + 0.5)).expect("bounded where it was read")
}
