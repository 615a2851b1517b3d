//! What placements share: groups of offerings with one GPU model, and seats from a walk over nodes.

use sim_core::engine::Capacity;
use sim_core::model::{GpuDemand, ModelSet, Role, Seat, Seats, Shape};
use sim_core::units::{NodeId, OfferingId};
use smallvec::SmallVec;

/// A few offerings.
pub(crate) type Offerings = SmallVec<[OfferingId; 8]>;

/// The offerings that `role` may lie on.
pub(super) fn allowed(capacity: &Capacity, role: &Role, models: ModelSet) -> Offerings {
    let mut allowed = Offerings::new();
    for offering in capacity.offerings() {
        if capacity.allows(offering, models, &role.demand) {
            allowed.push(offering);
        }
    }
    allowed
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

/// Adds up to `tasks` tasks on `node`: one seat, or one for each where they take a part of a GPU.
pub(super) fn seat(seats: &mut Seats, node: NodeId, tasks: u32, role: &Role) {
    if role.demand.gpu.is_part() {
        seats.extend((0..tasks).map(|_| Seat::anywhere(node, 0, 1)));
    } else if tasks > 0 {
        seats.push(Seat::anywhere(node, 0, tasks));
    }
}

/// Seats on the nodes of a walk, as many tasks on each as fit, until all have one. The walk meets a node once.
pub(crate) fn fill(
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

/// Whether there are as many wholly free GPUs as a role wants: if not, there is no need to look at nodes.
pub(super) fn may_fit(capacity: &Capacity, role: &Role, group: &[OfferingId]) -> bool {
    let wanted = u64::from(role.demand.whole_gpus()) * u64::from(role.tasks);
    let free = |offering: &OfferingId| u64::from(capacity.free_gpus(*offering));
    group.iter().map(free).sum::<u64>() >= wanted
}

/// Open nodes of a group with at least `least` free GPUs, those with the fewest first, ties by id.
pub(super) fn tightest<'a>(
    capacity: &'a Capacity,
    group: &'a [OfferingId],
    least: u32,
) -> impl Iterator<Item = NodeId> + 'a {
    let mut left = counts(capacity, group, least);
    let upward = std::iter::from_fn(move || {
        let free = (left != 0).then(|| left.trailing_zeros())?;
        left &= left - 1;
        Some(free)
    });
    upward.flat_map(move |free| with_free(capacity, group, free))
}

/// The same, those with the most first.
pub(super) fn emptiest<'a>(
    capacity: &'a Capacity,
    group: &'a [OfferingId],
    least: u32,
) -> impl Iterator<Item = NodeId> + 'a {
    let mut left = counts(capacity, group, least);
    let downward = std::iter::from_fn(move || {
        let free = left.checked_ilog2()?;
        left ^= 1 << free;
        Some(free)
    });
    downward.flat_map(move |free| with_free(capacity, group, free))
}

/// Bit `n` is set if a node of the group has `n` free GPUs, for `n` from `least` on.
fn counts(capacity: &Capacity, group: &[OfferingId], least: u32) -> u128 {
    let all = |counts, offering: &OfferingId| counts | capacity.free_counts(*offering);
    group.iter().fold(0, all) & u128::MAX.checked_shl(least).unwrap_or(0)
}

fn with_free<'a>(
    capacity: &'a Capacity,
    group: &'a [OfferingId],
    free: u32,
) -> impl Iterator<Item = NodeId> + 'a {
    let nodes = move |offering: &OfferingId| capacity.nodes_with(*offering, free);
    group.iter().flat_map(nodes)
}

/// The node on which all tasks fit with the fewest free GPUs, or with the most. A share prefers a GPU in use, and so does a
/// slice, on a node where no other need be partitioned.
pub(super) fn one_node(
    capacity: &Capacity,
    role: &Role,
    group: &[OfferingId],
    by_tightest: bool,
) -> Option<NodeId> {
    let fits = |node: &NodeId| capacity.fits(*node, &role.demand, role.tasks);
    if by_tightest && role.demand.gpu.is_part() {
        let sharing = group
            .iter()
            .flat_map(|offering| capacity.nodes_sharing(*offering))
            .filter(fits);
        let key = |node: &NodeId| {
            let opens = opens(capacity, role, *node);
            (opens, capacity.free_on(*node).count(), *node)
        };
        if let Some(node) = sharing.min_by_key(key) {
            return Some(node);
        }
    }
    let least = role.demand.whole_gpus().saturating_mul(role.tasks);
    let mut left = counts(capacity, group, least);
    while left != 0 {
        let free = if by_tightest {
            left.trailing_zeros()
        } else {
            left.ilog2()
        };
        left ^= 1 << free;
        for offering in group {
            let node = capacity.nodes_with(*offering, free).find(fits);
            if node.is_some() {
                return node;
            }
        }
    }
    None
}

/// Whether a node on which GPUs are in use would partition another for these slices.
fn opens(capacity: &Capacity, role: &Role, node: NodeId) -> bool {
    match role.demand.gpu {
        GpuDemand::None | GpuDemand::Whole(_) | GpuDemand::Milli(_) => false,
        GpuDemand::Slice(profile) => {
            let partitioned = capacity.slices_on(node).iter();
            let beside = partitioned.filter(|taken| !taken.is_empty());
            beside.map(|taken| profile.room(*taken)).sum::<u32>() < role.tasks
        }
    }
}

/// How far behind others [`one_node`] puts a node for a share or a slice, whatever is free on it: no step, one or two of more
/// GPUs than a node has.
pub(super) fn freshness(
    capacity: &Capacity,
    role: &Role,
    (node, is_shared): (NodeId, bool),
) -> f64 {
    let steps = match role.demand.gpu.is_part() {
        false => 0,
        true if !is_shared => 2,
        true => u32::from(opens(capacity, role, node)),
    };
    f64::from(steps * 100)
}

/// Tasks of `role` that an empty node of `offering` holds.
pub(crate) fn empty_room(capacity: &Capacity, role: &Role, offering: OfferingId) -> u32 {
    room_in(capacity.shape(offering), role)
}

/// Tasks of `role` that an empty node of this shape holds, of those on which it may lie.
pub(crate) fn room_in(shape: Shape, role: &Role) -> u32 {
    let demand = &role.demand;
    let by_gpu = match demand.gpu {
        GpuDemand::None => u32::MAX,
        GpuDemand::Whole(gpus) => shape.gpus / u32::from(gpus),
        GpuDemand::Milli(milli) => shape.gpus * (1000 / u32::from(milli)),
        GpuDemand::Slice(profile) => shape.gpus * profile.per_gpu(),
    };
    let by_cpu = shape.cpu_milli.checked_div(demand.cpu_milli);
    let by_memory = shape.memory_mib.checked_div(demand.memory_mib);
    by_gpu
        .min(by_cpu.unwrap_or(u32::MAX))
        .min(by_memory.unwrap_or(u32::MAX))
}
