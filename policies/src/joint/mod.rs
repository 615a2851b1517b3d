//! Policies that are one piece: published simulators' notions of backfilling, kept with their bugs for comparison.
//!
//! All three think in processors: every task takes one whole GPU and nothing else. A gang that is not so is rejected.

mod easy_bf;
mod easy_bf_fast;
mod ebf;
mod processors;

pub use easy_bf::EasyBf;
pub use easy_bf_fast::EasyBfFast;
pub use ebf::Ebf;
