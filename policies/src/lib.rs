//! The deciders.
//!
//! A scenario names a policy, or composes one of parts; [`registry`] lists what there is, a line each. Most policies are
//! [`Composed`](compose::Composed): an [`order`], an [`admit`] rule, a [`place`]ment, a [`preempt`]ion rule and a
//! [`buy`]er. What decides all at once implements [`Policy`](sim_core::engine::Policy) itself and lives in [`joint`].
//!
//! # Adding one
//!
//! A file with the type and its one method, a line in the registry, a scenario. Whatever is in the registry is held to the
//! contract tests: no refusals, deterministic, forks exactly, starves nobody where it claims so, peeks at nothing.
//!
//! # Architecture invariants
//!
//! No I/O, no clock, no threads. A policy sees a view and fills a plan; it never holds an engine or a job. It draws only
//! from its own stream. Every key ends in the job's identity, so that ties are settled by arrival.

pub mod admit;
pub mod buy;
pub mod compose;
pub mod joint;
pub mod order;
pub mod params;
pub mod place;
pub mod preempt;
pub mod queue;
pub mod registry;
mod runs;
