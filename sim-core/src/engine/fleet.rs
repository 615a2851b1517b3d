//! Machines come and go: grants, boots, notices, reclaims, releases.

use super::advance::expected;
use super::event::{Event, Pending};
use super::jobs::Standing;
use super::policy::Wakes;
use super::run::Engine;
use super::state::{Change, NodePhase};
use crate::model::Seats;
use crate::units::{JobId, NodeId, OfferingId, SimTime};
use crate::watch::{Cause, Fact, Observer};

impl Engine {
    /// Fills the slots that are ready at time zero.
    pub(crate) fn furnish(&mut self, watch: &mut dyn Observer) {
        for offering in self.offering_ids() {
            let initial = self.state.world.offerings[offering.index()].initial;
            let initial = initial.min(self.state.supply[offering.index()].available);
            for _ in 0..initial {
                let node = self.occupy(offering);
                self.make_ready(node, watch);
            }
        }
    }

    pub(crate) fn offering_ids(&self) -> impl Iterator<Item = OfferingId> + use<> {
        self.capacity.offerings()
    }

    /// Grants what the provider has of `asked` machines.
    pub(crate) fn grant(&mut self, offering: OfferingId, asked: u32, watch: &mut dyn Observer) {
        let supply = &self.state.supply[offering.index()];
        let granted = asked.min(supply.available.saturating_sub(supply.held));
        self.tell(
            &Fact::Requested {
                offering,
                asked,
                granted,
            },
            watch,
        );
        for _ in 0..granted {
            let node = self.occupy(offering);
            let ready = self.state.now.saturating_add(self.boot(node));
            let slot = &mut self.state.nodes[node.index()];
            (slot.phase, slot.ready) = (NodePhase::Booting, ready);
            let launch = slot.launch;
            self.tell(
                &Fact::Booting {
                    node,
                    launch,
                    ready,
                },
                watch,
            );
            self.state.changes.push(Change::Node(node));
            self.events.push(Pending::new(ready, Event::Ready(node)));
        }
    }

    /// The lowest slot without a machine, which now has one.
    fn occupy(&mut self, offering: OfferingId) -> NodeId {
        self.state.meter(offering);
        let supply = &mut self.state.supply[offering.index()];
        supply.held += 1;
        let held = supply.held;
        self.state.headroom.shift(offering, held - 1, held);
        let slot = self.absent[offering.index()]
            .next(0)
            .expect("held is below the number of slots");
        self.absent[offering.index()].remove(slot);
        NodeId(supply.first + slot)
    }

    /// A machine has booted, or does not come up after all.
    pub(crate) fn come_up(&mut self, node: NodeId, watch: &mut dyn Observer) {
        let risk = &self.spec_of(node).risk;
        if risk.launch >= 1.0 || self.luck(node).succeeds(risk.launch) {
            return self.make_ready(node, watch);
        }
        self.tell(&Fact::Miscarried { node }, watch);
        self.empty_slot(node);
        self.restore(self.capacity.offering_of(node), watch);
    }

    /// A machine has booted.
    pub(crate) fn make_ready(&mut self, node: NodeId, watch: &mut dyn Observer) {
        let slot = &mut self.state.nodes[node.index()];
        slot.phase = NodePhase::Ready;
        let launch = slot.launch;
        self.draw_fate(node);
        self.capacity.open(node);
        self.note(Change::Node(node), Wakes::NODE);
        self.tell(&Fact::Ready { node, launch }, watch);
    }

    /// The policy wants `node` gone when its last job has ended; the plan has closed it.
    pub(crate) fn drain(&mut self, node: NodeId, watch: &mut dyn Observer) {
        let slot = &mut self.state.nodes[node.index()];
        slot.phase = NodePhase::Draining;
        slot.drains = true;
        let idle = slot.seats == 0;
        self.state.supply[self.capacity.offering_of(node).index()].leaving += 1;
        self.state.changes.push(Change::Node(node));
        self.tell(&Fact::Draining { node }, watch);
        if idle {
            self.release(node, watch);
        }
    }

