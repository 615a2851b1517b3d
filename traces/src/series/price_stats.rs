//! Spot prices in numbers: their level, their changes, and what a bid would have met.

use std::collections::VecDeque;

use sim_core::units::{Price, Span, convert};

use super::Series;
use super::availability_stats::Runs;
use super::gather::hours;
use super::sample::{mean, median};

/// Spot prices in numbers, in dollars an hour. Shares and means are of time.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceStats {
    /// Records of the file.
    pub records: u64,
    /// From the first record to the last, or to the end of the last sample.
    pub days: f64,
    /// Lowest.
    pub min: f64,
    /// Mean.
    pub mean: f64,
    /// Highest.
    pub max: f64,
    /// Changes over days; none where nothing was observed.
    pub changes_per_day: Option<f64>,
    /// Median size of a change, over the price before it.
    pub median_relative_change: Option<f64>,
    /// Largest size of a change, over the price before it.
    pub max_relative_change: Option<f64>,
    /// Highest less lowest over mean, of a price looked at once an hour: the mean over all windows
    /// of 168 hours that start a whole number of days after the first record. None of a trace
    /// shorter than a week.
    pub mean_weekly_range: Option<f64>,
    /// Share of time at the lowest price: 1 in a pool whose price never moves off its floor.
    pub frac_at_min: f64,
    /// Share of time at the highest price.
    pub frac_at_max: f64,
}

/// What a bidder would have met when the machine was lost whenever its price went above the bid.
#[derive(Clone, Debug, PartialEq)]
pub struct BidStats {
    /// Share of time at or below the bid.
    pub availability: f64,
    /// How often the price went above it.
    pub revocations: u64,
    /// Runs at or below the bid that such a rise ended.
    pub up: Runs,
    /// Mean price while at or below it, in dollars an hour.
    pub mean_paid: Option<f64>,
}

impl PriceStats {
    /// The numbers of `series`. Where nothing was observed but one price, that is all of it.
    pub fn of(series: &Series<Price>) -> Self {
        let pieces: Vec<(Price, Span)> = series.pieces().collect();
        let first = series.steps()[0].1;
        let least = pieces.iter().map(|piece| piece.0).min().unwrap_or(first);
        let most = pieces.iter().map(|piece| piece.0).max().unwrap_or(first);
        let days = hours(series.end().us()) / 24.0;
        let steps = series.steps();
        let changes = convert::real(convert::wide(steps.len() - 1));
        let mut sizes: Vec<f64> = steps
            .windows(2)
            .filter_map(|w| change(w[0].1, w[1].1))
            .collect();
        sizes.sort_by(f64::total_cmp);
        let share = |price: Price| share(&pieces, |at| at == price);
        Self {
            records: series.records,
            days,
            min: usd(least),
            mean: mean_price(&pieces, |_| true).unwrap_or(usd(first)),
            max: usd(most),
            changes_per_day: (days > 0.0).then(|| changes / days),
            median_relative_change: median(&sizes),
            max_relative_change: sizes.last().copied(),
            mean_weekly_range: weekly_range(series),
            frac_at_min: share(least),
            frac_at_max: share(most),
        }
    }
}

impl BidStats {
    /// What a bid of `bid` would have met.
    pub fn of(series: &Series<Price>, bid: Price) -> Self {
        let pieces: Vec<(Price, Span)> = series.pieces().collect();
        let runs: Vec<_> = pieces
            .chunk_by(|a, b| (a.0 <= bid) == (b.0 <= bid))
            .collect();
        // The last run was ended by nothing that was observed.
        let ended = runs.split_last().map_or(&[][..], |(_, ended)| ended);
        let up = ended.iter().filter(|run| run[0].0 <= bid);
        let lengths = up.map(|run| run.iter().fold(Span::ZERO, |sum, piece| sum + piece.1));
        let lengths: Vec<Span> = lengths.collect();
        Self {
            availability: share(&pieces, |price| price <= bid),
            revocations: convert::wide(lengths.len()),
            up: Runs::of(&lengths),
            mean_paid: mean_price(&pieces, |price| price <= bid),
        }
    }
}

/// Nano-dollars as dollars.
fn usd(price: Price) -> f64 {
    convert::real(price.nanousd_h()) / 1e9
}

/// The size of a change over the price before it; none from nothing.
fn change(before: Price, after: Price) -> Option<f64> {
    let size = before.nanousd_h().abs_diff(after.nanousd_h());
    let before = before.nanousd_h();
    (before > 0).then(|| convert::real(size) / convert::real(before))
}

/// The share of time in which `keep` holds.
fn share(pieces: &[(Price, Span)], keep: impl Fn(Price) -> bool) -> f64 {
    let time = |keep: &dyn Fn(Price) -> bool| -> f64 {
        let kept = pieces.iter().filter(|piece| keep(piece.0));
        convert::real(kept.map(|piece| piece.1.us()).sum())
    };
    let all = time(&|_| true);
    if all > 0.0 { time(&keep) / all } else { 0.0 }
}

