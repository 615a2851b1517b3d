//! `[sharing]`: how jobs that share a GPU slow each other down.

use super::path::DataPath;
use super::place::{Place, Spanned};
use super::value::Table;

/// `[sharing]`.
#[derive(Clone, Debug, PartialEq)]
pub struct SharingSpec {
    /// A file of pairs: Gavel's `simulation_throughputs.json`.
    pub file: Option<Spanned<DataPath>>,
    /// Pairs of the scenario, before those of the file.
    pub rows: Vec<PairSpec>,
    /// As it was written.
    pub written: Table,
}

/// A pair.
#[derive(Clone, Debug, PartialEq)]
pub struct PairSpec {
    /// The GPU model; any, if none is named.
    pub model: Option<Spanned<String>>,
    /// Kinds of tables of speeds, or names of workloads.
    pub kinds: [Spanned<String>; 2],
    /// GPUs of the whole job whose rate it is: the largest number not above its own holds.
    pub gpus: u32,
    /// What each keeps of its speed alone, in [0, 1].
    pub rates: [f64; 2],
    /// Where it stands.
    pub place: Place,
}
