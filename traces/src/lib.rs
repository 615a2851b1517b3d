//! Data in: importers of published traces, calibrated generators, and a critic of both.
//!
//! A trace comes as bytes and a name to show ([`Source`]). It is bounded and decompressed as it is
//! consumed, read by the importer of its format ([`formats`], [`import`]), and leaves as a
//! [`Workload`]: typed, sorted by submission, raw truth, with every imputation and exclusion in its
//! notes. What breaks a rule fails the import with [`Refused`], or is counted and listed in a
//! lenient one. [`synth`] makes workloads of the same type from a seed; [`estimates`] says what a
//! policy is told a job will take. [`lint`] finds what is odd about either kind, [`Stats`] puts it
//! in numbers, and [`write_csv`] writes a table that reads back. What a job means to the engine is
//! decided elsewhere. [`series`] reads the other kind of trace: the availability, prices and
//! lifetimes of spot markets; [`requests`] what services are asked.
//!
//! | room | holds |
//! |---|---|
//! | `reader` | bytes to lines, rows, and integers of a unit |
//! | `import` | one file per format, and the table of all |
//! | `cluster` | a cluster as its own tools print it: machines, tenants, what ran, runs, waits |
//! | `series` | what a spot market offered over time: one file per format, and the table of all |
//! | `requests` | what services are asked: one file per format, one per model |
//! | `synth` | one file per model, one stream of draws per purpose |
//! | `lint` | one check per kind of finding |
//!
//! # Architecture invariants
//! * No file is opened here, nothing is printed, no clock or environment is asked, and no input
//!   makes it panic: a fault is a [`TraceError`] with file, line, column, value, rule and remedy.
//! * Numbers are read as integers of their unit; no float lies between a trace and a run, but for
//!   measured speeds ([`import_speeds`]).
//! * A bad row is never skipped without a word.
//! * No rows of anyone's trace are held here: generators hold aggregates, each with its source and
//!   a test that it is matched; fixtures are of our own making.
//! * A generator draws only from `sim_core::world::draw`: same seed and name, same bits.

pub mod cluster;
mod error;
mod estimate;
mod export;
mod fleet;
mod history;
mod import;
mod lint;
mod profiles;
mod reader;
mod record;
pub mod requests;
pub mod series;
mod speeds;
mod stats;
pub mod synth;

pub use error::{MAX_LISTED, Refused, TraceError};
pub use estimate::{Estimate, estimates};
pub use export::write_csv;
pub use fleet::{Fleet, Pool};
pub use import::{
    Amount, ColumnMap, CpuUnit, Evidence, Format, MemoryUnit, Options, Procs, Reads, SwfOptions,
    TimeColumn, TimeUnit, formats, import, import_cluster, import_nodes,
};
pub use lint::{Code, Example, Finding, MAX_EXAMPLES, Severity, lint};
pub use profiles::{Steps, import_placements, import_scalability, import_validation};
pub use reader::Source;
pub use record::{
    Dropped, Machine, ModelSet, Name, Node, Nodes, Positive, Record, Status, Workload,
};
pub use speeds::{MAX_STEPS_S, PairRow, SpeedRow, import_pairs, import_speeds};
pub use stats::{Quantiles, Stats, UserShare};
