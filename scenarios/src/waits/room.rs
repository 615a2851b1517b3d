//! Whether a gang has a placement, and what is missing where it has none: proved from what is free, and from nothing else.
//!
//! Exact for gangs of one role. For gangs of several roles that take whole GPUs, or none, all ways of sharing out their tasks
//! are searched, up to a bound; what the search does not settle, and gangs of several roles of which some take parts of GPUs
//! and each would fit alone, are not proved to lack anything: then the word is the policy's.

use std::collections::BTreeSet;

use sim_core::engine::{Capacity, Reason};
use sim_core::model::{Demand, Gang, GpuDemand, ModelSet, Role};
use sim_core::units::{ModelId, NodeId, OfferingId, convert};

use super::ways::{Fit, Ways, room_in, whole};

/// Empty machines, by offering.
pub type Machines = [(OfferingId, u32)];

/// Machines that are not there, by how that is.
#[derive(Clone, Debug, Default)]
pub struct Absent {
    /// On their way.
    pub booting: Vec<(OfferingId, u32)>,
    /// Asked for last; the provider did not have them.
    pub refused: Vec<(OfferingId, u32)>,
    /// Where there are quotas: what fleets may have beyond what they hold.
    pub unheld: Vec<(OfferingId, u32)>,
    /// Of these what quotas leave, of each offering as if of no other any more were held.
    pub in_quota: Vec<(OfferingId, u32)>,
}

/// Why a gang has no placement, and in which numbers that shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lack {
    /// Why.
    pub reason: Reason,
    /// Thousandths of GPUs that it needs.
    pub needed_milli: u64,
    /// Thousandths of GPUs that are free on machines that it may use: of such as it wants, whole ones or parts.
    pub free_milli: u64,
    /// Its tasks, of elastic roles as few as it can do with.
    pub tasks: u32,
    /// Tasks that find room if each role has all to itself.
    pub fitting: u32,
}

/// What is free, and empty machines beside.
#[derive(Clone, Copy)]
struct Ground<'a> {
    capacity: &'a Capacity,
    more: &'a [(OfferingId, u32)],
}

/// Sums over roles, or over machines.
#[derive(Clone, Copy, Default)]
struct Sum {
    gpu_milli: u64,
    cpu_milli: u64,
    memory_mib: u64,
}

/// Why `gang` has no placement on `models`: none if it has one, or none is proved to be lacking.
pub fn lack(
    capacity: &Capacity,
    (gang, models): (&Gang, ModelSet),
    absent: &Absent,
) -> Option<Lack> {
    let here = Ground {
        capacity,
        more: &[],
    };
    let (needed, free) = (needs(gang.roles()), here.free(gang.roles(), models));
    let short = needed.gpu_milli > free.gpu_milli;
    if !short && here.fits(gang, models) != Fit::No {
        return None;
    }
    let with = |more: &Machines| Ground { capacity, more }.fits(gang, models);
    let booting = &absent.booting;
    let beside = |more: &Machines| with(&[booting, more].concat());
    let reason = if !booting.is_empty() && with(booting) == Fit::Yes {
        Reason::Booting
    } else if !absent.refused.is_empty() && beside(&absent.refused) == Fit::Yes {
        Reason::Unavailable
    } else if absent.unheld != absent.in_quota
        && beside(&absent.in_quota) == Fit::No
        && beside(&absent.unheld) == Fit::Yes
    {
        Reason::Quota
    } else {
        here.reason(gang, models)
    };
    Some(Lack {
        reason,
        needed_milli: needed.gpu_milli,
        free_milli: free.gpu_milli,
        tasks: gang.roles().iter().map(|role| role.least).sum(),
        fitting: here.fitting(gang, models),
    })
}

