//! A round of shopping: machines for what waits beyond what boots, from the fleets that a buyer offers each job.

use sim_core::engine::{Capacity, NodePhase, OfferingView};
use sim_core::model::{Market, ModelSet, Role};
use sim_core::units::{JobId, NodeId, OfferingId, SimTime, convert};

use super::Reaper;
use super::pools::Pools;
use crate::compose::Desk;
use crate::place::{Offerings, empty_room, groups};

/// Machines that what waits would fill, in millionths: tasks of different sizes share a machine.
const MACHINE: u64 = 1_000_000;

/// The fleets that a buyer buys from, and what waits for machines of each.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    /// In the order of the scenario.
    pub(crate) fleets: Vec<Fleet>,
    pools: Pools,
}

/// A fleet to buy from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fleet {
    pub(crate) id: OfferingId,
    pub(crate) market: Market,
    /// Machines that are to be had beyond those held.
    pub(crate) spare: u64,
    /// Nano-dollars an hour.
    pub(crate) price_per_gpu: u64,
    /// Whether a job waits that may lie on it.
    useful: bool,
    /// Machines held that do not boot.
    standing: u64,
    booting: u64,
    /// Those that what waits would fill, in millionths.
    wanted: u64,
}

/// What a job is offered of a fleet: the lowest tier is taken first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Tier of the machines that boot.
    pub(crate) coming: u8,
    /// Tier of new ones.
    pub(crate) new: u8,
}

/// Some machines of a fleet: up to `most` of them, those that boot first.
#[derive(Clone, Copy, Debug)]
struct Lot {
    fleet: usize,
    tier: u8,
    most: u64,
    /// What a task takes of a machine, in millionths.
    share: u64,
}

