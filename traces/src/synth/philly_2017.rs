//! `philly-2017`: a generator calibrated to Microsoft's Philly trace.
//!
//! Source of every number here: aggregates of the 82,247 jobs in `traces/philly.csv` of the Sia
//! artifact (github.com/siasosp23/artifacts at aaf7a0de), a reduction of the trace that Jeon et al.
//! describe ("Analysis of large-scale multi-tenant GPU clusters for DNN training workloads", USENIX
//! ATC 2019), computed 2026-11-21. Matched, each by a test: the mix of sizes, the quantiles of
//! duration per class of size, hours and days of submission, virtual clusters, and that jobs come
//! in campaigns: seconds apart, of one size, of similar duration. Jobs of one virtual cluster less
//! than a minute after another count as its campaign; hours and days are those of the first job of
//! a campaign between 2017-10-02 and 2017-12-10. Not matched, because the reduction does not hold
//! it: users, endings, failures, retries, placement, and how the load drifted over the months.
//! A rate other than the trace's (about 44 jobs an hour in that time) thins or thickens campaigns,
//! not their insides.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sim_core::units::{SimTime, Span, convert};
use sim_core::world::draw::{Empirical, Stream, Weighted, span};

use super::arrivals::{Arrivals, Clock, Week};
use super::parameter::{Length, Luck, ParameterError, positive};
use crate::record::{Name, Record, Workload};

/// The generator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Philly2017 {
    /// Jobs an hour, averaged over a week.
    pub jobs_per_hour: f64,
    /// How many jobs.
    pub length: Length,
    /// Hours from Monday midnight to time zero, below 168.
    pub starts_at: u32,
}

/// GPUs of a job, and how many jobs of the trace had so many.
pub const SIZES: [(u32, u32); 10] = [
    (1, 76_627),
    (2, 1_818),
    (4, 1_870),
    (8, 1_643),
    (12, 7),
    (16, 199),
    (24, 7),
    (32, 67),
    (64, 6),
    (128, 3),
];

/// Probabilities of the quantiles in [`DURATIONS_S`].
pub const PROBABILITIES: [f64; 31] = [
    0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7,
    0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 1.0,
];

/// Quantiles of duration, in seconds, of jobs of 1 GPU, of 2 to 4, and of more.
pub const DURATIONS_S: [[f64; 31]; 3] = [
    [
        1.0,
        30.0,
        42.0,
        52.0,
        62.0,
        69.0,
        76.0,
        122.0,
        215.0,
        385.0,
        600.0,
        855.0,
        1_117.0,
        1_446.0,
        1_728.0,
        2_054.0,
        2_464.0,
        2_716.0,
        3_754.0,
        5_342.0,
        8_512.0,
        11_166.0,
        19_137.0,
        44_229.0,
        68_245.0,
        135_404.0,
        266_986.0,
        503_281.0,
        863_786.0,
        1_449_409.0,
        3_256_045.0,
    ],
    [
        2.0,
        6.0,
        8.0,
        11.0,
        15.0,
        17.0,
        19.0,
        21.0,
        25.0,
        33.0,
        85.0,
        149.0,
        367.0,
        1_208.0,
        5_581.0,
        14_327.0,
        25_432.0,
        45_359.0,
        79_264.0,
        99_995.0,
        166_086.0,
        185_863.0,
        233_725.0,
        347_975.0,
        467_342.0,
        747_114.0,
        1_127_338.0,
        1_521_148.0,
        2_059_338.0,
        2_582_803.0,
        2_750_674.0,
    ],
    [
        1.0,
        22.0,
        38.0,
        82.0,
        199.0,
        407.0,
        638.0,
        1_273.0,
        3_366.0,
        5_980.0,
        11_460.0,
        15_206.0,
        23_652.0,
        39_233.0,
        58_954.0,
        95_989.0,
        129_382.0,
        165_872.0,
        195_577.0,
        235_108.0,
        340_658.0,
        401_440.0,
        510_787.0,
        634_804.0,
        784_770.0,
        1_066_894.0,
        1_956_536.0,
        2_214_025.0,
        2_655_194.0,
        2_658_784.0,
        4_628_226.0,
    ],
];

/// Relative rate at which campaigns start, by hour of the day.
pub const HOURS: [f64; 24] = [
    1.12, 0.936, 1.023, 1.066, 0.959, 1.084, 1.155, 1.154, 1.206, 1.072, 0.912, 0.874, 0.825,
    0.829, 0.798, 0.848, 0.898, 1.049, 1.049, 0.985, 0.961, 1.062, 1.073, 1.06,
];

