//! A tenant's queue: what it is guaranteed, what it may have at most, and which queue it is part of.
//!
//! Nothing here binds the engine: admission by tenant reads it, and so do the metrics of fairness.

use crate::units::QueueId;

/// A tenant's queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Name.
    pub name: String,
    /// The queue that it is part of, an earlier one.
    pub parent: Option<QueueId>,
    /// What it is guaranteed.
    pub share: Amount,
    /// The most that it may have, where that is limited.
    pub cap: Option<Amount>,
    /// Whether it may have more than its share while others leave it.
    pub borrow: bool,
    /// Its weight where queues divide what no share guarantees; positive.
    pub weight: u32,
}

/// An amount of GPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many.
    Gpus(u32),
    /// So many millionths of what its parent has; for a queue without one, of all GPUs that the fleets may hold.
    Part(u32),
}

/// What a queue comes to, in thousandths of GPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// What it is guaranteed.
    pub share: u64,
    /// The most that it may have by itself, where that is limited; so may all above it.
    pub limit: Option<u64>,
}

/// What each queue comes to where the fleets may hold so many thousandths of GPUs.
pub fn entitlements(queues: &[Queue], whole: u64) -> Vec<Entitlement> {
    let mut found: Vec<Entitlement> = Vec::with_capacity(queues.len());
    // The most that each may have, for the parts of those within it.
    let mut mosts: Vec<u64> = Vec::with_capacity(queues.len());
    for queue in queues {
        let parent = queue.parent.map(QueueId::index);
        let (guaranteed, most) = parent.map_or((whole, whole), |at| (found[at].share, mosts[at]));
        let share = queue.share.milli(guaranteed);
        let cap = queue.cap.map(|cap| cap.milli(most));
        let limit = if queue.borrow {
            cap
        } else {
            Some(cap.map_or(share, |cap| cap.min(share)))
        };
        mosts.push(limit.unwrap_or(most));
        found.push(Entitlement { share, limit });
    }
    found
}

impl Queue {
    /// A queue with nothing guaranteed and nothing forbidden.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            parent: None,
            share: Amount::Gpus(0),
            cap: None,
            borrow: true,
            weight: 1,
        }
    }
}

impl Amount {
    /// Thousandths of GPUs, where the whole has so many.
    pub fn milli(self, whole: u64) -> u64 {
        match self {
            Self::Gpus(gpus) => u64::from(gpus) * 1000,
            Self::Part(millionths) => {
                let part = u128::from(whole) * u128::from(millionths) / 1_000_000;
                u64::try_from(part).unwrap_or(u64::MAX)
            }
        }
    }
}
