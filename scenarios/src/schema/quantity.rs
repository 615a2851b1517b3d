//! Quantities as a scenario writes them: durations, money, sizes and rates, exact both ways.

use sim_core::units::{Money, Price, Span};

use super::fleet::Bytes;

/// Units of time, largest first, in microseconds.
const TIME: [(&str, u64); 6] = [
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("m", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1_000),
    ("us", 1),
];

/// Units of size, largest first, in bytes.
const SIZE: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

/// Most digits of a quantity: more would say nothing and might overflow.
const MOST_DIGITS: usize = 20;

/// A duration: "90s", "30m", "14d", "1h30m", "1.5h", "500ms".
///
/// # Errors
/// The rule that `text` breaks.
pub fn parse_span(text: &str) -> Result<Span, &'static str> {
    const FORM: &str = "not a duration";
    if text.starts_with('-') {
        return Err("a duration is not negative");
    }
    let mut rest = text;
    let mut total: u128 = 0;
    let mut smallest = TIME.len();
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, tail) = rest.split_at(number_end.ok_or("a duration needs a unit")?);
        let unit_end = tail.find(|c: char| !c.is_ascii_alphabetic());
        let (unit, tail) = tail.split_at(unit_end.unwrap_or(tail.len()));
        let rank = TIME
            .iter()
            .position(|(name, _)| *name == unit)
            .ok_or(FORM)?;
        let ascends = smallest != TIME.len() && rank <= smallest;
        if ascends {
            return Err("the units of a duration go from large to small, each once");
        }
        smallest = rank;
        total += scaled(number, TIME[rank].1).ok_or(FORM)?;
        rest = tail;
    }
    if smallest == TIME.len() {
        return Err(FORM);
    }
    let us = u64::try_from(total).ok();
    us.and_then(Span::from_us).ok_or("longer than 100 years")
}

/// An hourly price: "$3.06".
///
/// # Errors
/// The rule that `text` breaks.
pub fn parse_price(text: &str) -> Result<Price, &'static str> {
    const FORM: &str = "not an amount of money";
    if text.starts_with('-') || text.starts_with("$-") {
        return Err("a price is not negative");
    }
    let number = text.strip_prefix('$').ok_or(FORM)?;
    let nanousd = scaled(number, 1_000_000_000).ok_or(FORM)?;
    let price = u64::try_from(nanousd).ok().and_then(Price::from_nanousd_h);
    price.ok_or("higher than a million dollars an hour")
}

/// An amount: "$250000".
///
/// # Errors
/// The rule that `text` breaks.
pub fn parse_money(text: &str) -> Result<Money, &'static str> {
    const FORM: &str = "not an amount of money";
    // A thousand times what the richest could pay, and far from what an integer holds.
    const MOST: i128 = 1_000_000_000_000_000 * 1_000_000_000;
    let number = text.strip_prefix('$').ok_or(FORM)?;
    let nanousd = scaled(number, 1_000_000_000).ok_or(FORM)?;
    let nanousd = i128::try_from(nanousd)
        .ok()
        .filter(|amount| *amount <= MOST);
    nanousd
        .map(Money::from_nanousd)
        .ok_or("more than 10^15 dollars")
}

/// A size: "40GiB", "512MB".
///
/// # Errors
/// The rule that `text` breaks.
pub fn parse_size(text: &str) -> Result<Bytes, &'static str> {
    const FORM: &str = "not a size";
    let found = SIZE.iter().find_map(|(unit, bytes)| {
        let number = text.strip_suffix(unit)?;
        number
            .ends_with(|c: char| c.is_ascii_digit())
            .then_some((number, *bytes))
    });
    let (number, bytes) = found.ok_or(FORM)?;
    let total = scaled(number, bytes).ok_or(FORM)?;
    u64::try_from(total)
        .map(Bytes)
        .map_err(|_| "larger than 2^64 bytes")
}

/// A rate per second: "12/s", "0.5/m", "30/h", "100/d".
///
/// # Errors
/// The rule that `text` breaks.
pub fn parse_rate(text: &str) -> Result<f64, &'static str> {
    const FORM: &str = "not a rate";
    let (number, unit) = text.split_once('/').ok_or(FORM)?;
    scaled(number, 1)
        .or_else(|| scaled(number, 1_000_000_000))
        .ok_or(FORM)?;
    let (_, us) = TIME[..4]
        .iter()
        .find(|(name, _)| *name == unit)
        .ok_or(FORM)?;
    let number: f64 = number.parse().map_err(|_| FORM)?;
    let seconds = u32::try_from(us / 1_000_000).expect("a day has 86,400 seconds");
    Ok(number / f64::from(seconds))
}

/// A decimal number times `unit`, if that is a whole number.
fn scaled(number: &str, unit: u64) -> Option<u128> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let dangling = number.contains('.') && part.is_empty();
    if whole.is_empty() || dangling || !digits(whole) || !digits(part) {
        return None;
    }
    if whole.len() > MOST_DIGITS || part.len() > MOST_DIGITS {
        return None;
    }
    let wholes = whole.parse::<u128>().ok()? * u128::from(unit);
    let parts: u128 = if part.is_empty() {
        0
    } else {
        part.parse().ok()?
    };
    let denominator = 10_u128.pow(u32::try_from(part.len()).ok()?);
    let numerator = parts * u128::from(unit);
    let exact = numerator.is_multiple_of(denominator);
    exact.then_some(wholes + numerator / denominator)
}

