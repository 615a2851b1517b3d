//! Autoscalers: how many replicas a service is to have, decided from what is seen of it.
//!
//! Pure mechanisms: a [`Scaler`] is told what a monitoring system would tell it and answers with a number. It starts
//! nothing, and knows neither services nor machines.

mod fixed;
pub mod hpa;
mod seen;

pub use fixed::Fixed;
pub use hpa::Hpa;
pub use seen::{Bounds, Load, Reading, Replicas, Seen, Signal};

use sim_core::units::Span;

/// Decides how many replicas a service is to have.
pub trait Scaler {
    /// What it is called.
    fn name(&self) -> &str;
    /// How often it wants to be asked.
    fn interval(&self) -> Span;
    /// How many replicas there are to be, those that start included. Calls come in the order of time.
    fn want(&mut self, seen: &Seen) -> u32;
    /// An exact copy, history included: asked the same from here on, both answer the same.
    fn fork(&self) -> Box<dyn Scaler + Send>;
}

/// How often most of them look, unless told otherwise: the sync period of Kubernetes' horizontal pod autoscaler.
pub const SYNC: Span = Span::from_secs(15);
