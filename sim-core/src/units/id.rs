//! Identities: small integers with a type each, ordered as the world numbers them.

use std::fmt;

use super::{convert, limits};

/// A job. Orders by arrival: `ordinal` is its place in the workload, and unique in a run; replicas of services, which come from
/// no workload, are numbered apart from it, beyond all of its jobs.
///
/// `slot` says where the engine keeps it while it lives, so that a lookup is one array access;
/// a handle to a job that has left is recognised by its ordinal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId {
    ordinal: u32,
    slot: u32,
}

impl JobId {
    /// The job at `ordinal` of the workload, kept at `slot`.
    pub(crate) const fn new(ordinal: u32, slot: u32) -> Self {
        Self { ordinal, slot }
    }

    /// Place in the workload, counted from zero.
    pub const fn ordinal(self) -> u32 {
        self.ordinal
    }

    /// Of a replica of a service, its place among them all, in the order in which they were launched.
    pub const fn replica(self) -> Option<u32> {
        self.ordinal.checked_sub(limits::FIRST_REPLICA)
    }

    /// Where the engine keeps the job: below the number of jobs that ever lived at once.
    pub const fn slot(self) -> usize {
        convert::index(self.slot)
    }

    /// Both halves in one integer that orders as the job does: what an ordered queue stores.
    pub const fn packed(self) -> u64 {
        convert::join(self.ordinal, self.slot)
    }

    /// The inverse of [`JobId::packed`].
    pub const fn unpack(packed: u64) -> Self {
        let (ordinal, slot) = convert::split(packed);
        Self { ordinal, slot }
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.replica() {
            None => write!(f, "job {}", self.ordinal),
            Some(replica) => write!(f, "replica {replica}"),
        }
    }
}

/// A node slot: the place of a machine in the fleet; machines come and go in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// An offering: an instance type in a market and a zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfferingId(pub u16);

/// A tenant's queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueId(pub u16);

/// A GPU model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelId(pub u16);

/// A rack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RackId(pub u32);

/// A zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZoneId(pub u16);

/// A service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub u16);

/// A kind of job, such as a network and its batch size, in a workload whose speeds are a table; zero where they are not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindId(pub u16);

/// A class of jobs: what the jobs of one workload share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(pub u16);

impl NodeId {
    /// Position in its table.
    pub const fn index(self) -> usize {
        convert::index(self.0)
    }
}

impl OfferingId {
    /// Position in its table.
    pub fn index(self) -> usize {
        self.0.into()
    }
}

impl QueueId {
    /// Position in its table.
    pub fn index(self) -> usize {
        self.0.into()
    }
}

impl ModelId {
    /// Position in its table.
    pub fn index(self) -> usize {
        self.0.into()
    }
}

impl RackId {
    /// Position in its table.
    pub const fn index(self) -> usize {
        convert::index(self.0)
    }
}

impl ZoneId {
    /// Position in its table.
    pub fn index(self) -> usize {
        self.0.into()
    }
}

/// A set of replicas of a service that are alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId(pub u16);

impl SetId {
    /// Position in its table.
    pub fn index(self) -> usize {
        self.0.into()
    }
}

impl ServiceId {
    /// Position in its table.
    pub fn index(self) -> usize {
        self.0.into()
    }
}

impl ClassId {
    /// Position in its table.
    pub fn index(self) -> usize {
        self.0.into()
    }
}
