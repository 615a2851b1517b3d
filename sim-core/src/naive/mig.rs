//! Slices of partitioned GPUs, each looked up where it lies.

use super::Naive;
use crate::model::{GpuDemand, GpuSet, Profile, Seat, Start};
use crate::units::{NodeId, convert};

/// A slice, and the memory slice that it starts at.
type Slice = (Profile, u8);

impl Naive<'_> {
    /// By GPU of `node`: the slices on it.
    pub(super) fn slices(&self, node: NodeId) -> Vec<Vec<Slice>> {
        let mut slices = vec![Vec::new(); 64];
        for (at, row) in self.rows.iter().enumerate() {
            for seat in row.seats.iter().filter(|seat| seat.node == node) {
                let demand = self.rows[at].spec.gang.roles()[usize::from(seat.role)].demand;
                let (GpuDemand::Slice(profile), Some(start)) = (demand.gpu, seat.start.get())
                else {
                    continue;
                };
                for gpu in seat.gpus.iter() {
                    slices[convert::index(gpu)].push((profile, start));
                }
            }
        }
        slices
    }

    /// What GPUs of `node` may be partitioned into.
    pub(super) fn profiles(&self, node: NodeId) -> &[Profile] {
        let offering = &self.world.offerings[self.slots[node.index()].offering];
        offering.mig.as_deref().unwrap_or_default()
    }

    /// The GPU and the start that the engine would choose for a slice: the GPU in slices with the fewest memory slices left
    /// on which it fits, or else the lowest of the free ones, and the start after which the most others fit.
    pub(super) fn choose_slice(
        &self,
        seat: &Seat,
        profile: Profile,
        free: GpuSet,
    ) -> Option<(GpuSet, Start)> {
        let (node, offers) = (seat.node, self.profiles(seat.node));
        let slices = self.slices(node);
        let partitioned = (0..64).filter(|gpu| !slices[convert::index(*gpu)].is_empty());
        let has_room = |gpu: &u32| {
            starts(&slices[convert::index(*gpu)], profile)
                .next()
                .is_some()
        };
        let memory_left = |gpu: &u32| {
            let taken = slices[convert::index(*gpu)].iter();
            8 - taken.map(|(own, _)| u32::from(own.memory())).sum::<u32>()
        };
        let tightest = partitioned
            .filter(has_room)
            .min_by_key(|gpu| (memory_left(gpu), *gpu));
        let gpu = tightest.or_else(|| free.iter().next())?;
        let own = &slices[convert::index(gpu)];
        let left = |start: u8| {
            let mut then = own.clone();
            then.push((profile, start));
            offers
                .iter()
                .map(|other| starts(&then, *other).count())
                .sum::<usize>()
        };
        let mut best: Option<(usize, u8)> = None;
        for start in starts(own, profile) {
            if best.is_none_or(|(most, _)| left(start) > most) {
                best = Some((left(start), start));
            }
        }
        let (_, start) = best?;
        Some((GpuSet::one(gpu), Start::at(start)))
    }

    /// Whether the slices of each GPU of `node` are of those it offers, lie where they may and beside one another, compute on
    /// no more than there is, and share no GPU that is in use otherwise to so many thousandths.
    pub(super) fn slices_fit(&self, node: NodeId, used: &[u32; 64]) -> bool {
        let sound = |(gpu, slices): (usize, &Vec<Slice>)| {
            let alone = slices.is_empty() || used[gpu] == 0;
            let offered = slices
                .iter()
                .all(|(own, _)| self.profiles(node).contains(own));
            let placed = (0..slices.len()).all(|at| {
                let mut others = slices.clone();
                let (own, start) = others.swap_remove(at);
                starts(&others, own).any(|free| free == start)
            });
            alone && offered && placed
        };
        self.slices(node).iter().enumerate().all(sound)
    }
}

/// Starts at which a slice fits beside others.
fn starts(slices: &[Slice], profile: Profile) -> impl Iterator<Item = u8> + '_ {
    let compute: u8 = slices.iter().map(|(own, _)| own.compute()).sum();
    let enough = compute + profile.compute() <= profile.of();
    let beside = move |start: &u8| {
        let apart = |(own, from): &Slice| {
            from + own.memory() <= *start || start + profile.memory() <= *from
        };
        enough && slices.iter().all(apart)
    };
    profile.starts().filter(beside)
}
