//! The engine of Windtunnel: a deterministic discrete-event simulator of GPU fleets.
#![warn(clippy::as_conversions)]

pub mod books;
pub mod course;
pub mod engine;
pub mod model;
pub mod naive;
pub mod recording;
pub mod swarm;
pub mod units;
pub mod watch;
pub mod world;
