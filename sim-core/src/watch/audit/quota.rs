//! The auditor's account of quotas: what is held under each, counted anew at every fact.

use super::{Auditor, Rule};
use crate::model::Quota;
use crate::units::OfferingId;

impl Auditor {
    /// What is held is within every quota.
    pub(super) fn check_quotas(&mut self) {
        if self.world.quotas.is_empty() {
            return;
        }
        let used = |quota: &Quota| self.used_of(quota, |at| self.held(at));
        let over = self
            .world
            .quotas
            .iter()
            .filter(|quota| used(quota) > quota.most);
        let over: Vec<String> = over
            .map(|quota| {
                format!(
                    "{} of {} are held of {}",
                    used(quota),
                    quota.most,
                    quota.name
                )
            })
            .collect();
        for detail in over {
            self.blame(Rule::Quota, detail);
        }
    }

    /// So many more machines of an offering would be within its quotas, were what fleets begin with
    /// all there.
    pub(super) fn check_request(&mut self, offering: OfferingId, asked: u32) {
        let counts = |at: usize| {
            let more = if at == offering.index() { asked } else { 0 };
            let set_aside = self.world.offerings[at].initial;
            self.held(at).saturating_add(more).max(set_aside)
        };
        let over = self.world.quotas.iter().find(|quota| {
            quota.covers.contains(&offering) && self.used_of(quota, counts) > quota.most
        });
        if let Some(quota) = over {
            let detail = format!("{asked} more of {offering:?} would exceed {}", quota.name);
            self.blame(Rule::Quota, detail);
        }
    }

    /// What so many machines of each offering take of a quota.
    fn used_of(&self, quota: &Quota, machines: impl Fn(usize) -> u32) -> u64 {
        let used = quota.covers.iter().map(|id| {
            let shape = &self.world.offerings[id.index()].shape;
            quota.share(shape) * u64::from(machines(id.index()))
        });
        used.sum()
    }
}
