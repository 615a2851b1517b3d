//! Why jobs wait, while a run is flown: every microsecond of every job has one reason.
//!
//! - [`room`]: whether a gang has a placement, and what is missing where it has none, proved from what is free.
//! - [`crowds`]: the waiting of every job by reason, an observer of a run.
//! - `fleet`: machines that are not there and might have been.
//! - [`stretches`]: the waiting of a few jobs, stretch by stretch.
//! - [`share`]: the waiting of many jobs together.

pub mod crowds;
mod fleet;
pub mod room;
pub mod share;
pub mod stretches;
mod ways;

pub use crowds::{REASONS, Split, Waited, Waits};
pub use room::{Absent, Lack, lack};
pub use share::{Share, Who, by_reason, hours, json, of, part, seconds, shares, total};
pub use stretches::{Stretch, Stretches};
