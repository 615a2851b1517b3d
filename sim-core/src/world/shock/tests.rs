//! Claims about shocks: their rates, sizes, victims and correlation are what the parameters say.

use super::*;

fn hours(n: u64) -> Span {
    Span::from_secs(3600 * n)
}

fn real(n: usize) -> f64 {
    convert::real(convert::wide(n))
}

fn pool() -> Shocks {
    Shocks::new(hours(5), Severity::new(0.4, 0.35).unwrap()).unwrap()
}

fn region(reach: f64) -> Region {
    Region {
        name: "us-west-2".into(),
        every: hours(4),
        reach,
    }
}

const END: SimTime = SimTime::from_secs(3600 * 50_000);

#[test]
fn a_pool_keeps_its_rate_however_much_of_it_is_shared() {
    for reach in [0.0, 0.3, 0.79, 0.8] {
        let shocks = pool().within(region(reach)).unwrap();
        let drawn = shocks.generate(3, "a", END).unwrap();
        assert!(drawn.is_sorted_by_key(|shock| shock.at));
        assert!(drawn.iter().all(|shock| shock.at < END));
        // A Poisson count of mean 10,000.
        let z = (real(drawn.len()) - 10_000.0) / 100.0;
        println!("rate at reach {reach}: z {z:.2}");
        assert!(z.abs() < 4.0, "reach {reach}: z {z}");
        let gaps = drawn
            .windows(2)
            .map(|w| convert::real(w[1].at.since(w[0].at).us()));
        let (n, mean) = (real(drawn.len() - 1), convert::real(hours(5).us()));
        let squares = gaps.map(|gap| (gap / mean) * (gap / mean)).sum::<f64>() / n;
        // E X^2 = 2 and Var X^2 = 24 - 4 of a unit exponential.
        let z = (squares - 2.0) / (20.0 / n).sqrt();
        println!("squared gaps at reach {reach}: z {z:.2}");
        assert!(z.abs() < 4.0, "gaps at reach {reach}: z {z}");
    }
}

#[test]
fn pools_of_a_region_are_shocked_together_as_often_as_its_reach_says() {
    let shocks = pool().within(region(0.6)).unwrap();
    let count = |name: &str| {
        let mut per_day = vec![0.0; 50_000 / 24];
        for shock in shocks.generate(11, name, END).unwrap() {
            let day = usize::try_from(shock.at.us() / hours(24).us()).unwrap();
            if let Some(count) = per_day.get_mut(day) {
                *count += 1.0;
            }
        }
        per_day
    };
    let (here, there) = (count("a"), count("b"));
    let n = real(here.len());
    let mean = |v: &[f64]| v.iter().sum::<f64>() / n;
    let (ma, mb) = (mean(&here), mean(&there));
    let moment = |x: &[f64], mx: f64, y: &[f64], my: f64| {
        x.iter()
            .zip(y)
            .map(|(x, y)| (x - mx) * (y - my))
            .sum::<f64>()
            / n
    };
    let seen = moment(&here, ma, &there, mb)
        / (moment(&here, ma, &here, ma) * moment(&there, mb, &there, mb)).sqrt();
    // Both counts share a thinned stream: rho^2 x (24 h / 4 h) of a variance of 24 h / 5 h.
    let expected = 0.36 * 5.0 / 4.0;
    // Fisher's transform has deviation 1 / sqrt(n - 3).
    let z = (libm::atanh(seen) - libm::atanh(expected)) * (n - 3.0).sqrt();
    println!("correlation {seen:.3}, expected {expected:.3}: z {z:.2}");
    assert!(z.abs() < 4.0, "correlation {seen}: z {z}");
    let shared = |x: &str, y: &str| {
        let of = |name: &str| shocks.generate(11, name, END).unwrap();
        let (x, y) = (of(x), of(y));
        x.iter()
            .filter(|s| y.binary_search_by_key(&s.at, |t| t.at).is_ok())
            .count()
    };
    // 12,500 regional shocks, each in both with probability 0.36.
    let z = (real(shared("a", "b")) - 4_500.0) / 4_500_f64.sqrt();
    println!("shared shocks: z {z:.2}");
    assert!(z.abs() < 4.0, "shared: z {z}");
}

