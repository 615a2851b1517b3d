//! GPUs by model, and the configurations that there are of them.

use sim_core::engine::{Plan, View};
use sim_core::model::Gang;
use sim_core::units::{ModelId, convert};

/// Nodes, and GPUs on each, of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pool {
    pub(crate) model: ModelId,
    pub(crate) nodes: u32,
    pub(crate) each: u32,
}

impl Pool {
    /// All of its GPUs.
    pub(crate) fn gpus(&self) -> u32 {
        self.nodes * self.each
    }

    /// Powers of two on a node, then whole nodes.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = u32> {
        let powers = std::iter::successors(Some(1_u32), |gpus| gpus.checked_mul(2));
        let each = self.each;
        powers
            .take_while(move |gpus| *gpus < each)
            .chain((1..=self.nodes).map(move |nodes| nodes * each))
    }

    /// Nodes that so many GPUs take.
    pub(crate) fn nodes_of(&self, gpus: u32) -> u32 {
        gpus.div_ceil(self.each)
    }

    /// Whether the tasks of a gang find room on its nodes, each role by itself: GPUs that no task of it fits on are none to it, and
    /// whoever was moved there would wait in vain.
    pub(crate) fn seats(&self, gang: &Gang) -> bool {
        gang.roles().iter().all(|role| {
            let on_a_node = self.each.checked_div(role.gpus_each());
            on_a_node.is_none_or(|tasks| tasks.saturating_mul(self.nodes) >= role.tasks)
        })
    }

    /// Full nodes, and the rest on one more.
    pub(crate) fn counts(&self, gpus: u32) -> Vec<u32> {
        let full = std::iter::repeat_n(self.each, convert::index(gpus / self.each));
        let rest = gpus % self.each;
        full.chain((rest > 0).then_some(rest)).collect()
    }
}

/// Open nodes by model; where nodes of a model differ, all count as the smallest.
pub(crate) fn pools(view: &View<'_>, plan: &Plan<'_>) -> Vec<Pool> {
    let capacity = plan.capacity();
    let mut pools: Vec<Pool> = Vec::new();
    for (id, offering) in view.offerings() {
        let (model, each) = (offering.shape.model, offering.shape.gpus);
        let slots = capacity.slots_of(id);
        let nodes = convert::narrow(slots.filter(|node| capacity.is_open(*node)).count());
        if each == 0 || nodes == 0 {
            continue;
        }
        match pools.iter_mut().find(|pool| pool.model == model) {
            Some(pool) => (pool.nodes, pool.each) = (pool.nodes + nodes, pool.each.min(each)),
            None => pools.push(Pool { model, nodes, each }),
        }
    }
    pools
}
