//! A pool: the nodes of an offering by what is free on them.

use super::bits::Bits;
use crate::model::{Market, Offering, Shape};
use crate::units::convert;

/// The nodes of an offering: a range of node ids, and which of them are open by number of free GPUs.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) first: u32,
    pub(super) shape: Shape,
    pub(super) market: Market,
    pub(super) rack_size: u32,
    pub(super) first_rack: u32,
    /// By number of wholly free GPUs: open node slots.
    pub(super) by_free: Vec<Bits>,
    /// Bit `n` is set where `by_free[n]` holds a node.
    pub(super) counts: u128,
    /// Open nodes with a GPU that is partly free.
    pub(super) sharing: Bits,
    /// Wholly free GPUs on open nodes.
    pub(super) free_gpus: u32,
    pub(super) open: u32,
}

impl Clone for Pool {
    fn clone(&self) -> Self {
        Self {
            by_free: self.by_free.clone(),
            sharing: self.sharing.clone(),
            ..*self
        }
    }

    /// Reuses what is allocated already.
    fn clone_from(&mut self, source: &Self) {
        self.by_free.clone_from(&source.by_free);
        self.sharing.clone_from(&source.sharing);
        (self.first, self.shape) = (source.first, source.shape);
        self.market = source.market;
        (self.rack_size, self.first_rack) = (source.rack_size, source.first_rack);
        (self.counts, self.free_gpus, self.open) = (source.counts, source.free_gpus, source.open);
    }
}

impl Pool {
    /// The slots of an offering, from a node id and a rack on, with all nodes closed.
    pub(super) fn new(offering: &Offering, first: u32, first_rack: u32) -> Self {
        let (slots, shape) = (convert::index(offering.max), offering.shape);
        Self {
            first,
            shape,
            market: offering.market,
            rack_size: offering.rack_size,
            first_rack,
            by_free: vec![Bits::new(slots); convert::index(shape.gpus) + 1],
            counts: 0,
            sharing: Bits::new(slots),
            free_gpus: 0,
            open: 0,
        }
    }

    /// An open node slot has so many wholly free GPUs.
    pub(super) fn list(&mut self, slot: u32, free: u32) {
        self.by_free[convert::index(free)].insert(slot);
        self.counts |= 1 << free;
    }

    /// It has them no more.
    pub(super) fn unlist(&mut self, slot: u32, free: u32) {
        let nodes = &mut self.by_free[convert::index(free)];
        nodes.remove(slot);
        if nodes.is_empty() {
            self.counts &= !(1 << free);
        }
    }
}
