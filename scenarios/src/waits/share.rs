//! Waiting by reason, of many jobs together.

use sim_core::engine::Reason;
use sim_core::units::{Span, convert};

use super::{Split, Waited};

/// Waiting of many jobs for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The reason.
    pub reason: Reason,
    /// In microseconds.
    pub wait_us: u128,
    /// Jobs that waited for it at all.
    pub jobs: u32,
}

/// By reason, in the order of [`Reason::ALL`], those for which somebody waited: jobs of the workload alone.
pub fn shares(waited: &Waited) -> Vec<Share> {
    let share = |reason: Reason| {
        let own = waited
            .jobs
            .iter()
            .map(|split: &Split| split[reason.index()]);
        let own = own.filter(|time| *time > Span::ZERO);
        let (mut wait_us, mut jobs) = (0_u128, 0);
        for time in own {
            wait_us += u128::from(time.us());
            jobs += 1;
        }
        Share {
            reason,
            wait_us,
            jobs,
        }
    };
    let all = Reason::ALL.into_iter().map(share);
    all.filter(|share| share.jobs > 0).collect()
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
    let all = total(shares);
    let row = |share: &Share| {
        serde_json::json!({
            "reason": share.reason.name(),
            "wait_s": seconds(share.wait_us),
            "share": part(share.wait_us, all),
            "jobs": share.jobs,
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
