//! `[[policy]]`: its keys, and how they become a policy.

use std::collections::BTreeSet;

use super::super::fields::{Fields, Item, not_yet};
use super::super::place::{Place, Spanned};
use super::super::policy::{Composed, Knowledge, Learned, PolicyKind, PolicySpec};
use super::super::read::every;
use super::super::spec::{Choice, KeySpec, Seam, TableSpec, Takes};
use super::super::value::Part;

pub(super) static POLICY: TableSpec = TableSpec::closed(
    "[[policy]]",
    "Who decides: by parts, or by a policy of the registry, whose parameters stand beside `kind`.",
    &[
        KeySpec::new("name", Takes::Name, "What tables and reports call it.").required(),
        KeySpec::new(
            "kind",
            Takes::Name,
            "\"composed\", \"learned\", or a policy of the registry.",
        )
        .default("\"composed\""),
        KeySpec::new(
            "asks",
            Takes::Part(Seam::Head),
            "Of kind \"learned\": what the agent is asked; `windtunnel list policies` says what there is.",
        ),
        KeySpec::new(
            "file",
            Takes::File,
            "Of kind \"learned\": the agent, as `windtunnel train` writes it; none: what it is built on has its way.",
        ),
        KeySpec::new("order", Takes::Part(Seam::Order), "Which job comes first."),
        KeySpec::new(
            "admit",
            Takes::Part(Seam::Admit),
            "Who may start when the first cannot.",
        ),
        KeySpec::new("place", Takes::Part(Seam::Place), "On which nodes."),
        KeySpec::new("preempt", Takes::Part(Seam::Preempt), "Who makes way."),
        KeySpec::new("buy", Takes::Part(Seam::Buy), "How many machines are held."),
        KeySpec::new(
            "move",
            Takes::Part(Seam::Move),
            "Which running jobs go on elsewhere.",
        ),
        KeySpec::new("guard", Takes::Part(Seam::Guard), "What guards the budget."),
        KeySpec::new("hours", Takes::Part(Seam::Hours), "When fleets are open."),
        KeySpec::new(
            "scale",
            Takes::Part(Seam::Scale),
            "How large elastic jobs are.",
        ),
        KeySpec::new(
            "pace",
            Takes::Part(Seam::Pace),
            "How often checkpoints are written.",
        ),
        KeySpec::new(
            "replicas",
            Takes::Part(Seam::Replicas),
            "How many replicas services have.",
        ),
        KeySpec::new(
            "oversubscribe",
            Takes::Part(Seam::Oversubscribe),
            "How long other jobs may lie beside replicas on their GPUs.",
        ),
        KeySpec::new(
            "clairvoyant",
            Takes::List(&Takes::Choice(&KNOWLEDGE)),
            "What it may know that a real scheduler would not.",
        )
        .default("[]"),
        KeySpec::new(
            "estimate",
            Takes::Part(Seam::Estimate),
            "What it is told of durations, in place of what the workloads say.",
        ),
        KeySpec::new(
            "compat",
            Takes::Name,
            "The published simulator whose ways it keeps; `windtunnel list compat` names them.",
        ),
        KeySpec::new(
            "with",
            Takes::Map(&Takes::Raw),
            "What it brings along, such as { \"reservation.base.count\" = 4 }: stores, reservations, caches, terms, all of a service but what is asked of it and promised; values may be relative as `--set` takes them (`+20%`).",
        )
        .default("nothing"),
    ],
)
.open();

static KNOWLEDGE: [Choice; 4] = [
    Choice::new("durations", "How long each job takes."),
    Choice::new("prices", "What prices will be."),
    Choice::new("reclaims", "When machines will be taken away."),
    Choice::new("arrivals", "What will be submitted."),
];

/// The keys of the parts, in the order of [`Composed`].
const PARTS: [&str; 12] = [
    "order",
    "admit",
    "place",
    "preempt",
    "buy",
    "move",
    "guard",
    "hours",
    "scale",
    "pace",
    "replicas",
    "oversubscribe",
];

