//! Packing: how many nodes like a template pods need, first fit, the largest first.

use std::cmp::Reverse;

use super::model::{Pod, Resources};

/// Nodes of a group that would do for some pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Position of the group.
    pub group: usize,
    /// Nodes to add.
    pub nodes: u32,
    /// Positions of the pods that they would run.
    pub pods: Vec<usize>,
    /// What these pods do not take of those nodes.
    pub idle: Resources,
}

/// As few nodes like `template` as first fit finds for those of `pods` that fit on one, at most `room` of them; none where that
/// is no node. Pods are taken by the sum of their shares of CPU and memory, the largest first; of those alike, the first.
pub fn offer(group: usize, template: Resources, room: u32, pods: &[Pod]) -> Option<Offer> {
    let share = |pod: &Pod| {
        let cpu = u128::from(pod.request.cpu_milli) * u128::from(template.memory_mib);
        cpu + u128::from(pod.request.memory_mib) * u128::from(template.cpu_milli)
    };
    let mut order: Vec<usize> = (0..pods.len()).collect();
    order.sort_by_key(|at| (Reverse(share(&pods[*at])), *at));
    let mut free: Vec<Resources> = Vec::new();
    let mut placed = Vec::new();
    let mut nodes = 0;
    for at in order {
        let request = &pods[at].request;
        if let Some(node) = free.iter_mut().find(|free| free.has(request)) {
            *node = node.less(request);
        } else if template.has(request) && nodes < room {
            free.push(template.less(request));
            nodes += 1;
        } else {
            continue;
        }
        placed.push(at);
    }
    placed.sort_unstable();
    let idle = free
        .iter()
        .fold(Resources::default(), |sum, free| sum.plus(free));
    (nodes > 0).then_some(Offer {
        group,
        nodes,
        pods: placed,
        idle,
    })
}
