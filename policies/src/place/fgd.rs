//! FGD, fragmentation gradient descent (Weng et al., USENIX ATC 2023): the node, and on it the GPU, where the least more
//! becomes a fragment to the tasks that typically come.
//!
//! Typical are the commonest of the tasks that have come so far, or of all that come where that may be known. The published
//! simulator knows it, and squeezes the growth into whole numbers from 0 to 100, so that what differs by little is the same
//! to it; that is kept under `compat = "fgd"`.

use sim_core::engine::View;
use sim_core::model::{GpuDemand, Start};
use sim_core::units::convert;

use super::Place;
use super::scored::{Choice, Score, Scored, Task};
use super::spots::Spot;
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

    /// The first of the spots at which it is worth the most.
    fn best(&self, task: &Task<'_>, spots: impl Iterator<Item = Spot>) -> Choice {
        let mut best: Option<(f64, Spot)> = None;
        for spot in spots {
            let worth = self.after(task, Some(spot));
            if best.is_none_or(|(most, _)| worth > most) {
                best = Some((worth, spot));
            }
        }
        let (worth, spot) = best.expect("it fits");
        (worth, Some(spot))
    }

    /// Of so many thousandths of GPUs more that are a fragment.
    fn worth(&self, growth: f64) -> f64 {
        if self.squeezes {
            (100.0 / (1.0 + libm::exp(growth / 1000.0))).trunc()
        } else {
            -growth
        }
    }

    /// What it is worth that the task lies there, its part of a GPU at `spot`.
    fn after(&self, task: &Task<'_>, spot: Option<Spot>) -> f64 {
        let mut site = task.site.clone();
        site.take(task.demand, spot);
        self.worth(self.base(&site.idle()) - task.site.base)
    }
}

impl Score for Fgd {
    fn score(&self, task: &Task<'_>) -> Choice {
        match task.demand.gpu {
            GpuDemand::None | GpuDemand::Whole(_) => (self.after(task, None), None),
            GpuDemand::Milli(milli) => {
                let left = &task.site.left;
                // GPUs of which as much is left are alike.
                let first = |(at, own): &(usize, &u16)| !left[..*at].contains(own);
                let enough = left.iter().enumerate().filter(|(_, own)| **own >= milli);
                let gpus = enough.filter(first).map(|(at, _)| convert::narrow(at));
                self.best(task, gpus.map(|gpu| (gpu, Start::NONE)))
            }
            // Where the engine would put it, unless that is worth less.
            GpuDemand::Slice(profile) => self.best(task, task.site.slices_by_choice(profile)),
        }
    }

    fn base(&self, idle: &Idle<'_>) -> f64 {
        self.seen.typical().fragment(idle)
    }

    fn note(&mut self, view: &View<'_>) -> bool {
        self.seen.note(view)
    }
}
