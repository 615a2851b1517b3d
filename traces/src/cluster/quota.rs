//! `ResourceQuota`: the most GPUs that a namespace may ask for.

use super::machine::gpus_of;
use super::object::ResourceQuota;
use super::{Notes, Tenant};

/// Sets the caps of the tenants that are namespaces: the least of what its quotas say.
pub(super) fn caps(quotas: &[ResourceQuota], tenants: &mut [Tenant], notes: &mut Notes) {
    for quota in quotas {
        let limits = quota
            .spec
            .hard
            .iter()
            .map(|(name, amount)| (name, gpus_of(name, *amount)));
        let named = limits.filter(|(name, gpus)| *gpus > 0 || name.ends_with("/gpu"));
        let Some(most) = named.map(|(_, gpus)| gpus).min() else {
            notes.one("resource quotas say nothing of GPUs: left out");
            continue;
        };
        let tenant = tenants
            .iter_mut()
            .find(|own| own.name == quota.metadata.namespace);
        match tenant {
            Some(tenant) => tenant.cap = Some(tenant.cap.map_or(most, |own| own.min(most))),
            None => notes.one("resource quotas are of namespaces without jobs: left out"),
        }
    }
}
