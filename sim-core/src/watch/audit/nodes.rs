//! The auditor's account of nodes and offerings: life cycles, notices, grants, curves.

use super::fate::Fate;
use super::{Auditor, Rule};
use crate::engine::World;
use crate::units::{NodeId, OfferingId, Price, SimTime, convert};
use crate::watch::Fact;

/// Where a slot stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Absent,
    Booting { ready: SimTime },
    Ready,
    Draining,
    Noticed { at: SimTime },
    Broken { until: SimTime },
}

/// A node slot.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) offering: usize,
    pub(super) phase: Phase,
    pub(super) launch: u32,
    /// Whether it is to go with its last job, noticed or not.
    pub(super) drains: bool,
    /// When the machine in it was granted.
    pub(super) since: SimTime,
    pub(super) fate: Fate,
}

/// An offering's supply, and how far its curves have been told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Supply {
    pub(super) available: u32,
    pub(super) price_steps: usize,
    pub(super) availability_steps: usize,
    pub(super) shocks: usize,
}

impl Phase {
    /// Whether a machine is there of which nobody was told that it will be taken away.
    pub(super) fn may_be_lost(self) -> bool {
        match self {
            Self::Booting { .. } | Self::Ready | Self::Draining | Self::Broken { .. } => true,
            Self::Absent | Self::Noticed { .. } => false,
        }
    }
}

impl Slot {
    pub(super) fn absent(offering: usize) -> Self {
        Self {
            offering,
            phase: Phase::Absent,
            launch: 0,
            drains: false,
            since: SimTime::ZERO,
            fate: Fate::NONE,
        }
    }
}

impl Supply {
    /// At time zero: the first step of each curve holds, and is not told.
    pub(super) fn of(world: &World) -> Vec<Self> {
        let supply = |offering: &crate::model::Offering| Self {
            available: offering.availability.at(SimTime::ZERO),
            price_steps: 1,
            availability_steps: 1,
            shocks: 0,
        };
        world.offerings.iter().map(supply).collect()
    }
}

/// The nodes that stand at time zero, the first one last.
pub(super) fn furniture(world: &World) -> Vec<NodeId> {
    let (mut first, mut nodes) = (0, Vec::new());
    for offering in &world.offerings {
        let initial = offering
            .initial
            .min(offering.availability.at(SimTime::ZERO));
        nodes.extend((first..first + initial).map(NodeId));
        first += offering.max;
    }
    nodes.reverse();
    nodes
}

