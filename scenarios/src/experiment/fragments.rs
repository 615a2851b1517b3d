//! Fragmentation over time: of the GPUs that are idle, what the typical tasks could not use, told from the facts alone.

use std::collections::BTreeMap;

use policies::fragment::{Class, Idle, Typical};
use sim_core::engine::{Capacity, World};
use sim_core::model::{Demand, Gang, GpuDemand, Market, Profile, Role, Seat, Shape, Sliced};
use sim_core::units::{JobId, NodeId, SimTime, convert};
use sim_core::watch::{Fact, Observer};

use crate::build::Jobs;

/// Share of the tasks that typical ones make up, in millionths, as published.
const TYPICAL_PPM: u32 = 950_000;

/// Watches what is idle on which machine, and what of it is a fragment.
#[derive(Clone, Debug)]
pub struct Fragments {
    typical: Typical,
    nodes: Vec<Machine>,
    /// Live jobs, and where they lie.
    jobs: BTreeMap<JobId, (Gang, Vec<Seat>)>,
    now: Standing,
    /// Up to when time is counted; at first, from when on.
    since: SimTime,
    /// Fragments and GPUs of machines that are there, in thousandths of GPUs x microseconds.
    fragment_time: f64,
    gpu_time: f64,
}

/// Thousandths of GPUs, over all machines that are there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standing {
    /// All of them.
    pub gpu_milli: u64,
    /// Those that nobody uses.
    pub idle_milli: u64,
    /// Of these, those that are fragments.
    pub fragment_milli: f64,
}

#[derive(Clone, Debug)]
struct Machine {
    shape: Shape,
    market: Market,
    is_there: bool,
    cpu_milli: u32,
    left: Vec<u16>,
    sliced: Vec<Sliced>,
    profiles: Vec<Profile>,
    /// What it adds to the sum.
    fragment: f64,
}

impl Fragments {
    /// Nothing has happened yet in `world`; what happens before `warmup` does not count.
    pub fn new(world: &World, typical: Typical, warmup: SimTime) -> Self {
        let capacity = Capacity::of(world);
        let machine = |slot| {
            let shape = capacity.shape(capacity.offering_of(NodeId(slot)));
            Machine {
                shape,
                market: capacity.market_of(NodeId(slot)),
                is_there: false,
                cpu_milli: shape.cpu_milli,
                left: vec![1000; convert::index(shape.gpus)],
                sliced: vec![Sliced::default(); convert::index(shape.gpus)],
                profiles: capacity.profiles(capacity.offering_of(NodeId(slot))).into(),
                fragment: 0.0,
            }
        };
        Self {
            typical,
            nodes: (0..capacity.slots()).map(machine).collect(),
            jobs: BTreeMap::new(),
            now: Standing::default(),
            since: warmup,
            fragment_time: 0.0,
            gpu_time: 0.0,
        }
    }

    /// Of the jobs of a replication, if any takes a share or a slice of a GPU. To a task without a GPU all that is idle is a fragment:
    /// those do not count, or a fleet that stands empty would be in pieces.
    pub(super) fn of(jobs: &Jobs, warmup: SimTime) -> Option<Self> {
        let shares = |role: &Role| role.demand.gpu.is_part();
        if !jobs
            .jobs()
            .iter()
            .any(|job| job.gang.roles().iter().any(shares))
        {
            return None;
        }
        let mut counts: BTreeMap<Class, u64> = BTreeMap::new();
        for job in jobs.jobs().iter() {
            for role in job.gang.roles() {
                let class = Class::of(&role.demand, job.models);
                if class.gpus > 0 {
                    *counts.entry(class).or_default() += u64::from(role.tasks);
                }
            }
        }
        let typical = Typical::of(&counts, TYPICAL_PPM);
        Some(Self::new(jobs.world(), typical, warmup))
    }

    /// How things stand.
    pub fn standing(&self) -> Standing {
        self.now
    }

    /// Share of the GPU time of machines that were there, up to `end`, that was a fragment.
    pub fn share(mut self, end: SimTime) -> Option<f64> {
        self.pass(end);
        (self.gpu_time > 0.0).then(|| self.fragment_time / self.gpu_time)
    }

    fn pass(&mut self, now: SimTime) {
        if now > self.since {
            let us = convert::real(now.since(self.since).us());
            self.fragment_time += self.now.fragment_milli * us;
            self.gpu_time += convert::real(self.now.gpu_milli) * us;
            self.since = now;
        }
    }

