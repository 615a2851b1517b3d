//! The scenario file: from text to a typed [`Scenario`], or to every reason why not.
//!
//! The way of a file, from first to last:
//!
//! 1. [`load`] reads its bytes and those of the scenarios it extends: bounded, UTF-8, not too deep.
//! 2. They become one tree of [`Value`]s in which everything knows its [`Place`]; `--set`
//!    arguments change the tree, so what they say is checked like what the file says.
//! 3. The decoder types it by a table of keys, from which [`json_schema`] and [`key_reference`]
//!    are drawn as well. It goes on after an error, so that a [`Rejection`] holds them all.
//! 4. [`check_parts`] asks the registries of policies and generators about kinds and parameters.
//! 5. [`print()`] gives the resolved experiment back as text, and [`digest`] its fingerprint.
//!
//! ```
//! use scenarios::schema::{DataRoots, parse, print, skeleton};
//!
//! let text = skeleton("first")?.replace("count = 8", "count = 0");
//! let folder = std::path::Path::new(".");
//! let read = parse("first.toml", text.as_bytes(), (folder, &DataRoots::default()), &|_| None);
//! assert_eq!(
//!     read.unwrap_err().lines(),
//!     "first.toml:16:9: count = 0: a fleet needs at least 1 node; raise it or remove the fleet\n"
//! );
//! # Ok::<(), String>(())
//! ```
//!
//! Architecture invariants. Nothing here panics on input, prints, or reads the environment or the
//! clock. No value is checked twice: what a typed field says, later stages may rely on. There is no
//! list of keys beside the one the decoder reads by.

mod baseline;
mod budget;
mod catalogue;
mod check;
mod claim;
mod commitment;
mod curve;
mod decode;
mod depth;
mod diagnostic;
mod event;
mod fields;
mod fleet;
mod gate;
mod json_schema;
mod load;
mod mig;
mod name;
mod path;
mod place;
mod policy;
mod pools;
mod print;
pub mod quantity;
mod quota;
mod read;
mod reference;
mod relative;
mod scenario;
mod service;
mod set;
mod sharing;
mod shipped;
mod skeleton;
mod source;
mod spec;
mod store;
mod sweep;
mod train;
mod tree;
mod usage;
mod value;
mod variant;
mod workload;
mod write;

pub use baseline::{Baseline, Behaviour, Series, parse_baseline, print_baseline};
pub use budget::BudgetSpec;
pub use catalogue::{Entry, catalogue};
pub use check::{Known, Param, ParamTakes, Registry, check_parts};
pub use claim::{ClaimMeasure, ClaimSpec};
pub use commitment::{OwnershipSpec, ReservationSpec};
pub use curve::{NodeSource, PriceSource, SeriesSpec};
pub use diagnostic::{Diagnostic, Rejection};
pub use event::{EventKind, EventSpec, RegionSpec};
pub use fleet::{
    Bytes, Fleet, InstanceType, Machines, MeasuredSpec, RiskSpec, ShockSpec, Size, Steps,
};
pub use gate::{GateMode, GateSpec, Tolerance};
pub use json_schema::json_schema;
pub use load::{Draft, LoadError, Loaded, draft, draft_text, load, parse};
pub use mig::{Geometry, Slices, geometries, slice_of};
pub use path::{DataPath, DataRoots};
pub use place::{Place, SourceId, Spanned};
pub use policy::{Composed, Knowledge, Learned, PolicyKind, PolicySpec};
pub use pools::{Pool, pools};
pub use print::{digest, premises, print};
pub use quota::QuotaSpec;
pub use reference::key_reference;
pub use scenario::{
    End, EngineSpec, Horizon, Inference, IntervalKind, Objectives, Output, Over, Queue, Replicate,
    Scenario, TableName, TestKind, Trigger, Until,
};
pub use service::{
    BatchSpec, BatchTime, CurveSpec, Fidelity, GpusSpec, NetworkSpec, PoolSpec, PrefixSpec,
    ReplicasSpec, RequestLogSpec, RequestsSpec, ServiceSpec, ServingSpec, SharedSpec, ThenSpec,
    WaySpec,
};
pub use sharing::{PairSpec, SharingSpec};
pub use skeleton::skeleton;
pub use source::{Location, Sources};
pub use spec::Seam;
pub use store::{DataSpec, LeftoverSpec, ObjectSpec, StorageSpec};
pub use sweep::{AxisSpec, Between, Levels, Quantity, SweepMethod, SweepSpec};
pub use train::{NetworkKind, RewardSpec, TrainSpec};
pub use usage::UsageSpec;
pub use value::{Part, Table, Value};
pub use variant::{Speed, Variant, gpus};
pub use workload::{
    ApplicationSpec, Checkpoint, Course, CourseKind, Deadline, GoodputSpec, Input, JobSource, Keep,
    SpeedsSource, SpeedsSpec, StoredSpec, TaskGpus, TraceSpec, Workload, Worth,
};
pub use write::escaped as quoted_text;
pub use write::shown;
