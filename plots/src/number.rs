//! Numbers as a paper prints them: thousands apart, a true minus, powers of ten when far out.

/// The decimal exponent of a number: 3 for 1234, -2 for 0.012, 0 for 0.
pub(crate) fn exponent(value: f64) -> i32 {
    // Formatting is exact, where a logarithm may be off by one at powers of ten.
    let text = format!("{value:e}");
    text.rsplit('e')
        .next()
        .and_then(|e| e.parse().ok())
        .unwrap_or(0)
}

/// Ten to a whole power, correctly rounded.
pub(crate) fn power_of_ten(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().unwrap_or(f64::INFINITY)
}

/// A number with a fixed count of decimals.
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    if value < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        out.push('−');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + fraction
}

/// A number with `digits` significant digits, in powers of ten if very large or small.
pub(crate) fn brief(value: f64, digits: i32) -> String {
    let power = exponent(value);
    if value != 0.0 && !(-4..=8).contains(&power) {
        return scientific(value, digits - 1);
    }
    let decimals = usize::try_from(digits - 1 - power).unwrap_or(0);
    fixed(value, if value == 0.0 { 0 } else { decimals })
}

/// A number as `1.5×10⁹`.
pub(crate) fn scientific(value: f64, decimals: i32) -> String {
    let decimals = usize::try_from(decimals).unwrap_or(0);
    let text = format!("{value:.decimals$e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    };
    let power = raised(power);
    format!("{}×10{power}", mantissa.replace('-', "−"))
}

/// A whole number as an exponent.
pub(crate) fn raised(power: &str) -> String {
    power.chars().map(superscript).collect()
}

fn superscript(c: char) -> char {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    c.to_digit(10)
        .and_then(|d| DIGITS.get(usize::try_from(d).unwrap_or(0)).copied())
        .unwrap_or('⁻')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_papers_print_them() {
        assert_eq!(fixed(1_234_567.0, 0), "1,234,567");
        assert_eq!(fixed(-0.004, 2), "0.00");
        assert_eq!(fixed(-1234.5, 1), "−1,234.5");
        assert_eq!(brief(0.012_34, 3), "0.0123");
        assert_eq!(brief(0.0, 3), "0");
        assert_eq!(brief(1.5e9, 3), "1.5×10⁹");
        assert_eq!(brief(-2e-7, 3), "−2×10⁻⁷");
        assert_eq!(brief(84_211.4, 3), "84,211");
    }

    #[test]
    fn exponents_are_exact_at_powers_of_ten() {
        for power in -300..=300 {
            assert_eq!(exponent(power_of_ten(power)), power);
        }
    }
}
