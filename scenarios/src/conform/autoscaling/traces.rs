//! The six traces, in requests a second by tick.

use sim_core::units::convert;
use sim_core::world::draw::{Poisson, Stream};

use crate::conform::Place;
use crate::conform::table::Table;

/// What is read.
pub(in crate::conform) const INPUTS: &[&str] = &[
    "data/serving/azure_llm_2023_code.csv.gz",
    "data/serving/azure_llm_2023_conv.csv.gz",
    "data/serving/genai2026_arrivals_10min.csv",
    "data/serving/genai2026_arrivals_1h.csv",
];
/// Replicas that bear the mean of the first half.
const MEAN: f64 = 10.0;
/// Days of a trace of ours.
const DAYS: u64 = 14;

/// A load over time.
pub(super) struct Trace {
    pub(super) name: &'static str,
    /// Seconds of a tick, and of a step of a forecast.
    pub(super) tick_s: u64,
    pub(super) step_s: u64,
    /// Steps of a season.
    pub(super) season: usize,
    /// Requests a second, in thousandths, by tick.
    pub(super) rates_milli: Vec<u64>,
}

impl Trace {
    /// Ticks that these seconds take.
    pub(super) fn ticks(&self, seconds: u64) -> u32 {
        u32::try_from(seconds.div_ceil(self.tick_s)).expect("few")
    }

    /// Steps of a forecast that these seconds take.
    pub(super) fn lead(&self, seconds: u64) -> u32 {
        u32::try_from(seconds.div_ceil(self.step_s)).expect("few")
    }

    /// Even within a step, and scaled.
    fn of(
        (name, season): (&'static str, usize),
        (tick_s, step_s): (u64, u64),
        counts: &[f64],
    ) -> Result<Self, String> {
        let half = &counts[..counts.len() / 2];
        let mean = half.iter().sum::<f64>() / convert::real(convert::wide(half.len()));
        if mean.is_nan() || mean <= 0.0 {
            return Err(format!("{name}: its first half is empty"));
        }
        let rate = |count: &f64| convert::floor(count / mean * MEAN * 1000.0 + 0.5);
        let each = usize::try_from(step_s / tick_s).expect("few");
        let even = |count: &f64| std::iter::repeat_n(rate(count), each);
        Ok(Self {
            name,
            tick_s,
            step_s,
            season,
            rates_milli: counts.iter().flat_map(even).collect(),
        })
    }
}

/// All of them. Azure's, of an hour each, are counted by the minute, of which ten are taken for a season; a season of the
/// others is a day.
pub(super) fn all(place: &Place<'_>) -> Result<Vec<Trace>, String> {
    let read = |input: &str| Table::read(&place.find(input)?);
    let by_minute = |input: &str| minutes(&read(input)?.texts("TIMESTAMP")?);
    let counts = |input: &str| read(input)?.numbers("requests");
    let (minute, ten, hour) = ((15, 60), (60, 600), (60, 3600));
    Ok(vec![
        Trace::of(("azure-code", 10), minute, &by_minute(INPUTS[0])?)?,
        Trace::of(("azure-conversation", 10), minute, &by_minute(INPUTS[1])?)?,
        Trace::of(("genai-10min", 144), ten, &counts(INPUTS[2])?)?,
        Trace::of(("genai-1h", 24), hour, &counts(INPUTS[3])?)?,
        Trace::of(("diurnal", 144), ten, &diurnal(1))?,
        Trace::of(("bursty", 144), ten, &bursty(1))?,
    ])
}

/// Requests of each whole minute from the first on; instants are of one day, as `2023-11-16 18:17:03.9799600`.
fn minutes(instants: &[String]) -> Result<Vec<f64>, String> {
    let second = |instant: &String| -> Option<f64> {
        let mut parts = instant.split_once(' ')?.1.split(':');
        let mut next = || parts.next()?.parse::<f64>().ok();
        Some(next()? * 3600.0 + next()? * 60.0 + next()?)
    };
    let wrong = |instant: &String| format!("TIMESTAMP: {instant}: not an instant");
    let seconds: Result<Vec<f64>, String> = instants
        .iter()
        .map(|instant| second(instant).ok_or_else(|| wrong(instant)))
        .collect();
    let seconds = seconds?;
    let first = seconds.first().ok_or("there is no request")?;
    let mut counts = Vec::new();
    for second in &seconds {
        let minute = usize::try_from(convert::floor((second - first) / 60.0)).expect("a day");
        counts.resize(counts.len().max(minute + 1), 0.0);
        counts[minute] += 1.0;
    }
    // The last one is not over.
    counts.pop();
    Ok(counts)
}

/// Ten-minute counts: a day's wave, less on the sixth and seventh day, and what chance adds, which half remembers.
fn diurnal(seed: u64) -> Vec<f64> {
    let mut luck = Stream::new(seed, &["autoscaling".into(), "diurnal".into()]);
    let mut off = 0.0;
    let count = |at: u64| {
        let turn = convert::real(at % 144) / 144.0 * std::f64::consts::TAU;
        let weekend = if at / 144 % 7 > 4 { 0.6 } else { 1.0 };
        off = 0.5 * off + 0.1 * luck.normal();
        let mean = 600.0 * weekend * (1.0 - 0.7 * libm::cos(turn)) * libm::exp(off);
        convert::real(Poisson::new(mean).draw(&mut luck))
    };
    (0..DAYS * 144).map(count).collect()
}

/// Ten-minute counts: an even load, and bursts of three to nine times as much that come every eight hours and last one, on the
/// average.
fn bursty(seed: u64) -> Vec<f64> {
    let mut luck = Stream::new(seed, &["autoscaling".into(), "bursty".into()]);
    let mut level = 1.0;
    let count = |_| {
        if level > 1.0 {
            level = if luck.chance(1.0 / 6.0) { 1.0 } else { level };
        } else if luck.chance(1.0 / 48.0) {
            level = 3.0 + 6.0 * luck.uniform();
        }
        convert::real(Poisson::new(300.0 * level).draw(&mut luck))
    };
    (0..DAYS * 144).map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_the_minute_and_scaled_to_the_first_half() {
        let at = |time: &str| format!("2023-11-16 {time}");
        let instants = ["18:59:30.5", "19:00:29.0", "19:00:31.0", "19:02:31.0"].map(at);
        let counts = minutes(&instants).expect("sound");
        let counts: Vec<u64> = counts.into_iter().map(convert::floor).collect();
        assert_eq!(counts, [2, 1, 0]);
        assert!(minutes(&["19:00".to_owned()]).is_err());
        let trace = Trace::of(("one", 2), (15, 30), &[2.0, 2.0, 1.0, 0.0]).expect("sound");
        let rates = [10_000, 10_000, 10_000, 10_000, 5_000, 5_000, 0, 0];
        assert_eq!(trace.rates_milli, rates);
        assert_eq!((trace.ticks(480), trace.lead(480)), (32, 16));
    }

    #[test]
    fn ours_are_the_same_each_time_and_bursts_are_rare() {
        let counts = bursty(1);
        assert_eq!(counts, bursty(1));
        assert_ne!(counts, bursty(2));
        let bursts = counts.iter().filter(|count| **count > 500.0).count();
        // About one in nine.
        assert!((100..500).contains(&bursts), "{bursts}");
        assert_eq!(diurnal(1).len(), 2016);
    }
}
