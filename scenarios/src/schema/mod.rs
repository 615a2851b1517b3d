//! The scenario file: from text to a typed [`Scenario`], or to every reason why not.

mod fleet;
mod path;
mod place;
mod policy;
mod scenario;
mod value;
mod workload;

pub use fleet::{Bytes, Fleet, InstanceType, Machines, Market, Size, Steps};
pub use path::DataPath;
pub use place::{Place, SourceId, Spanned};
pub use policy::{Composed, Knowledge, PolicyKind, PolicySpec};
pub use scenario::{
    End, EngineSpec, Horizon, Objectives, Output, Queue, Replicate, Scenario, TableName, Trigger,
};
pub use value::{Part, Table, Value};
pub use workload::{
    Checkpoint, Course, CourseKind, Deadline, JobSource, Keep, TaskGpus, TraceSpec, Workload,
};
