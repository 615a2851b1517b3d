//! Tenants as queues: their tree, what they are guaranteed and what they may have.

use std::fmt::Write as _;

use traces::cluster::Tenant;

use super::{Names, quoted};

/// What each tenant is called, in their order.
pub(super) fn names(tenants: &[Tenant]) -> Vec<String> {
    let mut names = Names::default();
    tenants
        .iter()
        .map(|tenant| names.fresh(&tenant.name))
        .collect()
}

/// The tables of the queues, on `gpus` GPUs in all: where more is guaranteed than there is, all are lowered alike.
pub(super) fn toml(
    tenants: &[Tenant],
    names: &[String],
    gpus: u64,
    notes: &mut Vec<String>,
) -> String {
    let roots = tenants.iter().filter(|own| own.parent.is_none());
    let granted: u64 = roots.map(|own| u64::from(own.share)).sum();
    if granted > gpus {
        notes.push(format!("tenants are guaranteed {granted} GPUs where there are {gpus}: shares were lowered alike"));
    }
    let lowered = |share: u32| u64::from(share) * gpus.min(granted) / granted.max(1);
    let mut text = String::new();
    for (tenant, name) in tenants.iter().zip(names) {
        writeln!(text, "\n[[queue]]\nname = {}", quoted(name)).expect("a text takes any text");
        if let Some(parent) = tenant.parent {
            text.extend(["parent = ", &quoted(&names[parent]), "\n"]);
        }
        let share = lowered(tenant.share);
        if share > 0 {
            text.extend(["share = ", &share.to_string(), "\n"]);
        }
        match tenant.cap {
            Some(0) => notes.push(format!(
                "{name} may have no GPU: that is not kept, as its jobs would never run"
            )),
            Some(cap) => text.extend(["cap = ", &u64::from(cap).max(share).to_string(), "\n"]),
            None => {}
        }
        if !tenant.borrows && share > 0 {
            text.push_str("borrow = false\n");
        }
    }
    text
}
