//! Bootstrap intervals against scipy 1.17.1, and how often they cover.

use scenarios::stats::bootstrap::{Resampling, of_mean, of_ratio};
use scenarios::stats::{Level, Mean, bca};
use sim_core::world::draw::Stream;

use super::vectors::{is_close, vector};

/// By `stats.bootstrap((v,), mean, n_resamples=0, bootstrap_result=..., method="BCa")` on resampled means that are given: the
/// second vector by ten, plus the mean of the first, less one. Bias, acceleration and probabilities as scipy finds them on
/// the way; the ends at 95 %.
const PIECES: &[(&str, &str, [f64; 6])] = &[
    (
        "TINY",
        "LARGE",
        [
            -0.240_426_031_142_307_9,
            0.0,
            0.007_327_058_571_599_208,
            0.930_444_797_848_207_9,
            -3.456_257_460_327_553,
            5.754_755_443_153_801,
        ],
    ),
    (
        "TINY",
        "SKEWED",
        [
            0.062_706_777_943_213_85,
            0.0,
            0.033_286_164_668_150_854,
            0.981_482_478_049_915_2,
            -0.499_691_287_704_559_5,
            5.561_945_971_031_447,
        ],
    ),
    (
        "FIVE",
        "LARGE",
        [
            -0.240_426_031_142_307_9,
            0.062_015_651_110_539_61,
            0.014_754_935_956_501_625,
            0.953_944_781_428_343_2,
            -0.911_913_032_339_685_3,
            8.495_050_345_127_21,
        ],
    ),
    (
        "FIVE",
        "SKEWED",
        [
            0.062_706_777_943_213_85,
            0.062_015_651_110_539_61,
            0.051_043_389_919_105_155,
            0.991_237_076_615_923_4,
            2.000_793_484_544_791_7,
            8.240_024_946_992_637,
        ],
    ),
    (
        "NEGATIVE",
        "LARGE",
        [
            -0.240_426_031_142_307_9,
            0.011_280_299_937_377_357,
            0.008_481_174_602_469_025,
            0.934_876_094_388_198_3,
            -6.963_653_101_908_974_5,
            2.266_924_569_211_828,
        ],
    ),
    (
        "NEGATIVE",
        "SKEWED",
        [
            0.062_706_777_943_213_85,
            0.011_280_299_937_377_357,
            0.036_343_038_576_486_66,
            0.983_521_429_737_054_8,
            -4.013_893_549_332_576,
            2.084_883_154_850_986,
        ],
    ),
    (
        "TIED",
        "LARGE",
        [
            -0.240_426_031_142_307_9,
            -0.036_611_271_669_973_05,
            0.004_224_140_337_383_678,
            0.915_785_711_881_324_8,
            -2.808_115_215_519_152,
            6.258_043_033_036_542,
        ],
    ),
    (
        "TIED",
        "SKEWED",
        [
            0.062_706_777_943_213_85,
            -0.036_611_271_669_973_05,
            0.024_067_590_044_620_28,
            0.974_167_869_772_377,
            0.166_760_530_267_840_77,
            6.095_252_282_489_933,
        ],
    ),
    (
        "ZEROS",
        "LARGE",
        [
            -0.240_426_031_142_307_9,
            0.019_176_435_278_900_863,
            0.009_343_209_218_039_066,
            0.937_944_690_929_000_9,
            -2.762_402_859_150_124_6,
            6.481_347_986_664_316,
        ],
    ),
    (
        "ZEROS",
        "SKEWED",
        [
            0.062_706_777_943_213_85,
            0.019_176_435_278_900_863,
            0.038_534_928_236_836_1,
            0.984_882_495_821_461_4,
            0.182_270_185_359_047_43,
            6.305_834_537_285_197,
        ],
    ),
    (
        "SKEWED",
        "LARGE",
        [
            -0.240_426_031_142_307_9,
            0.027_406_631_530_879_248,
            0.010_288_201_393_287_224,
            0.941_109_530_796_774_7,
            12.869_820_562_317_924,
            22.126_823_898_856_742,
        ],
    ),
    (
        "LARGE",
        "SKEWED",
        [
            0.062_706_777_943_213_85,
            -0.000_114_735_910_196_226_17,
            0.033_255_547_398_937_844,
            0.981_461_184_809_670_5,
            18.550_307_876_443_995,
            24.611_557_243_766_867,
        ],
    ),
    (
        "DISTINCT",
        "LARGE",
        [
            -0.240_426_031_142_307_9,
            -0.016_736_968_743_443_37,
            0.005_785_734_614_119_216,
            0.923_786_080_131_406_8,
            3.434_540_835_646_292_3,
            12.615_002_898_384_5,
        ],
    ),
    (
        "DISTINCT",
        "SKEWED",
        [
            0.062_706_777_943_213_85,
            -0.016_736_968_743_443_37,
            0.028_928_992_700_426_977,
            0.978_263_949_644_317_8,
            6.400_189_761_500_721,
            12.403_188_838_311_703,
        ],
    ),
];

