//! What to run: the scenario file and, on top of it, what builds, runs and compares it.
//!
//! A tour, from the ground floor up:
//!
//! - [`schema`]: one TOML file becomes one typed [`schema::Scenario`], or every reason why not.
//!
//! Architecture invariants. A scenario is text until `schema` has typed it, and nothing above that
//! floor reads TOML. Only this crate opens files, reads arguments and spawns threads; `schema`
//! itself opens nothing but the scenario, what it extends, and the folders its paths lead to.

pub mod build;
pub mod cli;
pub mod conform;
pub mod experiment;
pub mod schema;
