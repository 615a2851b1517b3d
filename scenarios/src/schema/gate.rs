//! `[gate]`: what a policy may not become, and how sure the gate must be before it says so.

use super::place::Spanned;
use super::value::Table;

/// `[gate]`: metrics with what is tolerated of each, and bounds that hold whatever came before.
///
/// Names are those of metrics and policies that exist; no metric has a `max` below its `min`.
#[derive(Clone, Debug, PartialEq)]
pub struct GateSpec {
    /// How behaviour is compared where the command does not say.
    pub mode: GateMode,
    /// Metrics that may become worse by [`Tolerance::USUAL`] if nothing else is said; none said: the usual ones.
    pub metrics: Option<Vec<Spanned<String>>>,
    /// By metric: by how much it may become worse.
    pub tolerance: Vec<(Spanned<String>, Tolerance)>,
    /// By metric: the most that it may be.
    pub max: Vec<(Spanned<String>, f64)>,
    /// By metric: the least that it may be.
    pub min: Vec<(Spanned<String>, f64)>,
    /// The policies that are judged; none: all.
    pub policies: Vec<Spanned<String>>,
    /// The rate of false alarms over all that is tested together: above 0, at most 0.5.
    pub alpha: f64,
    /// With what probability a change is to be seen that is told as seen: above 0.5, below 1.
    pub power: f64,
    /// As it was written.
    pub written: Table,
}

/// By how much a metric may become worse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// A part of what the baseline has, 0.01 for 1 %.
    Relative(f64),
    /// An amount in the unit of the metric.
    Absolute(f64),
}

impl Tolerance {
    /// Where nothing is said: less is seldom worth a red build.
    pub const USUAL: Self = Self::Relative(0.01);
}

/// How behaviour is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateMode {
    /// A metric that is measurably worse fails.
    Statistical,
    /// The same, and so does any other decision than those of the baseline.
    Exact,
}

impl GateMode {
    /// All, in the order of the documentation.
    pub const ALL: [Self; 2] = [Self::Statistical, Self::Exact];

    /// Its name in a scenario and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Statistical => "statistical",
            Self::Exact => "exact",
        }
    }
}
