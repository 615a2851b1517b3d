//! Gandiva (Xiao et al., OSDI 2018), as far as Gavel's simulator has it: jobs that do not all fit are packed two by two at random,
//! pairs that get too little done are broken up, and time is divided equally among what is left.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::units::{JobId, convert};

use super::{Ask, Couple, Goal};
use crate::gavel::Mersenne;

/// Random pairs on trial. It remembers who was put beside whom.
#[derive(Clone, Debug)]
pub struct Gandiva {
    luck: Mersenne,
    /// By job: whom it runs beside, or nobody.
    mates: BTreeMap<JobId, Option<JobId>>,
}

impl Gandiva {
    /// With nobody there, drawing as the original does with this seed.
    pub fn new(seed: u64) -> Self {
        let seed = u32::try_from(seed % (1 << 32)).expect("below 2^32");
        Self {
            luck: Mersenne::new(seed),
            mates: BTreeMap::new(),
        }
    }

    /// Forgets whoever is gone or lost its mate, and pairs that do not get more done than one job alone, all models together.
    fn part(&mut self, ask: &Ask) {
        let there: BTreeMap<JobId, usize> = positions(ask);
        let holds = |(job, mate): (&JobId, &Option<JobId>)| match mate {
            None => false,
            Some(mate) => match (there.get(job), there.get(mate)) {
                (Some(one), Some(other)) => gain(ask, *one, *other) >= 1.0,
                (Some(_) | None, _) => false,
            },
        };
        let kept = self.mates.iter().filter(|entry| holds(*entry));
        self.mates = kept.map(|(job, mate)| (*job, *mate)).collect();
    }

    /// Pairs off whoever has no mate: as many draws of two as there are of them, of which those of unequal size do not count.
    fn pair_off(&mut self, ask: &Ask) {
        let claimants = ask.claimants.iter();
        let without = claimants.filter(|claimant| !self.mates.contains_key(&claimant.job));
        let mut left: Vec<(JobId, f64)> = without
            .map(|claimant| (claimant.job, claimant.gpus))
            .collect();
        for _ in 0..left.len() {
            if left.len() < 2 {
                break;
            }
            let [one, other] = self.luck.two_of(left.len()).map(|at| left[at]);
            if one.1.to_bits() == other.1.to_bits() {
                left.retain(|(job, _)| *job != one.0 && *job != other.0);
                self.mates.insert(one.0, Some(other.0));
                self.mates.insert(other.0, Some(one.0));
            }
        }
        for (job, _) in left {
            self.mates.insert(job, None);
        }
    }

    /// Rows that are to have a part: whoever has no mate, and each pair once; nobody whose pair is not known.
    fn rows(&self, ask: &Ask) -> BTreeSet<usize> {
        let there = positions(ask);
        let row = |(at, claimant): (usize, &super::Claimant)| match self
            .mates
            .get(&claimant.job)
            .copied()
            .flatten()
        {
            None => Some(at),
            Some(mate) => {
                let other = *there.get(&mate)?;
                let of = [at.min(other), at.max(other)];
                let row = ask.pairs.iter().position(|pair| pair.of == of)?;
                Some(ask.claimants.len() + row)
            }
        };
        ask.claimants.iter().enumerate().filter_map(row).collect()
    }
}

impl Goal for Gandiva {
    fn name(&self) -> &'static str {
        "gandiva"
    }

    fn shares(&mut self, ask: &Ask) -> Vec<Vec<f64>> {
        self.part(ask);
        let wanted: f64 = ask.claimants.iter().map(|claimant| claimant.gpus).sum();
        let rows = if wanted <= ask.gpus.iter().sum() {
            (0..ask.claimants.len()).collect()
        } else {
            self.pair_off(ask);
            self.rows(ask)
        };
        let count = convert::real(convert::wide(rows.len()));
        let all = ask.claimants.iter().map(|claimant| claimant.gpus);
        let all = all.chain(ask.pairs.iter().map(|pair| pair.gpus));
        let share = |(row, gpus): (usize, f64)| {
            if !rows.contains(&row) {
                return vec![0.0; ask.gpus.len()];
            }
            let parts: Vec<f64> = ask.gpus.iter().map(|all| all / count / gpus).collect();
            let most = parts.iter().sum::<f64>().max(1.0);
            parts.into_iter().map(|part| part / most).collect()
        };
        all.enumerate().map(share).collect()
    }

    fn packs(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Goal + Send> {
        Box::new(self.clone())
    }
}

fn positions(ask: &Ask) -> BTreeMap<JobId, usize> {
    let claimants = ask.claimants.iter().enumerate();
    claimants.map(|(at, claimant)| (claimant.job, at)).collect()
}

/// What two get done together, in multiples of what each does alone, over all models; nothing, if one does not run on some.
fn gain(ask: &Ask, one: usize, other: usize) -> f64 {
    let of = [one.min(other), one.max(other)];
    let Some(Couple { speeds, .. }) = ask.pairs.iter().find(|pair| pair.of == of) else {
        return 0.0;
    };
    if speeds.iter().flatten().any(|speed| *speed <= 0.0) {
        return 0.0;
    }
    let part = |(model, both): (usize, &[f64; 2])| {
        let alone = of.map(|at| ask.claimants[at].speeds[model]);
        both[0] / alone[0] + both[1] / alone[1]
    };
    speeds.iter().enumerate().map(part).sum()
}
