//! The ledger: who is there, what share of the time each should have on each model, and what it has received.

use std::collections::BTreeMap;

use sim_core::units::{JobId, ModelId, QueueId, convert};

use super::accounts::Account;
use super::goals::{Ask, Claimant, Goal};
use super::pairs::Pairs;

/// A GPU model.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Model {
    pub(super) id: ModelId,
    /// GPUs of the machines that may be started on now.
    pub(super) gpus: u32,
    /// Dollars an hour of a GPU.
    pub(super) usd_h: f64,
    /// Time that all jobs together have received since the last reset.
    pub(super) received: f64,
}

/// A job.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) queue: QueueId,
    /// What its tenant counts for.
    pub(super) tenant: f64,
    pub(super) gpus: u32,
    /// Whether another may lie on each of its GPUs.
    pub(super) halves: bool,
    pub(super) weight: f64,
    /// Steps a second, by model; zero where it does not run.
    pub(super) speeds: Vec<f64>,
    /// When it was submitted, and when it should be done, on the policy's clock.
    pub(super) arrival: f64,
    pub(super) deadline: Option<f64>,
    /// Steps to do, and done.
    pub(super) total: f64,
    pub(super) done: f64,
    /// Rounds in a row of which nothing counted.
    pub(super) failures: u32,
    /// What it should have, if shares were computed since it came.
    pub(super) shares: Option<Vec<f64>>,
    /// By model.
    pub(super) accounts: Vec<Account>,
}

/// The ledger. Times are of the policy's clock, in the unit that `unit` of make a second.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    /// By name.
    pub(super) models: Vec<Model>,
    pub(super) members: BTreeMap<JobId, Member>,
    /// Those that may run on the same GPUs, for a goal that packs.
    pub(super) pairs: Pairs,
    /// Something happened that shares depend on.
    pub(super) stale: bool,
    /// When shares were computed last.
    pub(super) reset: f64,
    /// Whether they may be computed again at any time.
    pub(super) any_time: bool,
    /// The model that the published goals take for all.
    pub(super) alike_as: Option<usize>,
    /// Whether a last time of zero says the same, as in the published simulator.
    pub(super) zero_is_never: bool,
    /// Length of a round, and the least time between two computations of shares.
    pub(super) round: f64,
    pub(super) between: f64,
    /// What makes a second.
    pub(super) unit: f64,
}

impl Ledger {
    /// Takes a job in.
    pub(super) fn admit(&mut self, id: JobId, mut member: Member) {
        member.accounts = vec![Account::new(self.round / 2.0); self.models.len()];
        self.members.insert(id, member);
        self.stale = true;
    }

    /// A job is gone.
    pub(super) fn drop(&mut self, id: JobId) {
        self.members.remove(&id);
        self.pairs
            .retain(|(later, earlier), _| *later != id && *earlier != id);
        self.stale = true;
    }

    /// Whether shares, which hold for so many seconds, are to be computed anew at `now`.
    pub(super) fn is_due(&self, now: f64, lasts_s: Option<f64>) -> bool {
        // Zero is written, not computed.
        let never = self.zero_is_never && self.reset == 0.0;
        let old = lasts_s.is_some_and(|lasts_s| now - self.reset >= lasts_s * self.unit);
        (self.stale || old) && (now - self.reset >= self.between || never || self.any_time)
    }

    /// Lets shares be computed anew whatever the time.
    pub(super) fn hurry(&mut self) {
        if self.zero_is_never {
            self.reset = 0.0;
        } else {
            self.any_time = true;
        }
    }

    /// Computes shares, and begins the accounts anew.
    pub(super) fn solve(&mut self, goal: &mut dyn Goal, now: f64) -> Vec<(JobId, Vec<f64>)> {
        self.begin_anew(now);
        let claimant = |(id, member): (&JobId, &Member)| Claimant {
            job: *id,
            queue: member.queue,
            tenant: member.tenant,
            gpus: f64::from(member.gpus),
            weight: member.weight,
            speeds: member.speeds.clone(),
            steps: member.total,
            steps_left: member.total - member.done,
            since_s: (now - member.arrival) / self.unit,
            until_s: member.deadline.map(|due| (due - now) / self.unit),
        };
        let mut ask = Ask {
            now_s: now / self.unit,
            claimants: self.members.iter().map(claimant).collect(),
            pairs: Vec::new(),
            gpus: self
                .models
                .iter()
                .map(|model| f64::from(model.gpus))
                .collect(),
            usd_h: self.models.iter().map(|model| model.usd_h).collect(),
            alike_as: self.alike_as,
        };
        let used = self.used();
        let narrow = |row: &mut Vec<f64>| *row = used.iter().map(|at| row[*at]).collect();
        narrow(&mut ask.gpus);
        narrow(&mut ask.usd_h);
        for claimant in &mut ask.claimants {
            narrow(&mut claimant.speeds);
        }
        ask.pairs = self.couples(&used);
        let mut shares = if used.is_empty() {
            vec![Vec::new(); self.members.len() + self.pairs.len()]
        } else {
            goal.shares(&ask)
        };
        for row in &mut shares {
            let mut wide = vec![0.0; self.models.len()];
            for (at, share) in used.iter().zip(row.iter()) {
                wide[*at] = *share;
            }
            *row = wide;
        }
        let rows = self.members.len() + self.pairs.len();
        assert_eq!(shares.len(), rows, "a row for each claimant and pair");
        let of_pairs = shares.split_off(self.members.len());
        for (member, row) in self.members.values_mut().zip(&shares) {
            assert_eq!(row.len(), member.accounts.len(), "a share for each model");
            member.shares = Some(row.clone());
        }
        for (pair, row) in self.pairs.values_mut().zip(of_pairs) {
            assert_eq!(row.len(), pair.accounts.len(), "a share for each model");
            pair.shares = Some(row);
        }
        self.stale = false;
        self.members.keys().copied().zip(shares).collect()
    }

    /// The models that shares are computed for: those that somebody runs on, so that a fleet that nobody can use changes
    /// nothing; as published, all.
    pub(super) fn used(&self) -> Vec<usize> {
        let runs = |at: &usize| {
            let mut members = self.members.values();
            let some = self.models[*at].gpus > 0 && members.any(|member| member.speeds[*at] > 0.0);
            self.zero_is_never || some
        };
        (0..self.models.len()).filter(runs).collect()
    }

    /// Whole steps of such a number.
    pub(super) fn whole(steps: f64) -> u64 {
        convert::floor(steps)
    }

    /// So many steps as a number, exact below 2^53.
    pub(super) fn steps(count: u64) -> f64 {
        convert::real(count)
    }
}
