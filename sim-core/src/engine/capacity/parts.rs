//! Parts of GPUs, shares and slices: what is free of them, and how they are taken.

use super::Capacity;
use super::Slices;
use crate::model::{Demand, GpuDemand, GpuSet, Profile, Seat, Sliced};
use crate::units::{NodeId, OfferingId, convert};

impl Capacity {
    /// Thousandths free of GPU `gpu` of `node` for a share: none of one that is partitioned.
    pub fn free_milli(&self, node: NodeId, gpu: u32) -> u32 {
        if self.free[node.index()].gpus.contains(GpuSet::one(gpu)) {
            return 1000;
        }
        self.shares.of(node, gpu).into()
    }

    /// By GPU of `node`: thousandths left of those that are partly in use, zero of any other; empty if there are none.
    pub fn shares_on(&self, node: NodeId) -> &[u16] {
        if self.free[node.index()].shared.is_empty() {
            return &[];
        }
        self.shares.on(node)
    }

    /// By GPU of `node`: what slices take of those that are partitioned, nothing of any other; empty if there are none.
    pub fn slices_on(&self, node: NodeId) -> &[Sliced] {
        if self.free[node.index()].shared.is_empty() {
            return &[];
        }
        let slices = self.slices.as_deref();
        slices.map_or(&[], |slices| slices.on(node))
    }

    /// The slices into which GPUs of `offering` are partitioned as tasks ask for them; none where they are not.
    pub fn profiles(&self, offering: OfferingId) -> &[Profile] {
        let slices = self.slices.as_deref();
        slices.map_or(&[], |slices| slices.of(offering))
    }

    /// Open nodes of `offering` that have a partly free GPU, in the order of their ids.
    pub fn nodes_sharing(&self, offering: OfferingId) -> impl Iterator<Item = NodeId> + '_ {
        let pool = &self.pools[offering.index()];
        let mut from = 0;
        std::iter::from_fn(move || {
            let slot = pool.sharing.next(from)?;
            from = slot + 1;
            Some(NodeId(pool.first + slot))
        })
    }

    /// Whether GPUs of `offering` are partitioned into the slices that `demand` asks for, if it does.
    #[inline]
    pub(crate) fn offers(&self, offering: OfferingId, demand: &Demand) -> bool {
        match demand.gpu {
            GpuDemand::None | GpuDemand::Whole(_) | GpuDemand::Milli(_) => true,
            GpuDemand::Slice(profile) => self.is_partitioned_into(offering, profile),
        }
    }

    /// Apart, so that what asks for no slice is not in its way.
    #[cold]
    fn is_partitioned_into(&self, offering: OfferingId, profile: Profile) -> bool {
        self.profiles(offering).contains(&profile)
    }

    pub(super) fn room_for_shares(&self, node: NodeId, milli: u16) -> u32 {
        let free = &self.free[node.index()];
        let per_whole = u32::from(1000 / milli);
        free.gpus.count() * per_whole + self.shares.room(node, milli)
    }

    pub(super) fn room_for_slices(&self, node: NodeId, profile: Profile) -> u32 {
        let free = &self.free[node.index()];
        if !self.profiles(self.offering_of(node)).contains(&profile) {
            return 0;
        }
        let beside = |slices: &Slices| slices.room(node, profile);
        free.gpus.count() * profile.per_gpu() + self.slices.as_deref().map_or(0, beside)
    }

    #[inline(never)]
    pub(super) fn choose_slice(&self, seat: &Seat, profile: Profile) -> Option<Seat> {
        if seat.tasks != 1 {
            return None;
        }
        let (free, offering) = (
            self.free[seat.node.index()].gpus,
            self.offering_of(seat.node),
        );
        let named = (seat.gpus, seat.start);
        let (gpus, start) =
            self.slices
                .as_deref()?
                .choose((seat.node, offering), free, profile, named)?;
        Some(Seat {
            gpus,
            start,
            ..*seat
        })
    }

    /// The partly free GPU with the least room that is enough, else the lowest free one.
    pub(super) fn choose_share(&self, seat: &Seat, milli: u16) -> Option<GpuSet> {
        if seat.tasks != 1 {
            return None;
        }
        if !seat.gpus.is_empty() {
            let enough = self.free_milli(seat.node, seat.gpus.lowest_index()) >= u32::from(milli);
            return (seat.gpus.count() == 1 && enough).then_some(seat.gpus);
        }
        let tightest = self.shares.tightest(seat.node, milli);
        tightest.or_else(|| self.free[seat.node.index()].gpus.lowest(1))
    }

    pub(super) fn take_slice(&mut self, seat: &Seat, profile: Profile) {
        let (place, nodes) = ((seat.node, seat.gpus.lowest_index()), self.free.len());
        let partitioned = self.slices_on(seat.node).get(convert::index(place.1));
        let in_slices = partitioned.is_some_and(|taken| !taken.is_empty());
        let free = &mut self.free[seat.node.index()];
        assert!(
            in_slices || free.gpus.contains(seat.gpus),
            "a GPU is partitioned or used otherwise"
        );
        free.gpus = free.gpus.without(seat.gpus);
        free.shared = free.shared.with(seat.gpus);
        let slices = self
            .slices
            .as_deref_mut()
            .expect("some GPUs are partitioned");
        slices.take(place, (profile, seat.start), nodes);
    }

    pub(super) fn take_share(&mut self, seat: &Seat, milli: u16) {
        let (place, nodes) = ((seat.node, seat.gpus.lowest_index()), self.free.len());
        let free = &mut self.free[seat.node.index()];
        let was_whole = free.gpus.contains(seat.gpus);
        free.gpus = free.gpus.without(seat.gpus);
        free.shared = free.shared.with(seat.gpus);
        self.shares.take(place, milli, was_whole, nodes);
    }

    pub(super) fn give_slice(&mut self, seat: &Seat, profile: Profile) {
        let place = (seat.node, seat.gpus.lowest_index());
        let slices = self
            .slices
            .as_deref_mut()
            .expect("some GPUs are partitioned");
        if slices.give(place, (profile, seat.start)) {
            let free = &mut self.free[seat.node.index()];
            free.shared = free.shared.without(seat.gpus);
            free.gpus = free.gpus.with(seat.gpus);
        }
    }

    pub(super) fn give_share(&mut self, seat: &Seat, milli: u16) {
        let free = &mut self.free[seat.node.index()];
        assert!(free.shared.contains(seat.gpus), "the share was taken");
        let is_whole = self
            .shares
            .give((seat.node, seat.gpus.lowest_index()), milli);
        if is_whole {
            free.shared = free.shared.without(seat.gpus);
            free.gpus = free.gpus.with(seat.gpus);
        }
    }
}
