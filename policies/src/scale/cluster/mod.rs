//! The Cluster Autoscaler of Kubernetes, over a small model of node groups, nodes and pods.
//!
//! Every scan: pods that fit nowhere get nodes ([`expander`] says of which group); where no nodes were needed, a node whose
//! pods ask for little and fit elsewhere, for long enough, goes. Source: the project's FAQ (`cluster-autoscaler/FAQ.md`),
//! whose defaults these are. Not modelled: affinities, volumes, disruption budgets other than that a pod may be movable or
//! not, the cloud's own errors.

mod autoscaler;
pub mod expander;
mod model;
mod pack;
mod unneeded;

pub use autoscaler::{Action, Autoscaler, Delays};
pub use expander::Expander;
pub use model::{Cluster, Group, Node, NodeState, Pod, Resources};
pub use pack::{Offer, offer};
