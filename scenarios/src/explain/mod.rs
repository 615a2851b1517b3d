//! Explaining runs from what they left: what would do instead, why, and what it would save.
//!
//! - [`stored`]: the folder that `run` or `compare` wrote, read again.
//! - [`advice`]: the rule of [`policies::scale::rightsize`] for each workload and each set of replicas on each fleet.
//! - [`slices`], [`spot`]: what it would cost on slices of GPUs, and on machines that may be taken away.
//! - [`told`]: the advice as a table, and how to take it.
//!
//! And explaining runs by flying them again:
//!
//! - [`story`]: what happened to a job, or on a node, or stood at an instant.
//!   Its words, and what happens to machines, are in `words` and `machine`.
//! - [`again`](mod@again): a run that left its folder, flown again to be told of.
//! - [`tables`]: all that as tables.

pub mod advice;
pub mod again;
mod machine;
pub mod slices;
pub mod spot;
pub mod stored;
pub mod story;
pub mod tables;
pub mod told;
mod words;

pub use advice::{Advised, Counsel, Options, Row, recommend};
pub use again::{Again, Ran, again, runs, scenario as stored_scenario};
pub use stored::{StoredError, read};
pub use story::{Line, Story, Subject};
