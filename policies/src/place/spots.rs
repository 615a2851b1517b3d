//! Spots: where on a node a part of a GPU may lie.

use sim_core::model::{GpuSet, Profile, Sliced, Start};
use sim_core::units::convert;

use super::sites::Site;

/// A GPU for a part of one, and where a slice starts on it.
pub(super) type Spot = (u32, Start);

impl Site {
    /// The GPU with the least left that is enough for a share, the lowest of several.
    pub(super) fn tightest(&self, milli: u16) -> Option<Spot> {
        let enough = (0..).zip(&self.left).filter(|(_, left)| **left >= milli);
        enough
            .min_by_key(|(gpu, left)| (**left, *gpu))
            .map(|(gpu, _)| (gpu, Start::NONE))
    }

    /// GPUs in slices, with what they take.
    fn partitioned(&self) -> impl Iterator<Item = (u32, Sliced)> + '_ {
        let gpus = (0..).zip(self.sliced.iter().copied());
        gpus.filter(|(_, taken)| !taken.is_empty())
    }

    /// GPUs on which slices may lie: those in slices, and of those that are free the lowest, since they are alike.
    fn sliceable(&self, profile: Profile) -> impl Iterator<Item = u32> + '_ {
        let first_free = self.free.lowest(1).map(GpuSet::lowest_index);
        let gpus = self.partitioned().map(|(gpu, _)| gpu).chain(first_free);
        let offered = self.profiles.contains(&profile);
        gpus.filter(move |_| offered)
    }

    /// Where the engine would put a slice.
    pub(super) fn slice(&self, profile: Profile) -> Option<Spot> {
        let offered = self.profiles.contains(&profile);
        let gpu = profile.best_gpu(self.partitioned(), self.free);
        self.slice_on(gpu.filter(|_| offered)?, profile)
    }

    /// Where the engine would put a slice on this GPU.
    fn slice_on(&self, gpu: u32, profile: Profile) -> Option<Spot> {
        let start = profile.best_start(self.sliced_on(gpu), &self.profiles)?;
        Some((gpu, Start::at(start)))
    }

    /// Every place for a slice.
    pub(super) fn slices(&self, profile: Profile) -> impl Iterator<Item = Spot> + '_ {
        self.sliceable(profile).flat_map(move |gpu| {
            let taken = self.sliced_on(gpu);
            let starts = profile.starts();
            let open = starts.filter(move |start| profile.fits(taken, *start));
            open.map(move |start| (gpu, Start::at(start)))
        })
    }

    /// Every place for a slice: first where the engine would put it, then where it would on each GPU, then all.
    pub(super) fn slices_by_choice(&self, profile: Profile) -> impl Iterator<Item = Spot> + '_ {
        let own = self.sliceable(profile);
        let own = own.filter_map(move |gpu| self.slice_on(gpu, profile));
        let first = self.slice(profile).into_iter();
        first.chain(own).chain(self.slices(profile))
    }

    fn sliced_on(&self, gpu: u32) -> Sliced {
        let taken = self.sliced.get(convert::index(gpu));
        taken.copied().unwrap_or_default()
    }
}
