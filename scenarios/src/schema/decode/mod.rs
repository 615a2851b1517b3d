//! From the tree to the typed scenario: the top level, and what its tables say of each other.

mod billing;
mod budget;
mod checkpoint;
mod claim;
mod commitment;
mod course;
mod curve;
mod event;
mod fidelity;
mod fleet;
mod fleet_keys;
mod gate;
mod goodput;
mod mig;
mod policy;
mod queue;
mod quota;
mod replicas;
mod replicate;
mod requests;
mod risk;
mod run;
mod service;
mod serving;
mod sharing;
mod speeds;
mod store;
mod sweep;
mod train;
mod usage;
mod variants;
mod ways;
mod workload;

pub(super) use fleet::instance_shape;

use std::collections::BTreeMap;

use super::diagnostic::Diagnostic;
use super::fields::{Context, Fields, Item, suggestion};
use super::fleet::Fleet;
use super::place::{Place, Spanned};
use super::scenario::Scenario;
use super::spec::{KeySpec, TableSpec, Takes};
use super::value::{Table, Value};
use sim_core::units::limits;

/// The whole file.
pub(super) static TOP: TableSpec = TableSpec::closed(
    "the scenario",
    "One experiment: fleets, work, and the policies to compare on them.",
    &[
        KeySpec::new("name", Takes::Name, "What the results are filed under.").required(),
        KeySpec::new("description", Takes::Text, "One sentence for the report."),
        KeySpec::new(
            "question",
            Takes::Text,
            "What the experiment is to answer; the claims are judged under it.",
        ),
        KeySpec::new(
            "seed",
            Takes::Integer(0, i64::MAX),
            "Replication r uses seed + r.",
        )
        .default("1")
        .bound("a seed is at least 0", "write a number from 0 to 2^63 - 1"),
        KeySpec::new(
            "baseline",
            Takes::Name,
            "The policy that others are compared with.",
        )
        .default("the first policy"),
        KeySpec::new(
            "extends",
            Takes::File,
            "A scenario beside this one, whose keys these override.",
        ),
        KeySpec::new(
            "replicate",
            Takes::Table(&replicate::REPLICATE),
            "How often it is repeated.",
        ),
        KeySpec::new(
            "horizon",
            Takes::Table(&run::HORIZON),
            "When it starts, ends, and counts.",
        ),
        KeySpec::new(
            "engine",
            Takes::Table(&run::ENGINE),
            "When a policy is asked.",
        ),
        KeySpec::new("fleet", Takes::Tables(&fleet_keys::FLEET), "Machines.").required(),
        KeySpec::new(
            "workload",
            Takes::Tables(&workload::WORKLOAD),
            "Jobs; there are some, or services.",
        ),
        KeySpec::new(
            "service",
            Takes::Tables(&service::SERVICE),
            "What takes requests.",
        ),
        KeySpec::new("queue", Takes::Tables(&queue::QUEUE), "Tenants."),
        KeySpec::new("policy", Takes::Tables(&policy::POLICY), "Who decides.").required(),
        KeySpec::new(
            "objectives",
            Takes::Table(&run::OBJECTIVES),
            "What users were promised.",
        ),
        KeySpec::new(
            "output",
            Takes::Table(&run::OUTPUT),
            "What a run leaves behind.",
        ),
        KeySpec::new(
            "claim",
            Takes::Tables(&claim::CLAIM),
            "What the field says, for the run to judge.",
        ),
        KeySpec::new(
            "gate",
            Takes::Table(&gate::GATE),
            "What a policy may not become.",
        ),
        KeySpec::new(
            "train",
            Takes::Table(&train::TRAIN),
            "How learned policies learn.",
        ),
        KeySpec::new(
            "reward",
            Takes::Table(&train::REWARD),
            "What learned policies are to want.",
        ),
        KeySpec::new(
            "sweep",
            Takes::Table(&sweep::SWEEP),
            "Which keys take which values in `windtunnel sweep`.",
        ),
        KeySpec::new("data", Takes::Tables(&store::DATA), "What jobs read."),
        KeySpec::new(
            "storage",
            Takes::Tables(&store::STORAGE),
            "Where bytes lie, and what that costs.",
        ),
        KeySpec::new(
            "leftover",
            Takes::Tables(&store::LEFTOVER),
            "What machines leave behind.",
        ),
        KeySpec::new(
            "reservation",
            Takes::Tables(&commitment::RESERVATION),
            "What is paid for, used or not.",
        ),
        KeySpec::new(
            "budget",
            Takes::Tables(&budget::BUDGET),
            "What may be spent.",
        ),
        KeySpec::new(
            "quota",
            Takes::Tables(&quota::QUOTA),
            "What fleets may hold together.",
        ),
        KeySpec::new(
            "sharing",
            Takes::Table(&sharing::SHARING),
            "How jobs that share a GPU slow each other down.",
        ),
        KeySpec::new(
            "event",
            Takes::Tables(&event::EVENT),
            "Drills, outages and price changes at known times.",
        ),
        KeySpec::new(
            "region",
            Takes::Tables(&event::REGION),
            "Zones whose spot machines run out together.",
        ),
    ],
);