    /// A machine without jobs is given back. It is closed already.
    pub(crate) fn release(&mut self, node: NodeId, watch: &mut dyn Observer) {
        assert!(
            self.state.nodes[node.index()].seats == 0,
            "nothing runs on a node that is released"
        );
        self.tell(&Fact::Released { node }, watch);
        self.empty_slot(node);
    }

    pub(super) fn empty_slot(&mut self, node: NodeId) {
        let offering = self.capacity.offering_of(node);
        self.state.meter(offering);
        let slot = &mut self.state.nodes[node.index()];
        let was_leaving = matches!(slot.phase, NodePhase::Draining | NodePhase::Noticed(_));
        slot.phase = NodePhase::Absent;
        slot.drains = false;
        slot.launch += 1;
        (slot.taken, slot.fails) = (SimTime::MAX, SimTime::MAX);
        (slot.doomed, slot.repairs) = (false, 0);
        let supply = &mut self.state.supply[offering.index()];
        supply.held -= 1;
        let held = supply.held;
        self.state.headroom.shift(offering, held + 1, held);
        supply.leaving -= u32::from(was_leaving);
        self.absent[offering.index()].insert(node.0 - supply.first);
        self.note(Change::Node(node), Wakes::NODE);
    }

    /// The provider's stock steps. What is held beyond it is noticed, highest slot first; what stands by itself comes back.
    pub(crate) fn step_availability(&mut self, offering: OfferingId, watch: &mut dyn Observer) {
        let nodes = self.state.world.offerings[offering.index()]
            .availability
            .at(self.state.now);
        self.state.supply[offering.index()].available = nodes;
        self.tell(&Fact::Availability { offering, nodes }, watch);
        if self.state.world.offerings[offering.index()].visible {
            self.note(Change::Availability(offering), Wakes::AVAILABILITY);
        }
        let (first, max) = (
            self.state.supply[offering.index()].first,
            self.state.world.offerings[offering.index()].max,
        );
        let mut staying = self.staying(offering);
        for slot in (0..max).rev() {
            if staying <= nodes {
                break;
            }
            let node = NodeId(first + slot);
            if self.stays(node) {
                self.doom(node, watch);
                staying -= 1;
            }
        }
        self.restore(offering, watch);
    }

    /// A standing fleet asks for what it has lost, as far as the provider has it.
    pub(super) fn restore(&mut self, offering: OfferingId, watch: &mut dyn Observer) {
        let (spec, supply) = (
            &self.state.world.offerings[offering.index()],
            &self.state.supply[offering.index()],
        );
        let missing = spec
            .initial
            .min(supply.available)
            .saturating_sub(supply.held);
        if spec.standing && missing > 0 {
            self.grant(offering, missing, watch);
        }
    }

    /// Machines that will not be taken away, for all that is settled of the whole pool.
    fn staying(&self, offering: OfferingId) -> u32 {
        let first = self.state.supply[offering.index()].first;
        let max = self.state.world.offerings[offering.index()].max;
        let staying = (first..first + max)
            .filter(|node| self.stays(NodeId(*node)))
            .count();
        crate::units::convert::narrow(staying)
    }

    pub(super) fn stays(&self, node: NodeId) -> bool {
        let slot = &self.state.nodes[node.index()];
        slot.may_be_lost() && !slot.doomed
    }

    /// The notice that a machine will be taken away is seen.
    pub(crate) fn notice(&mut self, node: NodeId, watch: &mut dyn Observer) {
        let offering = self.capacity.offering_of(node);
        let slot = &mut self.state.nodes[node.index()];
        let (was, at) = (slot.phase, slot.taken);
        slot.phase = NodePhase::Noticed(at);
        if was == NodePhase::Ready {
            self.capacity.close(node);
        }
        self.state.supply[offering.index()].leaving += u32::from(was != NodePhase::Draining);
        self.tell(&Fact::Noticed { node, at }, watch);
        self.note(Change::Node(node), Wakes::NOTICE);
        self.events.push(Pending::new(at, Event::Reclaim(node)));
        for job in self.jobs_on(node) {
            self.save(job, at);
        }
        self.warn_replicas(node, watch);
    }