impl Auditor {
    pub(super) fn node_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..convert::narrow(self.slots.len())).map(NodeId)
    }

    pub(super) fn offering_of(&self, node: NodeId) -> Option<usize> {
        Some(self.slots.get(node.index())?.offering)
    }

    pub(super) fn gpus_of(&self, node: NodeId) -> u32 {
        let offering = self.offering_of(node);
        offering.map_or(0, |offering| self.world.offerings[offering].shape.gpus)
    }

    pub(super) fn gpu_milli_of(&self, node: NodeId) -> u64 {
        u64::from(self.gpus_of(node)) * 1000
    }

    /// Slots of an offering whose phase is so.
    fn count(&self, offering: usize, of: impl Fn(Phase) -> bool) -> u32 {
        let slots = self.slots.iter().filter(|slot| slot.offering == offering);
        convert::narrow(slots.filter(|slot| of(slot.phase)).count())
    }

    pub(super) fn held(&self, offering: usize) -> u32 {
        self.count(offering, |phase| phase != Phase::Absent)
    }

    /// Machines that stay for all that is known: neither draining nor noticed.
    fn staying(&self, offering: usize) -> u32 {
        self.count(offering, |phase| {
            matches!(
                phase,
                Phase::Booting { .. } | Phase::Ready | Phase::Broken { .. }
            )
        })
    }

    /// Moves `node` to `phase` if it is where `from` allows, and says otherwise if not.
    pub(super) fn go(&mut self, node: NodeId, phase: Phase, from: impl Fn(Phase) -> bool) -> bool {
        let Some(slot) = self.slots.get(node.index()) else {
            self.blame(Rule::NodeState, format!("there is no {node:?}"));
            return false;
        };
        let was = slot.phase;
        self.demand(from(was), Rule::NodeState, || {
            format!("{node:?} goes from {was:?} to {phase:?}")
        });
        if was != Phase::Absent && phase == Phase::Absent {
            self.own(node);
            self.slots[node.index()].launch += 1;
            self.slots[node.index()].drains = false;
            self.slots[node.index()].fate = Fate::NONE;
        }
        self.slots[node.index()].phase = phase;
        true
    }

    /// Bills the machine in the slot up to now.
    fn own(&mut self, node: NodeId) {
        let us = self.now.us() - self.slots[node.index()].since.us();
        self.report.gpu.owned += u128::from(us) * u128::from(self.gpu_milli_of(node));
    }

    /// Bills the machines that are still held.
    pub(super) fn leave_nodes(&mut self) {
        for node in self.node_ids() {
            if self.slots[node.index()].phase != Phase::Absent {
                self.own(node);
            }
        }
    }

    pub(super) fn requested(&mut self, offering: OfferingId, asked: u32, granted: u32) {
        let at = offering.index();
        if at >= self.supply.len() {
            self.blame(Rule::Grant, format!("there is no {offering:?}"));
            return;
        }
        let has = self.supply[at].available.saturating_sub(self.held(at));
        self.demand(asked > 0 && granted == asked.min(has), Rule::Grant, || {
            format!("{offering:?} has {has} machines, and grants {granted} of {asked}")
        });
        let (held, max) = (self.held(at), self.world.offerings[at].max);
        self.demand(held + granted <= max, Rule::Quota, || {
            format!("{offering:?} grants {granted} beside {held} of at most {max}")
        });
        self.check_request(offering, asked);
        self.granted = (granted > 0).then_some((offering, granted));
    }

    /// Nothing but the boots of a grant comes between it and its last boot.
    pub(super) fn settle_grant(&mut self) {
        if let Some((offering, left)) = self.granted.take() {
            let detail = format!("{left} machines granted of {offering:?} do not boot");
            self.blame(Rule::Grant, detail);
        }
    }

    pub(super) fn booting(&mut self, node: NodeId, launch: u32, ready: SimTime) {
        let Some(offering) = self.offering_of(node) else {
            self.blame(Rule::NodeState, format!("there is no {node:?}"));
            return;
        };
        let granted = self
            .granted
            .filter(|(granted, _)| granted.index() == offering);
        self.demand(granted.is_some(), Rule::Grant, || {
            format!("{node:?} boots without a grant")
        });
        self.granted = granted
            .map(|(offering, left)| (offering, left - 1))
            .filter(|(_, left)| *left > 0);
        self.check_slot(node, offering, launch);
        let due = self.now.saturating_add(self.boot(node, offering));
        self.demand(ready == due, Rule::Boot, || {
            format!("{node:?} is to be ready at {ready}, not {due}")
        });
        self.slots[node.index()].since = self.now;
        self.go(node, Phase::Booting { ready }, |was| was == Phase::Absent);
    }

    /// The machine takes the lowest slot that is free, and is counted.
    fn check_slot(&mut self, node: NodeId, offering: usize, launch: u32) {
        let lowest = self
            .slots
            .iter()
            .position(|slot| slot.offering == offering && slot.phase == Phase::Absent);
        let counted = self.slots[node.index()].launch;
        self.demand(
            lowest == Some(node.index()) && counted == launch,
            Rule::Slot,
            || format!("launch {launch} of {node:?}: {counted} before, lowest slot {lowest:?}"),
        );
    }

    pub(super) fn ready(&mut self, node: NodeId, launch: u32) {
        if let Some(expected) = self.furniture.pop() {
            let right = expected == node && launch == 0 && self.now == SimTime::ZERO;
            self.demand(right, Rule::Furnishing, || {
                format!("{node:?} stands first, not {expected:?}")
            });
            self.go(node, Phase::Ready, |was| was == Phase::Absent);
            self.draw_fate(node);
            return;
        }
        let now = self.now;
        let phase = self.slots.get(node.index()).map(|slot| slot.phase);
        let counted = self.slots.get(node.index()).map(|slot| slot.launch);
        if self.go(node, Phase::Ready, |was| {
            matches!(was, Phase::Booting { .. })
        }) {
            let due = phase == Some(Phase::Booting { ready: now }) && counted == Some(launch);
            self.demand(due, Rule::Boot, || {
                format!("{node:?} is ready with launch {launch}, was {phase:?}")
            });
            let comes = self.comes_up(node);
            self.demand(comes, Rule::Luck, || format!("{node:?} comes up"));
            self.draw_fate(node);
        }
    }

    pub(super) fn draining(&mut self, node: NodeId) {
        if self.go(node, Phase::Draining, |was| was == Phase::Ready) {
            self.slots[node.index()].drains = true;
            self.check_minimum(node);
        }
    }

    /// A policy that lets a node go leaves its fleet at the minimum or above.
    fn check_minimum(&mut self, node: NodeId) {
        let offering = self.slots[node.index()].offering;
        let (staying, min) = (self.staying(offering), self.world.offerings[offering].min);
        self.demand(staying >= min, Rule::Quota, || {
            format!("{node:?} leaves, {staying} stay of at least {min}")
        });
    }

    pub(super) fn released(&mut self, node: NodeId) {
        let was = self.slots.get(node.index()).map(|slot| slot.phase);
        let seats = self.seats_on(node);
        self.demand(seats == 0, Rule::Drain, || {
            format!("{node:?} is released with {seats} seats")
        });
        let drains = self.slots.get(node.index()).is_some_and(|slot| slot.drains);
        let leaves = |was| was == Phase::Ready || (drains && was != Phase::Absent);
        if self.go(node, Phase::Absent, leaves) && was == Some(Phase::Ready) {
            self.check_minimum(node);
        }
    }

    pub(super) fn noticed(&mut self, node: NodeId, at: SimTime) {
        let fate = self.slots.get(node.index()).map(|slot| slot.fate);
        let due = fate.is_some_and(|fate| fate.seen == Some(self.now) && fate.taken == at);
        self.demand(due, Rule::Notice, || {
            format!("{node:?} is told {at}; to be told: {fate:?}")
        });
        self.go(node, Phase::Noticed { at }, Phase::may_be_lost);
        self.save(node, at);
    }

    pub(super) fn reclaimed(&mut self, node: NodeId) {
        let was = self.slots.get(node.index()).map(|slot| slot.phase);
        let (seats, now) = (self.seats_on(node), self.now);
        self.demand(
            seats == 0 && was == Some(Phase::Noticed { at: now }),
            Rule::Reclaim,
            || format!("{node:?} is taken away: was {was:?}, with {seats} seats"),
        );
        self.go(node, Phase::Absent, |was| {
            matches!(was, Phase::Noticed { .. })
        });
        self.stepped = self
            .offering_of(node)
            .map(|at| OfferingId(u16::try_from(at).expect("few offerings")));
    }

    pub(super) fn price(&mut self, offering: OfferingId, price: Price) {
        let at = offering.index();
        let Some(step) = self.supply.get(at).map(|supply| supply.price_steps) else {
            self.blame(Rule::Curve, format!("there is no {offering:?}"));
            return;
        };
        let told = (self.now, price);
        let right = self.world.offerings[at].price.steps().get(step) == Some(&told);
        self.demand(right, Rule::Curve, || {
            format!("{offering:?} steps to {price:?} out of turn")
        });
        self.supply[at].price_steps += 1;
    }

    pub(super) fn availability(&mut self, offering: OfferingId, nodes: u32) {
        let at = offering.index();
        let Some(step) = self.supply.get(at).map(|supply| supply.availability_steps) else {
            self.blame(Rule::Curve, format!("there is no {offering:?}"));
            return;
        };
        let told = (self.now, nodes);
        let right = self.world.offerings[at].availability.steps().get(step) == Some(&told);
        self.demand(right, Rule::Curve, || {
            format!("{offering:?} steps to {nodes} nodes out of turn")
        });
        self.supply[at].availability_steps += 1;
        self.supply[at].available = nodes;
        let staying = self.staying_slots(at);
        for slot in staying.into_iter().skip(convert::index(nodes)).rev() {
            self.doom(slot);
        }
        self.stepped = Some(offering);
    }

    /// After a step of availability and its notices, and after a reclaim, a standing fleet asks for what it lacks.
    pub(super) fn settle_step(&mut self, next: &Fact<'_>) {
        let Some(offering) = self.stepped.take() else {
            return;
        };
        let at = offering.index();
        let (spec, available) = (&self.world.offerings[at], self.supply[at].available);
        let missing = spec.initial.min(available).saturating_sub(self.held(at));
        if spec.standing && missing > 0 {
            let asks = matches!(next, Fact::Requested { offering: of, asked, .. }
                if *of == offering && *asked == missing);
            self.demand(asks, Rule::Standing, || {
                format!("{offering:?} lacks {missing} machines, then comes {next:?}")
            });
        }
    }

    /// At the end of an instant nothing is left that should have been told in it.
    pub(super) fn settle_instant(&mut self) {
        for offering in 0..self.supply.len() {
            let keeps = convert::narrow(self.staying_slots(offering).len());
            let available = self.supply[offering].available;
            self.demand(keeps <= available, Rule::Notice, || {
                format!("offering {offering} holds {keeps} of {available} unnoticed")
            });
        }
        for node in self.node_ids() {
            let drained = self.slots[node.index()].drains && self.seats_on(node) == 0;
            self.demand(!drained, Rule::Drain, || {
                format!("{node:?} has drained, and is not released")
            });
        }
    }

    /// Boots, reclaims and steps that should have been told before `now`.
    pub(super) fn missed_nodes(&mut self, now: SimTime) {
        self.missed_shocks(now);
        for node in self.node_ids() {
            self.missed_fate(node, now);
            match self.slots[node.index()].phase {
                Phase::Booting { ready } => self.demand(ready >= now, Rule::Boot, || {
                    format!("{node:?} was not ready at {ready}")
                }),
                Phase::Noticed { at } => self.demand(at >= now, Rule::Reclaim, || {
                    format!("{node:?} was not taken away at {at}")
                }),
                Phase::Broken { until } => self.demand(until >= now, Rule::Luck, || {
                    format!("{node:?} was not repaired at {until}")
                }),
                Phase::Absent | Phase::Ready | Phase::Draining => {}
            }
        }
        for at in 0..self.supply.len() {
            let (spec, supply) = (&self.world.offerings[at], self.supply[at]);
            let price = spec.price.steps().get(supply.price_steps);
            let missed_price = price.is_some_and(|(step, _)| *step < now);
            let availability = spec.availability.steps().get(supply.availability_steps);
            let missed = missed_price || availability.is_some_and(|(step, _)| *step < now);
            self.demand(!missed, Rule::Curve, || {
                format!("a curve of offering {at} stepped before {now}, and nobody said so")
            });
        }
    }
}
