//! Admission: who of those that wait may start.

mod by_tenant;
mod conservative;
mod easy;
mod ends;
mod line;
mod spot_quota;
mod turn_away;

pub use by_tenant::ByTenant;
pub use conservative::Conservative;
pub use easy::Easy;
pub use line::{Skip, Strict};
pub use spot_quota::SpotQuota;
pub use turn_away::TurnAway;

use sim_core::engine::{Change, View, Wakes};
use sim_core::units::SimTime;

use crate::compose::Desk;

/// Who of those that wait may start.
pub trait Admit: Send {
    /// Starts whoever may.
    fn admit(&mut self, desk: &mut Desk<'_, '_, '_>);

    /// Takes note of what happened since the last time; called for each change, before [`Admit::admit`].
    fn note(&mut self, _change: &Change, _view: &View<'_>) {}

    /// What it wants to be told of at once, even while nobody waits.
    fn wakes_on(&self) -> Wakes {
        Wakes::NONE
    }

    /// When it would like to be asked again though nothing happens; asked after [`Admit::admit`].
    fn wish(&self, _view: &View<'_>) -> Option<SimTime> {
        None
    }

    /// Whether it needs an estimate of every job.
    fn needs_estimate(&self) -> bool {
        false
    }

    /// Whether it asks what tenants hold: [`Desk::tenants`].
    fn is_by_tenant(&self) -> bool {
        false
    }

    /// An exact copy.
    fn fork(&self) -> Box<dyn Admit>;
}
