//! Warm-up, batch means, stopping and blocks: against naive computations, and how often they cover.

use scenarios::stats::batches::{batch_means, of_run};
use scenarios::stats::blocks::{Blocks, Ends};
use scenarios::stats::sequential::{Goal, Next, Precision, Reason};
use scenarios::stats::warmup::mser5;
use scenarios::stats::{Level, Mean};
use sim_core::world::draw::Stream;

use super::vectors::is_close;

/// How a series is made, see [`series`]; by the definition, in numpy 2.4.6: values of warm-up, whether settled. Then a number
/// of batches, and of their means: mean and ends by `stats.t.interval`, correlation, von Neumann's ratio, and its p-value by
/// `stats.norm.cdf`.
type Case = (Made, (usize, bool), usize, [f64; 6]);

/// Length, correlation of neighbours, and whether it starts high.
type Made = (u32, f64, bool);

const SERIES: &[Case] = &[
    (
        (50, 0.5, true),
        (20, true),
        8,
        [
            2.604_578_692_247_670_4,
            0.655_399_156_893_168_3,
            4.553_758_227_602_172,
            0.242_976_539_844_393_24,
            0.665_790_905_978_422_3,
            0.015_321_973_026_750_604,
        ],
    ),
    (
        (50, 0.5, true),
        (20, true),
        20,
        [
            1.718_180_790_359_331_6,
            1.398_365_354_495_814_6,
            2.037_996_226_222_848_6,
            0.827_624_318_934_717_1,
            0.139_738_514_768_342_37,
            5.955_950_249_174_793e-6,
        ],
    ),
    (
        (200, 0.75, true),
        (55, true),
        8,
        [
            1.204_365_735_654_130_2,
            -0.468_265_389_880_387_24,
            2.876_996_861_188_647_6,
            0.174_869_836_973_161_33,
            0.775_590_249_390_159_6,
            0.023_640_713_663_538_482,
        ],
    ),
    (
        (200, 0.75, true),
        (55, true),
        20,
        [
            1.204_365_735_654_130_2,
            0.019_550_819_113_971_274,
            2.389_180_652_194_289_3,
            0.214_463_214_129_274_55,
            0.689_594_170_784_835_3,
            0.001_018_469_592_858_331,
        ],
    ),
    (
        (203, 0.875, true),
        (55, true),
        8,
        [
            0.867_488_499_736_481_3,
            -0.060_092_687_860_359_82,
            1.795_069_687_333_322_5,
            0.372_111_220_582_922_23,
            0.515_703_210_327_961,
            0.008_089_870_130_085_377,
        ],
    ),
    (
        (203, 0.875, true),
        (55, true),
        20,
        [
            0.867_488_499_736_481_3,
            0.294_630_810_451_502_63,
            1.440_346_189_021_460_2,
            0.506_032_831_661_993_2,
            0.398_082_621_457_592_05,
            8.128_664_273_330_201e-5,
        ],
    ),
    (
        (1000, 0.5, false),
        (0, true),
        8,
        [
            0.018_584_058_096_202_99,
            -0.033_400_127_729_648_18,
            0.070_568_243_922_054_16,
            0.201_051_090_977_785_34,
            1.597_482_466_051_480_8,
            0.257_151_257_207_664_8,
        ],
    ),
    (
        (1000, 0.5, false),
        (0, true),
        20,
        [
            0.018_584_058_096_202_987,
            -0.021_354_984_176_948_175,
            0.058_523_100_369_354_15,
            0.212_811_816_318_937_25,
            1.524_575_854_410_572_8,
            0.131_530_857_071_11,
        ],
    ),
    (
        (4000, 0.9375, true),
        (60, true),
        8,
        [
            0.111_446_560_330_689_86,
            -0.120_837_163_360_797_89,
            0.343_730_284_022_177_65,
            -0.202_243_772_629_228_24,
            2.334_496_912_540_284_4,
            0.706_072_470_072_308_7,
        ],
    ),
    (
        (4000, 0.9375, true),
        (60, true),
        20,
        [
            0.111_446_560_330_689_89,
            -0.072_540_271_083_474_44,
            0.295_433_391_744_854_2,
            -0.090_718_517_111_681_26,
            1.704_384_776_047_634_5,
            0.243_245_648_748_244_56,
        ],
    ),
];

/// Uniform shocks of a congruential generator, all in exact arithmetic, that die away.
fn series((length, correlation, starts_high): Made) -> Vec<f64> {
    let (mut state, mut value) = (1_u64, 0.0);
    let next = |i: u32| {
        state = (state * 1_103_515_245 + 12_345) % (1 << 31);
        let shock = f64::from(u32::try_from(state >> 8).expect("23 bits")) / 8_388_608.0 - 0.5;
        value = correlation * value + shock;
        let start = if starts_high {
            40.0 / (1.0 + f64::from(i))
        } else {
            0.0
        };
        start + value
    };
    (0..length).map(next).collect()
}

