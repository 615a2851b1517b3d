//! Time: integer microseconds since the start of the run.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::str::FromStr;

use super::limits;

/// An instant, in microseconds since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(u64);

/// A length of time, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

/// An instant, or none, in eight bytes: what a table of millions of rows holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Moment(u64);

impl Moment {
    /// No instant.
    pub const NONE: Self = Self(u64::MAX);

    /// The instant, if there is one.
    pub const fn get(self) -> Option<SimTime> {
        if self.0 == u64::MAX {
            None
        } else {
            Some(SimTime(self.0))
        }
    }
}

impl From<SimTime> for Moment {
    fn from(at: SimTime) -> Self {
        Self(at.0)
    }
}

impl From<Option<SimTime>> for Moment {
    fn from(at: Option<SimTime>) -> Self {
        at.map_or(Self::NONE, Self::from)
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl SimTime {
    /// The start of the run.
    pub const ZERO: Self = Self(0);
    /// The last instant a run may reach: 100 years.
    pub const MAX: Self = Self(limits::MAX_TIME_US);

    /// The instant `us` microseconds after the start, or `None` beyond [`SimTime::MAX`].
    pub const fn from_us(us: u64) -> Option<Self> {
        if us <= limits::MAX_TIME_US {
            Some(Self(us))
        } else {
            None
        }
    }

    /// The instant `secs` seconds after the start. Panics beyond [`SimTime::MAX`]: for constants.
    pub const fn from_secs(secs: u64) -> Self {
        assert!(
            secs <= limits::MAX_TIME_US / 1_000_000,
            "instant beyond 100 years"
        );
        Self(secs * 1_000_000)
    }

    /// Microseconds since the start.
    pub const fn us(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to here. Panics if `earlier` is later.
    pub fn since(self, earlier: Self) -> Span {
        assert!(
            earlier <= self,
            "time runs forward: {earlier} is after {self}"
        );
        Span(self.0 - earlier.0)
    }

    /// `self + span`, held at [`SimTime::MAX`].
    pub const fn saturating_add(self, span: Span) -> Self {
        let sum = self.0.saturating_add(span.0);
        if sum < limits::MAX_TIME_US {
            Self(sum)
        } else {
            Self::MAX
        }
    }

    /// The least multiple of `period` that is not before `self`. Panics on a zero period.
    pub fn round_up(self, period: Span) -> Self {
        assert!(period > Span::ZERO, "a period is positive");
        let rounds = self.0.div_ceil(period.0);
        Self(rounds.saturating_mul(period.0).min(limits::MAX_TIME_US))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The shortest span that is not nothing.
    pub const MICROSECOND: Self = Self(1);
    /// The longest span: 100 years.
    pub const MAX: Self = Self(limits::MAX_TIME_US);

    /// `us` microseconds, or `None` beyond [`Span::MAX`].
    pub const fn from_us(us: u64) -> Option<Self> {
        if us <= limits::MAX_TIME_US {
            Some(Self(us))
        } else {
            None
        }
    }

    /// `secs` seconds. Panics beyond [`Span::MAX`]: for constants.
    pub const fn from_secs(secs: u64) -> Self {
        assert!(
            secs <= limits::MAX_TIME_US / 1_000_000,
            "span beyond 100 years"
        );
        Self(secs * 1_000_000)
    }

    /// Length in microseconds.
    pub const fn us(self) -> u64 {
        self.0
    }

    /// `self - other`, or zero when `other` is longer.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// `self + other`, held at [`Span::MAX`].
    pub const fn saturating_add(self, other: Self) -> Self {
        let sum = self.0.saturating_add(other.0);
        if sum < limits::MAX_TIME_US {
            Self(sum)
        } else {
            Self::MAX
        }
    }

    /// `self x factor`, held at [`Span::MAX`].
    pub const fn saturating_mul(self, factor: u64) -> Self {
        let product = self.0.saturating_mul(factor);
        if product < limits::MAX_TIME_US {
            Self(product)
        } else {
            Self::MAX
        }
    }
}

impl Add<Span> for SimTime {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        let sum = self.0 + span.0;
        assert!(sum <= limits::MAX_TIME_US, "instant beyond 100 years");
        Self(sum)
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let sum = self.0 + other.0;
        assert!(sum <= limits::MAX_TIME_US, "span beyond 100 years");
        Self(sum)
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        assert!(other <= self, "a span is not negative");
        Self(self.0 - other.0)
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Span(self.0), f)
    }
}

impl fmt::Display for Span {
    /// The two largest units that say it: `3d4h`, `2m30s`, `1.5s`, `40us`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SECOND: u64 = 1_000_000;
        const MINUTE: u64 = 60 * SECOND;
        const HOUR: u64 = 60 * MINUTE;
        const DAY: u64 = 24 * HOUR;
        let us = self.0;
        let pair = |f: &mut fmt::Formatter<'_>, big: (u64, &str), small: (u64, &str)| {
            let (count, rest) = (us / big.0, (us % big.0) / small.0);
            if rest == 0 {
                write!(f, "{count}{}", big.1)
            } else {
                write!(f, "{count}{}{rest}{}", big.1, small.1)
            }
        };
        match us {
            0 => f.write_str("0s"),
            _ if us >= DAY => pair(f, (DAY, "d"), (HOUR, "h")),
            _ if us >= HOUR => pair(f, (HOUR, "h"), (MINUTE, "m")),
            _ if us >= MINUTE => pair(f, (MINUTE, "m"), (SECOND, "s")),
            _ if us.is_multiple_of(SECOND) => write!(f, "{}s", us / SECOND),
            _ if us >= SECOND => {
                let decimals = format!("{:06}", us % SECOND);
                write!(f, "{}.{}s", us / SECOND, decimals.trim_end_matches('0'))
            }
            _ => write!(f, "{us}us"),
        }
    }
}

