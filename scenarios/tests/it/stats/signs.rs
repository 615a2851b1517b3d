//! Wilcoxon's signed-rank test and Holm's correction against scipy 1.17.1 and statsmodels 0.15.0.

use scenarios::stats::Side;
use scenarios::stats::holm::holm;
use scenarios::stats::wilcoxon::{Method, Zeros, signed_rank};

use super::vectors::{is_close, vector};

/// By `stats.wilcoxon(v, zero_method=..., correction=..., alternative=..., method="asymptotic")`: vector, zeros, whether
/// corrected, p-values two-sided, less and greater, z of the two-sided (whose sign scipy drops).
const NORMAL: &[(&str, Zeros, bool, f64, f64, f64, f64)] = &[
    (
        "TINY",
        Zeros::Dropped,
        true,
        1.0,
        0.814_453_315_238_651_3,
        0.5,
        -0.0,
    ),
    (
        "TINY",
        Zeros::Dropped,
        false,
        0.654_720_846_018_576_9,
        0.672_639_576_990_711_5,
        0.327_360_423_009_288_47,
        -0.447_213_595_499_957_9,
    ),
    (
        "TINY",
        Zeros::Ranked,
        true,
        1.0,
        0.814_453_315_238_651_3,
        0.5,
        -0.0,
    ),
    (
        "TINY",
        Zeros::Ranked,
        false,
        0.654_720_846_018_576_9,
        0.672_639_576_990_711_5,
        0.327_360_423_009_288_47,
        -0.447_213_595_499_957_9,
    ),
    (
        "FIVE",
        Zeros::Dropped,
        true,
        0.059_058_229_090_536_71,
        0.984_514_284_174_576_9,
        0.029_529_114_545_268_353,
        -1.887_759_614_897_077_9,
    ),
    (
        "FIVE",
        Zeros::Dropped,
        false,
        0.043_114_446_783_075_355,
        0.978_442_776_608_462_4,
        0.021_557_223_391_537_678,
        -2.022_599_587_389_726_2,
    ),
    (
        "FIVE",
        Zeros::Ranked,
        true,
        0.059_058_229_090_536_71,
        0.984_514_284_174_576_9,
        0.029_529_114_545_268_353,
        -1.887_759_614_897_077_9,
    ),
    (
        "FIVE",
        Zeros::Ranked,
        false,
        0.043_114_446_783_075_355,
        0.978_442_776_608_462_4,
        0.021_557_223_391_537_678,
        -2.022_599_587_389_726_2,
    ),
    (
        "NEGATIVE",
        Zeros::Dropped,
        true,
        0.022_494_271_222_449_652,
        0.011_247_135_611_224_826,
        0.992_875_960_163_826_4,
        -2.281_916_487_766_994_6,
    ),
    (
        "NEGATIVE",
        Zeros::Dropped,
        false,
        0.017_960_477_526_078_766,
        0.008_980_238_763_039_383,
        0.991_019_761_236_960_7,
        -2.366_431_913_239_846_4,
    ),
    (
        "NEGATIVE",
        Zeros::Ranked,
        true,
        0.022_494_271_222_449_652,
        0.011_247_135_611_224_826,
        0.992_875_960_163_826_4,
        -2.281_916_487_766_994_6,
    ),
    (
        "NEGATIVE",
        Zeros::Ranked,
        false,
        0.017_960_477_526_078_766,
        0.008_980_238_763_039_383,
        0.991_019_761_236_960_7,
        -2.366_431_913_239_846_4,
    ),
    (
        "TIED",
        Zeros::Dropped,
        true,
        0.104_001_624_940_874_66,
        0.955_908_467_400_476_4,
        0.052_000_812_470_437_33,
        -1.625_755_750_722_195_4,
    ),
    (
        "TIED",
        Zeros::Dropped,
        false,
        0.095_831_318_645_957_52,
        0.952_084_340_677_021_2,
        0.047_915_659_322_978_76,
        -1.665_408_330_008_102_6,
    ),
    (
        "TIED",
        Zeros::Ranked,
        true,
        0.104_001_624_940_874_66,
        0.955_908_467_400_476_4,
        0.052_000_812_470_437_33,
        -1.625_755_750_722_195_4,
    ),
    (
        "TIED",
        Zeros::Ranked,
        false,
        0.095_831_318_645_957_52,
        0.952_084_340_677_021_2,
        0.047_915_659_322_978_76,
        -1.665_408_330_008_102_6,
    ),
    (
        "ZEROS",
        Zeros::Dropped,
        true,
        0.150_785_565_027_971_27,
        0.945_840_309_634_998,
        0.075_392_782_513_985_64,
        -1.436_762_233_038_478_2,
    ),
    (
        "ZEROS",
        Zeros::Dropped,
        false,
        0.128_190_174_345_107_85,
        0.935_904_912_827_446,
        0.064_095_087_172_553_92,
        -1.521_277_658_511_33,
    ),
    (
        "ZEROS",
        Zeros::Ranked,
        true,
        0.183_777_766_479_763_63,
        0.922_324_564_117_263_4,
        0.091_888_883_239_881_81,
        -1.329_212_820_690_906_6,
    ),
    (
        "ZEROS",
        Zeros::Ranked,
        false,
        0.169_116_642_899_192_26,
        0.915_441_678_550_403_8,
        0.084_558_321_449_596_13,
        -1.375_047_745_542_317_1,
    ),
    (
        "SKEWED",
        Zeros::Dropped,
        true,
        5.465_166_261_048_582e-8,
        0.999_999_974_733_776_1,
        2.732_583_130_524_291e-8,
        -5.435_471_689_095_627,
    ),
    (
        "SKEWED",
        Zeros::Dropped,
        false,
        5.255_295_360_476_943e-8,
        0.999_999_973_723_523_2,
        2.627_647_680_238_471_5e-8,
        -5.442_449_188_054_672,
    ),
    (
        "SKEWED",
        Zeros::Ranked,
        true,
        3.849_627_925_475_797e-8,
        0.999_999_982_165_675_9,
        1.924_813_962_737_898_6e-8,
        -5.497_614_756_528_685,
    ),
    (
        "SKEWED",
        Zeros::Ranked,
        false,
        3.705_631_585_412_658e-8,
        0.999_999_981_471_842_1,
        1.852_815_792_706_329e-8,
        -5.504_335_556_964_539,
    ),
    (
        "LARGE",
        Zeros::Dropped,
        true,
        1.632_382_131_517_241_7e-14,
        0.999_999_999_999_991_9,
        8.161_910_657_586_209e-15,
        -7.676_700_705_732_119,
    ),
    (
        "LARGE",
        Zeros::Dropped,
        false,
        1.624_629_476_396_861e-14,
        0.999_999_999_999_991_9,
        8.123_147_381_984_305e-15,
        -7.677_310_790_823_570_5,
    ),
    (
        "LARGE",
        Zeros::Ranked,
        true,
        1.632_382_131_517_241_7e-14,
        0.999_999_999_999_991_9,
        8.161_910_657_586_209e-15,
        -7.676_700_705_732_119,
    ),
    (
        "LARGE",
        Zeros::Ranked,
        false,
        1.624_629_476_396_861e-14,
        0.999_999_999_999_991_9,
        8.123_147_381_984_305e-15,
        -7.677_310_790_823_570_5,
    ),
    (
        "DISTINCT",
        Zeros::Dropped,
        true,
        0.172_995_225_897_367_93,
        0.919_239_614_250_423_1,
        0.086_497_612_948_683_97,
        -1.362_642_442_127_467_2,
    ),
    (
        "DISTINCT",
        Zeros::Dropped,
        false,
        0.167_184_040_689_820_73,
        0.916_407_979_655_089_7,
        0.083_592_020_344_910_37,
        -1.381_308_776_951_131_2,
    ),
    (
        "DISTINCT",
        Zeros::Ranked,
        true,
        0.172_995_225_897_367_93,
        0.919_239_614_250_423_1,
        0.086_497_612_948_683_97,
        -1.362_642_442_127_467_2,
    ),
    (
        "DISTINCT",
        Zeros::Ranked,
        false,
        0.167_184_040_689_820_73,
        0.916_407_979_655_089_7,
        0.083_592_020_344_910_37,
        -1.381_308_776_951_131_2,
    ),
];