impl Ground<'_> {
    /// What a gang lacks that has no placement.
    fn reason(&self, gang: &Gang, models: ModelSet) -> Reason {
        let roles = gang.roles();
        let each = roles.iter().map(std::slice::from_ref);
        if each.chain([roles]).any(|some| self.is_short(some, models)) {
            Reason::NoCapacity
        } else if self.models(roles, models).len() > 1
            && self.together(roles, models, None) == Fit::Yes
        {
            Reason::Topology
        } else if self.fitting(gang, models) > 0 {
            Reason::GangIncomplete
        } else {
            Reason::Fragmentation
        }
    }

    /// Whether the gang has a placement: on one GPU model.
    fn fits(&self, gang: &Gang, models: ModelSet) -> Fit {
        let (roles, mut unknown) = (gang.roles(), false);
        for model in self.models(roles, models) {
            match self.together(roles, models, model) {
                Fit::Yes => return Fit::Yes,
                Fit::Unknown => unknown = true,
                Fit::No => {}
            }
        }
        if unknown { Fit::Unknown } else { Fit::No }
    }

    /// The GPU models on which its tasks with GPUs may lie; none stands for a gang that has no such task.
    fn models(&self, roles: &[Role], models: ModelSet) -> Vec<Option<ModelId>> {
        let with_gpus = roles
            .iter()
            .filter(|role| role.demand.gpu != GpuDemand::None);
        let with_gpus: Vec<&Role> = with_gpus.collect();
        if with_gpus.is_empty() {
            return vec![None];
        }
        let usable = self.capacity.offerings().filter(|offering| {
            let mut roles = with_gpus.iter();
            roles.any(|role| self.capacity.allows(*offering, models, &role.demand))
        });
        let model = usable.map(|offering| Some(self.capacity.shape(offering).model));
        model.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Whether all roles fit together, those with GPUs on one model or on any.
    fn together(&self, roles: &[Role], models: ModelSet, only: Option<ModelId>) -> Fit {
        let alone = |role: &Role| self.tasks(role, models, only) >= role.least;
        if !roles.iter().all(alone) {
            Fit::No
        } else if roles.len() == 1 {
            Fit::Yes
        } else if roles.iter().any(|role| role.demand.gpu.is_part()) {
            Fit::Unknown
        } else {
            self.share_out(roles, models, only)
        }
    }

    /// Whether there is a way to share out the tasks of all roles over all machines.
    fn share_out(&self, roles: &[Role], models: ModelSet, only: Option<ModelId>) -> Fit {
        let mut ways = Ways::new(roles);
        for offering in self.capacity.offerings() {
            let usable = |role: &Role| self.may_use(offering, role, models, only);
            let usable: Vec<bool> = roles.iter().map(usable).collect();
            if !usable.contains(&true) {
                continue;
            }
            let empty = whole(self.capacity.shape(offering));
            let empty = std::iter::repeat_n(empty, self.more_of(offering));
            let open = self.capacity.nodes(offering);
            for left in open.map(|node| self.left_on(node)).chain(empty) {
                let settled = ways.meet(&usable, left);
                if let Some(fit) = settled {
                    return fit;
                }
            }
        }
        Fit::No
    }

    /// Tasks of a role that fit if it has all to itself, up to as many as it needs.
    fn tasks(&self, role: &Role, models: ModelSet, only: Option<ModelId>) -> u32 {
        let (capacity, mut found) = (self.capacity, 0_u32);
        for offering in capacity.offerings() {
            if !self.may_use(offering, role, models, only) {
                continue;
            }
            let more = u32::try_from(self.more_of(offering)).unwrap_or(u32::MAX);
            let each = room_in(capacity.shape(offering), &role.demand);
            found = found.saturating_add(each.saturating_mul(more));
            let gpus = role.demand.whole_gpus();
            // Nodes with fewer free GPUs than a task wants have no room.
            let counts = capacity.free_counts(offering) & u128::MAX.checked_shl(gpus).unwrap_or(0);
            let counts = (0..128).rev().filter(|count| counts >> count & 1 == 1);
            for node in counts.flat_map(|count| capacity.nodes_with(offering, count)) {
                if found >= role.least {
                    break;
                }
                found = found.saturating_add(capacity.room(node, &role.demand));
            }
        }
        found.min(role.least)
    }

    /// Tasks that find room if each role has all to itself, on the best model.
    fn fitting(&self, gang: &Gang, models: ModelSet) -> u32 {
        let roles = gang.roles();
        let on = |model| {
            let tasks = roles.iter().map(|role| self.tasks(role, models, model));
            tasks.sum::<u32>()
        };
        let fitting = self.models(roles, models).into_iter().map(on);
        fitting.max().unwrap_or(0)
    }

    /// Whether these roles need more of something than is free on machines that any of them may use.
    fn is_short(&self, roles: &[Role], models: ModelSet) -> bool {
        let (needed, free) = (needs(roles), self.free(roles, models));
        needed.gpu_milli > free.gpu_milli
            || needed.cpu_milli > free.cpu_milli
            || needed.memory_mib > free.memory_mib
    }

    /// What is free on machines that some of these roles may use: whole GPUs, and parts where one takes parts; CPU and memory
    /// only where one asks for them.
    fn free(&self, roles: &[Role], models: ModelSet) -> Sum {
        let (capacity, mut sum) = (self.capacity, Sum::default());
        let asks = roles
            .iter()
            .any(|role| role.demand.cpu_milli > 0 || role.demand.memory_mib > 0);
        for offering in capacity.offerings() {
            let usable = |role: &&Role| capacity.allows(offering, models, &role.demand);
            let roles: Vec<&Role> = roles.iter().filter(usable).collect();
            let with_gpus = roles.iter().any(|role| role.demand.gpu != GpuDemand::None);
            let (shape, more) = (
                capacity.shape(offering),
                convert::wide(self.more_of(offering)),
            );
            if with_gpus {
                sum.gpu_milli += u64::from(capacity.free_gpus(offering)) * 1000;
                sum.gpu_milli += u64::from(shape.gpus) * 1000 * more;
                sum.gpu_milli += roles
                    .iter()
                    .map(|role| self.parts(offering, &role.demand))
                    .max()
                    .unwrap_or(0);
            }
            if asks && !roles.is_empty() {
                for (cpu, memory) in capacity
                    .nodes(offering)
                    .map(|node| capacity.free_cpu_memory(node))
                {
                    sum.cpu_milli += u64::from(cpu);
                    sum.memory_mib += u64::from(memory);
                }
                sum.cpu_milli += u64::from(shape.cpu_milli) * more;
                sum.memory_mib += u64::from(shape.memory_mib) * more;
            }
        }
        sum
    }

    /// Thousandths left of GPUs that are partly in use, for a demand that takes parts.
    fn parts(&self, offering: OfferingId, demand: &Demand) -> u64 {
        let capacity = self.capacity;
        let on = |node: NodeId| -> u64 {
            match demand.gpu {
                GpuDemand::None | GpuDemand::Whole(_) => 0,
                GpuDemand::Milli(_) => capacity
                    .shares_on(node)
                    .iter()
                    .copied()
                    .map(u64::from)
                    .sum(),
                GpuDemand::Slice(profile) => {
                    let sliced = capacity
                        .slices_on(node)
                        .iter()
                        .filter(|taken| !taken.is_empty());
                    sliced
                        .map(|taken| u64::from(taken.left_milli(profile.of())))
                        .sum()
                }
            }
        };
        if !demand.gpu.is_part() {
            return 0;
        }
        capacity.nodes_sharing(offering).map(on).sum()
    }

    fn may_use(
        &self,
        offering: OfferingId,
        role: &Role,
        models: ModelSet,
        only: Option<ModelId>,
    ) -> bool {
        let model = self.capacity.shape(offering).model;
        let same = role.demand.gpu == GpuDemand::None || only.is_none_or(|only| only == model);
        same && self.capacity.allows(offering, models, &role.demand)
    }

    fn more_of(&self, offering: OfferingId) -> usize {
        let own = self.more.iter().filter(|(of, _)| *of == offering);
        own.map(|(_, count)| convert::index(*count)).sum()
    }

    fn left_on(&self, node: NodeId) -> [u32; 3] {
        let (cpu, memory) = self.capacity.free_cpu_memory(node);
        [self.capacity.free_on(node).count(), cpu, memory]
    }
}

fn needs(roles: &[Role]) -> Sum {
    let mut sum = Sum::default();
    for Role { least, demand, .. } in roles {
        sum.gpu_milli += u64::from(*least) * demand.gpu_milli();
        sum.cpu_milli += u64::from(*least) * u64::from(demand.cpu_milli);
        sum.memory_mib += u64::from(*least) * u64::from(demand.memory_mib);
    }
    sum
}
