//! What machines draw: the rated power of an instance type, for as long as a machine is held.
//!
//! It is an upper estimate of what the machines take, idle ones draw about a third of it, and a lower one of what a data centre
//! takes, which cools them as well. The line of electricity that owning may have is another matter: it goes by what is used.

use sim_core::books::Source;
use sim_core::units::{Money, OfferingId, SimTime};
use sim_core::watch::Machine;

use super::money;
use crate::build::Experiment;
use crate::schema::{Fleet, Machines};

/// By offering: watts of a machine in full use; none where nobody said.
pub(super) fn rated(experiment: &Experiment) -> Vec<Option<u32>> {
    let offerings = 0..experiment.world.offerings.len();
    let id = |at| OfferingId(u16::try_from(at).expect("few offerings"));
    let fleet = |at| money::fleet(experiment, Source::Offering(id(at)));
    offerings.map(|at| watts(fleet(at)?)).collect()
}

/// What the instance type says, or else who owns the machines.
fn watts(fleet: &Fleet) -> Option<u32> {
    let instance = match &fleet.machines {
        Machines::Alike { instance, .. } => instance.value.watts,
        Machines::Listed { .. } => None,
    };
    let owned = fleet.ownership.as_ref().map(|owned| owned.busy_watts);
    instance.or(owned.filter(|watts| *watts > 0))
}

/// What a machine draws from one instant to another, in watt-microseconds: from its grant on, boots and repairs included.
pub(super) fn energy(machine: &Machine, watts: u32, (from, until): (SimTime, SimTime)) -> u128 {
    let gone = machine.gone.get().unwrap_or(until).min(until);
    let granted = machine.granted.max(from);
    let held = if gone > granted {
        gone.since(granted).us()
    } else {
        0
    };
    u128::from(watts) * u128::from(held)
}

/// Watt-microseconds of a kilowatt-hour.
const KWH: i128 = 1000 * 3_600_000_000;

/// Watt-microseconds as billionths of a kilowatt-hour, rounded half-even.
pub(super) fn kwh_billionths(energy: u128) -> i128 {
    let energy = i128::try_from(energy).expect("watts and times are within the limits");
    Money::round_half_even(energy, KWH / 1_000_000_000).nanousd()
}

#[cfg(test)]
mod tests {
    use sim_core::units::{Moment, NodeId};

    use super::*;

    #[test]
    fn a_machine_draws_from_its_grant_until_it_is_gone() {
        let at = |hours: u64| SimTime::from_secs(hours * 3600);
        let machine = |gone: Moment| Machine {
            node: NodeId(0),
            launch: 0,
            offering: OfferingId(0),
            granted: at(1),
            ready: at(2).into(),
            gone,
            reclaimed: false,
        };
        let kwh = |gone, window| kwh_billionths(energy(&machine(gone), 500, window));
        let (gone, held) = (Moment::from(at(5)), Moment::NONE);
        assert_eq!(kwh(gone, (at(0), at(9))), 2_000_000_000);
        assert_eq!(kwh(gone, (at(3), at(9))), 1_000_000_000);
        assert_eq!(kwh(gone, (at(6), at(9))), 0);
        assert_eq!(kwh(held, (at(0), at(9))), 4_000_000_000);
    }
}
