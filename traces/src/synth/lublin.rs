//! `lublin`: the workload model of Lublin and Feitelson.
//!
//! Source: U. Lublin, D. G. Feitelson, "The workload on parallel supercomputers: modeling the
//! characteristics of rigid jobs", JPDC 63 (2003); constants as in the authors' program
//! `m_lublin99.c`. Fitted to three batch-scheduled machines of the 1990s: sizes are powers of two
//! more often than not, runtimes grow with size, arrivals follow the day. Valid for rigid parallel
//! jobs; it knows neither users nor estimates nor weekends.

use sim_core::units::{SimTime, convert, limits};
use sim_core::world::draw::{Gamma, Stream, span};

use super::parameter::{Length, Luck, ParameterError, positive, share};
use crate::record::{Name, Record, Workload};

/// The model: one or two kinds of job that arrive independently.
#[derive(Clone, Debug, PartialEq)]
pub struct Lublin {
    /// The kinds; the class of a job is its kind.
    pub kinds: Vec<Kind>,
    /// How many jobs.
    pub length: Length,
}

/// One kind of job. Processors become tasks of one GPU each.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    /// Name.
    pub name: String,
    /// Sizes.
    pub size: Size,
    /// Runtimes.
    pub runtime: Runtime,
    /// Arrivals.
    pub arrival: Arrival,
}

/// Sizes: serial, or 2^x with x uniform in two stages, rounded to a power of two or not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// Share of serial jobs.
    pub serial: f64,
    /// Share of parallel jobs whose size is a power of two, of all jobs.
    pub power_of_two: f64,
    /// log2 of the smallest parallel job.
    pub low: f64,
    /// log2 of the size where the density falls.
    pub medium: f64,
    /// log2 of the largest.
    pub high: f64,
    /// Share of the first stage, from `low` to `medium`.
    pub first: f64,
}

/// Runtimes: the logarithm in seconds is gamma(a1, b1) with probability `slope` x size +
/// `intercept` (held to [0, 1]), else gamma(a2, b2); drawn again above 12.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Runtime {
    /// Shape and scale of the shorter jobs.
    pub short: (f64, f64),
    /// Shape and scale of the longer jobs.
    pub long: (f64, f64),
    /// Change of the share of short jobs per processor.
    pub slope: f64,
    /// Share of short jobs at size zero.
    pub intercept: f64,
}

/// Arrivals: the logarithm of a gap in seconds is gamma at the rush hour (drawn again above 13);
/// half-hours weigh as the density of a second gamma over the day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// Shape and scale of the logarithm of a gap; the shape already spans all hours.
    pub gap: (f64, f64),
    /// Shape and scale of the day's cycle, in half-hours.
    pub cycle: (f64, f64),
}

const HALF_HOUR_S: f64 = 1800.0;
const BUCKETS: usize = 48;
/// The model's day starts here, in half-hours.
const DAY_START: usize = 11;
const MOST_LOG_RUNTIME: f64 = 12.0;
const MOST_LOG_GAP: f64 = 13.0;

impl Lublin {
    /// Jobs without a kind on a machine of `procs`: the constants for the whole sample, with the
    /// sizes scaled as the authors advise (medium = high - 2.5).
    pub fn typeless(procs: u32, length: Length) -> Self {
        let high = libm::log2(f64::from(procs));
        let kind = Kind {
            name: "rigid".to_owned(),
            size: Size {
                serial: 0.244,
                power_of_two: 0.576,
                low: 0.8,
                medium: high - 2.5,
                high,
                first: 0.86,
            },
            runtime: Runtime {
                short: (4.2, 0.94),
                long: (312.0, 0.03),
                slope: -0.0054,
                intercept: 0.78,
            },
            arrival: Arrival {
                gap: (10.2303 * 1.0225, 0.4871),
                cycle: (8.1737, 3.9631),
            },
        };
        Self {
            kinds: vec![kind],
            length,
        }
    }

    /// Batch and interactive jobs, with all constants as published: 128 processors, interactive
    /// jobs on at most 45.
    pub fn batch_and_interactive(length: Length) -> Self {
        let interactive = Kind {
            name: "interactive".to_owned(),
            size: Size {
                serial: 0.1541,
                power_of_two: 0.625,
                low: 1.0,
                medium: 3.0,
                high: 5.5,
                first: 0.705,
            },
            runtime: Runtime {
                short: (3.8351, 0.6605),
                long: (7.073, 0.6856),
                slope: -0.0118,
                intercept: 0.9156,
            },
            arrival: Arrival {
                gap: (6.5510 * 0.9797, 0.6621),
                cycle: (8.9186, 3.6680),
            },
        };
        let batch = Kind {
            name: "batch".to_owned(),
            size: Size {
                serial: 0.2927,
                power_of_two: 0.6686,
                low: 1.2,
                medium: 5.0,
                high: 7.0,
                first: 0.875,
            },
            runtime: Runtime {
                short: (6.57, 0.823),
                long: (639.1, 0.0156),
                slope: -0.003,
                intercept: 0.6986,
            },
            arrival: Arrival {
                gap: (6.0415 * 1.0519, 0.8531),
                cycle: (6.1271, 5.2740),
            },
        };
        Self {
            kinds: vec![interactive, batch],
            length,
        }
    }

