//! What work would cost on machines that may be taken away: their price, and what reclaims lose.

use sim_core::course::Cadence;
use sim_core::course::theory::Failures;
use sim_core::units::{Span, convert};

use crate::experiment::held::Held;
use crate::experiment::number::{real, real_u128};
use crate::experiment::usage::{FleetUsage, Keeps};

/// A spot fleet with the same GPUs.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Its name.
    pub fleet: String,
    /// What the work costs there, of what it costs now.
    pub cost: f64,
    /// Of that, how much longer it takes for what reclaims lose: at least 1.
    pub stretch: f64,
}

/// The spot fleet on which work costs least that is on `now`; none has the same GPUs, or the work is free.
pub fn cheapest(
    fleets: &[FleetUsage],
    now: &FleetUsage,
    (held, keeps, serves): (&Held, &Keeps, bool),
) -> Option<Offer> {
    let price = |fleet: &FleetUsage| real(fleet.price_nanousd_h) / f64::from(fleet.gpus.max(1));
    let alike = |fleet: &&FleetUsage| fleet.market == "spot" && fleet.gpu == now.gpu;
    let offers = fleets.iter().filter(alike).map(|fleet| {
        let stretch = stretch(fleet, (held, keeps, serves));
        Offer {
            fleet: fleet.name.clone(),
            cost: price(fleet) / price(now) * stretch,
            stretch,
        }
    });
    let known = offers.filter(|offer| offer.cost.is_finite());
    known.min_by(|one, other| one.cost.total_cmp(&other.cost))
}

/// How much longer work is billed that a reclaim of any of its machines throws back to what it kept, and that then sets up
/// anew beside a machine that boots. A replica loses no work, only the time to load.
fn stretch(fleet: &FleetUsage, (held, keeps, serves): (&Held, &Keeps, bool)) -> f64 {
    let machines = real(held.machines.max(1)) / real(held.attempts.max(1));
    let Some(lasts) = lasts_us(fleet) else {
        return 1.0;
    };
    let between = lasts / machines.max(1.0);
    let back = real(keeps.restore_us) + real(fleet.boot_us) / machines.max(1.0);
    let work = real_u128(held.ran_us) / real(held.attempts.max(1));
    if serves || keeps.all {
        return 1.0 + back / between;
    }
    if keeps.on_notice {
        return 1.0 + (back + real(keeps.dump_us)) / between;
    }
    let failures = Failures::new(span(between), span(back), Span::ZERO);
    let every = keeps.every_us.and_then(Span::from_us);
    let dump = Span::from_us(keeps.dump_us).unwrap_or(Span::MAX);
    let upload = Span::from_us(keeps.upload_us).unwrap_or(Span::MAX);
    let cadence = match every {
        None => Ok(Cadence::NONE),
        some => Cadence::new(some, dump, upload, false),
    };
    let (Ok(failures), Ok(cadence)) = (failures, cadence) else {
        return f64::INFINITY;
    };
    let undisturbed = real(cadence.length(span(work)).us()) / 3.6e9;
    let billed = failures.billed_h(span(work), &cadence);
    if undisturbed > 0.0 {
        (billed / undisturbed).max(1.0)
    } else {
        1.0
    }
}

/// How long a machine lasts: by the law of its fleet, or else by what was seen of it.
fn lasts_us(fleet: &FleetUsage) -> Option<f64> {
    let seen = (fleet.reclaimed > 0).then(|| real_u128(fleet.held_us) / real(fleet.reclaimed));
    fleet.lasts_us.map(real).or(seen).map(|us| us.max(1.0))
}

fn span(us: f64) -> Span {
    Span::from_us(convert::floor(us + 0.5)).unwrap_or(Span::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000_000;

    fn fleet(name: &str, market: &str, (price, lasts_us): (u64, Option<u64>)) -> FleetUsage {
        FleetUsage {
            name: name.to_owned(),
            market: market.to_owned(),
            gpu: "A100".to_owned(),
            gpus: 1,
            gpu_memory: None,
            price_nanousd_h: price,
            cost_nanousd: 0,
            lasts_us,
            held_us: 0,
            reclaimed: 0,
            boot_us: 0,
            partition: None,
            geometry: None,
            slices: Vec::new(),
        }
    }

    fn held(hours: u64) -> Held {
        Held {
            ran_us: u128::from(hours * HOUR),
            attempts: 1,
            machines: 1,
            ..Held::default()
        }
    }

    #[test]
    fn reclaims_cost_what_they_lose() {
        let now = fleet("rented", "on-demand", (4_000, None));
        let calm = fleet("calm", "spot", (2_000, None));
        let rough = fleet("rough", "spot", (1_000, Some(10 * HOUR)));
        let of = |fleets: &[FleetUsage], keeps: Keeps, serves| {
            cheapest(fleets, &now, (&held(10), &keeps, serves)).expect("there is spot")
        };
        let none = Keeps::default();
        assert!((of(std::slice::from_ref(&calm), none, false).cost - 0.5).abs() < 1e-9);
        // Ten hours at one reclaim in ten, begun anew each time: e - 1 times as long.
        let anew = of(std::slice::from_ref(&rough), none, false);
        assert!((anew.stretch - (std::f64::consts::E - 1.0)).abs() < 1e-9);
        assert!((anew.cost - anew.stretch / 4.0).abs() < 1e-9);
        // An hour to come back, one in ten hours.
        let restores = Keeps {
            all: true,
            restore_us: HOUR,
            ..none
        };
        assert!((of(std::slice::from_ref(&rough), restores, false).stretch - 1.1).abs() < 1e-9);
        let loads = Keeps {
            restore_us: HOUR,
            ..none
        };
        assert!((of(std::slice::from_ref(&rough), loads, true).stretch - 1.1).abs() < 1e-9);
        // Half an hour is lost on average where every hour is kept.
        let hourly = Keeps {
            every_us: Some(HOUR),
            ..none
        };
        let hourly = of(std::slice::from_ref(&rough), hourly, false).stretch;
        assert!((hourly - 1.0517).abs() < 1e-3, "{hourly}");
        assert_eq!(of(&[calm, rough], none, false).fleet, "rough");
    }

    #[test]
    fn spot_of_other_gpus_is_no_offer() {
        let now = fleet("rented", "on-demand", (4_000, None));
        let other = FleetUsage {
            gpu: "T4".to_owned(),
            ..fleet("t4", "spot", (100, None))
        };
        let keeps = Keeps::default();
        assert_eq!(cheapest(&[other], &now, (&held(1), &keeps, false)), None);
    }
}
