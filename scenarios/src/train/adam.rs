//! Steps along a gradient, by its mean and its spread so far (Kingma, Ba, 2015).

use sim_core::units::convert;

/// Share of the mean, and of the mean square, that a step keeps.
const KEEP: [f64; 2] = [0.9, 0.999];
/// What keeps a step finite where no gradient has been seen.
const LEAST: f32 = 1e-5;

/// Moments of the gradient, by weight.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Adam {
    /// Mean gradient, and mean of its square.
    pub(super) moments: [Vec<f32>; 2],
    /// Steps so far.
    pub(super) steps: u64,
}

impl Adam {
    /// None has been made of so many weights.
    pub(super) fn new(weights: usize) -> Self {
        Self {
            moments: [vec![0.0; weights], vec![0.0; weights]],
            steps: 0,
        }
    }

    /// A step of this length against the gradient, which is shortened to `longest`.
    pub(super) fn step(
        &mut self,
        weights: &mut [f32],
        gradient: &[f32],
        [rate, longest]: [f64; 2],
    ) {
        let squares: f64 = gradient.iter().map(|g| f64::from(*g) * f64::from(*g)).sum();
        let shrink = convert::single((longest / squares.sqrt().max(1e-12)).min(1.0));
        self.steps += 1;
        let unbias = KEEP.map(|keep| 1.0 - libm::pow(keep, convert::real(self.steps)));
        let by = convert::single(rate / unbias[0]);
        let spread = convert::single(unbias[1]);
        let [keep_mean, keep_square] = KEEP.map(convert::single);
        let [means, squares] = &mut self.moments;
        let moments = means.iter_mut().zip(squares);
        for ((weight, part), (mean, square)) in weights.iter_mut().zip(gradient).zip(moments) {
            let part = part * shrink;
            *mean = keep_mean * *mean + (1.0 - keep_mean) * part;
            *square = keep_square * *square + (1.0 - keep_square) * part * part;
            *weight -= by * *mean / ((*square / spread).sqrt() + LEAST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_a_bowl_is_found() {
        let mut adam = Adam::new(2);
        let mut weights = [3.0, -2.0];
        for _ in 0..2_000 {
            let gradient = [weights[0] - 1.0, 10.0 * (weights[1] - 0.5)];
            adam.step(&mut weights, &gradient, [0.01, 1.0]);
        }
        assert!((weights[0] - 1.0).abs() < 1e-3, "{weights:?}");
        assert!((weights[1] - 0.5).abs() < 1e-3, "{weights:?}");
    }

    #[test]
    fn the_first_step_is_as_long_as_the_rate() {
        let mut weights = [0.0, 0.0];
        Adam::new(2).step(&mut weights, &[30.0, -40.0], [0.01, 1e6]);
        assert!((weights[0] + 0.01).abs() < 1e-6, "{weights:?}");
        assert!((weights[1] - 0.01).abs() < 1e-6, "{weights:?}");
    }
}