/// By the same call on the means of our own resamples, 999 of seed 1: vector, level, mean, ends.
const WHOLE: &[(&str, f64, f64, f64, f64)] = &[
    ("TINY", 0.9, 0.5, -0.5, 1.5),
    ("TINY", 0.95, 0.5, -0.5, 1.5),
    ("TINY", 0.99, 0.5, -0.5, 1.5),
    ("FIVE", 0.9, 3.0, 2.360_000_000_000_000_3, 4.2),
    ("FIVE", 0.95, 3.0, 2.260_000_000_000_000_2, 4.38),
    ("FIVE", 0.99, 3.0, 2.12, 4.68),
    (
        "NEGATIVE",
        0.9,
        -3.014_285_714_285_714_7,
        -3.914_285_714_285_714,
        -1.860_102_896_044_059_3,
    ),
    (
        "NEGATIVE",
        0.95,
        -3.014_285_714_285_714_7,
        -4.128_571_428_571_428,
        -1.663_306_701_773_087_4,
    ),
    (
        "NEGATIVE",
        0.99,
        -3.014_285_714_285_714_7,
        -4.228_571_428_571_429,
        -1.392_083_104_152_170_4,
    ),
    (
        "TIED",
        0.9,
        1.166_666_666_666_666_7,
        -0.083_333_333_333_333_33,
        2.0,
    ),
    (
        "TIED",
        0.95,
        1.166_666_666_666_666_7,
        -0.330_957_325_618_063_35,
        2.166_666_666_666_666_5,
    ),
    (
        "TIED",
        0.99,
        1.166_666_666_666_666_7,
        -0.884_716_669_021_030_5,
        2.416_666_666_666_666_5,
    ),
    (
        "ZEROS",
        0.9,
        1.181_818_181_818_181_9,
        0.181_818_181_818_181_82,
        2.409_090_909_090_909,
    ),
    (
        "ZEROS",
        0.95,
        1.181_818_181_818_181_9,
        0.0,
        2.681_818_181_818_181_7,
    ),
    (
        "ZEROS",
        0.99,
        1.181_818_181_818_181_9,
        -0.454_545_454_545_454_53,
        3.168_563_062_387_182_8,
    ),
    (
        "SKEWED",
        0.9,
        16.8084,
        11.892_643_693_735_561,
        22.468_312_584_913_93,
    ),
    (
        "SKEWED",
        0.95,
        16.8084,
        11.172_268_467_100_578,
        23.340_071_395_403_01,
    ),
    (
        "SKEWED",
        0.99,
        16.8084,
        10.021_083_954_308_97,
        25.016_675_826_321_55,
    ),
    (
        "LARGE",
        0.9,
        19.55,
        15.972_639_606_108_899,
        22.832_800_263_321_722,
    ),
    (
        "LARGE",
        0.95,
        19.55,
        15.377_755_890_094_58,
        23.373_764_775_299_005,
    ),
    (
        "LARGE",
        0.99,
        19.55,
        13.860_671_666_312_317,
        24.362_882_414_777_594,
    ),
    (
        "DISTINCT",
        0.9,
        7.4,
        -1.851_563_593_574_15,
        14.424_506_903_653_377,
    ),
    ("DISTINCT", 0.95, 7.4, -3.536_200_537_980_503, 16.1),
    (
        "DISTINCT",
        0.99,
        7.4,
        -6.755_524_040_221_47,
        19.292_306_977_138_99,
    ),
];

/// As above with `paired=True`, of the ratio of the mean to that of `5 + (i² mod 17) / 4`.
const RATIOS: &[(&str, f64, f64, f64, f64)] = &[
    (
        "SKEWED",
        0.9,
        2.422_832_432_432_432,
        1.674_974_446_252_553_5,
        3.250_135_151_669_362_6,
    ),
    (
        "SKEWED",
        0.95,
        2.422_832_432_432_432,
        1.572_655_410_621_956_4,
        3.457_328_014_340_888,
    ),
    (
        "SKEWED",
        0.99,
        2.422_832_432_432_432,
        1.381_156_685_939_886_7,
        3.660_451_534_864_091,
    ),
    (
        "LARGE",
        0.9,
        2.791_860_049_982_149_3,
        2.268_812_190_791_882,
        3.268_716_955_808_392,
    ),
    (
        "LARGE",
        0.95,
        2.791_860_049_982_149_3,
        2.195_000_810_883_838,
        3.343_129_253_457_642_2,
    ),
    (
        "LARGE",
        0.99,
        2.791_860_049_982_149_3,
        1.965_622_770_193_123_3,
        3.519_314_111_729_837_4,
    ),
    (
        "FIVE",
        0.9,
        0.461_538_461_538_461_56,
        0.341_935_483_870_967_7,
        0.617_857_142_857_142_8,
    ),
    (
        "FIVE",
        0.95,
        0.461_538_461_538_461_56,
        0.324_999_999_999_999_96,
        0.640_625,
    ),
    (
        "FIVE",
        0.99,
        0.461_538_461_538_461_56,
        0.302_777_777_777_777_7,
        0.675_968_992_248_062_1,
    ),
    (
        "NEGATIVE",
        0.9,
        -0.468_888_888_888_888_9,
        -0.650_887_573_964_496_9,
        -0.297_487_437_185_929_7,
    ),
    (
        "NEGATIVE",
        0.95,
        -0.468_888_888_888_888_9,
        -0.690_969_341_163_086_2,
        -0.254,
    ),
    (
        "NEGATIVE",
        0.99,
        -0.468_888_888_888_888_9,
        -0.7375,
        -0.214_591_354_004_057_43,
    ),
];

