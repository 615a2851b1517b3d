//! Machines that are not there and might have been: on their way, refused by the provider, or kept away by quotas.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::engine::{Headroom, View, World};
use sim_core::units::{NodeId, OfferingId};
use sim_core::watch::Fact;

use super::room::Absent;

/// What comes to the fleet, or does not.
#[derive(Debug)]
pub(super) struct Fleet {
    /// Counts changes of what is free, of what is on its way, and of what the provider did not have.
    pub(super) version: u64,
    booting: BTreeSet<NodeId>,
    /// By offering: machines that were asked for last, and that the provider did not have.
    refused: BTreeMap<OfferingId, u32>,
    /// What quotas leave where nothing is held, and by offering the most machines; none without quotas.
    quotas: Option<(Headroom, Vec<u32>)>,
}

impl Fleet {
    /// Nothing has happened yet in `world`.
    pub(super) fn of(world: &World) -> Self {
        let sizes = || {
            world
                .offerings
                .iter()
                .map(|offering| offering.max)
                .collect()
        };
        Self {
            version: 0,
            booting: BTreeSet::new(),
            refused: BTreeMap::new(),
            quotas: (!world.quotas.is_empty()).then(|| (Headroom::of(world), sizes())),
        }
    }

    /// What is not there, by how that is.
    pub(super) fn absent(&self, offering_of: &[OfferingId], view: &View<'_>) -> Absent {
        let mut booting: BTreeMap<OfferingId, u32> = BTreeMap::new();
        for node in &self.booting {
            *booting.entry(offering_of[node.index()]).or_default() += 1;
        }
        let refused = self.refused.iter();
        let mut absent = Absent {
            booting: booting.into_iter().collect(),
            refused: refused
                .map(|(offering, count)| (*offering, *count))
                .collect(),
            ..Absent::default()
        };
        if let Some((nothing_held, sizes)) = &self.quotas {
            let mut left = nothing_held.clone();
            for (id, offering) in view.offerings() {
                left.shift(id, 0, offering.held);
            }
            for (id, offering) in view.offerings() {
                let more = sizes[id.index()].saturating_sub(offering.held);
                absent.unheld.push((id, more));
                absent
                    .in_quota
                    .push((id, more.min(left.room(id, offering.held))));
            }
        }
        absent
    }

    /// Takes note of what changes what is free, or what is on its way.
    pub(super) fn observe(&mut self, fact: &Fact<'_>) {
        match fact {
            Fact::Booting { node, .. } => {
                self.booting.insert(*node);
            }
            Fact::Ready { node, .. }
            | Fact::Noticed { node, .. }
            | Fact::Reclaimed { node }
            | Fact::Miscarried { node }
            | Fact::Failed { node, .. }
            | Fact::Released { node } => {
                self.booting.remove(node);
            }
            Fact::Requested {
                offering,
                asked,
                granted,
            } => {
                self.refused.remove(offering);
                if asked > granted {
                    self.refused.insert(*offering, asked - granted);
                }
            }
            Fact::Started { .. }
            | Fact::Reseated { .. }
            | Fact::Interrupted { .. }
            | Fact::Ended { .. }
            | Fact::Draining { .. }
            | Fact::Repaired { .. } => {}
            Fact::Arrived { .. }
            | Fact::Retiring { .. }
            | Fact::Worked { .. }
            | Fact::Request { .. }
            | Fact::Flow { .. }
            | Fact::Paced { .. }
            | Fact::Refused(_)
            | Fact::Held { .. }
            | Fact::Advised { .. }
            | Fact::Shock { .. }
            | Fact::Price { .. }
            | Fact::Availability { .. } => return,
        }
        self.version += 1;
    }
}
