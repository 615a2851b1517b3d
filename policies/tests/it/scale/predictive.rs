//! Scaling ahead in a closed loop: replicas that take 8 min to start, and the best that could have been done.

use policies::forecast::{Forecaster, Oracle, Persistence};
use policies::scale::hpa::Target;
use policies::scale::optimum::{Optimum, Pool, optimum};
use policies::scale::{
    Bounds, Fixed, Load, Outlook, Predictive, Replicas, Scaler, Seen, Signal, TargetTracking,
};
use sim_core::units::{SimTime, Span, convert};
use sim_core::world::draw::{Poisson, Stream};

/// Minutes that a replica takes to start.
const START: u32 = 8;
const PENALTY: u64 = 1_000_000;

/// Two days of minutes with bursts, in thousandths of a request a second.
fn rates() -> Vec<u64> {
    let mut luck = Stream::new(1, &["rates".into()]);
    let rate = |minute: u64| {
        let turn = convert::real(minute % 1440) / 1440.0 * std::f64::consts::TAU;
        let mean = 60.0 - 50.0 * libm::cos(turn) + if minute % 400 > 370 { 60.0 } else { 0.0 };
        1000 * Poisson::new(mean).draw(&mut luck)
    };
    (0..2880).map(rate).collect()
}

/// Replica-minutes that were paid, and that were missing: as many as needed serve 10 requests a second each.
fn fly(scaler: &mut dyn Scaler, rates: &[u64]) -> [u64; 2] {
    // When each replica serves, the oldest first.
    let mut serves: Vec<u64> = vec![0; 2];
    let (mut paid, mut missing) = (0, 0);
    for (minute, rate) in (0_u64..).zip(rates) {
        let ready = serves.iter().filter(|at| **at <= minute).count();
        let ready = convert::narrow(ready);
        // What arrived in the minute before is known now.
        let before = minute.checked_sub(1);
        let known = before.map_or(0, |at| rates[usize::try_from(at).expect("small")]);
        let wanted = convert::narrow(serves.len());
        let seen = Seen {
            now: SimTime::from_secs(60 * minute),
            replicas: Replicas {
                wanted,
                ready,
                starting: wanted - ready,
                ages: Vec::new(),
            },
            load: Load {
                rate_milli: known,
                ..Load::default()
            },
            ..Seen::default()
        };
        if minute > 0 {
            let want = scaler.want(&seen);
            serves.resize(convert::index(want), minute + u64::from(START));
        }
        paid += convert::wide(serves.len());
        let serving = serves.iter().filter(|at| **at <= minute).count();
        let needed = rate.div_ceil(10_000);
        missing += needed.saturating_sub(convert::wide(serving));
    }
    [paid, missing]
}

fn best(rates: &[u64]) -> Optimum {
    let need = rates.iter().map(|rate| rate.div_ceil(10_000));
    let need: Vec<u32> = need
        .map(|need| u32::try_from(need).expect("small"))
        .collect();
    let pool = Pool {
        initial: 2,
        bounds: bounds(),
        start: START,
        minimum: 1,
        cost: 1,
        penalty: PENALTY,
    };
    optimum(&need, &pool).expect("it is small")
}

fn bounds() -> Bounds {
    Bounds::new(1, 60).expect("a range")
}

fn predictive(forecaster: impl Forecaster + Send + 'static) -> Predictive {
    let outlook = Outlook {
        overprovision_milli: 1000,
        ..Outlook::new((Signal::Rate, 10_000), bounds(), Span::from_secs(60))
    };
    Predictive::new(outlook, Box::new(forecaster), Box::new(Fixed(20)))
}

#[test]
fn with_a_perfect_forecast_nothing_is_missing_and_it_costs_at_most_3_percent_more_than_the_best() {
    let rates = rates();
    let foretold: Vec<f64> = rates.iter().map(|rate| convert::real(*rate)).collect();
    let [paid, missing] = fly(&mut predictive(Oracle::new(foretold.into())), &rates);
    let best = best(&rates);
    assert_eq!(missing, 0);
    // The best is short only before its first replicas have started.
    let least = best.cost % PENALTY;
    assert!(paid >= least, "{paid} and {least}");
    assert!(paid * 100 <= least * 103, "{paid} and {least}");
}

#[test]
fn what_knows_no_future_is_late_by_the_time_that_a_replica_takes() {
    let rates = rates();
    let target = Target {
        signal: Signal::Rate,
        milli: 10_000,
    };
    let mut tracking = TargetTracking::new(target, bounds());
    let [_, reactive] = fly(&mut tracking, &rates);
    let [_, last] = fly(&mut predictive(Persistence::default()), &rates);
    assert!(reactive > 500, "{reactive}");
    assert!(last > 500, "{last}");
}
