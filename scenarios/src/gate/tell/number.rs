//! Numbers for people: four digits that count.

/// With four significant digits; whole from a thousand on.
pub(super) fn significant(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e15).contains(&magnitude) {
        return format!("{value:.1e}");
    }
    let decimals = [1000.0, 100.0, 10.0, 1.0, 0.1, 0.01, 0.001];
    let decimals = decimals.iter().position(|least| magnitude >= *least);
    let shown = format!("{value:.*}", decimals.unwrap_or(7));
    if shown.contains('.') {
        let shown = shown.trim_end_matches('0');
        return shown.trim_end_matches('.').to_owned();
    }
    shown
}

/// A part in per cent.
pub(super) fn part(share: f64) -> String {
    format!("{} %", significant(share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_count() {
        let cases = [
            (0.0, "0"),
            (123_456.7, "123457"),
            (1000.4, "1000"),
            (1.0, "1"),
            (12.345_6, "12.35"),
            (0.012_346, "0.01235"),
            (-0.5, "-0.5"),
            (0.000_012_3, "1.2e-5"),
        ];
        for (value, shown) in cases {
            assert_eq!(significant(value), shown);
        }
        assert_eq!(part(0.015), "1.5 %");
    }
}
