//! Typed quantities: what a number means is in its type, and arithmetic that would lie panics.

pub mod convert;
mod id;
pub mod limits;
mod money;
mod time;

pub use id::{
    ClassId, JobId, KindId, ModelId, NodeId, OfferingId, QueueId, RackId, ServiceId, SetId, ZoneId,
};
pub use money::{Money, Price};
pub use time::{Moment, SimTime, Span, SpanError};
