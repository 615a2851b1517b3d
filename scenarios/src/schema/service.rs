//! `[[service]]`: what is asked of it, how it is spread and served, and on what.

use sim_core::model::Market;
use sim_core::serve::{Caching, Iteration, Law, Objective, Role, Routing, Transfer, When};
use sim_core::units::Span;
use traces::requests::Then;

use super::fleet::Bytes;
use super::path::DataPath;
use super::place::Spanned;
use super::usage::UsageSpec;
use super::value::{Part, Table};

/// A service.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceSpec {
    /// What tables call it.
    pub name: Spanned<String>,
    /// The tenant that its replicas are of.
    pub queue: Option<Spanned<String>>,
    /// Of its replicas; higher goes first.
    pub priority: i32,
    /// What is asked of it.
    pub requests: RequestsSpec,
    /// How closely that is looked at.
    pub fidelity: Fidelity,
    /// How that is spread over its replicas.
    pub pool: PoolSpec,
    /// What it promises.
    pub promise: Objective,
    /// How many replicas may take no requests for a policy has interrupted them.
    pub max_unavailable: Option<u32>,
    /// What it is served on, at least one set; names differ.
    pub replicas: Vec<ReplicasSpec>,
    /// As it was written.
    pub written: Table,
}

/// How closely a service is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fidelity {
    /// Request by request.
    Requests,
    /// By rates, over intervals of this length.
    Fluid(Span),
}

/// Where requests come from.
#[derive(Clone, Debug, PartialEq)]
pub enum RequestsSpec {
    /// A generator: its model, and parameters that the model's registry checks.
    Model(Part),
    /// A file of requests.
    Log(RequestLogSpec),
    /// A file of rates, which are met at random instants.
    Curve(CurveSpec),
}

/// A file of requests, and the part of it that is used.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestLogSpec {
    /// Name of the format.
    pub format: Spanned<String>,
    /// The file.
    pub file: Spanned<DataPath>,
    /// Requests before this time of the file are left out; it becomes time zero.
    pub from: Span,
    /// Requests from this time of the file on are left out.
    pub until: Span,
    /// At most so many, the earliest.
    pub limit: Option<u64>,
    /// Requests come this many times as fast; greater than 0.
    pub scale: f64,
    /// Whether bad rows are counted and dropped, where they otherwise end the import.
    pub lenient: bool,
}

/// A file of rates.
#[derive(Clone, Debug, PartialEq)]
pub struct CurveSpec {
    /// Name of the format.
    pub format: Spanned<String>,
    /// The file.
    pub file: Spanned<DataPath>,
    /// Whether each bucket has as many requests as the file says; else the rate alone is followed.
    pub counted: bool,
    /// What comes after the last bucket.
    pub then: Then,
    /// Lengths, contents and sessions: parameters of every generator.
    pub params: Part,
}

/// How requests are spread over replicas.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolSpec {
    /// To whom they go.
    pub routing: Routing,
    /// Answers that are kept.
    pub caching: Option<Caching>,
    /// Requests that may wait for a replica with room.
    pub line: Option<u32>,
    /// How long they do.
    pub patience: Option<Span>,
    /// How often one begins anew when its replica is lost.
    pub retries: u32,
    /// Prompts and answers are served apart, at this cost.
    pub transfer: Option<Transfer>,
}

/// Replicas that are alike.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicasSpec {
    /// Its name within the service.
    pub name: Spanned<String>,
    /// What they do of a request: all, where the pool has no transfer, else one half of it.
    pub role: Role,
    /// Who comes to them, and where requests go on.
    pub way: WaySpec,
    /// Tasks of a replica, which lie anywhere and start together.
    pub tasks: u32,
    /// GPUs of a task.
    pub gpus: GpusSpec,
    /// The slice of a partitioned GPU that a task takes in place of GPUs.
    pub profile: Option<Spanned<String>>,
    /// CPU of a task in thousandths of a core.
    pub cpu_milli: u32,
    /// Memory of a task.
    pub memory: Bytes,
    /// GPU models that they may use, and how fast they are there; empty means any, at speed one.
    pub models: Vec<(Spanned<String>, f64)>,
    /// Markets that they may use; empty means any.
    pub markets: Vec<Market>,
    /// Names of the fleets that they may lie on; empty means any.
    pub fleets: Vec<Spanned<String>>,
    /// From a start to when requests are taken.
    pub load: Span,
    /// The same of a replica that was interrupted.
    pub reload: Span,
    /// How many there are at time zero; at most `max`.
    pub initial: u32,
    /// How many there may be at a time.
    pub max: u32,
    /// What a monitor says of their use of a GPU.
    pub usage: UsageSpec,
    /// How they serve.
    pub serving: Spanned<ServingSpec>,
}

/// Who comes to replicas, and where requests go on from them.
#[derive(Clone, Debug, PartialEq)]
pub struct WaySpec {
    /// Classes of requests that do; where none are said, any, or none if another set goes on to this one.
    pub classes: Option<Vec<Spanned<String>>>,
    /// When.
    pub when: When,
    /// Where a request goes on.
    pub then: Option<ThenSpec>,
    /// Time from the user and back.
    pub network: NetworkSpec,
    /// What an answer is worth, in parts per million.
    pub quality_ppm: u32,
}

/// Where a request goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct ThenSpec {
    /// The name of a later set of the service.
    pub set: Spanned<String>,
    /// Answers that are good enough, in parts per million.
    pub accept_ppm: u32,
}

/// Time on a network, from the user and back.
#[derive(Clone, Debug, PartialEq)]
pub enum NetworkSpec {
    /// For all.
    Alike(Span),
    /// By class; of others, none.
    ByClass(Vec<(Spanned<String>, Span)>),
}

/// GPUs of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GpusSpec {
    /// Whole ones, or none.
    Whole(u16),
    /// A part of one, in thousandths.
    Share(u16),
}

/// How a replica serves.
#[derive(Clone, Debug, PartialEq)]
pub enum ServingSpec {
    /// Whole requests, in batches.
    Batch(BatchSpec),
    /// Tokens, iteration by iteration; what of a prompt is found is said beside it.
    Tokens(Iteration, PrefixSpec),
}

/// How whole requests are served.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchSpec {
    /// Batches at a time.
    pub servers: u32,
    /// Requests of a batch, at most.
    pub size: u32,
    /// How long the first of a batch waits for others.
    pub timeout: Span,
    /// Requests that may wait.
    pub line: Option<u32>,
    /// How long a batch takes.
    pub time: BatchTime,
}

/// How long a batch takes.
#[derive(Clone, Debug, PartialEq)]
pub enum BatchTime {
    /// Affine in its size.
    Affine {
        /// Whatever the size.
        fixed: Span,
        /// For each request.
        per_request: Span,
    },
    /// The longest of its requests' own times.
    Drawn {
        /// How they vary.
        law: Law,
        /// Their mean.
        mean: Span,
        /// Shards that a request asks at the same time, the slowest of which counts.
        fan_out: u32,
    },
}

/// What of a prompt need not be computed again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PrefixSpec {
    /// First tokens that requests share.
    pub shared: SharedSpec,
    /// Part of its prompt that a later request of a session finds, in parts per million.
    pub session_ppm: u32,
    /// Sessions that a replica remembers.
    pub sessions: u32,
}

/// First tokens that requests share.
#[derive(Clone, Debug, PartialEq)]
pub enum SharedSpec {
    /// So many, among those of a class.
    Alike(u32),
    /// By class.
    ByClass(Vec<(Spanned<String>, u32)>),
}

impl Default for SharedSpec {
    fn default() -> Self {
        Self::Alike(0)
    }
}
