//! The power of planned tests against statsmodels 0.15.0, and against trying them.

use scenarios::stats::mean::t_test;
use scenarios::stats::power::Plan;
use scenarios::stats::{Level, Side};
use sim_core::world::draw::Stream;

use super::vectors::is_close;

/// By `TTestPower().power(effect, n, 1 - level, alternative)`: n, effect, level, two-sided and larger.
const POWERS: &[(usize, f64, f64, f64, f64)] = &[
    (
        2,
        0.1,
        0.95,
        0.050_497_107_910_063_28,
        0.059_316_107_375_559_81,
    ),
    (
        2,
        0.1,
        0.99,
        0.010_099_817_162_785_983,
        0.011_871_924_142_969_78,
    ),
    (
        2,
        0.5,
        0.95,
        0.061_948_606_687_133_62,
        0.105_822_890_602_454_64,
    ),
    (
        2,
        0.5,
        0.99,
        0.012_400_373_251_621_119,
        0.021_259_122_775_608_93,
    ),
    (
        2,
        1.2,
        0.95,
        0.108_236_354_403_496_04,
        0.211_679_285_202_369,
    ),
    (
        2,
        1.2,
        0.99,
        0.021_727_782_413_362_894,
        0.042_973_562_151_448_76,
    ),
    (
        5,
        0.1,
        0.95,
        0.053_555_437_873_434_586,
        0.072_723_298_098_034_13,
    ),
    (
        5,
        0.1,
        0.99,
        0.010_871_092_357_652_093,
        0.015_279_312_185_237_481,
    ),
    (5, 0.5, 0.95, 0.140_516_689_990_298, 0.238_995_170_903_529_4),
    (
        5,
        0.5,
        0.99,
        0.034_184_098_545_573_59,
        0.063_232_286_755_222_52,
    ),
    (
        5,
        1.2,
        0.95,
        0.530_221_251_140_278_7,
        0.711_910_610_063_185_1,
    ),
    (
        5,
        1.2,
        0.99,
        0.191_956_571_854_620_7,
        0.312_187_039_225_963_8,
    ),
    (
        12,
        0.1,
        0.95,
        0.061_607_981_479_639_196,
        0.093_543_492_631_677_27,
    ),
    (
        12,
        0.1,
        0.99,
        0.013_410_713_548_388_199,
        0.021_715_759_904_696_985,
    ),
    (
        12,
        0.5,
        0.95,
        0.352_824_149_327_338_5,
        0.491_884_489_583_516_27,
    ),
    (
        12,
        0.5,
        0.99,
        0.137_347_061_412_424_4,
        0.211_544_189_695_677_23,
    ),
    (
        12,
        1.2,
        0.95,
        0.965_075_945_816_019,
        0.987_432_211_168_588_3,
    ),
    (12, 1.2, 0.99, 0.826_020_100_999_575, 0.902_919_123_261_406),
    (
        30,
        0.1,
        0.95,
        0.082_726_008_198_852_8,
        0.133_536_786_433_535_28,
    ),
    (
        30,
        0.1,
        0.99,
        0.020_762_043_778_727_948,
        0.035_648_906_553_061_19,
    ),
    (30, 0.5, 0.95, 0.753_964_715_743_79, 0.848_254_190_928_982_4),
    (
        30,
        0.5,
        0.99,
        0.502_555_497_127_159_7,
        0.611_792_475_912_040_3,
    ),
    (
        30,
        1.2,
        0.95,
        0.999_994_167_781_917_1,
        0.999_999_064_510_817_7,
    ),
    (
        30,
        1.2,
        0.99,
        0.999_842_226_465_701_4,
        0.999_956_430_985_945_2,
    ),
    (
        200,
        0.1,
        0.95,
        0.290_657_617_661_480_46,
        0.406_930_287_611_093_73,
    ),
    (
        200,
        0.1,
        0.99,
        0.120_358_004_670_302_37,
        0.178_333_886_922_384_6,
    ),
    (
        200,
        0.5,
        0.95,
        0.999_999_807_956_215_5,
        0.999_999_967_046_197_5,
    ),
    (
        200,
        0.5,
        0.99,
        0.999_995_412_300_550_6,
        0.999_998_674_772_800_5,
    ),
];

/// Where that power at 5 % is as stated, by `scipy.optimize.brentq`: n, power, effect two-sided and larger.
const EFFECTS: &[(usize, f64, f64, f64)] = &[
    (5, 0.8, 1.681_996_965_955_555_1, 1.359_417_958_854_947_5),
    (5, 0.9, 1.965_888_823_606_010_4, 1.609_942_960_016_856_7),
    (20, 0.8, 0.660_441_654_623_026_6, 0.576_917_001_338_37),
    (20, 0.9, 0.764_457_902_177_731_9, 0.679_151_996_520_633_1),
    (50, 0.8, 0.404_183_002_136_042_47, 0.356_599_655_373_505_9),
    (50, 0.9, 0.467_679_394_325_526_35, 0.419_707_143_287_367_2),
    (400, 0.8, 0.140_417_372_352_055_04, 0.124_535_049_636_969_53),
    (400, 0.9, 0.162_467_294_192_017_8, 0.146_569_027_862_736_48),
];

fn plan(level: f64, side: Side) -> Plan {
    let level = Level::new(level).expect("a level");
    Plan { level, side }
}

#[test]
fn powers_agree_with_statsmodels() {
    for &(pairs, effect, level, both, one) in POWERS {
        for (side, expected) in [(Side::Both, both), (Side::Greater, one), (Side::Less, one)] {
            let ours = plan(level, side).power(pairs, effect).expect("a power");
            is_close(ours, expected, "power");
        }
    }
}

#[test]
fn smallest_effects_agree_with_statsmodels() {
    for &(pairs, power, both, one) in EFFECTS {
        for (side, expected) in [(Side::Both, both), (Side::Greater, one)] {
            let plan = plan(0.95, side);
            let effect = plan.smallest_effect(pairs, power).expect("an effect");
            is_close(effect, expected, "effect");
            assert_eq!(plan.pairs(effect * (1.0 + 1e-9), power), Some(pairs));
        }
    }
}

/// 2,000 experiments of twenty pairs with the effect that is seen with 90 %: four standard errors are 2.7 %.
#[test]
fn the_stated_effect_is_seen_as_often_as_stated() {
    let plan = plan(0.95, Side::Greater);
    let effect = plan.smallest_effect(20, 0.9).expect("an effect");
    let mut seen = 0;
    for trial in 0_u32..2000 {
        let mut stream = Stream::new(1, &["power".into(), trial.into()]);
        let differences: Vec<f64> = (0..20).map(|_| effect + stream.normal()).collect();
        let p = t_test(&differences, 0.0, plan.side).expect("spread").p;
        seen += u32::from(p <= plan.level.outside());
    }
    assert!((1746..=1854).contains(&seen), "{seen} of 2000");
}