/// The mean price of the time in which `keep` holds, in dollars.
fn mean_price(pieces: &[(Price, Span)], keep: impl Fn(Price) -> bool) -> Option<f64> {
    let (mut paid, mut time) = (0_u128, 0_u64);
    for &(price, span) in pieces.iter().filter(|piece| keep(piece.0)) {
        paid += u128::from(price.nanousd_h()) * u128::from(span.us());
        time += span.us();
    }
    // Nano-dollars are an integer below 2^50: exact as a double, as is the rest.
    let mean = paid.checked_div(time.into())?;
    let rest = paid - mean * u128::from(time);
    let real = |n: u128| convert::real(u64::try_from(n).unwrap_or(u64::MAX));
    Some((real(mean) + real(rest) / convert::real(time)) / 1e9)
}

/// See [`PriceStats::mean_weekly_range`].
fn weekly_range(series: &Series<Price>) -> Option<f64> {
    const DAY: usize = 24;
    const WEEK: usize = 7 * DAY;
    let hourly = series.resample(Span::from_secs(3600));
    let hourly = hourly.expect("a hundred years have fewer hours than a series has records");
    let samples = usize::try_from(hourly.records).unwrap_or(usize::MAX);
    let mut prices = Vec::with_capacity(samples);
    for (price, span) in hourly.pieces() {
        let looks = span.us() / 3_600_000_000;
        prices.extend((0..looks).map(|_| price));
    }
    let mut window = VecDeque::with_capacity(WEEK);
    let mut ranges = Vec::new();
    for (n, &price) in prices.iter().enumerate() {
        window.push_back(price);
        if window.len() > WEEK {
            window.pop_front();
        }
        if n + 1 >= WEEK && (n + 1 - WEEK).is_multiple_of(DAY) {
            ranges.extend(range(&window));
        }
    }
    mean(&ranges)
}

/// Highest less lowest, over the mean; none where all is free.
fn range(window: &VecDeque<Price>) -> Option<f64> {
    let (least, most) = (window.iter().min()?, window.iter().max()?);
    let sum: u64 = window.iter().map(|price| price.nanousd_h()).sum();
    let width = convert::real(most.nanousd_h() - least.nanousd_h());
    let mean = convert::real(sum) / convert::real(convert::wide(window.len()));
    (sum > 0).then(|| width / mean)
}

#[cfg(test)]
mod tests {
    use sim_core::units::SimTime;

    use super::*;

    fn series(steps: &[(u64, u64)], end: u64) -> Series<Price> {
        let at = |hours: u64| SimTime::from_secs(hours * 3600);
        let usd = |usd: u64| Price::from_nanousd_h(usd * 1_000_000_000).expect("cheap");
        let steps = steps.iter().map(|&(hours, price)| (at(hours), usd(price)));
        Series::new(steps.collect(), at(end)).expect("a series")
    }

    #[test]
    fn level_and_changes_by_hand() {
        let stats = PriceStats::of(&series(&[(0, 2), (12, 4), (18, 2), (24, 3)], 24));
        assert_eq!((stats.min, stats.mean, stats.max), (2.0, 2.5, 4.0));
        assert_eq!(
            stats.changes_per_day,
            Some(3.0),
            "the last record is a change"
        );
        assert_eq!((stats.frac_at_min, stats.frac_at_max), (0.75, 0.25));
        assert_eq!(stats.median_relative_change, Some(0.5));
        assert_eq!(stats.max_relative_change, Some(1.0));
        assert_eq!(stats.mean_weekly_range, None);
    }

    #[test]
    fn a_week_has_its_range_and_each_day_starts_another() {
        // Two windows: the first sees both prices, the second, a day later, only the higher.
        let stats = PriceStats::of(&series(&[(0, 1), (24, 2)], 192));
        let first = 1.0 / ((24.0 + 2.0 * 144.0) / 168.0);
        assert_eq!(stats.mean_weekly_range, Some(first / 2.0));
        let flat = PriceStats::of(&series(&[(0, 0)], 192));
        assert_eq!(flat.mean_weekly_range, None);
    }

    #[test]
    fn a_run_that_nothing_ended_is_no_revocation() {
        let prices = series(&[(0, 1), (5, 9), (6, 2), (10, 9)], 10);
        let two = Price::from_nanousd_h(2_000_000_000).expect("cheap");
        let bid = BidStats::of(&prices, two);
        assert_eq!((bid.revocations, bid.up.mean_h), (1, Some(5.0)));
        assert_eq!((bid.availability, bid.mean_paid), (0.9, Some(13.0 / 9.0)));
        assert_eq!(BidStats::of(&prices, Price::ZERO).mean_paid, None);
    }
}