/// A part in millionths: "25%", "33.3%".
///
/// # Errors
/// The rule that `text` breaks.
pub fn parse_percent(text: &str) -> Result<u32, &'static str> {
    let number = text.strip_suffix('%').ok_or("a part needs its %")?;
    let millionths = scaled(number, 10_000).ok_or("not a part in %, of at most four decimals")?;
    match u32::try_from(millionths) {
        Ok(part) if part <= 1_000_000 => Ok(part),
        Ok(_) | Err(_) => Err("more than the whole"),
    }
}

/// The part, given in millionths, in per cent to the last digit.
pub fn print_percent(millionths: u32) -> String {
    let decimals = format!("{:04}", millionths % 10_000);
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{}{point}{decimals}%", millionths / 10_000)
}

/// The duration in every unit it needs, so that [`parse_span`] gives it back.
pub fn print_span(span: Span) -> String {
    let mut rest = span.us();
    let mut shown = String::new();
    for (unit, us) in TIME {
        if rest >= us {
            shown.extend([&(rest / us).to_string(), unit]);
            rest %= us;
        }
    }
    if shown.is_empty() { "0s".into() } else { shown }
}

/// The price to the last nano-dollar, at least to the cent.
pub fn print_price(price: Price) -> String {
    print_money(Money::from_nanousd(price.nanousd_h().into()))
}

/// The amount, not below zero, to the last nano-dollar, at least to the cent.
pub fn print_money(amount: Money) -> String {
    let nanousd = amount.nanousd();
    let (dollars, rest) = (nanousd / 1_000_000_000, nanousd % 1_000_000_000);
    let decimals = format!("{rest:09}");
    let (cents, finer) = decimals.split_at(2);
    format!("${dollars}.{cents}{}", finer.trim_end_matches('0'))
}

/// The size in the largest binary unit that divides it.
pub fn print_size(size: Bytes) -> String {
    let binary = SIZE.iter().filter(|(_, bytes)| bytes.is_power_of_two());
    let mut fitting = binary.filter(|(_, bytes)| size.0.is_multiple_of(*bytes) && size.0 > 0);
    match fitting.next() {
        Some((unit, bytes)) => format!("{}{unit}", size.0 / bytes),
        None => "0B".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(text: &str) -> Result<u64, &'static str> {
        parse_span(text).map(Span::us)
    }

    #[test]
    fn durations_are_exact() {
        assert_eq!(us("90s"), Ok(90_000_000));
        assert_eq!(us("1h30m"), Ok(5_400_000_000));
        assert_eq!(us("14d"), Ok(14 * 86_400_000_000));
        assert_eq!(us("500ms"), Ok(500_000));
        assert_eq!(us("1.5h"), Ok(5_400_000_000));
        assert_eq!(us("0s"), Ok(0));
        assert_eq!(us("36525d"), Ok(Span::MAX.us()));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        let bad = [
            "", "90", "s", "-1s", "1 h", "1h 30m", "1.s", ".5s", "1e3s", "1,000s", "0x10s",
        ];
        let worse = [
            "30m1h", "1h1h", "1w", "36526d", "inf", "NaN", "0.1us", "١s", "1µs",
        ];
        for text in bad.into_iter().chain(worse) {
            assert!(us(text).is_err(), "{text}");
        }
        assert!(us(&"9".repeat(100_000)).is_err());
        assert!(us(&format!("{}d", "9".repeat(18))).is_err());
    }

    #[test]
    fn money_is_exact_to_the_nano_dollar() {
        let nano = |text| parse_price(text).map(Price::nanousd_h);
        assert_eq!(nano("$3.06"), Ok(3_060_000_000));
        assert_eq!(nano("$21.957642"), Ok(21_957_642_000));
        assert_eq!(nano("$1000000"), Ok(1_000_000_000_000_000));
        for text in [
            "3.06",
            "$",
            "$-1",
            "-$1",
            "$1,000",
            "$1e3",
            "$inf",
            "$1000001",
            "€3",
            "$0.0000000001",
        ] {
            assert!(nano(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_and_rates_have_units() {
        assert_eq!(parse_size("40GiB"), Ok(Bytes(40 << 30)));
        assert_eq!(parse_size("1.5MiB"), Ok(Bytes(3 << 19)));
        assert_eq!(parse_size("512B"), Ok(Bytes(512)));
        for text in [
            "40",
            "GiB",
            "-1GiB",
            "40 GiB",
            "40gib",
            "99999999999TiB",
            "1.1B",
        ] {
            assert!(parse_size(text).is_err(), "{text}");
        }
        assert_eq!(parse_rate("12/s"), Ok(12.0));
        assert_eq!(parse_rate("30/m"), Ok(0.5));
        for text in [
            "12", "/s", "12/", "inf/s", "NaN/s", "-1/s", "1e9/s", "12/ms",
        ] {
            assert!(parse_rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_printed_reads_back() {
        for us in [0, 1, 999, 1_000_001, 90_061_001_001, Span::MAX.us()] {
            let span = Span::from_us(us).expect("at most 100 years");
            assert_eq!(parse_span(&print_span(span)), Ok(span));
        }
        for nano in [0, 1, 3_060_000_000, 21_957_642_000, 1_000_000_000_000_000] {
            let price = Price::from_nanousd_h(nano).expect("at most a million");
            assert_eq!(parse_price(&print_price(price)), Ok(price));
        }
        for part in [0, 1, 333_300, 250_000, 1_000_000] {
            assert_eq!(parse_percent(&print_percent(part)), Ok(part));
        }
        for bytes in [0, 1, 1023, 1024, 40 << 30, u64::MAX] {
            assert_eq!(parse_size(&print_size(Bytes(bytes))), Ok(Bytes(bytes)));
        }
    }
}
