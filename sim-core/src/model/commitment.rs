//! Commitments: what is paid for whatever a policy does.

use super::offering::Market;
use crate::units::{Money, OfferingId, Price, SimTime};

/// Something that is paid for whatever a policy does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Commitment {
    /// Machines promised to be paid for.
    Reserved(Reservation),
    /// Machines bought.
    Owned(Ownership),
}

/// Reserved instances, a savings plan, a capacity block: up to `count` machines at each instant cost an hourly price of their
/// own instead of the market's.
///
/// At each instant the first commitment covers the machines with the lowest node ids among those that are charged, the next one
/// those among the rest. What is not covered pays the market price; what is committed and covers nothing is paid all the same.
/// Offerings that are paid for whether used or not are never covered. It buys a price, not capacity: whether the machines are
/// there is the availability of their offering.
///
/// A capacity block is one with an upfront fee and no hourly price. Source: EC2 user guide, "Reserved Instances", "Capacity
/// Blocks for ML" (2025).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// How it is told in sums by market: reserved, or a capacity block.
    pub market: Market,
    /// Offerings it covers.
    pub covers: Vec<OfferingId>,
    /// Machines.
    pub count: u32,
    /// When its term begins.
    pub from: SimTime,
    /// When its term ends; later than it begins.
    pub until: SimTime,
    /// Paid once for all machines; counted straight-line over the term, so that a run that sees a part of it bears that part.
    pub upfront: Money,
    /// Price an hour of each machine, used or not.
    pub hourly: Price,
}

/// What owned machines of an offering cost beside its price, which is zero for most of them. A month has 730 hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// The offering.
    pub offering: OfferingId,
    /// Machines bought.
    pub count: u32,
    /// Paid for each; written off straight-line from the start of the run on.
    pub capex: Money,
    /// Months over which it is written off; at least one.
    pub months: u32,
    /// Watts of a machine that is held and works for nobody.
    pub idle_watts: u32,
    /// Watts of a machine all of which jobs hold, at least as many; in between it is linear in the share held.
    pub busy_watts: u32,
    /// Power of the site over that of its machines (power usage effectiveness), in thousandths.
    pub pue_milli: u32,
    /// A kilowatt-hour.
    pub kwh: Money,
    /// A month's share of the staff for each machine.
    pub staff: Money,
}