/// By `stats.wilcoxon(v, zero_method=..., alternative=..., method="exact")` where there are neither ties nor zeros, else by
/// `method="auto"`, which permutes the signs of up to 13 differences: p-values two-sided, less and greater.
const EXACT: &[(&str, Zeros, f64, f64, f64)] = &[
    ("TINY", Zeros::Dropped, 1.0, 0.75, 0.5),
    ("FIVE", Zeros::Dropped, 0.0625, 1.0, 0.031_25),
    ("NEGATIVE", Zeros::Dropped, 0.015_625, 0.007_812_5, 1.0),
    (
        "DISTINCT",
        Zeros::Dropped,
        0.176_853_179_931_640_62,
        0.917_521_476_745_605_5,
        0.088_426_589_965_820_31,
    ),
    (
        "TIED",
        Zeros::Dropped,
        0.114_746_093_75,
        0.959_960_937_5,
        0.057_373_046_875,
    ),
    (
        "TIED",
        Zeros::Ranked,
        0.114_746_093_75,
        0.959_960_937_5,
        0.057_373_046_875,
    ),
    ("ZEROS", Zeros::Dropped, 0.156_25, 0.945_312_5, 0.078_125),
    ("ZEROS", Zeros::Ranked, 0.1875, 0.921_875, 0.093_75),
];

