//! What is held, resource by resource.

use std::ops::{AddAssign, SubAssign};

use sim_core::engine::View;
use sim_core::model::{Demand, Gang, Seat};

/// An amount of each resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Thousandths of GPUs.
    pub gpu_milli: u64,
    /// Thousandths of CPU cores.
    pub cpu_milli: u64,
    /// MiB of memory.
    pub memory_mib: u64,
}

impl Held {
    /// What the tasks of a gang hold in these seats.
    pub fn of(gang: &Gang, seats: &[Seat]) -> Self {
        let mut held = Self::default();
        for seat in seats {
            held += Self::tasks(&gang.roles()[usize::from(seat.role)].demand, seat.tasks);
        }
        held
    }

    /// The least with which a gang can run.
    pub fn least(gang: &Gang) -> Self {
        let mut held = Self::default();
        for role in gang.roles() {
            held += Self::tasks(&role.demand, role.least);
        }
        held
    }

    /// All that the fleets may hold.
    pub fn most(view: &View<'_>) -> Self {
        let mut held = Self::default();
        for (_, offering) in view.offerings() {
            let (machines, shape) = (u64::from(offering.max), offering.shape);
            held += Self {
                gpu_milli: machines * u64::from(shape.gpus) * 1000,
                cpu_milli: machines * u64::from(shape.cpu_milli),
                memory_mib: machines * u64::from(shape.memory_mib),
            };
        }
        held
    }

    /// What is more than `other`, resource by resource.
    pub fn beyond(self, other: Self) -> Self {
        Self {
            gpu_milli: self.gpu_milli.saturating_sub(other.gpu_milli),
            cpu_milli: self.cpu_milli.saturating_sub(other.cpu_milli),
            memory_mib: self.memory_mib.saturating_sub(other.memory_mib),
        }
    }

    fn tasks(demand: &Demand, tasks: u32) -> Self {
        let tasks = u64::from(tasks);
        Self {
            gpu_milli: tasks * demand.gpu_milli(),
            cpu_milli: tasks * u64::from(demand.cpu_milli),
            memory_mib: tasks * u64::from(demand.memory_mib),
        }
    }

    /// The resources in a fixed order, to go through them.
    pub fn all(self) -> [u64; 3] {
        [self.gpu_milli, self.cpu_milli, self.memory_mib]
    }
}

impl AddAssign for Held {
    fn add_assign(&mut self, more: Self) {
        self.gpu_milli += more.gpu_milli;
        self.cpu_milli += more.cpu_milli;
        self.memory_mib += more.memory_mib;
    }
}

impl SubAssign for Held {
    fn sub_assign(&mut self, less: Self) {
        self.gpu_milli -= less.gpu_milli;
        self.cpu_milli -= less.cpu_milli;
        self.memory_mib -= less.memory_mib;
    }
}
