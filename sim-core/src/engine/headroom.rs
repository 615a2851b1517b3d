//! Headroom: what quotas leave beside the machines that are held, and those that are set aside.
//!
//! How many machines of an offering may still be had is found in as many steps as it has quotas. A
//! world without quotas has no table, and pays for none.

use std::sync::Arc;

use super::plan::Plan;
use super::state::World;
use super::view::View;
use crate::units::OfferingId;

/// What quotas leave. A copy is a sheet to reckon on: what is taken there is asked of nobody.
#[derive(Clone, Debug, Default)]
pub struct Headroom {
    /// None where nothing is under a quota.
    table: Option<Arc<Table>>,
    /// By quota.
    left: Vec<u64>,
}

/// What never changes.
#[derive(Debug)]
struct Table {
    /// By offering: its quotas, and what a machine takes of each, which is not nothing.
    shares: Vec<Vec<(usize, u64)>>,
    /// By offering: machines that count whether they are held or not.
    aside: Vec<u32>,
    /// By quota: what is left when nothing is held but what is set aside.
    beside: Vec<u64>,
}

impl Headroom {
    /// What quotas leave when nothing is held but what is set aside. Panics if they do not leave that.
    pub fn of(world: &World) -> Self {
        if world.quotas.is_empty() {
            return Self::default();
        }
        let mut shares = vec![Vec::new(); world.offerings.len()];
        let mut beside = Vec::new();
        for (position, quota) in world.quotas.iter().enumerate() {
            let mut left = quota.most;
            for offering in &quota.covers {
                let spec = &world.offerings[offering.index()];
                let share = quota.share(&spec.shape);
                left = left
                    .checked_sub(share * u64::from(spec.initial))
                    .expect("quotas leave what stands");
                if share > 0 {
                    shares[offering.index()].push((position, share));
                }
            }
            beside.push(left);
        }
        let aside = world.offerings.iter().map(|spec| spec.initial).collect();
        Self {
            left: beside.clone(),
            table: Some(Arc::new(Table {
                shares,
                aside,
                beside,
            })),
        }
    }

    /// The same quotas with nothing held but what is set aside.
    #[must_use]
    pub fn anew(&self) -> Self {
        let beside = self.table.as_ref().map(|table| table.beside.clone());
        Self {
            table: self.table.clone(),
            left: beside.unwrap_or_default(),
        }
    }

    /// Machines of `offering` that its quotas leave beside `held` ones.
    pub fn room(&self, offering: OfferingId, held: u32) -> u32 {
        let Some(table) = &self.table else {
            return u32::MAX;
        };
        let shares = table.shares[offering.index()].iter();
        let beside = shares.map(|(quota, share)| self.left[*quota] / share).min();
        let beside = beside.and_then(|machines| u32::try_from(machines).ok());
        let aside = table.aside[offering.index()].saturating_sub(held);
        beside.unwrap_or(u32::MAX).saturating_add(aside)
    }

    /// Reckons with `to` machines of `offering` instead of `from`. Panics if there is no room.
    pub fn shift(&mut self, offering: OfferingId, from: u32, to: u32) {
        let Some(table) = &self.table else {
            return;
        };
        let aside = table.aside[offering.index()];
        let (from, to) = (u64::from(from.max(aside)), u64::from(to.max(aside)));
        for (quota, share) in &table.shares[offering.index()] {
            let left = self.left[*quota] + share * from;
            self.left[*quota] = left
                .checked_sub(share * to)
                .expect("quotas bind at every request");
        }
    }

    /// Tasks that machines of these offerings hold together, of which none is held yet: of each up to
    /// so many machines with room for so many tasks. Those go first of which a task takes the
    /// smallest part of what is left of a quota; where machines differ in size there may be better
    /// choices, and there is none that is no choice.
    pub fn tasks(&self, offers: impl Iterator<Item = (OfferingId, u32, u32)>) -> u64 {
        let all = |machines: u32, room: u32| u64::from(machines) * u64::from(room);
        if self.table.is_none() {
            return offers.map(|(_, most, room)| all(most, room)).sum();
        }
        let mut offers: Vec<_> = offers.filter(|(.., room)| *room > 0).collect();
        offers.sort_by_key(|(offering, _, room)| self.part(*offering) / u128::from(*room));
        let mut left = self.clone();
        let tasks = offers.into_iter().map(|(offering, most, room)| {
            let machines = left.room(offering, 0).min(most);
            left.shift(offering, 0, machines);
            all(machines, room)
        });
        tasks.sum()
    }

    /// The largest part of what is left of a quota that a machine takes, in parts of 2^64.
    fn part(&self, offering: OfferingId) -> u128 {
        let table = self.table.as_ref();
        let shares = table
            .iter()
            .flat_map(|table| &table.shares[offering.index()]);
        let part = |(quota, share): &(usize, u64)| {
            let left = self.left[*quota].max(1);
            (u128::from(*share) << 64) / u128::from(left)
        };
        shares.map(part).max().unwrap_or(0)
    }

    /// Whether machines of the one take from what is left for the other.
    pub fn are_rivals(&self, one: OfferingId, other: OfferingId) -> bool {
        let Some(table) = &self.table else {
            return false;
        };
        let [one, other] = [one, other].map(|offering| &table.shares[offering.index()]);
        let shared = |(quota, _): &(usize, u64)| other.iter().any(|(theirs, _)| theirs == quota);
        one.iter().any(shared)
    }

    /// Whether there is any quota.
    pub fn binds(&self) -> bool {
        self.table.is_some()
    }

    /// Becomes a copy of `of`, in the room that it has.
    pub(super) fn copy(&mut self, of: &Self) {
        if of.table.is_some() {
            self.table.clone_from(&of.table);
            self.left.clone_from(&of.left);
        }
    }
}

impl Plan<'_> {
    /// Machines of `offering` that may still be asked for, the plan so far included: as its maximum
    /// and its quotas leave. None of an offering that is not there.
    pub fn room(&self, offering: OfferingId) -> u32 {
        let Some(spec) = self.state.world.offerings.get(offering.index()) else {
            return 0;
        };
        let holds = self.holds(offering);
        let room = self.draft.headroom.room(offering, holds);
        spec.max.saturating_sub(holds).min(room)
    }

    /// What quotas leave, the plan so far included.
    pub fn headroom(&self) -> &Headroom {
        &self.draft.headroom
    }
}

impl View<'_> {
    /// What quotas leave when nothing is held but what is set aside: for what could ever be held.
    pub fn headroom(&self) -> Headroom {
        self.state.headroom.anew()
    }
}

impl World {
    /// By offering: the most machines that may ever be held, as quotas leave them.
    pub fn ceilings(&self) -> Vec<u32> {
        ceilings(self, &Headroom::of(self))
    }
}

/// By offering: the most machines that may ever be held.
pub(super) fn ceilings(world: &World, headroom: &Headroom) -> Vec<u32> {
    let offerings = world.offerings.iter().enumerate();
    let ceiling = |(at, spec): (usize, &crate::model::Offering)| {
        let id = OfferingId(u16::try_from(at).expect("few offerings"));
        spec.max.min(headroom.room(id, 0))
    };
    offerings.map(ceiling).collect()
}