    /// Jobs lose their seats on `node`: those that can do with the rest go on, others are interrupted.
    pub(super) fn evict(&mut self, node: NodeId, cause: Cause, watch: &mut dyn Observer) {
        for job in self.jobs_on(node) {
            let live = self.state.jobs.live(job);
            let rest = self.seats_but(job, |other| other == node);
            let goes_on = live.attempt.saving.is_none() && live.job.gang.is_seated(&rest);
            if goes_on {
                for seat in live
                    .allocation
                    .seats()
                    .iter()
                    .filter(|seat| seat.node == node)
                {
                    let demand = live.job.gang.roles()[usize::from(seat.role)].demand;
                    self.capacity.give(seat, &demand);
                }
                self.reseat(job, &rest, watch);
            } else {
                self.vacate(job);
                self.interrupt(job, cause, watch);
            }
        }
    }

    /// The seats of a running job but for those on nodes that are `gone`.
    fn seats_but(&self, job: JobId, gone: impl Fn(NodeId) -> bool) -> Seats {
        let seats = self.state.jobs.live(job).allocation.seats();
        seats
            .iter()
            .filter(|seat| !gone(seat.node))
            .copied()
            .collect()
    }

    /// A job begins to save its state, if it does so at a notice, has any that is not saved, can in time, and must: one that
    /// can do with the seats that stay goes on.
    fn save(&mut self, job: JobId, until: SimTime) {
        let now = self.state.now;
        let checkpoint = self.class_of(job).checkpoint;
        let saved = now.saturating_add(checkpoint.dump);
        let is_noticed =
            |node: NodeId| matches!(self.state.nodes[node.index()].phase, NodePhase::Noticed(_));
        let rest = self.seats_but(job, is_noticed);
        let must = !self.state.jobs.live(job).job.gang.is_seated(&rest);
        let attempt = &mut self.state.jobs.live_mut(job).attempt;
        let works = attempt.works < now && attempt.saving.is_none();
        if must && checkpoint.on_notice && works && saved <= until && saved < attempt.due {
            (attempt.saving, attempt.due) = (Some(now), saved);
            self.events.push(Pending::new(saved, Event::Done(job)));
            let state = &self.state;
            self.events.cancel(|pending| expected(state, pending));
        }
    }

    /// Running jobs with a seat on `node`, in the order of the workload.
    fn jobs_on(&self, node: NodeId) -> Vec<JobId> {
        if self.state.nodes[node.index()].seats == 0 {
            return Vec::new();
        }
        let lies_there = |job: &JobId| {
            let seats = self.state.jobs.live(*job).allocation.seats();
            seats.iter().any(|seat| seat.node == node)
        };
        let running = self.state.jobs.iter(Standing::Running);
        let mut jobs: Vec<JobId> = running.map(|live| live.id).filter(lies_there).collect();
        jobs.sort_unstable();
        jobs
    }

    /// A noticed node is taken away; the gangs that lie on it are interrupted whole.
    pub(crate) fn reclaim(&mut self, node: NodeId, watch: &mut dyn Observer) {
        // It is taken away, not released, even if it was to be drained.
        self.state.nodes[node.index()].drains = false;
        self.evict(node, Cause::Reclaim, watch);
        self.tell(&Fact::Reclaimed { node }, watch);
        self.empty_slot(node);
        self.restore(self.capacity.offering_of(node), watch);
    }

    /// A seat on `node` is free again; a draining node without seats leaves.
    pub(crate) fn unseat(&mut self, node: NodeId, watch: &mut dyn Observer) {
        let slot = &mut self.state.nodes[node.index()];
        slot.seats -= 1;
        if slot.seats == 0 && slot.drains {
            self.release(node, watch);
        }
    }
}
