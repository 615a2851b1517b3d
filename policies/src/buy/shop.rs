//! A round of shopping: machines for what waits beyond what boots, from the fleets that a buyer offers each job.

use sim_core::engine::{Capacity, Headroom, OfferingView};
use sim_core::model::{ModelSet, Role};
use sim_core::units::{JobId, OfferingId, SimTime, convert};

use super::Reaper;
use super::fleet::{Fleet, MACHINE};
use super::lot::{Lot, Offer, is_enough, lots};
use super::outlook::Outlook;
use super::pools::Pools;
use crate::compose::Desk;
use crate::place::{Offerings, groups};

/// The fleets that a buyer buys from, and what waits for machines of each.
#[derive(Clone, Debug)]
pub(crate) struct Shop<'o> {
    /// In the order of the scenario.
    pub(crate) fleets: Vec<Fleet>,
    pools: Pools,
    /// Prices to come, where they are foretold.
    outlook: Option<&'o Outlook>,
    /// What quotas leave beside what is wanted so far.
    headroom: Headroom,
}

impl<'o> Shop<'o> {
    /// All fleets that the buyer buys from.
    pub(crate) fn open(
        desk: &Desk<'_, '_, '_>,
        (pools, outlook): (Pools, Option<&'o Outlook>),
        sells: impl Fn(&OfferingView<'_>) -> bool,
    ) -> Self {
        let offerings = desk.view.offerings();
        let fleets = offerings
            .filter(|(_, offering)| sells(offering))
            .map(|(id, offering)| Fleet::open(desk, id, &offering))
            .collect();
        Self {
            fleets,
            pools,
            outlook,
            headroom: desk.plan.headroom().clone(),
        }
    }

    /// Adds what a role would fill, lot by lot, as it is offered: on the first model of which all that it needs is to be had
    /// now, else on the first of which there is ever enough.
    fn want(
        &mut self,
        capacity: &Capacity,
        (role, models): (&Role, ModelSet),
        offer: impl Fn(&Fleet) -> Option<Offer>,
    ) {
        let groups = groups(capacity, role, models);
        let limits = self.headroom.anew();
        let sold = |id: &OfferingId| self.fleets.iter().any(|fleet| fleet.id == *id);
        let will_do = |group: &&Offerings| {
            group.iter().any(sold) && is_enough(capacity, role, group, &limits)
        };
        let choices: Vec<Vec<Lot>> = groups
            .iter()
            .filter(will_do)
            .map(|group| lots(&self.fleets, capacity, (role, group), &offer))
            .collect();
        let at_once = |lots: &&Vec<Lot>| {
            let rooms = lots.iter().skip(1).step_by(2).map(|lot| self.room(lot));
            rooms.sum::<u64>() >= u64::from(role.tasks)
        };
        let Some(lots) = choices.iter().find(at_once).or(choices.first()) else {
            return;
        };
        for lot in lots {
            self.fleets[lot.fleet].useful = true;
        }
        self.fill(lots, role.tasks.into());
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
                return self.make_way(lots);
            };
            let at_once = if spreads { MACHINE / lot.share } else { left };
            let tasks = self.room(lot).min(left).min(at_once.max(1));
            self.add(lot.fleet, tasks * lot.share);
            left -= tasks;
        }
    }

    /// Where quotas keep a job from these lots, machines that it cannot use and that take from the same quotas do not wait
    /// for another job for ever: else two could each hold what the other one needs.
    fn make_way(&mut self, lots: &[Lot]) {
        let kept = |lot: &&Lot| lot.most * MACHINE >= self.fleets[lot.fleet].wanted + lot.share;
        let kept: Vec<OfferingId> = lots
            .iter()
            .filter(kept)
            .map(|lot| self.fleets[lot.fleet].id)
            .collect();
        for at in 0..self.fleets.len() {
            let fleet = &mut self.fleets[at];
            let crowds = |other: &OfferingId| self.headroom.are_rivals(fleet.id, *other);
            if kept.iter().any(crowds) && lots.iter().all(|lot| lot.fleet != at) {
                fleet.crowds = true;
            }
        }
    }

    /// Tasks that a lot still holds.
    fn room(&self, lot: &Lot) -> u64 {
        let fleet = &self.fleets[lot.fleet];
        let most = lot.most.min(self.most(fleet));
        (most * MACHINE).saturating_sub(fleet.wanted) / lot.share
    }

    /// Machines that boot, and that are wanted or still to be had beside all that is wanted.
    fn most(&self, fleet: &Fleet) -> u64 {
        let more = self.headroom.room(fleet.id, fleet.holds());
        fleet.booting + u64::from(fleet.missing()) + u64::from(more)
    }

    /// Wants more of a fleet, in millionths of a machine.
    fn add(&mut self, at: usize, wanted: u64) {
        let fleet = &mut self.fleets[at];
        let held = fleet.holds();
        fleet.wanted += wanted;
        self.headroom.shift(fleet.id, held, fleet.holds());
    }

    /// Whether all that is to be had is wanted, and nothing idle would be given back: no job can change what is asked for.
    /// Where quotas bind, whoever is behind may still have others make way.
    pub(crate) fn is_sated(&self) -> bool {
        let full = |fleet: &Fleet| {
            fleet.wanted.div_ceil(MACHINE) >= fleet.booting + fleet.spare && fleet.useful
        };
        !self.headroom.binds() && self.fleets.iter().all(full)
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
        if let Some(outlook) = self.outlook {
            for fleet in &mut self.fleets {
                let of = desk.view.offering(fleet.id).expect("one of those opened");
                let pool = (fleet.id, &of);
                fleet.expected_cost = outlook.cost(&desk.job(job), pool, &desk.sight());
            }
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
        for at in 0..self.fleets.len() {
            let fleet = &self.fleets[at];
            let most = self.most(fleet).min(fleet.booting + fleet.spare);
            let whole = fleet.wanted.next_multiple_of(MACHINE);
            let more = missing.min(most.saturating_sub(whole / MACHINE));
            self.add(at, whole - fleet.wanted + more * MACHINE);
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

    /// Asks for as many machines as what waits would fill, less what boots already; whether it asked a provider that does not
    /// say what it has.
    pub(crate) fn request(&self, desk: &mut Desk<'_, '_, '_>) -> bool {
        let mut blindly = false;
        for fleet in self.fleets.iter().filter(|fleet| fleet.missing() > 0) {
            desk.plan
                .request(fleet.id, fleet.missing())
                .expect("wanted of what is to be had");
            blindly |= !fleet.visible;
        }
        blindly
    }
}
