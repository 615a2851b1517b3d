//! What a policy decided: allowed or not, and done.

use super::{Naive, Objection, Row};
use crate::engine::{
    Decision, JobDecision, MarketDecision, NodeDecision, NodePhase, ServiceDecision,
};
use crate::model::{Demand, GpuDemand, GpuSet, ModelSet, Seat, Start};
use crate::units::{JobId, NodeId, OfferingId, Span, convert};
use crate::watch::{Cause, Fact, Outcome};

type Verdict = Result<(), &'static str>;

impl Naive<'_> {
    pub(super) fn apply_all(&mut self, decisions: &[Decision]) -> Result<(), Objection> {
        for decision in decisions {
            let verdict = match decision {
                Decision::Job(JobDecision::Start(job, on)) => self.decide_start(*job, on.seats()),
                Decision::Job(JobDecision::Preempt(job)) => self.decide_preempt(*job),
                Decision::Job(JobDecision::Reseat(job, on)) => self.decide_reseat(*job, on.seats()),
                Decision::Job(JobDecision::Pace(job, every)) => self.decide_pace(*job, *every),
                Decision::Job(JobDecision::Reject(job)) => self.decide_reject(*job),
                Decision::Node(NodeDecision::Drain(node)) => self.decide_drain(*node),
                Decision::Node(NodeDecision::Release(node)) => self.decide_release(*node),
                Decision::Market(MarketDecision::Request(offering, count)) => {
                    self.decide_request(*offering, *count)
                }
                Decision::Service(ServiceDecision::Launch(set, count)) => {
                    self.decide_launch(*set, *count)
                }
                Decision::Service(ServiceDecision::Retire(job)) => self.decide_retire(*job),
                Decision::WakeAt(at) => {
                    self.wakes.push(*at);
                    demand(*at > self.now, "a wake-up lies in the future")
                }
            };
            verdict.map_err(|why| Objection::Illegal(self.now, Box::new(decision.clone()), why))?;
        }
        Ok(())
    }

    /// The row of a job that has arrived and not ended.
    pub(super) fn live(&self, job: JobId) -> Result<usize, &'static str> {
        let same = |row: &Row| row.id.ordinal() == job.ordinal() && !row.ended;
        let at = self.rows.iter().position(same);
        at.ok_or("the job is not in the system")
    }

    fn decide_start(&mut self, job: JobId, seats: &[Seat]) -> Verdict {
        let at = self.live(job)?;
        demand(self.rows[at].seats.is_empty(), "a job starts once")?;
        self.seat(at, seats)?;
        self.start(at, seats);
        Ok(())
    }

    fn decide_reseat(&mut self, job: JobId, seats: &[Seat]) -> Verdict {
        let at = self.live(job)?;
        let row = &mut self.rows[at];
        demand(row.set.is_none(), "a replica goes on nowhere else")?;
        demand(!row.seats.is_empty(), "a waiting job has no seats")?;
        demand(row.saving.is_none(), "a job that saves its state stays")?;
        let before = std::mem::take(&mut row.seats);
        self.seat(at, seats)?;
        self.reseat(at, &before);
        Ok(())
    }

    fn decide_pace(&mut self, job: JobId, every: Span) -> Verdict {
        let at = self.live(job)?;
        demand(
            self.rows[at].seats.is_empty(),
            "a running job keeps its pace",
        )?;
        demand(every > Span::ZERO, "a stretch of work takes time")?;
        self.rows[at].every = Some(every);
        self.tell(&Fact::Paced { job, every });
        Ok(())
    }

    /// Puts a job without seats into these, if it may lie there.
    fn seat(&mut self, at: usize, seats: &[Seat]) -> Verdict {
        let spec = self.rows[at].spec.clone();
        let (roles, mut models) = (spec.gang.roles(), spec.models);
        for (position, role) in roles.iter().enumerate() {
            let mine = seats
                .iter()
                .filter(|seat| usize::from(seat.role) == position);
            let seated: u32 = mine.map(|seat| seat.tasks).sum();
            let enough = (role.least..=role.tasks).contains(&seated);
            demand(enough, "a role is seated as it can run")?;
        }
        for seat in seats {
            let role = roles.get(usize::from(seat.role));
            let role = role.ok_or("a seat is of a role of the gang")?;
            let slot = self
                .slots
                .get(seat.node.index())
                .ok_or("a seat is on a node")?;
            demand(slot.phase == NodePhase::Ready, "jobs start on ready nodes")?;
            let market = self.world.offerings[slot.offering].market;
            demand(
                role.demand.markets.allows(market),
                "a task lies on a market that it allows",
            )?;
            if role.demand.gpu != GpuDemand::None {
                let model = self.world.offerings[slot.offering].shape.model;
                demand(
                    models.allows(model),
                    "a gang lies on one model that it allows",
                )?;
                models = ModelSet::NONE.with(model);
            }
            let choice = self.choose(seat, &role.demand);
            demand(choice.is_some(), "what is given is free")?;
            let chosen = choice == Some((seat.gpus, seat.start)) || self.names_gpus;
            demand(chosen, "the engine takes the lowest, or the tightest")?;
            let is_slice = matches!(role.demand.gpu, GpuDemand::Slice(_));
            demand(
                is_slice == seat.start.get().is_some(),
                "slices and nothing else start somewhere",
            )?;
            self.rows[at].seats.push(*seat);
            demand(self.fits(seat.node), "a node gives what it has")?;
        }
        Ok(())
    }

    /// Thousandths in use of each GPU of `node` apart from slices, and CPU and memory in use.
    fn used(&self, node: NodeId) -> ([u32; 64], u64, u64) {
        let (mut gpus, mut cpu, mut memory) = ([0; 64], 0, 0);
        for (at, row) in self.rows.iter().enumerate() {
            for seat in row.seats.iter().filter(|seat| seat.node == node) {
                let demand = self.rows[at].spec.gang.roles()[usize::from(seat.role)].demand;
                let each = match demand.gpu {
                    GpuDemand::None | GpuDemand::Slice(_) => 0,
                    GpuDemand::Whole(_) => 1000,
                    GpuDemand::Milli(milli) => milli.into(),
                };
                seat.gpus
                    .iter()
                    .for_each(|gpu| gpus[convert::index(gpu)] += each);
                cpu += u64::from(demand.cpu_milli) * u64::from(seat.tasks);
                memory += u64::from(demand.memory_mib) * u64::from(seat.tasks);
            }
        }
        (gpus, cpu, memory)
    }

    /// Whether `node` has what is in use on it.
    fn fits(&self, node: NodeId) -> bool {
        let shape = self.world.offerings[self.slots[node.index()].offering].shape;
        let (gpus, cpu, memory) = self.used(node);
        let has = |gpu: usize| gpu < convert::index(shape.gpus);
        let each = |(gpu, used): (usize, &u32)| *used <= if has(gpu) { 1000 } else { 0 };
        let gpus_fit = gpus.iter().enumerate().all(each) && self.slices_fit(node, &gpus);
        gpus_fit && cpu <= shape.cpu_milli.into() && memory <= shape.memory_mib.into()
    }

    /// The GPUs that the engine would choose for a seat: the lowest free ones; for a share, the
    /// tightest GPU that has enough and is in use, or else the lowest free one. And where a slice
    /// would start.
    fn choose(&self, seat: &Seat, demand: &Demand) -> Option<(GpuSet, Start)> {
        let gpus = self.world.offerings[self.slots[seat.node.index()].offering]
            .shape
            .gpus;
        let ((used, _, _), slices) = (self.used(seat.node), self.slices(seat.node));
        let unused = |gpu: &u32| used[convert::index(*gpu)] == 0;
        let whole = |gpu: &u32| unused(gpu) && slices[convert::index(*gpu)].is_empty();
        let free = (0..gpus).filter(whole);
        let free = free.fold(GpuSet::EMPTY, |set, gpu| set.with(GpuSet::one(gpu)));
        let chosen = match demand.gpu {
            GpuDemand::None => Some(GpuSet::EMPTY),
            GpuDemand::Whole(each) => free.lowest(u32::from(each) * seat.tasks),
            GpuDemand::Milli(milli) => {
                let left = |gpu: &u32| 1000 - used[convert::index(*gpu)];
                let shared = (0..gpus).filter(|gpu| !unused(gpu));
                let enough = shared.filter(|gpu| left(gpu) >= milli.into());
                let tightest = enough.min_by_key(|gpu| (left(gpu), *gpu));
                tightest.map(GpuSet::one).or(free.lowest(1))
            }
            GpuDemand::Slice(profile) => return self.choose_slice(seat, profile, free),
        };
        Some((chosen?, Start::NONE))
    }

    fn decide_preempt(&mut self, job: JobId) -> Verdict {
        let at = self.live(job)?;
        demand(!self.rows[at].seats.is_empty(), "a waiting job runs not")?;
        demand(self.can_spare(at), "a service has its replicas")?;
        self.interrupt(at, Cause::Policy);
        Ok(())
    }

    fn decide_reject(&mut self, job: JobId) -> Verdict {
        let at = self.live(job)?;
        demand(self.rows[at].seats.is_empty(), "a running job stays")?;
        self.end(at, Outcome::Rejected);
        Ok(())
    }

    fn decide_drain(&mut self, node: NodeId) -> Verdict {
        self.may_leave(node)?;
        let slot = &mut self.slots[node.index()];
        (slot.phase, slot.drains) = (NodePhase::Draining, true);
        self.tell(&Fact::Draining { node });
        self.release_if_drained(node);
        Ok(())
    }

    fn decide_release(&mut self, node: NodeId) -> Verdict {
        self.may_leave(node)?;
        demand(self.is_unused(node), "nothing runs on a node that goes")?;
        self.vanish(node, &Fact::Released { node });
        Ok(())
    }

    /// Whether `node` is ready, and its fleet is above its minimum: machines that drain or are
    /// noticed do not count.
    fn may_leave(&self, node: NodeId) -> Verdict {
        let slot = self.slots.get(node.index()).ok_or("there is such a node")?;
        demand(slot.phase == NodePhase::Ready, "only a ready node leaves")?;
        let stays = |phase| {
            matches!(
                phase,
                NodePhase::Booting | NodePhase::Ready | NodePhase::Broken(_)
            )
        };
        let staying = convert::narrow(self.slots_that(slot.offering, stays).len());
        let min = self.world.offerings[slot.offering].min;
        demand(staying > min, "a fleet keeps its minimum")
    }

    fn decide_request(&mut self, offering: OfferingId, count: u32) -> Verdict {
        let at = offering.index();
        let spec = self.world.offerings.get(at);
        let max = spec.ok_or("there is such an offering")?.max;
        let within = count > 0 && self.held(at) + count <= max;
        demand(within, "a fleet stays within its maximum")?;
        self.within_quotas(offering, count)?;
        self.grant(at, count);
        Ok(())
    }

    /// Whether each quota leaves `count` more machines of an offering beside all that is held, and
    /// beside what fleets begin with where less than that is held.
    fn within_quotas(&self, asked: OfferingId, count: u32) -> Verdict {
        for quota in &self.world.quotas {
            let used = quota.covers.iter().map(|id| {
                let spec = &self.world.offerings[id.index()];
                let more = if *id == asked { count } else { 0 };
                let machines = (self.held(id.index()) + more).max(spec.initial);
                quota.share(&spec.shape) * u64::from(machines)
            });
            let fits = !quota.covers.contains(&asked) || used.sum::<u64>() <= quota.most;
            demand(fits, "fleets stay within their quotas")?;
        }
        Ok(())
    }
}

fn demand(holds: bool, rule: &'static str) -> Verdict {
    if holds { Ok(()) } else { Err(rule) }
}
