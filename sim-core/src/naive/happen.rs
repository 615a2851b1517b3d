//! What happens to jobs and nodes, as the design tells it.

use super::attempt::span;
use super::fate::Fate;
use super::{Naive, Row};
use crate::course::goodput::Layout;
use crate::course::{Footing, Progress, Rates, Reach};
use crate::engine::NodePhase;
use crate::model::{Class, GpuDemand, Job, Keep, Seat};
use crate::units::{JobId, NodeId, OfferingId, SetId, SimTime, convert};
use crate::watch::{Cause, Fact, Outcome, Spent};

impl Naive<'_> {
    pub(super) fn class(&self, at: usize) -> &Class {
        &self.world.classes[self.rows[at].spec.class.index()]
    }

    /// Where jobs stand, in the order of their ids: replicas after all others.
    pub(super) fn in_order(&self) -> Vec<usize> {
        let mut rows: Vec<usize> = (0..self.rows.len()).collect();
        rows.sort_by_key(|at| self.rows[*at].id);
        rows
    }

    /// The next job of the workload.
    pub(super) fn arrive(&mut self) {
        let spec = self.jobs[self.arrived].clone();
        let ordinal = convert::narrow(self.arrived);
        self.arrived += 1;
        self.submit(ordinal, &spec, None);
    }

    /// A job of the workload, or a replica.
    pub(super) fn submit(&mut self, ordinal: u32, spec: &Job, set: Option<SetId>) {
        let course = &self.world.classes[spec.class.index()].course;
        let id = JobId::new(ordinal, 0);
        let nowhere = Footing {
            model: None,
            gpus: 0,
            reach: Reach::Node,
            rate_ppb: 1,
            compute_ppb: 1,
        };
        self.rows.push(Row {
            id,
            seats: Vec::new(),
            ended: false,
            attempts: 0,
            progress: course.begin(spec.kind, spec.work),
            on: nowhere,
            before: Vec::new(),
            first: nowhere,
            started: SimTime::ZERO,
            works: SimTime::ZERO,
            due: SimTime::ZERO,
            saving: None,
            every: None,
            set,
            leaves: false,
            speed_ppm: 0,
            spec: spec.clone(),
        });
        self.tell(&Fact::Arrived { job: id, spec, set });
    }

    pub(super) fn start(&mut self, at: usize, seats: &[Seat]) {
        let on = self.footing(at, seats);
        let first = self.rows[at].attempts == 0;
        let setup = self.class(at).setup(self.rows[at].spec.kind, first);
        let row = &mut self.rows[at];
        row.started = self.now;
        row.works = self.now.saturating_add(setup);
        row.attempts += 1;
        row.saving = None;
        row.on = on;
        let works = row.works;
        self.settle(at, seats, (works, None));
        self.set_off(at, on);
        let row = &self.rows[at];
        let (job, works) = (row.id, row.works);
        self.tell(&Fact::Started { job, seats, works });
        self.start_replica(at);
        self.turn_replicas();
    }

    /// A job that has new seats goes on in them, with all its work.
    pub(super) fn reseat(&mut self, at: usize, before: &[Seat]) {
        let (seats, reseat) = (
            self.rows[at].seats.clone(),
            self.class(at).checkpoint.reseat,
        );
        let worked = self.walk(at, self.now).worked;
        let (progress, kept) = self.advanced(at, span(worked));
        let spent = self.spent(at, kept.us());
        let on = self.footing(at, &seats);
        let now = self.now;
        let row = &mut self.rows[at];
        let ready = row.works.max(now);
        row.works = ready.saturating_add(reseat);
        (row.progress, row.on, row.started) = (progress, on, now);
        if let Some(delay) = self.class(at).course.delay(self.rows[at].spec.kind) {
            self.settle(at, &seats, (now.saturating_add(delay), Some(ready)));
        }
        self.set_off(at, on);
        let (job, works) = (self.rows[at].id, self.rows[at].works);
        self.tell(&Fact::Reseated {
            job,
            seats: &seats,
            works,
            spent,
        });
        for (at, seat) in before.iter().enumerate() {
            // With the last seat on it.
            if before[at + 1..].iter().all(|later| later.node != seat.node) {
                self.release_if_drained(seat.node);
            }
        }
        self.turn_replicas();
    }

    /// Where a goodput job lies, and from when on it works there, or, if it may be that it lies as before, in that case.
    fn settle(&mut self, at: usize, seats: &[Seat], (works, alike): (SimTime, Option<SimTime>)) {
        let roles = self.rows[at].spec.gang.roles();
        let gpus = |seat: &Seat| match roles[usize::from(seat.role)].demand.gpu {
            GpuDemand::None => 0,
            GpuDemand::Whole(gpus) => u32::from(gpus) * seat.tasks,
            GpuDemand::Milli(_) | GpuDemand::Slice(_) => seat.tasks,
        };
        let used: Vec<(NodeId, u32)> = seats.iter().map(|seat| (seat.node, gpus(seat))).collect();
        let used = used.into_iter().filter(|(_, gpus)| *gpus > 0);
        let layout = Layout {
            model: self.rows[at].on.model.unwrap_or_default(),
            counts: Layout::counts(used),
        };
        let row = &mut self.rows[at];
        if let Progress::Goodput(course) = &mut row.progress {
            let stays = alike.filter(|_| course.lies_alike(&layout));
            row.works = stays.unwrap_or(works);
            course.settle(layout, row.works, stays.is_none());
        }
    }

    pub(super) fn footing(&self, at: usize, seats: &[Seat]) -> Footing {
        let roles = self.rows[at].spec.gang.roles();
        let spec = |seat: &Seat| &self.world.offerings[self.slots[seat.node.index()].offering];
        let model = seats
            .iter()
            .find(|seat| roles[usize::from(seat.role)].demand.gpu != GpuDemand::None)
            .map(|seat| spec(seat).shape.model);
        let from_first = |seat: &Seat| {
            let here = &self.slots[seat.node.index()];
            let first = &self.slots[seats[0].node.index()];
            if seat.node == seats[0].node {
                Reach::Node
            } else if (here.offering, here.rack) == (first.offering, first.rack) {
                Reach::Rack
            } else if spec(seat).zone == spec(&seats[0]).zone {
                Reach::Zone
            } else {
                Reach::Zones
            }
        };
        let reach = seats.iter().map(from_first).max().unwrap_or(Reach::Node);
        let each = |seat: &Seat| match roles[usize::from(seat.role)].demand.gpu {
            GpuDemand::None => 0,
            GpuDemand::Whole(gpus) => u32::from(gpus) * seat.tasks,
            GpuDemand::Milli(_) | GpuDemand::Slice(_) => seat.tasks,
        };
        let gpus = seats.iter().map(each).sum();
        let rates = &self.class(at).course.rates;
        let part = seats.iter().map(|seat| seat.tasks).sum();
        let whole = roles.iter().map(|role| role.tasks).sum();
        let compute_ppb = rates.of_part(
            rates.on(self.rows[at].spec.kind, model, gpus, reach),
            (part, whole),
        );
        let compute_ppb = match (&self.world.slowdown, model) {
            (Some(table), Some(model)) => {
                let left = self.left_by_neighbours(table, (at, seats), (model, gpus));
                Rates::slowed(compute_ppb, left)
            }
            (Some(_) | None, _) => compute_ppb,
        };
        let mut nodes: Vec<_> = seats.iter().map(|seat| seat.node).collect();
        nodes.sort();
        nodes.dedup();
        let rate_ppb = rates.fed(compute_ppb, convert::narrow(nodes.len()), gpus);
        Footing {
            model,
            gpus,
            reach,
            rate_ppb,
            compute_ppb,
        }
    }

    /// A job leaves its seats for good.
    pub(super) fn end(&mut self, at: usize, outcome: Outcome) {
        let job = self.rows[at].id;
        let spent = if self.rows[at].seats.is_empty() {
            Spent::default()
        } else {
            self.spent(at, self.walk(at, self.now).worked)
        };
        if outcome == Outcome::Unfinished {
            self.tell_work(at);
        } else {
            self.lose_replica(at);
        }
        self.rows[at].ended = true;
        self.tell(&Fact::Ended {
            job,
            outcome,
            spent,
        });
        self.unseat(at);
    }

    /// A job leaves its seats, and waits again with what its class keeps.
    pub(super) fn interrupt(&mut self, at: usize, cause: Cause) {
        self.lose_replica(at);
        let walk = self.walk(at, self.now);
        let safe = match self.class(at).checkpoint.keep {
            _ if cause == Cause::Notice => walk.worked,
            Keep::All => walk.worked,
            Keep::Nothing => 0,
            Keep::Every(_) | Keep::Steps(_) | Keep::Either(..) => walk.durable,
        };
        let job = self.rows[at].id;
        let (progress, kept) = self.advanced(at, span(safe));
        let spent = self.spent(at, kept.us());
        self.rows[at].progress = progress;
        self.tell(&Fact::Interrupted { job, cause, spent });
        self.unseat(at);
    }

    /// Empties seat after seat; a node that drains is released with its last one.
    fn unseat(&mut self, at: usize) {
        while !self.rows[at].seats.is_empty() {
            let seat = self.rows[at].seats.remove(0);
            self.release_if_drained(seat.node);
        }
        self.meet_neighbours();
        self.turn_replicas();
    }

    pub(super) fn release_if_drained(&mut self, node: NodeId) {
        if self.slots[node.index()].drains && self.is_unused(node) {
            self.vanish(node, &Fact::Released { node });
        }
    }

    pub(super) fn is_unused(&self, node: NodeId) -> bool {
        let mut seats = self.rows.iter().flat_map(|row| &row.seats);
        seats.all(|seat| seat.node != node)
    }

    /// The machine in a slot is gone.
    pub(super) fn vanish(&mut self, node: NodeId, fact: &Fact<'_>) {
        self.tell(fact);
        let slot = &mut self.slots[node.index()];
        slot.phase = NodePhase::Absent;
        slot.drains = false;
        slot.launch += 1;
        slot.fate = Fate::default();
    }

    pub(super) fn stand(&mut self, at: usize) {
        self.slots[at].phase = NodePhase::Ready;
        let node = NodeId(convert::narrow(at));
        let launch = self.slots[at].launch;
        self.draw_fate(at);
        self.tell(&Fact::Ready { node, launch });
    }

    pub(super) fn lowest_absent(&self, offering: usize) -> usize {
        let free =
            |slot: &super::Slot| slot.offering == offering && slot.phase == NodePhase::Absent;
        let found = self.slots.iter().position(free);
        found.expect("a fleet holds no more than its maximum")
    }

    /// Slots of an offering whose phase is so, the lowest first.
    pub(super) fn slots_that(&self, offering: usize, so: fn(NodePhase) -> bool) -> Vec<usize> {
        let fits = |at: &usize| self.slots[*at].offering == offering && so(self.slots[*at].phase);
        (0..self.slots.len()).filter(fits).collect()
    }

    pub(super) fn held(&self, offering: usize) -> u32 {
        convert::narrow(
            self.slots_that(offering, |phase| phase != NodePhase::Absent)
                .len(),
        )
    }

    /// What the provider has, after the steps that were taken.
    fn available(&self, at: usize) -> u32 {
        let steps = self.world.offerings[at].availability.steps();
        steps[self.steps[at][1] - 1].1
    }

    pub(super) fn grant(&mut self, at: usize, asked: u32) {
        let available = self.available(at);
        let granted = asked.min(available.saturating_sub(self.held(at)));
        let offering = id(at);
        self.tell(&Fact::Requested {
            offering,
            asked,
            granted,
        });
        for _ in 0..granted {
            let at = self.lowest_absent(at);
            let ready = self.now.saturating_add(self.boot(at));
            self.slots[at].phase = NodePhase::Booting;
            self.slots[at].ready = ready;
            let (node, launch) = (NodeId(convert::narrow(at)), self.slots[at].launch);
            self.tell(&Fact::Booting {
                node,
                launch,
                ready,
            });
        }
    }

    pub(super) fn step_price(&mut self, at: usize) {
        self.steps[at][0] += 1;
        let price = self.world.offerings[at].price.at(self.now);
        let offering = id(at);
        self.tell(&Fact::Price { offering, price });
    }

    /// What is held beyond the provider's stock is noticed, highest slot first; what stands by
    /// itself comes back.
    pub(super) fn step_availability(&mut self, at: usize) {
        self.steps[at][1] += 1;
        let nodes = self.available(at);
        let offering = id(at);
        self.tell(&Fact::Availability { offering, nodes });
        for at in self.staying(at).iter().skip(convert::index(nodes)).rev() {
            self.doom(*at);
        }
        self.restore(at);
    }

    /// A node will be taken away; the jobs on it that can save their state in time begin to.
    pub(super) fn notice(&mut self, slot: usize) {
        let (node, until) = (NodeId(convert::narrow(slot)), self.slots[slot].fate.taken);
        self.slots[slot].phase = NodePhase::Noticed(until);
        self.tell(&Fact::Noticed { node, at: until });
        self.warn_replicas(node);
        for at in self.in_order() {
            let lies_there = self.rows[at].seats.iter().any(|seat| seat.node == node);
            let checkpoint = self.class(at).checkpoint;
            let saved = self.now.saturating_add(checkpoint.dump);
            let goes_on = self.goes_on(at, |node| {
                matches!(self.slots[node.index()].phase, NodePhase::Noticed(_))
            });
            let row = &mut self.rows[at];
            let works = row.works < self.now && row.saving.is_none();
            let works = works && !goes_on;
            if lies_there && checkpoint.on_notice && works && saved <= until && saved < row.due {
                (row.saving, row.due) = (Some(self.now), saved);
            }
        }
    }

    /// A standing fleet asks for what it has lost, as far as the provider has it.
    pub(super) fn restore(&mut self, at: usize) {
        let spec = &self.world.offerings[at];
        let there = spec.initial.min(self.available(at));
        let missing = there.saturating_sub(self.held(at));
        if spec.standing && missing > 0 {
            self.grant(at, missing);
        }
    }

    /// A noticed node goes, and interrupts the gangs that lie on it.
    pub(super) fn reclaim(&mut self, at: usize) {
        let node = NodeId(convert::narrow(at));
        self.slots[at].drains = false;
        self.evict_all(at, Cause::Reclaim);
        self.vanish(node, &Fact::Reclaimed { node });
        self.restore(self.slots[at].offering);
    }

    /// Whether a job can run in what is left of its seats when some nodes are gone.
    fn goes_on(&self, at: usize, gone: impl Fn(NodeId) -> bool) -> bool {
        let stays = |seat: &&Seat| !gone(seat.node);
        let seats: Vec<Seat> = self.rows[at].seats.iter().filter(stays).copied().collect();
        let enough = |(position, role): (usize, &crate::model::Role)| {
            let mine = seats
                .iter()
                .filter(|seat| usize::from(seat.role) == position);
            mine.map(|seat| seat.tasks).sum::<u32>() >= role.least
        };
        self.rows[at]
            .spec
            .gang
            .roles()
            .iter()
            .enumerate()
            .all(enough)
    }

    /// The jobs in a slot lose their seats there.
    pub(super) fn evict_all(&mut self, slot: usize, cause: Cause) {
        let node = NodeId(convert::narrow(slot));
        for row in self.in_order() {
            if self.rows[row].seats.iter().any(|seat| seat.node == node) {
                self.evict(row, slot, cause);
            }
        }
    }

    /// A job loses its seats in a slot.
    pub(super) fn evict(&mut self, at: usize, slot: usize, cause: Cause) {
        let node = NodeId(convert::narrow(slot));
        let goes_on = self.goes_on(at, |other| other == node);
        if goes_on && self.rows[at].saving.is_none() {
            let before = self.rows[at].seats.clone();
            self.rows[at].seats.retain(|seat| seat.node != node);
            self.reseat(at, &before);
        } else {
            self.interrupt(at, cause);
        }
    }

    /// The run is over: those that wait are told first, then those that run.
    pub(super) fn leave(&mut self) {
        for running in [false, true] {
            for at in self.in_order() {
                let row = &self.rows[at];
                if !row.ended && row.seats.is_empty() != running {
                    self.end(at, Outcome::Unfinished);
                }
            }
        }
    }
}

fn id(offering: usize) -> OfferingId {
    OfferingId(u16::try_from(offering).expect("few offerings"))
}