/// Relative rate at which campaigns start, by day of the week, Monday first.
pub const DAYS: [f64; 7] = [0.989, 1.115, 1.142, 1.14, 1.074, 0.84, 0.7];

/// Jobs of a campaign: (fewest, most, how many of the 23,326 campaigns); log-uniform between.
pub const CAMPAIGNS: [(u32, u32, u32); 12] = [
    (1, 1, 19_158),
    (2, 2, 2_277),
    (3, 3, 546),
    (4, 5, 441),
    (6, 9, 302),
    (10, 19, 190),
    (20, 39, 110),
    (40, 79, 97),
    (80, 159, 111),
    (160, 319, 54),
    (320, 639, 37),
    (640, 1063, 3),
];

/// Quantiles of the gap between jobs of a campaign, in seconds.
pub const GAPS_S: [(f64, f64); 13] = [
    (0.0, 0.0),
    (0.1, 0.0),
    (0.2, 1.0),
    (0.3, 2.0),
    (0.4, 3.0),
    (0.5, 5.0),
    (0.6, 7.0),
    (0.7, 9.0),
    (0.8, 14.0),
    (0.9, 22.0),
    (0.95, 31.0),
    (0.98, 42.0),
    (1.0, 60.0),
];

/// Jobs of each virtual cluster, the largest first.
pub const CLUSTERS: [u32; 15] = [
    41_226, 16_091, 9_953, 7_423, 1_934, 1_511, 1_435, 1_137, 723, 422, 374, 8, 4, 3, 3,
];

/// Correlation of the normal scores of duration within a campaign: at this one 86 % of neighbours
/// are within a factor of two of each other, as in the trace.
const LIKENESS: f64 = 0.975;

impl Philly2017 {
    /// The jobs, one by one: `n` workers of one GPU each, as the importer of the trace reads them.
    ///
    /// # Errors
    /// A rate that is not positive.
    pub fn jobs(&self, luck: Luck<'_>) -> Result<PhillyJobs, ParameterError> {
        let rate = positive("jobs-per-hour", self.jobs_per_hour)?;
        self.length.check(rate)?;
        let arrivals = Arrivals::Weekly {
            per_hour: rate / mean_campaign(),
            week: Box::new(Week {
                hours: HOURS,
                days: DAYS,
                starts_at: self.starts_at,
            }),
        };
        let mut clock = arrivals.open(luck)?;
        let next = clock.next();
        let table = |quantiles: &[f64]| {
            let logs = quantiles.iter().map(|&seconds| libm::log(seconds));
            let points = PROBABILITIES.into_iter().zip(logs);
            Empirical::new(points.collect()).expect("the constants rise")
        };
        Ok(PhillyJobs {
            clock,
            next,
            active: BinaryHeap::new(),
            length: self.length,
            ordinal: 0,
            campaigns: 0,
            campaign_sizes: choice(CAMPAIGNS.map(|(_, _, count)| count)),
            sizes: choice(SIZES.map(|(_, count)| count)),
            clusters: choice(CLUSTERS),
            gaps: Empirical::new(GAPS_S.to_vec()).expect("the constants rise"),
            durations: DURATIONS_S.map(|class| table(&class)),
            streams: Streams {
                campaign: luck.stream("campaigns"),
                size: luck.stream("sizes"),
                cluster: luck.stream("clusters"),
                gap: luck.stream("gaps"),
                likeness: luck.stream("likeness"),
                duration: luck.stream("durations"),
            },
        })
    }

    /// All jobs.
    ///
    /// # Errors
    /// See [`Philly2017::jobs`].
    pub fn workload(&self, luck: Luck<'_>) -> Result<Workload, ParameterError> {
        Ok(Workload {
            jobs: self.jobs(luck)?.collect(),
            queues: (1..=CLUSTERS.len()).map(|n| format!("vc-{n}")).collect(),
            notes: vec!["generated: calibrated to the Philly trace of 2017".to_owned()],
            ..Workload::default()
        })
    }
}

fn choice<const N: usize>(counts: [u32; N]) -> Weighted {
    Weighted::new(&counts.map(f64::from)).expect("the constants are counts")
}

