//! FGD, fragmentation gradient descent (Weng et al., USENIX ATC 2023): the node, and on it the GPU, where the least more
//! becomes a fragment to the tasks that typically come.
//!
//! Typical are the commonest of the tasks that have come so far, or of all that come where that may be known. The published
//! simulator knows it, and squeezes the growth into whole numbers from 0 to 100, so that what differs by little is the same
//! to it; that is kept under `compat = "fgd"`.

use sim_core::engine::View;
use sim_core::model::GpuDemand;

use super::Place;
use super::scored::{Choice, Score, Scored, Task};
use crate::fragment::{Idle, Seen};

/// Fragmentation gradient descent.
#[derive(Clone, Debug)]
pub struct Fgd {
    seen: Seen,
    /// Whether scores are whole numbers, as published.
    squeezes: bool,
}

impl Fgd {
    /// By what is typical of what was seen.
    pub fn placement(seen: Seen, squeezes: bool) -> Box<dyn Place> {
        Box::new(Scored::by(Self { seen, squeezes }))
    }

    /// Of so many thousandths of GPUs more that are a fragment.
    fn worth(&self, growth: f64) -> f64 {
        if self.squeezes {
            (100.0 / (1.0 + libm::exp(growth / 1000.0))).trunc()
        } else {
            -growth
        }
    }

    /// What it is worth that the task lies there, its share on `gpu`.
    fn after(&self, task: &Task<'_>, gpu: Option<u32>) -> f64 {
        let mut site = task.site.clone();
        site.take(task.demand, gpu);
        self.worth(self.base(&site.idle()) - task.site.base)
    }
}

impl Score for Fgd {
    fn score(&self, task: &Task<'_>) -> Choice {
        let GpuDemand::Milli(milli) = task.demand.gpu else {
            return (self.after(task, None), None);
        };
        let mut best: Option<(f64, u32)> = None;
        let left = &task.site.left;
        for (at, (gpu, own)) in (0..).zip(left).enumerate() {
            // GPUs of which as much is left are alike.
            if *own < milli || left[..at].contains(own) {
                continue;
            }
            let worth = self.after(task, Some(gpu));
            if best.is_none_or(|(most, _)| worth > most) {
                best = Some((worth, gpu));
            }
        }
        let (worth, gpu) = best.expect("it fits");
        (worth, Some(gpu))
    }

    fn base(&self, idle: &Idle<'_>) -> f64 {
        self.seen.typical().fragment(idle)
    }

    fn note(&mut self, view: &View<'_>) -> bool {
        self.seen.note(view)
    }
}
