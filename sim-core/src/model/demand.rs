//! What one task asks of one node.

use super::mig::{GPU_PARTS, Profile};
use super::offering::Market;
use crate::units::{ModelId, OfferingId};

/// A set of a node's GPUs, by index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GpuSet(pub u64);

/// A set of GPU models a job may run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelSet(u64);

/// GPUs of one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GpuDemand {
    /// No GPU: a CPU task.
    None,
    /// Whole GPUs, at least one.
    Whole(u16),
    /// A share of one GPU, in thousandths: 1 to 999.
    Milli(u16),
    /// A slice of one GPU, which is partitioned for it.
    Slice(Profile),
}

/// What one task asks of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Demand {
    /// GPUs.
    pub gpu: GpuDemand,
    /// CPU in thousandths of a core.
    pub cpu_milli: u32,
    /// Memory in MiB.
    pub memory_mib: u32,
    /// Markets that the node may have been got on.
    pub markets: MarketSet,
    /// Offerings that the node may be of: any as a job is submitted, fewer where a policy narrows it.
    pub offerings: OfferingSet,
}

/// A set of offerings. It can leave out only the first 63; those beyond are in it together or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfferingSet(u64);

/// A set of markets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MarketSet(u8);

impl GpuDemand {
    /// Whether it is a part of one GPU, a share or a slice: such tasks have a seat each.
    pub const fn is_part(self) -> bool {
        match self {
            Self::None | Self::Whole(_) => false,
            Self::Milli(_) | Self::Slice(_) => true,
        }
    }

    /// Whether GPUs that are partitioned into `profiles` can serve it: all that is not a slice, and such slices.
    pub fn is_offered(self, profiles: &[Profile]) -> bool {
        match self {
            Self::None | Self::Whole(_) | Self::Milli(_) => true,
            Self::Slice(profile) => profiles.contains(&profile),
        }
    }
}

impl GpuSet {
    /// No GPU.
    pub const EMPTY: Self = Self(0);

    /// The first `count` GPUs of a node; at most 64.
    pub const fn first(count: u32) -> Self {
        if count >= 64 {
            Self(u64::MAX)
        } else {
            Self((1 << count) - 1)
        }
    }

    /// The GPU at `index` alone.
    pub const fn one(index: u32) -> Self {
        Self(1 << index)
    }

    /// How many.
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether every GPU of `other` is in here.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Those in either.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those in here and not in `other`.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The `count` lowest, or `None` when there are fewer.
    pub const fn lowest(self, count: u32) -> Option<Self> {
        if self.count() < count {
            return None;
        }
        let (mut rest, mut left) = (self.0, count);
        while left > 0 {
            rest &= rest - 1;
            left -= 1;
        }
        Some(Self(self.0 ^ rest))
    }

    /// The index of the lowest, or 64 when there is none.
    pub const fn lowest_index(self) -> u32 {
        self.0.trailing_zeros()
    }

    /// Indexes in ascending order.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (0..64).filter(move |index| self.0 >> index & 1 == 1)
    }
}

impl ModelSet {
    /// Any model.
    pub const ANY: Self = Self(u64::MAX);
    /// No model; add to it with [`ModelSet::with`].
    pub const NONE: Self = Self(0);

    /// With `model` as well. Panics beyond 64 models, which the builder refuses.
    pub fn with(self, model: ModelId) -> Self {
        assert!(model.0 < 64, "a run has at most 64 GPU models");
        Self(self.0 | 1 << model.0)
    }

    /// Whether `model` is allowed.
    pub fn allows(self, model: ModelId) -> bool {
        self.0 >> model.0 & 1 == 1
    }
}

impl MarketSet {
    /// Any market.
    pub const ANY: Self = Self(u8::MAX);
    /// None; add to it with [`MarketSet::with`].
    pub const NONE: Self = Self(0);

    /// With `market` as well.
    #[must_use]
    pub const fn with(self, market: Market) -> Self {
        Self(self.0 | bit(market))
    }

    /// Whether `market` is allowed.
    pub const fn allows(self, market: Market) -> bool {
        self.0 & bit(market) != 0
    }
}

impl OfferingSet {
    /// Any offering.
    pub const ANY: Self = Self(u64::MAX);
    /// None; add to it with [`OfferingSet::with`].
    pub const NONE: Self = Self(0);

    /// With `offering` as well.
    #[must_use]
    pub fn with(self, offering: OfferingId) -> Self {
        Self(self.0 | 1 << offering.0.min(63))
    }

    /// Those in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether `offering` is in it.
    pub fn allows(self, offering: OfferingId) -> bool {
        self.0 >> offering.0.min(63) & 1 == 1
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

const fn bit(market: Market) -> u8 {
    match market {
        Market::Owned => 1,
        Market::OnDemand => 1 << 1,
        Market::Reserved => 1 << 2,
        Market::Spot => 1 << 3,
        Market::CapacityBlock => 1 << 4,
        Market::Serverless => 1 << 5,
    }
}

impl Demand {
    /// `gpus` whole GPUs and no stated CPU or memory.
    pub const fn gpus(gpus: u16) -> Self {
        let gpu = if gpus == 0 {
            GpuDemand::None
        } else {
            GpuDemand::Whole(gpus)
        };
        Self {
            gpu,
            cpu_milli: 0,
            memory_mib: 0,
            markets: MarketSet::ANY,
            offerings: OfferingSet::ANY,
        }
    }

    /// Whole GPUs asked for; a share or a slice counts as none.
    pub fn whole_gpus(&self) -> u32 {
        match self.gpu {
            GpuDemand::Whole(gpus) => gpus.into(),
            GpuDemand::None | GpuDemand::Milli(_) | GpuDemand::Slice(_) => 0,
        }
    }

    /// Thousandths of a GPU asked for; of a slice rounded down, so that slices of one GPU are never more than it.
    pub fn gpu_milli(&self) -> u64 {
        match self.gpu {
            GpuDemand::None => 0,
            GpuDemand::Whole(gpus) => u64::from(gpus) * 1000,
            GpuDemand::Milli(milli) => milli.into(),
            GpuDemand::Slice(profile) => profile.parts() * 1000 / GPU_PARTS,
        }
    }

    /// Parts of a GPU asked for, of [`GPU_PARTS`]: the same exactly.
    pub fn gpu_parts(&self) -> u64 {
        match self.gpu {
            GpuDemand::None => 0,
            GpuDemand::Whole(gpus) => u64::from(gpus) * GPU_PARTS,
            GpuDemand::Milli(milli) => u64::from(milli) * (GPU_PARTS / 1000),
            GpuDemand::Slice(profile) => profile.parts(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offerings_beyond_the_sixty_third_are_in_a_set_together() {
        let set = OfferingSet::NONE.with(OfferingId(3)).with(OfferingId(70));
        let has = [2, 3, 62, 63, 70, 71].map(|id| set.allows(OfferingId(id)));
        assert_eq!(has, [false, true, false, true, true, true]);
        assert!(OfferingSet::NONE.is_empty() && !set.is_empty());
        assert_eq!(OfferingSet::ANY.and(set), set);
    }

    #[test]
    fn the_lowest_gpus_are_taken_first() {
        let free = GpuSet(0b1011_0100);
        assert_eq!(free.lowest(2), Some(GpuSet(0b0001_0100)));
        assert_eq!(free.lowest(4), Some(free));
        assert_eq!(free.lowest(5), None);
        assert_eq!(free.lowest(0), Some(GpuSet::EMPTY));
        assert_eq!(GpuSet::first(64).count(), 64);
    }
}
