//! What a job counts for where tenants share the fleet first, and their jobs then share what a tenant has.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::units::QueueId;

use super::{Ask, Claimant};

/// How the jobs of a tenant share what it has; tenants have parts by the weights of their queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// There are no tenants: all jobs share the whole.
    Nothing,
    /// By their weights.
    Fairness,
    /// The first has all that it can use, then the next.
    Fifo,
}

/// By claimant, what it counts for while those of `full` can have no more; zero if it has to wait.
pub(super) fn weights(ask: &Ask, within: Within, full: &[bool]) -> Vec<f64> {
    let mut sums: BTreeMap<QueueId, f64> = BTreeMap::new();
    let claimants = || ask.claimants.iter().zip(full);
    for (claimant, _) in claimants().filter(|(_, full)| !**full) {
        *sums.entry(claimant.queue).or_default() += claimant.weight;
    }
    let mut served: BTreeSet<QueueId> = BTreeSet::new();
    let mut weight = |claimant: &Claimant| match within {
        Within::Nothing => claimant.weight,
        Within::Fairness => claimant.tenant * claimant.weight / sums[&claimant.queue],
        Within::Fifo if served.insert(claimant.queue) => claimant.tenant,
        Within::Fifo => 0.0,
    };
    let weights = claimants().map(|(claimant, full)| if *full { 0.0 } else { weight(claimant) });
    weights.collect()
}
