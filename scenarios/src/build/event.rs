//! What happens to fleets at known times.

use sim_core::model::Offering;
use sim_core::units::{SimTime, convert};
use sim_core::world::draw::Stream;
use sim_core::world::{Shock, availability, price};

use crate::schema::{EventKind, EventSpec};

/// Whether another seed brings another course of it: which machines a drill takes is drawn, unless it takes all.
pub(super) fn is_drawn(event: &EventSpec) -> bool {
    matches!(event.kind, EventKind::Drill { share } if share < 1.0)
}

/// Lets it happen to an offering, once or again and again until `until`.
pub(super) fn strike(offering: &mut Offering, event: &EventSpec, seed: u64, until: SimTime) {
    let mut at = SimTime::ZERO.saturating_add(event.at);
    let mut ordinal = 0_u64;
    while at < until {
        once(offering, event, (seed, ordinal), at);
        let Some(every) = event.every else {
            return;
        };
        at = at.saturating_add(every);
        ordinal += 1;
    }
}

fn once(offering: &mut Offering, event: &EventSpec, (seed, ordinal): (u64, u64), at: SimTime) {
    match event.kind {
        EventKind::Drill { share } => {
            let name = event.name.value.as_str();
            let names = [
                "drill".into(),
                name.into(),
                offering.name.as_str().into(),
                ordinal.into(),
            ];
            let ppm = convert::floor(share * 1e6 + 0.5);
            let drill = Shock {
                at,
                fraction_ppm: u32::try_from(ppm).unwrap_or(u32::MAX),
                key: Stream::new(seed, &names).bits(),
            };
            let mut shocks = offering.risk.shocks.to_vec();
            let after = shocks.partition_point(|shock| shock.at <= at);
            shocks.insert(after, drill);
            offering.risk.shocks = shocks.into();
        }
        EventKind::Outage { lasts, left } => {
            let window = (at, at.saturating_add(lasts));
            let left = availability::with_outage(&offering.availability, window, left);
            offering.availability = left;
        }
        EventKind::Price { lasts, factor } => {
            let window = (at, at.saturating_add(lasts));
            offering.price = price::within(&offering.price, window, factor);
        }
    }
}
