//! Wilcoxon's signed-rank test: whether paired differences lie about zero.
//!
//! The sizes of the differences are ranked, equals sharing the mean of their ranks, and the ranks of the positive ones
//! summed. If differences are as likely to fall on either side of zero, each rank counts with probability one half: the sum
//! has mean `n (n + 1) / 4` and variance `n (n + 1) (2 n + 1) / 24 - Σ (t³ - t) / 48` over ties of `t`. It assumes that
//! differences are independent and symmetric about their median, and nothing about their law; it is deaf below six pairs,
//! where no outcome is rarer than 5 %.
//!
//! F. Wilcoxon, Biometrics Bulletin 1 (1945); zeros by J. W. Pratt, JASA 54 (1959), with E. E. Cureton's variance, JASA 62
//! (1967).

use super::level::Side;
use super::normal;
use super::ranks::Ranks;
use super::sample::{Unfit, check, position, real};
use sim_core::units::convert;

/// What differences of zero do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zeros {
    /// They are left out before ranking (Wilcoxon).
    Dropped,
    /// They are ranked, and their ranks left out of the sums (Pratt).
    Ranked,
}

/// How the p-value is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Exactly up to [`MOST_EXACT`] differences, by the corrected normal above.
    Auto,
    /// By counting all ways to sign the ranks as they are, ties and all. Time and memory grow with the cube and the square
    /// of the differences; beyond [`MOST_COUNTED`] it is the corrected normal.
    Exact,
    /// By a normal of the same mean and variance.
    Normal {
        /// Whether the sum is moved by a half towards its mean, as it only takes steps.
        corrected: bool,
    },
}

/// Up to so many differences [`Method::Auto`] counts.
pub const MOST_EXACT: usize = 50;

/// Up to so many differences [`Method::Exact`] counts.
pub const MOST_COUNTED: usize = 500;

/// The outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignedRank {
    /// Sum of the ranks of positive differences.
    pub plus: f64,
    /// Sum of the ranks of negative differences.
    pub minus: f64,
    /// Differences other than zero.
    pub n: usize,
    /// The sum in standard deviations from its mean, where the normal was used.
    pub z: Option<f64>,
    /// The probability of a sum as far off if the differences lie about zero.
    pub p: f64,
}

/// Tests differences against zero. A single one is never rare: its p-value is 1, or a half on one side.
///
/// # Errors
///
/// No difference, or none but zeros.
pub fn signed_rank(
    differences: &[f64],
    zeros: Zeros,
    side: Side,
    method: Method,
) -> Result<SignedRank, Unfit> {
    check(differences, 1)?;
    let signed = Signed::of(differences, zeros);
    let n = signed.ranks.len();
    if n == 0 {
        return Err(Unfit::NoSpread);
    }
    let correction = match method {
        Method::Auto if n <= MOST_EXACT => None,
        Method::Exact if n <= MOST_COUNTED => None,
        Method::Auto | Method::Exact => Some(0.5),
        Method::Normal { corrected } => Some(if corrected { 0.5 } else { 0.0 }),
    };
    let plus = signed.doubled_plus;
    let all: u64 = signed.ranks.iter().sum();
    let (z, p) = match correction {
        None => (None, side.p_value_of_sum(&signed.ranks, plus)),
        Some(correction) => {
            let z = signed.z(side, correction);
            (Some(z), side.p_value(normal::below(z), normal::above(z)))
        }
    };
    Ok(SignedRank {
        plus: convert::real(plus) / 2.0,
        minus: convert::real(all - plus) / 2.0,
        n,
        z,
        p,
    })
}

/// Ranked differences; all ranks are doubled.
struct Signed {
    /// Of all differences but zeros.
    ranks: Vec<u64>,
    doubled_plus: u64,
    mean: f64,
    variance: f64,
}

