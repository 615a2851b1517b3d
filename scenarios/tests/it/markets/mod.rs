//! What must hold of markets, shown by whole runs of ordinary scenarios: relations between runs, published series replayed,
//! luck that no policy can move, and formulas of statistics.
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets an impossible state should stop"
)]

mod laws;
mod luck;
mod prices;
mod quotas;
mod related;
mod replays;
mod rig;
