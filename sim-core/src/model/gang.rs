//! A gang: tasks that start together or not at all.

use std::sync::Arc;

use super::demand::Demand;

/// Tasks of one kind; each lies on one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role {
    /// How many, at least one.
    pub tasks: u32,
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

impl Gang {
    /// `tasks` tasks of `gpus` whole GPUs each.
    pub const fn of(tasks: u32, gpus: u16) -> Self {
        Self::One(Role {
            tasks,
            demand: Demand::gpus(gpus),
        })
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

    /// GPUs of all tasks, a share counting as one.
    pub fn gpus(&self) -> u32 {
        let gpus = |role: &Role| {
            role.tasks
                * u32::try_from(role.demand.gpu_milli().div_ceil(1000))
                    .expect("a task has at most 64 GPUs")
        };
        self.roles().iter().map(gpus).sum()
    }
}