    /// The jobs, one by one.
    ///
    /// # Errors
    /// The first parameter out of its domain.
    pub fn jobs(&self, luck: Luck<'_>) -> Result<LublinJobs, ParameterError> {
        if self.kinds.is_empty() {
            return Err(ParameterError::new(
                "kinds",
                "[]",
                "must hold at least one kind",
            ));
        }
        let sources = self.kinds.iter().map(|kind| JobSource::open(kind, luck));
        let mut sources: Vec<JobSource> = sources.collect::<Result<_, _>>()?;
        // The mean of an exponential is at least the exponential of the mean.
        let most = |kind: &Kind| 3600.0 / libm::exp(kind.arrival.gap.0 * kind.arrival.gap.1);
        self.length.check(self.kinds.iter().map(most).sum())?;
        for source in &mut sources {
            source.advance();
        }
        Ok(LublinJobs {
            sources,
            length: self.length,
            ordinal: 0,
        })
    }

    /// All jobs.
    ///
    /// # Errors
    /// See [`Lublin::jobs`].
    pub fn workload(&self, luck: Luck<'_>) -> Result<Workload, ParameterError> {
        Ok(Workload {
            jobs: self.jobs(luck)?.collect(),
            classes: self.kinds.iter().map(|kind| kind.name.clone()).collect(),
            notes: vec!["generated: Lublin and Feitelson 2003".to_owned()],
            ..Workload::default()
        })
    }
}

impl Size {
    fn check(&self) -> Result<(), ParameterError> {
        share("size.serial", self.serial)?;
        share("size.power-of-two", self.power_of_two)?;
        share(
            "size.serial + power-of-two",
            self.serial + self.power_of_two,
        )?;
        share("size.first", self.first)?;
        let most = libm::log2(f64::from(limits::MAX_GANG));
        let rises = 0.0 <= self.low && self.low <= self.medium && self.medium <= self.high;
        if !rises || self.high > most {
            let rule = "low <= medium <= high <= log2 of the largest gang";
            let value = format!("{}, {}, {}", self.low, self.medium, self.high);
            return Err(ParameterError::new("size", value, rule));
        }
        Ok(())
    }

    fn draw(&self, stream: &mut Stream) -> u32 {
        let (kind, stage, at) = (stream.uniform(), stream.uniform(), stream.uniform());
        if kind <= self.serial {
            return 1;
        }
        let (from, to) = if stage <= self.first {
            (self.low, self.medium)
        } else {
            (self.medium, self.high)
        };
        let mut log = from + (to - from) * at;
        if kind <= self.serial + self.power_of_two {
            log = libm::floor(log + 0.5);
        }
        let size = convert::floor(libm::exp2(log) + 0.5);
        u32::try_from(size).expect("the largest gang bounds it")
    }
}

/// A source of jobs of one kind.
#[derive(Clone, Debug)]
struct JobSource {
    size: Size,
    runtime: Runtime,
    short: Gamma,
    long: Gamma,
    gap: Gamma,
    weights: [f64; BUCKETS],
    bucket: u64,
    points: f64,
    next: SimTime,
    gaps: Stream,
    sizes: Stream,
    runtimes: Stream,
}

