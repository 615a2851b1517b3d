//! Tables of typed cells: data here, one file beside it per way to show them.

mod csv;
pub(crate) mod html;
mod latex;
mod markdown;
mod text;

use crate::PlotError;
use crate::number::{brief, fixed};
use crate::text::plain;

/// A table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Heads of the columns, with units: "Cost (USD)".
    pub columns: Vec<String>,
    /// Rows with as many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// What it holds.
    pub value: Value,
    /// Whether it is the best of its column, and marked so.
    pub best: bool,
}

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Words.
    Text(String),
    /// A count, shown in full.
    Integer(i128),
    /// An exact decimal, `unscaled` times ten to minus `places`, shown to the last digit: money.
    Decimal {
        /// All its digits.
        unscaled: i128,
        /// How many of them stand behind the point.
        places: u8,
    },
    /// A number, rounded for showing but not in CSV.
    Number {
        /// The number; one that is not finite shows as missing.
        value: f64,
        /// Decimals shown.
        decimals: u8,
    },
    /// A fraction, shown in percent but as given in CSV.
    Share {
        /// The fraction; one that is not finite shows as missing.
        value: f64,
        /// Decimals of the percentage shown.
        decimals: u8,
    },
    /// A number and its interval; three columns in CSV.
    Interval {
        /// The number.
        value: f64,
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
        /// Decimals shown.
        decimals: u8,
    },
    /// Nothing, shown as "n/a".
    Missing,
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        Self { value, best: false }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned()).into()
    }
}

impl Cell {
    /// A number with some decimals.
    pub fn number(value: f64, decimals: u8) -> Self {
        Value::Number { value, decimals }.into()
    }

    /// The same marked as best of its column.
    pub fn best(self) -> Self {
        Self { best: true, ..self }
    }
}

impl Table {
    /// An error unless every row has a cell per column.
    fn check(&self) -> Result<(), PlotError> {
        let columns = self.columns.len();
        match self.rows.iter().position(|row| row.len() != columns) {
            None => Ok(()),
            Some(row) => Err(PlotError::Ragged {
                row,
                cells: self.rows[row].len(),
                columns,
            }),
        }
    }

    /// The cells of a column; rows that are too short have none.
    fn cells(&self, column: usize) -> impl Iterator<Item = &Cell> {
        self.rows.iter().filter_map(move |row| row.get(column))
    }

    /// Whether a column holds no words, so that it is aligned to the right.
    fn is_numeric(&self, column: usize) -> bool {
        let is_text = |cell: &Cell| matches!(cell.value, Value::Text(_));
        !self.cells(column).any(is_text)
    }
}

impl Value {
    /// As people read it, on one line, with a typographic minus.
    fn shown(&self) -> String {
        match self {
            Self::Text(text) => plain(text),
            Self::Integer(value) => grouped(&value.to_string()),
            Self::Decimal { unscaled, places } => grouped(&exact(*unscaled, *places)),
            Self::Number { value, decimals } => rounded(*value, *decimals),
            Self::Share { value, decimals } if value.is_finite() => {
                rounded(value * 100.0, *decimals) + " %"
            }
            Self::Interval {
                value,
                low,
                high,
                decimals,
            } => {
                let (below, above) = (value - low, high - value);
                let [value, low, high] = [value, low, high].map(|v| rounded(*v, *decimals));
                if (below - above).abs() <= 1e-9 * (below + above) {
                    return format!("{value} ± {}", rounded(above, *decimals));
                }
                format!("{value} [{low}, {high}]")
            }
            Self::Share { .. } | Self::Missing => MISSING.to_owned(),
        }
    }

    /// What a column is sorted by, in full; nothing of words and of what is missing.
    fn ordered(&self) -> Option<String> {
        match self {
            Self::Integer(value) => Some(value.to_string()),
            Self::Decimal { unscaled, places } => Some(exact(*unscaled, *places)),
            Self::Number { value, .. }
            | Self::Share { value, .. }
            | Self::Interval { value, .. } => value.is_finite().then(|| value.to_string()),
            Self::Text(_) | Self::Missing => None,
        }
    }

    /// As a terminal and Markdown show it: with the minus of ASCII.
    fn typed(&self) -> String {
        match self {
            Self::Text(text) => plain(text),
            Self::Integer(_)
            | Self::Decimal { .. }
            | Self::Number { .. }
            | Self::Share { .. }
            | Self::Interval { .. }
            | Self::Missing => self.shown().replace('−', "-"),
        }
    }
}

const MISSING: &str = "n/a";

fn rounded(value: f64, decimals: u8) -> String {
    if !value.is_finite() {
        MISSING.to_owned()
    } else if value.abs() < 1e15 {
        fixed(value, decimals.min(17).into())
    } else {
        brief(value, 4)
    }
}

/// The digits of an exact decimal.
fn exact(unscaled: i128, places: u8) -> String {
    let places = usize::from(places);
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let sign = if unscaled < 0 { "-" } else { "" };
    let point = if places > 0 { "." } else { "" };
    format!("{sign}{whole}{point}{fraction}")
}

/// Digits in threes, with a typographic minus.
fn grouped(number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("−", digits),
        None => ("", number),
    };
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = sign.to_owned();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_shown_to_the_last_digit() {
        let money = |unscaled, places| Value::Decimal { unscaled, places }.shown();
        assert_eq!(money(1_234_567_890_123, 9), "1,234.567890123");
        assert_eq!(money(-5, 2), "−0.05");
        assert_eq!(money(-1_200, 0), "−1,200");
        assert_eq!(
            money(i128::MIN, 9).len(),
            "−170,141,183,460,469,231,731,687,303,715.884105728".len()
        );
    }

    #[test]
    fn what_is_not_finite_is_missing() {
        for value in [f64::NAN, f64::INFINITY] {
            assert_eq!(Cell::number(value, 2).value.shown(), "n/a");
            assert_eq!(Value::Share { value, decimals: 1 }.shown(), "n/a");
        }
        assert_eq!(Cell::number(1e300, 2).value.shown(), "1×10³⁰⁰");
    }
}
