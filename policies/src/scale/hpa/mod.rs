//! The horizontal pod autoscaler of Kubernetes, as its controller computes since 1.33.
//!
//! Every sync, each metric proposes a number of replicas ([`calculator`], told of each [`pod`]); the largest counts. It is stabilized by what was
//! recommended before ([`history`]) and held to the rates of change that are allowed ([`behavior`]); the [`controller`] puts
//! them together. [`Hpa`] is that controller as a [`Scaler`](super::Scaler).
//!
//! Source: `pkg/controller/podautoscaler` of Kubernetes; utilization and averages are divided as integers, ratios are
//! doubles, as there. Not modelled: readiness of containers, the API's own errors.

pub mod behavior;
pub mod calculator;
pub mod controller;
pub mod history;
pub mod pod;
mod scaler;

pub use scaler::{Hpa, Target};