impl JobSource {
    fn open(kind: &Kind, luck: Luck<'_>) -> Result<Self, ParameterError> {
        kind.size.check()?;
        let gamma = |field: &str, (shape, scale): (f64, f64)| {
            let shape = positive(field, shape)?;
            positive(field, scale).map(|scale| Gamma::new(shape, scale))
        };
        let (cycle, runtime) = (kind.arrival.cycle, kind.runtime);
        gamma("arrival.cycle", cycle)?;
        for (field, value) in [("slope", runtime.slope), ("intercept", runtime.intercept)] {
            if !value.is_finite() {
                let field = format!("runtime.{field}");
                return Err(ParameterError::new(&field, value, "must be finite"));
            }
        }
        let stream = |purpose: &str| luck.stream(&format!("{} {purpose}", kind.name));
        let mean = |(shape, scale): (f64, f64)| shape * scale;
        // Twice the cut-off and more would make the redraw below nearly endless.
        for (field, mean, most) in [
            ("runtime.short", mean(runtime.short), MOST_LOG_RUNTIME),
            ("runtime.long", mean(runtime.long), MOST_LOG_RUNTIME),
            ("arrival.gap", mean(kind.arrival.gap), MOST_LOG_GAP),
        ] {
            if mean > most {
                let rule = format!("shape x scale must be at most {most}");
                return Err(ParameterError::new(field, mean, &rule));
            }
        }
        Ok(Self {
            size: kind.size,
            runtime,
            short: gamma("runtime.short", runtime.short)?,
            long: gamma("runtime.long", runtime.long)?,
            gap: gamma("arrival.gap", kind.arrival.gap)?,
            weights: day(cycle).ok_or_else(|| {
                let value = format!("{}, {}", cycle.0, cycle.1);
                ParameterError::new("arrival.cycle", value, "must leave some mass on the day")
            })?,
            bucket: 0,
            points: 0.0,
            next: SimTime::ZERO,
            gaps: stream("gaps"),
            sizes: stream("sizes"),
            runtimes: stream("runtimes"),
        })
    }

    /// Moves on to the next arrival: a gap is paid for in points, of which each half-hour asks for
    /// its weight.
    fn advance(&mut self) {
        let gap = below(&self.gap, MOST_LOG_GAP, &mut self.gaps);
        self.points += libm::exp(gap) / HALF_HOUR_S;
        let mut weight = self.weight();
        while self.points > weight {
            self.points -= weight;
            self.bucket += 1;
            weight = self.weight();
        }
        let seconds = (convert::real(self.bucket) + self.points / weight) * HALF_HOUR_S;
        self.next = SimTime::ZERO.saturating_add(span(seconds * 1e6));
    }

    fn weight(&self) -> f64 {
        let bucket = self.bucket % convert::wide(BUCKETS);
        self.weights[usize::try_from(bucket).expect("a position in the day")]
    }

    fn job(&mut self, ordinal: u64) -> Record {
        let tasks = self.size.draw(&mut self.sizes);
        let share = self.runtime.slope * f64::from(tasks) + self.runtime.intercept;
        let gamma = if self.runtimes.chance(share) {
            &self.short
        } else {
            &self.long
        };
        let log = below(gamma, MOST_LOG_RUNTIME, &mut self.runtimes);
        let duration = span(libm::exp(log) * 1e6);
        Record {
            tasks,
            ..Record::new(Name::Number(ordinal), self.next, duration)
        }
    }
}

/// A draw, taken again while above `most`.
fn below(gamma: &Gamma, most: f64, stream: &mut Stream) -> f64 {
    loop {
        let value = gamma.draw(stream);
        if value <= most {
            return value;
        }
    }
}

/// The weights of the half-hours of a day, with mean one: the mass of a gamma around each, with
/// the day turned so that it starts at [`DAY_START`]. Simpson's rule over 16 steps.
fn day((shape, scale): (f64, f64)) -> Option<[f64; BUCKETS]> {
    const STEPS: u32 = 16;
    let density = |x: f64| libm::exp((shape - 1.0) * libm::log(x) - x / scale);
    let mut weights = [0.0; BUCKETS];
    for hour in DAY_START..DAY_START + BUCKETS {
        let from = convert::real(convert::wide(hour)) - 0.5;
        let mass = (0..=STEPS).map(|step| {
            let weight = match step {
                0 | STEPS => 1.0,
                odd if odd % 2 == 1 => 4.0,
                _ => 2.0,
            };
            weight * density(from + f64::from(step) / f64::from(STEPS))
        });
        weights[(hour - 1) % BUCKETS] = mass.sum();
    }
    let mean = weights.iter().sum::<f64>() / convert::real(convert::wide(BUCKETS));
    // A half-hour of no weight at all would divide by zero; the floor is far below any fit.
    let scaled = weights.map(|weight| (weight / mean).max(1e-6));
    (mean.is_finite() && mean > 0.0).then_some(scaled)
}

/// The jobs of a [`Lublin`] workload, in order of submission.
#[derive(Clone, Debug)]
pub struct LublinJobs {
    sources: Vec<JobSource>,
    length: Length,
    ordinal: u64,
}

impl Iterator for LublinJobs {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let sources = self.sources.iter_mut().zip(0_u16..);
        let (source, class) = sources.min_by_key(|(source, class)| (source.next, *class))?;
        let over = source.next == SimTime::MAX;
        if over || !self.length.holds(self.ordinal, source.next) {
            return None;
        }
        let job = Record {
            class: Some(class),
            ..source.job(self.ordinal)
        };
        source.advance();
        self.ordinal += 1;
        Some(job)
    }
}
