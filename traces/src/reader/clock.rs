//! Dates and times of day, to microseconds since 1970.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::error::Rule;

/// A date and time without an offset, as if it were UTC: only differences mean anything, and a
/// change to or from summer time within the trace is an hour of error.
///
/// # Errors
/// No date and time, or one with an offset.
pub(crate) fn naive(text: &str) -> Result<i64, Rule> {
    check(text)?;
    // The parser would drop an offset without a word.
    if text.bytes().skip(10).any(|b| b"+-Z".contains(&b)) {
        return Err(Rule::new(
            "has an offset where local times stand",
            "remove it",
        ));
    }
    let civil: Result<DateTime, _> = text.parse();
    civil
        .and_then(|at| at.to_zoned(TimeZone::UTC))
        .map(|at| at.timestamp().as_microsecond())
        .map_err(|_| no_time("2017-10-09 07:01:55"))
}

/// A date and time with its offset from UTC.
///
/// # Errors
/// No date and time, or none with an offset.
pub(crate) fn with_offset(text: &str) -> Result<i64, Rule> {
    check(text)?;
    let at: Result<Timestamp, _> = text.parse();
    at.map(Timestamp::as_microsecond)
        .map_err(|_| no_time("2023-03-01 00:18:22+08:00"))
}

/// The parser takes more than traces hold (annotations, leap seconds, weeks): those stay outside.
fn check(text: &str) -> Result<(), Rule> {
    let plain = |b: u8| b.is_ascii_digit() || b"-:+. TZ".contains(&b);
    if !text.bytes().all(plain) || text.len() > 40 || text.len() < 16 {
        return Err(no_time("2017-10-09 07:01:55"));
    }
    if text.get(17..19) == Some("60") {
        return Err(Rule::new(
            "a leap second has no place on this clock",
            "write :59",
        ));
    }
    Ok(())
}

fn no_time(example: &str) -> Rule {
    Rule::new("is not a date and time", format!("write it like {example}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_become_microseconds() {
        assert_eq!(naive("1970-01-02 00:00:00"), Ok(86_400_000_000));
        assert_eq!(naive("1970-01-01T00:00:00.000001"), Ok(1));
        assert_eq!(with_offset("1970-01-01 08:00:01+08:00"), Ok(1_000_000));
        assert_eq!(with_offset("1970-01-01T00:00:01Z"), Ok(1_000_000));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "now",
            "2017-13-01 00:00:00",
            "2017-02-29 00:00:00",
            "2016-12-31 23:59:60",
            "2017-10-09 25:00:00",
            "2017-10-09 07:01:55+08:00",
            "2017-10-09 07:01:55[UTC]",
            "99999-10-09 07:01:55",
        ] {
            assert!(naive(text).is_err(), "{text}");
        }
        assert!(with_offset("2017-10-09 07:01:55").is_err());
    }
}
