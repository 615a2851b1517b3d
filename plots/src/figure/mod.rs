//! Figures: one file per kind, each plain data with a `draw`; what they share lies beside them.

mod axis;
pub mod bars;
pub mod cdf;
pub mod cloud;
pub mod curves;
mod frame;
pub mod gantt;
mod grid;
mod hints;
mod labels;
mod legend;
mod measure;
pub mod panels;
mod pareto;
pub mod ranks;
pub mod scatter;
pub mod stack;
mod thin;
mod ticks;
pub mod timeline;
mod vega;

pub use measure::{Estimate, Measure, Unit};

use crate::PlotError;

/// The largest magnitude a figure takes; beyond it the width of a range could overflow.
pub const LARGEST: f64 = 1e100;

/// The most series, points or bars that a legend or an axis can name.
pub const MOST_NAMES: usize = 60;

/// What stands above a figure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heading {
    /// What is shown.
    pub title: String,
    /// How it came about, for example "20 seeds, 95 % interval" or "exact on this trace".
    pub subtitle: Option<String>,
}

/// The value if it can be drawn, else an error that says where it stands.
fn drawable(value: f64, place: impl FnOnce() -> String) -> Result<f64, PlotError> {
    if value.abs() <= LARGEST {
        Ok(value)
    } else {
        Err(PlotError::NotDrawable {
            place: place(),
            value,
        })
    }
}

/// An error where more things are given than a figure can name.
fn at_most(what: &'static str, count: usize, limit: usize) -> Result<(), PlotError> {
    if count <= limit {
        Ok(())
    } else {
        Err(PlotError::TooMany { what, count, limit })
    }
}

/// Least and greatest of some drawable values; none of none.
fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}
