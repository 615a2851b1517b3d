//! Fragmentation: how much of what is idle on a node is of no use to the tasks that typically come (Weng et al., USENIX ATC
//! 2023, as their simulator measures it).
//!
//! Nothing here decides: placements that heed fragmentation, the part that moves jobs away from it, and the metric of a run
//! measure it by this, each with a notion of its own of what is typical.

mod measure;
mod seen;
mod typical;

pub use measure::Idle;
pub use seen::Seen;
pub use typical::{Class, MOST_CLASSES, Typical};
