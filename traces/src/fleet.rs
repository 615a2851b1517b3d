//! What a workload is to run on, as far as a critic of traces needs to know it.

use std::collections::BTreeMap;

use sim_core::units::convert;

use crate::record::{ModelSet, Nodes, Workload};

/// Machines, in pools of equal ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fleet {
    /// The pools; several may share a model.
    pub pools: Vec<Pool>,
}

/// Equal machines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pool {
    /// GPU model, as the workload names it.
    pub model: String,
    /// Machines.
    pub nodes: u32,
    /// GPUs of each.
    pub gpus_per_node: u32,
}

impl Fleet {
    /// The machines of a published list, those without GPUs left out.
    pub fn of(nodes: &Nodes) -> Self {
        let mut counts: BTreeMap<(&str, u32), u32> = BTreeMap::new();
        for node in &nodes.nodes {
            let model = node
                .model
                .and_then(|model| nodes.models.get(usize::from(model)));
            if let Some(model) = model {
                *counts.entry((model, node.gpus.into())).or_default() += 1;
            }
        }
        let pools = counts
            .into_iter()
            .map(|((model, gpus_per_node), nodes)| Pool {
                model: model.to_owned(),
                nodes,
                gpus_per_node,
            });
        Self {
            pools: pools.collect(),
        }
    }

    /// GPUs in all.
    pub fn gpus(&self) -> u64 {
        self.pools.iter().map(Pool::gpus).sum()
    }

    /// The pools that a set of models of `workload` allows.
    pub(crate) fn allowed<'a>(
        &'a self,
        workload: &'a Workload,
        models: ModelSet,
    ) -> impl Iterator<Item = &'a Pool> {
        self.pools.iter().filter(move |pool| {
            let position = workload
                .models
                .iter()
                .position(|model| *model == pool.model);
            models.is_any() || position.is_some_and(|position| models.allows(position))
        })
    }
}

impl Pool {
    /// GPUs of the pool.
    pub fn gpus(&self) -> u64 {
        u64::from(self.nodes) * u64::from(self.gpus_per_node)
    }

    /// Tasks of `gpus` whole GPUs that fit at once, none across machines.
    pub(crate) fn tasks(&self, gpus: u32) -> u64 {
        let each = self.gpus_per_node.checked_div(gpus).unwrap_or(u32::MAX);
        u64::from(self.nodes) * u64::from(each)
    }
}

/// Microseconds as hours.
pub(crate) fn hours(us: u64) -> f64 {
    convert::real(us) / 3.6e9
}
