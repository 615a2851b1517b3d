//! How two tenants compare: who stands worse goes first.
//!
//! Sources: A. Ghodsi et al., "Dominant Resource Fairness: Fair Allocation of Multiple Resource Types", NSDI 2011, section 4;
//! Apache Hadoop, "Capacity Scheduler" (a queue's used capacity relative to what it is guaranteed; the least is offered first).

use super::Held;

/// How two tenants compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fairness {
    /// By what is held of what is guaranteed; those who hold all of that come after, by what they borrowed per weight.
    Guaranteed,
    /// By the dominant share, the largest part that is held of any resource, per weight.
    Dominant,
}

/// Parts are compared in so many.
const UNIT: u128 = 1_000_000_000_000;

impl Fairness {
    /// How a queue stands that is guaranteed and weighs so much and holds so much of the whole; less is worse.
    pub fn standing(self, (share, weight): (u64, u32), held: Held, whole: Held) -> (bool, u128) {
        let part = |of: u64, whole: u64| u128::from(of) * UNIT / u128::from(whole.max(1));
        match self {
            Self::Guaranteed if held.gpu_milli < share => (false, part(held.gpu_milli, share)),
            Self::Guaranteed => {
                let borrowed = held.gpu_milli - share;
                (true, u128::from(borrowed) * UNIT / u128::from(weight))
            }
            Self::Dominant => {
                let parts = held.all().into_iter().zip(whole.all());
                let dominant = parts.map(|(held, whole)| part(held, whole)).max();
                (false, dominant.unwrap_or(0) / u128::from(weight))
            }
        }
    }
}
