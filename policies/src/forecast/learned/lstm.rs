//! LSTM: a cell that keeps, takes in and gives out what gates let through (Hochreiter, Schmidhuber, 1997; with a forget gate).

use sim_core::world::draw::Stream;

use super::linear::{back, draw, times, with_one};
use super::{Net, Shape, Step, loss};

/// One layer, and a linear map from its last output to the horizon.
#[derive(Clone, Debug)]
pub struct Lstm {
    width: usize,
    /// Four gates by unit, each from a step, the last output and one; then the map to the horizon.
    weights: Vec<f64>,
}

/// The cells after a step.
#[derive(Clone, Debug)]
struct Cells {
    /// What went into the gates.
    input: Vec<f64>,
    /// By unit: what is taken in, kept, given out, and what there was to take in.
    gates: Vec<[f64; 4]>,
    cell: Vec<f64>,
    output: Vec<f64>,
}

impl Lstm {
    fn columns(&self) -> usize {
        3 + self.width + 1
    }

    fn parts(&self) -> (&[f64], &[f64]) {
        self.weights.split_at(4 * self.width * self.columns())
    }

    /// The cells after each step.
    fn forward(&self, steps: &[Step]) -> Vec<Cells> {
        let (gates, _) = self.parts();
        let mut all: Vec<Cells> = Vec::with_capacity(steps.len());
        for step in steps {
            let nothing = vec![0.0; self.width];
            let last = all.last();
            let (cell, output) =
                last.map_or((&nothing, &nothing), |last| (&last.cell, &last.output));
            let mut input = step.to_vec();
            input.extend(output);
            input.push(1.0);
            let sums = times(gates, &input);
            let gate = |unit: usize| {
                let sum = |gate: usize| sums[gate * self.width + unit];
                [
                    sigmoid(sum(0)),
                    sigmoid(sum(1)),
                    sigmoid(sum(2)),
                    libm::tanh(sum(3)),
                ]
            };
            let gates: Vec<[f64; 4]> = (0..self.width).map(gate).collect();
            let cell = gates.iter().zip(cell);
            let cell: Vec<f64> = cell
                .map(|([take, keep, _, new], old)| keep * old + take * new)
                .collect();
            let output = gates.iter().zip(&cell);
            let output = output.map(|(gates, cell)| gates[2] * libm::tanh(*cell));
            all.push(Cells {
                input,
                output: output.collect(),
                gates,
                cell,
            });
        }
        all
    }
}

impl Net for Lstm {
    const NAME: &'static str = "lstm";

    fn new(shape: Shape, luck: &mut Stream) -> Self {
        let width = shape.width;
        let mut weights: Vec<f64> = draw(4 * width, width + 4, luck).collect();
        // At first nearly all is kept.
        let kept = weights.chunks_exact_mut(width + 4).skip(width).take(width);
        for row in kept {
            row[width + 3] = 1.0;
        }
        weights.extend(draw(shape.horizon, width + 1, luck));
        Self { width, weights }
    }

    fn weights(&mut self) -> &mut [f64] {
        &mut self.weights
    }

    fn run(&self, steps: &[Step]) -> Vec<f64> {
        let all = self.forward(steps);
        let output = &all.last().expect("a window has a step").output;
        times(self.parts().1, &with_one(output))
    }

    fn learn(&self, steps: &[Step], came: &[f64], gradient: &mut [f64]) -> f64 {
        let all = self.forward(steps);
        let (gates, head) = self.parts();
        let (to_gates, to_head) = gradient.split_at_mut(gates.len());
        let last = with_one(&all.last().expect("a window has a step").output);
        let (error, off) = loss(&times(head, &last), came);
        // What the error changes by with each output and each cell.
        let mut by_output = back(head, &last, &off, to_head);
        let mut by_cell = vec![0.0; self.width];
        for (at, cells) in all.iter().enumerate().rev() {
            let mut by_sum = vec![0.0; 4 * self.width];
            for unit in 0..self.width {
                let [take, keep, give, new] = cells.gates[unit];
                let shown = libm::tanh(cells.cell[unit]);
                let old = at.checked_sub(1).map_or(0.0, |at| all[at].cell[unit]);
                let by = by_cell[unit] + by_output[unit] * give * (1.0 - shown * shown);
                by_cell[unit] = by * keep;
                by_sum[unit] = by * new * take * (1.0 - take);
                by_sum[self.width + unit] = by * old * keep * (1.0 - keep);
                by_sum[2 * self.width + unit] = by_output[unit] * shown * give * (1.0 - give);
                by_sum[3 * self.width + unit] = by * take * (1.0 - new * new);
            }
            let by_input = back(gates, &cells.input, &by_sum, to_gates);
            by_output = by_input[3..3 + self.width].to_vec();
        }
        error
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}
