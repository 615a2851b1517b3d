//! How far a replay is from what was observed: errors of waits, completion times, utilization and bill, with intervals.
//!
//! The observed schedule is a table of jobs: what `trace import` of a cluster leaves as `observed.csv`, or a run's own
//! `jobs.csv`. The scenario's policy is flown over the scenario's jobs, and each job is set beside itself by its name. Jobs
//! that follow each other are alike, as a crowd delays them all, so that intervals are not those of independent jobs: the
//! jobs are cut into batches by their submission, as [`crate::stats::batches`] does, and Student's interval is taken over the
//! batches. What it tells is how far the policy, the durations and the fleet of the scenario together are from the cluster.

mod error;
mod observed;
mod pair;

pub use error::{Error, Quantity, errors};
pub use observed::{Observed, ObservedError, read};
pub use pair::{Pair, Pairs, pairs};