impl Signed {
    fn of(differences: &[f64], zeros: Zeros) -> Self {
        let ranked: Vec<f64> = match zeros {
            Zeros::Dropped => differences.iter().copied().filter(|d| *d != 0.0).collect(),
            Zeros::Ranked => differences.to_vec(),
        };
        let sizes: Vec<f64> = ranked.iter().map(|d| d.abs()).collect();
        let of_all = Ranks::of(&sizes);
        let pairs = || ranked.iter().zip(&of_all.doubled);
        let without_zeros: Vec<f64> = sizes.into_iter().filter(|size| *size > 0.0).collect();
        let ranks: Vec<u64> = pairs()
            .filter(|(d, _)| **d != 0.0)
            .map(|(_, r)| *r)
            .collect();
        let ties = convert::real(Ranks::of(&without_zeros).tie_sum());
        let (n, zeros) = (real(ranked.len()), real(ranked.len() - ranks.len()));
        let mean = |n: f64| n * (n + 1.0) / 4.0;
        let cubes = |n: f64| n * (n + 1.0) * (2.0 * n + 1.0);
        Self {
            ranks,
            doubled_plus: pairs().filter(|(d, _)| **d > 0.0).map(|(_, r)| *r).sum(),
            mean: mean(n) - mean(zeros),
            variance: (cubes(n) - cubes(zeros) - ties / 2.0) / 24.0,
        }
    }

    /// The sum in standard deviations, moved towards the side that does not speak against the null hypothesis.
    fn z(&self, side: Side, correction: f64) -> f64 {
        let off = convert::real(self.doubled_plus) / 2.0 - self.mean;
        let towards = match side {
            Side::Both if off == 0.0 => 0.0,
            Side::Both => off.signum(),
            Side::Less => -1.0,
            Side::Greater => 1.0,
        };
        (off - towards * correction) / self.variance.sqrt()
    }
}

impl Side {
    /// The p-value of a sum of doubled ranks, each of which counts with probability one half.
    fn p_value_of_sum(self, ranks: &[u64], sum: u64) -> f64 {
        let probabilities = law_of_sum(ranks);
        let at = position(convert::real(sum));
        let below = probabilities[..=at].iter().sum();
        let above = probabilities[at..].iter().sum();
        self.p_value(below, above)
    }
}

/// The probability of each sum, from zero to that of all ranks.
fn law_of_sum(ranks: &[u64]) -> Vec<f64> {
    let mut law = vec![1.0];
    for &rank in ranks {
        let rank = position(convert::real(rank));
        let mut next = vec![0.0; law.len() + rank];
        for (sum, probability) in law.iter().enumerate() {
            next[sum] += probability / 2.0;
            next[sum + rank] += probability / 2.0;
        }
        law = next;
    }
    law
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All signs of all ranks, one by one.
    fn by_enumeration(differences: &[f64], side: Side) -> f64 {
        let nonzero: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
        let sizes: Vec<f64> = nonzero.iter().map(|d| d.abs()).collect();
        let ranks = Ranks::of(&sizes).doubled;
        let sum_of = |is_plus: &dyn Fn(usize) -> bool| -> u64 {
            let chosen = ranks.iter().enumerate().filter(|(at, _)| is_plus(*at));
            chosen.map(|(_, rank)| *rank).sum()
        };
        let seen = sum_of(&|at| nonzero[at] > 0.0);
        let (mut below, mut above) = (0_u32, 0_u32);
        for signs in 0..1_u32 << ranks.len() {
            let sum = sum_of(&|at| signs >> at & 1 == 1);
            below += u32::from(sum <= seen);
            above += u32::from(sum >= seen);
        }
        let all = f64::from(1_u32 << ranks.len());
        side.p_value(f64::from(below) / all, f64::from(above) / all)
    }

    #[test]
    fn exact_means_counting_every_way_to_sign_the_ranks() {
        let mut stream = sim_core::world::draw::Stream::new(1, &["wilcoxon".into()]);
        for n in 1..=9 {
            for _ in 0..30 {
                // Small whole numbers: full of ties and zeros.
                let mut draw = || convert::real(stream.below(9)) - 3.0;
                let differences: Vec<f64> = (0..n).map(|_| draw()).collect();
                if differences.iter().all(|d| *d == 0.0) {
                    continue;
                }
                for side in [Side::Both, Side::Less, Side::Greater] {
                    let test = signed_rank(&differences, Zeros::Dropped, side, Method::Exact);
                    let expected = by_enumeration(&differences, side);
                    assert!((test.unwrap().p - expected).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn what_says_nothing_is_refused() {
        let test = |d: &[f64]| signed_rank(d, Zeros::Ranked, Side::Both, Method::Auto);
        assert_eq!(test(&[]), Err(Unfit::TooFew { have: 0, need: 1 }));
        assert_eq!(test(&[0.0, -0.0]), Err(Unfit::NoSpread));
        assert_eq!(test(&[1.0, f64::NAN]), Err(Unfit::NotFinite { at: 1 }));
        assert!((test(&[2.0]).unwrap().p - 1.0).abs() < 1e-15);
    }
}
