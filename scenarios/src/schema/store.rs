//! `[[storage]]`, `[[data]]`, `[[leftover]]`: bytes that lie somewhere, are read, are moved, or are forgotten.

use sim_core::books::{Tier, Unit};
use sim_core::units::{Money, Price, Span};

use super::fleet::Bytes;
use super::place::Spanned;
use super::value::Table;

/// `[[storage]]`: a store with its tiers and rules.
#[derive(Clone, Debug, PartialEq)]
pub struct StorageSpec {
    /// What tables call it.
    pub name: Spanned<String>,
    /// Where it is; everywhere if not said.
    pub zone: Option<Spanned<String>>,
    /// What a unit is.
    pub unit: Unit,
    /// The hottest first, each but the first with the time without a read after which an object comes there.
    pub tiers: Vec<(Tier, Span)>,
    /// Bytes that lie there for a thousand written.
    pub compression_milli: u32,
    /// And for a thousand of those, after what is there already was left out.
    pub dedup_milli: u32,
    /// Age at which an object is deleted.
    pub delete_after: Option<Span>,
    /// A unit that leaves its zone.
    pub egress: Money,
    /// What is written there whatever a policy does.
    pub objects: Vec<ObjectSpec>,
    /// As it was written.
    pub written: Table,
}

/// Objects that are written again and again.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectSpec {
    /// Bytes of each.
    pub size: Bytes,
    /// How many at a time.
    pub count: u32,
    /// When the first are written.
    pub from: Span,
    /// How long after that the next.
    pub every: Option<Span>,
    /// How long each is kept.
    pub keep: Option<Span>,
    /// How often, and for how long after it was written, each is read.
    pub read: Option<(Span, Span)>,
}

/// `[[data]]`: a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSpec {
    /// What workloads call it.
    pub name: Spanned<String>,
    /// Its bytes.
    pub size: Bytes,
    /// The store in which it lies.
    pub storage: Option<Spanned<String>>,
    /// Bytes a second that a node reads of it.
    pub bandwidth: Bytes,
    /// As it was written.
    pub written: Table,
}

/// `[[leftover]]`: what machines leave behind.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftoverSpec {
    /// What tables call it.
    pub name: Spanned<String>,
    /// Share of the machines that leave one.
    pub share: f64,
    /// Its price, whatever its size.
    pub hourly: Price,
    /// Its bytes.
    pub size: Bytes,
    /// A unit of it a month.
    pub month: Money,
    /// What a unit is.
    pub unit: Unit,
    /// How long after it was left it is removed.
    pub clean_up: Option<Span>,
    /// As it was written.
    pub written: Table,
}
