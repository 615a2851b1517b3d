//! What may go wrong with the machines of an offering, apart from an availability that runs short.

use std::sync::Arc;

use crate::units::Span;
use crate::world::{BootTime, Lifetime, Pace, Shock};

/// What may go wrong with the machines of an offering. The default is nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Risk {
    /// Law of boot times, where they differ; `boot` is then what is told of them.
    pub boot: Option<BootTime>,
    /// Law of the time from when a machine is ready to when the provider takes it back.
    pub lifetime: Lifetime,
    /// How fast it runs by the hour.
    pub pace: Pace,
    /// Instants at which the provider takes back part of what is held at once.
    pub shocks: Arc<[Shock]>,
    /// Probability that a machine that was granted comes up.
    pub launch: f64,
    /// Law of the time from when a machine is ready, or repaired, to when it breaks.
    pub failure: Lifetime,
    /// How long a repair takes; a machine that is not repaired is gone.
    pub repair: Option<Span>,
    /// How often a notice is looked for: it is seen at the next multiple of this. Zero: at once.
    pub poll: Span,
    /// How long before it is taken back the provider advises to leave a machine, at most. Zero: never.
    pub advice: Span,
}

impl Default for Risk {
    fn default() -> Self {
        Self {
            boot: None,
            lifetime: Lifetime::endless(),
            pace: Pace::steady(),
            shocks: Arc::new([]),
            launch: 1.0,
            failure: Lifetime::endless(),
            repair: None,
            poll: Span::ZERO,
            advice: Span::ZERO,
        }
    }
}
