//! Claims about prices: bounds, lattice, step sizes and rates are what the parameters say, and bids are
//! kept as the figures in print have it.

use super::*;
use crate::world::availability::{capped_by_price, up_times};

const YEAR: SimTime = SimTime::from_secs(365 * 86_400);

/// p3.2xlarge: $3.06.
fn on_demand() -> Price {
    Price::from_nanousd_h(3_060_000_000).unwrap()
}

fn factor(k: f64) -> Price {
    times(on_demand(), k).unwrap()
}

fn on_the_lattice(curve: &Curve<Price>, bounds: &[Price]) {
    for (_, price) in curve.steps() {
        let whole = price.nanousd_h().is_multiple_of(LATTICE_NANOUSD_H);
        assert!(whole || bounds.contains(price), "{price:?}");
    }
}

fn real(n: usize) -> f64 {
    convert::real(convert::wide(n))
}

fn returns(curve: &Curve<Price>) -> Vec<f64> {
    let pairs = curve.steps().windows(2);
    pairs.map(|pair| log(pair[1].1) - log(pair[0].1)).collect()
}

#[test]
fn smoothed_prices_take_small_rare_steps_within_their_bounds() {
    let law = Smoothed::new(on_demand(), factor(0.5)).unwrap();
    let curve = law
        .generate(1, "us-east-1c", SimTime::from_secs(10 * 365 * 86_400))
        .unwrap();
    let (floor, cap) = (factor(0.3), on_demand());
    on_the_lattice(&curve, &[floor, cap]);
    assert!(
        curve
            .steps()
            .iter()
            .all(|(_, price)| (floor..=cap).contains(price))
    );
    let steps = returns(&curve);
    let n = real(steps.len());
    let spread = (steps.iter().map(|x| x * x).sum::<f64>() / n).sqrt();
    // The deviation of a deviation is s / sqrt(2 n); the lattice adds .002 % of rounding at this price.
    let z = (spread / 0.003 - 1.0) * (2.0 * n).sqrt();
    println!("deviation of {n} steps {spread:.6}: z {z:.2}");
    assert!(z.abs() < 4.0, "z {z}");
    let at = |k: usize| curve.steps()[k].0;
    // A step of less than half a cell is no change: about 1 % of them at this price.
    let per_day = n / 3650.0;
    println!("changes a day {per_day:.3}");
    assert!((3.8..3.91).contains(&per_day), "{per_day} changes a day");
    let day = Span::from_secs(86_400);
    assert!((1..steps.len() - 4).all(|k| at(k + 4).since(at(k)) >= day));
    let mut sizes: Vec<f64> = steps.iter().map(|x| x.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    // The median of |N(0, .3 %)| is .2 %: the reference's .25 % is that of all pools together.
    assert!((sizes[sizes.len() / 2] - 0.002_02).abs() < 0.000_1);
}

#[test]
fn smoothed_prices_are_reflected_at_a_floor_they_start_from() {
    let law = Smoothed::new(on_demand(), factor(0.3)).unwrap();
    let curve = law.generate(2, "us-east-1c", YEAR).unwrap();
    assert!(curve.steps().iter().all(|(_, price)| *price >= factor(0.3)));
    let above = curve
        .steps()
        .iter()
        .filter(|(_, price)| *price > factor(0.305))
        .count();
    assert!(above > 100, "it is not stuck there");
    let tight = law.between(factor(0.3), factor(0.3)).unwrap();
    assert_eq!(
        tight.generate(2, "a", YEAR).unwrap(),
        Curve::constant(factor(0.3))
    );
}

#[test]
fn an_auction_keeps_bids_as_long_as_2015_did() {
    let law = Auction::new(on_demand()).unwrap();
    let years = SimTime::from_secs(20 * 365 * 86_400);
    let curve = law.generate(5, "us-east-1a", years).unwrap();
    on_the_lattice(&curve, &[factor(0.06), factor(10.0)]);
    let everywhere = Curve::constant(1);
    for (bid, printed) in [
        (1.0, Some((0.904, 16.1))),
        (0.25, Some((0.853, 0.0))),
        (10.0, None),
    ] {
        let kept = up_times(&capped_by_price(&curve, factor(bid), &everywhere), years);
        let t = convert::real(years.us());
        let share = convert::real(kept.up.us()) / t;
        let Some((print_share, print_hours)) = printed else {
            assert_eq!(kept.losses, 0, "the cap is never outbid");
            continue;
        };
        let losses = convert::real(kept.losses);
        let mean_h = convert::real(kept.up.us()) / 3.6e9 / losses;
        let (theory, theory_h) = law.kept(factor(bid));
        // An alternating renewal process: the squared variation of a lost run (lognormal) is e - 1, that of
        // a kept run (calm, and spikes below the bid) 1 to 1.02.
        let deviation = theory * (1.0 - theory) * ((1.718 + 1.02) / losses).sqrt();
        let z_share = (share - theory) / deviation;
        let z_hours = (mean_h / theory_h - 1.0) * (losses / 1.02).sqrt();
        println!(
            "bid {bid}: kept {share:.4} (theory {theory:.4}, z {z_share:.2}), {mean_h:.2} h \
             (theory {theory_h:.2}, z {z_hours:.2})"
        );
        assert!(z_share.abs() < 4.0 && z_hours.abs() < 4.0);
        assert!((share - print_share).abs() < 0.012, "bid {bid}: {share}");
        assert!(
            print_hours < 1.0 || (mean_h - print_hours).abs() < 1.0,
            "bid {bid}: {mean_h}"
        );
    }
}

#[test]
fn an_auction_is_paid_what_2015_paid() {
    let law = Auction::new(on_demand()).unwrap();
    let curve = law.generate(5, "us-east-1a", YEAR).unwrap();
    let (mut paid, mut held) = (0.0, 0.0);
    for pair in curve
        .steps()
        .windows(2)
        .filter(|pair| pair[0].1 <= on_demand())
    {
        let hours = convert::real(pair[1].0.since(pair[0].0).us()) / 3.6e9;
        paid += hours * convert::real(pair[0].1.nanousd_h());
        held += hours;
    }
    let mean = paid / held / convert::real(on_demand().nanousd_h());
    println!("mean paid {mean:.4} x on-demand; print .140 .172 .135");
    assert!((0.135..0.172).contains(&mean), "{mean}");
}

#[test]
fn jumping_prices_revert_at_their_half_life_and_jump_at_their_rate() {
    let law = Jumps::new(factor(0.01), factor(0.4), factor(10.0)).unwrap();
    let (hour, day) = (Span::from_secs(3600), Span::from_secs(86_400));
    let calm = law
        .reverting(hour, day, 0.02)
        .unwrap()
        .jumping(Span::MAX, 0.0)
        .unwrap();
    let years = SimTime::from_secs(10 * 365 * 86_400);
    let curve = calm.generate(4, "a", years).unwrap();
    on_the_lattice(&curve, &[factor(0.01), factor(10.0)]);
    let cells = years.us() / hour.us();
    let x: Vec<f64> = (0..cells)
        .map(|k| log(curve.at(SimTime::from_us(k * hour.us()).unwrap())) - log(factor(0.4)))
        .collect();
    let n = real(x.len());
    let squares = x.iter().map(|x| x * x).sum::<f64>() / n;
    let products = x.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / n;
    let pull = std::f64::consts::LN_2 / 24.0;
    let (phi, seen) = (libm::exp(-pull), products / squares);
    // The least-squares coefficient of an AR(1) has deviation sqrt((1 - phi^2) / n).
    let z = (seen - phi) / ((1.0 - phi * phi) / n).sqrt();
    println!("phi {seen:.5} of {phi:.5}: z {z:.2}");
    assert!(z.abs() < 4.0, "phi: z {z}");
    let variance = 0.02 * 0.02 / (2.0 * pull);
    let deviation = variance * (2.0 / n * (1.0 + phi * phi) / (1.0 - phi * phi)).sqrt();
    let z = (squares - variance) / deviation;
    println!("stationary variance {squares:.6} of {variance:.6}: z {z:.2}");
    assert!(z.abs() < 4.0, "variance: z {z}");

    let jumpy = law
        .reverting(hour, day, 0.0)
        .unwrap()
        .jumping(day, 0.5)
        .unwrap();
    let curve = jumpy.generate(4, "a", years).unwrap();
    let jumps = returns(&curve).iter().filter(|x| x.abs() > 0.2).count();
    // |N(0, .5)| > .2 for 68.9 %; reversion moves a price by at most 3 % of its distance, jumps of the
    // same hour merge: both by little.
    let expected = 3650.0 * 0.689_2;
    let z = (real(jumps) - expected) / f64::sqrt(expected);
    println!("jumps {jumps} of {expected:.0}: z {z:.2}");
    assert!(z.abs() < 4.0, "jumps: z {z}");
}

#[test]
fn scaled_and_resampled_curves_are_the_same_prices() {
    let law = Smoothed::new(on_demand(), factor(0.5)).unwrap();
    let curve = law
        .generate(1, "a", SimTime::from_secs(30 * 86_400))
        .unwrap();
    let triple = scaled(&curve, 3).unwrap();
    let fine = resampled(&curve, Span::from_secs(600), YEAR).unwrap();
    assert!(fine.steps().len() > 52_560);
    for k in 0..5_000 {
        let now = SimTime::from_secs(631 * k);
        assert_eq!(triple.at(now).nanousd_h(), 3 * curve.at(now).nanousd_h());
        assert_eq!(fine.at(now), curve.at(now));
    }
    let beyond = scaled(&curve, u32::MAX).unwrap_err();
    assert!(matches!(beyond, ParameterError::Range { name: "k", .. }));
    let zero = Err(ParameterError::Zero { name: "every" });
    assert_eq!(resampled(&curve, Span::ZERO, YEAR), zero);
    let many = Err(ParameterError::TooMany { name: "every" });
    assert_eq!(resampled(&curve, Span::from_us(1).unwrap(), YEAR), many);
}

#[test]
fn what_is_no_price_model_is_refused() {
    let least = |name, least| ParameterError::Order { name, least };
    assert_eq!(
        Smoothed::new(on_demand(), factor(0.2)),
        Err(least("mean", "floor"))
    );
    assert_eq!(
        Smoothed::new(on_demand(), factor(1.2)),
        Err(least("cap", "mean"))
    );
    assert_eq!(
        Smoothed::new(Price::ZERO, Price::ZERO),
        Err(ParameterError::Zero { name: "floor" })
    );
    let law = Smoothed::new(on_demand(), factor(0.5)).unwrap();
    assert!(law.steps(Span::ZERO, 0.1, 0.1).is_err());
    assert!(law.steps(Span::from_secs(1), f64::NAN, 0.1).is_err());
    let flicker = law.steps(Span::from_us(1).unwrap(), 1.0, 0.0).unwrap();
    assert_eq!(
        flicker.generate(1, "a", YEAR),
        Err(ParameterError::TooMany { name: "every" })
    );
    let still = law.steps(Span::from_us(1).unwrap(), 0.0, 0.0).unwrap();
    assert!(still.generate(1, "a", YEAR).is_err());
    let law = Auction::new(Price::from_nanousd_h(20).unwrap()).unwrap();
    let us = Span::from_us(1).unwrap();
    let flat = law.lasting(us, us).unwrap().generate(1, "a", YEAR);
    assert_eq!(flat, Err(ParameterError::TooMany { name: "calm" }));
    let law = Auction::new(on_demand()).unwrap();
    assert!(law.lasting(Span::ZERO, Span::from_secs(1)).is_err());
    assert!(law.heights(2.0, 1.0).is_err());
    assert!(Auction::new(Price::ZERO).is_err());
    assert!(Auction::new(Price::from_nanousd_h(1_000_000_000_000_000).unwrap()).is_err());
    assert_eq!(
        Jumps::new(factor(0.5), factor(0.4), factor(1.0)),
        Err(least("mean", "floor"))
    );
    let law = Jumps::new(factor(0.1), factor(0.4), factor(1.0)).unwrap();
    assert!(law.jumping(Span::ZERO, 0.1).is_err());
    assert!(law.generate(1, "a", SimTime::MAX).is_ok());
}

#[test]
fn a_days_rhythm_is_highest_at_its_peak_and_lowest_half_a_day_later() {
    let hour = Span::from_secs(3600);
    let law = Jumps::new(factor(0.01), factor(0.4), factor(0.5)).unwrap();
    let law = law.reverting(hour, hour, 0.0).unwrap();
    let law = law.jumping(Span::MAX, 0.0).unwrap();
    let curve = |swing| {
        let daily = law.daily(swing, 14.0).unwrap();
        daily.generate(1, "a", YEAR).unwrap()
    };
    let at = |curve: &Curve<Price>, hours: u64| curve.at(SimTime::from_secs(hours * 3600));
    let lattice = |k: f64| Bounds::new(factor(0.01), factor(0.5)).unwrap().price(k);
    let (mean, calm) = (log(factor(0.4)), curve(0.1));
    for day in 0..300 {
        for (hour, swing) in [(14, 0.1), (2, -0.1), (8, 0.0), (20, 0.0), (18, 0.05)] {
            let shown = at(&calm, 24 * day + hour);
            assert_eq!(shown, lattice(mean + swing), "day {day}, hour {hour}");
        }
    }
    // Held to the cap, and to what it is without.
    assert_eq!(at(&curve(2.0), 14), factor(0.5));
    let plain = law.generate(1, "a", YEAR).unwrap();
    assert_eq!(curve(0.0).steps(), plain.steps());
    assert!(law.daily(-0.1, 0.0).is_err() && law.daily(0.1, 25.0).is_err());
}

#[test]
fn the_bits_are_pinned() {
    let of = |curve: Result<Curve<Price>, ParameterError>| {
        let curve = curve.unwrap();
        let (at, price) = *curve.steps().last().unwrap();
        (curve.steps().len(), at.us(), price.nanousd_h())
    };
    let smoothed = Smoothed::new(on_demand(), factor(0.5)).unwrap();
    let auction = Auction::new(on_demand()).unwrap();
    let jumps = Jumps::new(factor(0.1), factor(0.4), factor(1.0)).unwrap();
    let seen = [
        of(smoothed.generate(1, "a", YEAR)),
        of(auction.generate(1, "a", YEAR)),
        of(jumps.generate(1, "a", YEAR)),
    ];
    assert_eq!(seen, GOLDEN);
}

const GOLDEN: [(usize, u64, u64); 3] = [
    (1416, 31_517_309_453_683, 1_550_600_000),
    (1513, 31_533_739_811_544, 341_300_000),
    (8554, 31_532_400_000_000, 1_174_600_000),
];
