//! Transformer: the last step attends to all of the window (Vaswani et al., 2017).
//!
//! One block with one head, places learned, no normalization. Only what the last step makes of the window is read, so that one
//! query is all there is, and keys and values need not be worked out for each step: `q . K e = (K' q) . e`, and a mean of
//! values is the value of the mean.

use std::ops::Range;

use sim_core::world::draw::Stream;

use super::linear::{add, back, dot, draw, times, with_one};
use super::{Net, Shape, Step, loss, real};

/// An embedding, attention, two layers, and a linear map to the horizon.
#[derive(Clone, Debug)]
pub struct Transformer {
    shape: Shape,
    weights: Vec<f64>,
}

/// Parts of the weights.
#[derive(Clone, Copy)]
enum Part {
    Embed,
    Places,
    Query,
    Key,
    Value,
    Mix,
    Widen,
    Narrow,
    Head,
}

/// What a window is made of on the way.
struct Pass {
    embedded: Vec<Vec<f64>>,
    query: Vec<f64>,
    /// What the key makes of the query.
    asked: Vec<f64>,
    attention: Vec<f64>,
    /// Mean of the steps, by attention, and its value.
    mean: Vec<f64>,
    value: Vec<f64>,
    mixed: Vec<f64>,
    wide: Vec<f64>,
    last: Vec<f64>,
    said: Vec<f64>,
}

impl Transformer {
    /// Rows and columns of each part.
    fn sizes(shape: Shape) -> [(usize, usize); 9] {
        let width = shape.width;
        let square = (width, width);
        [
            (width, 4),
            (shape.window, width),
            square,
            square,
            square,
            square,
            (2 * width, width + 1),
            (width, 2 * width + 1),
            (shape.horizon, width + 1),
        ]
    }

    fn range(&self, part: Part) -> Range<usize> {
        let before = match part {
            Part::Embed => 0,
            Part::Places => 1,
            Part::Query => 2,
            Part::Key => 3,
            Part::Value => 4,
            Part::Mix => 5,
            Part::Widen => 6,
            Part::Narrow => 7,
            Part::Head => 8,
        };
        let sizes = Self::sizes(self.shape).map(|(rows, columns)| rows * columns);
        let start = sizes[..before].iter().sum();
        start..start + sizes[before]
    }

    fn part(&self, part: Part) -> &[f64] {
        &self.weights[self.range(part)]
    }

    /// The rows of the key, each by what the query makes of it, added up.
    fn asked(&self, query: &[f64]) -> Vec<f64> {
        let mut asked = vec![0.0; query.len()];
        let rows = self.part(Part::Key).chunks_exact(query.len());
        for (row, by) in rows.zip(query) {
            add(&mut asked, row, *by);
        }
        asked
    }

    fn forward(&self, steps: &[Step]) -> Pass {
        let width = self.shape.width;
        let places = self.part(Part::Places).chunks_exact(width);
        let embed = |(step, place): (&Step, &[f64])| {
            let mut embedded = times(self.part(Part::Embed), &with_one(step));
            add(&mut embedded, place, 1.0);
            embedded
        };
        let embedded: Vec<Vec<f64>> = steps.iter().zip(places).map(embed).collect();
        let end = embedded.last().expect("a window has a step");
        let query = times(self.part(Part::Query), end);
        let asked = self.asked(&query);
        let scores = embedded
            .iter()
            .map(|step| dot(&asked, step) / real(width).sqrt());
        let attention = softmax(scores);
        let mut mean = vec![0.0; width];
        for (step, share) in embedded.iter().zip(&attention) {
            add(&mut mean, step, *share);
        }
        let value = times(self.part(Part::Value), &mean);
        let mut mixed = times(self.part(Part::Mix), &value);
        add(&mut mixed, end, 1.0);
        let mut wide = times(self.part(Part::Widen), &with_one(&mixed));
        for unit in &mut wide {
            *unit = unit.max(0.0);
        }
        let mut last = times(self.part(Part::Narrow), &with_one(&wide));
        add(&mut last, &mixed, 1.0);
        let said = times(self.part(Part::Head), &with_one(&last));
        Pass {
            embedded,
            query,
            asked,
            attention,
            mean,
            value,
            mixed,
            wide,
            last,
            said,
        }
    }

