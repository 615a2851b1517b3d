//! Sweeps: which keys take which values, and how the cells are chosen.

use sim_core::units::{Money, Span, convert};

use super::fleet::Bytes;
use super::place::Spanned;
use super::quantity::{
    parse_money, parse_percent, parse_size, parse_span, print_money, print_percent, print_size,
    print_span,
};
use super::value::{Table, Value};

/// Most nano-dollars at the end of a range, a billion dollars: more digits than 64 bits hold would be lost.
const MOST_NANOUSD: i128 = 1_000_000_000_000_000_000;

/// Cells around an experiment: some of its keys, each with the values it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepSpec {
    /// How cells are chosen.
    pub method: SweepMethod,
    /// Points that are drawn; of a grid 1.
    pub n: u32,
    /// What they are drawn by.
    pub seed: u64,
    /// What is varied: 1 to 16 keys, with at most a million cells.
    pub axes: Vec<AxisSpec>,
    /// As it was written.
    pub written: Table,
}

/// How the cells of a sweep are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SweepMethod {
    /// Every combination, the last key changing fastest.
    Grid,
    /// Independent uniform points.
    Random,
    /// One point in each of n equal strata of each key.
    LatinHypercube,
    /// Saltelli's design over Sobol's sequence: with k keys, n (k + 2) cells.
    Sobol,
}

/// A key and the values it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisSpec {
    /// Where the values go, as in `--set`.
    pub path: Spanned<String>,
    /// The values.
    pub levels: Levels,
}

/// The values of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Levels {
    /// These, at least one.
    Listed(Vec<Spanned<Value>>),
    /// All of a range.
    Between(Between),
}

/// A range, the ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Between {
    /// The lower end.
    pub from: Spanned<Quantity>,
    /// The upper end, above the lower and of its kind.
    pub to: Spanned<Quantity>,
    /// Whether equal ratios, not equal differences, are equally far apart; then the lower end is above zero.
    pub log: bool,
}

/// A value that has others between it and the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A duration.
    Span(Span),
    /// An amount of money, or an hourly price.
    Money(Money),
    /// A number of bytes.
    Size(Bytes),
    /// A part, in millionths.
    Percent(u32),
}

impl SweepMethod {
    /// Every method, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Grid, Self::Random, Self::LatinHypercube, Self::Sobol];

    /// Its name in a scenario.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::Random => "random",
            Self::LatinHypercube => "latin-hypercube",
            Self::Sobol => "sobol",
        }
    }
}

impl SweepSpec {
    /// How many cells there are, equal ones counted each time.
    pub fn cells(&self) -> u64 {
        let n = u64::from(self.n);
        match self.method {
            SweepMethod::Grid => {
                let sizes = self.axes.iter().map(|axis| axis.levels.count());
                sizes.fold(1, u64::saturating_mul)
            }
            SweepMethod::Random | SweepMethod::LatinHypercube => n,
            SweepMethod::Sobol => n.saturating_mul(convert::wide(self.axes.len()) + 2),
        }
    }
}

impl Levels {
    /// How many values are listed; a range counts as one.
    pub fn count(&self) -> u64 {
        match self {
            Self::Listed(values) => convert::wide(values.len()),
            Self::Between(_) => 1,
        }
    }

    /// The value at a fraction of the way, from 0 to below 1: each listed value has an equal share of it.
    pub fn at(&self, fraction: f64) -> Spanned<Value> {
        match self {
            Self::Listed(values) => {
                let at = convert::floor(fraction * convert::real(self.count()));
                let at = usize::try_from(at).unwrap_or(usize::MAX);
                values[at.min(values.len() - 1)].clone()
            }
            Self::Between(between) => {
                let value = between.drawn(fraction);
                Spanned::new(value.value(), between.from.place)
            }
        }
    }
}

impl Between {
    /// `steps` values from end to end, both included.
    pub fn steps(&self, steps: u32) -> Vec<Spanned<Value>> {
        let last = f64::from(steps.saturating_sub(1).max(1));
        let step = |step: u32| {
            let end = if step + 1 == steps && step > 0 {
                self.to
            } else {
                self.from
            };
            let value = self.on_the_way(f64::from(step) / last);
            Spanned::new(value.value(), end.place)
        };
        (0..steps).map(step).collect()
    }

    /// The value at a fraction of the way; each whole number has an equal share of it.
    fn drawn(&self, fraction: f64) -> Quantity {
        match (self.from.value, self.to.value) {
            (Quantity::Integer(from), Quantity::Integer(to)) if !self.log => {
                let width = to.abs_diff(from);
                let share = convert::floor(fraction * (convert::real(width) + 1.0)).min(width);
                Quantity::Integer(from.saturating_add_unsigned(share))
            }
            _ => self.on_the_way(fraction),
        }
    }

    /// The value at a fraction of the way, to the nearest unit; the ends themselves at 0 and 1.
    fn on_the_way(&self, fraction: f64) -> Quantity {
        let (from, to) = (self.from.value, self.to.value);
        if fraction <= 0.0 {
            return from;
        }
        if fraction >= 1.0 {
            return to;
        }
        let (low, high) = (from.real(), to.real());
        let between = if self.log {
            let (low, high) = (libm::log(low), libm::log(high));
            libm::exp(low + fraction * (high - low))
        } else {
            low + fraction * (high - low)
        };
        from.like(between.clamp(low, high))
    }
}

