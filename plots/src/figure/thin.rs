//! Fewer points for the same picture: what is left out lies closer than the eye can tell.

use crate::lossy::{floor_count, real};

/// More points than this are thinned.
pub(crate) const MOST_POINTS: usize = 2_000;

/// The bucket of each place (0 to 1) among `buckets`.
fn bucket(place: f64, buckets: usize) -> usize {
    floor_count(place * real(buckets)).min(buckets - 1)
}

/// Indices of the points of a rising curve to keep: the first and last of each bucket of
/// places. What is dropped lies between two kept points less than a bucket apart.
pub(crate) fn rising(places: &[f64]) -> Vec<usize> {
    let buckets = MOST_POINTS / 2;
    let kept = |run: &[usize]| -> Vec<usize> { ends(run[0], run[run.len() - 1]) };
    thinned(places, buckets, kept)
}

/// Indices of the points of any curve to keep: first, last, least and greatest of each bucket.
pub(crate) fn swinging(places: &[f64], values: &[f64]) -> Vec<usize> {
    let buckets = MOST_POINTS / 4;
    let kept = |run: &[usize]| {
        let by_value = |a: &&usize, b: &&usize| values[**a].total_cmp(&values[**b]);
        let least = run.iter().min_by(by_value).copied();
        let greatest = run.iter().max_by(by_value).copied();
        let mut kept = ends(run[0], run[run.len() - 1]);
        kept.extend(least);
        kept.extend(greatest);
        kept.sort_unstable();
        kept.dedup();
        kept
    };
    thinned(places, buckets, kept)
}

fn ends(first: usize, last: usize) -> Vec<usize> {
    if first == last {
        vec![first]
    } else {
        vec![first, last]
    }
}

/// Runs of points in the same bucket, each reduced by `kept`; few points are all kept.
fn thinned(places: &[f64], buckets: usize, kept: impl Fn(&[usize]) -> Vec<usize>) -> Vec<usize> {
    let all: Vec<usize> = (0..places.len()).collect();
    if all.len() <= MOST_POINTS {
        return all;
    }
    all.chunk_by(|a, b| bucket(places[*a], buckets) == bucket(places[*b], buckets))
        .flat_map(kept)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_points_are_all_kept() {
        assert_eq!(rising(&[0.0, 0.5, 0.5, 1.0]), [0, 1, 2, 3]);
        assert_eq!(rising(&[]), [0_usize; 0]);
    }

    #[test]
    fn thinning_keeps_the_ends_and_every_extreme() {
        let count = 50_000;
        let places: Vec<f64> = (0..count).map(|i| real(i) / real(count)).collect();
        let mut values: Vec<f64> = (0..count).map(|i| real(i % 97)).collect();
        values[31_007] = 1e9;
        values[12_345] = -1e9;
        let kept = swinging(&places, &values);
        assert!(kept.len() <= MOST_POINTS);
        assert!(kept.is_sorted());
        for must in [0, 31_007, 12_345, count - 1] {
            assert!(kept.contains(&must), "{must} was dropped");
        }
    }

    #[test]
    fn a_rising_curve_moves_by_less_than_a_bucket() {
        let count = 20_000;
        let places: Vec<f64> = (0..count)
            .map(|i| (real(i) / real(count)).powi(3))
            .collect();
        let kept = rising(&places);
        assert!(kept.len() <= MOST_POINTS);
        for pair in kept.windows(2) {
            let dropped_between = pair[1] - pair[0] > 1;
            assert!(!dropped_between || places[pair[1]] - places[pair[0]] <= 1e-3);
        }
    }
}
