//! Standing charges: what commitments cost beside the machines that they cover.

use super::line::{Exact, Kind};
use super::tariff::{HOUR_US, Tariff};
use crate::model::{Ownership, Reservation};
use crate::units::{SimTime, Span};

/// Hours of a month: a twelfth of 365 days.
pub(super) const MONTH_HOURS: i128 = 730;

/// The part of a simulation that counts.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// What is spent before does not count.
    pub from: SimTime,
    /// When the simulation ends.
    pub end: SimTime,
}

impl Window {
    /// The length of the part of a term that lies in the window.
    pub(super) fn overlap(&self, from: SimTime, until: SimTime) -> Span {
        let (from, until) = (from.max(self.from), until.min(self.end));
        until.since(from.min(until))
    }
}

/// What a reservation costs that covered machines for so many microseconds in all, beside those.
pub fn reservation(
    reservation: &Reservation,
    window: Window,
    covered_us: u128,
) -> [(Kind, Exact); 2] {
    let span = window.overlap(reservation.from, reservation.until);
    let us = u128::from(span.us());
    let mut unused = Exact::over(HOUR_US);
    let hourly = u128::from(reservation.hourly.nanousd_h());
    unused.add_product(us * u128::from(reservation.count) - covered_us, hourly);
    let term = reservation.until.since(reservation.from);
    let mut upfront = Exact::over(i128::from(term.us().max(1)));
    upfront.add_product(nanousd(reservation.upfront), us);
    [(Kind::Unused, unused), (Kind::Upfront, upfront)]
}

/// What owned machines cost beside the price of their offering.
///
/// What was never held was never bought: of the machines that may be, `bought` were in the end.
pub fn ownership(
    owned: &Ownership,
    bought: u32,
    (window, tariff): (Window, &Tariff),
) -> [(Kind, Exact); 3] {
    let month_us = MONTH_HOURS * HOUR_US;
    let life = i128::from(owned.months.max(1)) * month_us;
    let end = u64::try_from(life).ok().and_then(Span::from_us);
    let end = SimTime::ZERO.saturating_add(end.unwrap_or(Span::MAX));
    let count = u128::from(owned.count.min(bought));
    let span = |until: SimTime| u128::from(window.overlap(SimTime::ZERO, until).us());
    let mut capex = Exact::over(life);
    capex.add_product(nanousd(owned.capex) * count, span(end));
    let mut staff = Exact::over(month_us);
    staff.add_product(nanousd(owned.staff) * count, span(SimTime::MAX));
    // Watts x microseconds x thousandths of a machine; then thousandths of the overhead, and of a kilowatt.
    let capacity = u128::from(tariff.capacity());
    let (held_us, used_us) = tariff.times();
    let more = owned.busy_watts.saturating_sub(owned.idle_watts);
    let energy = u128::from(owned.idle_watts) * held_us * capacity + u128::from(more) * used_us;
    let mut power = Exact::over(1_000_000 * HOUR_US * i128::from(tariff.capacity()));
    power.add_product(energy, u128::from(owned.pue_milli) * nanousd(owned.kwh));
    [
        (Kind::Capex, capex),
        (Kind::Power, power),
        (Kind::Staff, staff),
    ]
}

fn nanousd(amount: crate::units::Money) -> u128 {
    u128::try_from(amount.nanousd()).expect("a fee is not negative")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Market;
    use crate::units::{Money, OfferingId, Price};

    fn dollars(amount: i128) -> Money {
        Money::from_nanousd(amount * 1_000_000_000)
    }

    fn hours(hours: u64) -> SimTime {
        SimTime::from_secs(hours * 3600)
    }

    #[test]
    fn what_is_committed_and_not_used_is_paid_and_a_fee_is_spread_over_its_term() {
        let reserved = Reservation {
            market: Market::Reserved,
            covers: vec![OfferingId(0)],
            count: 3,
            from: hours(10),
            until: hours(110),
            upfront: dollars(500),
            hourly: Price::from_nanousd_h(2_000_000_000).expect("cheap"),
        };
        // Of the term, 90 h lie in the window; of 270 machine-hours, 100 were used.
        let window = Window {
            from: hours(20),
            end: hours(200),
        };
        let used = 100 * 3_600_000_000;
        let [unused, upfront] = reservation(&reserved, window, used);
        assert_eq!(unused.1.settle(), dollars(340));
        assert_eq!(upfront.1.settle(), dollars(450));
    }

    #[test]
    fn an_owned_machine_is_written_off_and_drinks_and_is_cared_for() {
        let offering = crate::model::Offering {
            name: "own".to_owned(),
            shape: crate::model::Shape {
                gpus: 2,
                model: crate::units::ModelId(0),
                cpu_milli: 0,
                memory_mib: 0,
            },
            mig: None,
            market: Market::Owned,
            zone: crate::units::ZoneId(0),
            rack_size: 1,
            initial: 1,
            min: 0,
            max: 1,
            standing: false,
            boot: Span::ZERO,
            notice: Span::ZERO,
            price: crate::world::Curve::constant(Price::ZERO),
            visible: true,
            risk: crate::model::Risk::default(),
            terms: crate::model::Terms::EXACT,
            availability: crate::world::Curve::constant(1),
        };
        let mut tariff = Tariff::new(&offering, SimTime::ZERO);
        // 73 h held, one of two GPUs used for 50 h.
        tariff.hold(73 * 3_600_000_000, 0);
        tariff.occupy(50 * 3_600_000_000, 1000);
        let owned = Ownership {
            offering: OfferingId(0),
            count: 1,
            capex: dollars(36_000),
            months: 36,
            idle_watts: 1_000,
            busy_watts: 3_000,
            pue_milli: 1_500,
            kwh: Money::from_nanousd(100_000_000),
            staff: dollars(200),
        };
        let window = Window {
            from: SimTime::ZERO,
            end: hours(73),
        };
        let [capex, power, staff] = ownership(&owned, 1, (window, &tariff));
        assert_eq!(capex.1.settle(), dollars(100));
        // (73 + 50) kWh x 1.5 x $0.10.
        assert_eq!(power.1.settle().to_string(), "$18.45");
        assert_eq!(staff.1.settle(), dollars(20));
    }
}
