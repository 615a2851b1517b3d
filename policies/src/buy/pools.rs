//! Which of several pools is bought from first: pools of the same GPU model, so that an hour of a GPU is worth the same.
//!
//! The names are those of AWS's allocation strategies; the rules are what its documentation says of them, on what a policy
//! sees of the capacity of a pool (where that is hidden: what of it is not held). Ties go to the cheaper pool, then to the
//! first one.

use std::cmp::Reverse;

use sim_core::units::OfferingId;

use super::fleet::Fleet;

/// Which pool first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pools {
    /// The first one in the scenario.
    InOrder,
    /// The one with the lowest price per GPU.
    LowestPrice,
    /// The one with the most machines to be had.
    CapacityOptimized,
    /// The cheapest of those with at least half as many machines to be had as the deepest.
    PriceCapacityOptimized,
    /// The one of which the fewest machines are held, machine by machine.
    Diversified,
    /// The one on which the job is expected to cost least; see `Outlook`.
    ExpectedCost,
}

/// The words of a scenario.
pub(crate) const POOLS: &[&str] = &[
    "in-order",
    "lowest-price",
    "capacity-optimized",
    "price-capacity-optimized",
    "diversified",
    "expected-cost",
];

/// The pool with the least key comes first.
pub(super) type Key = (Reverse<u64>, u64, u64, OfferingId);

impl Pools {
    /// The rule of this name, one of [`POOLS`].
    pub(crate) fn named(word: &str) -> Self {
        match word {
            "lowest-price" => Self::LowestPrice,
            "capacity-optimized" => Self::CapacityOptimized,
            "price-capacity-optimized" => Self::PriceCapacityOptimized,
            "diversified" => Self::Diversified,
            "expected-cost" => Self::ExpectedCost,
            _ => Self::InOrder,
        }
    }

    /// Whether each machine is a choice of its own.
    pub(super) fn spreads(self) -> bool {
        self == Self::Diversified
    }

    /// Where a pool stands, the deepest of the choice having so many machines to be had.
    pub(super) fn key(self, fleet: &Fleet, deepest: u64) -> Key {
        let (spare, price, id) = (fleet.spare, fleet.price_per_gpu, fleet.id);
        match self {
            Self::InOrder => (Reverse(0), 0, 0, id),
            Self::LowestPrice => (Reverse(0), 0, price, id),
            Self::CapacityOptimized => (Reverse(spare), 0, price, id),
            Self::PriceCapacityOptimized => {
                let is_deep = u64::from(2 * spare >= deepest);
                (Reverse(is_deep), 0, price, id)
            }
            Self::Diversified => (Reverse(0), fleet.planned(), price, id),
            Self::ExpectedCost => (Reverse(0), 0, fleet.expected_cost, id),
        }
    }
}
