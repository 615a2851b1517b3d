//! Autoscalers: how many replicas a service is to have, decided from what is seen of it.
//!
//! Pure mechanisms: a [`Scaler`] is told what a monitoring system would tell it and answers with a number. It starts
//! nothing, and knows neither services nor machines. Beside them, [`cluster`] sizes groups of nodes for pods, [`flight`] is
//! what a scaler makes of a load, [`optimum`] is the best that could have been done, [`release`] is which replicas go, and
//! [`rightsize`] is advice on what they run on.

mod burst;
pub mod choose;
pub mod cluster;
mod fixed;
pub mod flight;
mod grace;
pub mod hpa;
pub mod keda;
pub mod optimum;
mod predictive;
pub mod queue_depth;
pub mod release;
pub mod rightsize;
mod schedule;
mod seen;
mod target;

pub use burst::BurstGuard;
pub use fixed::Fixed;
pub use grace::Grace;
pub use hpa::Hpa;
pub use keda::Keda;
pub use predictive::{Outlook, Predictive};
pub use queue_depth::QueueDepth;
pub use schedule::Schedule;
pub use seen::{Bounds, Load, Local, Reading, Replicas, Seen, Signal};
pub use target::TargetTracking;

use sim_core::units::{SimTime, Span};

/// Decides how many replicas a service is to have.
pub trait Scaler {
    /// What it is called.
    fn name(&self) -> &str;
    /// When the requests of the run come, in order, for one that is given the future; the others do not listen. Before it is
    /// asked for the first time.
    fn reveal(&mut self, _instants: &mut dyn Iterator<Item = SimTime>) {}
    /// How often it wants to be asked.
    fn interval(&self) -> Span;
    /// How many replicas there are to be, those that start included. Calls come in the order of time.
    fn want(&mut self, seen: &Seen) -> u32;
    /// An exact copy, history included: asked the same from here on, both answer the same.
    fn fork(&self) -> Box<dyn Scaler + Send>;
}

/// How often most of them look, unless told otherwise: the sync period of Kubernetes' horizontal pod autoscaler.
pub const SYNC: Span = Span::from_secs(15);
