//! Student's t distribution.
//!
//! Tails are those of `statrs`, good to 1 part in 10^9 up to 10^5 degrees of freedom. Its quantile loses up to 3 parts in 1000
//! beyond 10^3 degrees, so here it is only where Newton's method starts, and beyond 10^4 degrees the expansion of Cornish and
//! Fisher takes its place (Abramowitz and Stegun 26.7.5).

use statrs::distribution::{Continuous, ContinuousCDF, StudentsT};

use super::normal;

/// Degrees of freedom from which the expansion is good to 1 part in 10^12.
const MANY: f64 = 1e4;

/// The probability of at least `t` with so many degrees of freedom, above 0.
pub(super) fn above(freedom: f64, t: f64) -> f64 {
    law(freedom).sf(t)
}

/// The value at probability `p`, strictly between 0 and 1, with so many degrees of freedom, above 0.
pub(super) fn quantile(freedom: f64, p: f64) -> f64 {
    if p < 0.5 {
        return -upper(freedom, p);
    }
    upper(freedom, 1.0 - p)
}

/// The value that has probability `tail`, at most a half, above it.
pub(super) fn upper(freedom: f64, tail: f64) -> f64 {
    if freedom >= MANY {
        return expansion(freedom, tail);
    }
    let law = law(freedom);
    let mut t = law.inverse_cdf(1.0 - tail);
    // The tail is convex there, so that from a good start each step doubles the digits.
    for _ in 0..3 {
        let slope = law.pdf(t);
        if slope > 0.0 {
            t += (law.sf(t) - tail) / slope;
        }
    }
    t
}

fn law(freedom: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, freedom).expect("a positive number of degrees of freedom")
}

fn expansion(freedom: f64, tail: f64) -> f64 {
    let z = -normal::quantile(tail).expect("a probability inside");
    let s = z * z;
    let first = z * (s + 1.0) / 4.0;
    let second = z * ((5.0 * s + 16.0) * s + 3.0) / 96.0;
    let third = z * (((3.0 * s + 19.0) * s + 17.0) * s - 15.0) / 384.0;
    z + (first + (second + third / freedom) / freedom) / freedom
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden values by scipy 1.17.1, t.ppf(p, freedom) and t.sf(4 p, freedom): freedom, p, quantile, tail.
    const GOLDEN: [(f64, f64, f64, f64); 30] = [
        (1.0, 0.6, 0.324_919_696_232_906_34, 0.125_665_916_378_002_4),
        (1.0, 0.975, 12.706_204_736_174_694, 0.079_896_636_617_170_02),
        (1.0, 0.9999, 3_183.098_757_118_502, 0.077_986_620_726_722_8),
        (2.0, 0.6, 0.288_675_134_594_812_8, 0.069_225_104_829_357_15),
        (2.0, 0.975, 4.302_652_729_749_462, 0.029_949_871_008_152_194),
        (
            2.0,
            0.9999,
            70.700_071_074_968_18,
            0.028_600_717_735_434_367,
        ),
        (3.0, 0.6, 0.276_670_662_332_689_8, 0.047_937_241_135_915_48),
        (
            3.0,
            0.975,
            3.182_446_305_283_707_8,
            0.014_960_488_645_270_47,
        ),
        (3.0, 0.9999, 22.203_742_273_205, 0.014_007_893_966_934_757),
        (7.0, 0.6, 0.263_166_861_352_022_9, 0.023_733_076_555_199_066),
        (
            7.0,
            0.975,
            2.364_624_251_592_784,
            0.002_949_439_634_787_634_2,
        ),
        (
            7.0,
            0.9999,
            7.063_432_828_157_639,
            0.002_596_278_313_348_937,
        ),
        (
            19.0,
            0.6,
            0.256_922_819_796_154_67,
            0.013_402_530_020_309_502,
        ),
        (
            19.0,
            0.975,
            2.093_024_054_408_308_7,
            0.000_481_404_883_224_524_2,
        ),
        (
            19.0,
            0.9999,
            4.589_864_596_755_082,
            0.000_383_446_365_597_771_1,
        ),
        (
            99.0,
            0.6,
            0.254_029_012_151_806_73,
            0.009_132_283_432_168_337,
        ),
        (
            99.0,
            0.975,
            1.984_216_951_586_417_4,
            8.766_575_150_157_822e-5,
        ),
        (
            99.0,
            0.9999,
            3.863_089_107_127_309_2,
            6.121_469_274_904_252e-5,
        ),
        (
            999.0,
            0.6,
            0.253_414_583_330_367_5,
            0.008_288_632_145_812_417,
        ),
        (
            999.0,
            0.975,
            1.962_341_461_133_449_3,
            5.131_137_296_520_079e-5,
        ),
        (
            999.0,
            0.9999,
            3.732_865_499_608_313,
            3.406_396_929_154_021_6e-5,
        ),
        (
            9999.0,
            0.6,
            0.253_353_844_119_835_9,
            0.008_206_621_785_898_675,
        ),
        (
            9999.0,
            0.975,
            1.960_201_263_621_357,
            4.841_106_097_939_708_4e-5,
        ),
        (
            9999.0,
            0.9999,
            3.720_396_007_115_605_5,
            3.195_323_136_559_934_5e-5,
        ),
        (
            99_999.0,
            0.6,
            0.253_347_777_163_920_5,
            0.008_198_444_273_142_785,
        ),
        (
            99_999.0,
            0.975,
            1.959_987_707_771_844_2,
            4.812_774_848_144_831e-5,
        ),
        (
            99_999.0,
            0.9999,
            3.719_154_384_020_403_5,
            3.174_760_381_053_096_6e-5,
        ),
        (
            1_000_000.0,
            0.6,
            0.253_347_170_537_841_84,
            0.008_197_626_756_984_159,
        ),
        (
            1_000_000.0,
            0.975,
            1.959_966_356_814_107,
            4.809_948_378_915_045e-5,
        ),
        (
            1_000_000.0,
            0.9999,
            3.719_030_274_762_571,
            3.172_709_492_863_236e-5,
        ),
    ];

    #[test]
    fn quantiles_and_tails_agree_with_scipy_to_nine_digits() {
        for (freedom, p, quantile_there, tail) in GOLDEN {
            let off = quantile(freedom, p) / quantile_there - 1.0;
            assert!(off.abs() < 1e-9, "{freedom} {p}: {off:e}");
            let mirrored = quantile(freedom, 1.0 - p) / quantile_there + 1.0;
            assert!(mirrored.abs() < 1e-9, "{freedom} {p}: {mirrored:e}");
            let off = above(freedom, 4.0 * p) / tail - 1.0;
            assert!(off.abs() < 1e-9, "{freedom} {p}: {off:e}");
        }
    }

    #[test]
    fn the_two_ways_of_a_quantile_meet() {
        for tail in [0.4, 0.025, 1e-6] {
            let (newton, expanded) = (upper(MANY - 1e-6, tail), upper(MANY, tail));
            assert!((newton / expanded - 1.0).abs() < 1e-9, "{tail}");
        }
    }
}
