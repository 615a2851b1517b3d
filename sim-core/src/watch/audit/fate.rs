//! The auditor's account of luck: what was drawn for each machine and pool, and whether it happened.

use super::nodes::Phase;
use super::{Auditor, Rule};
use crate::units::{NodeId, OfferingId, SimTime, Span};
use crate::world::Launch;

/// What was drawn for the machine in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fate {
    /// When it is taken away.
    pub(super) taken: SimTime,
    /// When the notice of it is seen.
    pub(super) seen: Option<SimTime>,
    /// When it had better be left.
    advised: Option<SimTime>,
    /// When it breaks.
    fails: Option<SimTime>,
    /// Settled against the whole pool.
    doomed: bool,
    repairs: u32,
}

impl Fate {
    pub(super) const NONE: Self = Self {
        taken: SimTime::MAX,
        seen: None,
        advised: None,
        fails: None,
        doomed: false,
        repairs: 0,
    };
}

impl Auditor {
    /// The position of a slot in its offering.
    fn position(&self, node: NodeId) -> u32 {
        let offering = self.slots[node.index()].offering;
        let before = &self.world.offerings[..offering];
        node.0 - before.iter().map(|spec| spec.max).sum::<u32>()
    }

    fn luck(&self, node: NodeId) -> Launch {
        let (slot, position) = (&self.slots[node.index()], self.position(node));
        let name = &self.world.offerings[slot.offering].name;
        Launch::draw(self.world.seed, name, position, slot.launch)
    }

    pub(super) fn boot(&self, node: NodeId, offering: usize) -> Span {
        let spec = &self.world.offerings[offering];
        match &spec.risk.boot {
            None => spec.boot,
            Some(law) => law.span(self.luck(node).boot),
        }
    }

    /// Whether the machine in a slot was drawn to come up.
    pub(super) fn comes_up(&self, node: NodeId) -> bool {
        let spec = &self.world.offerings[self.slots[node.index()].offering];
        spec.risk.launch >= 1.0 || self.luck(node).succeeds(spec.risk.launch)
    }

    pub(super) fn draw_fate(&mut self, node: NodeId) {
        let Some(at) = self.offering_of(node) else {
            return;
        };
        let (now, luck, world) = (self.now, self.luck(node), self.world.clone());
        let spec = &world.offerings[at];
        let (risk, mut fate) = (&spec.risk, self.slots[node.index()].fate);
        let lives = risk.lifetime.span_at(luck.lifetime, &risk.pace, now);
        if let Some(taken) = lives.map(|lives| now.saturating_add(lives)) {
            fate.taken = fate.taken.min(taken);
            let lead = |lead: Span| now.saturating_add(taken.since(now).saturating_sub(lead));
            let seen = self.seen(at, lead(spec.notice), taken);
            let advised = risk.advice > Span::ZERO && lead(risk.advice) < seen;
            fate.seen = Some(fate.seen.map_or(seen, |earlier| earlier.min(seen)));
            fate.advised = advised.then(|| lead(risk.advice));
        }
        let breaks = risk.failure.span(luck.failure);
        fate.fails = breaks.map(|span| now.saturating_add(span));
        self.slots[node.index()].fate = fate;
    }

    /// The first look at or after a notice, or the loss itself.
    fn seen(&self, offering: usize, given: SimTime, taken: SimTime) -> SimTime {
        let poll = self.world.offerings[offering].risk.poll.us();
        let looks = given.us().div_ceil(poll.max(1)) * poll;
        match SimTime::from_us(looks) {
            Some(look) if poll > 0 => look.min(taken),
            Some(_) | None => given,
        }
    }

    /// Slots of an offering whose machine stays for all that is settled, in order.
    pub(super) fn staying_slots(&self, offering: usize) -> Vec<NodeId> {
        let stays = |node: &NodeId| {
            let slot = &self.slots[node.index()];
            slot.offering == offering && slot.phase.may_be_lost() && !slot.fate.doomed
        };
        self.node_ids().filter(stays).collect()
    }

    /// The provider is to take a machine back.
    pub(super) fn doom(&mut self, node: NodeId) {
        let offering = self.slots[node.index()].offering;
        let taken = self
            .now
            .saturating_add(self.world.offerings[offering].notice);
        let taken = taken.min(self.slots[node.index()].fate.taken);
        let seen = self.seen(offering, self.now, taken);
        let fate = &mut self.slots[node.index()].fate;
        (fate.taken, fate.doomed) = (taken, true);
        fate.seen = Some(fate.seen.map_or(seen, |earlier| earlier.min(seen)));
    }