const RESAMPLING: Resampling = Resampling {
    seed: 1,
    resamples: 999,
};

#[test]
fn bias_acceleration_and_points_agree_with_scipy() {
    for &(name, resamples, [bias, acceleration, low_at, high_at, low, high]) in PIECES {
        let values = vector(name);
        let mean = Mean::of(&values).expect("values").mean;
        let moved = |value: f64| value / 10.0 + mean - 1.0;
        let resampled: Vec<f64> = vector(resamples).into_iter().map(moved).collect();
        let n = f64::from(u32::try_from(values.len()).expect("few"));
        let without = |value: &f64| (mean * n - value) / (n - 1.0);
        let left_out: Vec<f64> = values.iter().map(without).collect();
        let ours = bca::bias_correction(mean, &resampled).expect("two-sided");
        is_close(ours, bias, name);
        assert!((bca::acceleration(&left_out) - acceleration).abs() < 1e-12);
        let points = bca::points(bias, acceleration, Level::USUAL);
        is_close(points.0, low_at, name);
        is_close(points.1, high_at, name);
        let interval = bca::interval(mean, &resampled, &left_out, Level::USUAL).expect("spread");
        is_close(interval.low, low, name);
        is_close(interval.high, high, name);
    }
}

#[test]
fn intervals_of_means_and_ratios_agree_with_scipy_on_the_same_resamples() {
    for &(name, level, estimate, low, high) in WHOLE {
        let level = Level::new(level).expect("a level");
        let ours = of_mean(&vector(name), level, RESAMPLING).expect("spread");
        is_close(ours.estimate, estimate, name);
        is_close(ours.low, low, name);
        is_close(ours.high, high, name);
    }
    for &(name, level, estimate, low, high) in RATIOS {
        let level = Level::new(level).expect("a level");
        let a = vector(name);
        let b: Vec<f64> = (0_i32..)
            .take(a.len())
            .map(|i| 5.0 + f64::from(i * i % 17) / 4.0)
            .collect();
        let ours = of_ratio(&a, &b, level, RESAMPLING).expect("spread");
        is_close(ours.estimate, estimate, name);
        is_close(ours.low, low, name);
        is_close(ours.high, high, name);
    }
}

/// Which share of 2,000 samples of `n` has an interval that covers the mean: by the bootstrap, and by t.
fn coverage(name: &str, n: u32, truth: f64, draw: &dyn Fn(&mut Stream) -> f64) -> (f64, f64) {
    let (mut ours, mut students) = (0, 0);
    for trial in 0_u32..2000 {
        let mut stream = Stream::new(1, &["coverage".into(), name.into(), trial.into()]);
        let values: Vec<f64> = (0..n).map(|_| draw(&mut stream)).collect();
        let resampling = Resampling {
            seed: u64::from(trial),
            resamples: 500,
        };
        let interval = of_mean(&values, Level::USUAL, resampling).expect("spread");
        ours += u32::from((interval.low..=interval.high).contains(&truth));
        let (low, high) = Mean::of(&values).expect("values").ends();
        students += u32::from((low..=high).contains(&truth));
    }
    (f64::from(ours) / 2000.0, f64::from(students) / 2000.0)
}

/// The standard error of a share near 95 % of 2,000 is 0.5 %: four of them on both sides of what theory promises.
#[test]
fn intervals_cover_nearly_as_often_as_they_say() {
    let (ours, students) = coverage("normal", 20, 0.0, &Stream::normal);
    assert!((0.90..=0.96).contains(&ours), "normal: {ours}");
    assert!((0.93..=0.97).contains(&students), "normal, t: {students}");
    let (ours, students) = coverage("exponential", 30, 1.0, &|stream| stream.exponential(1.0));
    assert!((0.91..=0.96).contains(&ours), "exponential: {ours}");
    assert!(students < 0.95, "exponential, t: {students}");
}
