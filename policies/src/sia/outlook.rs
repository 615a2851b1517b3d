//! What a job would make of a configuration, by all that it has reported and what was measured of one GPU beforehand.

use sim_core::course::goodput::{Fit, Kind, Machine, Noise, Seen, State, best};
use sim_core::units::ModelId;

/// A job as the scheduler knows it.
pub(super) struct Outlook<'a> {
    kind: &'a Kind,
    report: State,
}

/// Samples a GPU at which one GPU of each model is measured before a job comes.
const BEFOREHAND: u32 = 8;

impl<'a> Outlook<'a> {
    pub(super) fn new(kind: &'a Kind, report: State) -> Self {
        Self { kind, report }
    }

    /// Most GPUs to give it: twice as many as it ever had, and no more than its largest batch feeds.
    pub(super) fn most_gpus(&self, ceiling: u32) -> u32 {
        let seen = self.report.known.iter().flat_map(|known| &known.seen);
        let had = seen.map(|seen| seen.replicas).max();
        let application = &self.kind.application;
        let fed = application.batches.1 / application.least_local.max(1);
        had.map_or(1, |had| had * 2).min(ceiling).min(fed).max(1)
    }

    /// Goodput on so many nodes and GPUs of a model, if it can run there.
    ///
    /// Of a model on which it ran on several GPUs it knows by itself. Of another it takes its speed on one GPU there, and how it
    /// scaled where it did; where it nowhere had several, it is taken to scale ideally.
    pub(super) fn goodput(&self, model: ModelId, nodes: u32, gpus: u32) -> Option<f64> {
        let machine = self.kind.application.machine(model)?;
        let own = self
            .report
            .fit(model)
            .filter(|_| gpus == 1 || self.scaled(model));
        if let Some(fit) = own {
            return self.by(fit, machine, (nodes, gpus));
        }
        let alone = self.by(&self.beforehand(machine), machine, (1, 1))?;
        if gpus == 1 {
            return Some(alone);
        }
        let mut elsewhere = self
            .report
            .known
            .iter()
            .filter(|known| self.scaled(known.model));
        let Some(known) = elsewhere.next() else {
            return Some(alone * f64::from(gpus));
        };
        let there = self.kind.application.machine(known.model)?;
        let ratio =
            self.by(&known.fit, there, (nodes, gpus))? / self.by(&known.fit, there, (1, 1))?;
        Some(alone * ratio)
    }

    /// Whether it ran on several GPUs of a model.
    fn scaled(&self, model: ModelId) -> bool {
        let mut known = self
            .report
            .known
            .iter()
            .filter(|known| known.model == model);
        known.any(|known| known.seen.iter().any(|seen| seen.replicas > 1))
    }

    fn by(&self, fit: &Fit, machine: &Machine, (nodes, gpus): (u32, u32)) -> Option<f64> {
        let application = &self.kind.application;
        let least = application
            .batches
            .0
            .max(application.least_local.saturating_mul(gpus));
        // A submitter who asked for a batch larger than the initial one takes no larger one.
        let most = self.kind.requested.max(application.batches.0);
        if least > most {
            return None;
        }
        let noise = self.noise();
        let bounds = ((least, most), machine.most_local());
        best(application, (fit, noise), (nodes, gpus), bounds).map(|(_, goodput)| goodput)
    }

    /// The noise of the last step; before the first, as good as none.
    fn noise(&self) -> Noise {
        self.report.noise.unwrap_or(Noise {
            square: 1.0,
            variance: 1e-9,
        })
    }

    /// One GPU, as it was measured before.
    fn beforehand(&self, machine: &Machine) -> Fit {
        let (low, high) = (
            self.kind.application.least_local,
            machine.most_local_on(&[1]),
        );
        let step = (high.saturating_sub(low) / BEFOREHAND).max(1);
        let locals = (0..=BEFOREHAND).map(|nth| (low + nth * step).min(high.max(low)));
        let mut seen: Vec<Seen> = Vec::new();
        for local in locals {
            if seen.iter().all(|seen| seen.local != local) {
                let (step_s, sync_s) = machine.step_s(&[1], local);
                seen.push(Seen {
                    nodes: 1,
                    replicas: 1,
                    local,
                    step_s,
                    sync_s,
                });
            }
        }
        Fit::new(&seen)
    }
}
