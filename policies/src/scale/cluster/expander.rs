//! Expanders: which group gets the nodes, where several would do.

use sim_core::units::convert;
use sim_core::world::draw::Stream;

use super::model::Group;
use super::pack::Offer;

/// A rule by which some offers are as good as any, and the others are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expander {
    /// One by chance.
    Random,
    /// Those that run the most pods.
    MostPods,
    /// Those that leave the least CPU idle, of these the least memory.
    LeastWaste,
    /// Those whose nodes cost least for each pod that they run.
    Price,
    /// Those of the highest priority.
    Priority,
}

/// The position of the offer that a chain of rules leaves; where it leaves several, the first.
pub fn choose(
    offers: &[Offer],
    groups: &[Group],
    chain: &[Expander],
    luck: &mut Stream,
) -> Option<usize> {
    let mut left: Vec<usize> = (0..offers.len()).collect();
    for rule in chain {
        if left.len() > 1 {
            left = rule.best(&left, offers, groups, luck);
        }
    }
    left.first().copied()
}

impl Expander {
    fn best(
        self,
        left: &[usize],
        offers: &[Offer],
        groups: &[Group],
        luck: &mut Stream,
    ) -> Vec<usize> {
        // The less, the better.
        let key = |at: usize| -> (u128, u128) {
            let offer = &offers[at];
            let group = &groups[offer.group];
            let pods = u128::from(convert::wide(offer.pods.len()));
            match self {
                Self::Random => (0, 0),
                Self::MostPods => (u128::MAX - pods, 0),
                Self::LeastWaste => (offer.idle.cpu_milli.into(), offer.idle.memory_mib.into()),
                Self::Price => {
                    // In billionths, so that whole numbers tell prices apart.
                    let price = u128::from(group.price) * u128::from(offer.nodes);
                    (price * 1_000_000_000 / pods.max(1), 0)
                }
                Self::Priority => (u128::from(u32::MAX - group.priority), 0),
            }
        };
        if self == Self::Random {
            let drawn = luck.below(convert::wide(left.len()));
            let drawn = usize::try_from(drawn).expect("one of those left");
            return vec![left[drawn]];
        }
        let least = left.iter().map(|at| key(*at)).min();
        let best = left.iter().filter(|at| Some(key(**at)) == least);
        best.copied().collect()
    }
}