    pub(super) fn shocked(&mut self, offering: OfferingId) {
        let (at, now) = (offering.index(), self.now);
        let Some(told) = self.supply.get(at).map(|supply| supply.shocks) else {
            return self.blame(Rule::Luck, format!("there is no {offering:?}"));
        };
        let shock = self.world.offerings[at].risk.shocks.get(told).copied();
        let due = shock.is_some_and(|shock| shock.at == now);
        self.demand(due, Rule::Luck, || {
            format!("a shock hits {offering:?}, due: {shock:?}")
        });
        self.supply[at].shocks += 1;
        for node in self.staying_slots(at) {
            if shock.is_some_and(|shock| shock.hits(self.position(node))) {
                self.doom(node);
            }
        }
    }

    pub(super) fn advised(&mut self, node: NodeId) {
        let now = self.now;
        let Some(slot) = self.slots.get_mut(node.index()) else {
            return self.blame(Rule::NodeState, format!("there is no {node:?}"));
        };
        let advised = slot.fate.advised.take();
        let right = advised == Some(now) && slot.phase.may_be_lost();
        self.demand(right, Rule::Luck, || {
            format!("{node:?} had better be left; drawn: {advised:?}")
        });
    }

    pub(super) fn miscarried(&mut self, node: NodeId) {
        let now = self.now;
        let phase = self.slots.get(node.index()).map(|slot| slot.phase);
        let due = phase == Some(Phase::Booting { ready: now }) && !self.comes_up(node);
        self.demand(due, Rule::Luck, || {
            format!("{node:?} does not come up, was {phase:?}")
        });
        if self.go(node, Phase::Absent, |was| {
            matches!(was, Phase::Booting { .. })
        }) {
            self.stepped = self.offering_id(node);
        }
    }

    pub(super) fn failed(&mut self, node: NodeId, repaired: Option<SimTime>) {
        let now = self.now;
        let Some(slot) = self.slots.get(node.index()) else {
            return self.blame(Rule::NodeState, format!("there is no {node:?}"));
        };
        let repair = self.world.offerings[slot.offering].risk.repair;
        let repair = repair.filter(|_| slot.phase == Phase::Ready);
        let should = repair.map(|span| now.saturating_add(span));
        let (fails, seats) = (slot.fate.fails, self.seats_on(node));
        let right = fails == Some(now) && repaired == should && seats == 0;
        self.demand(right, Rule::Luck, || {
            format!("{node:?} fails, drawn: {fails:?}, repaired at {repaired:?}, not {should:?}, with {seats} seats")
        });
        let there = |was| !matches!(was, Phase::Absent | Phase::Booting { .. });
        let phase = repaired.map_or(Phase::Absent, |until| Phase::Broken { until });
        if self.go(node, phase, there) {
            self.slots[node.index()].fate.fails = None;
            if repaired.is_none() {
                self.stepped = self.offering_id(node);
            }
        }
    }

    pub(super) fn repaired(&mut self, node: NodeId) {
        let now = self.now;
        let is_due = |was| was == Phase::Broken { until: now };
        if self.go(node, Phase::Ready, is_due) {
            let position = self.position(node);
            let slot = &mut self.slots[node.index()];
            slot.fate.repairs += 1;
            let spec = &self.world.offerings[slot.offering];
            let machine = (position, slot.launch);
            let uniform =
                Launch::failure_again(self.world.seed, &spec.name, machine, slot.fate.repairs);
            let breaks = spec.risk.failure.span(uniform);
            slot.fate.fails = breaks.map(|span| now.saturating_add(span));
        }
    }

    /// What was drawn for a machine, and should have been told before `now`.
    pub(super) fn missed_fate(&mut self, node: NodeId, now: SimTime) {
        let slot = &self.slots[node.index()];
        let (phase, fate) = (slot.phase, slot.fate);
        let past = |at: Option<SimTime>| at.is_some_and(|at| at < now);
        let silent = phase.may_be_lost() && past(fate.seen);
        self.demand(!silent, Rule::Notice, || {
            format!("{node:?} was not told of {fate:?}")
        });
        let advice = phase.may_be_lost() && past(fate.advised);
        let whole = phase != Phase::Absent && past(fate.fails);
        self.demand(!advice && !whole, Rule::Luck, || {
            format!("{node:?} is {phase:?} in spite of {fate:?}")
        });
    }

    fn offering_id(&self, node: NodeId) -> Option<OfferingId> {
        let at = self.offering_of(node)?;
        Some(OfferingId(u16::try_from(at).expect("few offerings")))
    }

    /// Shocks that should have been told before `now`.
    pub(super) fn missed_shocks(&mut self, now: SimTime) {
        for at in 0..self.supply.len() {
            let shock = self.world.offerings[at]
                .risk
                .shocks
                .get(self.supply[at].shocks);
            let missed = shock.is_some_and(|shock| shock.at < now);
            self.demand(!missed, Rule::Luck, || {
                format!("a shock of offering {at} was not told")
            });
        }
    }
}
