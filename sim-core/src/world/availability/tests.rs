//! Claims about availability: generated runs have the shares and lengths of their laws, and combined
//! curves are what each instant says.

use super::*;

const YEARS: SimTime = SimTime::from_secs(10 * 365 * 86_400);

fn hours(h: u64) -> Span {
    Span::from_secs(3600 * h)
}

fn at(h: u64) -> SimTime {
    SimTime::ZERO + hours(h)
}

fn real(us: u64) -> f64 {
    convert::real(us)
}

#[test]
fn two_states_are_up_for_their_share_of_the_time() {
    for (up, down) in [(4, 1), (1, 2), (6, 1)] {
        let law = UpDown::markov(hours(up), hours(down)).unwrap();
        let curve = law.generate(1, "us-west-2a", 4, YEARS).unwrap();
        let seen = up_times(&curve, YEARS);
        let share = real(seen.up.us()) / real(YEARS.us());
        let (u, d, t) = (real(up), real(down), real(YEARS.us()) / 3.6e9);
        assert!((law.share() - u / (u + d)).abs() < 1e-12);
        // Of an alternating renewal process: variance (U^2 V(D) + D^2 V(U)) / (U + D)^3 per unit of time.
        let variance = 2.0 * u * u * d * d / ((u + d) * (u + d) * (u + d));
        let z = (share - law.share()) / (variance / t).sqrt();
        println!("share of {up} h up, {down} h down: {share:.4}, z {z:.2}");
        assert!(z.abs() < 4.0, "z {z}");
        // Cycles: mean t / (U + D), variance t x V(cycle) / (U + D)^3.
        let spread = t * (u * u + d * d) / ((u + d) * (u + d) * (u + d));
        let z = (real(seen.losses) - t / (u + d)) / spread.sqrt();
        println!("losses: z {z:.2}");
        assert!(z.abs() < 4.0, "losses: z {z}");
    }
}

#[test]
fn heavy_runs_keep_their_mean_far_above_their_median() {
    let up = Lifetime::weibull(hours(3), 0.6).unwrap();
    let mean = real(up.mean().unwrap().us()) / 3.6e9;
    let law = UpDown::new(up, Lifetime::exponential(hours(1)).unwrap()).unwrap();
    let curve = law.generate(3, "us-west-2b", 1, YEARS).unwrap();
    let mut runs: Vec<f64> = Vec::new();
    for pair in curve.steps().windows(2).filter(|pair| pair[0].1 > 0) {
        runs.push(real(pair[1].0.since(pair[0].0).us()) / 3.6e9);
    }
    runs.sort_by(f64::total_cmp);
    let n = real(convert::wide(runs.len()));
    let seen = runs.iter().sum::<f64>() / n;
    let spread = runs.iter().map(|x| (x - seen) * (x - seen)).sum::<f64>() / n;
    let z = (seen - mean) / (spread / n).sqrt();
    println!("mean up run {seen:.2} h of {mean:.2} h: z {z:.2}");
    assert!(z.abs() < 4.0, "z {z}");
    assert!(runs[runs.len() / 2] < 0.5 * mean);
}

#[test]
fn the_first_state_is_drawn_by_its_share() {
    let law = UpDown::markov(hours(3), hours(1)).unwrap();
    let n = 4_000_u32;
    let first = |seed: u32| law.generate(seed.into(), "a", 1, at(1)).unwrap().steps()[0].1;
    let up = f64::from((0..n).map(first).sum::<u32>());
    let z = (up - 0.75 * f64::from(n)) / (0.1875 * f64::from(n)).sqrt();
    println!("up at time zero: z {z:.2}");
    assert!(z.abs() < 4.0, "z {z}");
}

#[test]
fn another_law_of_down_runs_leaves_the_up_runs_alone() {
    let first_up = |down| {
        let law = UpDown::markov(hours(5), hours(down)).unwrap();
        let curve = law.generate(2, "a", 1, YEARS).unwrap();
        let mut pairs = curve.steps().windows(2).filter(|pair| pair[0].1 == 1);
        pairs.next().map(|pair| pair[1].0.since(pair[0].0))
    };
    assert_eq!(first_up(1), first_up(3));
}

#[test]
fn combined_curves_are_what_each_instant_says() {
    let curve = |seed: u64| {
        let law = UpDown::markov(hours(5), hours(2)).unwrap();
        law.generate(seed, "a", u32::try_from(seed).unwrap(), at(2_000))
            .unwrap()
    };
    let price = |p| Price::from_nanousd_h(p).unwrap();
    let steps = (0..500).map(|k| (at(4 * k), price((k * 7) % 10))).collect();
    let prices = Curve::new(steps).unwrap();
    let (a, b) = (curve(3), curve(5));
    let least = minimum(&a, &b);
    let bid = capped_by_price(&prices, price(4), &a);
    let outage = with_outage(&a, (at(70), at(90)), 2);
    for half in 0..4_200 {
        let now = SimTime::from_secs(1800 * half);
        assert_eq!(least.at(now), a.at(now).min(b.at(now)));
        let kept = if prices.at(now) > price(4) {
            0
        } else {
            a.at(now)
        };
        assert_eq!(bid.at(now), kept);
        let out = now >= at(70) && now < at(90);
        assert_eq!(
            outage.at(now),
            if out { a.at(now).min(2) } else { a.at(now) }
        );
    }
    for curve in [&least, &bid, &outage] {
        assert!(curve.steps().windows(2).all(|pair| pair[0].1 != pair[1].1));
    }
    assert_eq!(with_outage(&a, (at(9), at(9)), 0), a);
    assert_eq!(
        with_outage(&a, (SimTime::ZERO, SimTime::MAX), 0),
        Curve::constant(0)
    );
}

#[test]
fn zones_with_a_region_in_common_are_up_together() {
    let law = |up, down| UpDown::markov(hours(up), hours(down)).unwrap();
    let of = |pool, law: UpDown| law.generate(6, pool, 1, YEARS).unwrap();
    let region = of("region", law(20, 5));
    let a = minimum(&region, &of("a", law(6, 2)));
    let b = minimum(&region, &of("b", law(6, 2)));
    let share = |curve: &Curve<u32>| real(up_times(curve, YEARS).up.us()) / real(YEARS.us());
    let both = share(&minimum(&a, &b));
    // .8 x .75 x .75 together, .8 x .75 each.
    assert!((both - 0.45).abs() < 0.02, "{both}");
    assert!(both > share(&a) * share(&b) + 0.05);
}

#[test]
fn what_is_no_pool_is_refused() {
    let endless = UpDown::new(
        Lifetime::endless(),
        Lifetime::exponential(hours(1)).unwrap(),
    );
    let text = endless.unwrap_err().to_string();
    assert_eq!(text, "mean up (h) = inf: give a number from 0e0 to 8.766e5");
    assert!(UpDown::markov(Span::ZERO, hours(1)).is_err());
    let flicker = Span::from_us(1).unwrap();
    let law = UpDown::markov(flicker, flicker).unwrap();
    let many = Err(ParameterError::TooMany {
        name: "the mean runs",
    });
    assert_eq!(law.generate(1, "a", 1, YEARS), many);
    assert_eq!(law.generate(1, "a", 0, YEARS), many);
}
