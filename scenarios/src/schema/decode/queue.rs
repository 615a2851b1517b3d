//! `[[queue]]`: tenants.

use sim_core::model::Amount;

use super::super::fields::{Fields, Item};
use super::super::place::Spanned;
use super::super::scenario::{Queue, Scenario};
use super::super::spec::{KeySpec, TableSpec, Takes};

/// The whole, in millionths.
const WHOLE: u64 = 1_000_000;

static AMOUNT: [Takes; 2] = [Takes::Integer(0, 4_000_000), Takes::Percent];

pub(super) static QUEUE: TableSpec = TableSpec::closed(
    "[[queue]]",
    "A tenant: a team, a project, or development, staging and production. It is heeded by `admit = \"capacity\"` or `\"drf\"` and \
     by `preempt = \"reclaim\"`, and measured under every policy. A part such as \"25%\" is of what its parent has; without a \
     parent, of the GPUs that the fleets may hold at most.",
    &[
        KeySpec::new("name", Takes::Name, "What workloads and tables call it.").required(),
        KeySpec::new(
            "parent",
            Takes::Name,
            "The queue that it is part of, which stands before it.",
        )
        .default("none"),
        KeySpec::new(
            "share",
            Takes::Either(&AMOUNT),
            "GPUs, or the part, that it is guaranteed.",
        )
        .default("0"),
        KeySpec::new(
            "cap",
            Takes::Either(&AMOUNT),
            "The most GPUs, or the largest part, that it may have.",
        )
        .default("all"),
        KeySpec::new(
            "borrow",
            Takes::Bool,
            "Whether it may have more than its share while others leave it.",
        )
        .default("true"),
        KeySpec::new(
            "weight",
            Takes::Integer(1, 1_000_000),
            "How what is borrowed is divided; under drf, how all is.",
        )
        .default("1"),
    ],
);

pub(super) fn decode(fields: &Fields<'_>) -> Option<Queue> {
    let name = fields.item("name").and_then(Item::name);
    let parent = fields.optional("parent", Item::name);
    let share = fields.optional("share", amount);
    let cap = fields.optional("cap", amount);
    let borrow = fields.optional("borrow", Item::bool);
    let weight = fields.optional("weight", Item::count::<u32>);
    Some(Queue {
        name: name?,
        parent: parent?,
        share: share?,
        cap: cap?,
        borrow: borrow?,
        weight: weight?,
        written: fields.table.clone(),
    })
}

fn amount(item: Item<'_>) -> Option<Spanned<Amount>> {
    let item = item.pick()?;
    if item.is_text() {
        return Some(item.percent()?.map(Amount::Part));
    }
    Some(item.count::<u32>()?.map(Amount::Gpus))
}

/// Whether queues are a tree, guarantee no more than there is, and jobs go to leaves.
pub(super) fn are_sound(top: &Fields<'_>, scenario: &Scenario) {
    for (at, queue) in scenario.queues.iter().enumerate() {
        if let Some(parent) = &queue.parent {
            let mut before = scenario.queues[..at].iter();
            if !before.any(|queue| queue.name.value == parent.value) {
                let rule = "no queue before it has this name";
                top.refuse(
                    parent.place,
                    &parent.value,
                    rule,
                    "move the parent before it",
                );
            }
        }
        limits_are_sound(top, queue);
        fits_its_parent(top, &scenario.queues, at);
    }
    jobs_go_to_leaves(top, scenario);
}

fn limits_are_sound(top: &Fields<'_>, queue: &Queue) {
    let share = queue.share.map_or(Amount::Gpus(0), |share| share.value);
    if let Some(borrow) = queue.borrow.filter(|borrow| !borrow.value)
        && matches!(share, Amount::Gpus(0) | Amount::Part(0))
    {
        let rule = "a queue without a share that borrows nothing can run nothing";
        top.refuse(
            borrow.place,
            "borrow = false",
            rule,
            "add share = 16, or \"25%\"",
        );
    }
    let Some(cap) = queue.cap else {
        return;
    };
    let is_over = match (share, cap.value) {
        (Amount::Gpus(share), Amount::Gpus(cap)) => share > cap,
        // Below a parent the parts are of different wholes.
        (Amount::Part(share), Amount::Part(cap)) => queue.parent.is_none() && share > cap,
        (Amount::Gpus(_), Amount::Part(_)) | (Amount::Part(_), Amount::Gpus(_)) => false,
    };
    if is_over {
        let rule = "less than its share";
        let shown = shown("cap", cap.value);
        top.refuse(cap.place, &shown, rule, "raise it, or lower the share");
    }
}

/// Whether the shares so far of the queues with the same parent are no more than there is, as far as that can be told.
fn fits_its_parent(top: &Fields<'_>, queues: &[Queue], at: usize) {
    let queue = &queues[at];
    let Some(share) = queue.share else {
        return;
    };
    let name = |queue: &Queue| queue.parent.as_ref().map(|parent| parent.value.clone());
    let parent = queues
        .iter()
        .find(|other| Some(&other.name.value) == name(queue).as_ref());
    // In GPUs where the parent says how many it has, else in parts of the whole.
    let whole = match parent.and_then(|parent| parent.share) {
        Some(Spanned {
            value: Amount::Gpus(gpus),
            ..
        }) => u64::from(gpus) * 1000,
        Some(_) | None => WHOLE,
    };
    let in_gpus = whole != WHOLE;
    let siblings = queues[..=at]
        .iter()
        .filter(|other| name(other) == name(queue));
    let shares = siblings
        .filter_map(|sibling| sibling.share)
        .map(|share| share.value);
    let sum: u64 = shares
        .map(|share| match share {
            Amount::Gpus(_) if !in_gpus => 0,
            Amount::Gpus(_) | Amount::Part(_) => share.milli(whole),
        })
        .sum();
    if sum > whole {
        let rule = "with those before it, its share is more than there is to share";
        let shown = shown("share", share.value);
        top.refuse(share.place, &shown, rule, "lower a share");
    }
}

fn shown(key: &str, amount: Amount) -> String {
    match amount {
        Amount::Gpus(gpus) => format!("{key} = {gpus}"),
        Amount::Part(part) => format!("{key} = \"{}%\"", f64::from(part) / 10_000.0),
    }
}

fn jobs_go_to_leaves(top: &Fields<'_>, scenario: &Scenario) {
    let is_parent = |name: &str| {
        let parents = scenario
            .queues
            .iter()
            .filter_map(|queue| queue.parent.as_ref());
        parents.into_iter().any(|parent| parent.value == name)
    };
    let workloads = scenario.workloads.iter().map(|own| (&own.name, &own.queue));
    let services = scenario.services.iter().map(|own| (&own.name, &own.queue));
    for (name, queue) in workloads.chain(services) {
        match queue {
            Some(queue) if is_parent(&queue.value) => {
                let rule = "it has queues within it";
                top.refuse(queue.place, &queue.value, rule, "name one of those");
            }
            Some(_) => {}
            None => {
                let first = scenario.queues.first().map(|queue| &queue.name.value);
                if first.is_some_and(|first| is_parent(first)) {
                    let rule = "it says no queue, and the first has queues within it";
                    top.refuse(name.place, &name.value, rule, "add queue = \"NAME\"");
                }
            }
        }
    }
}
