//! Speed: what the engine costs, beside loops written by hand that do one thing only.
//!
//! [`hand`] holds the loops, [`jobs`] and [`customers`] the work that both sides are given, [`flight`] the engine's side.
//! A number is worth little on a noisy machine; a ratio of two numbers taken in turns is worth more.
//!
//! # Architecture invariants
//!
//! A hand-written loop is small, obvious and without any of the workspace's machinery; a test holds it to the engine's
//! schedule, job by job. Both sides are given the same work from the same generator.

pub mod customers;
pub mod flight;
pub mod hand;
pub mod jobs;
pub mod table;
