//! Who runs in a round: of each model in turn, whoever is furthest behind its share, and fits.

use std::collections::BTreeSet;

use sim_core::units::JobId;

use super::ledger::{Ledger, Member};

/// By model: who runs on it, in the order in which it was chosen.
pub(super) type Picked = Vec<Vec<JobId>>;

/// What holds of everybody.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// Whoever should have nothing gets nothing, even of what is left over.
    pub(super) only_shares: bool,
    pub(super) newcomers: Newcomers,
}

/// What of jobs that came since shares were computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newcomers {
    /// They run on what is left over, as those do that should have nothing.
    Run,
    /// They wait for shares.
    Wait,
    /// They wait for shares, and nobody runs where they would, as published.
    Hold,
}

/// Gives away the models in this order; who stands in `out` with a model gets none of it.
pub(super) fn pick(
    ledger: &Ledger,
    order: &[usize],
    terms: Terms,
    out: &BTreeSet<(JobId, usize)>,
) -> Picked {
    let mut picked: Picked = vec![Vec::new(); ledger.models.len()];
    let mut taken: BTreeSet<JobId> = BTreeSet::new();
    for &at in order {
        let mut left = ledger.models[at].gpus;
        for (id, member) in ranked(ledger, at) {
            if left == 0 {
                break;
            }
            let idle = terms.only_shares && member.accounts[at].priority <= 0.0;
            let barred = taken.contains(&id) || out.contains(&(id, at));
            if barred || member.speeds[at] <= 0.0 || idle {
                continue;
            }
            let (runs, takes) = match terms.newcomers {
                _ if member.shares.is_some() => (true, true),
                Newcomers::Run => (true, true),
                Newcomers::Wait => (false, false),
                Newcomers::Hold => (false, true),
            };
            if takes && member.gpus <= left {
                left -= member.gpus;
                taken.insert(id);
                if runs {
                    picked[at].push(id);
                }
            }
        }
    }
    picked
}

/// Everybody, by priority, deficit and share on a model, the greatest first; then whoever came first.
fn ranked(ledger: &Ledger, at: usize) -> Vec<(JobId, &Member)> {
    let mut ranked: Vec<(JobId, &Member)> = ledger
        .members
        .iter()
        .map(|(id, member)| (*id, member))
        .collect();
    let key = |member: &Member| {
        let account = &member.accounts[at];
        let share = member.shares.as_ref().map_or(0.0, |row| row[at]);
        [account.priority, account.deficit, share]
    };
    let behind = |(_, a): &(JobId, &Member), (_, b): &(JobId, &Member)| {
        let (a, b) = (key(a), key(b));
        let pairs = a.iter().zip(&b);
        // Numbers all, and minus zero is zero.
        let unequal = pairs
            .filter_map(|(a, b)| b.partial_cmp(a))
            .find(|order| order.is_ne());
        unequal.unwrap_or(std::cmp::Ordering::Equal)
    };
    ranked.sort_by(behind);
    ranked
}
