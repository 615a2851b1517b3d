//! What was measured of an application: how long its steps take where, and how noisy its gradients are when.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::batch::Batch;
use super::fit::Seen;
use super::pipeline;
use crate::units::{ModelId, Span};

/// A kind of job: an application, and how its jobs choose their batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    /// What is trained.
    pub application: Arc<Application>,
    /// Samples a step that its submitter asked for.
    pub requested: u32,
    /// Whether the job tunes its batch itself, and pays no heed to what was asked for.
    pub tuned: bool,
    /// A job looks at its batch again at the end of each epoch, and at all multiples of this.
    pub round: Span,
}

/// An application that was profiled.
#[derive(Clone, Debug, PartialEq)]
pub struct Application {
    /// Its name.
    pub name: String,
    /// Samples a step in whose iterations progress is counted, and the most that a step may have.
    pub batches: (u32, u32),
    /// Fewest samples on a GPU.
    pub least_local: u32,
    /// By how much a job is slower than was measured, at least 1.
    pub slowdown: f64,
    /// Time to start, or to go on elsewhere.
    pub delay: Span,
    /// By batch, ascending: progress and noise of each epoch.
    pub noise: Vec<(u32, Vec<Epoch>)>,
    /// By GPU model.
    pub machines: Vec<(ModelId, Machine)>,
}

/// An epoch as it was measured with some batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// Iterations with the initial batch that it takes to get to its end, from the start of the job.
    pub progress: f64,
    /// Squared norm of the gradient, and its variance.
    pub noise: Noise,
}

/// How noisy a gradient is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// Squared norm.
    pub square: f64,
    /// Variance.
    pub variance: f64,
}

/// Steps as they were measured on one GPU model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Machine {
    /// By GPUs on each node.
    placements: BTreeMap<Vec<u32>, Vec<Timed>>,
    /// By nodes and GPUs, whatever lies where.
    shapes: BTreeMap<(u32, u32), Vec<Timed>>,
    /// Of what was measured for scale: nodes, GPUs, samples a GPU.
    scaled: Vec<(u32, u32, u32)>,
    /// Stages of a pipeline, at least one.
    stages: Option<u32>,
}

/// A step that was timed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timed {
    /// Samples a GPU.
    pub local: u32,
    /// Seconds a step takes, synchronisation included.
    pub step_s: f64,
    /// Seconds of synchronisation.
    pub sync_s: f64,
}

/// More nodes than this count as so many.
const MOST_NODES: u32 = 16;

impl Noise {
    /// By how much an iteration of `scale` initial batches gets further than one.
    pub fn gain(&self, scale: f64) -> f64 {
        (self.variance + self.square) / (self.variance / scale + self.square)
    }
}

impl Machine {
    /// From rows by placement and rows by scale; rows that tell of the same are averaged in the first and the earlier one holds
    /// in the second.
    pub fn new(placed: &[(Vec<u32>, Timed)], scaled: &[Seen]) -> Self {
        let (mut placements, mut shapes) = (BTreeMap::new(), BTreeMap::new());
        let mut sums: BTreeMap<(u32, u32, u32), (f64, f64, f64)> = BTreeMap::new();
        for (counts, timed) in placed {
            let rows: &mut Vec<Timed> = placements.entry(key(counts)).or_default();
            rows.push(*timed);
            let nodes = counts.iter().map(|_| 1).sum();
            let sum = sums
                .entry((nodes, counts.iter().sum(), timed.local))
                .or_default();
            *sum = (sum.0 + 1.0, sum.1 + timed.step_s, sum.2 + timed.sync_s);
        }
        for ((nodes, gpus, local), (count, step_s, sync_s)) in sums {
            let rows: &mut Vec<Timed> = shapes.entry((nodes, gpus)).or_default();
            rows.push(Timed {
                local,
                step_s: step_s / count,
                sync_s: sync_s / count,
            });
        }
        for row in scaled {
            let rows: &mut Vec<Timed> = shapes.entry((row.nodes, row.replicas)).or_default();
            if rows.iter().all(|known| known.local != row.local) {
                rows.push(Timed {
                    local: row.local,
                    step_s: row.step_s,
                    sync_s: row.sync_s,
                });
            }
        }
        let by_local = |rows: &mut Vec<Timed>| rows.sort_by_key(|row| row.local);
        placements.values_mut().for_each(by_local);
        shapes.values_mut().for_each(by_local);
        let scaled = scaled.iter();
        Self {
            placements,
            shapes,
            scaled: scaled
                .map(|row| (row.nodes, row.replicas, row.local))
                .collect(),
            stages: None,
        }
    }

