//! Fairness over time: what each tenant's queue got of what it was guaranteed, and of what would have been its fair part, told
//! from the facts alone.
//!
//! The fair part of an instant: each queue gets what it wants of what it is guaranteed; what is left of the GPUs that are
//! there is divided in proportion to the weights of those that want more, none getting more than it wants (weighted max-min
//! fairness: D. Bertsekas, R. Gallager, "Data Networks", section 6.5.2). Jain's index is of R. Jain et al., "A quantitative
//! measure of fairness and discrimination", DEC-TR-301, 1984.

use std::collections::BTreeMap;

use sim_core::engine::{Capacity, World};
use sim_core::model::{Gang, Queue, Seat, entitlements};
use sim_core::units::{JobId, NodeId, QueueId, SimTime, convert};
use sim_core::watch::{Fact, Observer};

/// What came of the tenants' claims.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fairness {
    /// GPU time that queues wanted of what they were guaranteed, and did not get, of all that they wanted of it.
    pub(super) deficit: Option<f64>,
    /// Jain's index of received over fair GPU time, of queues that wanted any.
    pub(super) jain: Option<f64>,
}

/// Watches what each queue wants and holds.
#[derive(Clone, Debug)]
pub(super) struct Tenancy {
    queues: Vec<Account>,
    /// Positions of those that want more than they claim; kept to be used again.
    hungry: Vec<usize>,
    /// Of live jobs.
    jobs: BTreeMap<JobId, Claim>,
    /// Thousandths of GPUs of each machine, whether there or not.
    machines: Vec<(u64, bool)>,
    there: u64,
    /// Up to when time is counted; at first, from when on.
    since: SimTime,
}

/// A queue: thousandths of GPUs now, and x microseconds so far.
#[derive(Clone, Debug)]
struct Account {
    share: u64,
    weight: f64,
    held: u64,
    wanted: u64,
    /// What would be fair now.
    part: f64,
    received: f64,
    fair: f64,
    guaranteed: f64,
    short: f64,
}

/// What a job wants and holds, in thousandths of GPUs.
#[derive(Clone, Debug)]
struct Claim {
    queue: QueueId,
    gang: Gang,
    held: u64,
    wanted: u64,
}

impl Account {
    /// What it wants of what it is guaranteed.
    fn claim(&self) -> u64 {
        self.wanted.min(self.share)
    }
}

impl Tenancy {
    /// Nothing has happened yet; what happens before `warmup` does not count. `None` where there are fewer than two tenants.
    pub(super) fn of(world: &World, warmup: SimTime) -> Option<Self> {
        if world.queues.len() < 2 {
            return None;
        }
        let capacity = Capacity::of(world);
        let shape = |slot| capacity.shape(capacity.offering_of(NodeId(slot)));
        let machine = |slot| (u64::from(shape(slot).gpus) * 1000, false);
        let most = world.ceilings().into_iter().zip(&world.offerings);
        let whole = most.map(|(most, offering)| u64::from(most) * u64::from(offering.shape.gpus));
        let account = |(queue, share): (&Queue, u64)| Account {
            share,
            weight: f64::from(queue.weight),
            held: 0,
            wanted: 0,
            part: 0.0,
            received: 0.0,
            fair: 0.0,
            guaranteed: 0.0,
            short: 0.0,
        };
        let shares = entitlements(&world.queues, whole.sum::<u64>() * 1000);
        let shares = shares.into_iter().map(|entitled| entitled.share);
        Some(Self {
            queues: world.queues.iter().zip(shares).map(account).collect(),
            hungry: Vec::new(),
            jobs: BTreeMap::new(),
            machines: (0..capacity.slots()).map(machine).collect(),
            there: 0,
            since: warmup,
        })
    }

    /// What came of it all, up to `end`.
    pub(super) fn finish(mut self, end: SimTime) -> Fairness {
        self.pass(end);
        let guaranteed: f64 = self.queues.iter().map(|queue| queue.guaranteed).sum();
        let short: f64 = self.queues.iter().map(|queue| queue.short).sum();
        let entitled = self.queues.iter().filter(|queue| queue.fair > 0.0);
        let ratios: Vec<f64> = entitled.map(|queue| queue.received / queue.fair).collect();
        let (sum, squares) = ratios.iter().fold((0.0, 0.0), |(sum, squares), ratio| {
            (sum + ratio, squares + ratio * ratio)
        });
        let count = convert::real(convert::wide(ratios.len()));
        Fairness {
            deficit: (guaranteed > 0.0).then(|| short / guaranteed),
            jain: (squares > 0.0).then(|| sum * sum / (count * squares)),
        }
    }