/// Arrays of tables whose entries have names of their own.
const NAMED: [&str; 14] = [
    "fleet",
    "workload",
    "service",
    "queue",
    "reservation",
    "policy",
    "event",
    "region",
    "storage",
    "data",
    "leftover",
    "claim",
    "budget",
    "quota",
];

/// The scenario that a tree spells; reasons why not are left in the context.
pub(super) fn scenario(tree: &Table, place: Place, cx: &Context<'_>) -> Option<Scenario> {
    let top = Fields::new(&TOP, (tree, place), cx);
    let name = top.item("name").and_then(Item::name);
    let description = top.item("description").and_then(Item::text);
    let question = top.optional("question", Item::text);
    let seed = top.item("seed").and_then(Item::count);
    let replicate = replicate::replicate(&top);
    let horizon = run::horizon(&top);
    let engine = run::engine(&top);
    let fleets = all(&top, "fleet", "a fleet of machines", fleet::decode);
    let workloads = workload::all(&top);
    let services = all(&top, "service", "", service::decode);
    let queues = all(&top, "queue", "", queue::decode);
    let reservations = all(&top, "reservation", "", commitment::reservation);
    let budgets = all(&top, "budget", "", budget::decode);
    let quotas = all(&top, "quota", "", quota::decode);
    let sharing = top.optional("sharing", sharing::decode);
    let events = all(&top, "event", "", event::event);
    let regions = all(&top, "region", "", event::region);
    let storage = all(&top, "storage", "", store::storage);
    let data = all(&top, "data", "", store::data);
    let leftovers = all(&top, "leftover", "", store::leftover);
    let policies = all(&top, "policy", "a policy", policy::decode);
    let objectives = run::objectives(&top);
    let output = run::output(&top);
    let gate = top.optional("gate", gate::decode);
    let sweep = top.optional("sweep", sweep::decode);
    let (train, reward) = (train::train(&top), train::reward(&top));
    let baseline = baseline(&top, place);
    let claims = match &baseline {
        Some(baseline) => all(&top, "claim", "", |fields| claim::claim(fields, baseline)),
        None => None,
    };
    claim::exist(&top, claims.as_deref().unwrap_or_default());
    gate::policies_exist(&top, gate.as_ref().and_then(Option::as_ref));
    names_are_sound(&top);
    Some(Scenario {
        name: name?,
        description: description.map(|text| text.value),
        question: question?.map(|text| text.value),
        seed: seed.unwrap_or(Spanned::new(1, place)),
        baseline: baseline?,
        replicate: replicate?,
        horizon: horizon?,
        engine: engine?,
        fleets: fleets?,
        workloads: workloads?,
        services: services?,
        queues: queues?,
        reservations: reservations?,
        budgets: budgets?,
        quotas: quotas?,
        sharing: sharing?,
        storage: storage?,
        data: data?,
        leftovers: leftovers?,
        events: events?,
        regions: regions?,
        policies: policies?,
        objectives: objectives?,
        output: output?,
        claims: claims?,
        gate: gate?,
        train: train?,
        reward: reward?,
        sweep: sweep?,
    })
    .filter(|scenario| {
        parts_agree(&top, scenario);
        within_limits(scenario, cx)
    })
}

/// Names are unique within their lists, and queues that are named exist.
fn names_are_sound(top: &Fields<'_>) {
    for key in NAMED {
        unique(top, key);
    }
    queues_exist(top);
}

