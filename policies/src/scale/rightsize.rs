//! Right-sizing: what would do, told from what is used.
//!
//! A rule of thumb, not a plan: it looks at one workload alone, at its peaks of memory and its mean of compute, and says why.

use std::fmt;

/// What a workload used of a whole GPU, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Most memory it held.
    pub memory_milli: u32,
    /// Mean share of the time in which it computed.
    pub compute_milli: u32,
    /// Whether it may wait or be stopped for others.
    pub is_low_priority: bool,
}

/// A part of a GPU that can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// What it is called, such as `1g.10gb`.
    pub name: String,
    /// Its share of the memory, in thousandths.
    pub memory_milli: u32,
    /// Its share of the compute, in thousandths.
    pub compute_milli: u32,
}

/// What counts as low and as high, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// Memory up to this is low.
    pub low_memory_milli: u32,
    /// Compute from this on is high.
    pub high_compute_milli: u32,
    /// Compute up to this is low.
    pub low_compute_milli: u32,
    /// Memory to leave free in a slice, as a share of what is used.
    pub headroom_milli: u32,
}

/// What would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advice<'a> {
    /// Leave it as it is.
    Keep,
    /// A part of a GPU.
    Slice {
        /// Which.
        slice: &'a Slice,
        /// How long what it computes would take, in thousandths of what it takes now: at least 1000.
        slowdown_milli: u32,
    },
    /// A machine that may be taken away.
    Spot,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It computes much and holds little memory.
    LowMemoryHighCompute,
    /// It computes little, and may wait.
    LowUseLowPriority,
    /// It holds little memory, but no slice has as much.
    NoSliceFits,
    /// It computes little, but may not wait.
    LowUseButUrgent,
    /// It uses what it has.
    WellUsed,
}

impl Default for Marks {
    /// Low memory up to 40 %, high compute from 60 %, low up to 30 %, a tenth of headroom.
    fn default() -> Self {
        Self {
            low_memory_milli: 400,
            high_compute_milli: 600,
            low_compute_milli: 300,
            headroom_milli: 100,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LowMemoryHighCompute => "it computes much and holds little memory",
            Self::LowUseLowPriority => "it computes little and may wait",
            Self::NoSliceFits => "it holds little memory, but no slice has as much",
            Self::LowUseButUrgent => "it computes little, but may not wait",
            Self::WellUsed => "it uses what it has",
        })
    }
}

/// What would do for a workload that used so much, and why: of the slices whose memory is enough, the one that slows it down
/// least; of those alike, the one with the least memory, then the first.
pub fn advise(usage: Usage, slices: &[Slice], marks: Marks) -> (Advice<'_>, Why) {
    let is_low = usage.compute_milli <= marks.low_compute_milli;
    if is_low && usage.is_low_priority {
        return (Advice::Spot, Why::LowUseLowPriority);
    }
    if is_low {
        return (Advice::Keep, Why::LowUseButUrgent);
    }
    let is_small = usage.memory_milli <= marks.low_memory_milli;
    if !is_small || usage.compute_milli < marks.high_compute_milli {
        return (Advice::Keep, Why::WellUsed);
    }
    let needed = u64::from(usage.memory_milli) * u64::from(1000 + marks.headroom_milli);
    let fits = |slice: &&Slice| u64::from(slice.memory_milli) * 1000 >= needed;
    let slowdown = |slice: &Slice| {
        let stretched = u64::from(usage.compute_milli) * 1000;
        let compute = u64::from(slice.compute_milli.max(1));
        u32::try_from(stretched.div_ceil(compute).max(1000)).unwrap_or(u32::MAX)
    };
    let cheapest = slices
        .iter()
        .filter(fits)
        .min_by_key(|slice| (slowdown(slice), slice.memory_milli));
    match cheapest {
        Some(slice) => {
            let slowdown_milli = slowdown(slice);
            let advice = Advice::Slice {
                slice,
                slowdown_milli,
            };
            (advice, Why::LowMemoryHighCompute)
        }
        None => (Advice::Keep, Why::NoSliceFits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slices() -> Vec<Slice> {
        let slice = |name: &str, memory_milli, compute_milli| Slice {
            name: name.to_owned(),
            memory_milli,
            compute_milli,
        };
        vec![
            slice("1g.10gb", 125, 142),
            slice("3g.40gb", 500, 428),
            slice("4g.40gb", 500, 571),
        ]
    }

    fn usage(memory_milli: u32, compute_milli: u32, is_low_priority: bool) -> Usage {
        Usage {
            memory_milli,
            compute_milli,
            is_low_priority,
        }
    }

    #[test]
    fn advice_follows_from_use_and_says_what_it_costs() {
        let slices = slices();
        let of = |usage| advise(usage, &slices, Marks::default());
        let slice = |at: usize, slowdown_milli| Advice::Slice {
            slice: &slices[at],
            slowdown_milli,
        };
        let much = Why::LowMemoryHighCompute;
        assert_eq!(of(usage(100, 600, false)), (slice(2, 1051), much));
        assert_eq!(of(usage(400, 900, true)), (slice(2, 1577), much));
        let spot = (Advice::Spot, Why::LowUseLowPriority);
        assert_eq!(of(usage(900, 100, true)), spot);
        assert_eq!(of(usage(900, 100, false)).1, Why::LowUseButUrgent);
        assert_eq!(of(usage(900, 900, true)).1, Why::WellUsed);
        let none = advise(usage(100, 900, true), &slices[..0], Marks::default());
        assert_eq!(none, (Advice::Keep, Why::NoSliceFits));
    }
}
