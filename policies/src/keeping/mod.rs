//! What a composed policy keeps beside its parts: budgets, opening hours, checkpoints at the right pace, elastic jobs at the
//! right size. A policy without any of them pays for none.

mod budget;
mod choice;
mod grow;
mod losses;
mod meters;
mod office;
mod oversubscribe;
mod pace;
mod replicas;

pub use budget::{Budget, Stage};
pub use grow::Grow;
pub use losses::Losses;
pub use office::Office;
pub use oversubscribe::{Oversubscribe, Watermark};
pub use pace::{Formula, Pace};
pub use replicas::Replicas;

use sim_core::engine::{Change, View, Wakes};
use sim_core::units::SimTime;

use crate::compose::Desk;

/// By offering: whether nothing more of it shall be bought at this instant. Empty: of none.
pub type Shut = Vec<bool>;

/// A rule that is kept whatever the parts would do.
pub trait Keeper: Send {
    /// Before anyone starts: withholds jobs, closes nodes, says what shall not be bought; returns when it wants to look
    /// again.
    fn begin(&mut self, _desk: &mut Desk<'_, '_, '_>, _shut: &mut Shut) -> Option<SimTime> {
        None
    }

    /// After whoever may has started, and before anything is bought; returns when it wants to look again.
    fn finish(&mut self, _desk: &mut Desk<'_, '_, '_>) -> Option<SimTime> {
        None
    }

    /// What it wants to be asked after, beyond arrivals and nodes.
    fn wakes_on(&self) -> Wakes {
        Wakes::NONE
    }

    /// Whether it does nothing at all.
    fn is_idle(&self) -> bool {
        false
    }

    /// An exact copy.
    fn fork(&self) -> Box<dyn Keeper>;
}

/// What a composed policy keeps.
#[derive(Default)]
pub struct Keeping {
    rules: Vec<Box<dyn Keeper>>,
    pace: Option<Pace>,
    /// Times in a row that nothing had happened to any job.
    quiet: u32,
}

/// After so many times in a row that the clock moved and no job did, rules are not woken again: a night is like the night
/// before, and who waits will wait for ever.
const MOST_QUIET: u32 = 2_000;

impl Keeping {
    /// These rules, in this order, and this pace; those that do nothing are left out.
    pub fn new(rules: impl IntoIterator<Item = Box<dyn Keeper>>, pace: Pace) -> Self {
        Self {
            rules: rules.into_iter().filter(|rule| !rule.is_idle()).collect(),
            pace: Some(pace).filter(|pace| pace.formula != Formula::Given),
            quiet: 0,
        }
    }

    /// The rules, and the pace if one is chosen.
    pub(crate) fn parts(&mut self) -> (&mut [Box<dyn Keeper>], Option<&mut Pace>) {
        (&mut self.rules, self.pace.as_mut())
    }

    /// The pace, if one is chosen.
    pub(crate) fn pace(&mut self) -> Option<&mut Pace> {
        self.pace.as_mut()
    }

    /// What rules wish, unless no job has moved for too long.
    pub(crate) fn heeds(&mut self, wish: Option<SimTime>, view: &View<'_>) -> Option<SimTime> {
        let still = |change: &Change| match change {
            Change::Woken | Change::Node(_) | Change::Price(_) | Change::Availability(_) => true,
            Change::Waiting(_)
            | Change::Arrived(_)
            | Change::Requeued(_)
            | Change::Started(_)
            | Change::Reseated(_)
            | Change::Ended(_) => false,
        };
        // Services are asked for whether jobs move or not.
        let alone = view.services().next().is_none();
        let quiet = alone && view.running_len() == 0 && view.changes().iter().all(still);
        self.quiet = if quiet { self.quiet + 1 } else { 0 };
        wish.filter(|_| self.quiet < MOST_QUIET)
    }

    /// What they want to be asked after.
    pub(crate) fn wakes_on(&self) -> Wakes {
        let wakes = self.rules.iter().map(|rule| rule.wakes_on());
        wakes.fold(Wakes::NONE, |all, wakes| all | wakes)
    }

    /// An exact copy.
    pub(crate) fn fork(&self) -> Self {
        Self {
            rules: self.rules.iter().map(|rule| rule.fork()).collect(),
            pace: self.pace.clone(),
            quiet: self.quiet,
        }
    }
}

/// The earlier of two wishes.
pub(crate) fn earlier(a: Option<SimTime>, b: Option<SimTime>) -> Option<SimTime> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Nothing is kept.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl Keeper for Nothing {
    fn is_idle(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Keeper> {
        Box::new(*self)
    }
}