/// Why a text is no span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanError {
    /// It is not a sequence of numbers with units.
    Malformed,
    /// It is longer than 100 years, or finer than a microsecond.
    OutOfRange,
}

impl fmt::Display for SpanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => {
                "a duration is numbers with units, such as \"90s\", \"1h30m\" or \"14d\""
            }
            Self::OutOfRange => "a duration is a whole number of microseconds, at most 100 years",
        })
    }
}

impl std::error::Error for SpanError {}

impl FromStr for Span {
    type Err = SpanError;

    /// `90s`, `1.5h`, `1h30m`, `500ms`, `14d`: numbers with the units w, d, h, m, s, ms, us, added up.
    fn from_str(text: &str) -> Result<Self, SpanError> {
        let (mut rest, mut total) = (text, 0_u64);
        if rest.is_empty() {
            return Err(SpanError::Malformed);
        }
        while !rest.is_empty() {
            let number_end = rest
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .ok_or(SpanError::Malformed)?;
            let unit_end = rest[number_end..].find(|c: char| !c.is_ascii_alphabetic());
            let unit_end = unit_end.map_or(rest.len(), |length| number_end + length);
            let part = part_us(&rest[..number_end], &rest[number_end..unit_end])?;
            total = total.checked_add(part).ok_or(SpanError::OutOfRange)?;
            rest = &rest[unit_end..];
        }
        Self::from_us(total).ok_or(SpanError::OutOfRange)
    }
}

/// One number with its unit, exactly.
fn part_us(number: &str, unit: &str) -> Result<u64, SpanError> {
    let scale: u64 = match unit {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" | "min" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000,
        "w" => 604_800_000_000,
        _ => return Err(SpanError::Malformed),
    };
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || (number.contains('.') && !digits(decimals)) {
        return Err(SpanError::Malformed);
    }
    let whole: u64 = whole.parse().map_err(|_| SpanError::OutOfRange)?;
    let mut us = whole.checked_mul(scale).ok_or(SpanError::OutOfRange)?;
    let mut place = scale;
    for digit in decimals.bytes() {
        let digit = u64::from(digit - b'0');
        if !place.is_multiple_of(10) && digit != 0 {
            return Err(SpanError::OutOfRange);
        }
        place /= 10;
        us = us.checked_add(place * digit).ok_or(SpanError::OutOfRange)?;
    }
    Ok(us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_print_in_their_two_largest_units() {
        let shown = |us| Span::from_us(us).expect("short").to_string();
        assert_eq!(shown(0), "0s");
        assert_eq!(shown(40), "40us");
        assert_eq!(shown(1_500_000), "1.5s");
        assert_eq!(shown(150_000_000), "2m30s");
        assert_eq!(shown(3_600_000_000), "1h");
        assert_eq!(shown(273_600_000_000), "3d4h");
    }

    #[test]
    fn spans_are_read_exactly() {
        let us = |text: &str| text.parse::<Span>().map(Span::us);
        assert_eq!(us("90s"), Ok(90_000_000));
        assert_eq!(us("1h30m"), Ok(5_400_000_000));
        assert_eq!(us("1.5h"), Ok(5_400_000_000));
        assert_eq!(us("0.25ms"), Ok(250));
        assert_eq!(us("0.0001ms"), Err(SpanError::OutOfRange));
        assert_eq!(us("101000w"), Err(SpanError::OutOfRange));
        for text in ["", "5", "h", "-3s", "1e3s", "3 s", "1..5s", "1.s", "3x"] {
            assert_eq!(us(text), Err(SpanError::Malformed), "{text}");
        }
    }

    #[test]
    fn rounding_up_keeps_multiples() {
        let hour = Span::from_secs(3600);
        assert_eq!(
            SimTime::from_secs(7200).round_up(hour),
            SimTime::from_secs(7200)
        );
        assert_eq!(
            SimTime::from_secs(7201).round_up(hour),
            SimTime::from_secs(10800)
        );
    }
}
