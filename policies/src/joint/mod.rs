//! Policies that are one piece: published simulators' notions of backfilling and of room, kept with their bugs for comparison.
//!
//! All of them think in processors, all alike: every task takes one whole GPU and nothing else. A gang that is not so is
//! rejected, and so is every gang on a fleet of several GPU models.

mod blox;
mod easy_bf;
mod easy_bf_fast;
mod ebf;
mod pick_jobs;
mod pick_lists;
mod pick_scores;
mod processors;

pub use blox::Blox;
pub use easy_bf::EasyBf;
pub use easy_bf_fast::EasyBfFast;
pub use ebf::Ebf;
pub use pick_jobs::PickJobs;
pub use pick_scores::Score;
