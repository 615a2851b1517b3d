//! MIG: a GPU that is partitioned on demand into slices of the sizes, and at the places, that its vendor allows.

use std::cmp::Reverse;
use std::fmt;

use smallvec::SmallVec;

use super::demand::GpuSet;

/// A profile: the slice of a GPU that a task takes, and where on a GPU such a slice may lie.
///
/// A GPU has eight memory slices at most, and some compute slices; a slice of `memory` of the former lies side by side from
/// its start on, and takes `compute` of the latter wherever they are. Two profiles are the same if all of this is, whatever
/// GPU it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Profile {
    compute: u8,
    of: u8,
    memory: u8,
    /// Bit `n` is set if it may start at memory slice `n`.
    starts: u8,
    memory_gb: u8,
}

/// What of a GPU slices take up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sliced {
    /// Bit `n` is set if memory slice `n` is taken.
    memory: u8,
    /// Compute slices taken.
    compute: u8,
}

/// Where a slice starts, in memory slices; nowhere for a task that takes none, and in a placement that leaves it to the
/// engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Start(u8);

/// Memory slices of a GPU at most.
pub const MEMORY_SLICES: u8 = 8;

/// Parts of a GPU in which thousandths, and slices of every GPU that there is, are whole numbers.
pub const GPU_PARTS: u64 = 7000;

impl Start {
    /// Nowhere.
    pub const NONE: Self = Self(0);

    /// At this memory slice.
    pub const fn at(slice: u8) -> Self {
        Self(slice.saturating_add(1))
    }

    /// The memory slice, if it is said.
    pub const fn get(self) -> Option<u8> {
        self.0.checked_sub(1)
    }

    /// Whether it is not said.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// A number for it: zero for nowhere.
    pub const fn code(self) -> u8 {
        self.0
    }
}

impl Profile {
    /// `compute` of a GPU's `of` compute slices with `memory` memory slices, which are `memory_gb` GB as its name says, at
    /// one of `starts`. `None` unless such slices can lie on a GPU, no two of its starts overlap, and `of` divides
    /// [`GPU_PARTS`].
    pub fn new(
        (compute, of): (u8, u8),
        (memory, memory_gb): (u8, u8),
        starts: &[u8],
    ) -> Option<Self> {
        let computes = (1..=of).contains(&compute) && GPU_PARTS.is_multiple_of(of.into());
        let (mut covered, mut bits) = (0_u8, 0_u8);
        for start in starts {
            let end = start.checked_add(memory)?;
            if memory == 0 || end > MEMORY_SLICES || covered & span(memory, *start) > 0 {
                return None;
            }
            covered |= span(memory, *start);
            bits |= 1 << start;
        }
        let this = Self {
            compute,
            of,
            memory,
            starts: bits,
            memory_gb,
        };
        (computes && bits > 0).then_some(this)
    }

    /// Compute slices.
    pub const fn compute(self) -> u8 {
        self.compute
    }

    /// Compute slices of the whole GPU.
    pub const fn of(self) -> u8 {
        self.of
    }

    /// Memory slices.
    pub const fn memory(self) -> u8 {
        self.memory
    }

    /// Memory in GB, as its name says.
    pub const fn memory_gb(self) -> u8 {
        self.memory_gb
    }

    /// Parts of a GPU, of [`GPU_PARTS`]: those of its compute slices.
    pub fn parts(self) -> u64 {
        GPU_PARTS / u64::from(self.of) * u64::from(self.compute)
    }

    /// Where it may start, in ascending order.
    pub fn starts(self) -> impl Iterator<Item = u8> {
        bits(self.starts)
    }

    /// Slices that an empty GPU holds.
    pub fn per_gpu(self) -> u32 {
        self.room(Sliced::default())
    }

    /// Slices that fit beside what is taken. Its starts do not overlap, so that none is lost by the order.
    pub fn room(self, on: Sliced) -> u32 {
        let by_compute = (self.of - on.compute.min(self.of)) / self.compute;
        self.open(on).count_ones().min(by_compute.into())
    }

    /// Whether a slice fits that starts there.
    pub fn fits(self, on: Sliced, start: u8) -> bool {
        start < MEMORY_SLICES && self.open(on) >> start & 1 == 1
    }

    /// The starts at which a slice fits, as bits.
    fn open(self, on: Sliced) -> u8 {
        if on.compute + self.compute > self.of {
            return 0;
        }
        let free = |start: &u8| span(self.memory, *start) & on.memory == 0;
        bits(self.starts)
            .filter(free)
            .fold(0, |open, start| open | 1 << start)
    }

    /// The GPU where a slice of it lies best, of those in slices with what they take, and those that are free: the one in
    /// slices with the fewest memory slices left that has room, the lowest of several, or else the lowest free one.
    pub fn best_gpu(
        self,
        sliced: impl Iterator<Item = (u32, Sliced)>,
        free: GpuSet,
    ) -> Option<u32> {
        let roomy = sliced.filter(|(_, on)| !on.is_empty() && self.room(*on) > 0);
        let tightest = roomy.min_by_key(|(gpu, on)| (Reverse(on.memory()), *gpu));
        let first_free = || Some(free.lowest(1)?.lowest_index());
        tightest.map(|(gpu, _)| gpu).or_else(first_free)
    }

    /// The start that leaves the most starts to slices of `profiles`, all that a GPU offers; the lowest of several.
    pub fn best_start(self, on: Sliced, profiles: &[Self]) -> Option<u8> {
        let left = |start: &u8| {
            let then = on.with(self, *start);
            let open = profiles
                .iter()
                .map(|profile| profile.open(then).count_ones());
            open.sum::<u32>()
        };
        let open: SmallVec<[u8; 8]> = bits(self.open(on)).collect();
        open.into_iter().rev().max_by_key(left)
    }
}

/// As its vendor calls it.
impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}g.{}gb", self.compute, self.memory_gb)
    }
}

impl Sliced {
    /// Whether nothing is taken.
    pub const fn is_empty(self) -> bool {
        self.memory == 0
    }

    /// Memory slices taken.
    pub const fn memory(self) -> u32 {
        self.memory.count_ones()
    }

    /// With a slice that starts there. Panics unless it fits.
    #[must_use]
    pub fn with(self, profile: Profile, start: u8) -> Self {
        assert!(profile.fits(self, start), "a slice lies where it may");
        Self {
            memory: self.memory | span(profile.memory, start),
            compute: self.compute + profile.compute,
        }
    }

    /// Without a slice that starts there. Panics unless it was taken.
    #[must_use]
    pub fn without(self, profile: Profile, start: u8) -> Self {
        let covered = span(profile.memory, start);
        assert!(self.memory & covered == covered, "the slice was taken");
        let compute = self.compute.checked_sub(profile.compute);
        Self {
            memory: self.memory & !covered,
            compute: compute.expect("the slice was taken"),
        }
    }

    /// Thousandths of the GPU that no slice computes on, rounded down: all of it counts `of` compute slices.
    pub fn left_milli(self, of: u8) -> u16 {
        let left = u16::from(of.saturating_sub(self.compute));
        left * 1000 / u16::from(of.max(1))
    }
}

/// `memory` slices from `start` on, as bits.
fn span(memory: u8, start: u8) -> u8 {
    let all = (1_u16 << memory.min(MEMORY_SLICES)) - 1;
    u8::try_from(all << start & 0xff).expect("eight bits")
}

fn bits(set: u8) -> impl Iterator<Item = u8> {
    (0..MEMORY_SLICES).filter(move |bit| set >> bit & 1 == 1)
}
