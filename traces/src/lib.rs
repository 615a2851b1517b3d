//! Data in: importers of published traces, calibrated generators, and a critic of both.
//!
//! A trace comes as bytes and a name to show ([`Source`]), is bounded and decompressed as it is
//! consumed, read by the importer of its [format](formats), and leaves as a [`Workload`]: typed,
//! sorted, raw truth, with every imputation in its notes.
//!
//! # Architecture invariants
//! * No file is opened here, nothing is printed, and no input makes it panic: a fault is a
//!   [`TraceError`] with file, line, column, value, rule and remedy.
//! * Numbers are read as integers of their unit; no float lies between a trace and a run.

mod error;
mod estimate;
mod fleet;
mod import;
mod lint;
mod reader;
mod record;
mod stats;
pub mod synth;

pub use error::{MAX_LISTED, Refused, TraceError};
pub use estimate::{Estimate, estimates};
pub use fleet::{Fleet, Pool};
pub use import::{
    Amount, ColumnMap, CpuUnit, Evidence, Format, MemoryUnit, Options, Procs, Reads, SwfOptions,
    TimeColumn, TimeUnit, formats, import, import_nodes,
};
pub use lint::{Code, Example, Finding, MAX_EXAMPLES, Severity, lint};
pub use reader::Source;
pub use record::{
    Dropped, Machine, ModelSet, Name, Node, Nodes, Positive, Record, Status, Workload,
};
pub use stats::{Quantiles, Stats, UserShare};
