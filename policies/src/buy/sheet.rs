//! A sheet to reckon on: what gangs would fill of machines that are there, of those that boot, and of new ones.
//!
//! Tasks go first fit onto machines, by CPU, memory and GPUs; a share or a slice of a GPU counts as one over as many as a GPU
//! holds of them. A gang lies on one GPU model, and as a whole or not at all.

use sim_core::engine::{Capacity, Headroom};
use sim_core::model::{Gang, ModelSet, Role};
use sim_core::units::{ModelId, OfferingId};

use super::machine::{Machine, Stand};
use super::nodes::need;
use super::{booting, of_provider};
use crate::compose::Desk;
use crate::scale::cluster::Resources;

/// What is reckoned with.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    pub(super) machines: Vec<Machine>,
    pub(super) stocks: Vec<Stock>,
    headroom: Headroom,
    /// Tasks on machines that are not ready,
    to_come: u32,
    /// and those of them on new ones.
    pub(super) on_new: u32,
}

/// A fleet of which there may be more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stock {
    pub(super) id: OfferingId,
    /// Machines to be had, if no quota forbids it.
    spare: u32,
    /// Machines held, new ones included.
    held: u32,
    /// New ones.
    pub(super) new: u32,
    /// Whether it is kept for someone whom a quota denies machines.
    is_kept: bool,
}

/// What a gang wants, and on which models.
pub(super) type Want<'w> = (&'w Gang, ModelSet);

impl Sheet {
    /// All machines as they are, and what there may be of these fleets.
    pub(super) fn open(desk: &Desk<'_, '_, '_>, fleets: &[OfferingId]) -> Self {
        let (capacity, mut machines) = (desk.plan.capacity(), Vec::new());
        for (offering, of) in desk.view.offerings() {
            let machine = |stand| Machine::new(capacity, offering, stand);
            machines.extend(capacity.nodes(offering).map(Stand::Ready).map(machine));
            // What the plan has asked for already boots as well.
            let asked = desk.plan.holds(offering).saturating_sub(of.held);
            let boots = booting(desk.view, capacity, offering) + asked;
            machines.extend((0..boots).map(|_| machine(Stand::Booting)));
        }
        machines.sort_by_key(|machine| machine.stand == Stand::Booting);
        let stock = |id: &OfferingId| Stock {
            id: *id,
            spare: of_provider(desk.view, desk.plan, *id),
            held: desk.plan.holds(*id),
            new: 0,
            is_kept: false,
        };
        Self {
            machines,
            stocks: fleets.iter().map(stock).collect(),
            headroom: desk.plan.headroom().clone(),
            to_come: 0,
            on_new: 0,
        }
    }

    /// The same fleets with nothing held.
    pub(super) fn empty(&self, desk: &Desk<'_, '_, '_>) -> Self {
        let empty = |stock: &Stock| Stock {
            spare: desk.view.offering(stock.id).map_or(0, |of| of.max),
            held: 0,
            is_kept: false,
            ..*stock
        };
        Self {
            machines: Vec::new(),
            stocks: self.stocks.iter().map(empty).collect(),
            headroom: desk.view.headroom(),
            to_come: 0,
            on_new: 0,
        }
    }

    /// The same without any quota.
    pub(super) fn unbound(&self) -> Self {
        Self {
            headroom: Headroom::default(),
            ..self.clone()
        }
    }

    /// Positions of all fleets, one of them first.
    pub(super) fn fleets(&self, first: Option<usize>) -> Vec<usize> {
        let others = (0..self.stocks.len()).filter(|at| Some(*at) != first);
        first.into_iter().chain(others).collect()
    }

    /// Whether a fleet is kept for someone whom a quota denies machines.
    pub(super) fn keeps(&self, fleet: OfferingId) -> bool {
        let stocks = self.stocks.iter();
        stocks
            .filter(|stock| stock.id == fleet)
            .any(|stock| stock.is_kept)
    }