    fn pass(&mut self, now: SimTime) {
        if now <= self.since {
            return;
        }
        let us = convert::real(now.since(self.since).us());
        self.share_out();
        for queue in &mut self.queues {
            let claim = queue.claim();
            queue.received += convert::real(queue.held) * us;
            queue.fair += queue.part * us;
            queue.guaranteed += convert::real(claim) * us;
            queue.short += convert::real(claim.saturating_sub(queue.held)) * us;
        }
        self.since = now;
    }

    /// Computes the fair part of each queue, of what is there.
    fn share_out(&mut self) {
        let claims: u64 = self.queues.iter().map(Account::claim).sum();
        // Where more is guaranteed than is there, everybody gives way alike.
        let scale = if claims > self.there {
            convert::real(self.there) / convert::real(claims)
        } else {
            1.0
        };
        let mut left = convert::real(self.there.saturating_sub(claims));
        let mut weights = 0.0;
        self.hungry.clear();
        for (at, queue) in self.queues.iter_mut().enumerate() {
            queue.part = convert::real(queue.claim()) * scale;
            if queue.wanted > queue.claim() {
                self.hungry.push(at);
                weights += queue.weight;
            }
        }
        // Whoever needs the least for its weight is satisfied first.
        let wants = |queue: &Account| convert::real(queue.wanted - queue.claim());
        let per_weight = |at: &usize| wants(&self.queues[*at]) / self.queues[*at].weight;
        self.hungry
            .sort_by(|a, b| per_weight(a).total_cmp(&per_weight(b)));
        for at in &self.hungry {
            let queue = &mut self.queues[*at];
            let part = wants(queue).min(left * queue.weight / weights);
            queue.part += part;
            left -= part;
            weights -= queue.weight;
        }
    }

    /// A job waits from now on: it wants the least that it can do with.
    fn wait(&mut self, job: JobId) {
        let least = |claim: &Claim| {
            let roles = claim.gang.roles().iter();
            roles
                .map(|role| u64::from(role.least) * role.demand.gpu_milli())
                .sum()
        };
        self.change(job, |claim| (0, least(claim)));
    }

    /// A job lies there from now on.
    fn seat(&mut self, job: JobId, seats: &[Seat]) {
        self.change(job, |claim| {
            let roles = claim.gang.roles();
            let of = |seat: &Seat| roles[usize::from(seat.role)].demand.gpu_milli();
            let held = seats.iter().map(|seat| u64::from(seat.tasks) * of(seat));
            let held = held.sum();
            (held, held)
        });
    }

    /// Sets what a job holds and wants.
    fn change(&mut self, job: JobId, to: impl Fn(&Claim) -> (u64, u64)) {
        let Some(claim) = self.jobs.get_mut(&job) else {
            return;
        };
        let (held, wanted) = to(claim);
        let queue = &mut self.queues[claim.queue.index()];
        queue.held = queue.held + held - claim.held;
        queue.wanted = queue.wanted + wanted - claim.wanted;
        (claim.held, claim.wanted) = (held, wanted);
    }

    fn machine(&mut self, node: NodeId, is_there: bool) {
        let (gpus, was) = &mut self.machines[node.index()];
        match (std::mem::replace(was, is_there), is_there) {
            (false, true) => self.there += *gpus,
            (true, false) => self.there -= *gpus,
            (false, false) | (true, true) => {}
        }
    }
}

impl Observer for Tenancy {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        self.pass(now);
        match fact {
            Fact::Arrived { job, spec, .. } => {
                let claim = Claim {
                    queue: spec.queue,
                    gang: spec.gang.clone(),
                    held: 0,
                    wanted: 0,
                };
                self.jobs.insert(*job, claim);
                self.wait(*job);
            }
            Fact::Started { job, seats, .. } | Fact::Reseated { job, seats, .. } => {
                self.seat(*job, seats);
            }
            Fact::Interrupted { job, .. } => self.wait(*job),
            Fact::Ended { job, .. } => {
                self.change(*job, |_| (0, 0));
                self.jobs.remove(job);
            }
            Fact::Ready { node, .. } | Fact::Repaired { node } => self.machine(*node, true),
            Fact::Released { node } | Fact::Reclaimed { node } | Fact::Failed { node, .. } => {
                self.machine(*node, false);
            }
            Fact::Paced { .. }
            | Fact::Refused(_)
            | Fact::Retiring { .. }
            | Fact::Worked { .. }
            | Fact::Request { .. }
            | Fact::Flow { .. }
            | Fact::Held { .. }
            | Fact::Requested { .. }
            | Fact::Booting { .. }
            | Fact::Draining { .. }
            | Fact::Noticed { .. }
            | Fact::Advised { .. }
            | Fact::Miscarried { .. }
            | Fact::Shock { .. }
            | Fact::Price { .. }
            | Fact::Availability { .. } => {}
        }
    }
}