/// Jobs of a campaign on average: the sum over its table, exactly as [`campaign_size`] draws.
fn mean_campaign() -> f64 {
    let (mut jobs, mut all) = (0.0, 0.0);
    for (fewest, most, count) in CAMPAIGNS {
        let whole = libm::log(f64::from(most + 1) / f64::from(fewest));
        let mean: f64 = (fewest..=most)
            .map(|n| f64::from(n) * libm::log(f64::from(n + 1) / f64::from(n)) / whole)
            .sum();
        jobs += mean * f64::from(count);
        all += f64::from(count);
    }
    jobs / all
}

/// A log-uniform size between two, both included.
fn campaign_size((fewest, most): (u32, u32), u: f64) -> u32 {
    let ratio = f64::from(most + 1) / f64::from(fewest);
    let size = convert::floor(f64::from(fewest) * libm::pow(ratio, u));
    u32::try_from(size).map_or(most, |size| size.clamp(fewest, most))
}

/// The jobs of a [`Philly2017`] workload, in order of submission.
#[derive(Clone, Debug)]
pub struct PhillyJobs {
    clock: Clock,
    next: Option<SimTime>,
    active: BinaryHeap<Reverse<Campaign>>,
    length: Length,
    ordinal: u64,
    campaigns: u64,
    campaign_sizes: Weighted,
    sizes: Weighted,
    clusters: Weighted,
    gaps: Empirical,
    durations: [Empirical; 3],
    streams: Streams,
}

/// Jobs of one size and cluster, seconds apart. Orders by its next submission, then by age.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Campaign {
    submit: SimTime,
    ordinal: u64,
    left: u32,
    gpus: u32,
    queue: u16,
    /// The bits of its normal score of duration: no key, but part of what is ordered.
    score: u64,
}

#[derive(Clone, Debug)]
struct Streams {
    campaign: Stream,
    size: Stream,
    cluster: Stream,
    gap: Stream,
    likeness: Stream,
    duration: Stream,
}

impl PhillyJobs {
    /// Opens every campaign that starts before the next job of those that run.
    fn open(&mut self) {
        while let Some(submit) = self.next {
            let first = self.active.peek().map(|Reverse(campaign)| campaign.submit);
            if first.is_some_and(|first| first < submit) {
                return;
            }
            let streams = &mut self.streams;
            let (fewest, most, _) = CAMPAIGNS[self.campaign_sizes.draw(&mut streams.campaign)];
            let left = campaign_size((fewest, most), streams.campaign.uniform());
            let cluster = self.clusters.draw(&mut streams.cluster);
            self.active.push(Reverse(Campaign {
                submit,
                ordinal: self.campaigns,
                left,
                gpus: SIZES[self.sizes.draw(&mut streams.size)].0,
                queue: u16::try_from(cluster).expect("fifteen clusters"),
                score: streams.likeness.normal().to_bits(),
            }));
            self.campaigns += 1;
            self.next = self.clock.next();
        }
    }

    /// A duration from the table of its class, whose normal score is close to its campaign's.
    fn duration(&mut self, campaign: &Campaign) -> Span {
        let own = self.streams.duration.normal();
        let shared = f64::from_bits(campaign.score);
        let score = LIKENESS.sqrt() * shared + (1.0 - LIKENESS).sqrt() * own;
        let probability = 0.5 * libm::erfc(-score * std::f64::consts::FRAC_1_SQRT_2);
        let class = match campaign.gpus {
            0..=1 => 0,
            2..=4 => 1,
            5.. => 2,
        };
        let seconds = libm::exp(self.durations[class].quantile(probability));
        // The trace counts whole seconds.
        span(libm::floor(seconds + 0.5) * 1e6)
    }
}

impl Iterator for PhillyJobs {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        self.open();
        let Reverse(mut campaign) = self.active.pop()?;
        let submit = campaign.submit;
        if !self.length.holds(self.ordinal, submit) {
            return None;
        }
        let duration = self.duration(&campaign);
        let job = Record {
            tasks: campaign.gpus,
            queue: Some(campaign.queue),
            ..Record::new(Name::Number(self.ordinal), submit, duration)
        };
        self.ordinal += 1;
        campaign.left -= 1;
        if campaign.left > 0 {
            let gap = self.gaps.draw(&mut self.streams.gap);
            campaign.submit = submit.saturating_add(span(libm::floor(gap + 0.5) * 1e6));
            self.active.push(Reverse(campaign));
        }
        Some(job)
    }
}
