//! The orders that are a line each.

use sim_core::engine::{JobView, View};
use sim_core::units::Span;

use super::{Order, keys};
use crate::queue::Key;

/// First come, first served.
#[derive(Clone, Copy, Debug)]
pub struct Fifo;

/// Shortest by estimate; those without one last.
#[derive(Clone, Copy, Debug)]
pub struct Shortest;

/// Least predicted GPU time first: QSSF (Hu et al., SC 2021).
#[derive(Clone, Copy, Debug)]
pub struct Qssf;

/// Shortest remaining time: the true one where that was granted, else by estimate.
#[derive(Clone, Copy, Debug)]
pub struct Srtf {
    /// How often to look whether a running job should make room.
    pub quantum: Option<Span>,
}

/// Fewest GPUs first.
#[derive(Clone, Copy, Debug)]
pub struct Smallest;

/// Most GPUs first.
#[derive(Clone, Copy, Debug)]
pub struct Largest;

/// Earliest deadline first; those without one last.
#[derive(Clone, Copy, Debug)]
pub struct Edf;

/// Highest priority first.
#[derive(Clone, Copy, Debug)]
pub struct Priority;

/// Least attained service: GPU time so far, lost work included, counted in whole quanta, so that jobs
/// take turns.
#[derive(Clone, Copy, Debug)]
pub struct Las {
    /// GPU time that counts as one turn.
    pub quantum: Span,
}

impl Order for Fifo {
    fn key(&self, _job: &JobView<'_>, _view: &View<'_>) -> Key {
        0
    }

    fn fork(&self) -> Box<dyn Order> {
        Box::new(*self)
    }
}

impl Order for Shortest {
    fn key(&self, job: &JobView<'_>, _view: &View<'_>) -> Key {
        job.estimate().map_or(Key::MAX, Span::us)
    }

    fn fork(&self) -> Box<dyn Order> {
        Box::new(*self)
    }
}

impl Order for Qssf {
    fn key(&self, job: &JobView<'_>, _view: &View<'_>) -> Key {
        let gpus = u64::from(job.gang().gpus().max(1));
        let time = job.estimate().map(Span::us);
        time.map_or(Key::MAX, |time| time.saturating_mul(gpus))
    }

    fn fork(&self) -> Box<dyn Order> {
        Box::new(*self)
    }
}

impl Order for Srtf {
    fn key(&self, job: &JobView<'_>, view: &View<'_>) -> Key {
        let left = match view.durations() {
            Some(leave) => Some(job.true_left(leave)),
            None => job
                .estimate()
                .map(|estimate| estimate.saturating_sub(job.served())),
        };
        left.map_or(Key::MAX, Span::us)
    }

    fn quantum(&self) -> Option<Span> {
        self.quantum
    }

    fn fork(&self) -> Box<dyn Order> {
        Box::new(*self)
    }
}

impl Order for Smallest {
    fn key(&self, job: &JobView<'_>, _view: &View<'_>) -> Key {
        job.gang().gpu_milli()
    }

    fn fork(&self) -> Box<dyn Order> {
        Box::new(*self)
    }
}

impl Order for Largest {
    fn key(&self, job: &JobView<'_>, _view: &View<'_>) -> Key {
        Key::MAX - job.gang().gpu_milli()
    }

    fn fork(&self) -> Box<dyn Order> {
        Box::new(*self)
    }
}

impl Order for Edf {
    fn key(&self, job: &JobView<'_>, _view: &View<'_>) -> Key {
        job.deadline()
            .map_or(Key::MAX, sim_core::units::SimTime::us)
    }

    fn fork(&self) -> Box<dyn Order> {
        Box::new(*self)
    }
}

impl Order for Priority {
    fn key(&self, job: &JobView<'_>, _view: &View<'_>) -> Key {
        keys::descending(job.priority())
    }

    fn fork(&self) -> Box<dyn Order> {
        Box::new(*self)
    }
}

impl Order for Las {
    fn key(&self, job: &JobView<'_>, _view: &View<'_>) -> Key {
        let turns = job.attained_gpu_milli() / (u128::from(self.quantum.us()) * 1000);
        Key::try_from(turns).unwrap_or(Key::MAX)
    }

    fn quantum(&self) -> Option<Span> {
        Some(self.quantum)
    }

    fn fork(&self) -> Box<dyn Order> {
        Box::new(*self)
    }
}
