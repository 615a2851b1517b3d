//! The auditor's account of room: no part of a node is given twice.

use super::{Auditor, Rule};
use crate::model::{GpuDemand, GpuSet, Role, Seat};
use crate::units::{JobId, NodeId};

impl Auditor {
    pub(super) fn check_gpus(&mut self, job: JobId, seat: &Seat, role: &Role) {
        let wanted = match role.demand.gpu {
            GpuDemand::None => 0,
            GpuDemand::Whole(gpus) => u64::from(gpus) * u64::from(seat.tasks),
            GpuDemand::Milli(_) | GpuDemand::Slice(_) => 1,
        };
        let alone = !role.demand.gpu.is_part() || seat.tasks == 1;
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
            self.check_slices(node, gpu);
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

    /// The slices asked for are of those that the offering's GPUs are partitioned into, and nothing else starts anywhere.
    pub(super) fn check_offered(&mut self, job: JobId, at: (usize, &Seat), role: &Role) {
        let (offering, seat) = at;
        let right = match (role.demand.gpu, seat.start.get()) {
            (GpuDemand::Slice(profile), Some(start)) => {
                let mut offers = self.world.offerings[offering]
                    .mig
                    .iter()
                    .flat_map(|own| own.iter());
                offers.any(|own| *own == profile) && profile.starts().any(|own| own == start)
            }
            (GpuDemand::Slice(_), None) => false,
            (GpuDemand::None | GpuDemand::Whole(_) | GpuDemand::Milli(_), start) => start.is_none(),
        };
        self.demand(right, Rule::Partition, || {
            format!(
                "{job} asks for {:?}, and is given {seat:?}",
                role.demand.gpu
            )
        });
    }

    /// Slices of a GPU lie side by side, compute on what it has, and share it with nothing else.
    fn check_slices(&mut self, node: NodeId, gpu: u32) {
        let (mut memory, mut compute) = ([0_u8; 16], 0_u32);
        let (mut of, mut slices, mut others) = (u32::MAX, 0, 0);
        for (seat, role) in self.jobs.iter().flat_map(|row| row.seats_on(node)) {
            if !seat.gpus.contains(GpuSet::one(gpu)) {
                continue;
            }
            let GpuDemand::Slice(profile) = role.demand.gpu else {
                others += 1;
                continue;
            };
            let start = usize::from(seat.start.get().unwrap_or(0).min(8));
            let taken = &mut memory[start..];
            for slice in taken.iter_mut().take(profile.memory().into()) {
                *slice += 1;
            }
            (slices, compute) = (slices + 1, compute + u32::from(profile.compute()));
            of = of.min(profile.of().into());
        }
        let apart = memory[..8].iter().all(|times| *times <= 1);
        let inside = memory[8..].iter().all(|times| *times == 0);
        let sound = apart && inside && compute <= of && (slices == 0 || others == 0);
        self.demand(sound, Rule::Partition, || {
            format!("GPU {gpu} of {node:?}: {slices} slices on {memory:?}, {compute} compute slices, {others} others")
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
