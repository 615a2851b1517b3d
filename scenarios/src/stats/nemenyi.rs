//! Nemenyi's comparison of all with all, for the critical-difference diagram.
//!
//! Two of `k` treatments whose average ranks over `n` blocks differ by less than `q / √2 √(k (k + 1) / (6 n))` cannot be told
//! apart, where `q` is the quantile of the range of `k` normals. Where all are alike, any two are told apart about as often as
//! the level allows (at 95 %, in 5.7 % of 2,000 experiments of five treatments on fifteen blocks). It is asked after
//! [`super::friedman`] has said that there is a difference. P. B. Nemenyi (1963); J. Demšar, JMLR 7 (2006).

use std::ops::Range;

use super::level::Level;
use super::range;
use super::sample::real;

/// The difference of average ranks from which two treatments are told apart; `None` for fewer than two treatments or no block.
pub fn critical_difference(treatments: usize, blocks: usize, level: Level) -> Option<f64> {
    if blocks == 0 {
        return None;
    }
    let q = range::quantile(treatments, level.confidence())?;
    let (k, n) = (real(treatments), real(blocks));
    Some(q / std::f64::consts::SQRT_2 * (k * (k + 1.0) / (6.0 * n)).sqrt())
}

/// Treatments in the order of their ranks, and which neighbours cannot be told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// Positions of the treatments, by average rank, then as given.
    pub order: Vec<usize>,
    /// Stretches of that order, two or more long, whose ends differ by no more than the critical difference; none lies within
    /// another.
    pub alike: Vec<Range<usize>>,
}

/// Groups average ranks by a critical difference.
pub fn groups(average_ranks: &[f64], critical_difference: f64) -> Groups {
    let mut order: Vec<usize> = (0..average_ranks.len()).collect();
    order.sort_by(|&a, &b| {
        let by_rank = average_ranks[a].total_cmp(&average_ranks[b]);
        by_rank.then(a.cmp(&b))
    });
    let mut alike: Vec<Range<usize>> = Vec::new();
    for first in 0..order.len() {
        let most = average_ranks[order[first]] + critical_difference;
        let past = order.partition_point(|&one| average_ranks[one] <= most);
        let reached = alike.last().map_or(0, |group| group.end);
        if past > first + 1 && past > reached {
            alike.push(first..past);
        }
    }
    Groups { order, alike }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_as_long_as_they_can_be() {
        let found = groups(&[3.0, 1.0, 2.0, 6.0, 3.5], 1.6);
        assert_eq!(found.order, [1, 2, 0, 4, 3]);
        assert_eq!(found.alike, [0..2, 1..4]);
        assert!(groups(&[1.0, 2.0], 0.5).alike.is_empty());
        assert_eq!(groups(&[1.0, 1.0, 1.0], 0.5).alike.len(), 1);
        assert_eq!(groups(&[], 0.5).order, [0; 0]);
    }

    #[test]
    fn nobody_is_compared_with_nobody() {
        assert_eq!(critical_difference(1, 10, Level::USUAL), None);
        assert_eq!(critical_difference(3, 0, Level::USUAL), None);
    }
}