/// What is said in one part of another.
fn parts_agree(top: &Fields<'_>, scenario: &Scenario) {
    references_exist(top, scenario);
    queue::are_sound(top, scenario);
    quota::are_sound(top, scenario);
    variants::are_sound(top, scenario);
    mig::are_sound(top, scenario);
    service::are_sound(top, scenario);
}

/// Every entry of an array of tables; `None` when one is refused, or `need` and there is none.
fn all<'a, T>(
    top: &Fields<'a>,
    key: &str,
    need: &str,
    decode: impl Fn(&Fields<'a>) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(item) = top.item(key) else {
        return need.is_empty().then(Vec::new);
    };
    let tables = item.tables()?;
    let read: Vec<_> = tables.iter().map(decode).collect();
    if read.is_empty() && !need.is_empty() {
        let rule = format!("an experiment needs {need}");
        return item.refuse(&rule, &format!("add a [[{key}]] table"));
    }
    read.into_iter().collect()
}

/// What is named beside queues and policies: fleets, zones, stores, data sets.
fn references_exist(top: &Fields<'_>, scenario: &Scenario) {
    let all = |named: Vec<&Spanned<String>>, key: &str| {
        let known = match key {
            "zone" => texts(top, "fleet", "zone"),
            _ => names(top, key),
        };
        for name in named {
            refer(top, name, key, &known);
        }
    };
    let covered = scenario.reservations.iter().flat_map(|own| &own.covers);
    let struck = scenario.events.iter().flat_map(|event| &event.fleets);
    let budgeted = scenario.budgets.iter().flat_map(|budget| &budget.fleets);
    let counted = scenario.quotas.iter().flat_map(|quota| &quota.fleets);
    let named = covered.chain(struck).chain(budgeted).chain(counted);
    all(named.collect(), "fleet");
    let under = scenario.fleets.iter().flat_map(|fleet| &fleet.quotas);
    all(under.collect(), "quota");
    let of_regions = scenario.regions.iter().flat_map(|region| &region.zones);
    let of_stores = scenario
        .storage
        .iter()
        .filter_map(|store| store.zone.as_ref());
    all(of_regions.chain(of_stores).collect(), "zone");
    let stored = |own: &'_ super::workload::Workload| own.checkpoint.stored.clone();
    let checkpoints: Vec<_> = scenario.workloads.iter().filter_map(stored).collect();
    let checkpoints = checkpoints.iter().map(|stored| &stored.storage);
    let of_data = scenario
        .data
        .iter()
        .filter_map(|data| data.storage.as_ref());
    all(checkpoints.chain(of_data).collect(), "storage");
    let inputs = scenario
        .workloads
        .iter()
        .filter_map(|own| own.course.input.as_ref());
    all(inputs.map(|input| &input.data).collect(), "data");
}

/// The names in an array of tables, whatever else is wrong with its entries.
fn names<'a>(top: &Fields<'a>, key: &str) -> Vec<Spanned<&'a str>> {
    texts(top, key, "name")
}

/// The texts at a key of every entry of an array of tables.
fn texts<'a>(top: &Fields<'a>, key: &str, inner: &str) -> Vec<Spanned<&'a str>> {
    let entries = top.table.get(key).and_then(|value| value.value.as_list());
    let entries = entries.unwrap_or_default().iter();
    let name = |entry: &'a Spanned<Value>| {
        let name = entry.value.as_table()?.get(inner)?;
        Some(Spanned::new(name.value.as_text()?, name.place))
    };
    entries.filter_map(name).collect()
}

fn unique(top: &Fields<'_>, key: &str) {
    let mut seen = BTreeMap::new();
    for name in names(top, key) {
        if seen.insert(name.value, name.place).is_some() {
            let value = format!("name = \"{}\"", name.value);
            let rule = format!("another {key} has this name");
            top.refuse(name.place, &value, &rule, "rename one of them");
        }
    }
}

/// The policy that others are compared with, if it exists.
fn baseline(top: &Fields<'_>, place: Place) -> Option<Spanned<String>> {
    let policies = names(top, "policy");
    let Some(item) = top.item("baseline") else {
        let first = policies.first()?;
        return Some(Spanned::new(first.value.to_owned(), place));
    };
    let name = item.name()?;
    refer(top, &name, "policy", &policies)?;
    Some(name)
}

