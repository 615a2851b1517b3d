//! What chance decides about machines: how long they boot, whether they come up, when they are taken away or break. All of it
//! is drawn from what a machine is (its slot, and which machine of the slot), never from what a policy does.

use super::event::{Event, Pending};
use super::policy::Wakes;
use super::run::Engine;
use super::state::{Change, NodePhase};
use crate::model::Offering;
use crate::units::{NodeId, OfferingId, SimTime, Span, convert};
use crate::watch::{Cause, Fact, Observer};
use crate::world::Launch;

impl Engine {
    pub(super) fn spec_of(&self, node: NodeId) -> &Offering {
        &self.state.world.offerings[self.capacity.offering_of(node).index()]
    }

    /// A node's position in its offering, and which machine of that slot is in it.
    fn machine(&self, node: NodeId) -> (u32, u32) {
        let offering = self.capacity.offering_of(node);
        let first = self.state.supply[offering.index()].first;
        (node.0 - first, self.state.nodes[node.index()].launch)
    }

    /// The luck of the machine in a slot.
    pub(super) fn luck(&self, node: NodeId) -> Launch {
        let (slot, launch) = self.machine(node);
        Launch::draw(
            self.state.world.seed,
            &self.spec_of(node).name,
            slot,
            launch,
        )
    }

    /// How long the machine in a slot boots.
    pub(super) fn boot(&self, node: NodeId) -> Span {
        let spec = self.spec_of(node);
        match &spec.risk.boot {
            Some(law) => law.span(self.luck(node).boot),
            None => spec.boot,
        }
    }

    /// A machine is ready: when it will be taken away and when it will break is settled, and told in time.
    pub(super) fn draw_fate(&mut self, node: NodeId) {
        let (now, spec) = (self.state.now, self.spec_of(node));
        let risk = &spec.risk;
        // Most machines meet no fate: no luck is drawn for them.
        if risk.lifetime.is_endless() && risk.failure.is_endless() {
            return;
        }
        let (luck, notice, advice) = (self.luck(node), spec.notice, risk.advice);
        let lives = risk.lifetime.span_at(luck.lifetime, &risk.pace, now);
        let fails = risk.failure.span(luck.failure);
        let launch = self.state.nodes[node.index()].launch;
        if let Some(taken) = lives.map(|span| now.saturating_add(span)) {
            let slot = &mut self.state.nodes[node.index()];
            // One that was to be taken already while it booted stays so.
            slot.taken = slot.taken.min(taken);
            let before = |lead: Span| {
                let lead = lead.min(taken.since(now));
                now.saturating_add(taken.since(now) - lead)
            };
            let seen = self.seen(node, before(notice), taken);
            if advice > Span::ZERO && before(advice) < seen {
                let advise = Event::Advise(node, launch);
                self.events.push(Pending::new(before(advice), advise));
            }
            self.events
                .push(Pending::new(seen, Event::Notice(node, launch)));
        }
        self.break_after(node, fails);
    }

    fn break_after(&mut self, node: NodeId, span: Option<Span>) {
        if let Some(at) = span.map(|span| self.state.now.saturating_add(span)) {
            let slot = &mut self.state.nodes[node.index()];
            slot.fails = at;
            let event = Event::Fail(node, slot.launch);
            self.events.push(Pending::new(at, event));
        }
    }

    /// When a notice that is given at `given` of a loss at `taken` is seen.
    fn seen(&self, node: NodeId, given: SimTime, taken: SimTime) -> SimTime {
        let poll = self.spec_of(node).risk.poll;
        if poll == Span::ZERO {
            return given;
        }
        given.round_up(poll).min(taken)
    }

    /// The provider takes a machine back, with notice.
    pub(super) fn doom(&mut self, node: NodeId, watch: &mut dyn Observer) {
        let now = self.state.now;
        let taken = now.saturating_add(self.spec_of(node).notice);
        let slot = &mut self.state.nodes[node.index()];
        slot.taken = slot.taken.min(taken);
        let (taken, launch) = (slot.taken, slot.launch);
        let seen = self.seen(node, now, taken);
        if seen == now {
            self.notice(node, watch);
        } else {
            self.state.nodes[node.index()].doomed = true;
            self.events
                .push(Pending::new(seen, Event::Notice(node, launch)));
        }
    }

    /// A shock takes its victims.
    pub(crate) fn shock(&mut self, offering: OfferingId, which: u32, watch: &mut dyn Observer) {
        let spec = &self.state.world.offerings[offering.index()];
        let (shock, max) = (spec.risk.shocks[convert::index(which)], spec.max);
        let first = self.state.supply[offering.index()].first;
        self.tell(&Fact::Shock { offering }, watch);
        for slot in 0..max {
            let node = NodeId(first + slot);
            if self.stays(node) && shock.hits(slot) {
                self.doom(node, watch);
            }
        }
        self.schedule_shock(offering, which + 1);
    }

    /// Puts a shock into the pending set, if there is one.
    pub(crate) fn schedule_shock(&mut self, offering: OfferingId, which: u32) {
        let shocks = &self.state.world.offerings[offering.index()].risk.shocks;
        if let Some(shock) = shocks.get(convert::index(which)) {
            let event = Event::Shock(offering, which);
            self.events.push(Pending::new(shock.at, event));
        }
    }

    /// A machine breaks. One that was to stay is repaired, if its kind is; others are gone.
    pub(crate) fn fail(&mut self, node: NodeId, watch: &mut dyn Observer) {
        let (now, repair) = (self.state.now, self.spec_of(node).risk.repair);
        let slot = &mut self.state.nodes[node.index()];
        let stood = slot.phase == NodePhase::Ready;
        let repaired = repair
            .filter(|_| stood)
            .map(|span| now.saturating_add(span));
        // It is lost, not released, even if it was to be drained.
        slot.drains = false;
        slot.fails = SimTime::MAX;
        if stood {
            self.capacity.close(node);
        }
        self.evict(node, Cause::Failure, watch);
        self.tell(&Fact::Failed { node, repaired }, watch);
        let Some(at) = repaired else {
            self.empty_slot(node);
            return self.restore(self.capacity.offering_of(node), watch);
        };
        let slot = &mut self.state.nodes[node.index()];
        slot.phase = NodePhase::Broken(at);
        let event = Event::Repair(node, slot.launch);
        self.events.push(Pending::new(at, event));
        self.note(Change::Node(node), Wakes::NODE);
    }

    /// A machine that broke may be started on again, until it breaks the next time.
    pub(crate) fn repair(&mut self, node: NodeId, watch: &mut dyn Observer) {
        let machine = self.machine(node);
        let slot = &mut self.state.nodes[node.index()];
        slot.phase = NodePhase::Ready;
        slot.repairs += 1;
        let (seed, repairs) = (self.state.world.seed, slot.repairs);
        self.capacity.open(node);
        self.note(Change::Node(node), Wakes::NODE);
        self.tell(&Fact::Repaired { node }, watch);
        let spec = self.spec_of(node);
        let uniform = Launch::failure_again(seed, &spec.name, machine, repairs);
        let fails = spec.risk.failure.span(uniform);
        self.break_after(node, fails);
    }
}
