//! The deciders.
//!
//! A scenario names a policy, or composes one of parts; [`registry`] lists what there is, a line each. Most policies are
//! [`Composed`](compose::Composed): an [`order`], an [`admit`] rule, a [`place`]ment, a [`preempt`]ion rule and a
//! [`buy`]er, and keeps what is in [`keeping`]. What decides all at once implements [`Policy`](sim_core::engine::Policy) itself and lives in [`joint`], [`deadline`],
//! [`gavel`], [`pollux`], [`sia`], [`themis`] or [`tiresias`]. How many replicas a service has is decided in [`scale`], which
//! may go by a [`forecast`].
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
//!
//! No peeking. A job as a policy sees it tells what its submitter said of it:
//!
//! ```
//! use sim_core::engine::{JobView, View};
//! use sim_core::units::Span;
//!
//! fn said(job: &JobView<'_>) -> Option<Span> {
//!     job.estimate()
//! }
//!
//! fn true_left(job: &JobView<'_>, view: &View<'_>) -> Option<Span> {
//!     view.durations().map(|leave| job.true_left(leave)) // None unless the scenario granted it
//! }
//! ```
//!
//! What it really has to do is out of reach, and leave to know it cannot be made up:
//!
//! ```compile_fail,E0616
//! fn work(job: &sim_core::engine::JobView<'_>) -> u64 {
//!     job.live.job.work
//! }
//! ```
//!
//! ```compile_fail,E0599
//! fn work(job: &sim_core::engine::JobView<'_>) -> u64 {
//!     job.work()
//! }
//! ```
//!
//! ```compile_fail,E0423
//! fn true_left(job: &sim_core::engine::JobView<'_>) -> sim_core::units::Span {
//!     job.true_left(sim_core::engine::Durations(()))
//! }
//! ```
//!
//! ```compile_fail,E0061
//! fn true_left(job: &sim_core::engine::JobView<'_>) -> sim_core::units::Span {
//!     job.true_left()
//! }
//! ```
//!
//! ```compile_fail,E0616
//! fn next(view: &sim_core::engine::View<'_>) -> bool {
//!     view.more_arrivals
//! }
//! ```

pub mod admit;
pub mod buy;
mod buyers;
pub mod compose;
pub mod deadline;
pub mod forecast;
pub mod fragment;
pub mod gavel;
mod goodput;
pub mod hours;
pub mod joint;
pub mod keeping;
pub mod learned;
pub mod order;
pub mod params;
pub mod place;
pub mod pollux;
pub mod preempt;
pub mod queue;
pub mod reclaims;
pub mod registry;
pub mod relocate;
pub mod repack;
mod runs;
pub mod scale;
pub mod sia;
mod solve;
pub mod tenants;
pub mod themis;
pub mod tiresias;
mod why;
