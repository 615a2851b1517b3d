//! The engine against its two independent checkers, the auditor and the naive simulator, and against facts known by hand.

mod anomalies;
mod doctored;
mod refusals;
mod rig;
mod rollback;
mod swarm;
mod zoo;
