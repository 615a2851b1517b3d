//! The auditor's account of room: a gang lies as it asked to, and nothing is given twice.

use super::jobs::Row;
use super::nodes::Phase;
use super::{Auditor, Rule};
use crate::model::{GpuDemand, GpuSet, Role, Seat};
use crate::units::{JobId, NodeId};

impl Row {
    /// Seats on `node`, each with what one of its tasks asks for.
    pub(super) fn seats_on(&self, node: NodeId) -> impl Iterator<Item = (&Seat, &Role)> {
        let seats = self.running.iter().flat_map(|running| &running.seats);
        let here = seats.filter(move |seat| seat.node == node);
        here.filter_map(|seat| {
            let role = self.spec.gang.roles().get(usize::from(seat.role))?;
            Some((seat, role))
        })
    }
}

impl Auditor {
    /// The seats are the gang, on ready nodes of one allowed model, with the GPUs that the tasks need.
    pub(super) fn check_gang(&mut self, at: usize, seats: &[Seat], held: &[Seat]) {
        let (job, spec) = (self.jobs[at].id, self.jobs[at].spec.clone());
        for (position, role) in spec.gang.roles().iter().enumerate() {
            let of_role = seats
                .iter()
                .filter(|seat| usize::from(seat.role) == position);
            let seated: u64 = of_role.map(|seat| u64::from(seat.tasks)).sum();
            let enough = u64::from(role.least)..=u64::from(role.tasks);
            self.demand(enough.contains(&seated), Rule::Gang, || {
                format!(
                    "{job}: {seated} of {} tasks of role {position} are seated",
                    role.tasks
                )
            });
        }
        let mut lies_on = None;
        for seat in seats {
            let Some(role) = spec.gang.roles().get(usize::from(seat.role)) else {
                self.blame(Rule::Gang, format!("{job} has no role {}", seat.role));
                continue;
            };
            let Some(offering) = self.offering_of(seat.node) else {
                self.blame(
                    Rule::Closed,
                    format!("{job} starts on no node: {:?}", seat.node),
                );
                continue;
            };
            let phase = self.slots[seat.node.index()].phase;
            // What it held before it may go on holding.
            let stays = held.contains(seat) && phase != Phase::Absent;
            self.demand(phase == Phase::Ready || stays, Rule::Closed, || {
                format!("{job} starts on {:?}, which is {phase:?}", seat.node)
            });
            self.check_gpus(job, seat, role);
            let market = self.world.offerings[offering].market;
            self.demand(role.demand.markets.allows(market), Rule::Market, || {
                format!("{job} lies on {:?}, got on {market:?}", seat.node)
            });
            if role.demand.gpu != GpuDemand::None {
                let model = self.world.offerings[offering].shape.model;
                let fits = spec.models.allows(model) && lies_on.is_none_or(|other| other == model);
                lies_on = Some(model);
                self.demand(fits, Rule::Model, || format!("{job} lies on {model:?}"));
            }
        }
    }

    fn check_gpus(&mut self, job: JobId, seat: &Seat, role: &Role) {
        let wanted = match role.demand.gpu {
            GpuDemand::None => 0,
            GpuDemand::Whole(gpus) => u64::from(gpus) * u64::from(seat.tasks),
            GpuDemand::Milli(_) => 1,
        };
        let alone = !matches!(role.demand.gpu, GpuDemand::Milli(_)) || seat.tasks == 1;
        let there = GpuSet::first(self.gpus_of(seat.node)).contains(seat.gpus);
        let right = u64::from(seat.gpus.count()) == wanted && alone && there;
        self.demand(right, Rule::GpuCount, || {
            format!(
                "{job} needs {wanted} GPUs on {:?}, and is given {seat:?}",
                seat.node
            )
        });
    }

    /// Nothing of `node` is given twice.
    pub(super) fn check_room(&mut self, node: NodeId) {
        let Some(offering) = self.offering_of(node) else {
            return;
        };
        let shape = self.world.offerings[offering].shape;
        for gpu in 0..shape.gpus {
            let used = self.used_milli_of(node, gpu);
            self.demand(used <= 1000, Rule::GpuTwice, || {
                format!("GPU {gpu} of {node:?} is used to {used} thousandths")
            });
        }
        let used = |of: fn(&Role) -> u32| -> u64 {
            let seats = self.jobs.iter().flat_map(|row| row.seats_on(node));
            seats
                .map(|(seat, role)| u64::from(seat.tasks) * u64::from(of(role)))
                .sum()
        };
        let cpu = used(|role| role.demand.cpu_milli);
        let memory = used(|role| role.demand.memory_mib);
        self.demand(cpu <= u64::from(shape.cpu_milli), Rule::Cpu, || {
            format!("{node:?} gives {cpu} of {} milli-cores", shape.cpu_milli)
        });
        self.demand(memory <= u64::from(shape.memory_mib), Rule::Memory, || {
            format!("{node:?} gives {memory} of {} MiB", shape.memory_mib)
        });
    }

    /// Thousandths in use of one GPU.
    fn used_milli_of(&self, node: NodeId, gpu: u32) -> u64 {
        let seats = self.jobs.iter().flat_map(|row| row.seats_on(node));
        let here = seats.filter(|(seat, _)| seat.gpus.contains(GpuSet::one(gpu)));
        here.map(|(_, role)| role.demand.gpu_milli().min(1000))
            .sum()
    }

    /// Thousandths in use of all GPUs of a node.
    pub(super) fn used_milli(&self, node: NodeId) -> u64 {
        let seats = self.jobs.iter().flat_map(|row| row.seats_on(node));
        seats
            .map(|(seat, role)| u64::from(seat.tasks) * role.demand.gpu_milli())
            .sum()
    }

    /// Seats of running jobs on a node.
    pub(super) fn seats_on(&self, node: NodeId) -> usize {
        self.jobs.iter().map(|row| row.seats_on(node).count()).sum()
    }
}
