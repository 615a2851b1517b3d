//! `AlloX` (Le and others, `EuroSys` 2020, in Gavel's form): each job gets a GPU and a turn on it, so that the sum of the times at
//! which they end is least; whoever has a GPU keeps it to its end.

use std::collections::BTreeMap;

use sim_core::units::{JobId, convert};

use super::{Ask, Claimant, Goal};
use crate::solve::assign;

/// `AlloX`, of jobs on one GPU; others have no share, and run on what is left over.
#[derive(Clone, Debug)]
pub struct Allox {
    depth: usize,
    /// The model of each job that has a GPU.
    held: BTreeMap<JobId, usize>,
}

/// Where a job does not run, it would take so much longer.
const NEVER: f64 = 1e-10;

impl Allox {
    /// That looks at so many waiting jobs, those that came first, and at least at as many as there are free GPUs.
    pub fn new(depth: usize) -> Self {
        Self {
            depth,
            held: BTreeMap::new(),
        }
    }

    /// Gives free GPUs, told by their models, to those whose turn is the first on one.
    fn give(&mut self, waiting: &[&Claimant], free: &[usize]) {
        // A job in the k-th turn from the end delays k jobs by its own time, itself among them.
        let turns = waiting.len() * free.len();
        let delay = |row: usize, column: usize| {
            let (job, model) = (waiting[row], free[column % free.len()]);
            let speed = job.speeds[model];
            // Zero is listed, not computed.
            let alone = job.steps_left / if speed == 0.0 { NEVER } else { speed };
            let behind = convert::real(convert::wide(column / free.len() + 1));
            behind * alone + job.since_s
        };
        let given = assign(waiting.len(), turns, &delay);
        for (gpu, model) in free.iter().enumerate() {
            let on = given.iter().zip(waiting);
            let on = on.filter(|(column, _)| **column % free.len() == gpu);
            let first = on.max_by_key(|(column, _)| **column);
            if let Some((_, first)) = first.filter(|(_, first)| first.speeds[*model] > 0.0) {
                self.held.insert(first.job, *model);
            }
        }
    }
}

impl Goal for Allox {
    fn name(&self) -> &'static str {
        "gavel-allox"
    }

    fn shares(&mut self, ask: &Ask) -> Vec<Vec<f64>> {
        let lives = |job: &JobId| ask.claimants.iter().any(|claimant| claimant.job == *job);
        self.held.retain(|job, _| lives(job));
        let mut free = Vec::new();
        for (model, gpus) in ask.gpus.iter().enumerate() {
            let taken = self.held.values().filter(|held| **held == model).count();
            let left = gpus - convert::real(convert::wide(taken));
            free.extend((0..convert::floor(left.max(0.0))).map(|_| model));
        }
        let waits =
            |claimant: &&Claimant| claimant.gpus <= 1.0 && !self.held.contains_key(&claimant.job);
        let mut waiting: Vec<&Claimant> = ask.claimants.iter().filter(waits).collect();
        waiting.sort_by(|a, b| b.since_s.total_cmp(&a.since_s));
        waiting.truncate(self.depth.max(free.len()));
        if !free.is_empty() {
            self.give(&waiting, &free);
        }
        let row = |claimant: &Claimant| {
            let held = self.held.get(&claimant.job);
            let share = |model| if held == Some(&model) { 1.0 } else { 0.0 };
            (0..ask.gpus.len()).map(share).collect()
        };
        ask.claimants.iter().map(row).collect()
    }

    fn fork(&self) -> Box<dyn Goal + Send> {
        Box::new(self.clone())
    }
}
