//! What placements share: groups of offerings with one GPU model, and seats from a walk over nodes.

use sim_core::engine::Capacity;
use sim_core::model::{GpuDemand, GpuSet, ModelSet, Role, Seat, Seats};
use sim_core::units::{NodeId, OfferingId};
use smallvec::SmallVec;

/// A few offerings.
pub(crate) type Offerings = SmallVec<[OfferingId; 8]>;

/// The offerings that `role` may lie on.
pub(super) fn allowed(capacity: &Capacity, role: &Role, models: ModelSet) -> Offerings {
    capacity
        .offerings()
        .filter(|offering| capacity.allows(*offering, models, &role.demand))
        .collect()
}

/// The same, in groups on which a gang may lie as a whole: one GPU model each, in the order in which models first occur.
/// CPU tasks do not mind.
pub(crate) fn groups(
    capacity: &Capacity,
    role: &Role,
    models: ModelSet,
) -> SmallVec<[Offerings; 4]> {
    let mut groups: SmallVec<[Offerings; 4]> = SmallVec::new();
    for offering in allowed(capacity, role, models) {
        let model = capacity.shape(offering).model;
        let same = |group: &&mut Offerings| {
            role.demand.gpu == GpuDemand::None || capacity.shape(group[0]).model == model
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(offering),
            None => groups.push(Offerings::from_slice(&[offering])),
        }
    }
    groups
}

/// Adds up to `tasks` tasks on `node`: one seat, or one for each where they take a share of a GPU.
pub(super) fn seat(seats: &mut Seats, node: NodeId, tasks: u32, role: &Role) {
    let seat = |tasks| Seat {
        node,
        role: 0,
        tasks,
        gpus: GpuSet::EMPTY,
    };
    match role.demand.gpu {
        GpuDemand::Milli(_) => seats.extend((0..tasks).map(|_| seat(1))),
        GpuDemand::None | GpuDemand::Whole(_) if tasks > 0 => seats.push(seat(tasks)),
        GpuDemand::None | GpuDemand::Whole(_) => {}
    }
}

/// Seats on the nodes of a walk, as many tasks on each as fit, until all have one. The walk meets a node once.
pub(super) fn fill(
    capacity: &Capacity,
    role: &Role,
    walk: impl Iterator<Item = NodeId>,
) -> Option<Seats> {
    let (mut seats, mut left) = (Seats::new(), role.tasks);
    for node in walk {
        let tasks = capacity.room(node, &role.demand).min(left);
        seat(&mut seats, node, tasks, role);
        left -= tasks;
        if left == 0 {
            return Some(seats);
        }
    }
    None
}

/// Nodes of a group by free GPUs, from `most` down or from `least` up, ties by id.
pub(super) fn by_free<'a>(
    capacity: &'a Capacity,
    group: &'a [OfferingId],
    counts: impl Iterator<Item = u32> + 'a,
) -> impl Iterator<Item = NodeId> + 'a {
    counts.flat_map(move |free| {
        group
            .iter()
            .flat_map(move |offering| capacity.nodes_with(*offering, free))
    })
}

/// Most GPUs that a node of the group has.
pub(super) fn largest(capacity: &Capacity, group: &[OfferingId]) -> u32 {
    group
        .iter()
        .map(|offering| capacity.shape(*offering).gpus)
        .max()
        .unwrap_or(0)
}

/// The node on which all tasks fit with the fewest free GPUs, or with the most. A share prefers a GPU in use.
pub(super) fn one_node(
    capacity: &Capacity,
    role: &Role,
    group: &[OfferingId],
    tightest: bool,
) -> Option<NodeId> {
    let most = largest(capacity, group);
    let fits = |node: &NodeId| capacity.room(*node, &role.demand) >= role.tasks;
    if tightest && matches!(role.demand.gpu, GpuDemand::Milli(_)) {
        let sharing = group
            .iter()
            .flat_map(|offering| capacity.nodes_sharing(*offering))
            .filter(fits);
        if let Some(node) = sharing.min_by_key(|node| (capacity.free_on(*node).count(), *node)) {
            return Some(node);
        }
    }
    let least = (role.demand.whole_gpus().saturating_mul(role.tasks)).min(most + 1);
    if tightest {
        by_free(capacity, group, least..=most).find(fits)
    } else {
        by_free(capacity, group, (least..=most).rev()).find(fits)
    }
}

/// Tasks of `role` that an empty node of `offering` holds.
pub(crate) fn empty_room(capacity: &Capacity, role: &Role, offering: OfferingId) -> u32 {
    let (shape, demand) = (capacity.shape(offering), &role.demand);
    let by_gpu = match demand.gpu {
        GpuDemand::None => u32::MAX,
        GpuDemand::Whole(gpus) => shape.gpus / u32::from(gpus),
        GpuDemand::Milli(milli) => shape.gpus * (1000 / u32::from(milli)),
    };
    let by_cpu = shape.cpu_milli.checked_div(demand.cpu_milli);
    let by_memory = shape.memory_mib.checked_div(demand.memory_mib);
    by_gpu
        .min(by_cpu.unwrap_or(u32::MAX))
        .min(by_memory.unwrap_or(u32::MAX))
}