/// Every queue that a workload or a service names must exist.
fn queues_exist(top: &Fields<'_>) {
    let queues = names(top, "queue");
    let entries = ["workload", "service"].into_iter().flat_map(|key| {
        let entries = top.table.get(key).and_then(|value| value.value.as_list());
        entries.unwrap_or_default()
    });
    for entry in entries {
        let named = entry.value.as_table().and_then(|table| table.get("queue"));
        if let Some((queue, text)) = named.and_then(|queue| Some((queue, queue.value.as_text()?))) {
            let name = Spanned::new(text.to_owned(), queue.place);
            refer(top, &name, "queue", &queues);
        }
    }
}

fn refer(
    top: &Fields<'_>,
    name: &Spanned<String>,
    key: &str,
    known: &[Spanned<&str>],
) -> Option<()> {
    let known: Vec<_> = known.iter().map(|name| name.value).collect();
    if known.contains(&name.value.as_str()) {
        return Some(());
    }
    let rule = format!("no {key} has this name");
    let remedy = if known.is_empty() && key == "zone" {
        "say in which zone each fleet stands".to_owned()
    } else if known.is_empty() {
        format!("add a [[{key}]] table")
    } else {
        suggestion(&name.value, &known)
    };
    let shown = format!("\"{}\"", super::diagnostic::quoted(&name.value));
    top.refuse(name.place, &shown, &rule, &remedy);
    None
}

/// What only the whole shows: that the nodes fit a run.
fn within_limits(scenario: &Scenario, cx: &Context<'_>) -> bool {
    let nodes = |fleet: &Fleet| u64::from(fleet.machines.most().unwrap_or(0));
    let total: u64 = scenario.fleets.iter().map(nodes).sum();
    let fits = total <= u64::from(limits::MAX_NODES);
    if let Some(last) = scenario.fleets.last().filter(|_| !fits) {
        let most = limits::MAX_NODES;
        let rule = format!("the fleets hold {total} nodes, a run at most {most}");
        cx.refuse(Diagnostic::new(last.name.place, "fleet", rule).or("lower a count"));
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::super::{DataRoots, digest, load, place::SourceId, tree};
    use super::*;

    const PLAIN: &str = "name = \"x\"\n[[fleet]]\nname = \"n\"\nmax = 1\n\
                         instance = { gpus = 1, gpu = \"A\" }\n\
                         [[workload]]\nname = \"n\"\nsynth = \"any\"\n[[policy]]\nname = \"n\"\n";

    /// The paths of a table's keys with the defaults that are values, not words.
    fn defaults(prefix: &str, spec: &TableSpec, found: &mut Vec<String>) {
        for key in spec.keys {
            let path = format!("{prefix}{}", key.name);
            let default = key.default.unwrap_or("");
            let is_value = tree::parse_value(SourceId(0), default, 0).is_ok();
            if is_value {
                found.push(format!("{path}={default}"));
            }
            if let Takes::Table(inner) = key.takes {
                defaults(&format!("{path}."), inner, found);
            }
            if let Takes::Tables(inner) = key.takes
                && ![
                    "queue",
                    "reservation",
                    "budget",
                    "event",
                    "region",
                    "storage",
                    "data",
                    "leftover",
                    "claim",
                    "budget",
                    "quota",
                    "variants",
                    "service",
                ]
                .contains(&key.name)
            {
                defaults(&format!("{path}.n."), inner, found);
            }
        }
    }

    #[test]
    fn a_documented_default_is_the_default() {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let path = folder.path().join("x.toml");
        std::fs::write(&path, PLAIN).expect("a file");
        let digest_with = |sets: &[String]| {
            let loaded = load(&path, sets, &DataRoots::default(), &|_| None);
            digest(&loaded.unwrap_or_else(|error| panic!("{error}")).scenario)
        };
        let mut found = Vec::new();
        defaults("", &TOP, &mut found);
        // What stands as it was written is printed, default or not.
        let as_written = |set: &str| {
            let mut tables = [
                "sharing.",
                "gate.",
                "sweep.",
                "replicate.until.",
                "train.",
                "reward.",
            ]
            .iter();
            tables.any(|table| set.starts_with(table))
        };
        found.retain(|set| !set.contains(".trace.") && !as_written(set));
        assert!(found.len() >= 20, "{found:?}");
        let plain = digest_with(&[]);
        for set in found {
            assert_eq!(digest_with(std::slice::from_ref(&set)), plain, "{set}");
        }
    }
}
