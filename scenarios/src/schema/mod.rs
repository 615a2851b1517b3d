//! The scenario file: from text to a typed [`Scenario`], or to every reason why not.

mod catalogue;
mod check;
mod decode;
mod depth;
mod diagnostic;
mod fields;
mod fleet;
mod json_schema;
mod load;
mod path;
mod place;
mod policy;
mod print;
pub mod quantity;
mod read;
mod reference;
mod scenario;
mod set;
mod skeleton;
mod source;
mod spec;
mod tree;
mod value;
mod workload;
mod write;

pub use catalogue::{Entry, catalogue};
pub use check::{Known, Param, ParamTakes, Registry, check_parts};
pub use diagnostic::{Diagnostic, Rejection};
pub use fleet::{Bytes, Fleet, InstanceType, Machines, Market, Size, Steps};
pub use json_schema::json_schema;
pub use load::{LoadError, Loaded, load, parse};
pub use path::{DataPath, DataRoots};
pub use place::{Place, SourceId, Spanned};
pub use policy::{Composed, Knowledge, PolicyKind, PolicySpec};
pub use print::{digest, print};
pub use reference::key_reference;
pub use scenario::{
    End, EngineSpec, Horizon, Objectives, Output, Queue, Replicate, Scenario, TableName, Trigger,
};
pub use skeleton::skeleton;
pub use source::{Location, Sources};
pub use spec::{Choice, KeySpec, Seam, TableSpec, Takes};
pub use value::{Part, Table, Value};
pub use workload::{
    Checkpoint, Course, CourseKind, Deadline, JobSource, Keep, TaskGpus, TraceSpec, Workload,
};