impl Quantity {
    /// The quantity that a value spells, if it is one.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(Self::Integer(*number)),
            Value::Float(number) => Some(Self::Number(*number)),
            Value::Text(text) if text.starts_with('$') => {
                let amount = parse_money(text).ok();
                let amount = amount.filter(|amount| amount.nanousd() <= MOST_NANOUSD);
                amount.map(Self::Money)
            }
            Value::Text(text) if text.ends_with('%') => parse_percent(text).ok().map(Self::Percent),
            Value::Text(text) => {
                let span = parse_span(text).ok().map(Self::Span);
                span.or_else(|| parse_size(text).ok().map(Self::Size))
            }
            Value::Bool(_) | Value::Date(_) | Value::List(_) | Value::Table(_) => None,
        }
    }

    /// Both as one kind: a whole number beside a number is one; nothing else mixes.
    pub fn alike(self, other: Self) -> Option<(Self, Self)> {
        match (self, other) {
            (Self::Integer(_), Self::Number(_)) => Some((Self::Number(self.real()), other)),
            (Self::Number(_), Self::Integer(_)) => Some((self, Self::Number(other.real()))),
            _ if std::mem::discriminant(&self) == std::mem::discriminant(&other) => {
                Some((self, other))
            }
            _ => None,
        }
    }

    /// As a value of a scenario.
    pub fn value(self) -> Value {
        match self {
            Self::Integer(number) => Value::Integer(number),
            Self::Number(number) => Value::Float(number),
            Self::Span(span) => Value::Text(print_span(span)),
            Self::Money(amount) => Value::Text(print_money(amount)),
            Self::Size(size) => Value::Text(print_size(size)),
            Self::Percent(part) => Value::Text(print_percent(part)),
        }
    }

    /// The nearest double, in the smallest unit of its kind.
    #[expect(clippy::cast_precision_loss, reason = "places in a range are doubles")]
    pub fn real(self) -> f64 {
        match self {
            Self::Integer(number) => number as f64,
            Self::Number(number) => number,
            Self::Span(span) => convert::real(span.us()),
            Self::Money(amount) => amount.nanousd() as f64,
            Self::Size(size) => convert::real(size.0),
            Self::Percent(part) => f64::from(part),
        }
    }

    /// The quantity of this kind that is nearest to a double within a range of its kind.
    fn like(self, real: f64) -> Self {
        let whole = || convert::floor(real.abs() + 0.5);
        let signed = |whole: u64| {
            let size = i64::try_from(whole).unwrap_or(i64::MAX);
            if real < 0.0 { -size } else { size }
        };
        match self {
            Self::Integer(_) => Self::Integer(signed(whole())),
            Self::Number(_) => Self::Number(real),
            Self::Span(_) => {
                Self::Span(Span::from_us(whole()).expect("between two that can be written"))
            }
            Self::Money(_) => Self::Money(Money::from_nanousd(i128::from(whole()))),
            Self::Size(_) => Self::Size(Bytes(whole())),
            Self::Percent(_) => {
                Self::Percent(u32::try_from(whole()).expect("at most a million millionths"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::place::Place;
    use super::*;

    fn range(from: &Value, to: &Value, log: bool) -> Between {
        let read = |value| Quantity::of(value).expect("a quantity");
        let (from, to) = read(from).alike(read(to)).expect("of one kind");
        let at = |value| Spanned::new(value, Place::default());
        let (from, to) = (at(from), at(to));
        Between { from, to, log }
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn steps(from: &Value, to: &Value, log: bool, steps: u32) -> Vec<Value> {
        let values = range(from, to, log).steps(steps);
        values.into_iter().map(|value| value.value).collect()
    }

    #[test]
    fn a_range_keeps_its_unit_and_its_ends() {
        let texts = |list: [&str; 3]| list.map(text).to_vec();
        assert_eq!(
            steps(&text("30m"), &text("2h"), false, 3),
            texts(["30m", "1h15m", "2h"])
        );
        assert_eq!(
            steps(&text("$1.00"), &text("$4"), true, 3),
            texts(["$1.00", "$2.00", "$4.00"])
        );
        assert_eq!(
            steps(&text("10%"), &text("20.5%"), false, 3),
            texts(["10%", "15.25%", "20.5%"])
        );
        assert_eq!(
            steps(&text("1GiB"), &text("4GiB"), true, 3),
            texts(["1GiB", "2GiB", "4GiB"])
        );
        assert_eq!(
            steps(&Value::Integer(1), &Value::Integer(100), true, 3),
            [1, 10, 100].map(Value::Integer)
        );
        assert_eq!(
            steps(&Value::Integer(-4), &Value::Integer(4), false, 5),
            [-4, -2, 0, 2, 4].map(Value::Integer)
        );
        assert_eq!(
            steps(&Value::Integer(0), &Value::Float(1.0), false, 3),
            [0.0, 0.5, 1.0].map(Value::Float)
        );
    }

    #[test]
    fn each_whole_number_of_a_range_has_an_equal_share() {
        let levels = Levels::Between(range(&Value::Integer(-1), &Value::Integer(2), false));
        let mut seen = [0; 4];
        for step in 0..400_u32 {
            let Value::Integer(number) = levels.at(f64::from(step) / 400.0).value else {
                panic!("integers stay integers");
            };
            seen[usize::try_from(number + 1).expect("in the range")] += 1;
        }
        assert_eq!(seen, [100; 4]);
    }

    #[test]
    fn quantities_of_two_kinds_do_not_mix() {
        let of = |text: &str| Quantity::of(&Value::Text(text.to_owned()));
        let (span, size) = (of("1h").expect("a time"), of("1GiB").expect("a size"));
        assert_eq!(span.alike(size), None);
        assert_eq!(of("soon"), None);
        assert_eq!(Quantity::of(&Value::Bool(true)), None);
    }
}