#[test]
fn warm_up_and_batches_agree_with_their_definitions() {
    for &(made, (warmup, is_settled), batches, [mean, low, high, correlation, ratio, p]) in SERIES {
        let series = series(made);
        let cut = mser5(&series).expect("a series");
        assert_eq!((cut.values, cut.is_settled), (warmup, is_settled));
        let ours = batch_means(&series, batches, Level::USUAL).expect("a series");
        is_close(ours.mean.mean, mean, "mean");
        is_close(ours.mean.ends().0, low, "low");
        is_close(ours.mean.ends().1, high, "high");
        let neighbours = ours.neighbours.expect("spread");
        is_close(neighbours.correlation, correlation, "correlation");
        is_close(neighbours.ratio, ratio, "ratio");
        is_close(neighbours.p, p, "p");
    }
}

/// Normals of which each keeps a share of the one before; their deviation is 1.
fn autoregressive(stream: &mut Stream, length: usize, share: f64) -> Vec<f64> {
    let mut value = stream.normal();
    let fresh = (1.0 - share * share).sqrt();
    let next = || {
        value = share * value + fresh * stream.normal();
        value
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// Of 500 runs of 4,096 values; the standard error of a share near 95 % is 1 %.
#[test]
fn batches_cover_where_the_values_themselves_do_not() {
    let (mut by_values, mut by_batches) = (0, 0);
    for trial in 0_u32..500 {
        let mut stream = Stream::new(1, &["run".into(), trial.into()]);
        let run = autoregressive(&mut stream, 4096, 0.9);
        let covers = |mean: Mean| u32::from((mean.ends().0..=mean.ends().1).contains(&0.0));
        by_values += covers(Mean::of(&run).expect("values"));
        let batches = of_run(&run, Level::USUAL).expect("a run");
        by_batches += covers(batches.mean);
    }
    assert!(by_values < 250, "{by_values} of 500");
    assert!(by_batches > 450, "{by_batches} of 500");
}

/// Four ways of 1,000 experiments; the standard error of a share near 95 % is 0.7 %.
#[test]
fn stopping_early_costs_little_coverage() {
    let goal = Goal::new(Precision::OfMean(0.02), Level::USUAL, 10, 500).expect("a goal");
    let (mut covered, mut flown, mut capped) = (0, 0, 0);
    for trial in 0_u32..1000 {
        let mut stream = Stream::new(1, &["stop".into(), trial.into()]);
        let mut values = Vec::new();
        let stopped = loop {
            match goal.next(&values).expect("finite values") {
                Next::Replicate(total) => {
                    assert!(total > values.len());
                    values.resize_with(total, || 10.0 + stream.normal());
                }
                Next::Stop(stopped) => break stopped,
            }
        };
        covered += u32::from((stopped.mean.ends().0..=stopped.mean.ends().1).contains(&10.0));
        flown += stopped.mean.n;
        capped += u32::from(stopped.reason == Reason::AtMost);
        assert!(stopped.mean.n <= 500);
        assert!(stopped.reached.expect("a width") <= 0.02);
    }
    // A half width of 0.2 of a deviation of 1 takes some 96 replications.
    assert!((90_000..120_000).contains(&flown), "{flown}");
    assert!(covered > 920, "{covered} of 1000");
    assert_eq!(capped, 0);
}

/// The variance of a mean of `n` values of which each keeps 0.8 of the one before is nine times that of independent ones,
/// less some for blocks that are cut apart.
#[test]
fn blocks_keep_what_hangs_together() {
    let n = 2000;
    let mut stream = Stream::new(1, &["blocks".into()]);
    let values = autoregressive(&mut stream, n, 0.8);
    let variance = |block: u64, ends: Ends| {
        let blocks = Blocks::new(2000, block, ends).expect("a block");
        let mean = |replication| {
            let positions = blocks.positions(1, replication);
            let at = |at: u64| values[usize::try_from(at).expect("a position")];
            positions.map(at).sum::<f64>() / 2000.0
        };
        let means: Vec<f64> = (0..400).map(mean).collect();
        let centre = means.iter().sum::<f64>() / 400.0;
        means
            .iter()
            .map(|mean| (mean - centre) * (mean - centre))
            .sum::<f64>()
            / 399.0
    };
    for ends in [Ends::Moving, Ends::Circular] {
        let ratio = variance(40, ends) / variance(1, ends);
        assert!((5.0..12.0).contains(&ratio), "{ends:?}: {ratio}");
    }
}
