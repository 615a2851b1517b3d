//! Right-sizing: what would do, told from what is used.
//!
//! A rule of thumb, not a plan: it looks at one workload alone, at its peak of memory and at what it computes, and says why.
//! What may wait and computes little goes where machines are cheap and may be taken away; what holds little memory goes on the
//! slice on which it costs least, if that is less than now and does not slow it down too much.

use std::fmt;

/// What a workload used of a whole GPU, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Most memory it held.
    pub memory_milli: u32,
    /// What it computed of what the GPU could, while it was at work.
    pub compute_milli: u32,
    /// Share of the time in which it was at work.
    pub work_milli: u32,
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
    /// What the workload would cost on such slices, in thousandths of what it costs on whole GPUs, its slowdown included.
    pub cost_milli: u32,
}

/// What counts as low and as too slow, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// Memory up to this is low.
    pub low_memory_milli: u32,
    /// Compute from this on is high.
    pub high_compute_milli: u32,
    /// Compute up to this, over all the time, is low.
    pub low_compute_milli: u32,
    /// Memory to leave free in a slice, as a share of what is used.
    pub headroom_milli: u32,
    /// Most that work may take on a slice, of what it takes now.
    pub slowdown_milli: u32,
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
        /// How long its work would take, in thousandths of what it takes now: at least 1000.
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
    /// It holds little memory, and computes no more than a slice can.
    LowMemory,
    /// It computes little, and may wait.
    LowUseLowPriority,
    /// It holds little memory, but no slice has as much and costs less.
    NoSliceSaves,
    /// It computes little, but may not wait.
    LowUseButUrgent,
    /// It uses what it has.
    WellUsed,
}

impl Default for Marks {
    /// Low memory up to 40 %, high compute from 60 %, low up to 30 %, a tenth of headroom, at most half as fast.
    fn default() -> Self {
        Self {
            low_memory_milli: 400,
            high_compute_milli: 600,
            low_compute_milli: 300,
            headroom_milli: 100,
            slowdown_milli: 2000,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LowMemoryHighCompute => "much compute, little memory",
            Self::LowMemory => "little memory",
            Self::LowUseLowPriority => "little compute, may wait",
            Self::NoSliceSaves => "little memory, no slice saves",
            Self::LowUseButUrgent => "little compute, may not wait",
            Self::WellUsed => "well used",
        })
    }
}

/// How long work takes on a part of a GPU, in thousandths of what it takes on the whole: `compute_milli` of the GPU is what it
/// computes while it is at work.
pub fn slowdown_milli(compute_milli: u32, slice_milli: u32) -> u32 {
    let stretched = u64::from(compute_milli) * 1000;
    let slowdown = stretched.div_ceil(u64::from(slice_milli.max(1))).max(1000);
    u32::try_from(slowdown).unwrap_or(u32::MAX)
}

