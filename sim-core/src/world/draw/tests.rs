//! Claims about the streams and samplers: their bits are pinned, their moments and distribution
//! functions agree with the theory, and `rand_distr` draws alike.

use statrs::distribution::{ContinuousCDF, DiscreteCDF};

use super::{Empirical, Gamma, Part, Poisson, Stream, TableError, Weighted, Zipf, quantile, span};
use crate::units::{Span, convert};

const N: usize = 100_000;

fn stream(name: &str) -> Stream {
    Stream::new(1, &["test".into(), name.into()])
}

fn sample(name: &str, mut draw: impl FnMut(&mut Stream) -> f64) -> Vec<f64> {
    let mut stream = stream(name);
    let mut values: Vec<f64> = (0..N).map(|_| draw(&mut stream)).collect();
    values.sort_by(f64::total_cmp);
    values
}

/// Kolmogorov-Smirnov: sqrt(n) x the largest distance; 1.95 is passed once in a thousand.
fn ks(sorted: &[f64], cdf: impl Fn(f64) -> f64) -> f64 {
    let n = convert::real(convert::wide(sorted.len()));
    let distances = sorted.iter().zip(1_u64..).map(|(&x, rank)| {
        let (p, rank) = (cdf(x), convert::real(rank));
        (rank / n - p).abs().max((p - (rank - 1.0) / n).abs())
    });
    distances.fold(0.0, f64::max) * n.sqrt()
}

/// The largest |z| of mean and variance against the theory; `kurtosis` is the fourth central
/// moment over the squared variance.
fn z(values: &[f64], mean: f64, variance: f64, kurtosis: f64) -> f64 {
    let n = convert::real(convert::wide(values.len()));
    let seen = values.iter().sum::<f64>() / n;
    let spread = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    let z_mean = (seen - mean) / (variance / n).sqrt();
    let z_variance = (spread - variance) / (variance * ((kurtosis - 1.0) / n).sqrt());
    z_mean.abs().max(z_variance.abs())
}

#[test]
fn a_name_fixes_the_bits_for_ever() {
    let mut plain = Stream::new(1, &["reclaims".into(), "spot".into(), 7_u64.into()]);
    assert_eq!(GOLDEN_BITS, [plain.bits(), plain.bits(), plain.bits()]);
    let mut s = stream("golden");
    let drawn = [
        s.uniform(),
        s.normal(),
        s.exponential(3.0),
        quantile::weibull(s.uniform(), 0.7, 2.0),
        quantile::pareto(s.uniform(), 1.5, 2.0),
        quantile::bounded_pareto(s.uniform(), 1.1, (1.0, 100.0)),
        quantile::lognormal(s.uniform(), 1.0, 2.0),
        Gamma::new(0.3, 2.0).draw(&mut s),
        Gamma::new(4.2, 0.94).draw(&mut s),
        convert::real(Poisson::new(3.0).draw(&mut s)),
        convert::real(Poisson::new(1e6).draw(&mut s)),
        convert::real(Zipf::new(1000, 1.1).draw(&mut s)),
        convert::real(s.below(1_000_000_007)),
    ];
    assert_eq!(GOLDEN_DRAWS, drawn.map(f64::to_bits), "{drawn:?}");
}

const GOLDEN_BITS: [u64; 3] = [
    16_775_352_331_617_143_169,
    6_208_090_733_913_727_179,
    15_509_277_515_856_531_343,
];
const GOLDEN_DRAWS: [u64; 13] = [
    4_603_103_715_594_680_915,
    13_820_927_588_597_124_397,
    4_599_430_257_199_562_406,
    4_610_581_655_213_789_216,
    4_616_681_425_291_805_203,
    4_612_742_354_014_383_377,
    4_580_795_338_339_842_935,
    4_605_422_346_548_390_940,
    4_620_638_841_228_027_332,
    4_616_189_618_054_758_400,
    4_696_828_908_937_412_608,
    4_626_885_667_169_763_328,
    4_736_172_737_087_668_224,
];

#[test]
fn no_two_names_share_a_stream() {
    let key = |parts: &[Part<'_>]| Stream::new(1, parts).bits();
    let names: [&[Part<'_>]; 7] = [
        &[],
        &["".into()],
        &["ab".into()],
        &["a".into(), "b".into()],
        &["".into(), "ab".into()],
        &[0_u64.into()],
        &["a".into(), 1_u64.into()],
    ];
    let mut seen: Vec<u64> = names.map(key).to_vec();
    seen.push(Stream::new(2, &["ab".into()]).bits());
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), names.len() + 1);
}

