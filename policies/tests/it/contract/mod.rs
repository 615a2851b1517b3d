//! The contract that every policy in the registry is held to, and what is known of schedules by
//! proof or by hand: queueing oracles, textbook rules, anomalies, relations between runs.

mod anomalies;
mod compat;
mod conservative;
mod conserving;
mod defragment;
mod easy;
mod fairness;
mod honest;
mod oracles;
mod peeking;
mod preemption;
mod quotas;
mod relations;
pub(crate) mod rig;
pub(crate) mod roster;
pub(crate) mod scenes;
