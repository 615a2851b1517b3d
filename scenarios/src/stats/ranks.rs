//! Ranks, where equals share theirs.

/// The ranks of values, and how often each value came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranks {
    /// Twice the rank of each value, from 2 for the least: a whole number, as equals share the mean of their ranks.
    pub doubled: Vec<u64>,
    /// How many values are equal, for every value that came more than once.
    pub ties: Vec<u64>,
}

impl Ranks {
    /// Of finite values, ascending; -0 and 0 are equal.
    pub fn of(values: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        // A sum with zero makes -0 into 0.
        let key = |at: usize| values[at] + 0.0;
        order.sort_by(|&a, &b| key(a).total_cmp(&key(b)).then(a.cmp(&b)));
        let mut doubled = vec![0; values.len()];
        let mut ties = Vec::new();
        let mut before = 0;
        for equals in order.chunk_by(|&a, &b| key(a).total_cmp(&key(b)).is_eq()) {
            let count = sim_core::units::convert::wide(equals.len());
            for &at in equals {
                doubled[at] = 2 * before + count + 1;
            }
            if count > 1 {
                ties.push(count);
            }
            before += count;
        }
        Self { doubled, ties }
    }

    /// The sum of `t³ - t` over the ties, by which variances of rank sums fall.
    pub fn tie_sum(&self) -> u64 {
        self.ties.iter().map(|t| t * (t * t - 1)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_share_their_ranks() {
        let ranks = Ranks::of(&[3.0, -0.0, 3.0, 7.0, 0.0, 3.0]);
        assert_eq!(ranks.doubled, [8, 3, 8, 12, 3, 8]);
        assert_eq!(ranks.ties, [2, 3]);
        assert_eq!(ranks.tie_sum(), 6 + 24);
        assert_eq!(Ranks::of(&[]).tie_sum(), 0);
    }
}