#[test]
fn a_clone_goes_on_from_the_same_position() {
    let mut one = stream("clone");
    let _ = (
        one.bits(),
        one.normal(),
        Gamma::new(0.5, 1.0).draw(&mut one),
    );
    let mut two = one.clone();
    assert_eq!(one.position(), two.position());
    assert_eq!(one.bits(), two.bits());
    assert_ne!(one, stream("clone"));
    for _ in 0..200 {
        let mut fork = one.clone();
        assert_eq!(fork, one);
        assert_eq!(fork.bits(), one.bits());
    }
}

#[test]
fn uniforms_are_open_at_both_ends_and_fair() {
    let values = sample("uniform", Stream::uniform);
    assert!(values[0] > 0.0 && values[N - 1] < 1.0);
    assert!(z(&values, 0.5, 1.0 / 12.0, 1.8) < 4.0);
    assert!(ks(&values, |x| x) < 1.95);
}

#[test]
fn integers_below_n_are_equally_likely_even_where_a_modulo_would_bias() {
    // With n = 3 x 2^62 a plain modulo makes the lowest third twice as likely.
    let n = 3 << 62;
    let mut s = stream("below");
    let mut thirds = [0_u64; 3];
    for _ in 0..N {
        thirds[convert::index(convert::narrow(usize::try_from(s.below(n) >> 62).unwrap()))] += 1;
    }
    let expected = convert::real(convert::wide(N)) / 3.0;
    let chi2: f64 = thirds
        .iter()
        .map(|&seen| (convert::real(seen) - expected) * (convert::real(seen) - expected) / expected)
        .sum();
    assert!(chi2 < 13.8, "two degrees of freedom: once in a thousand");
    assert_eq!(s.below(1), 0);
    assert_eq!(s.between(5, 5), 5);
    assert!((3..=4).contains(&s.between(3, 4)));
    let _ = s.between(0, u64::MAX);
}

#[test]
fn the_normal_quantile_agrees_with_an_independent_one() {
    let normal = statrs::distribution::Normal::new(0.0, 1.0).unwrap();
    for k in 1..1000_u64 {
        let p = convert::real(k) / 1000.0;
        let (ours, theirs) = (quantile::normal(p), normal.inverse_cdf(p));
        assert!((ours - theirs).abs() < 1e-9, "{p}: {ours} {theirs}");
    }
    // Tabulated: the 97.5 % point, and one part in 10^20 (Wichura's own checks).
    assert!((quantile::normal(0.975) - 1.959_963_984_540_054).abs() < 1e-15);
    assert!((quantile::normal(0.25) + 0.674_489_750_196_081_7).abs() < 1e-15);
    assert!((quantile::normal(0.001) + 3.090_232_306_167_814).abs() < 1e-14);
    assert!((quantile::normal(1e-20) + 9.262_340_089_798_408).abs() < 1e-13);
}

#[test]
fn inverted_distributions_have_their_moments_and_shapes() {
    use statrs::distribution::{Exp, LogNormal, Normal, Pareto, Weibull};
    let values = sample("normal", Stream::normal);
    assert!(z(&values, 0.0, 1.0, 3.0) < 4.0);
    let law = Normal::new(0.0, 1.0).unwrap();
    assert!(ks(&values, |x| law.cdf(x)) < 1.95);

    let values = sample("exponential", |s| s.exponential(3.0));
    assert!(z(&values, 3.0, 9.0, 9.0) < 4.0);
    let law = Exp::new(1.0 / 3.0).unwrap();
    assert!(ks(&values, |x| law.cdf(x)) < 1.95);

    let values = sample("weibull", |s| quantile::weibull(s.uniform(), 0.7, 2.0));
    let law = Weibull::new(0.7, 2.0).unwrap();
    assert!(ks(&values, |x| law.cdf(x)) < 1.95);

    let values = sample("pareto", |s| quantile::pareto(s.uniform(), 1.5, 2.0));
    let law = Pareto::new(2.0, 1.5).unwrap();
    assert!(ks(&values, |x| law.cdf(x)) < 1.95);

    let values = sample("lognormal", |s| quantile::lognormal(s.uniform(), 1.0, 2.0));
    let law = LogNormal::new(1.0, 2.0).unwrap();
    assert!(ks(&values, |x| law.cdf(x)) < 1.95);

    let draw = |s: &mut Stream| quantile::bounded_pareto(s.uniform(), 1.1, (1.0, 100.0));
    let values = sample("bounded", draw);
    assert!(values[0] >= 1.0 && values[N - 1] <= 100.0);
    let mass = 1.0 - libm::pow(0.01, 1.1);
    assert!(ks(&values, |x| (1.0 - libm::pow(x, -1.1)) / mass) < 1.95);
}

