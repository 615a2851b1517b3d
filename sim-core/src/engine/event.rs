//! Events: what is yet to happen, in a total order that is settled by the model.

use crate::units::{JobId, NodeId, OfferingId, ServiceId, SetId, SimTime, convert};

/// Something yet to happen. The order of the variants is the rank within an instant: what ends comes first,
/// then prices, availability and shocks, then nodes that go, then nodes that come, then arrivals, then clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A running job's work is done.
    Done(JobId),
    /// An offering's price steps.
    Price(OfferingId),
    /// An offering's availability steps.
    Availability(OfferingId),
    /// A shock hits a pool: the offering, and which of its shocks.
    Shock(OfferingId, u32),
    /// A machine breaks: the node, and which machine in its slot.
    Fail(NodeId, u32),
    /// The provider advises to leave a machine.
    Advise(NodeId, u32),
    /// The notice that a machine will be taken away is seen.
    Notice(NodeId, u32),
    /// A noticed node is taken away.
    Reclaim(NodeId),
    /// A machine that broke is repaired.
    Repair(NodeId, u32),
    /// A booting node is ready, or does not come up.
    Ready(NodeId),
    /// Replicas that a policy launched are submitted.
    Launch(SetId),
    /// The next job of the workload is submitted.
    Arrival,
    /// A service wants to be looked at.
    Call(ServiceId),
    /// A moment that the policy asked for.
    Wake,
    /// A round of a round-based run.
    Round,
}

impl Event {
    /// How many kinds there are.
    pub const COUNT: usize = 15;
    /// The kinds of event, in the order of their ranks.
    pub const KINDS: [&'static str; Self::COUNT] = [
        "done",
        "price",
        "availability",
        "shock",
        "fail",
        "advise",
        "notice",
        "reclaim",
        "repair",
        "ready",
        "launch",
        "arrival",
        "call",
        "wake",
        "round",
    ];

    /// The rank of its kind, a position in [`Event::KINDS`].
    pub const fn rank(self) -> usize {
        match self {
            Self::Done(_) => 0,
            Self::Price(_) => 1,
            Self::Availability(_) => 2,
            Self::Shock(..) => 3,
            Self::Fail(..) => 4,
            Self::Advise(..) => 5,
            Self::Notice(..) => 6,
            Self::Reclaim(_) => 7,
            Self::Repair(..) => 8,
            Self::Ready(_) => 9,
            Self::Launch(_) => 10,
            Self::Arrival => 11,
            Self::Call(_) => 12,
            Self::Wake => 13,
            Self::Round => 14,
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
        let pair = |first: u32, second: u32| u64::from(first) << 32 | u64::from(second);
        let entity: u64 = match event {
            Event::Done(job) => job.packed(),
            Event::Price(offering) | Event::Availability(offering) => offering.0.into(),
            Event::Shock(offering, which) => pair(offering.0.into(), which),
            Event::Fail(node, launch)
            | Event::Advise(node, launch)
            | Event::Notice(node, launch)
            | Event::Repair(node, launch) => pair(node.0, launch),
            Event::Reclaim(node) | Event::Ready(node) => node.0.into(),
            Event::Launch(set) => set.0.into(),
            Event::Call(service) => service.0.into(),
            Event::Arrival | Event::Wake | Event::Round => 0,
        };
        let rank = convert::wide(event.rank());
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
        let (high, low) = convert::split(entity);
        let offering = |id: u32| OfferingId(u16::try_from(id).expect("an offering has 16 bits"));
        let service = |id: u32| ServiceId(u16::try_from(id).expect("a service has 16 bits"));
        let machine = (NodeId(high), low);
        match self.0 >> 64 & 0xff {
            0 => Event::Done(JobId::unpack(entity)),
            1 => Event::Price(offering(low)),
            2 => Event::Availability(offering(low)),
            3 => Event::Shock(offering(high), low),
            4 => Event::Fail(machine.0, machine.1),
            5 => Event::Advise(machine.0, machine.1),
            6 => Event::Notice(machine.0, machine.1),
            7 => Event::Reclaim(NodeId(low)),
            8 => Event::Repair(machine.0, machine.1),
            9 => Event::Ready(NodeId(low)),
            10 => Event::Launch(SetId(u16::try_from(low).expect("a set has 16 bits"))),
            11 => Event::Arrival,
            12 => Event::Call(service(low)),
            13 => Event::Wake,
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
            (early, Event::Shock(OfferingId(3), 9)),
            (early, Event::Shock(OfferingId(4), 1)),
            (early, Event::Fail(NodeId(2), 7)),
            (early, Event::Advise(NodeId(2), 7)),
            (early, Event::Notice(NodeId(2), 7)),
            (early, Event::Reclaim(NodeId(4))),
            (early, Event::Repair(NodeId(3), u32::MAX)),
            (early, Event::Ready(NodeId(3))),
            (early, Event::Launch(SetId(2))),
            (early, Event::Arrival),
            (early, Event::Call(ServiceId(u16::MAX))),
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