    /// The same, where a step that was timed is that of a stage of a pipeline of so many. Panics on none.
    #[must_use]
    pub fn in_stages(self, stages: u32) -> Self {
        assert!(stages > 0, "a pipeline has stages");
        Self {
            stages: Some(stages),
            ..self
        }
    }

    /// The stages of a pipeline, a GPU each; none where a GPU holds all.
    pub const fn stages(&self) -> Option<u32> {
        self.stages
    }

    /// Fewest GPUs that a job runs on.
    pub fn least_gpus(&self) -> u32 {
        self.stages.unwrap_or(1)
    }

    /// Seconds of an iteration with this batch.
    pub(super) fn iteration_s(&self, counts: &[u32], batch: Batch) -> f64 {
        let (step_s, sync_s) = self.step_s(counts, batch.local);
        match self.stages {
            None => step_s + f64::from(batch.accumulated) * (step_s - sync_s),
            Some(stages) => pipeline::iteration_s(stages, step_s),
        }
    }

    /// Most nodes that were measured.
    pub fn most_nodes(&self) -> u32 {
        let nodes = self.shapes.keys().map(|(nodes, _)| *nodes);
        nodes.max().unwrap_or(1)
    }

    /// Most GPUs that were measured.
    pub fn most_gpus(&self) -> u32 {
        let gpus = self.shapes.keys().map(|(_, gpus)| *gpus);
        gpus.max().unwrap_or(1)
    }

    /// Fewest samples a GPU, wherever measured.
    pub fn least_local(&self) -> u32 {
        let rows = self.placements.values().flatten();
        rows.map(|row| row.local).min().unwrap_or(1)
    }

    /// Most samples a GPU, wherever measured.
    pub fn most_local(&self) -> u32 {
        let rows = self.placements.values().flatten();
        rows.map(|row| row.local).max().unwrap_or(1)
    }

    /// Seconds of a step and of its synchronisation with `local` samples on each GPU.
    ///
    /// Linear between the points of the placement, if it was measured; else between those of all placements with as many nodes
    /// and GPUs; where there are none, between the next smaller and greater number of GPUs on as many nodes. Beyond what was
    /// measured the last point holds.
    pub fn step_s(&self, counts: &[u32], local: u32) -> (f64, f64) {
        if let Some(rows) = self.placements.get(&key(counts)) {
            return between(rows, local);
        }
        let nodes: u32 = counts.iter().map(|_| 1).sum();
        let (nodes, gpus) = (nodes.min(MOST_NODES), counts.iter().sum());
        let exact = self.shapes.get(&(nodes, gpus));
        exact.map_or_else(
            || self.interpolated(nodes, gpus, local),
            |rows| between(rows, local),
        )
    }

    fn interpolated(&self, nodes: u32, gpus: u32, local: u32) -> (f64, f64) {
        let known = |wanted: &u32| self.shapes.keys().any(|(known, _)| known == wanted);
        let fewer = (1..=nodes).rev().find(known);
        let nodes = fewer
            .or_else(|| (nodes..=MOST_NODES).find(known))
            .unwrap_or(1);
        let below = self.shapes.range((nodes, 0)..=(nodes, gpus)).next_back();
        let above = self.shapes.range((nodes, gpus)..=(nodes, u32::MAX)).next();
        match (below, above) {
            (Some((&(_, low), few)), Some((&(_, high), many))) if low < high => {
                let share = f64::from(gpus - low) / f64::from(high - low);
                mix(between(few, local), between(many, local), share)
            }
            (Some((_, rows)), _) | (None, Some((_, rows))) => between(rows, local),
            (None, None) => (1.0, 0.0),
        }
    }

