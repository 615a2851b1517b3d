//! What is free, counted again from what runs; and plans that are taken back.

use std::sync::Arc;

use sim_core::engine::{Capacity, NodePhase, View};
use sim_core::model::{GpuDemand, GpuSet, Sliced};
use sim_core::swarm::scenario;
use sim_core::units::{NodeId, OfferingId};

use crate::rig::watch;
use crate::zoo::Animal;

/// Holds every index of `capacity` against what the running jobs leave. Asked before a plan has
/// decided anything.
pub(crate) fn recount(view: &View<'_>, capacity: &Capacity) {
    for (offering, _) in view.offerings() {
        let mut open = 0;
        for node in capacity.slots_of(offering) {
            let ready = view.node(node).expect("a slot").phase == NodePhase::Ready;
            assert_eq!(capacity.is_open(node), ready, "{node:?}");
            recount_node(view, capacity, node);
            open += u32::from(ready);
        }
        assert_eq!(capacity.open_nodes(offering), open);
        let wholly_free = |nodes: &mut dyn Iterator<Item = NodeId>| -> u32 {
            let open = nodes.filter(|node| capacity.is_open(*node));
            open.map(|node| capacity.free_on(node).count()).sum()
        };
        let free = wholly_free(&mut capacity.slots_of(offering));
        assert_eq!(capacity.free_gpus(offering), free);
        for rack in capacity.racks(offering) {
            let free = wholly_free(&mut capacity.rack_nodes(offering, rack));
            assert_eq!(capacity.rack_free_gpus(rack), free, "{rack:?}");
        }
        recount_indexes(capacity, offering);
    }
}

fn recount_node(view: &View<'_>, capacity: &Capacity, node: NodeId) {
    let shape = capacity.shape(capacity.offering_of(node));
    let mut free = vec![1000; shape.gpus as usize];
    let mut slices = vec![Sliced::default(); shape.gpus as usize];
    let (mut cpu, mut memory, mut seats) = (shape.cpu_milli, shape.memory_mib, 0);
    for job in view.running() {
        for seat in job
            .allocation()
            .seats()
            .iter()
            .filter(|seat| seat.node == node)
        {
            let demand = job.gang().roles()[usize::from(seat.role)].demand;
            let each = match demand.gpu {
                GpuDemand::None => 0,
                GpuDemand::Whole(_) => 1000,
                GpuDemand::Milli(milli) => u32::from(milli),
                GpuDemand::Slice(profile) => {
                    let own = &mut slices[seat.gpus.lowest_index() as usize];
                    *own = own.with(profile, seat.start.get().expect("slices start"));
                    0
                }
            };
            seat.gpus.iter().for_each(|gpu| free[gpu as usize] -= each);
            cpu -= demand.cpu_milli * seat.tasks;
            memory -= demand.memory_mib * seat.tasks;
            seats += 1;
        }
    }
    for (free, slices) in free.iter_mut().zip(&slices) {
        if !slices.is_empty() {
            assert_eq!(*free, 1000, "slices lie with nothing else");
            *free = 0;
        }
    }
    let whole = (0..shape.gpus).filter(|gpu| free[*gpu as usize] == 1000);
    let whole = whole.fold(GpuSet::EMPTY, |set, gpu| set.with(GpuSet::one(gpu)));
    assert_eq!(capacity.free_on(node), whole, "{node:?}");
    assert_eq!(capacity.free_cpu_memory(node), (cpu, memory), "{node:?}");
    assert_eq!(view.node(node).expect("a slot").seats, seats, "{node:?}");
    for (gpu, own) in slices.iter().enumerate() {
        let told = capacity.slices_on(node).get(gpu).copied();
        assert_eq!(told.unwrap_or_default(), *own, "GPU {gpu} of {node:?}");
    }
    for (gpu, milli) in (0..).zip(free) {
        assert_eq!(
            capacity.free_milli(node, gpu),
            milli,
            "GPU {gpu} of {node:?}"
        );
    }
}

fn recount_indexes(capacity: &Capacity, offering: OfferingId) {
    let gpus = capacity.shape(offering).gpus;
    for count in 0..=gpus {
        let scan = capacity
            .nodes(offering)
            .filter(|node| capacity.free_on(*node).count() == count);
        assert!(capacity.nodes_with(offering, count).eq(scan));
    }
    let in_part = |node: &NodeId| {
        let part = |gpu| {
            let whole = capacity.free_on(*node).contains(GpuSet::one(gpu));
            !whole && capacity.free_milli(*node, gpu) > 0
        };
        (0..gpus).any(part)
    };
    // The index may hold nodes whose shared GPUs are full; it must hold all that have room in one.
    let sharing: Vec<NodeId> = capacity.nodes_sharing(offering).collect();
    assert!(sharing.is_sorted());
    assert!(
        capacity
            .nodes(offering)
            .filter(in_part)
            .all(|node| sharing.contains(&node))
    );
}

#[test]
fn what_was_tried_out_and_taken_back_leaves_no_trace() {
    for seed in 0..1_000 {
        let (world, jobs) = scenario(seed);
        let world = Arc::new(world);
        let ant = watch(&world, &jobs, Animal::Ant.policy());
        let dreamer = watch(&world, &jobs, Animal::Dreamer(seed).policy());
        assert_eq!(ant.digests, dreamer.digests, "seed {seed}");
        assert_eq!(dreamer.refusals, 0, "refusals are taken back, too");
    }
}
