//! What each workload and each set of replicas held of each fleet, told from the facts alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sim_core::engine::{Capacity, World};
use sim_core::model::{Role, Seat};
use sim_core::units::{ClassId, JobId, NodeId, OfferingId, SimTime, Span};
use sim_core::watch::{Cause, Fact, Observer, Spent};

/// What was held of one fleet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// By number of GPUs, how long so many were held at a time, in microseconds within the window that counts; a share or a
    /// slice counts as one.
    pub gpus_us: BTreeMap<u32, u64>,
    /// GPUs times microseconds from when what held them could work.
    pub ready_us: u128,
    /// Those in which it was at work: of a job all but waiting for data and writing, of a replica when it had requests.
    pub work_us: u128,
    /// Microseconds from when it could work, over all attempts.
    pub ran_us: u128,
    /// Attempts, and the machines of each of them, summed.
    pub attempts: u64,
    /// Machines of attempts, summed.
    pub machines: u64,
    /// Attempts that a lost machine ended.
    pub reclaims: u64,
}

/// Watches who holds what.
#[derive(Clone, Debug)]
pub(super) struct Holdings {
    offering_of: Vec<OfferingId>,
    /// By slot of a live job.
    live: Vec<Live>,
    held: BTreeMap<(ClassId, OfferingId), Tally>,
    /// What happens before is not counted.
    from: SimTime,
}

/// What is held, and since when so much.
#[derive(Clone, Debug, Default)]
struct Tally {
    held: Held,
    gpus: u32,
    since: SimTime,
}

/// A job that has come and not yet gone.
#[derive(Clone, Debug, Default)]
struct Live {
    class: Option<ClassId>,
    /// By role: GPUs of a task.
    gpus_each: Vec<u32>,
    /// While it runs: GPUs and machines by fleet.
    on: Vec<(OfferingId, u32, u32)>,
    works: SimTime,
    /// Of a replica that is about to stop: for how long it was at work.
    busy: Option<Span>,
}

impl Held {
    /// GPUs times microseconds.
    pub fn gpu_us(&self) -> u128 {
        let times = self.gpus_us.iter();
        times
            .map(|(gpus, us)| u128::from(*gpus) * u128::from(*us))
            .sum()
    }

    /// With what another run held.
    pub fn merge(&mut self, other: &Self) {
        for (gpus, us) in &other.gpus_us {
            *self.gpus_us.entry(*gpus).or_default() += us;
        }
        self.ready_us += other.ready_us;
        self.work_us += other.work_us;
        self.ran_us += other.ran_us;
        self.attempts += other.attempts;
        self.machines += other.machines;
        self.reclaims += other.reclaims;
    }
}

impl Holdings {
    /// Nothing has happened yet in `world`; GPUs are counted from `from` on.
    pub(super) fn new(world: &World, from: SimTime) -> Self {
        let capacity = Capacity::of(world);
        let nodes = (0..capacity.slots()).map(NodeId);
        Self {
            offering_of: nodes.map(|node| capacity.offering_of(node)).collect(),
            live: Vec::new(),
            held: BTreeMap::new(),
            from,
        }
    }

    /// By workload or set and by fleet, what was held up to `end`.
    pub(super) fn finish(mut self, end: SimTime) -> BTreeMap<(ClassId, OfferingId), Held> {
        let from = self.from;
        let close = |tally: &mut Tally| tally.pass(end, from);
        self.held.values_mut().for_each(close);
        let held = self.held.into_iter();
        held.map(|(key, tally)| (key, tally.held)).collect()
    }

    fn start(&mut self, job: JobId, seats: &[Seat], (now, works): (SimTime, SimTime)) {
        let live = &mut self.live[job.slot()];
        live.on.clear();
        for (at, seat) in seats.iter().enumerate() {
            let offering = self.offering_of[seat.node.index()];
            let gpus = seat.tasks * live.gpus_each[usize::from(seat.role)];
            let is_new = seats[..at].iter().all(|other| other.node != seat.node);
            match live.on.iter_mut().find(|own| own.0 == offering) {
                Some(own) => {
                    own.1 += gpus;
                    own.2 += u32::from(is_new);
                }
                None => live.on.push((offering, gpus, 1)),
            }
        }
        (live.works, live.busy) = (works, None);
        let Some(class) = live.class else { return };
        for (offering, gpus, machines) in &live.on {
            let tally = self.held.entry((class, *offering)).or_default();
            tally.pass(now, self.from);
            tally.gpus += gpus;
            tally.held.attempts += 1;
            tally.held.machines += u64::from(*machines);
        }
    }

    fn stop(&mut self, job: JobId, now: SimTime, spent: &Spent, is_lost: bool) {
        let live = &mut self.live[job.slot()];
        let Some(class) = live.class else { return };
        let ready = u128::from(now.since(live.works.min(now)).us());
        let [_, kept, lost, _, _] = spent.parts();
        let work = live.busy.take().unwrap_or(kept + lost);
        let work = u128::from(work.us()).min(ready);
        for (offering, gpus, _) in live.on.drain(..) {
            let tally = self.held.entry((class, offering)).or_default();
            tally.pass(now, self.from);
            tally.gpus -= gpus;
            let held = &mut tally.held;
            held.ready_us += u128::from(gpus) * ready;
            held.work_us += u128::from(gpus) * work;
            held.ran_us += ready;
            held.reclaims += u64::from(is_lost);
        }
    }
}

impl Tally {
    /// Time has passed with as many GPUs as before.
    fn pass(&mut self, now: SimTime, from: SimTime) {
        let us = now.max(from).since(self.since.max(from)).us();
        if us > 0 && self.gpus > 0 {
            *self.held.gpus_us.entry(self.gpus).or_default() += us;
        }
        self.since = now;
    }
}

impl Observer for Holdings {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        match fact {
            Fact::Arrived { job, spec, .. } => {
                if self.live.len() <= job.slot() {
                    self.live.resize(job.slot() + 1, Live::default());
                }
                let live = &mut self.live[job.slot()];
                live.class = Some(spec.class);
                let roles = spec.gang.roles().iter();
                live.gpus_each.clear();
                live.gpus_each.extend(roles.map(Role::gpus_each));
                live.on.clear();
            }
            Fact::Started { job, seats, works } => self.start(*job, seats, (now, *works)),
            Fact::Reseated {
                job,
                seats,
                works,
                spent,
            } => {
                self.stop(*job, now, spent, false);
                self.start(*job, seats, (now, *works));
            }
            Fact::Worked { job, busy } => self.live[job.slot()].busy = Some(*busy),
            Fact::Interrupted { job, cause, spent } => {
                self.stop(*job, now, spent, *cause != Cause::Policy);
            }
            Fact::Ended { job, spent, .. } => self.stop(*job, now, spent, false),
            Fact::Refused(_)
            | Fact::Retiring { .. }
            | Fact::Request { .. }
            | Fact::Flow { .. }
            | Fact::Paced { .. }
            | Fact::Held { .. }
            | Fact::Requested { .. }
            | Fact::Booting { .. }
            | Fact::Ready { .. }
            | Fact::Draining { .. }
            | Fact::Noticed { .. }
            | Fact::Reclaimed { .. }
            | Fact::Advised { .. }
            | Fact::Miscarried { .. }
            | Fact::Failed { .. }
            | Fact::Repaired { .. }
            | Fact::Shock { .. }
            | Fact::Released { .. }
            | Fact::Price { .. }
            | Fact::Availability { .. } => {}
        }
    }
}
