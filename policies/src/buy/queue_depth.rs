//! Queue depth: machines for what waits beyond what boots, in the order of the fleets, and some in standby; one that has been
//! idle for a while is given back, unless it is in standby or a job waits that would use it.

use sim_core::engine::{Capacity, NodePhase, OfferingView, Wakes};
use sim_core::model::{Market, Role};
use sim_core::units::{NodeId, OfferingId, SimTime};

use super::{Buy, Reaper};
use crate::compose::Desk;
use crate::place::{Offerings, empty_room, groups};

/// Buys by queue depth.
#[derive(Clone, Debug)]
pub struct QueueDepth {
    /// Markets to buy in.
    pub markets: Vec<Market>,
    /// Fleets to buy from, by name; none named: all of those markets.
    pub fleets: Vec<String>,
    /// Idle nodes to keep ready.
    pub standby: u32,
    /// What gives back.
    pub reaper: Reaper,
}

/// Machines that what waits would fill, in millionths: tasks of different sizes share a machine.
const MACHINE: u64 = 1_000_000;

/// A fleet to buy from.
#[derive(Clone, Copy, Debug)]
struct Fleet {
    id: OfferingId,
    /// Most machines beyond those that are ready, those that boot included.
    most: u64,
    booting: u64,
    /// Those that what waits would fill, in millionths.
    wanted: u64,
    /// Whether a job waits that may lie on it.
    useful: bool,
}

impl Buy for QueueDepth {
    fn buy(&mut self, desk: &mut Desk<'_, '_, '_>) -> Option<SimTime> {
        let markets = desk.view.offerings();
        let offerings: Vec<OfferingId> = markets
            .filter(|(_, offering)| self.sells(offering))
            .map(|(id, _)| id)
            .collect();
        let mut fleets: Vec<Fleet> = offerings.iter().map(|id| fleet(desk, *id)).collect();
        for job in desk.queue.jobs() {
            let job = desk.job(job);
            for role in job.gang().roles() {
                let groups = groups(desk.plan.capacity(), role, job.models());
                want(desk.plan.capacity(), &mut fleets, role, &groups);
            }
        }
        if self.standby > 0 {
            stand_by(desk, &mut fleets, self.standby);
        }
        for fleet in &fleets {
            request(desk, fleet);
        }
        let mut standby = self.standby;
        let reap = |fleet: &Fleet| {
            if fleet.useful {
                self.reaper.spare(desk, fleet.id)
            } else {
                self.reaper.reap(desk, fleet.id, &mut standby)
            }
        };
        fleets.iter().filter_map(reap).min()
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::END | Wakes::AVAILABILITY
    }

    fn fork(&self) -> Box<dyn Buy> {
        Box::new(self.clone())
    }
}

impl QueueDepth {
    fn sells(&self, offering: &OfferingView<'_>) -> bool {
        let named = self.fleets.iter().any(|name| name == offering.name);
        self.markets.contains(&offering.market) && (named || self.fleets.is_empty())
    }
}

fn fleet(desk: &Desk<'_, '_, '_>, id: OfferingId) -> Fleet {
    let offering = desk.view.offering(id).expect("listed by the view");
    let boots = |node: &NodeId| {
        let node = desk.view.node(*node);
        node.is_some_and(|node| node.phase == NodePhase::Booting)
    };
    let booting = desk.plan.capacity().slots_of(id).filter(boots).count();
    // What the plan has asked for already boots as well.
    let asked = desk.plan.holds(id).saturating_sub(offering.held);
    let booting = u64::try_from(booting).expect("node ids have 32 bits") + u64::from(asked);
    let room = offering.max.min(offering.available);
    Fleet {
        id,
        most: u64::from(room.saturating_sub(desk.plan.holds(id))) + booting,
        booting,
        wanted: 0,
        useful: false,
    }
}

/// Adds what a role would fill, to the fleets of the first model of which there is enough.
fn want(capacity: &Capacity, fleets: &mut [Fleet], role: &Role, groups: &[Offerings]) {
    let enough = |group: &&Offerings| {
        let tasks = |id: &OfferingId| {
            let slots = capacity.slots_of(*id).count();
            u64::try_from(slots).expect("32 bits") * u64::from(empty_room(capacity, role, *id))
        };
        group.iter().map(tasks).sum::<u64>() >= u64::from(role.tasks)
    };
    let Some(group) = groups.iter().find(enough) else {
        return;
    };
    let mut left = u64::from(role.tasks);
    for fleet in fleets.iter_mut().filter(|fleet| group.contains(&fleet.id)) {
        let room = empty_room(capacity, role, fleet.id);
        if room > 0 {
            let share = MACHINE.div_ceil(room.into()).max(1);
            let tasks = ((fleet.most * MACHINE).saturating_sub(fleet.wanted) / share).min(left);
            fleet.wanted += tasks * share;
            fleet.useful = true;
            left -= tasks;
        }
    }
}

/// Adds what is missing to so many machines that are idle or about to be, first to the first fleets.
fn stand_by(desk: &Desk<'_, '_, '_>, fleets: &mut [Fleet], standby: u32) {
    let capacity = desk.plan.capacity();
    let idle = |fleet: &Fleet| {
        let nodes = capacity.nodes(fleet.id);
        nodes.filter(|node| capacity.is_empty(*node)).count()
    };
    let idle: usize = fleets.iter().map(idle).sum();
    let idle = u64::try_from(idle).expect("node ids have 32 bits");
    let mut missing = u64::from(standby).saturating_sub(idle);
    for fleet in fleets {
        let wanted = fleet.wanted.div_ceil(MACHINE);
        let more = missing.min(fleet.most.saturating_sub(wanted));
        fleet.wanted = (wanted + more) * MACHINE;
        missing -= more;
    }
}

/// Asks for as many machines as what waits would fill, less what boots already.
fn request(desk: &mut Desk<'_, '_, '_>, fleet: &Fleet) {
    let missing = fleet.wanted.div_ceil(MACHINE).saturating_sub(fleet.booting);
    let count = u32::try_from(missing).expect("no more than the fleet has slots");
    if count > 0 {
        desk.plan
            .request(fleet.id, count)
            .expect("within the quota");
    }
}
