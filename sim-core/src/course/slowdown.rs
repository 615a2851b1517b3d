//! Slowdown of jobs that share a GPU, as a table: what of its speed alone a job has beside another.
//!
//! It is measured pair by pair, and more than two on a GPU are reckoned from pairs: every neighbour takes its part of what the
//! others leave, so that the factors multiply (as interference is commonly extrapolated, and as it is when neighbours contend
//! for different things; where they contend for the same one, the product is too hopeful). A pair that does not stand in the
//! table does not slow each other down. A gang is as slow as its slowest task. A neighbour is whoever holds a share of the GPU,
//! from the instant it is given to that at which it is given back: one that sets up or saves its state counts as well.
//!
//! Replicas of services are jobs as well. A batch or an iteration keeps the pace at which it was begun, so that a replica is late
//! by what is left of one to notice who comes or goes; a service of rates notices at once.

use super::UNIT_RATE;
use crate::units::{ClassId, KindId, ModelId};

/// The table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slowdown {
    /// By class and kind: the label that the table knows its jobs by.
    labels: Vec<Vec<Option<u16>>>,
    pairs: Vec<Pairing>,
}

/// What a job keeps of its speed beside another on a GPU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pairing {
    /// The label of the job.
    pub own: u16,
    /// That of its neighbour.
    pub beside: u16,
    /// On which model.
    pub model: ModelId,
    /// GPUs of the whole job; the largest number that is not above its own holds.
    pub gpus: u32,
    /// Parts per billion of its speed alone, at most one; zero where the two do not fit together.
    pub factor_ppb: u64,
    /// The same as it was measured, in steps a second, if it was: for policies that reckon in doubles.
    pub steps_s: Option<f64>,
}

impl Slowdown {
    /// A table of these pairs, for jobs labelled by class and kind. Panics if a pair stands twice or makes faster.
    pub fn new(labels: Vec<Vec<Option<u16>>>, mut pairs: Vec<Pairing>) -> Self {
        let key = |pair: &Pairing| (pair.own, pair.beside, pair.model, pair.gpus);
        pairs.sort_by_key(key);
        let twice = |two: &[Pairing]| key(&two[0]) == key(&two[1]);
        assert!(!pairs.windows(2).any(twice), "a pair stands once");
        let slower = pairs.iter().all(|pair| pair.factor_ppb <= UNIT_RATE);
        assert!(slower, "a neighbour makes nobody faster");
        Self { labels, pairs }
    }

    /// All pairs, in order.
    pub fn pairs(&self) -> &[Pairing] {
        &self.pairs
    }

    /// What the table calls the jobs of a class and kind.
    pub fn label(&self, class: ClassId, kind: KindId) -> Option<u16> {
        let kinds = self.labels.get(class.index())?;
        // Where a class has no kinds, all its jobs are of one.
        *kinds.get(usize::from(kind.0)).or(kinds.last())?
    }

    /// What a job of so many GPUs keeps of its speed beside one other.
    pub fn factor(&self, own: (u16, u32), beside: u16, model: ModelId) -> u64 {
        let pair = self.pair(own, beside, model);
        pair.map_or(UNIT_RATE, |pair| pair.factor_ppb)
    }

    /// The row of a job of so many GPUs beside one other.
    pub fn pair(&self, (own, gpus): (u16, u32), beside: u16, model: ModelId) -> Option<&Pairing> {
        let key = (own, beside, model, gpus);
        let of = |pair: &Pairing| (pair.own, pair.beside, pair.model, pair.gpus);
        let after = self.pairs.partition_point(|pair| of(pair) <= key);
        let found = after.checked_sub(1).map(|at| &self.pairs[at]);
        let same = |pair: &&Pairing| (pair.own, pair.beside, pair.model) == (own, beside, model);
        found.filter(same)
    }

    /// What is left beside several: the product, multiplied from the least on and rounded down each time.
    pub fn together(factors: &mut [u64]) -> u64 {
        factors.sort_unstable();
        factors.iter().fold(UNIT_RATE, |left, factor| {
            left.saturating_mul(*factor) / UNIT_RATE
        })
    }
}

/// Working time of an attempt at rates that did not change meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// How long it was.
    pub us: u64,
    /// The rate.
    pub rate_ppb: u64,
}

impl Piece {
    /// Work done in it, in microseconds x parts per billion.
    pub fn work(&self) -> u128 {
        u128::from(self.us) * u128::from(self.rate_ppb)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_size_of_a_pair_holds_and_factors_multiply() {
        let pair = |own, beside, gpus, factor_ppb| Pairing {
            own,
            beside,
            model: ModelId(1),
            gpus,
            factor_ppb,
            steps_s: None,
        };
        let pairs = vec![
            pair(0, 1, 4, 300),
            pair(0, 1, 1, 500_000_000),
            pair(1, 0, 1, 0),
        ];
        let labels = vec![vec![Some(1)], vec![None, Some(0)]];
        let table = Slowdown::new(labels, pairs);
        let on = |own, gpus, beside, model| table.factor((own, gpus), beside, ModelId(model));
        assert_eq!([on(0, 3, 1, 1), on(0, 9, 1, 1)], [500_000_000, 300]);
        assert_eq!([on(1, 1, 0, 1), on(0, 1, 0, 1)], [0, UNIT_RATE]);
        assert_eq!(on(0, 3, 1, 0), UNIT_RATE);
        let label = |class, kind| table.label(ClassId(class), KindId(kind));
        assert_eq!([label(0, 0), label(0, 7)], [Some(1), Some(1)]);
        assert_eq!(
            [label(1, 0), label(1, 1), label(2, 0)],
            [None, Some(0), None]
        );
        let mut factors = [900_000_001, 333_333_333, 500_000_000];
        assert_eq!(Slowdown::together(&mut factors), 149_999_999);
        assert_eq!(Slowdown::together(&mut []), UNIT_RATE);
    }
}
