//! What values say: intervals, tests and the plans of replications, as pure functions of numbers.
//!
//! A tour:
//!
//! - [`mean`]: means with Student's t intervals, paired and relative differences; [`bootstrap`]: intervals that assume no
//!   bell curve, by resampling.
//! - [`wilcoxon`]: whether paired differences lie on one side; [`holm`]: many questions asked at once.
//! - [`friedman`]: whether policies differ over many scenarios, and [`nemenyi`], which of them cannot be told apart.
//! - [`warmup`] and [`batches`]: one long run instead of many, from where it has settled.
//! - [`sequential`]: when to stop replicating; [`power`]: what so many replications can see.
//! - [`windows`] and [`blocks`]: which parts of a trace a replication flies.
//!
//! # Architecture invariants
//!
//! Nothing here reads a file or knows of policies. What is drawn comes from [`sim_core::world::draw`] under a key, so that the
//! draws are the same on every platform. Whatever the data, what is returned is a finite number or says why there is none
//! ([`Unfit`]); neither NaN nor a panic comes out.

pub mod batches;
pub mod bca;
pub mod blocks;
pub mod bootstrap;
pub mod friedman;
pub mod holm;
pub mod level;
pub mod mean;
pub mod nemenyi;
mod noncentral;
pub mod normal;
pub mod power;
pub mod quantile;
pub mod range;
pub mod ranks;
mod sample;
pub mod sequential;
mod student;
pub mod warmup;
pub mod wilcoxon;
pub mod windows;

pub use level::{Level, Side};
pub use mean::{Mean, differences, relative};
pub use quantile::quantile;
pub use sample::Unfit;
