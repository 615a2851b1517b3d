//! A quota: the most that some offerings may hold together, as an account has it with a provider.
//!
//! Providers count a region's machines by family and market, in virtual CPUs or in GPUs, and refuse
//! a request that would exceed the number. Sources: EC2 user guide, "On-Demand Instance quotas" and
//! "Spot Instance quotas" (both in vCPUs); Google Cloud, "GPU quota" (in GPUs); 2025. That a quota
//! is raised or lowered while a run goes on is not modelled.

use super::offering::Shape;
use crate::units::OfferingId;

/// What a quota counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// GPUs of the machines held, used or not.
    Gpus,
    /// Their CPU in thousandths of a core.
    CpuMilli,
    /// The machines themselves.
    Nodes,
}

/// The most that some offerings hold together.
///
/// Every machine that is held counts, from the grant of its request until it is gone: one that
/// boots, drains, is noticed or is being repaired too. The machines that an offering begins with
/// are set aside for it: they count even while they are lost, so that they may always come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Its name.
    pub name: String,
    /// What it counts.
    pub counted: Counted,
    /// How much of that there may be; at least what is set aside.
    pub most: u64,
    /// The offerings whose machines count, each once.
    pub covers: Vec<OfferingId>,
}

impl Quota {
    /// What a machine of this shape takes of it.
    pub fn share(&self, shape: &Shape) -> u64 {
        match self.counted {
            Counted::Gpus => shape.gpus.into(),
            Counted::CpuMilli => shape.cpu_milli.into(),
            Counted::Nodes => 1,
        }
    }
}
