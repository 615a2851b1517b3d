//! Nelder and Mead's downhill simplex: the least of a function without derivatives.
//!
//! Source: Nelder and Mead, The Computer Journal 7 (1965), with the customary factors 1, 2, 1/2, 1/2. Only `+ - * /` touch
//! a number, so that the path is the same on every machine.

/// Where the search ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Least {
    /// The point.
    pub(super) at: Vec<f64>,
    /// The function there.
    pub(super) value: f64,
}

/// Searches from `start`, with a first simplex of this `size` in every direction, until its values differ by less than
/// `close` or the function was asked about `most` times.
pub(super) fn descend(
    of: &mut impl FnMut(&[f64]) -> f64,
    start: &[f64],
    (size, close, most): (f64, f64, u32),
) -> Least {
    let mut asked = 0;
    let mut ask = |at: Vec<f64>| {
        asked += 1;
        let value = of(&at);
        (Least { at, value }, asked)
    };
    let mut corners = vec![ask(start.to_vec()).0];
    for direction in 0..start.len() {
        let mut at = start.to_vec();
        at[direction] += size;
        corners.push(ask(at).0);
    }
    loop {
        corners.sort_by(|a, b| a.value.total_cmp(&b.value));
        let worst = corners.pop().expect("a simplex has corners");
        let (best, next) = (corners[0].clone(), corners[corners.len() - 1].value);
        if worst.value - best.value < close {
            return best;
        }
        let middle = centre(&corners);
        let (mirrored, mut asked) = ask(between(&middle, &worst.at, -1.0));
        let taken = if mirrored.value < best.value {
            let (further, so_far) = ask(between(&middle, &worst.at, -2.0));
            asked = so_far;
            Some(if further.value < mirrored.value {
                further
            } else {
                mirrored
            })
        } else if mirrored.value < next {
            Some(mirrored)
        } else {
            let outside = mirrored.value < worst.value;
            let (inner, so_far) = ask(between(
                &middle,
                &worst.at,
                if outside { -0.5 } else { 0.5 },
            ));
            asked = so_far;
            Some(inner).filter(|inner| inner.value < worst.value.min(mirrored.value))
        };
        if let Some(taken) = taken {
            corners.push(taken);
        } else {
            corners.push(worst);
            for corner in &mut corners[1..] {
                (*corner, asked) = ask(between(&best.at, &corner.at, 0.5));
            }
        }
        if asked >= most {
            corners.sort_by(|a, b| a.value.total_cmp(&b.value));
            return corners.swap_remove(0);
        }
    }
}

/// From `from`, a share of the way to `to`.
fn between(from: &[f64], to: &[f64], share: f64) -> Vec<f64> {
    let pairs = from.iter().zip(to);
    pairs.map(|(from, to)| from + share * (to - from)).collect()
}

fn centre(corners: &[Least]) -> Vec<f64> {
    let mut sum = vec![0.0; corners[0].at.len()];
    let mut count = 0.0;
    for corner in corners {
        count += 1.0;
        for (sum, x) in sum.iter_mut().zip(&corner.at) {
            *sum += x;
        }
    }
    sum.into_iter().map(|sum| sum / count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_the_end_of_rosenbrocks_valley() {
        let mut valley = |x: &[f64]| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            a * a + 100.0 * b * b
        };
        let found = descend(&mut valley, &[-1.2, 1.0], (0.5, 1e-14, 1000));
        assert!(found.value < 1e-10, "{found:?}");
        assert!((found.at[0] - 1.0).abs() < 1e-4 && (found.at[1] - 1.0).abs() < 1e-4);
    }

    #[test]
    fn it_stops_when_it_has_asked_enough() {
        let mut asked = 0;
        let mut slope = |x: &[f64]| {
            asked += 1;
            x[0] - x[1]
        };
        descend(&mut slope, &[0.0, 0.0], (1.0, 1e-9, 50));
        assert!((50..60).contains(&asked), "{asked}");
    }
}
