//! The engine against its two independent checkers, the auditor and the naive simulator, and
//! against facts known by hand.
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets an impossible state should stop"
)]

mod anomalies;
mod beside;
mod billing;
mod doctored;
mod findings;
mod history;
mod mig;
mod moves;
mod naive_bill;
mod naive_claims;
mod naive_stores;
mod passing;
mod quotas;
mod refusals;
mod rig;
mod rollback;
mod services;
mod stores;
mod swarm;
mod terms;
mod unavailable;
mod zoo;
