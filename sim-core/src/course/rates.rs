//! Speed as data: by GPU model, by GPU count, and by how far an allocation reaches.

use std::sync::Arc;

use super::{Reach, Speeds};
use crate::units::{KindId, ModelId};

/// One, in parts per billion.
pub const UNIT_RATE: u64 = 1_000_000_000;

/// Rates in parts per billion; what is not listed runs at the unit rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    /// By kind, number of GPUs and model, in place of the next two, for a stepwise course.
    pub table: Option<Arc<Speeds>>,
    /// By model, positive.
    pub by_model: Vec<(ModelId, u64)>,
    /// By GPU count, ascending: the last entry not above the count holds.
    pub by_gpus: Vec<(u32, u64)>,
    /// Whether a gang that has fewer tasks than it would like runs at the same share of its speed.
    pub by_share: bool,
    /// GPUs at unit rate that the data path of one node feeds, in parts per billion of a GPU; without it data is never waited
    /// for.
    pub feeds: Option<u64>,
    /// Factor for spanning nodes of a rack.
    pub across_nodes: u64,
    /// Factor for spanning racks, in place of that for nodes.
    pub across_racks: u64,
    /// Factor for spanning zones, in place of that for racks.
    pub across_zones: u64,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            table: None,
            by_model: Vec::new(),
            by_gpus: Vec::new(),
            by_share: false,
            feeds: None,
            across_nodes: UNIT_RATE,
            across_racks: UNIT_RATE,
            across_zones: UNIT_RATE,
        }
    }
}

impl Rates {
    /// The rate of a job of `kind` on `gpus` GPUs of `model` over `reach`: at least one part per billion, so that all work
    /// ends.
    pub fn on(&self, kind: KindId, model: Option<ModelId>, gpus: u32, reach: Reach) -> u64 {
        let alone = match &self.table {
            // A table is of GPUs: what needs none runs at unit rate.
            Some(table) => model.map_or(Some(UNIT_RATE), |model| table.rate(kind, model, gpus)),
            None => Some(self.listed(model, gpus)),
        };
        let by_reach = match reach {
            Reach::Node => UNIT_RATE,
            Reach::Rack => self.across_nodes,
            Reach::Zone => self.across_racks,
            Reach::Zones => self.across_zones,
        };
        times(alone.unwrap_or(1), by_reach).max(1)
    }

    /// By model and number of GPUs.
    fn listed(&self, model: Option<ModelId>, gpus: u32) -> u64 {
        let listed = |(listed, rate): &(ModelId, u64)| (Some(*listed) == model).then_some(*rate);
        let by_model = self.by_model.iter().find_map(listed).unwrap_or(UNIT_RATE);
        let scaling = self.by_gpus.iter().rev().find(|(from, _)| *from <= gpus);
        let by_gpus = scaling.map_or(UNIT_RATE, |(_, rate)| *rate);
        times(by_model, by_gpus)
    }
}

impl Rates {
    /// The rate for `part` of the `whole` tasks of a gang.
    pub fn of_part(&self, rate: u64, (part, whole): (u32, u32)) -> u64 {
        if !self.by_share || part >= whole {
            return rate;
        }
        let share = u128::from(rate) * u128::from(part) / u128::from(whole.max(1));
        u64::try_from(share).unwrap_or(u64::MAX).max(1)
    }
}

impl Rates {
    /// A rate of which neighbours leave so much, in parts per billion: at least one part per billion, so that all work ends.
    pub fn slowed(rate: u64, factor: u64) -> u64 {
        times(rate, factor).max(1)
    }

    /// The rate at which a gang of so many GPUs on so many nodes gets on that would compute at `compute`: the lesser of what it
    /// computes and what its nodes read.
    pub fn fed(&self, compute: u64, nodes: u32, gpus: u32) -> u64 {
        let Some(feeds) = self.feeds else {
            return compute;
        };
        let read = u128::from(feeds) * u128::from(nodes) / u128::from(gpus.max(1));
        u64::try_from(read).map_or(compute, |read| compute.min(read.max(1)))
    }
}

/// The product of two rates, rounded down.
fn times(a: u64, b: u64) -> u64 {
    if b == UNIT_RATE {
        return a;
    }
    let product = u128::from(a) * u128::from(b) / u128::from(UNIT_RATE);
    u64::try_from(product).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_multiply_and_the_unlisted_runs_at_unit_rate() {
        let rates = Rates {
            by_model: vec![(ModelId(1), 500_000_000)],
            by_gpus: vec![(1, UNIT_RATE), (8, 6 * UNIT_RATE)],
            across_nodes: 800_000_000,
            ..Rates::default()
        };
        let on = |model, gpus, reach| rates.on(KindId(0), Some(ModelId(model)), gpus, reach);
        assert_eq!(on(0, 4, Reach::Node), UNIT_RATE);
        assert_eq!(on(1, 4, Reach::Rack), 400_000_000);
        assert_eq!(on(0, 16, Reach::Zones), 6 * UNIT_RATE);
    }
}
