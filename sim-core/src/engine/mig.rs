//! Slices: what of GPUs is taken that are partitioned.

use std::fmt;
use std::sync::Arc;

use crate::model::{GpuSet, Offering, Profile, Sliced, Start};
use crate::units::{NodeId, OfferingId, convert};

/// By offering: what its GPUs are partitioned into.
type Offers = Arc<[Option<Arc<[Profile]>>]>;

/// What slices take of each GPU; nothing is kept until somebody takes a slice.
pub(super) struct Slices {
    /// GPUs of the largest node: every node has so many places in the table.
    stride: usize,
    /// By node, by GPU. Empty of a GPU that is free, or in use otherwise.
    taken: Vec<Sliced>,
    offers: Offers,
}

/// What is taken, by place in the table; not whether there is a table: a slice that was taken and given back leaves no trace.
impl fmt::Debug for Slices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let taken = self.taken.iter().enumerate();
        f.debug_map()
            .entries(taken.filter(|(_, taken)| !taken.is_empty()))
            .finish()
    }
}

impl Clone for Slices {
    fn clone(&self) -> Self {
        Self {
            stride: self.stride,
            taken: self.taken.clone(),
            offers: self.offers.clone(),
        }
    }

    /// Reuses what is allocated already.
    fn clone_from(&mut self, source: &Self) {
        self.stride = source.stride;
        self.taken.clone_from(&source.taken);
        self.offers.clone_from(&source.offers);
    }
}

impl Slices {
    /// Nobody has a slice yet on nodes of `offerings`; none where nothing is partitioned.
    pub(super) fn new(offerings: &[Offering]) -> Option<Box<Self>> {
        if offerings.iter().all(|own| own.mig.is_none()) {
            return None;
        }
        let largest = offerings.iter().map(|own| own.shape.gpus).max();
        Some(Box::new(Self {
            stride: convert::index(largest.unwrap_or(0)),
            taken: Vec::new(),
            offers: offerings.iter().map(|own| own.mig.clone()).collect(),
        }))
    }

    /// What GPUs of `offering` are partitioned into; nothing where they are not.
    pub(super) fn of(&self, offering: OfferingId) -> &[Profile] {
        let own = self.offers.get(offering.index());
        own.and_then(Option::as_deref).unwrap_or_default()
    }

    /// By GPU of `node`, what slices take of it; empty if nobody ever had a slice.
    pub(super) fn on(&self, node: NodeId) -> &[Sliced] {
        let first = node.index() * self.stride;
        self.taken
            .get(first..first + self.stride)
            .unwrap_or_default()
    }

    /// GPUs of `node` that slices are taken of, with what they take.
    fn partitioned(&self, node: NodeId) -> impl Iterator<Item = (u32, Sliced)> + '_ {
        let gpus = (0..).zip(self.on(node).iter().copied());
        gpus.filter(|(_, taken)| !taken.is_empty())
    }

    /// Takes a slice of a GPU that is free as a whole, or that slices are taken of; on one of `nodes` nodes.
    #[inline(never)]
    pub(super) fn take(
        &mut self,
        place: (NodeId, u32),
        (profile, start): (Profile, Start),
        nodes: usize,
    ) {
        self.taken.resize(nodes * self.stride, Sliced::default());
        let start = start.get().expect("a slice that is taken starts somewhere");
        let taken = self.at(place);
        *taken = taken.with(profile, start);
    }

    /// Gives a slice back; whether the GPU is free as a whole now.
    #[inline(never)]
    pub(super) fn give(
        &mut self,
        place: (NodeId, u32),
        (profile, start): (Profile, Start),
    ) -> bool {
        let start = start
            .get()
            .expect("a slice that was taken starts somewhere");
        let taken = self.at(place);
        *taken = taken.without(profile, start);
        taken.is_empty()
    }

    fn at(&mut self, (node, gpu): (NodeId, u32)) -> &mut Sliced {
        &mut self.taken[node.index() * self.stride + convert::index(gpu)]
    }

    /// Slices that fit beside others.
    pub(super) fn room(&self, node: NodeId, profile: Profile) -> u32 {
        let gpus = self.partitioned(node);
        gpus.map(|(_, taken)| profile.room(taken)).sum()
    }

    /// Where a slice would lie on a node of `offering` of which the GPUs `free` are free as a whole: on the GPU where it lies
    /// best, and there so that the most starts are left. What is named is honoured if it is free; a start without a GPU is
    /// not.
    pub(super) fn choose(
        &self,
        (node, offering): (NodeId, OfferingId),
        free: GpuSet,
        profile: Profile,
        (gpus, start): (GpuSet, Start),
    ) -> Option<(GpuSet, Start)> {
        if gpus.count() > 1 || gpus.is_empty() && !start.is_none() {
            return None;
        }
        let gpu = if gpus.is_empty() {
            profile.best_gpu(self.partitioned(node), free)?
        } else {
            gpus.lowest_index()
        };
        let taken = self.on(node).get(convert::index(gpu)).copied();
        let taken = taken.unwrap_or_default();
        if taken.is_empty() && !free.contains(GpuSet::one(gpu)) {
            return None;
        }
        let start = match start.get() {
            Some(start) => Some(start).filter(|start| profile.fits(taken, *start)),
            None => profile.best_start(taken, self.of(offering)),
        };
        Some((GpuSet::one(gpu), Start::at(start?)))
    }
}