#[test]
fn gamma_keeps_its_law_from_tiny_to_large_shapes() {
    for shape in [0.02, 0.3, 0.999, 1.0, 1.5, 4.2, 312.0, 1e6] {
        let gamma = Gamma::new(shape, 2.0);
        let values = sample("gamma", |s| gamma.draw(s));
        let law = statrs::distribution::Gamma::new(shape, 0.5).unwrap();
        // The oracle has no density at 0; a tiny shape really draws it.
        let d = ks(&values, |x| if x > 0.0 { law.cdf(x) } else { 0.0 });
        assert!(d < 1.95, "shape {shape}: {d}");
        let worst = z(&values, 2.0 * shape, 4.0 * shape, 3.0 + 6.0 / shape);
        assert!(worst < 4.0, "shape {shape}: z {worst}");
    }
}

#[test]
fn poisson_counts_keep_their_law_on_both_sides_of_the_switch() {
    for mean in [0.01, 0.9, 9.99, 10.0, 87.3, 1e4] {
        let poisson = Poisson::new(mean);
        let counts = sample("poisson", |s| convert::real(poisson.draw(s)));
        let worst = z(&counts, mean, mean, 3.0 + 1.0 / mean);
        assert!(worst < 4.0, "mean {mean}: z {worst}");
        let law = statrs::distribution::Poisson::new(mean).unwrap();
        for p in [0.05, 0.25, 0.5, 0.75, 0.95] {
            let at = libm::floor(mean + quantile::normal(p) * mean.sqrt()).max(0.0);
            let expected = law.cdf(convert::floor(at));
            let n = convert::real(convert::wide(N));
            let seen = convert::real(convert::wide(counts.partition_point(|&k| k <= at))) / n;
            let deviation = (expected * (1.0 - expected) / n).sqrt().max(1e-4);
            assert!((seen - expected).abs() < 4.0 * deviation, "{mean} at {at}");
        }
    }
    let _ = Poisson::new(Poisson::MAX_MEAN).draw(&mut stream("huge"));
}

#[test]
fn zipf_ranks_keep_their_law_through_exponent_one() {
    for exponent in [0.0, 0.5, 1.0, 1.1, 2.5] {
        let (zipf, ranks) = (Zipf::new(20, exponent), 20_u64);
        let mut s = stream("zipf");
        let mut seen = [0_u64; 21];
        for _ in 0..N {
            seen[usize::try_from(zipf.draw(&mut s)).unwrap()] += 1;
        }
        let weight = |k: u64| libm::pow(convert::real(k), -exponent);
        let total: f64 = (1..=ranks).map(weight).sum();
        let chi2: f64 = (1..=ranks)
            .map(|k| {
                let expected = convert::real(convert::wide(N)) * weight(k) / total;
                let off = convert::real(seen[usize::try_from(k).unwrap()]) - expected;
                off * off / expected
            })
            .sum();
        assert!(chi2 < 43.8, "exponent {exponent}: chi2(19) = {chi2}");
        assert_eq!(seen[0], 0);
    }
    assert_eq!(Zipf::new(1, 1.0).draw(&mut stream("one")), 1);
}

