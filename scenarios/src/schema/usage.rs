//! `usage`: what a monitor says of the GPUs that work takes.

/// What work uses of a GPU that it has whole, in thousandths; what is not told is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageSpec {
    /// Most of the GPU's memory that it holds.
    pub memory_milli: Option<u32>,
    /// What it computes of what the GPU could, while it is at work.
    pub compute_milli: Option<u32>,
}
