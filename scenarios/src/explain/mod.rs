//! Explaining runs from what they left: what would do instead, why, and what it would save.
//!
//! - [`stored`]: the folder that `run` or `compare` wrote, read again.
//! - [`advice`]: the rule of [`policies::scale::rightsize`] for each workload and each set of replicas on each fleet.
//! - [`slices`], [`spot`]: what it would cost on slices of GPUs, and on machines that may be taken away.
//! - [`told`]: the advice as a table, and how to take it.

pub mod advice;
pub mod slices;
pub mod spot;
pub mod stored;
pub mod told;

pub use advice::{Advised, Counsel, Options, Row, recommend};
pub use stored::{StoredError, read};
