//! How far from the best: what no run that completes the same jobs under the same rules is below.
//!
//! A bound is the optimum of a simpler problem, a *relaxation*: it forgets some of what binds a run, never adds to it. Each is
//! a file that names what it assumes and proves why no run beats it; each [`Relaxation`] says of which runs it says nothing.
//!
//! A tour:
//!
//! - [`problem`]: jobs, pools and prices, as plain numbers; [`steps`]: what changes over time.
//! - [`bound`]: the face they share, and the best of several.
//! - [`critical`] and [`capacity`]: the end of the last job.
//! - [`own_time`], [`srpt`], [`busy`] and [`timed`]: the sum of times from release to end.
//! - [`kept`], [`alone`] and [`covering`]: what jobs cost, with deadlines or without.
//! - [`world`]: the problem of jobs that a run of the engine completed; [`memo`]: what was said of it before.
//! - [`by_ticks`]: the exact cost of one job between spot and on demand; [`provisioning`]: that of replicas, and [`service`] what
//!   those of a run of the engine cost at the least.
//!
//! # Architecture invariants
//!
//! Nothing here knows a policy's decisions or a file, and only [`world`] knows the engine. Time and money are integers, and what is rounded is rounded
//! towards the run: a bound stays one. Where floating-point numbers look for a good dual solution, the bound is computed from
//! it in integers, and any dual solution gives one.

pub mod alone;
mod ascent;
pub mod bound;
pub mod busy;
pub mod by_ticks;
pub mod capacity;
pub mod covering;
pub mod critical;
pub mod kept;
mod machine;
mod market;
pub mod memo;
pub mod own_time;
pub mod problem;
pub mod provisioning;
mod rebates;
pub mod service;
mod shares;
pub mod srpt;
pub mod steps;
pub mod timed;
pub mod world;

pub use bound::{Bound, Quantity, RELAXATIONS, Relaxation, best};
pub use problem::{Feature, Floor, Job, Pool, Problem, Unbounded};
pub use steps::Steps;
