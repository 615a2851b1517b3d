//! What a run used of what it paid for: what `usage.json` holds, so that advice can be given without flying again.

use serde::{Deserialize, Serialize};

use super::held::Held;

/// What a run used of what it paid for. Time is in microseconds, money in nano-dollars, parts of a GPU in thousandths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The scenario.
    pub scenario: String,
    /// The policy.
    pub policy: String,
    /// The seed.
    pub seed: u64,
    /// From the end of the warm-up to the end.
    pub length_us: u64,
    /// What there was to be had.
    pub fleets: Vec<FleetUsage>,
    /// Workloads and sets of replicas.
    pub users: Vec<User>,
}

/// A fleet, and what was paid for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetUsage {
    /// Its name.
    pub name: String,
    /// How it is paid for.
    pub market: String,
    /// The model of its GPUs; empty without.
    pub gpu: String,
    /// GPUs of a machine.
    pub gpus: u32,
    /// Memory of a GPU in bytes, where known.
    pub gpu_memory: Option<u64>,
    /// What a machine cost an hour, on average over the run, had it or not.
    pub price_nanousd_h: u64,
    /// What was paid for its machines.
    pub cost_nanousd: i128,
    /// How long a machine lasts until the provider takes it, on average, by the scenario's law; none where there is none.
    pub lasts_us: Option<u64>,
    /// Time for which machines were held.
    pub held_us: u128,
    /// Machines that were taken.
    pub reclaimed: u64,
    /// What a machine is paid for before it is ready.
    pub boot_us: u64,
    /// How its GPUs are partitioned, if they are.
    pub partition: Option<String>,
    /// How they are or could be, where that is known.
    pub geometry: Option<String>,
    /// The slices of that.
    pub slices: Vec<SliceOffer>,
}

/// A slice of a GPU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SliceOffer {
    /// What its vendor calls it.
    pub name: String,
    /// Its share of the memory.
    pub memory_milli: u32,
    /// Its share of the compute.
    pub compute_milli: u32,
    /// Slices of this kind on a GPU.
    pub per_gpu: u32,
}

/// A workload, or a set of replicas of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its name in tables.
    pub name: String,
    /// Where the scenario says what it is, as `--set` takes it.
    pub path: String,
    /// Whether it serves requests.
    pub is_service: bool,
    /// Higher goes first.
    pub priority: i32,
    /// Whether it has a deadline or an objective.
    pub is_urgent: bool,
    /// The part of a GPU that its tasks take in place of whole ones, if they do.
    pub part: Option<String>,
    /// GPUs that one of its jobs or replicas takes at a time, at most; a part counts as one.
    pub most_gpus: u32,
    /// Bytes that it takes of a GPU's memory, where said.
    pub gpu_memory: Option<u64>,
    /// The part of a GPU's memory that it holds, where said.
    pub memory_milli: Option<u32>,
    /// What it computes of what a GPU could while it is at work, where said.
    pub compute_milli: Option<u32>,
    /// What it keeps when it is interrupted.
    pub keeps: Keeps,
    /// By fleet, what it held.
    pub held: Vec<Held>,
    /// By fleet, what it claims of the cost.
    pub cost_nanousd: Vec<i128>,
}

/// What of its work outlives an interruption, and what coming back takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keeps {
    /// All of it, at once.
    pub all: bool,
    /// What was done at the last multiple of this.
    pub every_us: Option<u64>,
    /// To write that, while the work stands still.
    pub dump_us: u64,
    /// Until it outlives the machine.
    pub upload_us: u64,
    /// To come back.
    pub restore_us: u64,
    /// Whether a notice is enough to save all.
    pub on_notice: bool,
}
