//! Availability in numbers: how often all machines could be had, and for how long at a time.

use sim_core::units::{Span, convert};

use super::Series;
use super::gather::hours;
use super::sample::{mean, median, p90};

/// Availability in numbers. *Full* is the most machines that the trace ever has; a run is a stretch
/// of the trace as long as it lasts, so that a sample counts for the whole gap after it, and the
/// first and last run are cut off by the trace. Shares are of time.
#[derive(Clone, Debug, PartialEq)]
pub struct AvailabilityStats {
    /// Records of the file.
    pub records: u64,
    /// Time between samples, where there is one for all.
    pub gap: Option<Span>,
    /// Length of the trace.
    pub days: f64,
    /// Most machines at a time.
    pub nodes: u32,
    /// Mean number of machines.
    pub mean_nodes: f64,
    /// Share of time with all of them.
    pub frac_all_available: f64,
    /// Mean number over the most.
    pub mean_frac_nodes: f64,
    /// Share of time with all or none.
    pub frac_all_or_none: f64,
    /// Ends of full availability.
    pub losses: u64,
    /// Runs of full availability.
    pub up: Runs,
    /// Runs without it.
    pub down: Runs,
    /// Losses over days of full availability.
    pub losses_per_available_day: Option<f64>,
    /// Instants at which the number falls.
    pub drop_events: u64,
    /// Machines by which it falls, of all those instants.
    pub node_drops: u64,
}

/// Lengths of runs; none where there are no runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Runs {
    /// How many.
    pub count: u64,
    /// Mean, in hours.
    pub mean_h: Option<f64>,
    /// Median, the mean of the middle two where there are two.
    pub median_h: Option<f64>,
    /// The least with 90 % of the runs, rounded down, shorter or equal and before it.
    pub p90_h: Option<f64>,
    /// Longest.
    pub max_h: Option<f64>,
}

impl AvailabilityStats {
    /// The numbers of `series`; a trace observed for no time at all has shares of zero.
    pub fn of(series: &Series<u32>) -> Self {
        let pieces: Vec<(u32, Span)> = series.pieces().collect();
        let nodes = pieces.iter().map(|piece| piece.0).max().unwrap_or(0);
        let length = series.end().us();
        let time = |keep: &dyn Fn(u32) -> bool| -> u64 {
            let kept = pieces.iter().filter(|piece| keep(piece.0));
            kept.map(|piece| piece.1.us()).sum()
        };
        let full = |value: u32| value == nodes && nodes > 0;
        let area: u128 = pieces
            .iter()
            .map(|&(value, span)| u128::from(value) * u128::from(span.us()))
            .sum();
        let mean_nodes = ratio(area, u128::from(length));
        let (up, down) = runs(&pieces, full);
        let changes = || pieces.windows(2).map(|pair| (pair[0].0, pair[1].0));
        let drops = || changes().filter_map(|(before, after)| before.checked_sub(after));
        let losses = changes().filter(|change| full(change.0)).count();
        let (losses, available) = (convert::wide(losses), time(&full));
        let per_day = convert::real(losses) / (hours(available) / 24.0);
        Self {
            records: series.records,
            gap: series.gap,
            days: hours(length) / 24.0,
            nodes,
            mean_nodes,
            frac_all_available: ratio(available.into(), length.into()),
            mean_frac_nodes: mean_nodes / f64::from(nodes.max(1)),
            frac_all_or_none: ratio(
                time(&|value| full(value) || value == 0).into(),
                length.into(),
            ),
            losses,
            up,
            down,
            losses_per_available_day: (available > 0).then_some(per_day),
            drop_events: convert::wide(drops().filter(|&drop| drop > 0).count()),
            node_drops: drops().map(u64::from).sum(),
        }
    }
}

impl Runs {
    /// Of lengths in any order.
    pub(super) fn of(lengths: &[Span]) -> Self {
        let mut hours: Vec<f64> = lengths.iter().map(|span| hours(span.us())).collect();
        hours.sort_by(f64::total_cmp);
        Self {
            count: convert::wide(hours.len()),
            mean_h: mean(&hours),
            median_h: median(&hours),
            p90_h: p90(&hours),
            max_h: hours.last().copied(),
        }
    }
}

/// The runs in which `up` holds, and those in which it does not.
fn runs(pieces: &[(u32, Span)], up: impl Fn(u32) -> bool) -> (Runs, Runs) {
    let (mut ups, mut downs) = (Vec::new(), Vec::new());
    for run in pieces.chunk_by(|a, b| up(a.0) == up(b.0)) {
        let length = run.iter().fold(Span::ZERO, |sum, piece| sum + piece.1);
        let list = if up(run[0].0) { &mut ups } else { &mut downs };
        list.push(length);
    }
    (Runs::of(&ups), Runs::of(&downs))
}

/// A quotient of integers, zero where there is nothing to divide by.
fn ratio(part: u128, whole: u128) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    // Whole numbers and the rest apart, each exact in a double.
    let real = |n: u128| convert::real(u64::try_from(n).unwrap_or(u64::MAX));
    real(part / whole) + real(part % whole) / real(whole)
}

#[cfg(test)]
mod tests {
    use sim_core::units::SimTime;

    use super::*;

    fn stats(steps: &[(u64, u32)], end: u64) -> AvailabilityStats {
        let at = |hours: u64| SimTime::from_secs(hours * 3600);
        let steps = steps.iter().map(|&(hours, value)| (at(hours), value));
        AvailabilityStats::of(&Series::new(steps.collect(), at(end)).expect("a series"))
    }

    #[test]
    fn runs_losses_and_drops_by_hand() {
        let stats = stats(&[(0, 4), (6, 1), (7, 0), (10, 4), (12, 3)], 24);
        assert_eq!((stats.nodes, stats.days), (4, 1.0));
        assert_eq!(
            (stats.losses, stats.drop_events, stats.node_drops),
            (2, 3, 5)
        );
        assert_eq!(stats.losses_per_available_day, Some(6.0));
        let shares = (stats.frac_all_available, stats.frac_all_or_none);
        assert_eq!(shares, (8.0 / 24.0, 11.0 / 24.0));
        let mean = (24.0 + 1.0 + 8.0 + 36.0) / 24.0;
        assert_eq!((stats.records, stats.mean_nodes), (5, mean));
        assert_eq!((stats.up.count, stats.up.mean_h), (2, Some(4.0)));
        assert_eq!((stats.up.max_h, stats.down.max_h), (Some(6.0), Some(12.0)));
    }

    #[test]
    fn nothing_observed_and_nothing_available_are_no_fault() {
        let instant = stats(&[(0, 8)], 0);
        assert_eq!((instant.nodes, instant.frac_all_available), (0, 0.0));
        let none = stats(&[(0, 0)], 5);
        assert_eq!(
            (none.losses_per_available_day, none.up),
            (None, Runs::default())
        );
        assert_eq!((none.frac_all_or_none, none.down.count), (1.0, 1));
    }
}
