//! GPU packing, as in the FGD paper's simulator: GPUs in use first, the fullest before others, then free GPUs of nodes in
//! use, then free nodes. Tasks without a GPU lie on the first node.

use sim_core::model::GpuDemand;

use super::Place;
use super::scored::{Choice, Score, Scored, Task};

/// GPU packing.
#[derive(Clone, Copy, Debug)]
pub struct GpuPacking;

impl GpuPacking {
    /// As a placement.
    pub fn placement() -> Box<dyn Place> {
        Box::new(Scored::by(Self))
    }
}

impl Score for GpuPacking {
    fn score(&self, task: &Task<'_>) -> Choice {
        let spot = task.tightest();
        let (site, all) = (task.site, task.site.shape.gpus);
        let taken = match task.demand.gpu {
            GpuDemand::None => return (0.0, None),
            GpuDemand::Whole(gpus) => u32::from(gpus),
            GpuDemand::Milli(_) | GpuDemand::Slice(_) => 1,
        };
        let left = spot.map_or(1000, |(gpu, _)| site.milli_of(gpu));
        let score = if site.free.count() == all {
            all.max(33_u32.saturating_sub(all))
        } else if left == 1000 {
            50_u32.saturating_sub(taken).max(33)
        } else {
            (100 - u32::from(left) * 100 / 1000 / 10).max(50)
        };
        (f64::from(score), spot)
    }
}