impl Shop {
    /// All fleets that the buyer buys from.
    pub(crate) fn open(
        desk: &Desk<'_, '_, '_>,
        pools: Pools,
        sells: impl Fn(&OfferingView<'_>) -> bool,
    ) -> Self {
        let offerings = desk.view.offerings();
        let fleets = offerings
            .filter(|(_, offering)| sells(offering))
            .map(|(id, offering)| fleet(desk, id, &offering))
            .collect();
        Self { fleets, pools }
    }

    /// Adds what a role would fill, on the first model of which there is enough: lot by lot, as it is offered.
    fn want(
        &mut self,
        capacity: &Capacity,
        (role, models): (&Role, ModelSet),
        offer: impl Fn(&Fleet) -> Option<Offer>,
    ) {
        let groups = groups(capacity, role, models);
        let Some(group) = groups.iter().find(|group| is_enough(capacity, role, group)) else {
            return;
        };
        let mut lots: Vec<Lot> = Vec::new();
        for (position, fleet) in self.fleets.iter_mut().enumerate() {
            let room = u64::from(empty_room(capacity, role, fleet.id));
            let offered = offer(fleet).filter(|_| room > 0 && group.contains(&fleet.id));
            let Some(offer) = offered else { continue };
            fleet.useful = true;
            let lot = |tier, most| Lot {
                fleet: position,
                tier,
                most,
                share: MACHINE.div_ceil(room).max(1),
            };
            lots.push(lot(offer.coming, fleet.booting));
            lots.push(lot(offer.new, fleet.booting + fleet.spare));
        }
        self.fill(&lots, role.tasks.into());
    }

    fn fill(&mut self, lots: &[Lot], tasks: u64) {
        let (mut left, spreads) = (tasks, self.pools.spreads());
        let spare = lots.iter().map(|lot| self.fleets[lot.fleet].spare);
        let deepest = spare.max().unwrap_or(0);
        while left > 0 {
            let open = lots.iter().filter(|lot| self.room(lot) > 0);
            let key = |lot: &&Lot| {
                let pool = self.pools.key(&self.fleets[lot.fleet], deepest);
                (lot.tier, pool, lot.most)
            };
            let Some(lot) = open.min_by_key(key) else {
                return;
            };
            let at_once = if spreads { MACHINE / lot.share } else { left };
            let tasks = self.room(lot).min(left).min(at_once.max(1));
            self.fleets[lot.fleet].wanted += tasks * lot.share;
            left -= tasks;
        }
    }

    /// Tasks that a lot still holds.
    fn room(&self, lot: &Lot) -> u64 {
        (lot.most * MACHINE).saturating_sub(self.fleets[lot.fleet].wanted) / lot.share
    }

    /// Whether all that is to be had is wanted, and nothing idle would be given back: no job can change what is asked for.
    pub(crate) fn is_sated(&self) -> bool {
        let full = |fleet: &Fleet| {
            fleet.wanted.div_ceil(MACHINE) >= fleet.booting + fleet.spare && fleet.useful
        };
        self.fleets.iter().all(full)
    }

    /// Adds what a waiting job would fill, as it is offered.
    pub(crate) fn want_all(
        &mut self,
        desk: &Desk<'_, '_, '_>,
        job: JobId,
        offer: impl Fn(&Fleet) -> Option<Offer>,
    ) {
        if self.is_sated() {
            return;
        }
        let models = desk.job(job).models();
        for role in desk.gang(job).roles() {
            self.want(desk.plan.capacity(), (role, models), &offer);
        }
    }

    /// Adds what is missing to so many machines that are idle or about to be, first to the first fleets.
    pub(crate) fn stand_by(&mut self, desk: &Desk<'_, '_, '_>, standby: u32) {
        let capacity = desk.plan.capacity();
        let idle = |fleet: &Fleet| {
            let nodes = capacity.nodes(fleet.id);
            nodes.filter(|node| capacity.is_empty(*node)).count()
        };
        let idle = convert::wide(self.fleets.iter().map(idle).sum());
        let mut missing = u64::from(standby).saturating_sub(idle);
        for fleet in &mut self.fleets {
            let wanted = fleet.wanted.div_ceil(MACHINE);
            let more = missing.min((fleet.booting + fleet.spare).saturating_sub(wanted));
            fleet.wanted = (wanted + more) * MACHINE;
            missing -= more;
        }
    }

    /// Gives back what is idle, fleet by fleet; returns when the next may be.
    pub(crate) fn reap(
        &self,
        desk: &mut Desk<'_, '_, '_>,
        reaper: &mut Reaper,
        standby: &mut u32,
    ) -> Option<SimTime> {
        let fleets = self.fleets.iter();
        fleets
            .filter_map(|fleet| fleet.reap(desk, reaper, standby))
            .min()
    }

    /// Asks for as many machines as what waits would fill, less what boots already; whether it asked for any.
    pub(crate) fn request(&self, desk: &mut Desk<'_, '_, '_>) -> bool {
        let mut asked = false;
        for fleet in &self.fleets {
            let wanted = fleet.wanted.div_ceil(MACHINE);
            let missing = wanted.saturating_sub(fleet.booting);
            let count = u32::try_from(missing).expect("no more than the fleet has slots");
            if count > 0 {
                desk.plan
                    .request(fleet.id, count)
                    .expect("within the quota");
                asked = true;
            }
        }
        asked
    }
}

impl Fleet {
    /// Gives back what is idle of it, but for the first `standby`, unless a job waits that would use it; returns when the
    /// next may be.
    pub(super) fn reap(
        &self,
        desk: &mut Desk<'_, '_, '_>,
        reaper: &mut Reaper,
        standby: &mut u32,
    ) -> Option<SimTime> {
        if self.useful {
            reaper.spare(desk, self.id)
        } else {
            reaper.reap(desk, self.id, standby)
        }
    }

    /// Machines held that do not boot, and those wanted, in millionths.
    pub(super) fn planned(&self) -> u64 {
        self.standing * MACHINE + self.wanted.max(self.booting * MACHINE)
    }
}

fn fleet(desk: &Desk<'_, '_, '_>, id: OfferingId, offering: &OfferingView<'_>) -> Fleet {
    let boots = |node: &NodeId| {
        let node = desk.view.node(*node);
        node.is_some_and(|node| node.phase == NodePhase::Booting)
    };
    let booting = convert::wide(desk.plan.capacity().slots_of(id).filter(boots).count());
    let (most, held) = (offering.max.min(offering.available), desk.plan.holds(id));
    // What the plan has asked for already boots as well.
    let booting = booting + u64::from(held.saturating_sub(offering.held));
    let gpus = u64::from(offering.shape.gpus.max(1));
    Fleet {
        id,
        market: offering.market,
        spare: most.saturating_sub(held).into(),
        price_per_gpu: offering.price.nanousd_h() / gpus,
        useful: false,
        standing: u64::from(held).saturating_sub(booting),
        booting,
        wanted: 0,
    }
}

/// Whether a group has the machines for a role, were all of them there and empty.
fn is_enough(capacity: &Capacity, role: &Role, group: &Offerings) -> bool {
    let tasks = |id: &OfferingId| {
        let slots = convert::wide(capacity.slots_of(*id).count());
        slots * u64::from(empty_room(capacity, role, *id))
    };
    group.iter().map(tasks).sum::<u64>() >= u64::from(role.tasks)
}
