//! Money: integer nano-dollars, so that a bill is the sum of its parts to the last digit.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

use super::limits;

/// An amount in nano-dollars (1 USD = 10^9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i128);

/// A price in nano-dollars an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(u64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// `nanousd` nano-dollars.
    pub const fn from_nanousd(nanousd: i128) -> Self {
        Self(nanousd)
    }

    /// The amount in nano-dollars.
    pub const fn nanousd(self) -> i128 {
        self.0
    }

    /// `numerator / denominator` nano-dollars, rounded half to even. Panics on a zero denominator.
    pub fn round_half_even(numerator: i128, denominator: i128) -> Self {
        assert!(denominator > 0, "a denominator is positive");
        let (floor, rest) = (
            numerator.div_euclid(denominator),
            numerator.rem_euclid(denominator),
        );
        let up = match (2 * rest).cmp(&denominator) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => floor % 2 != 0,
            std::cmp::Ordering::Greater => true,
        };
        Self(floor + i128::from(up))
    }
}

impl Price {
    /// Free of charge.
    pub const ZERO: Self = Self(0);

    /// `nanousd_h` nano-dollars an hour, or `None` beyond a million dollars an hour.
    pub const fn from_nanousd_h(nanousd_h: u64) -> Option<Self> {
        if nanousd_h <= limits::MAX_PRICE_NANOUSD_H {
            Some(Self(nanousd_h))
        } else {
            None
        }
    }

    /// Nano-dollars an hour.
    pub const fn nanousd_h(self) -> u64 {
        self.0
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Money {
    /// Dollars and cents, rounded half to even: `$1234.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = Self::round_half_even(self.0, 10_000_000).0;
        let sign = if cents < 0 { "-" } else { "" };
        let cents = cents.unsigned_abs();
        write!(f, "{sign}${}.{:02}", cents / 100, cents % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_round_to_even() {
        let rounded = |n, d| Money::round_half_even(n, d).nanousd();
        assert_eq!([rounded(1, 2), rounded(3, 2), rounded(5, 2)], [0, 2, 2]);
        assert_eq!(
            [rounded(-1, 2), rounded(-3, 2), rounded(-7, 3)],
            [0, -2, -2]
        );
    }

    #[test]
    fn amounts_print_in_cents() {
        assert_eq!(
            Money::from_nanousd(1_234_500_000_000).to_string(),
            "$1234.50"
        );
        assert_eq!(Money::from_nanousd(-5_000_000_000).to_string(), "-$5.00");
    }
}
