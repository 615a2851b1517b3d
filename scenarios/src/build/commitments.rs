//! What is paid for whatever a policy does.

use sim_core::model::{Commitment, Offering, Ownership, Reservation};
use sim_core::units::{OfferingId, SimTime};

use crate::schema::{Fleet, Machines, Scenario};

/// The reservations in the order of the scenario, then what owning costs.
pub(super) fn of(scenario: &Scenario, offerings: &[Offering]) -> Vec<Commitment> {
    // A fleet that a file lists has an offering for each shape, named after it.
    let ids = |fleet: &str| {
        let listed = format!("{fleet}/");
        let mine = move |(_, offering): &(usize, &Offering)| {
            offering.name == fleet || offering.name.starts_with(&listed)
        };
        let id = |(at, _)| OfferingId(u16::try_from(at).expect("few offerings"));
        offerings
            .iter()
            .enumerate()
            .filter(mine)
            .map(id)
            .collect::<Vec<_>>()
    };
    let reserved = scenario.reservations.iter().map(|spec| {
        let from = SimTime::ZERO.saturating_add(spec.from);
        Commitment::Reserved(Reservation {
            market: spec.market,
            covers: spec
                .covers
                .iter()
                .flat_map(|name| ids(&name.value))
                .collect(),
            count: spec.count,
            from,
            until: spec
                .term
                .map_or(SimTime::MAX, |term| from.saturating_add(term)),
            upfront: spec.upfront,
            hourly: spec.hourly,
        })
    });
    let owned = |fleet: &Fleet| {
        let spec = fleet.ownership.clone()?;
        let most = match &fleet.machines {
            Machines::Alike { .. } => fleet.machines.most(),
            Machines::Listed { .. } => None,
        };
        let of = move |id: OfferingId| {
            Commitment::Owned(Ownership {
                offering: id,
                count: most.unwrap_or(offerings[id.index()].max),
                capex: spec.capex,
                months: spec.months,
                idle_watts: spec.idle_watts,
                busy_watts: spec.busy_watts,
                pue_milli: spec.pue_milli,
                kwh: spec.kwh,
                staff: spec.staff,
            })
        };
        Some(
            ids(&fleet.name.value)
                .into_iter()
                .map(of)
                .collect::<Vec<_>>(),
        )
    };
    let owned = scenario.fleets.iter().filter_map(owned).flatten();
    reserved.chain(owned).collect()
}