#[test]
fn rand_distr_draws_alike() {
    use rand_distr::Distribution;
    let mut rng = <rand::rngs::ChaCha8Rng as rand::SeedableRng>::seed_from_u64(7);
    let mut theirs = |law: &dyn Fn(&mut rand::rngs::ChaCha8Rng) -> f64| {
        let mut values: Vec<f64> = (0..N).map(|_| law(&mut rng)).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let gamma = rand_distr::Gamma::new(0.45, 1.0).unwrap();
    let poisson = rand_distr::Poisson::new(55.5).unwrap();
    let zipf = rand_distr::Zipf::new(1e4, 1.3).unwrap();
    let (g, p, zf) = (
        Gamma::new(0.45, 1.0),
        Poisson::new(55.5),
        Zipf::new(10_000, 1.3),
    );
    let pairs = [
        (sample("g", |s| g.draw(s)), theirs(&|r| gamma.sample(r))),
        (
            sample("p", |s| convert::real(p.draw(s))),
            theirs(&|r| poisson.sample(r)),
        ),
        (
            sample("z", |s| convert::real(zf.draw(s))),
            theirs(&|r| zipf.sample(r)),
        ),
    ];
    for (ours, theirs) in pairs {
        // Two samples: the distance is scaled by sqrt(n / 2); ties only make it smaller.
        let mut worst = 0_u64;
        for &x in ours.iter().chain(&theirs) {
            let below = |v: &[f64]| convert::wide(v.partition_point(|&y| y <= x));
            worst = worst.max(below(&ours).abs_diff(below(&theirs)));
        }
        let n = convert::real(convert::wide(N));
        assert!(convert::real(worst) / n * (n / 2.0).sqrt() < 1.95);
    }
}

#[test]
fn an_empirical_table_is_straight_between_its_quantiles() {
    let table = Empirical::new(vec![(0.0, 1.0), (0.5, 3.0), (1.0, 11.0)]).unwrap();
    let at = [0.0, 0.25, 0.5, 0.75, 1.0].map(|u| table.quantile(u));
    assert_eq!(
        at.map(f64::to_bits),
        [1.0, 2.0, 3.0, 7.0, 11.0].map(f64::to_bits)
    );
    let values = sample("empirical", |s| table.draw(s));
    // E X^2 of the two uniforms on [1, 3] and [3, 11], less the squared mean.
    let variance = 0.5 * (13.0 / 3.0 + 163.0 / 3.0) - table.mean() * table.mean();
    assert!((values.iter().sum::<f64>() / 1e5 - 4.5).abs() < 4.0 * (variance / 1e5).sqrt());
}

#[test]
fn a_table_that_is_no_distribution_says_where() {
    let table = |points: &[(f64, f64)]| Empirical::new(points.to_vec());
    assert_eq!(table(&[(0.0, 1.0)]), Err(TableError::TooShort { len: 1 }));
    let cases = [
        (vec![(0.1, 1.0), (1.0, 2.0)], 0, 0.1),
        (vec![(0.0, 1.0), (0.9, 2.0)], 1, 0.9),
        (vec![(0.0, 1.0), (0.5, 0.5), (1.0, 2.0)], 1, 0.5),
        (vec![(0.0, 1.0), (0.0, 1.5), (1.0, 2.0)], 1, 0.0),
        (vec![(0.0, 1.0), (1.0, f64::INFINITY)], 1, f64::INFINITY),
    ];
    for (points, at, value) in cases {
        assert_eq!(Empirical::new(points), Err(TableError::Entry { at, value }));
    }
    assert_eq!(Weighted::new(&[]), Err(TableError::TooShort { len: 0 }));
    assert_eq!(
        Weighted::new(&[0.0, 0.0]),
        Err(TableError::Sum { sum: 0.0 })
    );
    let negative = TableError::Entry { at: 1, value: -1.0 };
    assert_eq!(Weighted::new(&[1.0, -1.0]), Err(negative));
    assert!(Weighted::new(&[f64::NAN]).is_err());
}

#[test]
fn a_weight_of_zero_is_never_chosen() {
    let choice = Weighted::new(&[0.0, 1.0, 0.0, 3.0, 0.0]).unwrap();
    let mut s = stream("weighted");
    let mut seen = [0_u32; 5];
    for _ in 0..N {
        seen[choice.draw(&mut s)] += 1;
    }
    assert_eq!([seen[0], seen[2], seen[4]], [0, 0, 0]);
    assert!(seen[1].abs_diff(25_000) < 4 * 137);
    assert_eq!(choice.position(1.0), 3);
}

#[test]
fn spans_round_to_the_nearest_microsecond_and_stay_in_bounds() {
    let us = [-1.0, f64::NAN, 0.4, 0.5, 1.49, f64::INFINITY].map(|x| span(x).us());
    assert_eq!(us, [0, 0, 0, 1, 1, Span::MAX.us()]);
    let mean = Span::from_secs(10);
    let values = sample("span", |s| convert::real(s.exponential_span(mean).us()));
    assert!(z(&values, 1e7, 1e14, 9.0) < 4.0);
}
