//! Accounts: the time that jobs and pairs have received on each model, what they lack, and who comes first.

use super::ledger::Ledger;
use super::pairs::{Pair, Unit};

/// What a job has on a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Account {
    /// Time received since the last reset, and half a round to begin with.
    pub(super) received: f64,
    pub(super) deficit: f64,
    pub(super) priority: f64,
}

impl Account {
    /// One that begins with so much received.
    pub(super) const fn new(received: f64) -> Self {
        Self {
            received,
            deficit: 0.0,
            priority: 0.0,
        }
    }
}

impl Ledger {
    /// A job, or a pair, has received so much time on a model.
    pub(super) fn receive(&mut self, unit: Unit, model: usize, time: f64) {
        let account = match unit {
            (id, None) => self.members.get_mut(&id).map(|of| &mut of.accounts),
            (id, Some(later)) => {
                let pair = self.pairs.get_mut(&(later, id));
                pair.map(|of| &mut of.accounts)
            }
        };
        if let Some(accounts) = account {
            accounts[model].received += time;
        }
        self.models[model].received += time;
    }

    /// What was due and not received becomes a deficit.
    pub(super) fn begin_anew(&mut self, now: f64) {
        let (elapsed, half) = (now - self.reset, self.round / 2.0);
        for (at, model) in self.models.iter_mut().enumerate() {
            model.received = 0.0;
            let members = self.members.values_mut();
            let members = members.map(|of| (&of.shares, &mut of.accounts[at]));
            let pairs = self.pairs.values_mut();
            let pairs = pairs.map(|of| (&of.shares, &mut of.accounts[at]));
            for (shares, account) in members.chain(pairs) {
                let due = shares.as_ref().map_or(0.0, |row| row[at] * elapsed);
                account.deficit += due - (account.received - half);
                account.received = half;
                model.received += half;
            }
        }
        self.reset = now;
        self.any_time = false;
    }

    /// Ranks everybody: by the share it should have over the share it had.
    pub(super) fn rank(&mut self) {
        for (at, model) in self.models.iter().enumerate() {
            let members = self.members.values_mut();
            let members = members.map(|of| {
                let runs = of.speeds[at] > 0.0;
                (&of.shares, &mut of.accounts[at], runs)
            });
            let pairs = self.pairs.values_mut();
            let pairs = pairs.map(|of: &mut Pair| {
                let runs = of.runs(at);
                (&of.shares, &mut of.accounts[at], runs)
            });
            for (shares, account, runs) in members.chain(pairs) {
                let share = shares.as_ref().map_or(0.0, |row| row[at]);
                let had = if model.received > 0.0 {
                    account.received / model.received
                } else {
                    0.0
                };
                account.priority = if share <= 0.0 || !runs {
                    0.0
                } else if had > 0.0 {
                    share / had
                } else {
                    share * 1e9
                };
            }
        }
    }
}
