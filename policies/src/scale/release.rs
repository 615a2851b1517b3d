//! Release: which replicas go, where there are to be fewer: spot before on-demand, and of each the youngest first.
//!
//! The youngest are those with the least in their caches, and of those that start nothing is lost.

use std::cmp::Reverse;

use sim_core::units::SimTime;

/// A replica that might go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its identity.
    pub id: u64,
    /// Whether it runs on a machine that may be taken away.
    pub is_spot: bool,
    /// Whether it serves.
    pub is_ready: bool,
    /// When it was asked for.
    pub since: SimTime,
}

/// The identities of those that go, the first first, where `count` are to go: spot before on-demand; of each, those that do not
/// serve yet, then the youngest, then the last.
pub fn release(held: &[Held], count: usize) -> Vec<u64> {
    let mut order = held.to_vec();
    order.sort_by_key(|one| {
        let age = Reverse(one.since);
        (!one.is_spot, one.is_ready, age, Reverse(one.id))
    });
    order.iter().take(count).map(|one| one.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::world::draw::Stream;

    #[test]
    fn no_replica_on_demand_goes_before_one_on_spot_nor_an_older_before_a_younger() {
        let mut luck = Stream::new(1, &["release".into()]);
        for _ in 0..1000 {
            let held: Vec<Held> = (0..luck.below(9))
                .map(|id| Held {
                    id,
                    is_spot: luck.chance(0.5),
                    is_ready: luck.chance(0.7),
                    since: SimTime::from_secs(luck.below(5)),
                })
                .collect();
            let count = usize::try_from(luck.below(9)).expect("small");
            let gone = release(&held, count);
            assert_eq!(gone.len(), count.min(held.len()));
            let (going, staying): (Vec<&Held>, Vec<&Held>) =
                held.iter().partition(|one| gone.contains(&one.id));
            for one in going {
                for other in &staying {
                    let alike = (one.is_spot, one.is_ready) == (other.is_spot, other.is_ready);
                    assert!(one.is_spot || !other.is_spot);
                    assert!(!alike || one.since >= other.since);
                }
            }
        }
    }
}
