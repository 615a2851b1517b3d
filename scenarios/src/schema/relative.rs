//! A value relative to what the scenario says: `+20%`, `-10%`, `+2`, `+-2`, `+30m`, `x1.5`.

use sim_core::units::{Money, Span, convert};

use super::fleet::Bytes;
use super::quantity::{self, print_money, print_size, print_span};
use super::value::Value;

/// One whole, in the millionths that a factor counts.
const WHOLE: i128 = 1_000_000;
/// Most that a factor may be: a thousand.
const MOST: u128 = 1_000 * 1_000_000;

/// What is to be done to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Takes this many millionths of it.
    Times(i128),
    /// Adds this much, which is written as the value is.
    Plus {
        /// The amount, without its sign.
        amount: String,
        /// Whether it is taken away instead.
        away: bool,
    },
}

impl Change {
    /// The change that `text` spells, if it is one: a bare `-2` is a number, as some keys go below zero.
    pub(super) fn of(text: &str) -> Option<Self> {
        if let Some(factor) = text.strip_prefix('x') {
            return millionths(factor, 1_000_000).map(Self::Times);
        }
        if let Some(part) = text.strip_suffix('%') {
            if let Some(more) = part.strip_prefix('+') {
                return millionths(more, 10_000).map(|more| Self::Times(WHOLE + more));
            }
            let less = millionths(part.strip_prefix('-')?, 10_000)?;
            return Some(Self::Times(WHOLE - less));
        }
        let added = text.strip_prefix('+')?;
        let (amount, away) = match added.strip_prefix('-') {
            Some(amount) => (amount, true),
            None => (added, false),
        };
        let begins = amount.starts_with(|c: char| c.is_ascii_digit() || c == '$');
        begins.then(|| Self::Plus {
            amount: amount.to_owned(),
            away,
        })
    }

    /// `old` after the change: a count rounded to the nearest whole, a quantity to its smallest unit.
    ///
    /// # Errors
    /// The rule that it breaks: nothing that can be counted, another unit, below zero, beyond 64 bits.
    pub(super) fn applied(&self, old: &Value) -> Result<Value, String> {
        match old {
            Value::Integer(old) => self.whole(*old),
            Value::Float(old) => self.real(*old),
            Value::Text(old) => self.quantity(old),
            Value::Bool(_) | Value::Date(_) | Value::List(_) | Value::Table(_) => {
                Err(format!("{}, which has no more or less", old.noun()))
            }
        }
    }

    fn whole(&self, old: i64) -> Result<Value, String> {
        let new = match self {
            Self::Times(factor) => Some(times(old.into(), *factor)),
            Self::Plus { amount, away } => {
                let amount: i64 = amount
                    .parse()
                    .map_err(|_| format!("{old} is an integer, and takes +2, +20% or x1.5"))?;
                let amount = i128::from(amount);
                i128::from(old).checked_add(if *away { -amount } else { amount })
            }
        };
        let new = new.and_then(|new| i64::try_from(new).ok());
        new.map(Value::Integer).ok_or_else(beyond)
    }

    fn real(&self, old: f64) -> Result<Value, String> {
        let new = match self {
            // Two exact integers: the only rounding is that of the quotient and of the product.
            Self::Times(factor) => {
                let size = u64::try_from(factor.unsigned_abs()).map_err(|_| beyond())?;
                let size = convert::real(size) / 1e6;
                old * if *factor < 0 { -size } else { size }
            }
            Self::Plus { amount, away } => {
                let amount: f64 = amount
                    .parse()
                    .map_err(|_| format!("{old} is a number, and takes +0.5, +20% or x1.5"))?;
                old + if *away { -amount } else { amount }
            }
        };
        if new.is_finite() {
            Ok(Value::Float(new))
        } else {
            Err(beyond())
        }
    }

    /// A duration, an amount of money, a size, a part or a rate: what it was it stays.
    fn quantity(&self, old: &str) -> Result<Value, String> {
        if let Ok(span) = quantity::parse_span(old) {
            let read = |text: &str| quantity::parse_span(text).map(|span| span.us().into());
            let new = self.exact(span.us().into(), read, "+30m")?;
            let new = u64::try_from(new).ok().and_then(Span::from_us);
            return new.map(|new| print_span(new).into()).ok_or_else(beyond);
        }
        if let Ok(money) = quantity::parse_money(old) {
            let read = |text: &str| quantity::parse_money(text).map(Money::nanousd);
            let new = self.exact(money.nanousd(), read, "+$0.50")?;
            return Ok(print_money(Money::from_nanousd(new)).into());
        }
        if let Ok(size) = quantity::parse_size(old) {
            let read = |text: &str| quantity::parse_size(text).map(|size| size.0.into());
            let new = self.exact(size.0.into(), read, "+40GiB")?;
            let new = u64::try_from(new).map_err(|_| beyond())?;
            return Ok(print_size(Bytes(new)).into());
        }
        if let Some((number, unit)) = old.split_once('/')
            && quantity::parse_rate(old).is_ok()
        {
            let number: f64 = number.parse().map_err(|_| beyond())?;
            let amount = self.per(unit, old)?;
            let Value::Float(new) = amount.real(number)? else {
                return Err(beyond());
            };
            return Ok(format!("{new}/{unit}").as_str().into());
        }
        if let (Ok(part), Self::Times(factor)) = (quantity::parse_percent(old), self) {
            let new = times(part.into(), *factor);
            return Ok(format!("{}%", decimal(new, 10_000)).as_str().into());
        }
        Err(format!("{old:?} is nothing that has more or less"))
    }

