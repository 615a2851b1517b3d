//! What chance decides about machines, told machine by machine.

use super::{Naive, Next};
use crate::engine::NodePhase;
use crate::units::{NodeId, OfferingId, SimTime, Span, convert};
use crate::watch::{Cause, Fact};
use crate::world::Launch;

/// What will become of the machine in a slot.
#[derive(Clone, Copy)]
pub(super) struct Fate {
    /// When it is taken away; the end of time if nothing is settled.
    pub(super) taken: SimTime,
    /// When the notice of that is seen.
    seen: Option<SimTime>,
    /// Whether the provider has settled it against the whole pool.
    doomed: bool,
    advised: Option<SimTime>,
    fails: Option<SimTime>,
    repairs: u32,
}

impl Default for Fate {
    fn default() -> Self {
        Self {
            taken: SimTime::MAX,
            seen: None,
            doomed: false,
            advised: None,
            fails: None,
            repairs: 0,
        }
    }
}

impl Naive<'_> {
    /// What is to come for the machine in a slot.
    pub(super) fn fates(&self, at: usize, all: &mut Vec<(SimTime, Next)>) {
        let slot = &self.slots[at];
        let (absent, noticed) = (
            slot.phase == NodePhase::Absent,
            matches!(slot.phase, NodePhase::Noticed(_)),
        );
        if !absent && !noticed {
            all.extend(slot.fate.seen.map(|when| (when, Next::Notice(at))));
            all.extend(slot.fate.advised.map(|when| (when, Next::Advise(at))));
        }
        if !absent && !matches!(slot.phase, NodePhase::Broken(_)) {
            all.extend(slot.fate.fails.map(|when| (when, Next::Fail(at))));
        }
    }

    /// A slot's number in its offering.
    fn number(&self, at: usize) -> u32 {
        let same = |slot: &&super::Slot| slot.offering == self.slots[at].offering;
        convert::narrow(self.slots[..at].iter().filter(same).count())
    }

    fn luck(&self, at: usize) -> Launch {
        let (slot, name) = (&self.slots[at], self.number(at));
        let offering = &self.world.offerings[slot.offering].name;
        Launch::draw(self.world.seed, offering, name, slot.launch)
    }

    pub(super) fn boot(&self, at: usize) -> Span {
        let spec = &self.world.offerings[self.slots[at].offering];
        let drawn = spec.risk.boot.as_ref();
        drawn.map_or(spec.boot, |law| law.span(self.luck(at).boot))
    }

    pub(super) fn come_up(&mut self, at: usize) {
        let offering = self.slots[at].offering;
        let launch = self.world.offerings[offering].risk.launch;
        if launch >= 1.0 || self.luck(at).success < launch {
            return self.stand(at);
        }
        let node = NodeId(convert::narrow(at));
        self.vanish(node, &Fact::Miscarried { node });
        self.restore(offering);
    }

    /// When a notice given at an instant is seen: looked for at each multiple of the poll.
    fn seen(&self, at: usize, given: SimTime, taken: SimTime) -> SimTime {
        let poll = self.world.offerings[self.slots[at].offering].risk.poll;
        match given.us().checked_rem(poll.us()) {
            None | Some(0) => given,
            Some(since) => {
                let wait = Span::from_us(poll.us() - since).expect("shorter than the poll");
                given.saturating_add(wait).min(taken)
            }
        }
    }

    pub(super) fn draw_fate(&mut self, at: usize) {
        let (now, luck) = (self.now, self.luck(at));
        let spec = &self.world.offerings[self.slots[at].offering];
        let risk = &spec.risk;
        let before = |taken: SimTime, lead: Span| {
            let us = taken.us().saturating_sub(lead.us()).max(now.us());
            SimTime::from_us(us).expect("no later than it is taken")
        };
        let mut fate = self.slots[at].fate;
        if let Some(lives) = risk.lifetime.span_at(luck.lifetime, &risk.pace, now) {
            let taken = now.saturating_add(lives);
            let seen = self.seen(at, before(taken, spec.notice), taken);
            let advised = before(taken, risk.advice);
            fate.taken = fate.taken.min(taken);
            fate.seen = Some(fate.seen.map_or(seen, |earlier| earlier.min(seen)));
            fate.advised = Some(advised).filter(|at| risk.advice > Span::ZERO && *at < seen);
        }
        let fails = risk.failure.span(luck.failure);
        fate.fails = fails.map(|span| now.saturating_add(span));
        self.slots[at].fate = fate;
    }

    /// Slots of an offering whose machine is not to be taken away, for all that is settled of the whole pool.
    pub(super) fn staying(&self, offering: usize) -> Vec<usize> {
        let mut slots = self.slots_that(offering, |phase| {
            !matches!(phase, NodePhase::Absent | NodePhase::Noticed(_))
        });
        slots.retain(|at| !self.slots[*at].fate.doomed);
        slots
    }

    pub(super) fn doom(&mut self, at: usize) {
        let notice = self.world.offerings[self.slots[at].offering].notice;
        let fate = &mut self.slots[at].fate;
        fate.taken = fate.taken.min(self.now.saturating_add(notice));
        let seen = self.seen(at, self.now, self.slots[at].fate.taken);
        if seen == self.now {
            return self.notice(at);
        }
        let fate = &mut self.slots[at].fate;
        fate.doomed = true;
        fate.seen = Some(fate.seen.map_or(seen, |earlier| earlier.min(seen)));
    }

    pub(super) fn shock(&mut self, at: usize) {
        let shock = self.world.offerings[at].risk.shocks[self.steps[at][2]];
        self.steps[at][2] += 1;
        let offering = OfferingId(u16::try_from(at).expect("few offerings"));
        self.tell(&Fact::Shock { offering });
        for slot in self.staying(at) {
            if shock.hits(self.number(slot)) {
                self.doom(slot);
            }
        }
    }

    pub(super) fn advise(&mut self, at: usize) {
        self.slots[at].fate.advised = None;
        let node = NodeId(convert::narrow(at));
        self.tell(&Fact::Advised { node });
    }

    pub(super) fn fail(&mut self, at: usize) {
        let (node, offering) = (NodeId(convert::narrow(at)), self.slots[at].offering);
        let repair = self.world.offerings[offering].risk.repair;
        let repair = repair.filter(|_| self.slots[at].phase == NodePhase::Ready);
        let repaired = repair.map(|span| self.now.saturating_add(span));
        self.slots[at].drains = false;
        self.slots[at].fate.fails = None;
        self.evict_all(at, Cause::Failure);
        let fact = Fact::Failed { node, repaired };
        if let Some(until) = repaired {
            self.tell(&fact);
            self.slots[at].phase = NodePhase::Broken(until);
        } else {
            self.vanish(node, &fact);
            self.restore(offering);
        }
    }

    pub(super) fn repair(&mut self, at: usize) {
        let node = NodeId(convert::narrow(at));
        let number = self.number(at);
        let slot = &mut self.slots[at];
        slot.phase = NodePhase::Ready;
        slot.fate.repairs += 1;
        let (machine, repairs) = ((number, slot.launch), slot.fate.repairs);
        let spec = &self.world.offerings[slot.offering];
        let uniform = Launch::failure_again(self.world.seed, &spec.name, machine, repairs);
        let fails = spec.risk.failure.span(uniform);
        slot.fate.fails = fails.map(|span| self.now.saturating_add(span));
        self.tell(&Fact::Repaired { node });
    }
}
