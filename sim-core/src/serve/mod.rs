//! How requests are served: what a service's replicas, router and caches make of the requests that come.
//!
//! Three fidelities: [`Station`]s that serve whole requests in batches, or token by token, and rates per interval
//! ([`fluid`]). What is known in closed form is in [`theory`].
//!
//! Invariants: a request ends exactly once; nothing here knows of nodes, jobs or money; luck is drawn by the number of the
//! request, so that it does not depend on who serves it; times are integers; what a pool becomes does not depend on how
//! often it was advanced.

mod cache;
pub mod fluid;
mod lru;
mod objective;
mod pool;
mod request;
mod router;
mod station;
pub mod theory;
mod variant;

pub use cache::{Cache, Caching, Expiry, Tier};
pub use lru::Lru;
pub use objective::{Attainment, Objective};
pub use pool::{Pool, PoolModel, Role, Then, Traffic, Transfer, Way, WaySet, When};
pub use request::{Completion, Counts, End, Luck, Reason, Refusal, ReplicaId, Request};
pub use request::{RequestId, Served, Stage, Task, Times};
pub use router::{Candidate, Router, Routing};
pub use station::{BLOCK, Batch, BatchStation, Gauge, Iteration, IterationStation, Law, Prefix};
pub use station::{Service, Serving, Station, StepTime};
pub use variant::{Variant, fastest};
