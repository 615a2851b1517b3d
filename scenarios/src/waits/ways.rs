//! Sharing out the tasks of several roles that take whole GPUs, or none: every way, machine by machine.
//!
//! What has been laid where does not matter, only what is left to lay: of two ways, the one that leaves no more of any role is
//! enough. So the ways are few, however many machines there are.

use std::collections::BTreeSet;

use sim_core::model::{Demand, GpuDemand, Role, Shape};

/// Ways of sharing out tasks that are looked at together.
const MOST_WAYS: usize = 256;

/// Whether tasks fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Yes,
    No,
    /// It was not searched to the end.
    Unknown,
}

/// GPUs, thousandths of cores, and MiB that are left on a machine, or that a task takes.
pub(super) type Left = [u32; 3];

/// The ways so far, by what each leaves of each role.
pub(super) struct Ways<'a> {
    roles: &'a [Role],
    ways: BTreeSet<Vec<u32>>,
}

impl<'a> Ways<'a> {
    /// Nothing is laid yet of these roles, of each of which the fewest tasks will do.
    pub(super) fn new(roles: &'a [Role]) -> Self {
        let all = roles.iter().map(|role| role.least).collect();
        Self {
            roles,
            ways: BTreeSet::from([all]),
        }
    }

    /// Lays what can be on a machine, which some roles may use, and of which so much is left; says whether that settles it.
    pub(super) fn meet(&mut self, usable: &[bool], left: Left) -> Option<Fit> {
        let Some(packs) = packs(self.roles, usable, left) else {
            return Some(Fit::Unknown);
        };
        let mut next = BTreeSet::new();
        for way in &self.ways {
            for pack in &packs {
                let rest = way.iter().zip(pack);
                let rest = rest.map(|(left, laid)| left.saturating_sub(*laid));
                next.insert(rest.collect::<Vec<u32>>());
            }
        }
        self.ways = least(next);
        if self
            .ways
            .iter()
            .any(|way| way.iter().all(|left| *left == 0))
        {
            return Some(Fit::Yes);
        }
        (self.ways.len() > MOST_WAYS).then_some(Fit::Unknown)
    }
}

/// What an empty machine has.
pub(super) const fn whole(shape: Shape) -> Left {
    [shape.gpus, shape.cpu_milli, shape.memory_mib]
}

/// What a task that takes whole GPUs, or none, takes.
fn takes(demand: &Demand) -> Left {
    [demand.whole_gpus(), demand.cpu_milli, demand.memory_mib]
}

/// Tasks that lie together where so much is left.
fn room(left: Left, takes: Left) -> u32 {
    let rooms = left.into_iter().zip(takes);
    let rooms = rooms.filter_map(|(left, takes)| left.checked_div(takes));
    rooms.min().unwrap_or(u32::MAX)
}

/// Tasks that lie together on an empty machine.
pub(super) fn room_in(shape: Shape, demand: &Demand) -> u32 {
    let rest = room(whole(shape), takes(demand));
    match demand.gpu {
        GpuDemand::None | GpuDemand::Whole(_) => rest,
        GpuDemand::Milli(milli) => rest.min(shape.gpus * (1000 / u32::from(milli))),
        GpuDemand::Slice(profile) => rest.min(shape.gpus * profile.per_gpu()),
    }
}

/// The ways in which tasks of the roles lie together where so much is left, the last role with as many as fit; none if they
/// are too many.
fn packs(roles: &[Role], usable: &[bool], left: Left) -> Option<Vec<Vec<u32>>> {
    let mut packs = vec![(Vec::new(), left)];
    for (position, (role, usable)) in roles.iter().zip(usable).enumerate() {
        let (takes, mut next) = (takes(&role.demand), Vec::new());
        for (pack, left) in packs {
            let most = if *usable {
                room(left, takes).min(role.least)
            } else {
                0
            };
            let fewest = if position + 1 == roles.len() { most } else { 0 };
            for tasks in (fewest..=most).rev() {
                let mut left = left;
                left.iter_mut()
                    .zip(takes)
                    .for_each(|(left, takes)| *left -= takes * tasks);
                let mut pack: Vec<u32> = pack.clone();
                pack.push(tasks);
                next.push((pack, left));
            }
            if next.len() > MOST_WAYS {
                return None;
            }
        }
        packs = next;
    }
    Some(packs.into_iter().map(|(pack, _)| pack).collect())
}

/// Those of which no other leaves no more of any role.
fn least(ways: BTreeSet<Vec<u32>>) -> BTreeSet<Vec<u32>> {
    let mut kept: Vec<Vec<u32>> = Vec::new();
    // A way that leaves less comes first in this order.
    for way in ways {
        let beats = |other: &Vec<u32>| other.iter().zip(&way).all(|(other, own)| other <= own);
        if !kept.iter().any(beats) {
            kept.push(way);
        }
    }
    kept.into_iter().collect()
}
