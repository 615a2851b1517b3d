//! Shares: what is left of GPUs of which a part is in use.

use std::fmt;

use crate::model::{GpuSet, Offering};
use crate::units::{NodeId, convert};

/// Thousandths left of each GPU that is partly in use; nothing is kept until somebody takes a share.
#[derive(Default)]
pub(super) struct Shares {
    /// GPUs of the largest node: every node has so many places in the table.
    stride: usize,
    /// By node, by GPU. Zero of a GPU that is free, or taken as a whole.
    left: Vec<u16>,
}

/// What is left, by place in the table; not whether there is a table: a share that was taken and given back leaves no trace.
impl fmt::Debug for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.left.iter().enumerate();
        f.debug_map()
            .entries(left.filter(|(_, left)| **left > 0))
            .finish()
    }
}

impl Clone for Shares {
    fn clone(&self) -> Self {
        Self {
            stride: self.stride,
            left: self.left.clone(),
        }
    }

    /// Reuses what is allocated already.
    fn clone_from(&mut self, source: &Self) {
        self.stride = source.stride;
        self.left.clone_from(&source.left);
    }
}

impl Shares {
    /// Nobody has a share yet on nodes of `offerings`.
    pub(super) fn new(offerings: &[Offering]) -> Self {
        let largest = offerings.iter().map(|own| own.shape.gpus).max();
        Self {
            stride: convert::index(largest.unwrap_or(0)),
            left: Vec::new(),
        }
    }

    /// By GPU of `node`, what is left of those that are partly in use; empty if nobody ever had a share.
    pub(super) fn on(&self, node: NodeId) -> &[u16] {
        let first = node.index() * self.stride;
        self.left
            .get(first..first + self.stride)
            .unwrap_or_default()
    }

    /// What is left of a GPU of which a part is in use.
    pub(super) fn of(&self, node: NodeId, gpu: u32) -> u16 {
        let of = self.on(node).get(convert::index(gpu));
        of.copied().unwrap_or(0)
    }

    /// Takes a share of a GPU that was free as a whole until now, or of what is left of it; on one of `nodes` nodes. Apart, so
    /// that whole GPUs do not pay for shares.
    #[inline(never)]
    pub(super) fn take(&mut self, place: (NodeId, u32), milli: u16, was_whole: bool, nodes: usize) {
        let before = if was_whole {
            1000
        } else {
            self.of(place.0, place.1)
        };
        self.left.resize(nodes * self.stride, 0);
        let left = before.checked_sub(milli).expect("the share was free");
        *self.at(place) = left;
    }

    /// Gives a share back; whether the GPU is free as a whole now.
    #[inline(never)]
    pub(super) fn give(&mut self, place: (NodeId, u32), milli: u16) -> bool {
        let left = self.at(place);
        *left += milli;
        assert!(*left <= 1000, "what is given back was taken");
        let is_whole = *left == 1000;
        *left %= 1000;
        is_whole
    }

    fn at(&mut self, (node, gpu): (NodeId, u32)) -> &mut u16 {
        &mut self.left[node.index() * self.stride + convert::index(gpu)]
    }

    /// Shares of `milli` thousandths that fit beside others.
    pub(super) fn room(&self, node: NodeId, milli: u16) -> u32 {
        let room = |left: &u16| u32::from(left / milli);
        self.on(node).iter().map(room).sum()
    }

    /// The GPU among those partly in use with the least room that is enough, the lowest of several.
    pub(super) fn tightest(&self, node: NodeId, milli: u16) -> Option<GpuSet> {
        let parts = (0..).zip(self.on(node));
        let enough = parts.filter(|(_, left)| **left >= milli);
        let (gpu, _) = enough.min_by_key(|(gpu, left)| (**left, *gpu))?;
        Some(GpuSet::one(gpu))
    }
}
