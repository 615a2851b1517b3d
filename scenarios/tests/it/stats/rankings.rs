//! Friedman's test and Nemenyi's differences against scipy 1.17.1, and how often they err.

use scenarios::stats::friedman::friedman;
use scenarios::stats::nemenyi::{critical_difference, groups};
use scenarios::stats::{Level, range};
use sim_core::world::draw::Stream;

use super::vectors::is_close;

/// By `stats.studentized_range.ppf(p, k, inf)` and, of one and a half times that, `.cdf(q, k, inf)`; the quantiles at 0.5 and
/// 0.95 by mpmath 1.4.1, which agrees to 1e-10.
const RANGES: &[(usize, f64, f64, f64)] = &[
    (2, 0.5, 0.953_872_552_408_939_8, 0.688_335_044_753_758_7),
    (2, 0.9, 2.326_174_307_353_347_6, 0.986_385_631_505_236_1),
    (2, 0.95, 2.771_807_648_699_355_5, 0.996_717_305_235_458_2),
    (2, 0.99, 3.642_772_735_436_894, 0.999_888_337_733_521),
    (3, 0.5, 1.587_787_750_446_347, 0.788_735_586_499_720_6),
    (3, 0.9, 2.902_380_213_428_251_5, 0.994_101_101_308_920_5),
    (3, 0.95, 3.314_493_155_398_120_3, 0.998_724_336_995_861_4),
    (3, 0.99, 4.120_303_206_460_12, 0.999_963_086_296_757_8),
    (5, 0.5, 2.256_882_493_026_194, 0.883_078_391_922_732),
    (5, 0.9, 3.478_280_550_703_068, 0.997_903_523_970_947_3),
    (5, 0.95, 3.857_655_510_378_622_8, 0.999_587_984_024_263),
    (5, 0.99, 4.602_821_042_201_571, 0.999_989_609_357_455_5),
    (10, 0.5, 3.024_201_572_972_566, 0.956_264_900_518_745_6),
    (10, 0.9, 4.129_346_398_236_873, 0.999_497_261_124_345_4),
    (10, 0.95, 4.474_124_221_725_905, 0.999_909_509_128_623_8),
    (10, 0.99, 5.156_634_960_089_622, 0.999_997_986_650_165_8),
    (20, 0.5, 3.685_914_771_962_765, 0.986_273_156_596_466_3),
    (20, 0.9, 4.694_104_409_490_512, 0.999_884_041_227_454_1),
    (20, 0.95, 5.011_688_794_118_441, 0.999_980_325_621_396_8),
    (20, 0.99, 5.645_214_697_985_851_5, 0.999_999_598_286_044_6),
    (50, 0.5, 4.450_481_338_021_923, 0.997_550_891_647_019_2),
    (50, 0.9, 5.356_686_875_267_444, 0.999_984_155_350_339_2),
    (50, 0.95, 5.646_026_026_380_533, 0.999_997_449_599_076_1),
    (50, 0.99, 6.228_392_608_582_205, 0.999_999_951_918_036_3),
];

/// By `stats.studentized_range.ppf(level, k, inf) / sqrt(2) * sqrt(k (k + 1) / (6 n))`.
const DIFFERENCES: &[(usize, usize, f64, f64)] = &[
    (2, 10, 0.95, 0.619_795_032_304_561_3),
    (4, 14, 0.95, 1.253_559_147_117_605_7),
    (10, 30, 0.9, 2.282_582_105_392_865_7),
    (6, 8, 0.99, 3.146_490_999_229_501_4),
];

/// How blocks are made, see [`blocks`]; by `stats.friedmanchisquare` the statistic and its p-value; by the formula F, and
/// `stats.f.sf(F, k - 1, (k - 1) (n - 1))`; by `stats.rankdata` the mean ranks of the first and of the last treatment.
type Case = (Made, f64, f64, f64, f64, f64, f64);

/// Seed, blocks, treatments, number of levels, and how much each treatment is above the one before.
type Made = (i32, i32, i32, i32, f64);

