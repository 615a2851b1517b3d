//! Quotas of a random scenario: one or two, over some offerings each, with room for what they begin
//! with and for some of what they may grow to.

use super::{Swarm, small};
use crate::model::{Counted, Offering, Quota};
use crate::units::{OfferingId, convert};

impl Swarm {
    pub(super) fn quotas(&self, offerings: &[Offering]) -> Vec<Quota> {
        if !self.has("quotas") {
            return Vec::new();
        }
        let mut luck = self.luck("quotas", 0);
        let mut quota = |at: u64| {
            let kinds = [Counted::Gpus, Counted::CpuMilli, Counted::Nodes];
            let counted = kinds[small::<usize>(luck.below(3))];
            let ids = (0..convert::wide(offerings.len())).filter(|_| luck.chance(0.7));
            let quota = Quota {
                name: format!("quota-{at}"),
                counted,
                most: 0,
                covers: ids.map(|id| OfferingId(small(id))).collect(),
            };
            let used = |machines: fn(&Offering) -> u32| {
                let covered = quota.covers.iter().map(|id| &offerings[id.index()]);
                let used = covered.map(|of| quota.share(&of.shape) * u64::from(machines(of)));
                used.sum::<u64>()
            };
            let (least, all) = (used(|of| of.initial), used(|of| of.max));
            let most = luck.between(least, all);
            Quota { most, ..quota }
        };
        (0..self.luck("quotas", 1).between(1, 2))
            .map(&mut quota)
            .collect()
    }
}
