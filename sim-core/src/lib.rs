//! The engine: a deterministic discrete-event simulator of GPU fleets.
//!
//! A tour, from the ground floor up. Each floor uses only those below it, but for the nouns that facts and decisions share.
//!
//! - [`units`]: instants, spans, money, identities; every bound in one table.
//! - [`model`]: what is simulated: jobs and their gangs, offerings and their nodes, where a gang lies.
//! - [`course`]: how a job advances. The engine knows only the instant of its next change.
//! - [`world`]: what happens whatever the policy does: arrivals, curves, luck, the calendar.
//! - [`serve`]: how a service's replicas serve its requests; told of time, it knows nothing of the rest.
//! - [`books`]: what is held, committed to and stored is billed, exactly.
//! - [`engine`]: the run. [`Engine::advance`](engine::Engine::advance) goes on to the next instant that wants a decision: it
//!   takes every event of that instant in an order that the model settles (time, kind, entity), so that insertion history
//!   does not matter. [`Engine::open`](engine::Engine::open) gives a [`View`](engine::View) of the world and a
//!   [`Plan`](engine::Plan) to fill; each decision is checked as it is made, against the world and the plan so far.
//!   [`Engine::commit`](engine::Engine::commit) applies the plan in the order in which it was made. `run` is the loop over
//!   the three; environments, debuggers and tests drive the same calls.
//! - [`watch`]: what is seen from outside: facts, digests, a recorder, and an [auditor](watch::audit) that derives the
//!   state a second time from the facts alone.
//! - [`naive`], [`recording`], [`swarm`]: a simulator that is slow and obvious, decision logs for it to replay, and random
//!   scenarios to hold the two against each other.
//!
//! # Architecture invariants
//!
//! No I/O, no clock, no environment, no threads, no hash maps: the same input gives the same bits. No floating point in the
//! state: times are integer microseconds, work and money exact fractions of integers. Nothing of a run lives outside
//! [`Engine`](engine::Engine), so that a copy of it is a snapshot. A policy sees a view, never a job: true durations are
//! behind a proof that only a view can give. An observer cannot answer back. No policy lives here.
#![warn(clippy::as_conversions)]

pub mod books;
pub mod course;
pub mod engine;
pub mod model;
pub mod naive;
pub mod recording;
pub mod serve;
pub mod swarm;
pub mod units;
pub mod watch;
pub mod world;