const TESTS: &[Case] = &[
    (
        (1, 10, 3, 97, 0.0),
        0.600_000_000_000_008_5,
        0.740_818_220_681_714_7,
        0.278_350_515_463_921_6,
        0.760_231_058_654_562_3,
        2.1,
        1.8,
    ),
    (
        (2, 12, 4, 5, 0.0),
        0.840_000_000_000_020_4,
        0.839_877_553_297_246_2,
        0.262_798_634_812_293_2,
        0.851_675_706_792_36,
        2.25,
        2.583_333_333_333_333_5,
    ),
    (
        (3, 30, 6, 11, 0.5),
        44.185_185_185_185_3,
        2.124_139_168_429_763_6e-8,
        12.109_555_477_773_933,
        8.238_066_626_859_263e-10,
        2.216_666_666_666_667,
        4.75,
    ),
    (
        (5, 4, 3, 2, 0.0),
        4.0,
        0.135_335_283_236_612_7,
        3.0,
        0.125,
        1.75,
        1.75,
    ),
    (
        (7, 100, 8, 1009, 20.0),
        59.800_000_000_000_18,
        1.654_916_207_056_969_8e-10,
        9.247_422_680_412_402,
        5.724_531_845_584_796e-11,
        3.47,
        5.58,
    ),
    (
        (4, 6, 5, 3, -0.25),
        11.428_571_428_571_434,
        0.022_147_110_075_590_993,
        4.545_454_545_454_549,
        0.008_959_834_336_669_58,
        4.333_333_333_333_333,
        1.666_666_666_666_666_7,
    ),
    (
        (9, 200, 3, 7, 0.1),
        31.929_999_999_999_836,
        1.165_436_448_724_834_2e-7,
        17.263_210_802_292_946,
        6.459_747_473_448_948e-8,
        2.28,
        1.715,
    ),
];

fn blocks((seed, n, k, levels, shift): Made) -> Vec<Vec<f64>> {
    let value = |i: i32, j: i32| f64::from((i * 31 + j * 17 + seed * i * j * 7) % levels) / 2.0;
    let block = |i| (0..k).map(|j| value(i, j) + f64::from(j) * shift).collect();
    (0..n).map(block).collect()
}

#[test]
fn ranges_of_normals_agree_with_scipy() {
    for &(k, p, q, beyond) in RANGES {
        is_close(range::quantile(k, p).expect("a range"), q, "quantile");
        is_close(range::below(k, 1.5 * q), beyond, "probability");
        is_close(range::below(k, q), p, "probability");
    }
}

#[test]
fn critical_differences_agree_with_scipy() {
    for &(k, n, level, expected) in DIFFERENCES {
        let level = Level::new(level).expect("a level");
        let ours = critical_difference(k, n, level).expect("treatments");
        is_close(ours, expected, "critical difference");
    }
}

#[test]
fn friedmans_test_agrees_with_scipy() {
    for &(made, chi_square, p, f, p_of_f, first, last) in TESTS {
        let test = friedman(&blocks(made)).expect("ranks");
        is_close(test.chi_square, chi_square, "chi-square");
        is_close(test.p, p, "p of chi-square");
        is_close(test.f.expect("some doubt"), f, "F");
        is_close(test.p_of_f, p_of_f, "p of F");
        is_close(test.average_ranks[0], first, "first rank");
        is_close(
            *test.average_ranks.last().expect("treatments"),
            last,
            "last rank",
        );
    }
}

/// 2,000 experiments of five treatments that are alike on fifteen scenarios: the standard error of a rate of 5 % is 0.5 %.
#[test]
fn treatments_that_are_alike_are_told_apart_no_more_often_than_stated() {
    let (mut by_chi_square, mut by_f, mut by_difference) = (0, 0, 0);
    let difference = critical_difference(5, 15, Level::USUAL).expect("treatments");
    for trial in 0_u32..2000 {
        let mut stream = Stream::new(1, &["alike".into(), trial.into()]);
        let blocks: Vec<Vec<f64>> = (0..15)
            .map(|_| (0..5).map(|_| stream.normal()).collect())
            .collect();
        let test = friedman(&blocks).expect("ranks");
        by_chi_square += u32::from(test.p <= 0.05);
        by_f += u32::from(test.p_of_f <= 0.05);
        let all = groups(&test.average_ranks, difference)
            .alike
            .contains(&(0..5));
        by_difference += u32::from(!all);
    }
    let rate = |count: u32| f64::from(count) / 2000.0;
    assert!(
        (0.025..=0.06).contains(&rate(by_chi_square)),
        "{by_chi_square}"
    );
    assert!((0.03..=0.07).contains(&rate(by_f)), "{by_f}");
    assert!(
        (0.02..=0.06).contains(&rate(by_difference)),
        "{by_difference}"
    );
}
