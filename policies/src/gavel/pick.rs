//! Who runs in a round: of each model in turn, whoever is furthest behind its share, and fits.

use std::collections::BTreeSet;

use sim_core::units::JobId;

use super::ledger::Ledger;
use super::pairs::Unit;

/// By model: who runs on it, in the order in which it was chosen.
pub(super) type Picked = Vec<Vec<Unit>>;

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
    out: &BTreeSet<(Unit, usize)>,
) -> Picked {
    let mut picked: Picked = vec![Vec::new(); ledger.models.len()];
    let mut taken: BTreeSet<JobId> = BTreeSet::new();
    for &at in order {
        let mut left = ledger.models[at].gpus;
        for standing in ranked(ledger, at) {
            if left == 0 {
                break;
            }
            let unit = standing.unit;
            let jobs = || [Some(unit.0), unit.1].into_iter().flatten();
            // Nobody is put beside another for the sake of GPUs that are left over, except as published.
            let strict =
                terms.only_shares || (unit.1.is_some() && terms.newcomers != Newcomers::Hold);
            let idle = strict && standing.key[0] <= 0.0;
            let barred = jobs().any(|job| taken.contains(&job)) || out.contains(&(unit, at));
            if barred || !standing.runs || idle {
                continue;
            }
            let (runs, takes) = match terms.newcomers {
                _ if standing.told => (true, true),
                // Nobody is put beside another without a share.
                Newcomers::Run | Newcomers::Wait if unit.1.is_some() => (false, false),
                Newcomers::Run => (true, true),
                Newcomers::Wait => (false, false),
                Newcomers::Hold => (false, true),
            };
            if takes && standing.gpus <= left {
                left -= standing.gpus;
                taken.extend(jobs());
                if runs {
                    picked[at].push(unit);
                }
            }
        }
    }
    picked
}

/// Where a unit stands on a model.
struct Standing {
    unit: Unit,
    gpus: u32,
    /// Whether it runs there.
    runs: bool,
    /// Whether shares were computed since it came.
    told: bool,
    /// Priority, deficit, share.
    key: [f64; 3],
}

/// Everybody and every pair, by priority, deficit and share on a model, the greatest first; then whoever came first.
fn ranked(ledger: &Ledger, at: usize) -> Vec<Standing> {
    let standing = |unit: Unit| {
        let (gpus, runs, shares, account) = if let Some(pair) = ledger.pair(unit) {
            (pair.gpus, pair.runs(at), &pair.shares, &pair.accounts[at])
        } else {
            let of = &ledger.members[&unit.0];
            (of.gpus, of.speeds[at] > 0.0, &of.shares, &of.accounts[at])
        };
        let share = shares.as_ref().map_or(0.0, |row| row[at]);
        Standing {
            unit,
            gpus,
            runs,
            told: shares.is_some(),
            key: [account.priority, account.deficit, share],
        }
    };
    let mut ranked: Vec<Standing> = ledger.units().map(standing).collect();
    let behind = |a: &Standing, b: &Standing| {
        let pairs = a.key.iter().zip(&b.key);
        // Numbers all, and minus zero is zero.
        let unequal = pairs
            .filter_map(|(a, b)| b.partial_cmp(a))
            .find(|order| order.is_ne());
        unequal.unwrap_or(std::cmp::Ordering::Equal)
    };
    ranked.sort_by(behind);
    ranked
}
