//! A histogram of times in bounded memory: quantiles are known to a thousandth of themselves, whatever their size.
//!
//! Buckets are as wide as the largest power of two below a thousandth of what they hold, as in the HDR histogram of G. Tene.

use sim_core::units::convert;

/// Buckets of a power of two, and its logarithm.
const FINE: u64 = 1024;
const FINE_BITS: u32 = 10;

/// Parts of a value that is counted whole.
pub(super) const WHOLE: u64 = 1_000_000;

/// Counts of values by size, in millionths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    /// Counts a value.
    pub fn add(&mut self, value: u64) {
        self.weigh(value, WHOLE);
    }

    /// Counts so many millionths of a value.
    pub fn weigh(&mut self, value: u64, parts: u64) {
        let at = bucket(value);
        if at >= self.counts.len() {
            self.counts.resize(at + 1, 0);
        }
        self.counts[at] += parts;
        self.total += parts;
    }

    /// Adds all that another has counted.
    pub fn merge(&mut self, other: &Self) {
        if other.counts.len() > self.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (own, more) in self.counts.iter_mut().zip(&other.counts) {
            *own += more;
        }
        self.total += other.total;
    }

    /// The least value that so many per mille are not above, to a thousandth of it and never too low; none of nothing.
    pub fn quantile(&self, per_mille: u64) -> Option<u64> {
        let rank = (u128::from(self.total) * u128::from(per_mille)).div_ceil(1000);
        let mut below = 0;
        let at = self.counts.iter().position(|count| {
            below += u128::from(*count);
            below > 0 && below >= rank
        });
        at.map(highest)
    }
}

/// Values below twice [`FINE`] have a bucket each; from there on, every power of two has as many.
fn bucket(value: u64) -> usize {
    let shift = (u64::BITS - value.leading_zeros()).saturating_sub(FINE_BITS + 1);
    let at = u64::from(shift) * FINE + (value >> shift);
    usize::try_from(at).expect("fewer than a hundred thousand")
}

/// The highest value of a bucket.
fn highest(bucket: usize) -> u64 {
    let bucket = convert::wide(bucket);
    let shift = (bucket / FINE).saturating_sub(1);
    let first = (bucket - shift * FINE) << shift;
    first + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_what_is_put_there_and_is_narrow() {
        let mut value = 1u64;
        while value < 1 << 60 {
            for near in [value - 1, value, value + value / 7] {
                let top = highest(bucket(near));
                assert!(top >= near, "{near}: {top}");
                assert!(top - near <= near / 1000, "{near}: {top}");
                assert_ne!(bucket(top + 1), bucket(near), "{near}");
            }
            value = value * 3 / 2 + 1;
        }
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_values() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(500), None);
        let mut values: Vec<u64> = (0..1000).map(|at| at * at % 1999).collect();
        for value in &values {
            histogram.add(*value);
        }
        values.sort_unstable();
        for (per_mille, rank) in [(500, 500), (950, 950), (990, 990), (1000, 1000)] {
            assert_eq!(histogram.quantile(per_mille), Some(values[rank - 1]));
        }
        let mut twice = histogram.clone();
        twice.merge(&histogram);
        assert_eq!(twice.quantile(990), histogram.quantile(990));
    }
}
