//! Quantities of Kubernetes, exactly: `500m`, `1.5`, `64Gi`, `1e3`, `1000000000n`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use sim_core::units::convert;

/// An amount, in billionths of its unit: cores, bytes, things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Quantity(u128);

/// What stands behind the number: a power of ten, or of two.
const SUFFIXES: [(&str, u128); 16] = [
    ("Ki", 1_000_000_000 << 10),
    ("Mi", 1_000_000_000 << 20),
    ("Gi", 1_000_000_000 << 30),
    ("Ti", 1_000_000_000 << 40),
    ("Pi", 1_000_000_000 << 50),
    ("Ei", 1_000_000_000 << 60),
    ("n", 1),
    ("u", 1_000),
    ("m", 1_000_000),
    ("k", 1_000_000_000_000),
    ("M", 1_000_000_000_000_000),
    ("G", 1_000_000_000_000_000_000),
    ("T", 1_000_000_000_000_000_000_000),
    ("P", 1_000_000_000_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000_000_000_000),
    ("", 1_000_000_000),
];

impl Quantity {
    /// The amount that `text` spells: rounded up below a billionth, as Kubernetes does.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('+').unwrap_or(text);
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, suffix) = text.split_at(end);
        let unit = match suffix
            .strip_prefix(['e', 'E'])
            .filter(|rest| !rest.is_empty())
        {
            Some(power) => {
                let power = power.strip_prefix('+').unwrap_or(power);
                let power: u32 = power.parse().ok().filter(|power| *power <= 18)?;
                10_u128.pow(9 + power)
            }
            None => SUFFIXES.iter().find(|(own, _)| *own == suffix)?.1,
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && part.is_empty()) || whole.len() > 20 || part.len() > 12 {
            return None;
        }
        if part.contains('.') {
            return None;
        }
        let digits = |text: &str| {
            if text.is_empty() {
                Some(0)
            } else {
                text.parse::<u128>().ok()
            }
        };
        let scale = 10_u128.pow(u32::try_from(part.len()).ok()?);
        let wholes = digits(whole)?.checked_mul(unit)?;
        let parts = digits(part)?.checked_mul(unit)?.div_ceil(scale);
        wholes.checked_add(parts).map(Self)
    }

    /// Whole things, rounded down; held to 32 bits.
    pub(super) fn count(self) -> u32 {
        u32::try_from(self.0 / 1_000_000_000).unwrap_or(u32::MAX)
    }

    /// Thousandths, rounded up; held to 32 bits.
    pub(super) fn milli(self) -> u32 {
        u32::try_from(self.0.div_ceil(1_000_000)).unwrap_or(u32::MAX)
    }

    /// Bytes as MiB, rounded up; held to 32 bits.
    pub(super) fn mib(self) -> u32 {
        u32::try_from(self.0.div_ceil(1_000_000_000 << 20)).unwrap_or(u32::MAX)
    }

    /// Bytes as MiB, rounded down; held to 32 bits.
    pub(super) fn whole_mib(self) -> u32 {
        u32::try_from(self.0 / (1_000_000_000 << 20)).unwrap_or(u32::MAX)
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Amount;
        impl Visitor<'_> for Amount {
            type Value = Quantity;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quantity such as \"500m\", 2 or \"64Gi\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Quantity, E> {
                Quantity::parse(text).ok_or_else(|| {
                    let shown: String = text.chars().take(40).collect();
                    E::custom(format!(
                        "{shown:?} is not a quantity such as \"500m\", \"2\" or \"64Gi\""
                    ))
                })
            }
            fn visit_u64<E: Error>(self, whole: u64) -> Result<Quantity, E> {
                Ok(Quantity(u128::from(whole) * 1_000_000_000))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Quantity, E> {
                // Only where a template was written by hand; printed objects have texts.
                let milli = convert::floor(number * 1000.0 + 0.5);
                if number < 0.0 {
                    return Err(E::custom("a quantity is not negative"));
                }
                Ok(Quantity(u128::from(milli) * 1_000_000))
            }
        }
        input.deserialize_any(Amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_those_of_kubernetes() {
        let read = |text: &str| Quantity::parse(text).expect("a quantity");
        assert_eq!(read("500m").milli(), 500);
        assert_eq!(read("2").milli(), 2000);
        assert_eq!(read("1.5").milli(), 1500);
        assert_eq!(read("0.0001").milli(), 1, "rounded up");
        assert_eq!(read("1930m").count(), 1);
        assert_eq!(read("64Gi").mib(), 65_536);
        assert_eq!(read("65536Mi"), read("64Gi"));
        assert_eq!(read("1Ki").mib(), 1, "rounded up");
        assert_eq!(read("2097151Ki").whole_mib(), 2047);
        assert_eq!(read("128974848"), read("128974848000m"));
        assert_eq!(read("129e6"), read("129M"));
        assert_eq!(read("1E").0, 10_u128.pow(27));
        assert_eq!(read("100n").0, 100);
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in [
            "", "Gi", "-1", "1.2.3", "1 Gi", "1GiB", "0x10", "1e99", "NaN", "1_0", ".",
        ] {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
        assert_eq!(Quantity::parse(&"9".repeat(100)), None);
    }
}
