//! How requests are served, against naive second implementations, closed forms, and invariants over random steps.
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets an impossible state should stop"
)]

mod batches;
mod caches;
mod fluids;
mod naive;
mod pools;
mod queues;
mod theory;
mod tokens;
mod ways;
