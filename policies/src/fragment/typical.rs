//! What is typical: the commonest classes of tasks, with the share that each has of them.

use std::collections::BTreeMap;

use sim_core::model::{Demand, Gang, GpuDemand, MarketSet, ModelSet, Profile};
use sim_core::units::convert;

/// Most classes that count as typical, so that a workload in which every task is of its own kind can be measured at all.
/// The published traces have a few dozen.
pub const MOST_CLASSES: usize = 256;

/// Tasks that ask for the same, as far as fragmentation goes: memory does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class {
    /// CPU in thousandths of a core.
    pub cpu_milli: u32,
    /// Thousandths of each GPU: none, a share, or all of it.
    pub gpu_milli: u16,
    /// GPUs.
    pub gpus: u16,
    /// GPU models; any, if it asks for no GPU.
    pub models: ModelSet,
    /// Markets.
    pub markets: MarketSet,
    /// The slice of a GPU that it is.
    pub slice: Option<Profile>,
}

/// The commonest classes, and the share that each has of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Typical {
    /// The commonest first.
    pub(super) classes: Vec<(Class, f64)>,
}

impl Class {
    /// The class of a task of `demand` in a job that allows `models`.
    pub fn of(demand: &Demand, models: ModelSet) -> Self {
        let (gpu_milli, gpus) = match demand.gpu {
            GpuDemand::None => (0, 0),
            GpuDemand::Whole(gpus) => (1000, gpus),
            GpuDemand::Milli(milli) => (milli, 1),
            GpuDemand::Slice(_) => {
                let milli = u16::try_from(demand.gpu_milli()).expect("of one GPU");
                (milli, 1)
            }
        };
        let slice = match demand.gpu {
            GpuDemand::None | GpuDemand::Whole(_) | GpuDemand::Milli(_) => None,
            GpuDemand::Slice(profile) => Some(profile),
        };
        Self {
            slice,
            cpu_milli: demand.cpu_milli,
            gpu_milli,
            gpus,
            models: if gpus == 0 { ModelSet::ANY } else { models },
            markets: demand.markets,
        }
    }
}

impl Typical {
    /// The commonest of these classes, as many as make up `share_ppm` millionths of all tasks; among equally common ones
    /// those that ask for more.
    pub fn of(counts: &BTreeMap<Class, u64>, share_ppm: u32) -> Self {
        let mut ranked: Vec<(Class, u64)> = counts.iter().map(|(c, n)| (*c, *n)).collect();
        ranked.sort_by(|(a, many), (b, others)| others.cmp(many).then(b.cmp(a)));
        let total = ranked.iter().map(|(_, tasks)| tasks).sum();
        ranked.truncate(MOST_CLASSES);
        Self::ranked(&ranked, total, share_ppm)
    }

    /// The first of these classes, as many as make up `share_ppm` millionths of `total` tasks, or all of them.
    pub fn ranked(ranked: &[(Class, u64)], total: u64, share_ppm: u32) -> Self {
        let wanted = u128::from(total) * u128::from(share_ppm);
        let (mut covered, mut most) = (0, 0);
        for (_, tasks) in ranked {
            if u128::from(covered) * 1_000_000 >= wanted {
                break;
            }
            (covered, most) = (covered + tasks, most + 1);
        }
        // In two steps, as published: the share of all tasks, then of those that are typical.
        let whole = convert::real(total);
        let part = convert::real(covered) / whole;
        let share = |tasks: u64| convert::real(tasks) / whole / part;
        let classes = ranked[..most]
            .iter()
            .map(|(class, tasks)| (*class, share(*tasks)));
        Self {
            classes: classes.collect(),
        }
    }

    /// Whether nothing is typical: before anything was seen.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }
}

/// Adds the tasks of a gang to what is counted.
pub(super) fn count(counts: &mut BTreeMap<Class, u64>, gang: &Gang, models: ModelSet) -> u64 {
    let mut tasks = 0;
    for role in gang.roles() {
        *counts.entry(Class::of(&role.demand, models)).or_default() += u64::from(role.tasks);
        tasks += u64::from(role.tasks);
    }
    tasks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(cpu_milli: u32) -> Class {
        let demand = Demand {
            cpu_milli,
            ..Demand::gpus(1)
        };
        Class::of(&demand, ModelSet::ANY)
    }

    #[test]
    fn the_commonest_classes_up_to_the_share_are_typical_and_their_shares_make_one() {
        let counts = [(class(1), 6), (class(2), 2), (class(3), 1), (class(4), 1)];
        let counts: BTreeMap<Class, u64> = counts.into_iter().collect();
        let typical = Typical::of(&counts, 800_000);
        let (classes, shares): (Vec<Class>, Vec<f64>) = typical.classes.into_iter().unzip();
        assert_eq!(classes, [class(1), class(2)]);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((shares[0] - 0.75).abs() < 1e-12);
        // Of two that are equally common the one that asks for more.
        assert_eq!(Typical::of(&counts, 810_000).classes[2].0, class(4));
        assert_eq!(Typical::of(&counts, 1_000_000).classes.len(), 4);
        assert!(Typical::of(&BTreeMap::new(), 950_000).is_empty());
    }
}
