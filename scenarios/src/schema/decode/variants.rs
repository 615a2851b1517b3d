//! `gpu-memory` and `variants` of a workload: what it takes of a GPU, and the forms that it can take.

use std::collections::BTreeMap;

use super::super::fields::{Fields, Item};
use super::super::fleet::Bytes;
use super::super::place::Spanned;
use super::super::read::every;
use super::super::scenario::Scenario;
use super::super::spec::{KeySpec, TableSpec, Takes};
use super::super::variant::{Speed, Variant, gpus};
use super::super::workload::Workload;
use super::workload::MOST;

const FACTOR: Takes = Takes::Number(0.0, MOST, true);
static SPEED: [Takes; 2] = [FACTOR, Takes::Map(&FACTOR)];

pub(super) static VARIANT: TableSpec = TableSpec::closed(
    "variants",
    "A form that a training can take beside the plain one: mixed precision, gradient checkpointing, both. On each GPU model jobs \
     run in the fastest form that fits into its memory.",
    &[
        KeySpec::new("name", Takes::Name, "What it is called.").required(),
        KeySpec::new(
            "speed",
            Takes::Either(&SPEED),
            "How fast it is beside the plain form: on any GPU, or by GPU model, 1.0 where none is written.",
        )
        .required()
        .bound(
            "a factor is above 0 and at most 1e6",
            "write a number in that range",
        ),
        KeySpec::new(
            "gpu-memory",
            FACTOR,
            "What it takes of the memory that the plain form takes.",
        )
        .default("1.0")
        .bound(
            "a factor is above 0 and at most 1e6",
            "write a number in that range",
        ),
    ],
);

pub(super) fn decode(fields: &Fields<'_>) -> Option<Vec<Variant>> {
    fields.item("variants").map_or(Some(Vec::new()), |item| {
        every(item.tables()?.iter().map(variant))
    })
}

fn variant(fields: &Fields<'_>) -> Option<Variant> {
    let name = fields.item("name").and_then(Item::name);
    let speed = fields.item("speed").and_then(speed);
    let memory = fields
        .item("gpu-memory")
        .map_or(Some(1.0), |item| Some(item.number()?.value));
    Some(Variant {
        name: name?,
        speed: speed?,
        gpu_memory: memory?,
    })
}

fn speed(item: Item<'_>) -> Option<Speed> {
    let item = item.pick()?;
    if !item.is_table() {
        return Some(Speed::Any(item.number()?.value));
    }
    let read =
        |(key, item): (&Spanned<String>, Item<'_>)| Some((key.value.clone(), item.number()?.value));
    let factors = every(item.map()?.into_iter().map(read))?;
    Some(Speed::ByModel(
        factors.into_iter().collect::<BTreeMap<_, _>>(),
    ))
}

/// Whether it can be told which forms fit where, and each workload fits somewhere.
pub(super) fn are_sound(top: &Fields<'_>, scenario: &Scenario) {
    for workload in &scenario.workloads {
        if let Some(needed) = workload.gpu_memory {
            fits_somewhere(top, scenario, (workload, needed));
        }
    }
}

fn fits_somewhere(
    top: &Fields<'_>,
    scenario: &Scenario,
    (workload, needed): (&Workload, Spanned<Bytes>),
) {
    let known = gpus(&scenario.fleets);
    let silent = known.iter().find(|(_, memory, _)| memory.is_none());
    if let Some((_, _, fleet)) = silent {
        let rule = "it is not known how much memory its GPUs have, which a workload asks for";
        let remedy = "write instance = { ..., gpu-memory = \"40GiB\" }";
        top.refuse(fleet.name.place, &fleet.name.value, rule, remedy);
        return;
    }
    for (at, (model, memory, _)) in known.iter().enumerate() {
        let other = known[..at]
            .iter()
            .find(|(before, there, _)| before == model && there != memory);
        if let Some((_, _, fleet)) = other {
            let rule = "its GPU model has more or less memory in another fleet";
            let remedy = "call one of them by another name, such as \"A100-80\"";
            top.refuse(fleet.name.place, &fleet.name.value, rule, remedy);
            return;
        }
    }
    let fits = |(model, memory, _): &(&str, Option<Bytes>, _)| {
        workload.best_form(model, *memory).is_some()
    };
    if !known.iter().any(fits) {
        let rule = "no GPU of any fleet has as much memory, whatever the form";
        let remedy = "add a fleet, or a variant with a smaller gpu-memory";
        let written = super::super::quantity::print_size(needed.value);
        top.refuse(needed.place, &written, rule, remedy);
    }
}
