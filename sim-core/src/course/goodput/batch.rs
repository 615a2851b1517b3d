//! The batch of a job: as asked for, or the one that it thinks gets it furthest.

use super::application::{Application, Kind, Machine, Noise};
use super::fit::Fit;
use super::pipeline;
use crate::units::convert;

/// Slack in rounding up a quotient.
const SLACK: f64 = 1e-8;
/// Batches that a search looks at.
const CANDIDATES: u32 = 50;

/// How a step is cut up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Samples a GPU takes at once.
    pub local: u32,
    /// Times it does so before the last one, which synchronises.
    pub accumulated: u32,
}

/// Where a batch is chosen for.
pub(super) struct Place<'a> {
    pub(super) kind: &'a Kind,
    pub(super) machine: &'a Machine,
    pub(super) counts: &'a [u32],
}

impl Batch {
    /// Samples a step of so many replicas: GPUs, unless they make up pipelines.
    pub fn total(&self, replicas: u32) -> u32 {
        replicas
            .saturating_mul(self.local)
            .saturating_mul(self.accumulated + 1)
    }
}

/// Whole numbers from above; at least one.
pub(super) fn up(x: f64) -> u32 {
    let held = (x - SLACK).ceil().clamp(1.0, 4e9);
    u32::try_from(convert::floor(held)).unwrap_or(u32::MAX)
}

/// Evenly spaced on a logarithmic scale, both ends included.
fn spaced(low: f64, high: f64) -> impl Iterator<Item = f64> {
    let (from, to) = (libm::log10(low), libm::log10(high));
    let step = (to - from) / f64::from(CANDIDATES - 1);
    (0..CANDIDATES).map(move |nth| match nth {
        0 => low,
        _ if nth == CANDIDATES - 1 => high,
        _ => libm::pow(10.0, f64::from(nth) * step + from),
    })
}

impl Place<'_> {
    /// The batch with what is known so far.
    pub(super) fn choose(&self, fit: Option<&Fit>, noise: Option<Noise>) -> Batch {
        let application = &*self.kind.application;
        if self.machine.stages().is_some() {
            return pipeline::BATCH;
        }
        let batch = match (self.kind.tuned, fit, noise) {
            (false, _, _) => self.cut(f64::from(self.kind.requested)),
            (true, Some(fit), Some(noise)) => self.search(fit, noise),
            (true, _, _) => self.cut(f64::from(self.least())),
        };
        let gpus = self.gpus();
        let local = match self.machine.most_local_of(gpus) {
            Some(most) => batch.local.min(most),
            None => batch.local,
        };
        let ceiling = application.batches.1 / gpus.saturating_mul(batch.accumulated + 1).max(1);
        Batch {
            local: local.min(ceiling).max(1),
            ..batch
        }
    }

    /// Replicas of the application.
    pub(super) fn replicas(&self) -> u32 {
        let gpus = self.counts.iter().sum();
        self.kind.application.replicas(self.machine, gpus)
    }

    fn gpus(&self) -> u32 {
        self.counts.iter().sum::<u32>().max(1)
    }

    fn least(&self) -> u32 {
        let application = &*self.kind.application;
        application
            .batches
            .0
            .max(application.least_local.saturating_mul(self.gpus()))
    }

    /// So many samples in as few pieces as fit.
    fn cut(&self, total: f64) -> Batch {
        let gpus = self.gpus();
        let each = up(total / f64::from(gpus));
        let most = self.machine.most_local_on(self.counts);
        let mut accumulated = up(f64::from(each) / f64::from(most)) - 1;
        if gpus == 1 && total > f64::from(self.kind.application.batches.0) {
            accumulated = accumulated.max(1);
        }
        Batch {
            local: up(f64::from(each) / f64::from(accumulated + 1)),
            accumulated,
        }
    }

    fn search(&self, fit: &Fit, noise: Noise) -> Batch {
        let nodes = self.counts.iter().map(|_| 1).sum();
        let bounds = (self.least(), self.kind.application.batches.1);
        let most = self.machine.most_local_on(self.counts);
        let best = best(
            &self.kind.application,
            (fit, noise),
            (nodes, self.gpus()),
            (bounds, most),
        );
        best.map_or_else(|| self.cut(f64::from(self.least())), |(batch, _)| batch)
    }
}

/// The batch of most goodput by what a job knows, on so many nodes and GPUs, in initial batches a second: of totals between two
/// bounds, with at most so many samples on a GPU at once.
pub fn best(
    application: &Application,
    (fit, noise): (&Fit, Noise),
    (nodes, gpus): (u32, u32),
    (bounds, most): ((u32, u32), u32),
) -> Option<(Batch, f64)> {
    let initial = f64::from(application.batches.0);
    let n = f64::from(gpus);
    let mut best: Option<(Batch, f64)> = None;
    let high = f64::from(bounds.1.max(bounds.0));
    for total in spaced(f64::from(bounds.0), high) {
        let each = total / n;
        let mut accumulated = up(each / f64::from(most)) - 1;
        if gpus == 1 && each > initial + SLACK {
            accumulated = accumulated.max(1);
        }
        let local = up(each / f64::from(accumulated + 1));
        if local < application.least_local || local > most {
            continue;
        }
        let batch = Batch { local, accumulated };
        let samples = f64::from(batch.total(gpus));
        let scale = samples / initial;
        let time_s = f64::from(accumulated) * fit.compute_s(f64::from(local))
            + fit.step_s(nodes, gpus, f64::from(local));
        let goodput = samples / time_s * noise.gain(scale) / scale;
        if best.is_none_or(|(_, most)| goodput > most) {
            best = Some((batch, goodput));
        }
    }
    best
}
