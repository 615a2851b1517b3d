//! Linear maps, row by row, forward and back.

use sim_core::world::draw::Stream;

/// What the rows of `weights` make of `input`.
pub(super) fn times(weights: &[f64], input: &[f64]) -> Vec<f64> {
    let rows = weights.chunks_exact(input.len());
    rows.map(|row| dot(row, input)).collect()
}

/// Adds the gradient by weight, and says what the error changes by with each input, told the same of each output.
pub(super) fn back(
    weights: &[f64],
    input: &[f64],
    output: &[f64],
    gradient: &mut [f64],
) -> Vec<f64> {
    let mut through = vec![0.0; input.len()];
    let rows = weights.chunks_exact(input.len());
    let gradients = gradient.chunks_exact_mut(input.len());
    for ((row, gradient), by) in rows.zip(gradients).zip(output) {
        add(&mut through, row, *by);
        add(gradient, input, *by);
    }
    through
}

/// Weights of so many rows, drawn so that outputs are about as large as inputs.
pub(super) fn draw(rows: usize, columns: usize, luck: &mut Stream) -> impl Iterator<Item = f64> {
    let spread = super::real(columns).sqrt();
    (0..rows * columns).map(move |_| luck.normal() / spread)
}

/// With a last input that is always one.
pub(super) fn with_one(input: &[f64]) -> Vec<f64> {
    input.iter().copied().chain([1.0]).collect()
}

pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter()
        .zip(right)
        .map(|(left, right)| left * right)
        .sum()
}

/// `to += by x what`.
pub(super) fn add(to: &mut [f64], what: &[f64], by: f64) {
    for (to, what) in to.iter_mut().zip(what) {
        *to += by * what;
    }
}
