//! What a job would make of a configuration, by all that it has reported and what was profiled of one GPU beforehand.

use sim_core::course::goodput::{Fit, Noise, Seen, State};
use sim_core::engine::Training;

use super::pools::Pool;

/// A job as the scheduler knows it.
pub(crate) struct Outlook<'a> {
    training: Training<'a>,
    report: State,
}

impl<'a> Outlook<'a> {
    pub(crate) fn new(training: Training<'a>, report: State) -> Self {
        Self { training, report }
    }

    /// Most GPUs to give it: twice as many as it ever had, and no more than its largest batch feeds.
    pub(crate) fn most_gpus(&self, ceiling: u32) -> u32 {
        let seen = self.report.known.iter().flat_map(|known| &known.seen);
        let had = seen.map(|seen| seen.replicas).max();
        let fed = self.training.most_gpus();
        had.map_or(1, |had| had * 2).min(ceiling).min(fed).max(1)
    }

    /// Goodput on so many GPUs of a pool, if it can run there.
    ///
    /// On a model that it ran on it goes by what it made of that: after a single GPU it hopes to scale ideally. Of another model it
    /// takes what it would make of as many GPUs on the first of `pools` that it knows, times what one GPU does here for one there.
    /// Before its first step all models are one to it.
    pub(crate) fn goodput<'p>(&self, pool: &Pool, pools: &'p [Pool], gpus: u32) -> Option<f64> {
        let here = self.training.alone(pool.model)?;
        if let Some(fit) = self.report.fit(pool.model) {
            return self.by(fit, pool, gpus);
        }
        let known = |other: &'p Pool| Some((other, self.report.fit(other.model)?));
        let Some((there, fit)) = pools.iter().find_map(known) else {
            return (gpus == 1).then_some(1.0);
        };
        let ratio = here / self.training.alone(there.model)?;
        Some(self.by(fit, there, gpus)? * ratio)
    }

    /// By what it made of its own steps on a model.
    fn by(&self, fit: &Fit, pool: &Pool, gpus: u32) -> Option<f64> {
        let shape = (pool.nodes_of(gpus), gpus);
        let model = (pool.model, fit);
        self.training.goodput(model, self.noise(), shape)
    }

    /// Steps that it has timed, whatever the model; of steps alike those on the model that it ran on first.
    pub(crate) fn steps(&self) -> Vec<Seen> {
        let mut steps: Vec<Seen> = Vec::new();
        for seen in self.report.known.iter().flat_map(|known| &known.seen) {
            let key = |seen: &Seen| (seen.nodes, seen.replicas, seen.local);
            if steps.iter().all(|other| key(other) != key(seen)) {
                steps.push(*seen);
            }
        }
        steps
    }

    /// Goodput on so many nodes and GPUs for who tells no model from another, by what was made of all its steps.
    pub(crate) fn goodput_anywhere(&self, fit: &Fit, shape: (u32, u32)) -> Option<f64> {
        self.training.goodput_anywhere(fit, self.noise(), shape)
    }

    fn noise(&self) -> Noise {
        self.report.noise.unwrap_or(NOISELESS)
    }
}

/// What has no noise gains nothing by a larger batch.
const NOISELESS: Noise = Noise {
    square: 1.0,
    variance: 0.0,
};
