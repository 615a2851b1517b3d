//! What is paid for whatever a policy does, and what may be spent.

use sim_core::model::{Budget, Commitment, Offering, Ownership, Reservation};
use sim_core::units::{OfferingId, SimTime};

use crate::schema::{Fleet, Machines, Scenario};

/// The reservations in the order of the scenario, then what owning costs.
pub(super) fn of(scenario: &Scenario, offerings: &[Offering]) -> Vec<Commitment> {
    let ids = |fleet: &str| ids(fleet, offerings);
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

/// What may be spent, in the order of the scenario.
pub(super) fn budgets(scenario: &Scenario, offerings: &[Offering]) -> Vec<Budget> {
    let all = || {
        scenario
            .fleets
            .iter()
            .map(|fleet| fleet.name.value.as_str())
    };
    let budgets = scenario.budgets.iter().map(|spec| {
        let named: Vec<&str> = spec.fleets.iter().map(|name| name.value.as_str()).collect();
        let fleets = if named.is_empty() {
            all().collect()
        } else {
            named
        };
        Budget {
            name: spec.name.value.clone(),
            amount: spec.amount,
            period: spec.period,
            covers: fleets
                .iter()
                .flat_map(|fleet| ids(fleet, offerings))
                .collect(),
            delay: spec.delay,
        }
    });
    budgets.collect()
}

/// The offerings of a fleet: one that a file lists has one for each shape, named after it.
pub(super) fn ids(fleet: &str, offerings: &[Offering]) -> Vec<OfferingId> {
    let listed = format!("{fleet}/");
    let mine = |(_, offering): &(usize, &Offering)| {
        offering.name == fleet || offering.name.starts_with(&listed)
    };
    let id = |(at, _)| OfferingId(u16::try_from(at).expect("few offerings"));
    offerings.iter().enumerate().filter(mine).map(id).collect()
}
