//! The queues of a multi-level feedback queue: jobs in the order of their turns, and the accounts by which they move.

use std::collections::BTreeMap;

use sim_core::engine::{Change, Plan, View};
use sim_core::units::{JobId, SimTime};

use super::account::{Account, Move, Rules};
use crate::order::keys;

/// The queues, the first one first, and the accounts of the jobs in them.
#[derive(Clone, Debug)]
pub(super) struct Queues {
    lists: Vec<Vec<JobId>>,
    accounts: BTreeMap<JobId, Account>,
}

impl Queues {
    /// As many as there are limits, and one more.
    pub(super) fn new(rules: &Rules) -> Self {
        Self {
            lists: vec![Vec::new(); rules.limits.len() + 1],
            accounts: BTreeMap::new(),
        }
    }

    /// All jobs in the order of their turns.
    pub(super) fn order(&self) -> Vec<JobId> {
        self.lists.iter().flatten().copied().collect()
    }

    /// Whether it matters to them, and was not decided by who keeps them.
    pub(super) fn is_news(&self, change: &Change) -> bool {
        match change {
            Change::Arrived(_) | Change::Ended(_) | Change::Node(_) => true,
            Change::Requeued(job) => self.accounts.get(job).is_some_and(|own| own.runs),
            Change::Started(_)
            | Change::Reseated(_)
            | Change::Price(_)
            | Change::Availability(_)
            | Change::Waiting(_)
            | Change::Woken => false,
        }
    }

    /// Takes in who came, and lets go who ended.
    pub(super) fn take_in(&mut self, view: &View<'_>) {
        for change in view.changes() {
            if let Change::Arrived(job) = change {
                self.lists[0].push(*job);
                self.accounts.insert(*job, Account::new(view.now()));
            }
        }
        let lives = |job: &JobId| view.job(*job).is_some();
        self.accounts.retain(|job, _| lives(job));
        for list in &mut self.lists {
            list.retain(lives);
        }
    }

    /// Moves jobs to the queues in which they belong, in the order of arrival, each to the end; returns who rose.
    pub(super) fn shift(&mut self, view: &View<'_>, rules: &Rules) -> Vec<JobId> {
        let mut promoted = Vec::new();
        for (id, account) in &mut self.accounts {
            let Some(job) = view.job(*id) else { continue };
            let from = account.queue;
            match account.look(&job, view.now(), rules) {
                Move::Stay => continue,
                Move::Down => {}
                Move::Up => promoted.push(*id),
            }
            self.lists[from].retain(|other| other != id);
            self.lists[account.queue].push(*id);
        }
        promoted
    }

    /// Ranks each queue by Gittins index, if there is one; the earlier arrival goes first among equals.
    pub(super) fn rank(&mut self, view: &View<'_>, rules: &Rules) {
        let Some(gittins) = &rules.gittins else {
            return;
        };
        for list in &mut self.lists {
            list.sort_by_cached_key(|id| {
                let job = view.job(*id).expect("queues hold live jobs");
                let served = self.accounts[id].service(&job, rules);
                (keys::real(-gittins.index(served)), job.arrival())
            });
        }
    }

    /// Takes note of who runs now, with this plan: in each queue they come first. Returns when the next job changes its queue.
    pub(super) fn settle(
        &mut self,
        view: &View<'_>,
        plan: &Plan<'_>,
        rules: &Rules,
    ) -> Option<SimTime> {
        for list in &mut self.lists {
            list.sort_by_key(|job| plan.is_pending(*job));
        }
        let due = |(id, account): (&JobId, &mut Account)| {
            account.runs = !plan.is_pending(*id);
            account.due(&view.job(*id)?, rules)
        };
        self.accounts.iter_mut().filter_map(due).min()
    }
}
