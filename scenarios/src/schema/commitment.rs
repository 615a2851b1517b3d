//! What is paid for whatever a policy does: reservations, and the cost of owning.

use sim_core::model::Market;
use sim_core::units::{Money, Price, Span};

use super::place::Spanned;
use super::value::Table;

/// `[[reservation]]`: machines promised to be paid for.
#[derive(Clone, Debug, PartialEq)]
pub struct ReservationSpec {
    /// What tables call it.
    pub name: Spanned<String>,
    /// The fleets that it covers.
    pub covers: Vec<Spanned<String>>,
    /// Machines.
    pub count: u32,
    /// How it is told in sums by market.
    pub market: Market,
    /// When its term begins.
    pub from: Span,
    /// How long it lasts; the whole run if not said.
    pub term: Option<Span>,
    /// Paid once for all machines.
    pub upfront: Money,
    /// Price an hour of each machine, used or not.
    pub hourly: Price,
    /// As it was written.
    pub written: Table,
}

/// `ownership` of a fleet: what owning costs beside a price.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnershipSpec {
    /// Paid for each machine.
    pub capex: Money,
    /// Months over which it is written off.
    pub months: u32,
    /// Watts of an idle machine.
    pub idle_watts: u32,
    /// Watts of one that is fully used.
    pub busy_watts: u32,
    /// Power usage effectiveness, in thousandths.
    pub pue_milli: u32,
    /// A kilowatt-hour.
    pub kwh: Money,
    /// A month's share of the staff for each machine.
    pub staff: Money,
}