    /// What the error changes by with each embedded step, told the same of the mean.
    fn attend_back(&self, pass: &Pass, by_mean: &[f64], gradient: &mut [f64]) -> Vec<Vec<f64>> {
        let by_share: Vec<f64> = pass
            .embedded
            .iter()
            .map(|step| dot(by_mean, step))
            .collect();
        let usual = dot(&pass.attention, &by_share);
        let mut by_asked = vec![0.0; by_mean.len()];
        let mut by_embedded = Vec::with_capacity(pass.embedded.len());
        for ((step, share), by) in pass.embedded.iter().zip(&pass.attention).zip(&by_share) {
            let by_score = share * (by - usual) / real(self.shape.width).sqrt();
            add(&mut by_asked, step, by_score);
            let mut by_step: Vec<f64> = by_mean.iter().map(|by| by * share).collect();
            add(&mut by_step, &pass.asked, by_score);
            by_embedded.push(by_step);
        }
        // The key is read by its columns here: inputs and outputs change places.
        let by_query = times(self.part(Part::Key), &by_asked);
        let to_key = gradient[self.range(Part::Key)].chunks_exact_mut(by_asked.len());
        for (row, by) in to_key.zip(&pass.query) {
            add(row, &by_asked, *by);
        }
        let end = pass.embedded.last().expect("a window has a step");
        let to_query = &mut gradient[self.range(Part::Query)];
        let through = back(self.part(Part::Query), end, &by_query, to_query);
        add(by_embedded.last_mut().expect("a step"), &through, 1.0);
        by_embedded
    }
}

impl Net for Transformer {
    const NAME: &'static str = "transformer";

    fn new(shape: Shape, luck: &mut Stream) -> Self {
        let sizes = Self::sizes(shape).into_iter();
        let parts = sizes.map(|(rows, columns)| draw(rows, columns, luck).collect::<Vec<f64>>());
        let weights = parts.flatten().collect();
        Self { shape, weights }
    }

    fn weights(&mut self) -> &mut [f64] {
        &mut self.weights
    }

    fn run(&self, steps: &[Step]) -> Vec<f64> {
        self.forward(steps).said
    }

    fn learn(&self, steps: &[Step], came: &[f64], gradient: &mut [f64]) -> f64 {
        let pass = self.forward(steps);
        let (error, off) = loss(&pass.said, came);
        let mut through = |part: Part, input: &[f64], output: &[f64]| {
            back(
                self.part(part),
                input,
                output,
                &mut gradient[self.range(part)],
            )
        };
        let width = self.shape.width;
        let by_last = through(Part::Head, &with_one(&pass.last), &off)[..width].to_vec();
        let mut by_wide = through(Part::Narrow, &with_one(&pass.wide), &by_last);
        for (by, unit) in by_wide.iter_mut().zip(&pass.wide) {
            *by = if *unit > 0.0 { *by } else { 0.0 };
        }
        let mut by_mixed = by_last;
        let by_wide = &by_wide[..2 * width];
        let widened = through(Part::Widen, &with_one(&pass.mixed), by_wide);
        add(&mut by_mixed, &widened, 1.0);
        let by_value = through(Part::Mix, &pass.value, &by_mixed);
        let by_mean = through(Part::Value, &pass.mean, &by_value);
        let mut by_embedded = self.attend_back(&pass, &by_mean, gradient);
        add(by_embedded.last_mut().expect("a step"), &by_mixed, 1.0);
        let places = self.range(Part::Places).start;
        for (at, (step, by)) in steps.iter().zip(&by_embedded).enumerate() {
            add(&mut gradient[places + at * width..], by, 1.0);
            let to_embed = &mut gradient[self.range(Part::Embed)];
            back(self.part(Part::Embed), &with_one(step), by, to_embed);
        }
        error
    }
}

/// Shares that grow with the scores.
fn softmax(scores: impl Iterator<Item = f64>) -> Vec<f64> {
    let scores: Vec<f64> = scores.collect();
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers = scores.iter().map(|score| libm::exp(score - most));
    let powers: Vec<f64> = powers.collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}
