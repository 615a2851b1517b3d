//! Preemption: who makes room.

mod by_order;
mod least_waste;
mod reclaim;
mod room;

pub use by_order::ByOrder;
pub use least_waste::LeastWaste;
pub use reclaim::Reclaim;

use sim_core::units::Span;

use crate::compose::Desk;
use crate::order::Order;

/// Who makes room for jobs that wait.
pub trait Preempt: Send {
    /// Interrupts running jobs and starts waiting ones in their place; whether it did.
    fn relieve(&mut self, desk: &mut Desk<'_, '_, '_>) -> bool;

    /// How often to look, while jobs wait, apart from arrivals and ends.
    fn quantum(&self, order: &dyn Order) -> Option<Span>;

    /// Whether it asks what tenants hold: [`Desk::tenants`].
    fn is_by_tenant(&self) -> bool {
        false
    }

    /// An exact copy.
    fn fork(&self) -> Box<dyn Preempt>;
}

/// Nobody makes room.
#[derive(Clone, Copy, Debug)]
pub struct Never;

impl Preempt for Never {
    fn relieve(&mut self, _desk: &mut Desk<'_, '_, '_>) -> bool {
        false
    }

    fn quantum(&self, _order: &dyn Order) -> Option<Span> {
        None
    }

    fn fork(&self) -> Box<dyn Preempt> {
        Box::new(*self)
    }
}
