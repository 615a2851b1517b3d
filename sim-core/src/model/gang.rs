//! A gang: tasks that start together or not at all.

use std::sync::Arc;

use super::demand::{Demand, OfferingSet};
use super::placement::Seat;

/// Tasks of one kind; each lies on one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role {
    /// How many, at least one.
    pub tasks: u32,
    /// How few it can do with, at least one: with fewer than `tasks` it runs at the speed of what it has, and the loss of
    /// a node that leaves as many does not interrupt it.
    pub least: u32,
    /// What each asks for.
    pub demand: Demand,
}

/// Tasks that start together or not at all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gang {
    /// Tasks of one kind: nearly every gang.
    One(Role),
    /// Several kinds, such as a master and its workers, or full nodes and a remainder.
    Many(Arc<[Role]>),
}

impl Role {
    /// `tasks` tasks, all or none.
    pub const fn rigid(tasks: u32, demand: Demand) -> Self {
        Self {
            tasks,
            least: tasks,
            demand,
        }
    }

    /// The same on these offerings only.
    #[must_use]
    pub const fn within(self, offerings: OfferingSet) -> Self {
        let mut role = self;
        role.demand.offerings = role.demand.offerings.and(offerings);
        role
    }

    /// GPUs of one task, a share or a slice counting as one.
    pub fn gpus_each(&self) -> u32 {
        u32::try_from(self.demand.gpu_milli().div_ceil(1000)).expect("a task has at most 64 GPUs")
    }
}

impl Gang {
    /// `tasks` tasks of `gpus` whole GPUs each.
    pub const fn of(tasks: u32, gpus: u16) -> Self {
        Self::One(Role::rigid(tasks, Demand::gpus(gpus)))
    }

    /// The same on these offerings only.
    #[must_use]
    pub fn within(&self, offerings: OfferingSet) -> Self {
        match self {
            _ if offerings == OfferingSet::ANY => self.clone(),
            Self::One(role) => Self::One(role.within(offerings)),
            Self::Many(roles) => {
                Self::Many(roles.iter().map(|role| role.within(offerings)).collect())
            }
        }
    }

    /// Its roles; a seat names one by its position here.
    pub fn roles(&self) -> &[Role] {
        match self {
            Self::One(role) => std::slice::from_ref(role),
            Self::Many(roles) => roles,
        }
    }

    /// Tasks of all roles.
    pub fn tasks(&self) -> u32 {
        self.roles().iter().map(|role| role.tasks).sum()
    }

    /// Thousandths of a GPU of all tasks.
    pub fn gpu_milli(&self) -> u64 {
        self.roles()
            .iter()
            .map(|role| u64::from(role.tasks) * role.demand.gpu_milli())
            .sum()
    }

    /// Parts of a GPU of all tasks, of [`GPU_PARTS`](super::GPU_PARTS).
    pub fn gpu_parts(&self) -> u64 {
        let roles = self.roles().iter();
        roles
            .map(|role| u64::from(role.tasks) * role.demand.gpu_parts())
            .sum()
    }

    /// GPUs of all tasks, a share or a slice counting as one.
    pub fn gpus(&self) -> u32 {
        self.roles()
            .iter()
            .map(|role| role.tasks * role.gpus_each())
            .sum()
    }

    /// Whether some role can do with fewer tasks than it would like.
    pub fn is_elastic(&self) -> bool {
        self.roles().iter().any(|role| role.least < role.tasks)
    }

    /// GPUs of the tasks in `seats`, a share or a slice counting as one.
    #[inline]
    pub fn gpus_in(&self, seats: &[Seat]) -> u32 {
        let roles = self.roles();
        seats
            .iter()
            .map(|seat| seat.tasks * roles[usize::from(seat.role)].gpus_each())
            .sum()
    }

    /// Whether the seats are a gang that can run: of each role no fewer tasks than it can do with, and no more than it has.
    pub fn is_seated(&self, seats: &[Seat]) -> bool {
        let roles = self.roles();
        let sound = |seat: &Seat| seat.tasks > 0 && usize::from(seat.role) < roles.len();
        let whole = |(position, role): (usize, &Role)| {
            let of_role = seats
                .iter()
                .filter(|seat| usize::from(seat.role) == position);
            let seated: u64 = of_role.map(|seat| u64::from(seat.tasks)).sum();
            (u64::from(role.least)..=u64::from(role.tasks)).contains(&seated)
        };
        seats.iter().all(sound) && roles.iter().enumerate().all(whole)
    }
}
