//! Skeleton.
#![warn(clippy::as_conversions)]
pub mod units;
pub mod world;
