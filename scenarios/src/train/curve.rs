//! The learning curve: what each iteration came to, as a table and as a figure.

use plots::figure::curves::{Curve, Curves};
use plots::figure::{Heading, Measure, Unit};
use plots::{Drawing, PlotError};
use sim_core::units::convert;

use super::Point;

/// Columns of the table.
const COLUMNS: [&str; 11] = [
    "iteration",
    "phase",
    "decisions",
    "rate",
    "return",
    "held_out",
    "entropy",
    "loss",
    "worth_loss",
    "clipped",
    "explained",
];

/// One row an iteration.
pub fn table(points: &[Point]) -> String {
    let mut text = COLUMNS.join(",");
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    for point in points {
        let phase = if point.cloning { "imitates" } else { "learns" };
        let cells = [
            point.iteration.to_string(),
            phase.to_owned(),
            point.decisions.to_string(),
            point.rate.to_string(),
            number(point.mean_return),
            number(point.held_out),
            point.entropy.to_string(),
            point.loss[0].to_string(),
            point.loss[1].to_string(),
            point.clipped.to_string(),
            number(point.explained),
        ];
        text.push_str("\r\n");
        text.push_str(&cells.join(","));
    }
    text.push_str("\r\n");
    text
}

/// Returns over decisions: of the runs that were learned from, and of those that were held back, beside what the heuristic gains.
///
/// # Errors
/// See [`Curves::draw`].
pub fn figure(name: &str, points: &[Point], heuristic: f64) -> Result<Drawing, PlotError> {
    let over = |of: fn(&Point) -> Option<f64>| -> Vec<(f64, f64)> {
        let points = points.iter();
        let known = points.filter_map(|point| Some((convert::real(point.decisions), of(point)?)));
        known.collect()
    };
    let curve = |name: &str, position, points, marked| Curve {
        name: name.to_owned(),
        position,
        points,
        marked,
    };
    let last = points.last().map_or(0, |point| point.decisions);
    let level = vec![(0.0, heuristic), (convert::real(last), heuristic)];
    let measure = |title: &str, unit| Measure {
        title: title.to_owned(),
        unit,
    };
    let curves = Curves {
        heading: Heading {
            title: format!("What {name} has learned"),
            subtitle: Some("mean return of a run; more is better".to_owned()),
        },
        x: measure("Decisions", Unit::One),
        y: measure("Return", Unit::One),
        curves: vec![
            curve("learned from", 0, over(|point| point.mean_return), false),
            curve("held back", 1, over(|point| point.held_out), true),
            curve("without an agent", 2, level, false),
        ],
    };
    curves.draw()
}