    /// The change on an exact amount; `example` is how one adds to it.
    fn exact(
        &self,
        old: i128,
        read: impl Fn(&str) -> Result<i128, &'static str>,
        example: &str,
    ) -> Result<i128, String> {
        let new = match self {
            Self::Times(factor) => times(old, *factor),
            Self::Plus { amount, away } => {
                let amount = read(amount).map_err(|rule| {
                    format!("+{amount} is {rule}; write {example}, +20% or x1.5")
                })?;
                old + if *away { -amount } else { amount }
            }
        };
        if new < 0 {
            Err(String::from("less than nothing is left"))
        } else {
            Ok(new)
        }
    }

    /// The change on the number of a rate: what is added is a rate of the same unit.
    fn per(&self, unit: &str, old: &str) -> Result<Self, String> {
        match self {
            Self::Times(_) => Ok(self.clone()),
            Self::Plus { amount, away } => match amount.split_once('/') {
                Some((number, its)) if its == unit => Ok(Self::Plus {
                    amount: number.to_owned(),
                    away: *away,
                }),
                Some(_) | None => Err(format!("{old} takes +2/{unit}, +20% or x1.5")),
            },
        }
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

fn beyond() -> String {
    String::from("beyond what a number holds")
}

/// A decimal without a sign, in millionths of `unit`; finer is no number of it.
fn millionths(text: &str, unit: u32) -> Option<i128> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let dangles = text.contains('.') && part.is_empty();
    if whole.is_empty() || dangles || !digits(whole) || !digits(part) {
        return None;
    }
    let places = u32::try_from(part.len())
        .ok()
        .filter(|places| *places <= 6)?;
    let scale = 10_u128.pow(places);
    let all = whole.parse::<u128>().ok()?.checked_mul(scale)?;
    let all = all.checked_add(if part.is_empty() {
        0
    } else {
        part.parse().ok()?
    })?;
    let numerator = all.checked_mul(unit.into())?;
    let exact = numerator.is_multiple_of(scale) && numerator / scale <= MOST;
    exact
        .then(|| i128::try_from(numerator / scale).ok())
        .flatten()
}

/// So many millionths of `old`, rounded to the nearest, halves away from zero.
fn times(old: i128, factor: i128) -> i128 {
    let product = old.saturating_mul(factor);
    let half = if product < 0 { -WHOLE / 2 } else { WHOLE / 2 };
    product.saturating_add(half) / WHOLE
}

/// `amount` over `unit` as a decimal without idle zeros.
fn decimal(amount: i128, unit: i128) -> String {
    let shown = format!("{}.{:04}", amount / unit, amount % unit);
    shown.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(old: &Value, change: &str) -> Result<Value, String> {
        Change::of(change).expect("a change").applied(old)
    }

    fn text(old: &str, change: &str) -> Result<String, String> {
        let new = changed(&old.into(), change)?;
        Ok(new.as_text().expect("a text stays one").to_owned())
    }

    #[test]
    fn counts_are_rounded_to_the_nearest_whole() {
        for (old, change, new) in [
            (10, "+20%", 12),
            (3, "+20%", 4),
            (2, "+20%", 2),
            (10, "-10%", 9),
            (15, "-10%", 14),
            (4, "+2", 6),
            (4, "+-2", 2),
            (4, "x1.5", 6),
            (3, "x1.5", 5),
            (-3, "x1.5", -5),
            (7, "x0", 0),
            (1_000_000, "+0.0001%", 1_000_001),
        ] {
            assert_eq!(
                changed(&Value::Integer(old), change),
                Ok(Value::Integer(new)),
                "{old} {change}"
            );
        }
        assert!(changed(&Value::Integer(i64::MAX), "+1").is_err());
        assert!(changed(&Value::Integer(i64::MAX), "x1000").is_err());
        assert!(changed(&Value::Integer(4), "+2h").is_err());
    }

    #[test]
    fn quantities_keep_what_they_are() {
        for (old, change, new) in [
            ("1h", "+20%", "1h12m"),
            ("1h", "+30m", "1h30m"),
            ("1h", "+-30m", "30m"),
            ("$3.06", "-10%", "$2.754"),
            ("$3.06", "+$0.50", "$3.56"),
            ("40GiB", "x2", "80GiB"),
            ("30/h", "x1.5", "45/h"),
            ("30/h", "+5/h", "35/h"),
            ("25%", "+20%", "30%"),
            ("12.5%", "x0.5", "6.25%"),
        ] {
            assert_eq!(text(old, change), Ok(new.to_owned()), "{old} {change}");
        }
        for (old, change) in [
            ("1h", "+2"),
            ("1h", "+-2h"),
            ("$3", "+2"),
            ("30/h", "+5/m"),
            ("fifo", "+20%"),
            ("a-1", "x2"),
        ] {
            assert!(text(old, change).is_err(), "{old} {change}");
        }
        assert_eq!(changed(&Value::Float(0.5), "+20%"), Ok(Value::Float(0.6)));
        assert!(changed(&Value::Bool(true), "+20%").is_err());
    }

    #[test]
    fn what_is_no_change_stays_a_value() {
        for text in [
            "4",
            "-2",
            "-2.5",
            "x",
            "xl",
            "x-1",
            "x1.",
            "+",
            "+x",
            "20%",
            "%",
            "+%",
            "-%",
            "+ 2",
            "1.5x",
            "x1e3",
            "x1.0000001",
            "+20.00001%",
            "x1001",
            "",
        ] {
            assert_eq!(Change::of(text), None, "{text}");
        }
    }
}
