//! Terms: how the machines of an offering are charged at its price.

use crate::units::Span;

/// From when on a machine is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargedFrom {
    /// From its grant: while it boots as well.
    Grant,
    /// From when it is ready; one that never is costs nothing.
    Ready,
}

/// How the machines of an offering are charged.
///
/// What is charged by itself is a *run*: a launch, from the grant (or from when it is ready) to its end. A run costs price x
/// time to the microsecond, under whatever prices hold meanwhile. When it ends, its length is rounded up to whole granules and
/// to the minimum; what that adds is a line of its own, at the price that held up to the end, and so is what is let off. A run
/// of no length costs nothing. The end of the simulation gives back what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// A run is charged in whole multiples of it; at least a microsecond.
    pub granularity: Span,
    /// Least length of a run that is charged.
    pub minimum: Span,
    /// When a run begins.
    pub from: ChargedFrom,
    /// A run shorter than this is free if the provider takes the machine away; zero for never.
    pub free_if_reclaimed_within: Span,
    /// Whether the last granule, if it is not full, is free when the provider takes the machine away, and no minimum holds; it
    /// is as far as the machine was paid for at the market price without a break. If not, it is rounded up as ever.
    pub reclaimed_partial_free: bool,
    /// Whether every slot of the offering is paid for all the time, held or not; then all other terms are void.
    pub whether_used: bool,
    /// Whether a machine is charged only while a job has a seat on it: each such stretch is a run, and two that touch are one.
    /// The provider takes a run only if it takes the machine at the instant at which the run ends.
    pub only_while_used: bool,
}

impl Terms {
    /// Price x time to the microsecond, from the grant.
    pub const EXACT: Self = Self {
        granularity: Span::MICROSECOND,
        minimum: Span::ZERO,
        from: ChargedFrom::Grant,
        free_if_reclaimed_within: Span::ZERO,
        reclaimed_partial_free: false,
        whether_used: false,
        only_while_used: false,
    };

    /// By the second, at least a minute: AWS on demand (Linux, Windows) and GCP.
    ///
    /// Source: EC2 user guide, "On-Demand Instances" (2025); GCP recalled.
    pub const PER_SECOND: Self = Self {
        granularity: Span::from_secs(1),
        minimum: Span::from_secs(60),
        ..Self::EXACT
    };

    /// By the second, at least a minute; free if it is interrupted within the first hour: AWS spot (Linux, Windows).
    ///
    /// Source: EC2 user guide, "Billing for interrupted Spot Instances" (2025).
    pub const AWS_SPOT: Self = Self {
        free_if_reclaimed_within: Span::from_secs(3600),
        ..Self::PER_SECOND
    };

    /// By the hour, a partial hour free if the provider interrupts: AWS before October 2017, and SUSE on spot since.
    ///
    /// Source: EC2 user guide, "Billing for interrupted Spot Instances" (2025).
    pub const WHOLE_HOURS: Self = Self {
        granularity: Span::from_secs(3600),
        reclaimed_partial_free: true,
        ..Self::EXACT
    };

    /// To the microsecond, while a job has a seat.
    pub const SERVERLESS: Self = Self {
        only_while_used: true,
        ..Self::EXACT
    };

    /// To the microsecond, every slot all the time.
    pub const WHETHER_USED: Self = Self {
        whether_used: true,
        ..Self::EXACT
    };
}

impl Default for Terms {
    fn default() -> Self {
        Self::EXACT
    }
}
