//! The engine: events in order, one question to the policy an instant, its plan checked and committed.

mod advance;
#[doc(hidden)]
pub mod bench_support;
mod beside;
mod bits;
mod capacity;
mod commit;
mod decision;
mod draft;
mod event;
mod fate;
mod fault;
mod fleet;
mod footing;
mod forecast;
mod headroom;
mod jobs;
mod mig;
mod pending;
mod plan;
mod policy;
mod pool;
mod quiet;
mod reason;
mod run;
mod scaling;
mod scene;
mod service;
mod serving;
mod shares;
mod spend;
mod state;
mod view;

pub use capacity::Capacity;
pub use decision::{Decision, JobDecision, MarketDecision, NodeDecision, Refusal, ServiceDecision};
pub use draft::Mark;
pub use event::Event;
pub use fault::Fault;
pub use forecast::Forecast;
pub use headroom::Headroom;
pub use plan::Plan;
pub use policy::{Policy, Wakes};
pub use reason::{Reason, Whom};
pub use run::{Counters, Engine, Finish, Snapshot, Step};
pub use scene::Scene;
pub use service::{Listed, ReplicaSet, Requests, Service, Stream};
pub use spend::Spend;
pub use state::{Change, NodePhase, Trigger, World};
pub use view::{
    ArrivalsToCome, Durations, Grants, JobView, NodeView, OfferingView, Prices, Reclaims,
    ReplicaView, ServiceView, Training, View,
};
