//! Layers one after the other, each but the last cut off below zero.

use super::linear::{Linear, rectify, rectify_back};

/// Linear maps with a cut-off between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layers {
    layers: Vec<Linear>,
}

/// What rows are made of on the way through [`Layers`], and the slopes on the way back.
#[derive(Clone, Debug, Default)]
pub(super) struct Passage {
    /// What each layer makes; the last is what comes out.
    units: Vec<Vec<f32>>,
    /// Slopes by what a layer makes, and by what goes into it.
    slopes: [Vec<f32>; 2],
}

impl Layers {
    /// From so many inputs through `hidden` units, `layers` times, to one output; the weights begin at `at`.
    pub(super) fn new(inputs: usize, [hidden, layers]: [usize; 2], at: usize) -> Self {
        let mut made = Vec::with_capacity(layers + 1);
        let (mut inputs, mut at) = (inputs, at);
        for layer in 0..=layers {
            let outputs = if layer < layers { hidden } else { 1 };
            let linear = Linear::new(inputs, outputs, at);
            (inputs, at) = (outputs, linear.bias().end);
            made.push(linear);
        }
        Self { layers: made }
    }

    pub(super) fn all(&self) -> &[Linear] {
        &self.layers
    }

    /// Where its weights end.
    pub(super) fn end(&self) -> usize {
        self.layers.last().expect("a layer").bias().end
    }

    /// One number for each row of `input`.
    pub(super) fn forward<'a>(
        &self,
        weights: &[f32],
        input: &[f32],
        passage: &'a mut Passage,
    ) -> &'a [f32] {
        passage.units.resize_with(self.layers.len(), Vec::new);
        let last = self.layers.len() - 1;
        for (at, layer) in self.layers.iter().enumerate() {
            let (before, from_here) = passage.units.split_at_mut(at);
            let input = before.last().map_or(input, Vec::as_slice);
            layer.forward(weights, input, &mut from_here[0]);
            if at < last {
                rectify(&mut from_here[0]);
            }
        }
        &passage.units[last]
    }

    /// Adds to the gradient by weight, after a [`Layers::forward`] of the same input, told the slope by each output.
    pub(super) fn back(
        &self,
        [weights, input, output]: [&[f32]; 3],
        passage: &mut Passage,
        gradient: &mut [f32],
    ) {
        let Passage { units, slopes } = passage;
        let [after, before] = slopes;
        after.clear();
        after.extend_from_slice(output);
        for (at, layer) in self.layers.iter().enumerate().rev() {
            let Some(under) = at.checked_sub(1) else {
                layer.learn(input, after, gradient);
                break;
            };
            layer.learn(&units[under], after, gradient);
            layer.back(weights, after, before);
            rectify_back(&units[under], before);
            std::mem::swap(after, before);
        }
    }
}
