//! The cluster autoscaler: its FAQ, its expanders against brute force, its promises over many random scans.

mod by_hand;
mod expanders;
mod invariants;

use policies::scale::cluster::{Group, Node, NodeState, Pod, Resources};
use sim_core::units::SimTime;

fn cpu(cpu_milli: u64) -> Resources {
    Resources {
        cpu_milli,
        memory_mib: cpu_milli,
        gpu_millionths: 0,
    }
}

fn group(cpu_milli: u64, min: u32, max: u32) -> Group {
    Group {
        template: cpu(cpu_milli),
        min,
        max,
        price: 1_000_000_000,
        priority: 0,
    }
}

fn ready(id: u64, allocatable: Resources) -> Node {
    Node {
        id,
        group: 0,
        allocatable,
        state: NodeState::Ready,
        since: SimTime::ZERO,
    }
}

fn pod(id: u64, cpu_milli: u64, node: Option<u64>) -> Pod {
    Pod {
        id,
        request: cpu(cpu_milli),
        is_movable: true,
        node,
    }
}
