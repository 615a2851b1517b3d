//! Waiting by reason, of many jobs together.

use sim_core::engine::Reason;
use sim_core::units::{Span, convert};

use super::{Split, Waited};

/// Who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Jobs of the workload.
    Jobs,
    /// Replicas of services.
    Replicas,
}

impl Who {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Jobs, Self::Replicas];

    /// Their name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jobs => "jobs",
            Self::Replicas => "replicas",
        }
    }

    /// What their waiting is counted in.
    pub const fn hours(self) -> &'static str {
        match self {
            Self::Jobs => "job-hours",
            Self::Replicas => "replica-hours",
        }
    }
}

/// Waiting of many for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Who waited.
    pub who: Who,
    /// The reason.
    pub reason: Reason,
    /// In microseconds.
    pub wait_us: u128,
    /// How many waited for it at all.
    pub count: u32,
}

/// Jobs before replicas, each by reason, in the order of [`Reason::ALL`], those for which somebody waited.
pub fn shares(waited: &Waited) -> Vec<Share> {
    let share = |(who, reason): (Who, Reason)| {
        let splits = match who {
            Who::Jobs => &waited.jobs,
            Who::Replicas => &waited.replicas,
        };
        let own = splits.iter().map(|split: &Split| split[reason.index()]);
        let own = own.filter(|time| *time > Span::ZERO);
        let (mut wait_us, mut count) = (0_u128, 0);
        for time in own {
            wait_us += u128::from(time.us());
            count += 1;
        }
        Share {
            who,
            reason,
            wait_us,
            count,
        }
    };
    let each = |who| Reason::ALL.into_iter().map(move |reason| (who, reason));
    let all = Who::ALL.into_iter().flat_map(each).map(share);
    all.filter(|share| share.count > 0).collect()
}

/// Those of jobs, or of replicas, alone.
pub fn of(shares: &[Share], who: Who) -> Vec<Share> {
    let own = shares.iter().filter(|share| share.who == who);
    own.copied().collect()
}

/// For what a job waited, and how long.
pub fn by_reason(split: &Split) -> impl Iterator<Item = (Reason, Span)> {
    let all = Reason::ALL.into_iter().zip(*split);
    all.filter(|(_, time)| *time > Span::ZERO)
}

/// All that was waited, in microseconds.
pub fn total(shares: &[Share]) -> u128 {
    shares.iter().map(|share| share.wait_us).sum()
}

/// The same for a program.
pub fn json(shares: &[Share]) -> serde_json::Value {
    let row = |share: &Share| {
        let all = total(&of(shares, share.who));
        serde_json::json!({
            "who": share.who.name(),
            "reason": share.reason.name(),
            "wait_s": seconds(share.wait_us),
            "share": part(share.wait_us, all),
            "count": share.count,
        })
    };
    shares.iter().map(row).collect()
}

/// Microseconds as hours.
pub fn hours(us: u128) -> f64 {
    seconds(us) / 3600.0
}

/// Microseconds as seconds.
pub fn seconds(us: u128) -> f64 {
    let (high, low) = (us / 1_000_000, us % 1_000_000);
    let real = |n: u128| convert::real(u64::try_from(n).unwrap_or(u64::MAX));
    real(high) + real(low) / 1e6
}

/// A part of all; nothing of nothing.
pub fn part(us: u128, all: u128) -> f64 {
    if all == 0 {
        0.0
    } else {
        seconds(us) / seconds(all)
    }
}