/// Kinds that a later part brings.
const LATER: [(&str, &str); 1] = [("external", "external policies")];

pub(super) fn decode(fields: &Fields<'_>) -> Option<PolicySpec> {
    let name = fields.item("name").and_then(Item::name);
    let kind = kind(fields);
    let clairvoyant = knowledge(fields);
    let estimate = fields.optional("estimate", Item::part);
    let compat = fields.optional("compat", Item::name);
    Some(PolicySpec {
        name: name?,
        kind: kind?,
        clairvoyant: clairvoyant?,
        estimate: estimate?,
        compat: compat?,
        with: fields.table.get("with").map(|with| with.value.clone()),
    })
}

fn kind(fields: &Fields<'_>) -> Option<PolicyKind> {
    let Some(item) = fields.item("kind") else {
        return composed(fields).map(PolicyKind::Composed);
    };
    let kind = item.name()?;
    if let Some((word, part)) = LATER.iter().find(|(word, _)| *word == kind.value) {
        fields.cx.refuse(not_yet(kind.place, word, part));
        return None;
    }
    if kind.value == "composed" {
        return composed(fields).map(PolicyKind::Composed);
    }
    if kind.value == "learned" {
        return learned(fields, kind.place).map(PolicyKind::Learned);
    }
    let ours = ["name", "kind", "clairvoyant", "estimate", "compat", "with"];
    let params = fields.table.entries.iter();
    let params = params.filter(|(key, _)| !ours.contains(&key.value.as_str()));
    let params = params.cloned().collect();
    Some(PolicyKind::Named(Part { kind, params }))
}

/// An agent, and what it is built on.
fn learned(fields: &Fields<'_>, place: Place) -> Option<Learned> {
    let asks = fields.optional("asks", Item::part);
    let file = fields.optional("file", Item::file);
    let composed = parts(fields);
    let asks = asks?.unwrap_or_else(|| Part {
        kind: Spanned::new("order".to_owned(), place),
        params: Vec::new(),
    });
    Some(Learned {
        asks,
        file: file?,
        composed: composed?,
    })
}

fn composed(fields: &Fields<'_>) -> Option<Composed> {
    let own = ["asks", "file"].map(|key| Some((fields.key_place(key)?, key)));
    for (place, key) in own.iter().flatten() {
        let rule = "only a policy of kind \"learned\" has it";
        fields.refuse(*place, key, rule, "remove it, or write kind = \"learned\"");
    }
    let parts = parts(fields);
    parts.filter(|_| own.iter().all(Option::is_none))
}

fn parts(fields: &Fields<'_>) -> Option<Composed> {
    let others = fields.others();
    for (key, _) in &others {
        fields.cx.refuse(fields.unknown(key));
    }
    let parts = PARTS.map(|key| fields.optional(key, Item::part));
    let [
        order,
        admit,
        place,
        preempt,
        buy,
        relocate,
        guard,
        hours,
        scale,
        pace,
        replicas,
        oversubscribe,
    ] = parts;
    let composed = Composed {
        order: order?,
        admit: admit?,
        place: place?,
        preempt: preempt?,
        buy: buy?,
        relocate: relocate?,
        guard: guard?,
        hours: hours?,
        scale: scale?,
        pace: pace?,
        replicas: replicas?,
        oversubscribe: oversubscribe?,
    };
    others.is_empty().then_some(composed)
}

fn knowledge(fields: &Fields<'_>) -> Option<BTreeSet<Knowledge>> {
    let Some(item) = fields.item("clairvoyant") else {
        return Some(BTreeSet::new());
    };
    let words = every(item.list()?.into_iter().map(Item::choice));
    Some(
        words?
            .into_iter()
            .map(|word| Knowledge::ALL[word.value])
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_for_knowledge_stand_in_the_order_of_their_type() {
        let words: Vec<_> = KNOWLEDGE.iter().map(|choice| choice.word).collect();
        assert_eq!(words, Knowledge::ALL.map(Knowledge::name));
    }
}
