//! One field of a row, and its text in CSV.

use sim_core::units::{Moment, Money, SimTime, Span};

use super::column::Kind;
use super::csv::{decimal, number, text};

/// A field of a row. An empty text is nothing, as it is in CSV.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Field {
    Empty,
    Text(String),
    Flag(bool),
    /// Of a decimal column, all its digits.
    Whole(i128),
    Real(f64),
}

impl Field {
    /// As CSV holds it in a column of this kind.
    pub(super) fn printed(&self, kind: Kind) -> String {
        match (self, kind) {
            (Self::Empty, _) => String::new(),
            (Self::Text(words), Kind::Text) => text(words),
            (Self::Flag(flag), Kind::Flag) => flag.to_string(),
            (Self::Whole(whole), Kind::Whole) => whole.to_string(),
            (Self::Whole(digits), Kind::Decimal(places)) => decimal(*digits, places),
            (Self::Real(value), Kind::Real) => number(Some(*value)),
            (Self::Text(_) | Self::Flag(_) | Self::Whole(_) | Self::Real(_), _) => {
                panic!("{self:?} in a column of {kind:?}")
            }
        }
    }
}

impl<T: Into<Field>> From<Option<T>> for Field {
    fn from(field: Option<T>) -> Self {
        field.map_or(Self::Empty, Into::into)
    }
}

impl From<String> for Field {
    fn from(text: String) -> Self {
        if text.is_empty() {
            Self::Empty
        } else {
            Self::Text(text)
        }
    }
}

impl From<&str> for Field {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<bool> for Field {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<u16> for Field {
    fn from(whole: u16) -> Self {
        Self::Whole(whole.into())
    }
}

impl From<u32> for Field {
    fn from(whole: u32) -> Self {
        Self::Whole(whole.into())
    }
}

impl From<u64> for Field {
    fn from(whole: u64) -> Self {
        Self::Whole(whole.into())
    }
}

impl From<i128> for Field {
    fn from(whole: i128) -> Self {
        Self::Whole(whole)
    }
}

impl From<f64> for Field {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<Money> for Field {
    fn from(money: Money) -> Self {
        Self::Whole(money.nanousd())
    }
}

impl From<SimTime> for Field {
    fn from(at: SimTime) -> Self {
        at.us().into()
    }
}

impl From<Span> for Field {
    fn from(span: Span) -> Self {
        span.us().into()
    }
}

impl From<Moment> for Field {
    fn from(at: Moment) -> Self {
        at.get().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_printed_as_its_column_says() {
        let cases = [
            (Field::from("=1+1"), Kind::Text, "'=1+1"),
            (Field::from(""), Kind::Text, ""),
            (Field::from(true), Kind::Flag, "true"),
            (Field::from(-7_i128), Kind::Whole, "-7"),
            (Field::from(500_u64), Kind::Decimal(3), "0.5"),
            (Field::from(None::<f64>), Kind::Real, ""),
            (Field::from(0.1), Kind::Real, "0.1"),
        ];
        for (field, kind, printed) in cases {
            assert_eq!(field.printed(kind), printed);
        }
    }
}
