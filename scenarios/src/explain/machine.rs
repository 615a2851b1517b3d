//! What happens to machines: what a fact says of one, and what one cost.

use sim_core::engine::World;
use sim_core::units::{Money, NodeId, OfferingId, SimTime};
use sim_core::watch::Fact;

/// What happens to a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happens {
    Boots,
    Ready,
    Drains,
    Noticed,
    Advised,
    TakenAway,
    GivenBack,
    Fails,
    Breaks,
    Repaired,
}

impl Happens {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Boots => "boots",
            Self::Ready => "ready",
            Self::Drains => "drains",
            Self::Noticed => "noticed",
            Self::Advised => "advised",
            Self::TakenAway => "taken away",
            Self::GivenBack => "given back",
            Self::Fails => "did not come up",
            Self::Breaks => "broke",
            Self::Repaired => "repaired",
        }
    }
}

/// What a fact says of a machine: in which slot, what happens, and how.
pub(super) fn of_a_node(fact: &Fact<'_>) -> Option<(NodeId, Happens, String)> {
    let plain = String::new;
    Some(match fact {
        Fact::Booting {
            node,
            launch,
            ready,
        } => {
            let detail = format!("machine {launch} of this slot, ready at {ready}");
            (*node, Happens::Boots, detail)
        }
        Fact::Ready { node, launch } => (*node, Happens::Ready, format!("machine {launch}")),
        Fact::Draining { node } => (*node, Happens::Drains, "starts nothing more".to_owned()),
        Fact::Noticed { node, at } => (
            *node,
            Happens::Noticed,
            format!("will be taken away at {at}"),
        ),
        Fact::Advised { node } => (*node, Happens::Advised, "may be taken away soon".to_owned()),
        Fact::Reclaimed { node } => (*node, Happens::TakenAway, plain()),
        Fact::Released { node } => (*node, Happens::GivenBack, plain()),
        Fact::Miscarried { node } => (*node, Happens::Fails, plain()),
        Fact::Failed { node, repaired } => {
            let repaired = repaired.map(|at| format!("repaired at {at}"));
            let detail = repaired.unwrap_or_else(|| "for good".to_owned());
            (*node, Happens::Breaks, detail)
        }
        Fact::Repaired { node } => (*node, Happens::Repaired, plain()),
        Fact::Arrived { .. }
        | Fact::Retiring { .. }
        | Fact::Worked { .. }
        | Fact::Request { .. }
        | Fact::Flow { .. }
        | Fact::Started { .. }
        | Fact::Paced { .. }
        | Fact::Reseated { .. }
        | Fact::Interrupted { .. }
        | Fact::Ended { .. }
        | Fact::Refused(_)
        | Fact::Held { .. }
        | Fact::Requested { .. }
        | Fact::Shock { .. }
        | Fact::Price { .. }
        | Fact::Availability { .. } => return None,
    })
}

/// What a machine of an offering cost from one instant to another: price by time, before any rule of billing.
pub(super) fn price_of(
    world: &World,
    offering: OfferingId,
    (from, to): (SimTime, SimTime),
) -> Money {
    let steps = world.offerings[offering.index()].price.steps();
    let mut sum: i128 = 0;
    for (position, (begins, price)) in steps.iter().enumerate() {
        let ends = steps.get(position + 1).map_or(SimTime::MAX, |(at, _)| *at);
        let (begins, ends) = ((*begins).max(from), ends.min(to));
        if begins < ends {
            sum += i128::from(price.nanousd_h()) * i128::from(ends.since(begins).us());
        }
    }
    Money::round_half_even(sum, 3_600_000_000)
}
