//! Events: what is yet to happen, in a total order that is settled by the model.

use crate::units::{JobId, NodeId, OfferingId, SimTime, convert};

/// Something yet to happen. The order of the variants is the rank within an instant: what ends comes first,
/// then prices and availability, then nodes that go, then nodes that come, then arrivals, then clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A running job's work is done.
    Done(JobId),
    /// An offering's price steps.
    Price(OfferingId),
    /// An offering's availability steps.
    Availability(OfferingId),
    /// A noticed node is taken away.
    Reclaim(NodeId),
    /// A booting node is ready.
    Ready(NodeId),
    /// The next job of the workload is submitted.
    Arrival,
    /// A moment that the policy asked for.
    Wake,
    /// A round of a round-based run.
    Round,
}

impl Event {
    /// The kinds of event, in the order of their ranks.
    pub const KINDS: [&'static str; 8] = [
        "done",
        "price",
        "availability",
        "reclaim",
        "ready",
        "arrival",
        "wake",
        "round",
    ];

    /// The rank of its kind, a position in [`Event::KINDS`].
    pub const fn rank(self) -> usize {
        match self {
            Self::Done(_) => 0,
            Self::Price(_) => 1,
            Self::Availability(_) => 2,
            Self::Reclaim(_) => 3,
            Self::Ready(_) => 4,
            Self::Arrival => 5,
            Self::Wake => 6,
            Self::Round => 7,
        }
    }
}

/// An event at an instant, in one integer whose order is (time, rank, entity): 56 bits of time, 8 of rank, 64 of
/// entity. A time beyond 100 years never gets here, so it fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pending(u128);

impl Pending {
    /// `event` at `time`.
    pub(crate) fn new(time: SimTime, event: Event) -> Self {
        let (rank, entity): (u8, u64) = match event {
            Event::Done(job) => (0, job.packed()),
            Event::Price(offering) => (1, offering.0.into()),
            Event::Availability(offering) => (2, offering.0.into()),
            Event::Reclaim(node) => (3, node.0.into()),
            Event::Ready(node) => (4, node.0.into()),
            Event::Arrival => (5, 0),
            Event::Wake => (6, 0),
            Event::Round => (7, 0),
        };
        Self(u128::from(time.us()) << 72 | u128::from(rank) << 64 | u128::from(entity))
    }

    /// When.
    pub(crate) fn time(self) -> SimTime {
        let us = u64::try_from(self.0 >> 72).expect("56 bits");
        SimTime::from_us(us).expect("made of an instant")
    }

    /// What.
    pub(crate) fn event(self) -> Event {
        let entity = u64::try_from(self.0 & u128::from(u64::MAX)).expect("64 bits");
        let (_, low) = convert::split(entity);
        let offering = || OfferingId(u16::try_from(low).expect("an offering has 16 bits"));
        match self.0 >> 64 & 0xff {
            0 => Event::Done(JobId::unpack(entity)),
            1 => Event::Price(offering()),
            2 => Event::Availability(offering()),
            3 => Event::Reclaim(NodeId(low)),
            4 => Event::Ready(NodeId(low)),
            5 => Event::Arrival,
            6 => Event::Wake,
            _ => Event::Round,
        }
    }

    /// The raw key, for the heap.
    pub(crate) const fn key(self) -> u128 {
        self.0
    }

    /// The inverse of [`Pending::key`].
    pub(crate) const fn from_key(key: u128) -> Self {
        Self(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_event_unpacks_and_orders_by_time_rank_and_entity() {
        let (early, late) = (SimTime::from_secs(1), SimTime::MAX);
        let ordered = [
            (early, Event::Done(JobId::new(1, 9))),
            (early, Event::Done(JobId::new(2, 0))),
            (early, Event::Price(OfferingId(0))),
            (early, Event::Availability(OfferingId(u16::MAX))),
            (early, Event::Reclaim(NodeId(4))),
            (early, Event::Ready(NodeId(3))),
            (early, Event::Arrival),
            (early, Event::Wake),
            (early, Event::Round),
            (late, Event::Done(JobId::new(0, 0))),
        ];
        for (time, event) in ordered {
            let pending = Pending::new(time, event);
            assert_eq!((pending.time(), pending.event()), (time, event));
        }
        assert!(
            ordered
                .map(|(time, event)| Pending::new(time, event))
                .is_sorted()
        );
    }
}
