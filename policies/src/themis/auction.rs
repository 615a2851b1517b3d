//! The auction: of all sets of bids that fit into what is offered, the one that is worth the most.

use sim_core::units::{Span, convert};

/// A bid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bid {
    /// Thousandths of GPUs that it takes.
    pub gpu_milli: u64,
    /// What it is worth to have them, at least zero. The worths of those who win add up: they are logarithms of what the authors
    /// multiply.
    pub worth: f64,
}

impl Bid {
    /// What a lease is worth to a job that would have to wait for the next one: it makes its time to the end shorter, by a
    /// factor whose logarithm this is.
    pub fn for_lease(gpu_milli: u64, shared_s: f64, lease: Span) -> Self {
        let lease_s = convert::real(lease.us()) / 1e6;
        let worth = libm::log1p(lease_s / shared_s.max(1e-6));
        Self { gpu_milli, worth }
    }
}

/// Whether each of the bids wins: those that fit into `offered` thousandths of GPUs and together are worth the most. An exact
/// solution of the knapsack problem, in time and memory proportional to bids times GPUs.
pub fn winners(bids: &[Bid], offered: u64) -> Vec<bool> {
    let wanted: u64 = bids.iter().map(|bid| bid.gpu_milli).sum();
    if wanted <= offered {
        return vec![true; bids.len()];
    }
    // In the largest unit that all bids are multiples of.
    let unit = bids.iter().map(|bid| bid.gpu_milli).fold(0, gcd).max(1);
    let units = |milli: u64| usize::try_from(milli / unit).unwrap_or(usize::MAX);
    let room = units(offered.min(wanted));
    // The most that the bids so far are worth within so many units, and whether the last of them is among those.
    let mut best = vec![0.0; room + 1];
    let mut taken = vec![false; bids.len() * (room + 1)];
    for (bid, taken) in bids.iter().zip(taken.chunks_mut(room + 1)) {
        let size = units(bid.gpu_milli);
        for within in (size..=room).rev() {
            let with = best[within - size] + bid.worth;
            if with > best[within] {
                best[within] = with;
                taken[within] = true;
            }
        }
    }
    let mut left = room;
    let mut wins = vec![false; bids.len()];
    for at in (0..bids.len()).rev() {
        if taken[at * (room + 1) + left] {
            wins[at] = true;
            left -= units(bids[at].gpu_milli);
        }
    }
    wins
}

fn gcd(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}
