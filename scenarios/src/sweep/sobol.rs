//! Sobol's low-discrepancy sequence, after the direction numbers of Joe and Kuo.
//!
//! Source: S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections" (2008), set D(6).

/// Most dimensions.
pub(super) const DIMENSIONS: usize = 32;

/// Bits of a coordinate.
const BITS: usize = 32;

/// By dimension after the first: a primitive polynomial by its bits, and the odd numbers that start the recurrence.
const STARTS: [(u32, &[u32]); DIMENSIONS - 1] = [
    (3, &[1]),
    (7, &[1, 3]),
    (11, &[1, 3, 1]),
    (13, &[1, 1, 1]),
    (19, &[1, 1, 3, 3]),
    (25, &[1, 3, 5, 13]),
    (37, &[1, 1, 5, 5, 17]),
    (41, &[1, 1, 5, 5, 5]),
    (47, &[1, 1, 7, 11, 19]),
    (55, &[1, 1, 5, 1, 1]),
    (59, &[1, 1, 1, 3, 11]),
    (61, &[1, 3, 5, 5, 31]),
    (67, &[1, 3, 3, 9, 7, 49]),
    (91, &[1, 1, 1, 15, 21, 21]),
    (97, &[1, 3, 1, 13, 27, 49]),
    (103, &[1, 1, 1, 15, 7, 5]),
    (109, &[1, 3, 1, 15, 13, 25]),
    (115, &[1, 1, 5, 5, 19, 61]),
    (131, &[1, 3, 7, 11, 23, 15, 103]),
    (137, &[1, 3, 7, 13, 13, 15, 69]),
    (143, &[1, 1, 3, 13, 7, 35, 63]),
    (145, &[1, 3, 5, 9, 1, 25, 53]),
    (157, &[1, 3, 1, 13, 9, 35, 107]),
    (167, &[1, 3, 1, 5, 27, 61, 31]),
    (171, &[1, 1, 5, 11, 19, 41, 61]),
    (185, &[1, 3, 5, 3, 3, 13, 69]),
    (191, &[1, 1, 7, 13, 1, 19, 1]),
    (193, &[1, 3, 7, 5, 13, 19, 59]),
    (203, &[1, 1, 3, 9, 25, 29, 41]),
    (211, &[1, 3, 5, 13, 23, 1, 55]),
    (213, &[1, 3, 7, 3, 13, 59, 17]),
];

/// The sequence in some dimensions.
#[derive(Clone, Debug)]
pub struct Sobol {
    directions: Vec<[u32; BITS]>,
}

impl Sobol {
    /// The sequence in `dimensions` dimensions. Panics beyond `DIMENSIONS`.
    pub fn new(dimensions: usize) -> Self {
        assert!(dimensions <= DIMENSIONS, "at most {DIMENSIONS} dimensions");
        Self {
            directions: (0..dimensions).map(directions).collect(),
        }
    }

    /// A coordinate of the point at `index`, in multiples of 2^-32; points come in the order of the Gray code.
    pub fn coordinate(&self, index: u32, dimension: usize) -> u32 {
        let gray = index ^ (index >> 1);
        let chosen = self.directions[dimension].iter().enumerate();
        let chosen = chosen.filter(|(bit, _)| (gray >> bit) & 1 == 1);
        chosen.fold(0, |sum, (_, direction)| sum ^ direction)
    }
}

/// The direction numbers of a dimension, the one of the lowest bit of an index first.
fn directions(dimension: usize) -> [u32; BITS] {
    let mut found = [0; BITS];
    let Some(before) = dimension.checked_sub(1) else {
        for (bit, direction) in found.iter_mut().enumerate() {
            *direction = 1 << (BITS - 1 - bit);
        }
        return found;
    };
    let (polynomial, starts) = STARTS[before];
    let degree = starts.len();
    for bit in 0..BITS {
        found[bit] = if let Some(start) = starts.get(bit) {
            start << (BITS - 1 - bit)
        } else {
            let oldest = found[bit - degree];
            let between = (1..degree).filter(|back| (polynomial >> (degree - back)) & 1 == 1);
            between.fold(oldest ^ (oldest >> degree), |sum, back| {
                sum ^ found[bit - back]
            })
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eighths of the first eight points in six dimensions, by `scipy.stats.qmc.Sobol(scramble=False)` 1.17.1.
    const FIRST: [[u32; 6]; 8] = [
        [0, 0, 0, 0, 0, 0],
        [4, 4, 4, 4, 4, 4],
        [6, 2, 2, 2, 6, 6],
        [2, 6, 6, 6, 2, 2],
        [3, 3, 5, 7, 3, 1],
        [7, 7, 1, 3, 7, 5],
        [5, 1, 7, 5, 5, 7],
        [1, 5, 3, 1, 1, 3],
    ];

    /// By dimension, 1,024ths of the first 1,024 coordinates by the same, folded as `fold * 31 + next` in 32 bits.
    const FOLDS: [u32; DIMENSIONS] = [
        373_022_720,
        2_600_460_288,
        1_790_697_472,
        2_797_330_432,
        784_064_512,
        2_797_330_432,
        784_064_512,
        2_797_330_432,
        2_797_330_432,
        784_064_512,
        784_064_512,
        2_797_330_432,
        1_790_697_472,
        2_797_330_432,
        1_790_697_472,
        784_064_512,
        2_797_330_432,
        2_797_330_432,
        784_064_512,
        784_064_512,
        784_064_512,
        1_790_697_472,
        1_790_697_472,
        2_797_330_432,
        784_064_512,
        2_797_330_432,
        2_797_330_432,
        1_790_697_472,
        784_064_512,
        784_064_512,
        1_790_697_472,
        2_797_330_432,
    ];

    #[test]
    fn points_are_those_of_scipy() {
        let sobol = Sobol::new(DIMENSIONS);
        for (index, first) in (0..).zip(FIRST) {
            for (dimension, eighths) in first.into_iter().enumerate() {
                assert_eq!(sobol.coordinate(index, dimension), eighths << 29);
            }
        }
        for (dimension, expected) in FOLDS.into_iter().enumerate() {
            let fold = (0..1024).fold(0_u32, |fold, index| {
                let coordinate = sobol.coordinate(index, dimension);
                assert_eq!(coordinate & ((1 << 22) - 1), 0);
                fold.wrapping_mul(31).wrapping_add(coordinate >> 22)
            });
            assert_eq!(fold, expected, "dimension {dimension}");
        }
    }

    #[test]
    fn each_power_of_two_of_points_has_one_in_each_stratum() {
        let sobol = Sobol::new(DIMENSIONS);
        for dimension in 0..DIMENSIONS {
            let mut strata: Vec<u32> = (0..256)
                .map(|index| sobol.coordinate(index, dimension) >> 24)
                .collect();
            strata.sort_unstable();
            assert!(strata.into_iter().eq(0..256), "dimension {dimension}");
        }
    }
}
