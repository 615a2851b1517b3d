//! Jobs for the benches: Poisson arrivals at a stated load, exponential durations, one to eight GPUs.

use std::sync::Arc;

use sim_core::model::{Gang, Job, ModelSet};
use sim_core::units::{ClassId, KindId, QueueId, SimTime, Span};
use sim_core::world::Arrivals;
use sim_core::world::draw::{Part, Stream, span};

use crate::hand::Count;

/// GPUs of a node.
pub const GPUS: u32 = 8;

/// How many GPUs jobs want, each as likely as the next.
const SIZES: [u32; 8] = [1, 1, 1, 1, 2, 2, 4, 8];
const MEAN_SIZE: f64 = 2.5;
const MEAN_SECS: f64 = 3600.0;

/// What a job's GPUs must have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Nothing: tasks of one GPU each, wherever they are free. Then scheduling is counting.
    Scattered,
    /// The node: one task.
    OneNode,
}

/// A stream of jobs for a fleet of so many nodes.
#[derive(Clone, Debug)]
pub struct Generator {
    luck: Stream,
    left: u32,
    form: Form,
    clock_secs: f64,
    interval_secs: f64,
}

impl Generator {
    /// `count` jobs that keep `nodes` nodes busy to the share `load`.
    pub fn new(count: u32, nodes: u32, load: f64, form: Form) -> Self {
        Self {
            luck: Stream::new(1, &[Part::Name("bench")]),
            left: count,
            form,
            clock_secs: 0.0,
            interval_secs: MEAN_SIZE * MEAN_SECS / (f64::from(nodes * GPUS) * load),
        }
    }
}

impl Arrivals for Generator {
    fn next(&mut self) -> Option<Job> {
        self.left = self.left.checked_sub(1)?;
        self.clock_secs += self.luck.exponential(self.interval_secs);
        let secs = self.luck.exponential(MEAN_SECS);
        let size = usize::try_from(self.luck.below(8)).expect("small");
        let gpus = SIZES[size];
        Some(Job {
            arrival: SimTime::ZERO.saturating_add(micros(self.clock_secs)),
            work: micros(secs).us().max(1),
            estimate: Some(micros(3.0 * secs)),
            deadline: None,
            gang: match self.form {
                Form::Scattered => Gang::of(gpus, 1),
                Form::OneNode => Gang::of(1, u16::try_from(gpus).expect("small")),
            },
            models: ModelSet::ANY,
            priority: 0,
            queue: QueueId(0),
            class: ClassId(0),
            kind: KindId(0),
        })
    }

    fn fork(&self) -> Box<dyn Arrivals + Send> {
        Box::new(self.clone())
    }
}

/// `count` jobs that keep `nodes` nodes busy to the share `load`.
pub fn jobs(count: u32, nodes: u32, load: f64, form: Form) -> Arc<[Job]> {
    let mut generator = Generator::new(count, nodes, load, form);
    std::iter::from_fn(|| generator.next()).collect()
}

/// The same jobs, as counts.
pub fn counts(jobs: &[Job]) -> Vec<Count> {
    let count = |job: &Job| Count {
        arrival: job.arrival.us(),
        run: job.work,
        estimate: job.estimate.expect("every job has one").us(),
        gpus: job.gang.gpus(),
    };
    jobs.iter().map(count).collect()
}

fn micros(secs: f64) -> Span {
    span(secs * 1e6)
}
