//! A fleet to buy from: what is held of it, what is to be had, and what waits for its machines.

use sim_core::engine::OfferingView;
use sim_core::model::Market;
use sim_core::units::{OfferingId, SimTime};

use super::{Reaper, booting, of_provider};
use crate::compose::Desk;

/// Machines that what waits would fill, in millionths: tasks of different sizes share a machine.
pub(super) const MACHINE: u64 = 1_000_000;

/// A fleet to buy from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fleet {
    pub(crate) id: OfferingId,
    pub(crate) market: Market,
    /// Machines that are to be had beyond those held, if no quota forbids it.
    pub(crate) spare: u64,
    /// Whether the provider shows what it has: else a request may be granted or not.
    pub(super) visible: bool,
    /// Nano-dollars an hour.
    pub(crate) price_per_gpu: u64,
    /// The same over what the job that is served has left to do, where prices are foretold.
    pub(super) expected_cost: u64,
    /// Whether a job waits that may lie on it.
    pub(super) useful: bool,
    /// Whether it takes from a quota what a job waits for that may not lie on it.
    pub(super) crowds: bool,
    /// Machines held that do not boot.
    standing: u64,
    pub(super) booting: u64,
    /// Those that what waits would fill, in millionths.
    pub(super) wanted: u64,
}

impl Fleet {
    /// A fleet of which nothing is wanted yet.
    pub(super) fn open(
        desk: &Desk<'_, '_, '_>,
        id: OfferingId,
        offering: &OfferingView<'_>,
    ) -> Self {
        let (boots, held) = (
            booting(desk.view, desk.plan.capacity(), id),
            desk.plan.holds(id),
        );
        // What the plan has asked for already boots as well.
        let booting = u64::from(boots) + u64::from(held.saturating_sub(offering.held));
        let gpus = u64::from(offering.shape.gpus.max(1));
        let price_per_gpu = offering.price.nanousd_h() / gpus;
        Self {
            id,
            market: offering.market,
            spare: of_provider(desk.view, desk.plan, id).into(),
            visible: offering.visible,
            price_per_gpu,
            expected_cost: price_per_gpu,
            useful: false,
            crowds: false,
            standing: u64::from(held).saturating_sub(booting),
            booting,
            wanted: 0,
        }
    }

    /// Machines to ask for: those wanted beyond what boots.
    pub(super) fn missing(&self) -> u32 {
        let missing = self.wanted.div_ceil(MACHINE).saturating_sub(self.booting);
        u32::try_from(missing).expect("no more than the fleet has slots")
    }

    /// Machines held, with those to ask for.
    pub(super) fn holds(&self) -> u32 {
        let held = u32::try_from(self.standing + self.booting);
        held.expect("no more than the fleet has slots") + self.missing()
    }

    /// Machines held that do not boot, and those wanted, in millionths.
    pub(super) fn planned(&self) -> u64 {
        self.standing * MACHINE + self.wanted.max(self.booting * MACHINE)
    }

    /// Gives back what is idle of it, but for the first `standby`, unless a job waits that would use it and it is in nobody's
    /// way; returns when the next may be.
    pub(super) fn reap(
        &self,
        desk: &mut Desk<'_, '_, '_>,
        reaper: &mut Reaper,
        standby: &mut u32,
    ) -> Option<SimTime> {
        if self.useful && !self.crowds {
            return reaper.spare(desk, self.id);
        }
        let held = desk.plan.holds(self.id);
        let next = reaper.reap(desk, self.id, standby);
        let left = self.crowds && desk.plan.holds(self.id) < held;
        let soon = left.then(|| reaper.look_again(desk.view.now())).flatten();
        next.into_iter().chain(soon).min()
    }
}
