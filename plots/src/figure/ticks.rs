//! Where the ticks of an axis lie and what they say: round numbers, round times.

use crate::lossy::{floor_count, real};
use crate::number::{exponent, fixed, power_of_ten, scientific};

/// A labelled place on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) at: f64,
    pub(crate) label: String,
}

/// The round step (1, 2 or 5 times a power of ten) that cuts a width into about `wanted` pieces.
pub(crate) fn round_step(width: f64, wanted: f64) -> f64 {
    let raw = width / wanted;
    let unit = power_of_ten(exponent(raw));
    let multiple = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|multiple| raw <= multiple * unit * 1.000_001)
        .unwrap_or(10.0);
    multiple * unit
}

/// Ticks at multiples of a step within a range.
pub(crate) fn every(step: f64, (low, high): (f64, f64)) -> Vec<Tick> {
    let first = (low / step - 1e-6).ceil();
    let count = floor_count(((high / step + 1e-6).floor() - first + 1.0).clamp(0.0, 100.0));
    let largest = low.abs().max(high.abs());
    let far_out = exponent(largest) > 8 || exponent(step) < -5;
    let decimals = usize::try_from(-exponent(step)).unwrap_or(0);
    let label = |at: f64| {
        if far_out && at != 0.0 {
            // As many digits as tell one tick from the next.
            scientific(at, (exponent(at) - exponent(step)).clamp(0, 15))
        } else {
            fixed(at, decimals)
        }
    };
    let ticks = (0..count).map(|i| (first + real(i)) * step);
    ticks
        .map(|at| Tick {
            at,
            label: label(at),
        })
        .collect()
}

/// A unit of time for an axis: its sign, its seconds, and its steps, in units.
const TIMES: [(&str, f64, &[f64]); 4] = [
    ("s", 1.0, &[1.0, 2.0, 5.0, 10.0, 20.0, 30.0]),
    ("min", 60.0, &[1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0]),
    ("h", 3_600.0, &[1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 24.0]),
    ("d", 86_400.0, &[1.0, 2.0, 5.0, 7.0, 14.0, 28.0]),
];

/// The sign of the unit and the ticks, in seconds, for a range of time of some width.
pub(crate) fn times((low, high): (f64, f64), wanted: f64) -> (&'static str, Vec<Tick>) {
    let width = high - low;
    let pick = [120.0, 7_200.0, 259_200.0]
        .iter()
        .position(|below| width < *below)
        .unwrap_or(3);
    let (sign, seconds, steps) = TIMES[pick];
    let raw = width / seconds / wanted;
    let step = steps
        .iter()
        .copied()
        .find(|step| raw <= *step && steps[0] <= raw * 2.0)
        .unwrap_or_else(|| round_step(width / seconds, wanted));
    let mut ticks = every(step, (low / seconds, high / seconds));
    for tick in &mut ticks {
        tick.at *= seconds;
    }
    (sign, ticks)
}

/// Candidates for ticks of a logarithmic time axis, the more telling first: one of each unit,
/// then tens of it, then what fills the gaps.
pub(crate) fn log_times((low, high): (f64, f64)) -> Vec<Tick> {
    let mut ranked: Vec<(usize, Tick)> = Vec::new();
    for (sign, seconds, by_rank) in LOG_TIMES {
        for (rank, amounts) in by_rank.iter().enumerate() {
            ranked.extend(
                amounts
                    .iter()
                    .map(|amount| (rank, named(*amount, seconds, sign))),
            );
        }
    }
    let decades = [(1, 1.0), (2, 2.0), (2, 5.0)];
    for power in exponent(low.min(1.0))..0 {
        let (sign, below) = match power {
            -3..0 => ("ms", -3),
            -6..-3 => ("µs", -6),
            _ => ("ns", -9),
        };
        for (rank, amount) in decades {
            let label = named(amount * power_of_ten(power - below), 1.0, sign).label;
            let at = amount * power_of_ten(power);
            ranked.push((rank, Tick { at, label }));
        }
    }
    for power in 0..=exponent((high / YEAR).max(1.0)) {
        let years = decades.map(|(rank, amount)| (rank, amount * power_of_ten(power)));
        ranked.extend(years.map(|(rank, amount)| (rank, named(amount, YEAR, "y"))));
    }
    ranked.retain(|(_, tick)| (low..=high).contains(&tick.at));
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, tick)| tick).collect()
}

/// Seconds of a common year.
const YEAR: f64 = 31_536_000.0;

/// Units of a logarithmic time axis: sign, seconds, and amounts by how telling they are.
const LOG_TIMES: [(&str, f64, [&[f64]; 3]); 4] = [
    ("s", 1.0, [&[1.0], &[10.0], &[2.0, 5.0, 20.0, 30.0]]),
    ("min", 60.0, [&[1.0], &[10.0], &[2.0, 5.0, 20.0, 30.0]]),
    ("h", 3_600.0, [&[1.0], &[6.0], &[2.0, 3.0, 12.0]]),
    (
        "d",
        86_400.0,
        [
            &[1.0],
            &[10.0, 100.0],
            &[2.0, 3.0, 5.0, 20.0, 30.0, 50.0, 200.0],
        ],
    ),
];

/// A tick at an amount of a unit.
fn named(amount: f64, seconds: f64, sign: &str) -> Tick {
    Tick {
        at: amount * seconds,
        label: format!("{} {sign}", crate::number::brief(amount, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn steps_are_round() {
        assert_eq!(
            labels(&every(round_step(1.0, 5.0), (0.0, 1.0))),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(
            labels(&every(500.0, (900.0, 2100.0))),
            ["1,000", "1,500", "2,000"]
        );
        assert_eq!(labels(&every(5e8, (0.0, 1e9))), ["0", "5×10⁸", "1×10⁹"]);
    }

    #[test]
    fn times_use_the_unit_that_suits() {
        let (unit, ticks) = times((0.0, 86_400.0), 7.0);
        assert_eq!(
            (unit, labels(&ticks)),
            ("h", vec!["0", "4", "8", "12", "16", "20", "24"])
        );
        let (unit, ticks) = times((0.0, 7.0 * 86_400.0), 7.0);
        assert_eq!((unit, ticks.len()), ("d", 8));
        let (unit, ticks) = times((0.0, 1e10), 7.0);
        assert_eq!((unit, labels(&ticks)[1]), ("d", "20,000"));
    }

    #[test]
    fn log_times_are_human() {
        let ticks = log_times((1.0, 86_400.0));
        assert_eq!(labels(&ticks)[..4], ["1 s", "1 min", "1 h", "1 d"]);
        assert!(labels(&log_times((1e-4, 1.0))).contains(&"100 µs"));
        assert!(labels(&log_times((1e-13, 1.0))).contains(&"0.0001 ns"));
        assert!(labels(&log_times((1e8, 1e12))).contains(&"1,000 y"));
    }
}