#[test]
fn sizes_and_victims_are_as_stated() {
    let severity = Severity::new(0.4, 0.35).unwrap();
    assert!((severity.mean() - 0.61).abs() < 1e-12);
    let drawn = pool().generate(5, "a", END).unwrap();
    let n = real(drawn.len());
    let whole = drawn.iter().filter(|s| s.fraction_ppm == WHOLE_PPM).count();
    let z = (real(whole) - 0.4 * n) / (0.24 * n).sqrt();
    println!("whole pools: z {z:.2}");
    assert!(z.abs() < 4.0, "whole pools: z {z}");
    let fraction = |s: &Shock| f64::from(s.fraction_ppm) / 1e6;
    let partial: Vec<f64> = drawn
        .iter()
        .filter(|s| s.fraction_ppm < WHOLE_PPM)
        .map(fraction)
        .collect();
    let (m, b) = (real(partial.len()), 0.65 / 0.35);
    let variance = b / ((1.0 + b) * (1.0 + b) * (2.0 + b));
    let z = (partial.iter().sum::<f64>() / m - 0.35) / (variance / m).sqrt();
    println!("mean partial fraction: z {z:.2}");
    assert!(z.abs() < 4.0, "partial: z {z}");
    // Given their fractions, the 16 machines of each shock are independent.
    let (mut seen, mut expected, mut spread) = (0.0, 0.0, 0.0);
    for shock in &drawn {
        seen += real((0..16).filter(|&slot| shock.hits(slot)).count());
        expected += 16.0 * fraction(shock);
        spread += 16.0 * fraction(shock) * (1.0 - fraction(shock));
    }
    let z = (seen - expected) / spread.sqrt();
    println!("victims: z {z:.2}");
    assert!(z.abs() < 4.0, "victims: z {z}");
}

#[test]
fn a_milder_law_takes_fewer_of_the_same_machines_at_the_same_instants() {
    let of = |partial| {
        let severity = Severity::new(0.2, partial).unwrap();
        Shocks::new(hours(5), severity)
            .unwrap()
            .generate(9, "a", END)
            .unwrap()
    };
    for (mild, harsh) in of(0.2).iter().zip(of(0.7)) {
        assert_eq!((mild.at, mild.key), (harsh.at, harsh.key));
        assert!(mild.fraction_ppm <= harsh.fraction_ppm);
        assert!((0..8).all(|slot| !mild.hits(slot) || harsh.hits(slot)));
    }
}

#[test]
fn what_is_no_shock_law_is_refused() {
    let zero = ParameterError::Zero { name: "every" };
    let severity = Severity::new(1.0, 0.5).unwrap();
    assert_eq!(Shocks::new(Span::ZERO, severity), Err(zero));
    assert!(Severity::new(f64::NAN, 0.5).is_err());
    assert!(Severity::new(0.5, 0.0).is_err());
    let error = pool().within(region(0.81)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "region.reach = 0.81: give a number from 0e0 to 8e-1"
    );
    let busy = Shocks::new(Span::from_us(1).unwrap(), severity).unwrap();
    let many = ParameterError::TooMany { name: "every" };
    assert_eq!(busy.generate(1, "a", END), Err(many));
    assert_eq!(busy.generate(1, "a", SimTime::ZERO), Ok(vec![]));
}

#[test]
fn the_bits_are_pinned() {
    let shocks = pool().within(region(0.6)).unwrap();
    let drawn = shocks.generate(1, "a", END).unwrap();
    let last = Shock {
        at: SimTime::from_us(179_988_501_678_609).unwrap(),
        fraction_ppm: 1_000_000,
        key: 15_141_613_082_511_028_129,
    };
    assert_eq!((drawn.len(), drawn.last()), (10_119, Some(&last)));
    let victims: Vec<u32> = (0..16).filter(|&slot| drawn[1].hits(slot)).collect();
    assert_eq!(victims, [0, 1, 3, 4, 5, 7, 14, 15]);
}
