//! Main effects: what a result is on average at each value of a key, over all that the other keys are.

use std::collections::BTreeMap;

use crate::experiment::number::real;
use crate::schema::{Quantity, Value};

/// Most values that stand for themselves; more of them are put together by their order.
const MOST_LEVELS: usize = 12;
/// Into how many groups.
const GROUPS: usize = 8;

/// A value of a key, or several next to each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// The value, or the first and the last.
    pub label: String,
    /// Cells that have it and a result.
    pub cells: u64,
    /// The mean of their results.
    pub mean: f64,
}

/// The levels of a key in their order, from its value and the result of each cell.
pub fn levels(cells: &[(&str, Option<f64>)]) -> Vec<Level> {
    let told = cells
        .iter()
        .filter_map(|(value, result)| Some((*value, (*result)?)));
    let mut values: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (value, result) in told {
        values.entry(value).or_default().push(result);
    }
    let mut values: Vec<(&str, Vec<f64>)> = values.into_iter().collect();
    // What is no quantity keeps the order of its text, behind all that is.
    let size = |value: &str| quantity(value).map_or(f64::INFINITY, Quantity::real);
    values.sort_by(|a, b| size(a.0).total_cmp(&size(b.0)));
    let are_quantities = values.iter().all(|(value, _)| quantity(value).is_some());
    let groups = if values.len() > MOST_LEVELS && are_quantities {
        GROUPS
    } else {
        values.len()
    };
    let bound = |group: usize| group * values.len() / groups.max(1);
    let level = |group: usize| level(&values[bound(group)..bound(group + 1)]);
    (0..groups).filter_map(level).collect()
}

/// Several values together.
fn level(values: &[(&str, Vec<f64>)]) -> Option<Level> {
    let (first, last) = (values.first()?.0, values.last()?.0);
    let results = || values.iter().flat_map(|(_, results)| results);
    let cells = u64::try_from(results().count()).ok()?;
    let label = if values.len() == 1 {
        first.to_owned()
    } else {
        format!("{first} to {last}")
    };
    Some(Level {
        label,
        cells,
        mean: results().sum::<f64>() / real(cells),
    })
}

/// How far apart the means of the levels lie.
pub fn range(levels: &[Level]) -> f64 {
    let means = || levels.iter().map(|level| level.mean);
    let (least, most) = (
        means().fold(f64::INFINITY, f64::min),
        means().fold(f64::NEG_INFINITY, f64::max),
    );
    if levels.is_empty() { 0.0 } else { most - least }
}

/// The quantity that a table shows.
fn quantity(shown: &str) -> Option<Quantity> {
    // A part may be of what the scenario says: -10%.
    let bare = shown.strip_suffix('%').unwrap_or(shown);
    let number = bare.parse().ok().filter(|number: &f64| number.is_finite());
    let number = number.map(Quantity::Number);
    number.or_else(|| Quantity::of(&Value::Text(shown.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_stand_in_the_order_of_their_size_with_the_means_of_their_cells() {
        let cells = [
            ("2h", Some(4.0)),
            ("30m", Some(1.0)),
            ("2h", Some(6.0)),
            ("30m", None),
        ];
        let found = levels(&cells);
        let told: Vec<_> = found
            .iter()
            .map(|own| (own.label.as_str(), own.cells, own.mean))
            .collect();
        assert_eq!(told, [("30m", 1, 1.0), ("2h", 2, 5.0)]);
        assert!((range(&found) - 4.0).abs() < 1e-12);
        assert!(range(&[]).abs() < 1e-12);
    }

    #[test]
    fn relative_values_stand_in_the_order_of_their_sign_and_size() {
        let cells = ["+20%", "-10%", "+0%", "+5%"].map(|value| (value, Some(1.0)));
        let labels: Vec<String> = levels(&cells).into_iter().map(|own| own.label).collect();
        assert_eq!(labels, ["-10%", "+0%", "+5%", "+20%"]);
    }

    #[test]
    fn over_a_grid_a_sum_has_the_effects_of_its_parts() {
        let (a, b) = ([1.0, 2.0, 5.0], [10.0, 40.0]);
        let model = |a: f64, b: f64| 3.0 * a - b;
        let cells: Vec<(String, String, f64)> = a
            .iter()
            .flat_map(|a| b.map(|b| (a.to_string(), b.to_string(), model(*a, b))))
            .collect();
        let of_a: Vec<_> = cells
            .iter()
            .map(|(a, _, y)| (a.as_str(), Some(*y)))
            .collect();
        let of_b: Vec<_> = cells
            .iter()
            .map(|(_, b, y)| (b.as_str(), Some(*y)))
            .collect();
        // The other key is 25 on average, and this one 8 / 3.
        for (level, a) in levels(&of_a).iter().zip(a) {
            assert!((level.mean - (3.0 * a - 25.0)).abs() < 1e-12, "{level:?}");
        }
        for (level, b) in levels(&of_b).iter().zip(b) {
            assert!((level.mean - (8.0 - b)).abs() < 1e-12, "{level:?}");
        }
        assert!((range(&levels(&of_a)) - 12.0).abs() < 1e-12);
        assert!((range(&levels(&of_b)) - 30.0).abs() < 1e-12);
    }

    #[test]
    fn many_values_are_put_together() {
        let texts: Vec<String> = (0..100).map(|number| format!("{number}.5")).collect();
        let cells = texts.iter().enumerate();
        let cells: Vec<_> = cells
            .map(|(at, text)| (text.as_str(), Some(real(u64::try_from(at).expect("small")))))
            .collect();
        let found = levels(&cells);
        assert_eq!(found.len(), GROUPS);
        assert_eq!(found.iter().map(|level| level.cells).sum::<u64>(), 100);
        assert_eq!(found[0].label, "0.5 to 11.5");
        assert!(found.windows(2).all(|pair| pair[0].mean < pair[1].mean));
        let words: Vec<String> = (0..20).map(|number| format!("w{number}")).collect();
        let cells: Vec<_> = words
            .iter()
            .map(|word| (word.as_str(), Some(1.0)))
            .collect();
        assert_eq!(levels(&cells).len(), 20);
    }
}
