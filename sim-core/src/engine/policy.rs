//! The seam to the deciders.

use std::ops::BitOr;

use super::plan::Plan;
use super::view::View;

/// A decider. Deterministic: what it decides depends on what it was shown and on its own draws, nothing else.
pub trait Policy {
    /// Its name, for tables and messages.
    fn name(&self) -> &str;
    /// What it wants to be asked after until its next decision: read before the first instant, and again after each decision.
    fn wakes_on(&self) -> Wakes;
    /// Decides, once an instant: looks at `view`, and puts decisions into `plan`.
    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>);
    /// An exact copy, the position of its random stream included: both decide the same from here on.
    fn fork(&self) -> Box<dyn Policy + Send>;
}

/// What a policy wants to be asked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wakes(u16);

impl Wakes {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// A job was submitted.
    pub const ARRIVAL: Self = Self(1);
    /// A job ended or was interrupted.
    pub const END: Self = Self(1 << 1);
    /// A node became ready, was released or was lost.
    pub const NODE: Self = Self(1 << 2);
    /// A node will be taken away.
    pub const NOTICE: Self = Self(1 << 3);
    /// A price stepped.
    pub const PRICE: Self = Self(1 << 4);
    /// An availability stepped.
    pub const AVAILABILITY: Self = Self(1 << 5);
    /// A moment came that it asked for.
    pub const WAKE: Self = Self(1 << 6);
    /// A round of a round-based run; always asked after.
    pub(crate) const ROUND: Self = Self(1 << 7);
    /// A request came to a service that has no replica and is to get none.
    pub const DEMAND: Self = Self(1 << 8);
    /// All of these.
    pub const ALL: Self = Self(0x17f);

    /// Whether any of `other` is in here.
    pub const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Wakes {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