    /// With a gang on it, where it is whole: on new machines of the fleets at these positions only, the first ones first; with
    /// none named, on what there is and boots, and with all of its tasks. `None` where it is not.
    ///
    /// A gang that would lie on ready machines alone is one that the placement will not have there: it is reckoned with
    /// anew without them.
    pub(super) fn with(&self, capacity: &Capacity, want: Want<'_>, from: &[usize]) -> Option<Self> {
        let seated = self.seat(capacity, want, (from, true))?;
        let waits = |sheet: &Self| sheet.to_come > self.to_come;
        let again = || self.seat(capacity, want, (from, false));
        Some(seated).filter(waits).or_else(again)
    }

    fn seat(
        &self,
        capacity: &Capacity,
        (gang, models): Want<'_>,
        (from, ready): (&[usize], bool),
    ) -> Option<Self> {
        let mut tried: Vec<ModelId> = Vec::new();
        let first = from.iter().map(|at| self.stocks[*at].id);
        for offering in first.chain(capacity.offerings()) {
            let model = capacity.shape(offering).model;
            if tried.contains(&model) {
                continue;
            }
            tried.push(model);
            // Tasks without a GPU mind no model.
            let only = if models.allows(model) {
                ModelSet::NONE.with(model)
            } else {
                ModelSet::NONE
            };
            let mut sheet = self.clone();
            let is_whole = gang.roles().iter().all(|role| {
                let placed = sheet.put(capacity, (role, only), (from, ready));
                placed == role.tasks || (placed >= role.least && !from.is_empty())
            });
            if is_whole {
                return Some(sheet);
            }
        }
        None
    }

    /// Puts as many tasks of a role as there is room for; returns how many.
    fn put(
        &mut self,
        capacity: &Capacity,
        (role, models): (&Role, ModelSet),
        (from, ready): (&[usize], bool),
    ) -> u32 {
        let (need, mut left) = (need(&role.demand), role.tasks);
        let allows = |id| capacity.allows(id, models, &role.demand);
        for machine in &mut self.machines {
            let is_there = machine.is_there();
            if left > 0 && allows(machine.offering) && (ready || !is_there) {
                let tasks = machine.take(capacity, &need, left);
                self.to_come += if is_there { 0 } else { tasks };
                let is_new = machine.stand == Stand::New;
                self.on_new += if is_new { tasks } else { 0 };
                left -= tasks;
            }
        }
        for at in from {
            let id = self.stocks[*at].id;
            let empty = Machine::new(capacity, id, Stand::New);
            while left > 0 && allows(id) && empty.free.has(&need) && self.buy(*at) {
                let mut machine = empty;
                let tasks = machine.take(capacity, &need, left);
                self.machines.push(machine);
                self.to_come += tasks;
                self.on_new += tasks;
                left -= tasks;
            }
        }
        role.tasks - left
    }

    /// One more machine of a fleet, if there is one.
    fn buy(&mut self, at: usize) -> bool {
        let stock = &mut self.stocks[at];
        if stock.is_kept || stock.spare == 0 || self.headroom.room(stock.id, stock.held) == 0 {
            return false;
        }
        self.headroom.shift(stock.id, stock.held, stock.held + 1);
        stock.spare -= 1;
        stock.held += 1;
        stock.new += 1;
        true
    }

    /// Keeps what takes from the quotas of these fleets for whoever waits for them.
    pub(super) fn keep(&mut self, is_for: impl Fn(OfferingId) -> bool) {
        for at in 0..self.stocks.len() {
            let id = self.stocks[at].id;
            let rival = |other: &Stock| is_for(other.id) && self.headroom.are_rivals(id, other.id);
            let is_kept = self.stocks.iter().any(rival);
            self.stocks[at].is_kept |= is_kept;
        }
    }

    /// New machines, by fleet.
    pub(super) fn bought(&self) -> impl Iterator<Item = (OfferingId, u32)> + '_ {
        let bought = self.stocks.iter().filter(|stock| stock.new > 0);
        bought.map(|stock| (stock.id, stock.new))
    }

    /// What is left of new machines, all together.
    pub(super) fn idle(&self) -> Resources {
        let new = self.machines.iter().filter(|of| of.stand == Stand::New);
        new.fold(Resources::default(), |sum, machine| sum.plus(&machine.free))
    }
}
