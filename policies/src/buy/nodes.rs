//! Nodes and pods of a fleet, as the cluster autoscaler sees them.
//!
//! Every offering is a group. A pod is a task of a running job; a share or a slice of a GPU counts as one over as many as a
//! GPU holds of them.

use std::collections::BTreeSet;

use sim_core::engine::{Capacity, JobView};
use sim_core::model::{Demand, GpuDemand, Shape};
use sim_core::units::{NodeId, OfferingId, SimTime, convert};

use super::risk::keeps_anything;
use crate::compose::Desk;
use crate::scale::cluster::{Cluster, Group, Node, NodeState, Pod, Resources};

const GPU: u64 = 1_000_000;

/// What an empty machine has.
pub(super) fn whole(shape: Shape) -> Resources {
    Resources {
        cpu_milli: shape.cpu_milli.into(),
        memory_mib: shape.memory_mib.into(),
        gpu_millionths: u64::from(shape.gpus) * GPU,
    }
}

/// What is free of a machine, of its GPUs those that nobody uses any part of.
pub(super) fn free(capacity: &Capacity, node: NodeId) -> Resources {
    let (cpu, memory) = capacity.free_cpu_memory(node);
    Resources {
        cpu_milli: cpu.into(),
        memory_mib: memory.into(),
        gpu_millionths: u64::from(capacity.free_on(node).count()) * GPU,
    }
}

/// What a task takes.
pub(super) fn need(demand: &Demand) -> Resources {
    let gpu_millionths = match demand.gpu {
        GpuDemand::None => 0,
        GpuDemand::Whole(gpus) => u64::from(gpus) * GPU,
        GpuDemand::Milli(milli) => GPU / u64::from(1000 / milli),
        GpuDemand::Slice(profile) => GPU / u64::from(profile.per_gpu().max(1)),
    };
    Resources {
        cpu_milli: demand.cpu_milli.into(),
        memory_mib: demand.memory_mib.into(),
        gpu_millionths,
    }
}

/// The name of a node that no other machine has or had.
fn name(desk: &Desk<'_, '_, '_>, node: NodeId) -> u64 {
    let launch = desk.view.node(node).map_or(0, |node| node.launch);
    u64::from(launch) << 32 | u64::from(node.0)
}

/// The slot of a node of this name.
pub(super) fn slot(name: u64) -> NodeId {
    NodeId(u32::try_from(name & u64::from(u32::MAX)).expect("32 bits"))
}

/// Groups, and nodes that are ready: of `fleets` those on which nothing runs, or all there are with the pods on them, some of
/// which may be moved, where nodes may be emptied. A node of another fleet never goes. Groups named in `priority` come before
/// all others.
pub(super) fn cluster(
    desk: &Desk<'_, '_, '_>,
    fleets: &[OfferingId],
    priority: &[String],
    evict: bool,
) -> Cluster {
    let mut cluster = Cluster {
        now: desk.view.now(),
        ..Cluster::default()
    };
    let capacity = desk.plan.capacity();
    for (id, of) in desk.view.offerings() {
        let node = |node: NodeId| Node {
            id: name(desk, node),
            group: id.index(),
            allocatable: whole(of.shape),
            state: NodeState::Ready,
            since: SimTime::ZERO,
        };
        let (is_ours, before) = (fleets.contains(&id), cluster.nodes.len());
        if evict {
            cluster.nodes.extend(capacity.nodes(id).map(node));
        } else if is_ours {
            let idle = capacity.nodes_with(id, of.shape.gpus);
            let idle = idle.filter(|node| capacity.is_empty(*node));
            cluster.nodes.extend(idle.map(node));
        }
        // Those that are not told of stay.
        let told = convert::narrow(cluster.nodes.len() - before);
        let stay = (of.held - of.leaving).saturating_sub(told);
        let place = priority.iter().rev().position(|name| name == of.name);
        cluster.groups.push(Group {
            template: whole(of.shape),
            min: if is_ours {
                of.min.saturating_sub(stay)
            } else {
                u32::MAX
            },
            max: of.max,
            price: of.price.nanousd_h(),
            priority: place.map_or(0, |place| convert::narrow(place + 1)),
        });
    }
    cluster.nodes.sort_unstable_by_key(|node| node.id);
    if evict {
        cluster.pods = pods(desk);
    }
    cluster
}

/// Positions of the nodes on which somebody is expected, or has just been started.
pub(super) fn in_use(
    desk: &Desk<'_, '_, '_>,
    cluster: &Cluster,
    expected: &BTreeSet<NodeId>,
) -> Vec<usize> {
    let runs: BTreeSet<u64> = cluster.pods.iter().filter_map(|pod| pod.node).collect();
    let is_in_use = |node: &Node| {
        let slot = slot(node.id);
        let is_new = !desk.plan.capacity().is_empty(slot) && !runs.contains(&node.id);
        is_new || expected.contains(&slot)
    };
    let nodes = cluster.nodes.iter().enumerate();
    let used = nodes.filter(|(_, node)| is_in_use(node));
    used.map(|(at, _)| at).collect()
}

fn pods(desk: &Desk<'_, '_, '_>) -> Vec<Pod> {
    let mut pods: Vec<Pod> = Vec::new();
    let runs = |job: &JobView<'_>| desk.plan.is_running(job.id());
    for job in desk.view.running().filter(runs) {
        let is_movable = is_movable(desk, &job);
        for seat in job.allocation().seats() {
            let demand = &job.gang().roles()[usize::from(seat.role)].demand;
            for _ in 0..seat.tasks {
                pods.push(Pod {
                    id: convert::wide(pods.len()),
                    request: need(demand),
                    is_movable,
                    node: Some(name(desk, seat.node)),
                });
            }
        }
    }
    pods
}

/// Whether a running job may be evicted: something of it outlives that, its service can spare it, and it saves nothing now.
pub(super) fn is_movable(desk: &Desk<'_, '_, '_>, job: &JobView<'_>) -> bool {
    keeps_anything(job) && !job.is_saving() && desk.plan.can_spare(job.id())
}
