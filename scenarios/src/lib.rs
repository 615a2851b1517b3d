//! What to run: the scenario file and, on top of it, what builds, flies and compares it.
//!
//! A tour, from the ground floor up:
//!
//! - [`schema`]: one TOML file becomes one typed [`schema::Scenario`], or every reason why not.
//! - [`build`]: a typed scenario becomes a world, jobs and makers of policies; traces are read here.
//! - [`stats`]: intervals, tests and plans of replications, as pure functions of numbers.
//! - [`bounds`]: what no run that completes the same jobs is below.
//! - [`agent`]: trained networks in files.
//! - [`train`]: networks that learn from what came of their answers.
//! - [`waits`]: why jobs wait, while a run is flown.
//! - [`experiment`]: all policies by all seeds in parallel, their metrics, tables, figures and report.
//! - [`explain`]: what happened in runs, and what their results say to do.
//! - [`export`]: runs in the forms that tools of others read.
//! - [`gate`]: whether policies still do what somebody said is right.
//! - [`sweep`]: cells around an experiment, run by shards that know nothing of each other, and merged.
//! - [`cluster`]: a cluster as its own tools printed it, as a scenario.
//! - [`fit`]: parameters of a model from a log of the real thing.
//! - [`validate`]: how far a replay is from what was observed.
//! - [`govern`]: who spent what, and the figures by which a cluster is run.
//! - [`mod@reference`]: every table in files, as it declares itself.
//! - [`conform`]: published simulators' results, job by job.
//! - [`selftest`]: random scenarios under audit, beside the naive reference.
//! - [`cli`]: the `windtunnel` command.
//!
//! # Architecture invariants
//!
//! A scenario is text until `schema` has typed it, and nothing above that floor reads TOML. Only this crate opens files,
//! reads arguments and spawns threads; threads run whole flights, never parts of one, and results are gathered in the
//! order of the plan, so that their number shows nowhere; where a training sums on several, the parts and their order are
//! fixed. Metrics are computed from records, never inside the engine.

pub mod agent;
pub mod bounds;
pub mod build;
pub mod cli;
pub mod cluster;
pub mod conform;
pub mod experiment;
pub mod explain;
pub mod export;
pub mod fit;
pub mod gate;
pub mod govern;
pub mod reference;
pub mod schema;
pub mod selftest;
pub mod stats;
pub mod sweep;
pub mod train;
pub mod validate;
pub mod waits;
