//! A policy, printed.

use super::super::policy::{Composed, PolicyKind, PolicySpec};
use super::super::print::{entries, list, part, put, sorted, string};
use super::super::value::Table;

pub(super) fn policy_table(policy: &PolicySpec) -> Table {
    let mut table = entries([("name", string(&policy.name.value))]);
    match &policy.kind {
        PolicyKind::Composed(composed) => {
            put(&mut table, "kind", Some(string("composed")));
            put_parts(&mut table, composed);
        }
        PolicyKind::Learned(learned) => {
            put(&mut table, "kind", Some(string("learned")));
            put(&mut table, "asks", Some(part("kind", &learned.asks)));
            let file = learned.file.as_ref();
            put(
                &mut table,
                "file",
                file.map(|file| string(&file.value.written)),
            );
            put_parts(&mut table, &learned.composed);
        }
        PolicyKind::Named(named) => {
            put(&mut table, "kind", Some(string(&named.kind.value)));
            for (key, value) in sorted(&named.params) {
                put(&mut table, key, Some(value.clone()));
            }
        }
    }
    put(&mut table, "with", policy.with.clone());
    let clairvoyant = policy.clairvoyant.iter().map(|known| string(known.name()));
    put(&mut table, "clairvoyant", Some(list(clairvoyant)));
    put(
        &mut table,
        "estimate",
        policy.estimate.as_ref().map(|model| part("model", model)),
    );
    put(
        &mut table,
        "compat",
        policy.compat.as_ref().map(|compat| string(&compat.value)),
    );
    table
}

fn put_parts(table: &mut Table, composed: &Composed) {
    let keys = [
        ("order", &composed.order),
        ("admit", &composed.admit),
        ("place", &composed.place),
        ("preempt", &composed.preempt),
        ("buy", &composed.buy),
        ("move", &composed.relocate),
        ("guard", &composed.guard),
        ("hours", &composed.hours),
        ("scale", &composed.scale),
        ("pace", &composed.pace),
        ("replicas", &composed.replicas),
        ("oversubscribe", &composed.oversubscribe),
    ];
    for (key, one) in keys {
        put(table, key, one.as_ref().map(|one| part("kind", one)));
    }
}
