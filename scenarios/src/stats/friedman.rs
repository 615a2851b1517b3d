//! Friedman's test: whether any of several policies ranks differently over many scenarios.
//!
//! In each of `n` blocks (scenarios, traces) the `k` treatments (policies) are ranked, so that scenarios whose values are of
//! different size count alike. With rank sums `R`, `χ² = (12 Σ R² / (n k (k + 1)) - 3 n (k + 1)) / C` has nearly a chi-square
//! law of `k - 1` degrees of freedom, where `C = 1 - Σ (t³ - t) / (n k (k² - 1))` over ties of `t` in a block. That is too
//! shy; with `F = (n - 1) χ² / (n (k - 1) - χ²)`, which has nearly an F law of `k - 1` and `(k - 1)(n - 1)` degrees, the
//! stated rate is kept better. Blocks are to be independent: seeds of one scenario are not blocks of their own. Both laws are
//! rough below some ten blocks.
//!
//! M. Friedman, JASA 32 (1937); R. L. Iman and J. M. Davenport, Communications in Statistics A9 (1980); J. Demšar, JMLR 7
//! (2006).

use sim_core::units::convert;
use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor};

use super::ranks::Ranks;
use super::sample::{Unfit, check, real};

/// The outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Friedman {
    /// The mean rank of each treatment, from 1 for the least value in every block.
    pub average_ranks: Vec<f64>,
    /// Number of blocks.
    pub blocks: usize,
    /// Friedman's statistic.
    pub chi_square: f64,
    /// The probability of as large a one if all treatments are alike.
    pub p: f64,
    /// Iman and Davenport's statistic; none where all blocks rank alike, so that it is beyond all bounds.
    pub f: Option<f64>,
    /// The probability of as large a one if all treatments are alike; zero where there is none.
    pub p_of_f: f64,
}

/// Tests blocks, each with the values of all treatments in the same order.
///
/// # Errors
///
/// Fewer than two blocks or treatments, blocks of different lengths, a value that is no finite number, or nothing but ties
/// in every block.
pub fn friedman(blocks: &[Vec<f64>]) -> Result<Friedman, Unfit> {
    let k = blocks.first().map_or(0, Vec::len);
    if let Some(at) = blocks.iter().position(|block| block.len() != k) {
        return Err(Unfit::Uneven { at });
    }
    if blocks.len() < 2 {
        let have = blocks.len();
        return Err(Unfit::TooFew { have, need: 2 });
    }
    let mut sums = vec![0_u64; k];
    let mut ties = 0;
    for block in blocks {
        check(block, 2)?;
        let ranks = Ranks::of(block);
        ties += ranks.tie_sum();
        for (sum, rank) in sums.iter_mut().zip(&ranks.doubled) {
            *sum += rank;
        }
    }
    of_sums(&sums, ties, blocks.len())
}

/// From doubled rank sums.
fn of_sums(sums: &[u64], ties: u64, blocks: usize) -> Result<Friedman, Unfit> {
    let (n, k) = (real(blocks), real(sums.len()));
    let untied = 1.0 - convert::real(ties) / (n * k * (k * k - 1.0));
    // Ties of all leave exactly nothing, and one pair apart leaves more than this.
    if untied <= 1e-12 {
        return Err(Unfit::NoSpread);
    }
    // In the ranks' distances from their mean, so that little cancels.
    let centre = n * (k + 1.0) / 2.0;
    let away = |sum: &u64| convert::real(*sum) / 2.0 - centre;
    let spread: f64 = sums.iter().map(|sum| away(sum) * away(sum)).sum();
    let chi_square = 12.0 * spread / (n * k * (k + 1.0)) / untied;
    let rest = n * (k - 1.0) - chi_square;
    let f = (rest > 1e-9 * chi_square).then(|| (n - 1.0) * chi_square / rest);
    let law = ChiSquared::new(k - 1.0).expect("two treatments");
    let law_of_f = FisherSnedecor::new(k - 1.0, (k - 1.0) * (n - 1.0)).expect("two blocks");
    Ok(Friedman {
        average_ranks: sums
            .iter()
            .map(|sum| convert::real(*sum) / 2.0 / n)
            .collect(),
        blocks,
        chi_square,
        p: law.sf(chi_square),
        f,
        p_of_f: f.map_or(0.0, |f| law_of_f.sf(f)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_that_rank_alike_leave_no_doubt() {
        let test = friedman(&vec![vec![1.0, 2.0, 3.0]; 4]).unwrap();
        assert_eq!(test.average_ranks, [1.0, 2.0, 3.0]);
        assert!((test.chi_square - 8.0).abs() < 1e-12);
        assert_eq!(test.f, None);
        assert_eq!(test.p_of_f.to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn what_cannot_be_ranked_is_refused() {
        let tied = vec![vec![1.0, 1.0], vec![2.0, 2.0]];
        assert_eq!(friedman(&tied), Err(Unfit::NoSpread));
        let uneven = vec![vec![1.0, 1.0], vec![2.0]];
        assert_eq!(friedman(&uneven), Err(Unfit::Uneven { at: 1 }));
        assert_eq!(friedman(&[]), Err(Unfit::TooFew { have: 0, need: 2 }));
        let single = vec![vec![1.0], vec![2.0]];
        assert_eq!(friedman(&single), Err(Unfit::TooFew { have: 1, need: 2 }));
        let holed = vec![vec![1.0, 2.0], vec![2.0, f64::NAN]];
        assert_eq!(friedman(&holed), Err(Unfit::NotFinite { at: 1 }));
    }

    #[test]
    fn opposite_blocks_say_nothing() {
        let test = friedman(&[vec![1.0, 2.0], vec![2.0, 1.0]]).unwrap();
        assert_eq!(test.chi_square.to_bits(), 0.0_f64.to_bits());
        assert!((test.p - 1.0).abs() < 1e-15);
        assert!((test.p_of_f - 1.0).abs() < 1e-15);
    }
}
