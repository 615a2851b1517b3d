//! What claims may name, beside what a scenario is built from.

use super::figures::NAMES;
use super::metrics::METRICS;
use crate::build;
use crate::schema::{Known, Seam};

/// The kinds of a seam: metrics and figures, and all that there is to build from.
pub fn known(seam: Seam) -> Option<Vec<Known>> {
    let plain = |name: &str| Known {
        kind: name.to_owned(),
        params: Vec::new(),
    };
    match seam {
        Seam::Metric => Some(METRICS.iter().map(|metric| plain(metric.name)).collect()),
        Seam::Figure => Some(NAMES.into_iter().map(plain).collect()),
        Seam::Order
        | Seam::Admit
        | Seam::Place
        | Seam::Preempt
        | Seam::Buy
        | Seam::Move
        | Seam::Guard
        | Seam::Hours
        | Seam::Scale
        | Seam::Pace
        | Seam::Replicas
        | Seam::Oversubscribe
        | Seam::Head
        | Seam::Policy
        | Seam::Synth
        | Seam::Requests
        | Seam::Estimate
        | Seam::TraceFormat
        | Seam::RequestFormat
        | Seam::NodeFormat
        | Seam::Compat => build::known(seam),
    }
}
