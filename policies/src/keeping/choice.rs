//! What a service might be served on, as a chooser of sets sees it.

use sim_core::engine::{OfferingView, ReplicaSet, ServiceView};
use sim_core::serve::fluid::{Demand, Rate};
use sim_core::serve::{Counts, Way};
use sim_core::units::{OfferingId, SetId, Span, convert};
use sim_core::world::draw;

use crate::compose::Desk;
use crate::place::empty_room;
use crate::scale::choose::{Candidate, Limits, cheapest};

/// The set that a service is to be served on, of those that are heeded.
pub(super) fn chosen(
    desk: &Desk<'_, '_, '_>,
    service: &ServiceView<'_>,
    limits: Limits,
    heeds: impl Fn(&str) -> bool,
) -> Option<SetId> {
    let demand = demand(service);
    let sets = service.sets().enumerate();
    let heeded = sets.filter(|(_, (_, set))| heeds(&set.name));
    let seen = heeded.filter_map(|(at, (id, set))| {
        let way = service.way(at)?;
        Some((id, candidate(desk, (service, set), way, &demand)))
    });
    let (ids, candidates): (Vec<SetId>, Vec<Candidate>) = seen.unzip();
    cheapest(&candidates, limits).map(|at| ids[at])
}

/// What requests have demanded so far; before the first, a thousand tokens in and two hundred out.
fn demand(service: &ServiceView<'_>) -> Demand {
    let traffic = service.traffic();
    let mean = |tokens: u64, else_: u32| {
        let mean = tokens.checked_div(traffic.served);
        mean.map_or(else_, |mean| u32::try_from(mean).unwrap_or(u32::MAX))
    };
    Demand::of([Counts {
        input: mean(traffic.input_tokens, 1000),
        output: mean(traffic.output_tokens, 200),
    }])
}

/// A set on the machine on which it costs least.
fn candidate(
    desk: &Desk<'_, '_, '_>,
    (service, set): (&ServiceView<'_>, &ReplicaSet),
    way: &Way,
    demand: &Demand,
) -> Candidate {
    let network = way.network.iter().max().copied().unwrap_or(Span::ZERO);
    let mut best = Candidate {
        price: None,
        capacity: 0.0,
        latency: Span::MAX,
        quality_ppm: way.quality_ppm,
    };
    let mut least = f64::INFINITY;
    for (id, offering) in desk.view.offerings() {
        let speed_ppm = service.speed_ppm(set, offering.shape.model);
        let Some(price) = price(desk, set, (id, &offering)).filter(|_| speed_ppm > 0) else {
            continue;
        };
        let rate = Rate::of(&set.serving, speed_ppm, demand);
        let alone = rate.steady(rate.peak() * 1e-6, 1);
        if price / rate.peak() < least {
            least = price / rate.peak();
            best.price = Some(price);
            best.capacity = rate.peak();
            best.latency = draw::span(alone.service_s * 1e6).saturating_add(network);
        }
    }
    best
}

/// Dollars an hour of the part of a machine that a replica takes; none where none fits, or none is to be had.
fn price(
    desk: &Desk<'_, '_, '_>,
    set: &ReplicaSet,
    (id, offering): (OfferingId, &OfferingView<'_>),
) -> Option<f64> {
    let role = set.replica.gang.roles().first()?;
    let allowed = role.demand.markets.allows(offering.market) && role.demand.offerings.allows(id);
    let room = empty_room(desk.plan.capacity(), role, id);
    if !allowed || room == 0 || offering.max == 0 {
        return None;
    }
    let machines = f64::from(role.tasks) / f64::from(room);
    Some(convert::real(offering.price.nanousd_h()) / 1e9 * machines)
}