/// By the statistic of `alternative="greater"`: the sum of positive ranks without zeros, and with them.
const SUMS: &[(&str, f64, f64)] = &[
    ("TINY", 2.0, 2.0),
    ("FIVE", 15.0, 15.0),
    ("NEGATIVE", 0.0, 0.0),
    ("TIED", 60.0, 60.0),
    ("ZEROS", 23.0, 43.0),
    ("SKEWED", 780.0, 819.0),
    ("LARGE", 16_342.0, 16_342.0),
    ("DISTINCT", 142.0, 142.0),
];

/// By `statsmodels.stats.multitest.multipletests(p, method="holm")`.
const HOLM: &[(&[f64], &[f64])] = &[
    (&[0.01, 0.04, 0.03, 0.005], &[0.03, 0.06, 0.06, 0.02]),
    (&[0.5, 0.5, 0.5], &[1.0, 1.0, 1.0]),
    (
        &[0.001, 0.9, 0.02, 0.02, 0.0003, 1.0],
        &[0.005, 1.0, 0.08, 0.08, 0.0018, 1.0],
    ),
    (&[0.0, 1.0e-12, 0.04], &[0.0, 2.0e-12, 0.04]),
    (&[0.2], &[0.2]),
];

const SIDES: [Side; 3] = [Side::Both, Side::Less, Side::Greater];

#[test]
fn the_normal_approximation_agrees_with_scipy() {
    for &(name, zeros, corrected, both, less, greater, z) in NORMAL {
        for (side, p) in SIDES.into_iter().zip([both, less, greater]) {
            let method = Method::Normal { corrected };
            let test = signed_rank(&vector(name), zeros, side, method).expect("differences");
            is_close(test.p, p, name);
            if side == Side::Both {
                is_close(test.z.expect("a normal").abs(), z.abs(), name);
            }
        }
    }
}

#[test]
fn exact_probabilities_agree_with_scipy_with_ties_and_zeros_too() {
    for &(name, zeros, both, less, greater) in EXACT {
        for (side, p) in SIDES.into_iter().zip([both, less, greater]) {
            for method in [Method::Exact, Method::Auto] {
                let test = signed_rank(&vector(name), zeros, side, method).expect("differences");
                is_close(test.p, p, name);
                assert_eq!(test.z, None);
            }
        }
    }
}

#[test]
fn sums_of_ranks_agree_with_scipy() {
    for &(name, dropped, ranked) in SUMS {
        for (zeros, plus) in [(Zeros::Dropped, dropped), (Zeros::Ranked, ranked)] {
            let test = signed_rank(&vector(name), zeros, Side::Both, Method::Auto);
            is_close(test.expect("differences").plus, plus, name);
        }
    }
}

/// The two ways of finding a p-value meet where there are many differences.
#[test]
fn the_normal_is_near_the_exact_law() {
    let values = &vector("SKEWED")[..];
    let shifted: Vec<f64> = values.iter().map(|value| value - 14.0).collect();
    let p = |method| {
        signed_rank(&shifted, Zeros::Dropped, Side::Greater, method)
            .expect("some")
            .p
    };
    let (exact, normal) = (p(Method::Exact), p(Method::Normal { corrected: true }));
    assert!((exact - normal).abs() < 0.003, "{exact} {normal}");
}

#[test]
fn corrected_p_values_agree_with_statsmodels() {
    for &(given, expected) in HOLM {
        let corrected = holm(given).expect("probabilities");
        for (ours, theirs) in corrected.iter().zip(expected) {
            is_close(*ours, *theirs, "Holm");
        }
    }
}