    /// Changes a machine, and the sums with it.
    fn change(&mut self, node: NodeId, mutate: impl FnOnce(&mut Machine)) {
        let machine = &mut self.nodes[node.index()];
        let before = machine.sums();
        mutate(machine);
        machine.fragment = if machine.is_there {
            self.typical.fragment(&machine.idle())
        } else {
            0.0
        };
        let after = machine.sums();
        let now = &mut self.now;
        now.gpu_milli = now.gpu_milli + after.gpu_milli - before.gpu_milli;
        now.idle_milli = now.idle_milli + after.idle_milli - before.idle_milli;
        now.fragment_milli += after.fragment_milli - before.fragment_milli;
    }

    fn seat(&mut self, job: JobId, seats: &[Seat]) {
        let (gang, held) = self.jobs.get_mut(&job).expect("it has arrived");
        let gang = gang.clone();
        held.extend_from_slice(seats);
        for seat in seats {
            let demand = gang.roles()[usize::from(seat.role)].demand;
            self.change(seat.node, |machine| machine.take(seat, &demand));
        }
    }

    fn unseat(&mut self, job: JobId) {
        let (gang, held) = self.jobs.get_mut(&job).expect("it has arrived");
        let (gang, held) = (gang.clone(), std::mem::take(held));
        for seat in &held {
            let demand = gang.roles()[usize::from(seat.role)].demand;
            self.change(seat.node, |machine| machine.give(seat, &demand));
        }
    }
}

impl Machine {
    fn sums(&self) -> Standing {
        if !self.is_there {
            return Standing::default();
        }
        Standing {
            gpu_milli: u64::from(self.shape.gpus) * 1000,
            idle_milli: self.idle().milli().into(),
            fragment_milli: self.fragment,
        }
    }

    fn idle(&self) -> Idle<'_> {
        Idle {
            shape: self.shape,
            market: self.market,
            cpu_milli: self.cpu_milli,
            left: &self.left,
            sliced: &self.sliced,
            profiles: &self.profiles,
        }
    }

    fn take(&mut self, seat: &Seat, demand: &Demand) {
        self.cpu_milli -= demand.cpu_milli * seat.tasks;
        for gpu in seat.gpus.iter().map(convert::index) {
            match (demand.gpu, seat.start.get()) {
                (GpuDemand::Slice(profile), Some(start)) => {
                    self.sliced[gpu] = self.sliced[gpu].with(profile, start);
                    self.left[gpu] = 0;
                }
                (gpu_demand, _) => self.left[gpu] -= each(gpu_demand),
            }
        }
    }

    fn give(&mut self, seat: &Seat, demand: &Demand) {
        self.cpu_milli += demand.cpu_milli * seat.tasks;
        for gpu in seat.gpus.iter().map(convert::index) {
            match (demand.gpu, seat.start.get()) {
                (GpuDemand::Slice(profile), Some(start)) => {
                    self.sliced[gpu] = self.sliced[gpu].without(profile, start);
                    let is_free = self.sliced[gpu].is_empty();
                    self.left[gpu] = if is_free { 1000 } else { 0 };
                }
                (gpu_demand, _) => self.left[gpu] += each(gpu_demand),
            }
        }
    }
}

/// Thousandths that a task takes of each of its GPUs, slices apart.
fn each(gpu: GpuDemand) -> u16 {
    match gpu {
        GpuDemand::None | GpuDemand::Slice(_) => 0,
        GpuDemand::Whole(_) => 1000,
        GpuDemand::Milli(milli) => milli,
    }
}

impl Observer for Fragments {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        self.pass(now);
        match fact {
            Fact::Arrived { job, spec, .. } => {
                self.jobs.insert(*job, (spec.gang.clone(), Vec::new()));
            }
            Fact::Started { job, seats, .. } => self.seat(*job, seats),
            Fact::Reseated { job, seats, .. } => {
                self.unseat(*job);
                self.seat(*job, seats);
            }
            Fact::Interrupted { job, .. } => self.unseat(*job),
            Fact::Ended { job, .. } => {
                self.unseat(*job);
                self.jobs.remove(job);
            }
            Fact::Ready { node, .. } | Fact::Repaired { node } => {
                self.change(*node, |machine| machine.is_there = true);
            }
            Fact::Released { node } | Fact::Reclaimed { node } | Fact::Failed { node, .. } => {
                self.change(*node, |machine| machine.is_there = false);
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
