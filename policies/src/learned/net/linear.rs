//! Linear maps of many rows at a time, forward and back.
//!
//! No sum is ever reassociated, so that its bits are the same on every machine, and yet each is written so that it vectorises:
//! a product of two lists is summed in eight lanes, by position modulo eight, which are then folded in halves; whatever is added
//! to a list of sums is added to each of them in the order of the rows.

use std::ops::Range;

/// Partial sums of a product.
const LANES: usize = 8;

/// A matrix, one list of inputs for each output, and what is added to each output, within the weights of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Linear {
    inputs: usize,
    outputs: usize,
    at: usize,
}

impl Linear {
    /// One whose weights begin at `at`.
    pub(super) fn new(inputs: usize, outputs: usize, at: usize) -> Self {
        Self {
            inputs,
            outputs,
            at,
        }
    }

    pub(super) fn inputs(&self) -> usize {
        self.inputs
    }

    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Where the matrix is.
    pub(super) fn weight(&self) -> Range<usize> {
        self.at..self.at + self.inputs * self.outputs
    }

    /// Where the added numbers are.
    pub(super) fn bias(&self) -> Range<usize> {
        let from = self.weight().end;
        from..from + self.outputs
    }

    /// What it makes of each row of `input`.
    pub(super) fn forward(&self, weights: &[f32], input: &[f32], output: &mut Vec<f32>) {
        let (weight, bias) = (&weights[self.weight()], &weights[self.bias()]);
        output.clear();
        for row in input.chunks_exact(self.inputs) {
            let columns = weight.chunks_exact(self.inputs);
            output.extend(
                columns
                    .zip(bias)
                    .map(|(column, bias)| bias + dot(column, row)),
            );
        }
    }

    /// Adds to the gradient what `output`, the slopes by each output, makes of the weights.
    pub(super) fn learn(&self, input: &[f32], output: &[f32], gradient: &mut [f32]) {
        let rows = input.chunks_exact(self.inputs);
        for (row, slopes) in rows.zip(output.chunks_exact(self.outputs)) {
            let columns = gradient[self.weight()].chunks_exact_mut(self.inputs);
            for (column, slope) in columns.zip(slopes) {
                add(column, row, *slope);
            }
            add(&mut gradient[self.bias()], slopes, 1.0);
        }
    }

    /// The slopes by each input, of those by each output.
    pub(super) fn back(&self, weights: &[f32], output: &[f32], input: &mut Vec<f32>) {
        let weight = &weights[self.weight()];
        input.clear();
        for slopes in output.chunks_exact(self.outputs) {
            let from = input.len();
            input.resize(from + self.inputs, 0.0);
            let columns = weight.chunks_exact(self.inputs);
            for (column, slope) in columns.zip(slopes) {
                add(&mut input[from..], column, *slope);
            }
        }
    }
}

/// The sum of the products of two lists as long as each other.
pub(super) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let (left, left_rest) = left.as_chunks::<LANES>();
    let (right, right_rest) = right.as_chunks::<LANES>();
    for (left, right) in left.iter().zip(right) {
        for lane in 0..LANES {
            lanes[lane] += left[lane] * right[lane];
        }
    }
    for (lane, (left, right)) in lanes.iter_mut().zip(left_rest.iter().zip(right_rest)) {
        *lane += left * right;
    }
    let mut left = LANES / 2;
    while left > 0 {
        let (near, far) = lanes.split_at_mut(left);
        add(near, &far[..left], 1.0);
        left /= 2;
    }
    lanes[0]
}

/// `to += by x what`.
pub(super) fn add(to: &mut [f32], what: &[f32], by: f32) {
    for (to, what) in to.iter_mut().zip(what) {
        *to += by * what;
    }
}

/// What is below zero becomes zero.
pub(super) fn rectify(units: &mut [f32]) {
    for unit in units {
        // NaN stays what it is.
        *unit = if *unit < 0.0 { 0.0 } else { *unit };
    }
}

/// Slopes by what came out of [`rectify`] become those by what went in.
pub(super) fn rectify_back(units: &[f32], slopes: &mut [f32]) {
    for (slope, unit) in slopes.iter_mut().zip(units) {
        *slope = if *unit > 0.0 { *slope } else { 0.0 };
    }
}
