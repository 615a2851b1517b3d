//! A configuration for a job, and what it holds already.

use sim_core::engine::View;
use sim_core::model::{GpuSet, Placement, Role, Seat, Start};
use sim_core::units::{JobId, ModelId, NodeId};

/// A configuration for a job: GPUs of a model, by node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    /// The job.
    pub(crate) job: JobId,
    /// The GPU model.
    pub(crate) model: ModelId,
    /// GPUs on each node, in order.
    pub(crate) counts: Vec<u32>,
}

impl Wish {
    /// GPUs in all.
    pub(crate) fn gpus(&self) -> u32 {
        self.counts.iter().sum()
    }

    /// GPUs on the node that has most of them.
    pub(crate) fn widest(&self) -> u32 {
        self.counts.iter().copied().max().unwrap_or(0)
    }

    /// The same on these nodes.
    pub(crate) fn on(&self, nodes: &[NodeId], view: &View<'_>) -> Placement {
        let each = tasks(view, self.job).map_or(1, Role::gpus_each);
        let seat = |(node, count): (&NodeId, &u32)| Seat {
            node: *node,
            role: 0,
            tasks: count / each.max(1),
            gpus: GpuSet::default(),
            start: Start::default(),
        };
        Placement {
            seats: nodes.iter().zip(&self.counts).map(seat).collect(),
        }
    }
}

/// What a job is made of.
pub(crate) fn tasks<'a>(view: &View<'a>, job: JobId) -> Option<&'a Role> {
    view.job(job)?.gang().roles().first()
}

/// What a running job holds, as a wish.
pub(crate) fn held(view: &View<'_>, job: JobId) -> Option<Wish> {
    let seats = view.job(job)?.allocation().seats();
    let first = view.offering(view.offering_of(seats.first()?.node))?;
    let mut wish = Wish {
        job,
        model: first.shape.model,
        counts: Vec::new(),
    };
    let mut last = None;
    for seat in seats {
        match wish.counts.last_mut() {
            Some(count) if last == Some(seat.node) => *count += seat.gpus.count(),
            Some(_) | None => wish.counts.push(seat.gpus.count()),
        }
        last = Some(seat.node);
    }
    Some(wish)
}
