//! What happens at known times, and to several fleets at once.

use sim_core::units::Span;
use sim_core::world::availability::UpDown;

use super::place::Spanned;
use super::value::Table;

/// `[[event]]`: something that happens to fleets at a known time.
#[derive(Clone, Debug, PartialEq)]
pub struct EventSpec {
    /// What messages call it.
    pub name: Spanned<String>,
    /// What happens.
    pub kind: EventKind,
    /// When.
    pub at: Span,
    /// How long after that again, and again.
    pub every: Option<Span>,
    /// To whom; all if none is named.
    pub fleets: Vec<Spanned<String>>,
    /// As it was written.
    pub written: Table,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventKind {
    /// The provider takes back a share of what is held, with the fleet's notice.
    Drill {
        /// Probability of each machine.
        share: f64,
    },
    /// There are so few machines for a while.
    Outage {
        /// How long.
        lasts: Span,
        /// How many are left.
        left: u32,
    },
    /// The price changes for a while.
    Price {
        /// How long.
        lasts: Span,
        /// Times so much.
        factor: f64,
    },
}

/// `[[region]]`: zones whose spot machines run out together.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionSpec {
    /// Names its luck.
    pub name: Spanned<String>,
    /// The zones.
    pub zones: Vec<Spanned<String>>,
    /// When there are machines.
    pub law: UpDown,
    /// As it was written.
    pub written: Table,
}
