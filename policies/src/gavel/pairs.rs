//! Pairs: two jobs of the same size that may run on the same GPUs, with accounts of their own.

use std::collections::BTreeMap;

use sim_core::engine::View;
use sim_core::units::JobId;

use super::accounts::Account;
use super::goals::Couple;
use super::ledger::Ledger;

/// Who runs on some GPUs: a job, and whom it shares them with; of two, the earlier one first.
pub(super) type Unit = (JobId, Option<JobId>);

/// Two jobs on the same GPUs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pair {
    pub(super) gpus: u32,
    /// Steps a second of the earlier and of the later one, by model.
    pub(super) speeds: Vec<[f64; 2]>,
    /// What it should have, if shares were computed since the later one came.
    pub(super) shares: Option<Vec<f64>>,
    /// By model.
    pub(super) accounts: Vec<Account>,
}

/// By the later, then the earlier job: in the order in which they become possible.
pub(super) type Pairs = BTreeMap<(JobId, JobId), Pair>;

impl Pair {
    /// Whether both run on a model.
    pub(super) fn runs(&self, model: usize) -> bool {
        self.speeds[model].iter().all(|speed| *speed > 0.0)
    }
}

impl Ledger {
    /// Takes in the pairs that a job makes with whoever is there; what is not known to run together makes none, except as
    /// published.
    pub(super) fn pair_up(&mut self, job: JobId, view: &View<'_>) {
        let (Some(seen), Some(member)) = (view.job(job), self.members.get(&job)) else {
            return;
        };
        let gpus = member.gpus;
        if !member.halves {
            return;
        }
        for (other, theirs) in &self.members {
            let Some(beside) = view.job(*other).filter(|_| *other != job) else {
                continue;
            };
            if theirs.gpus != gpus || !theirs.halves {
                continue;
            }
            let (one, two) = if *other < job {
                (&beside, &seen)
            } else {
                (&seen, &beside)
            };
            let (earlier, later) = (one.id(), two.id());
            let speeds = self.models.iter().enumerate().map(|(at, model)| {
                let runs = member.speeds[at] > 0.0 && theirs.speeds[at] > 0.0;
                let both = [
                    one.speed_beside(two, model.id).unwrap_or(0.0),
                    two.speed_beside(one, model.id).unwrap_or(0.0),
                ];
                if runs { both } else { [0.0; 2] }
            });
            let pair = Pair {
                gpus,
                speeds: speeds.collect(),
                shares: None,
                // Nothing was received yet; the first reset gives it the half round that all begin with.
                accounts: vec![Account::new(0.0); self.models.len()],
            };
            let some = (0..self.models.len()).any(|model| pair.runs(model));
            if some || self.zero_is_never {
                self.pairs.insert((later, earlier), pair);
            }
        }
    }

    /// The pair of a unit, if it is one.
    pub(super) fn pair(&self, unit: Unit) -> Option<&Pair> {
        let (earlier, later) = (unit.0, unit.1?);
        self.pairs.get(&(later, earlier))
    }

    /// Everybody, and every pair behind the later of the two.
    pub(super) fn units(&self) -> impl Iterator<Item = Unit> + '_ {
        self.members.keys().flat_map(|job| {
            let with = (*job, JobId::unpack(0))..=(*job, *job);
            let pairs = self.pairs.range(with);
            let pairs = pairs.map(|((later, earlier), _)| (*earlier, Some(*later)));
            [(*job, None)].into_iter().chain(pairs)
        })
    }

    /// The pairs as a goal sees them, with those models that are `used`.
    pub(super) fn couples(&self, used: &[usize]) -> Vec<Couple> {
        let place: BTreeMap<JobId, usize> = self.members.keys().copied().zip(0..).collect();
        let couple = |((later, earlier), pair): (&(JobId, JobId), &Pair)| Couple {
            of: [place[earlier], place[later]],
            gpus: f64::from(pair.gpus),
            speeds: used.iter().map(|at| pair.speeds[*at]).collect(),
        };
        self.pairs.iter().map(couple).collect()
    }
}
