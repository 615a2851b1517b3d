//! Two ways to compare what a task asks for with what a node has, as vectors of CPU and GPU: the fit, and the product.
//!
//! Both as in the FGD paper's simulator, in parts of what the largest node of the fleet has; there those are always 128
//! cores and 8 GPUs. Scores are whole per cents there, which is kept under `compat = "fgd"`.

use sim_core::model::GpuDemand;

use super::Place;
use super::scored::{Choice, Score, Scored, Task};
use super::spots::Spot;

/// Best fit in two dimensions: the node on which the least is left.
#[derive(Clone, Copy, Debug)]
pub struct VectorFit {
    squeezes: bool,
}

/// The node on which the product of what is asked for and what is free is the least: long in what the task wants little of.
#[derive(Clone, Copy, Debug)]
pub struct DotProd {
    squeezes: bool,
}

impl VectorFit {
    /// With scores of whole per cents, or exact ones.
    pub fn placement(squeezes: bool) -> Box<dyn Place> {
        Box::new(Scored::by(Self { squeezes }))
    }
}

impl DotProd {
    /// With scores of whole per cents, or exact ones.
    pub fn placement(squeezes: bool) -> Box<dyn Place> {
        Box::new(Scored::by(Self { squeezes }))
    }
}

impl Score for VectorFit {
    fn score(&self, task: &Task<'_>) -> Choice {
        let [cpu, gpu] = task.free();
        let [asked_cpu, asked_gpu] = task.asked();
        let [most_cpu, most_gpu] = task.most();
        let left = 0.5 * (cpu - asked_cpu) / most_cpu + 0.5 * (gpu - asked_gpu) / most_gpu;
        (percent(1.0 - left, self.squeezes), task.tightest())
    }
}

impl Score for DotProd {
    fn score(&self, task: &Task<'_>) -> Choice {
        let [cpu, gpu] = task.free();
        let [asked_cpu, asked_gpu] = task.asked();
        let [most_cpu, most_gpu] = task.most();
        let product =
            cpu / most_cpu * (asked_cpu / most_cpu) + gpu / most_gpu * (asked_gpu / most_gpu);
        (percent(1.0 - product / 2.0, self.squeezes), task.tightest())
    }
}

fn percent(part: f64, squeezes: bool) -> f64 {
    let percent = 100.0 * part;
    if squeezes { percent.trunc() } else { percent }
}

impl Task<'_> {
    fn free(&self) -> [f64; 2] {
        [self.site.cpu_milli, self.site.gpu_milli()].map(f64::from)
    }

    fn asked(&self) -> [f64; 2] {
        let gpu_milli = u32::try_from(self.demand.gpu_milli()).expect("a node has 64 GPUs at most");
        [self.demand.cpu_milli, gpu_milli].map(f64::from)
    }

    fn most(&self) -> [f64; 2] {
        [self.largest.cpu_milli, self.largest.gpu_milli].map(|most| f64::from(most.max(1)))
    }

    /// The GPU for a share by best fit, or where the engine would put a slice.
    pub(super) fn tightest(&self) -> Option<Spot> {
        match self.demand.gpu {
            GpuDemand::Milli(milli) => self.site.tightest(milli),
            GpuDemand::Slice(profile) => self.site.slice(profile),
            GpuDemand::None | GpuDemand::Whole(_) => None,
        }
    }
}
