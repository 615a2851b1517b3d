//! Fields to numbers, exactly: decimal text to integers of a unit, without a float in between.

use sim_core::units::{Span, limits};

use crate::error::Rule;
use crate::record::Name;

/// A whole number; a zero fraction ("3.0") is allowed, as exporters write one.
///
/// # Errors
/// Anything else, or 2^64 and beyond.
pub(crate) fn whole(text: &str) -> Result<u64, Rule> {
    let digits = match text.split_once('.') {
        Some((digits, zeros)) if zeros.bytes().all(|b| b == b'0') => digits,
        Some(_) => return Err(Rule::new("is not a whole number", "round it")),
        None => text,
    };
    scaled(digits, 0)
}

/// A whole number within bounds, both included.
///
/// # Errors
/// No whole number, or one outside.
pub(crate) fn count(text: &str, (low, high): (u32, u32)) -> Result<u32, Rule> {
    let number = whole(text)?;
    match u32::try_from(number) {
        Ok(number) if (low..=high).contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err(Rule::new(
            format!("must be from {low} to {high}"),
            "correct it",
        )),
    }
}

/// A decimal in units of 10^-`decimals`, rounded half up.
///
/// # Errors
/// Anything that is not digits with at most one point, or that does not fit in 64 bits.
pub(crate) fn scaled(text: &str, decimals: usize) -> Result<u64, Rule> {
    let (digits, fraction) = text.split_once('.').unwrap_or((text, ""));
    let plain = digits
        .bytes()
        .chain(fraction.bytes())
        .all(|b| b.is_ascii_digit());
    if digits.is_empty() || !plain {
        return Err(no_number(text));
    }
    let kept = fraction
        .bytes()
        .chain(std::iter::repeat(b'0'))
        .take(decimals);
    let mut number: Option<u64> = Some(0);
    for digit in digits.bytes().chain(kept) {
        number = number
            .and_then(|n| n.checked_mul(10))
            .and_then(|n| n.checked_add(u64::from(digit - b'0')));
    }
    let up = fraction
        .as_bytes()
        .get(decimals)
        .is_some_and(|&d| d >= b'5');
    number
        .and_then(|n| n.checked_add(u64::from(up)))
        .ok_or_else(|| Rule::new("is too large for 64 bits", "correct it, or check the unit"))
}

fn no_number(text: &str) -> Rule {
    let negative = text.strip_prefix('-').is_some_and(|t| !t.is_empty());
    if text.is_empty() {
        Rule::new("a number is missing", "fill it in, or drop the row")
    } else if negative && scaled(&text[1..], 0).is_ok() {
        Rule::new("must not be negative", "correct it, or drop the row")
    } else {
        Rule::new(
            "is not a number",
            "write digits with at most one point: no sign, exponent or separators",
        )
    }
}

/// Seconds, to the microsecond.
///
/// # Errors
/// No decimal number, or beyond 100 years.
pub(crate) fn seconds(text: &str) -> Result<Span, Rule> {
    span_of(text, 6)
}

/// A span in units of 10^`decimals` microseconds.
///
/// # Errors
/// No decimal number, or beyond 100 years.
pub(crate) fn span_of(text: &str, decimals: usize) -> Result<Span, Rule> {
    let us = scaled(text, decimals)?;
    Span::from_us(us).ok_or_else(|| Rule::new("is beyond 100 years", "check the unit"))
}

/// Thousandths of a unit, in 32 bits.
///
/// # Errors
/// No decimal number, or too large.
pub(crate) fn milli(text: &str) -> Result<u32, Rule> {
    let milli = scaled(text, 3)?;
    u32::try_from(milli).map_err(|_| Rule::new("is beyond 4 million", "check the unit"))
}

/// A name: a number where it is written as one, else printable text.
///
/// # Errors
/// Empty, too long, or unprintable.
pub(crate) fn name(text: &str) -> Result<Name, Rule> {
    let canonical = text == "0" || !text.starts_with(['0', '+']);
    match text.parse() {
        Ok(number) if canonical => return Ok(Name::Number(number)),
        Ok(_) | Err(_) => {}
    }
    Ok(Name::Text(labelled(text)?.into()))
}

/// A printable name of bounded length.
///
/// # Errors
/// Empty, too long, or unprintable.
pub(crate) fn labelled(text: &str) -> Result<&str, Rule> {
    if text.is_empty() {
        Err(Rule::new(
            "a name is missing",
            "fill it in, or drop the row",
        ))
    } else if text.len() > limits::MAX_NAME {
        let rule = format!("a name has at most {} bytes", limits::MAX_NAME);
        Err(Rule::new(rule, "shorten it"))
    } else if text.chars().any(char::is_control) {
        Err(Rule::new(
            "a name is printable",
            "remove the control characters",
        ))
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_become_integers_exactly() {
        assert_eq!(scaled("66.0", 6), Ok(66_000_000));
        assert_eq!(scaled("0.1", 6), Ok(100_000));
        assert_eq!(scaled("29.296875", 3), Ok(29_297));
        assert_eq!(scaled("1.9999995", 6), Ok(2_000_000));
        assert_eq!(scaled("18446744073709551615", 0), Ok(u64::MAX));
        assert_eq!(scaled("7.", 0), Ok(7));
        assert_eq!(whole("3.000"), Ok(3));
    }

    #[test]
    fn what_is_no_plain_number_is_refused() {
        let texts = [
            "", "-1", "+1", "1e3", "1e400", "NaN", "inf", "-0", "0x10", "1,000", "1_0", ".5",
        ];
        for text in texts
            .into_iter()
            .chain(["18446744073709551616", "1.2.3", "- 1", "١"])
        {
            assert!(scaled(text, 0).is_err(), "{text}");
        }
        assert!(whole("3.5").is_err());
        assert!(seconds("3155760001").is_err(), "beyond 100 years");
    }

    #[test]
    fn names_are_numbers_only_where_they_print_back() {
        let printed = |text| name(text).map(|n| (n.to_string(), matches!(n, Name::Number(_))));
        for (text, number) in [("7", true), ("0", true), ("007", false), ("a-1", false)] {
            assert_eq!(printed(text), Ok((text.to_owned(), number)));
        }
        let huge = "99999999999999999999";
        assert_eq!(printed(huge), Ok((huge.to_owned(), false)));
        assert!(name("").is_err() && name("a\u{7}b").is_err() && name(&"x".repeat(129)).is_err());
    }
}