/// What would do for a workload that used so much, and why: of the slices whose memory is enough, that do not slow it down too
/// much and save something, the one on which it costs least; of those alike, the fastest, then the one with the least memory.
pub fn advise(usage: Usage, slices: &[Slice], marks: Marks) -> (Advice<'_>, Why) {
    let over_time = u64::from(usage.compute_milli) * u64::from(usage.work_milli);
    let is_low = over_time <= u64::from(marks.low_compute_milli) * 1000;
    if is_low && usage.is_low_priority {
        return (Advice::Spot, Why::LowUseLowPriority);
    }
    let otherwise = if is_low {
        Why::LowUseButUrgent
    } else {
        Why::WellUsed
    };
    if usage.memory_milli > marks.low_memory_milli {
        return (Advice::Keep, otherwise);
    }
    let needed = u64::from(usage.memory_milli) * u64::from(1000 + marks.headroom_milli);
    let slowdown = |slice: &Slice| slowdown_milli(usage.compute_milli, slice.compute_milli);
    let does = |slice: &&Slice| {
        let fits = u64::from(slice.memory_milli) * 1000 >= needed;
        fits && slice.cost_milli < 1000 && slowdown(slice) <= marks.slowdown_milli
    };
    let cheapest = slices
        .iter()
        .filter(does)
        .min_by_key(|slice| (slice.cost_milli, slowdown(slice), slice.memory_milli));
    let Some(slice) = cheapest else {
        return (Advice::Keep, Why::NoSliceSaves);
    };
    let slowdown_milli = slowdown(slice);
    let why = if usage.compute_milli >= marks.high_compute_milli {
        Why::LowMemoryHighCompute
    } else {
        Why::LowMemory
    };
    let advice = Advice::Slice {
        slice,
        slowdown_milli,
    };
    (advice, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slices of a GPU, with what filling it with them leaves of the bill of a workload that computes so much.
    fn slices(compute: u32) -> Vec<Slice> {
        let slice = |name: &str, memory_milli, compute_milli, per_gpu: u32| Slice {
            name: name.to_owned(),
            memory_milli,
            compute_milli,
            cost_milli: slowdown_milli(compute, compute_milli).div_ceil(per_gpu),
        };
        vec![
            slice("1g.10gb", 125, 142, 7),
            slice("2g.20gb", 250, 285, 3),
            slice("3g.40gb", 500, 428, 2),
            slice("4g.40gb", 500, 571, 1),
            slice("7g.80gb", 1000, 1000, 1),
        ]
    }

    fn told(memory: u32, compute: u32, work: u32, low: bool) -> (Option<(String, u32)>, Why) {
        let slices = slices(compute);
        let usage = Usage {
            memory_milli: memory,
            compute_milli: compute,
            work_milli: work,
            is_low_priority: low,
        };
        let (advice, why) = advise(usage, &slices, Marks::default());
        let told = match advice {
            Advice::Keep => None,
            Advice::Slice {
                slice,
                slowdown_milli,
            } => Some((slice.name.clone(), slowdown_milli)),
            Advice::Spot => Some(("spot".to_owned(), 1000)),
        };
        (told, why)
    }

    #[test]
    fn advice_follows_from_use_and_says_what_it_costs() {
        let slice = |name: &str, slowdown| Some((name.to_owned(), slowdown));
        let much = Why::LowMemoryHighCompute;
        // On 1g and 2g it would take more than twice as long; 4g and 7g fill a GPU alone.
        let urgent = told(100, 600, 1000, false);
        assert_eq!(urgent, (slice("3g.40gb", 1402), much));
        // What computes less goes on a smaller one, on which it takes less than twice as long.
        let small = told(100, 250, 1000, false);
        assert_eq!(small, (slice("1g.10gb", 1761), Why::LowMemory));
        let larger = told(200, 280, 1000, true);
        assert_eq!(larger, (slice("spot", 1000), Why::LowUseLowPriority));
        // Memory for it with a tenth of headroom.
        let tight = told(230, 400, 1000, false);
        assert_eq!(tight, (slice("3g.40gb", 1000), Why::LowMemory));
        // What takes more than twice as long on half a GPU, or as much longer as that is cheaper.
        assert_eq!(told(400, 900, 1000, true), (None, Why::NoSliceSaves));
        assert_eq!(told(900, 900, 1000, true), (None, Why::WellUsed));
        // At work a third of the time.
        let idle = told(900, 900, 330, true);
        assert_eq!(idle, (slice("spot", 1000), Why::LowUseLowPriority));
        assert_eq!(told(900, 900, 330, false), (None, Why::LowUseButUrgent));
    }

    #[test]
    fn nothing_is_advised_where_nothing_is_offered() {
        let usage = Usage {
            memory_milli: 100,
            compute_milli: 900,
            work_milli: 1000,
            is_low_priority: true,
        };
        let none = advise(usage, &[], Marks::default());
        assert_eq!(none, (Advice::Keep, Why::NoSliceSaves));
    }
}
