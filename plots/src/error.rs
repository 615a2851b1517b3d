//! Why a figure or table cannot be drawn: the value, its place and the remedy.

use std::fmt;

/// Why nothing was drawn. No partial output exists when one of these is returned.
#[derive(Debug, Clone, PartialEq)]
pub enum PlotError {
    /// A value is NaN, infinite, or beyond [`crate::figure::LARGEST`].
    NotDrawable {
        /// Where it stands, for example `series "fifo", point 3`.
        place: String,
        /// The value.
        value: f64,
    },
    /// A duration is negative.
    Negative {
        /// Where it stands.
        place: String,
        /// The value, in seconds.
        value: f64,
    },
    /// Times go backwards.
    Unsorted {
        /// Where the earlier time follows a later one.
        place: String,
    },
    /// An interval does not hold its own value, or ends before it starts.
    Interval {
        /// Where it stands.
        place: String,
        /// Its lower end.
        low: f64,
        /// Its upper end.
        high: f64,
    },
    /// More things than one figure can show.
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many were given.
        count: usize,
        /// How many fit.
        limit: usize,
    },
    /// An index names a node, lane, state or bar that the chart does not have.
    OutOfRange {
        /// Which index.
        place: String,
    },
    /// A row of a table has another number of cells than the table has columns.
    Ragged {
        /// The row, counted from 0.
        row: usize,
        /// Its cells.
        cells: usize,
        /// The columns.
        columns: usize,
    },
    /// A library below refused; its own words.
    Renderer(String),
}

impl fmt::Display for PlotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDrawable { place, value } => write!(
                f,
                "{place}: {value} cannot be drawn: leave the point out or mend its source"
            ),
            Self::Negative { place, value } => {
                write!(
                    f,
                    "{place}: {value} s is negative: a duration is at least 0"
                )
            }
            Self::Unsorted { place } => {
                write!(f, "{place}: earlier than the point before it: sort by time")
            }
            Self::Interval { place, low, high } => write!(
                f,
                "{place}: [{low}, {high}] must be in order and hold its value"
            ),
            Self::TooMany { what, count, limit } => write!(
                f,
                "{count} {what} do not fit one figure: at most {limit}; draw a selection"
            ),
            Self::OutOfRange { place } => write!(f, "{place}: there is no such row in this chart"),
            Self::Ragged {
                row,
                cells,
                columns,
            } => write!(f, "row {row}: {cells} cells for {columns} columns"),
            Self::Renderer(words) => write!(f, "the figure could not be rendered: {words}"),
        }
    }
}

impl std::error::Error for PlotError {}