    /// Most samples a GPU takes so laid.
    pub fn most_local_on(&self, counts: &[u32]) -> u32 {
        if let Some(last) = self
            .placements
            .get(&key(counts))
            .and_then(|rows| rows.last())
        {
            return last.local;
        }
        let nodes: u32 = counts.iter().map(|_| 1).sum();
        let gpus: u32 = counts.iter().sum();
        let wide = self
            .scaled
            .iter()
            .filter(|row| row.0 >= nodes && row.1 >= gpus);
        wide.map(|row| row.2)
            .max()
            .unwrap_or_else(|| self.most_local())
    }

    /// Most samples a GPU takes wherever so many GPUs were measured.
    pub fn most_local_of(&self, gpus: u32) -> Option<u32> {
        let alike = self
            .placements
            .iter()
            .filter(|(counts, _)| counts.iter().sum::<u32>() == gpus);
        alike
            .filter_map(|(_, rows)| rows.last())
            .map(|row| row.local)
            .max()
    }
}

impl Application {
    /// How it was measured on a model, if it was.
    pub fn machine(&self, model: ModelId) -> Option<&Machine> {
        let mut machines = self.machines.iter();
        machines.find_map(|(known, machine)| (*known == model).then_some(machine))
    }

    /// Epochs that were measured with every batch.
    pub fn epochs(&self) -> usize {
        let epochs = self.noise.iter().map(|(_, epochs)| epochs.len());
        epochs.min().unwrap_or(0)
    }

    /// Progress at the end of the epoch at this place: the least of all batches.
    pub fn end_of(&self, epoch: usize) -> f64 {
        let ends = self
            .noise
            .iter()
            .filter_map(|(_, epochs)| epochs.get(epoch));
        ends.map(|epoch| epoch.progress)
            .fold(f64::INFINITY, f64::min)
    }

    /// The noise of a batch during an epoch: linear between the batches measured, which hold beyond.
    pub fn noise_at(&self, batch: u32, epoch: usize) -> Noise {
        let after = self.noise.partition_point(|(known, _)| *known < batch);
        let last = self.noise.len() - 1;
        let (low, high) = (
            &self.noise[after.clamp(1, last.max(1)) - 1],
            &self.noise[after.min(last)],
        );
        let (a, b) = (low.1[epoch].noise, high.1[epoch].noise);
        if high.0 <= low.0 {
            return b;
        }
        let batch = batch.clamp(low.0, high.0);
        let share = f64::from(batch - low.0) / f64::from(high.0 - low.0);
        Noise {
            square: a.square + share * (b.square - a.square),
            variance: a.variance + share * (b.variance - a.variance),
        }
    }
}

/// A placement, whichever of its nodes comes first.
fn key(counts: &[u32]) -> Vec<u32> {
    let turned = |by: usize| [&counts[by..], &counts[..by]].concat();
    let turns = (0..counts.len()).map(turned);
    turns.min().unwrap_or_default()
}

/// On the line through the two points around `local`.
fn between(rows: &[Timed], local: u32) -> (f64, f64) {
    let after = rows.partition_point(|row| row.local < local);
    let of = |row: &Timed| (row.step_s, row.sync_s);
    match (rows.get(after.wrapping_sub(1)), rows.get(after)) {
        (Some(low), Some(high)) => {
            let share = f64::from(local - low.local) / f64::from(high.local - low.local);
            mix(of(low), of(high), share)
        }
        (Some(row), None) | (None, Some(row)) => of(row),
        (None, None) => (1.0, 0.0),
    }
}

fn mix(a: (f64, f64), b: (f64, f64), share: f64) -> (f64, f64) {
    (a.0 + share * (b.0 - a.0), a.1 + share * (b.1 - a.1))
}
