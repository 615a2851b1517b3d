//! Splits: an amount among payers by largest remainder, so that nothing is lost and nothing appears.

use crate::units::Money;

/// What a payer owes: in whole nano-dollars, and the fraction above them as a numerator over what all share.
pub(super) type Due = (i128, u128);

/// Splits `amount` among those who owe it: each pays its whole nano-dollars, and those with the largest remainders one more,
/// ties to the earlier one, until all is paid. The dues add up to `amount` to within half a nano-dollar.
pub(super) fn settle(amount: Money, dues: &[Due]) -> Vec<Money> {
    let whole: i128 = dues.iter().map(|(whole, _)| whole).sum();
    let left = usize::try_from(amount.nanousd() - whole).expect("remainders are not negative");
    assert!(left <= dues.len(), "remainders are below one");
    let mut order: Vec<usize> = (0..dues.len()).collect();
    if left > 0 && left < dues.len() {
        let largest = |at: &usize| (std::cmp::Reverse(dues[*at].1), *at);
        order.select_nth_unstable_by_key(left, largest);
    }
    let mut paid: Vec<i128> = dues.iter().map(|(whole, _)| *whole).collect();
    order[..left].iter().for_each(|at| paid[*at] += 1);
    paid.into_iter().map(Money::from_nanousd).collect()
}

/// Splits `amount`, which may be negative, in proportion to `weights`; `None` if all are zero.
pub(super) fn spread(amount: Money, weights: &[u128]) -> Option<Vec<Money>> {
    let all: u128 = weights.iter().sum();
    if all == 0 {
        return None;
    }
    let size = amount.nanousd().unsigned_abs();
    let due = |weight: &u128| {
        let (whole, rest) = product_over(size, *weight, all);
        (i128::try_from(whole).expect("a part of an amount"), rest)
    };
    let dues: Vec<Due> = weights.iter().map(due).collect();
    let size = i128::try_from(size).expect("an amount within the limits");
    let sign = amount.nanousd().signum();
    let parts = settle(Money::from_nanousd(size), &dues);
    let signed = |part: Money| Money::from_nanousd(sign * part.nanousd());
    Some(parts.into_iter().map(signed).collect())
}

/// Splits an integer in proportion to `parts`, in order: what is rounded away goes to the next part, so that all adds up.
/// The last part takes all if none is positive. The parts together are below 2^60.
pub fn in_order<const N: usize>(whole: u128, parts: [u64; N]) -> [u128; N] {
    let mut shares = [0; N];
    let all: u64 = parts.iter().sum();
    if let Some(only) = parts.iter().position(|part| *part == all) {
        shares[if all == 0 { N - 1 } else { only }] = whole;
        return shares;
    }
    let all = u128::from(all);
    let (quotient, rest) = (whole / all, whole % all);
    let (mut sum, mut given) = (0, 0);
    for (share, part) in shares.iter_mut().zip(parts) {
        sum += u128::from(part);
        // whole x sum / all, rounded down, without the long product.
        let until = quotient * sum + rest * sum / all;
        *share = until - given;
        given = until;
    }
    shares
}

/// `a x b / divisor` and its remainder, for `b <= divisor`, however long the product is.
fn product_over(a: u128, b: u128, divisor: u128) -> (u128, u128) {
    if let Some(product) = a.checked_mul(b) {
        return (product / divisor, product % divisor);
    }
    assert!(divisor < 1 << 127, "weights within the limits");
    // By the digits of a, the highest first; the remainder stays below the divisor.
    let (mut quotient, mut rest) = (0_u128, 0_u128);
    for digit in (0..128).rev() {
        quotient *= 2;
        rest *= 2;
        if rest >= divisor {
            (quotient, rest) = (quotient + 1, rest - divisor);
        }
        if a >> digit & 1 == 1 {
            rest += b;
            if rest >= divisor {
                (quotient, rest) = (quotient + 1, rest - divisor);
            }
        }
    }
    (quotient, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nano(amounts: &[Money]) -> Vec<i128> {
        amounts.iter().map(|amount| amount.nanousd()).collect()
    }

    #[test]
    fn the_largest_remainders_pay_first_and_ties_go_to_the_earlier() {
        let dues = [(3, 5), (0, 9), (2, 5), (1, 1)];
        assert_eq!(nano(&settle(Money::from_nanousd(8), &dues)), [4, 1, 2, 1]);
        assert_eq!(nano(&settle(Money::from_nanousd(6), &dues)), [3, 0, 2, 1]);
        assert_eq!(nano(&settle(Money::from_nanousd(10), &dues)), [4, 1, 3, 2]);
    }

    #[test]
    fn an_amount_is_spread_to_the_last_nano_dollar() {
        let spread = |amount, weights: &[u128]| {
            spread(Money::from_nanousd(amount), weights).map(|parts| nano(&parts))
        };
        assert_eq!(spread(10, &[1, 1, 1]), Some(vec![4, 3, 3]));
        assert_eq!(spread(-10, &[1, 0, 2]), Some(vec![-3, 0, -7]));
        assert_eq!(spread(10, &[0, 0]), None);
        let long = spread(i128::MAX, &[1 << 100, 1 << 101, 1 << 99]).expect("weights");
        assert_eq!(long.iter().sum::<i128>(), i128::MAX);
        assert!(long[1] / 2 - long[0] <= 1);
    }

    #[test]
    fn a_long_product_is_divided_as_a_short_one() {
        for (a, b, divisor) in [(u128::MAX, 3, 7), (1 << 100, 1 << 90, (1 << 91) + 1)] {
            let (whole, rest) = product_over(a, b, divisor);
            // a b = whole x divisor + rest, modulo 2^128, and the quotient is about right.
            let back = whole.wrapping_mul(divisor).wrapping_add(rest);
            assert_eq!(back, a.wrapping_mul(b));
            assert!(rest < divisor);
        }
    }

    #[test]
    fn parts_in_order_add_up() {
        assert_eq!(in_order(10, [1, 1, 1]), [3, 3, 4]);
        assert_eq!(in_order(10, [0, 5, 0]), [0, 10, 0]);
        assert_eq!(in_order(10, [0, 0, 0]), [0, 0, 10]);
        let long = in_order(1 << 119, [1_000_000_007, 3, 1 << 50]);
        assert_eq!(long.iter().sum::<u128>(), 1 << 119);
    }
}
