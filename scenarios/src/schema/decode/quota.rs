//! `[[quota]]`, and `quota` of a fleet.

use sim_core::model::Counted;

use super::super::fields::{Fields, Item};
use super::super::fleet::{Fleet, InstanceType, Machines, Size};
use super::super::place::{Place, Spanned};
use super::super::quota::QuotaSpec;
use super::super::read::every;
use super::super::scenario::Scenario;
use super::super::spec::{KeySpec, TableSpec, Takes};

/// The limits in the order of the table; exactly one is said.
const LIMITS: [(&str, Counted); 3] = [
    ("gpus", Counted::Gpus),
    ("cpus", Counted::CpuMilli),
    ("nodes", Counted::Nodes),
];

pub(super) static QUOTA: TableSpec = TableSpec::closed(
    "[[quota]]",
    "What fleets may hold together, as an account has it with a provider: every machine held counts, also one that boots, \
     drains or is noticed. The `count` or `min` of a fleet counts whether its machines are there or lost, so that they may \
     come back. A request beyond it is refused. Write one of `gpus`, `cpus`, `nodes`.",
    &[
        KeySpec::new("name", Takes::Name, "What fleets and messages call it.").required(),
        KeySpec::new(
            "fleets",
            Takes::List(&Takes::Name),
            "Fleets that count against it.",
        )
        .default("those that name it"),
        KeySpec::new("gpus", Takes::Integer(0, 64_000_000), "Most GPUs."),
        KeySpec::new(
            "cpus",
            Takes::Integer(0, 1_000_000_000),
            "Most virtual CPUs; then each instance says how many it has.",
        ),
        KeySpec::new("nodes", Takes::Integer(0, 1_000_000), "Most machines."),
    ],
);

/// What a fleet's `quota` takes.
pub(super) static OF_FLEET: [Takes; 2] = [Takes::Name, Takes::List(&Takes::Name)];

/// The quotas that a fleet names.
pub(super) fn of_fleet(item: Item<'_>) -> Option<Vec<Spanned<String>>> {
    let item = item.pick()?;
    if item.is_text() {
        return Some(vec![item.name()?]);
    }
    every(item.list()?.into_iter().map(Item::name))
}

pub(super) fn decode(fields: &Fields<'_>) -> Option<QuotaSpec> {
    let name = fields.item("name").and_then(Item::name);
    let fleets = fields.item("fleets").map_or(Some(Vec::new()), |item| {
        every(item.list()?.into_iter().map(Item::name))
    });
    let [gpus, cpus, nodes] = LIMITS.map(|(key, _)| key);
    let clash = [(gpus, cpus), (gpus, nodes), (cpus, nodes)].map(|(a, b)| fields.exclusive(a, b));
    let said = LIMITS
        .into_iter()
        .find_map(|(key, counted)| Some((fields.item(key)?, counted)));
    let Some((item, counted)) = said else {
        let rule = "missing in [[quota]]: what it limits";
        fields.refuse_here("gpus", rule, "add gpus = 64, cpus = 512 or nodes = 8");
        return None;
    };
    let most = item.count::<u64>()?;
    let milli = if counted == Counted::CpuMilli {
        1000
    } else {
        1
    };
    if clash.contains(&true) {
        return None;
    }
    Some(QuotaSpec {
        name: name?,
        counted,
        most: most.map(|most| most * milli),
        fleets: fleets?,
        written: fields.table.clone(),
    })
}

/// Whether every quota is of some fleets, each of them once, and leaves what they begin with.
pub(super) fn are_sound(top: &Fields<'_>, scenario: &Scenario) {
    for quota in &scenario.quotas {
        let mut seen: Vec<&str> = Vec::new();
        let mut stands = Some(0_u64);
        for (name, place) in named(scenario, quota) {
            if seen.contains(&name) {
                let shown = format!("\"{name}\"");
                let rule = format!("counts against quota {} already", quota.name.value);
                top.refuse(place, &shown, &rule, "name it once");
                continue;
            }
            seen.push(name);
            let mut fleets = scenario.fleets.iter();
            let fleet = fleets.find(|fleet| fleet.name.value == name);
            let used = fleet.and_then(|fleet| begins_with(top, quota, fleet));
            stands = stands.zip(used).map(|(all, used)| all + used);
        }
        if seen.is_empty() {
            let remedy = "add fleets = [\"NAME\"], or quota = \"...\" to a fleet";
            let rule = "no fleet counts against it";
            top.refuse(quota.name.place, &quota.name.value, rule, remedy);
        }
        let over = stands.filter(|stands| *stands > quota.most.value);
        if let Some(stands) = over {
            let unit = if quota.counted == Counted::CpuMilli {
                1000
            } else {
                1
            };
            let value = format!("{} = {}", quota.key(), quota.most.value / unit);
            let rule = format!("its fleets begin with {} already", stands / unit);
            let remedy = "raise it, or lower a count or min";
            top.refuse(quota.most.place, &value, &rule, remedy);
        }
    }
}

/// The fleets of a quota, and where that is said: those that it names, then those that name it.
fn named<'a>(
    scenario: &'a Scenario,
    quota: &'a QuotaSpec,
) -> impl Iterator<Item = (&'a str, Place)> {
    let its = quota.fleets.iter();
    let its = its.map(|name| (name.value.as_str(), name.place));
    let theirs = scenario.fleets.iter().flat_map(|fleet| {
        let mine = fleet.quotas.iter();
        let mine = mine.filter(|name| name.value == quota.name.value);
        mine.map(|name| (fleet.name.value.as_str(), name.place))
    });
    its.chain(theirs)
}

/// What the machines that a fleet begins with take of a quota; nothing is known of those that a file lists.
fn begins_with(top: &Fields<'_>, quota: &QuotaSpec, fleet: &Fleet) -> Option<u64> {
    let Machines::Alike { instance, size } = &fleet.machines else {
        return Some(0);
    };
    let (Size::Fixed(count) | Size::Elastic { min: count, .. }) = size;
    let Some(share) = share(quota.counted, &instance.value) else {
        let rule = format!(
            "quota {} counts CPUs, and nothing says how many these machines have",
            quota.name.value
        );
        let remedy = "add cpus = 96 to the instance";
        top.refuse(instance.place, &fleet.name.value, &rule, remedy);
        return None;
    };
    Some(share * u64::from(count.value))
}

fn share(counted: Counted, instance: &InstanceType) -> Option<u64> {
    match counted {
        Counted::Gpus => Some(instance.gpus.into()),
        Counted::CpuMilli => Some(u64::from(instance.cpus?) * 1000),
        Counted::Nodes => Some(1),
    }
}
