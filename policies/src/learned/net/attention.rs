//! Rows that look at each other before each is scored (Vaswani et al., 2017).
//!
//! One block with several heads and no normalization: a row is embedded, adds what it attends to among all rows, adds what two
//! layers make of that, and is scored. There are no places: rows that change theirs only change the places of their scores.

use sim_core::units::convert;

use super::linear::{Linear, add, dot, rectify, rectify_back};

/// The linear maps of the block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attention {
    heads: usize,
    embed: Linear,
    /// Queries, keys and values, one after the other.
    ask: Linear,
    mix: Linear,
    widen: Linear,
    narrow: Linear,
    score: Linear,
}

/// What rows are made of on the way through, and the slopes on the way back.
#[derive(Clone, Debug, Default)]
pub(super) struct Attended {
    embedded: Vec<f32>,
    asked: Vec<f32>,
    /// How much of each row each row attends to, by head.
    shares: Vec<f32>,
    heard: Vec<f32>,
    mixed: Vec<f32>,
    wide: Vec<f32>,
    last: Vec<f32>,
    scores: Vec<f32>,
    by: Slopes,
}

/// Slopes by what rows are made of.
#[derive(Clone, Debug, Default)]
struct Slopes {
    last: Vec<f32>,
    wide: Vec<f32>,
    through: Vec<f32>,
    heard: Vec<f32>,
    asked: Vec<f32>,
    shares: Vec<f32>,
}

impl Attention {
    /// From so many inputs to one score, a row being `width` numbers; the weights begin at `at`.
    pub(super) fn new(inputs: usize, [width, heads]: [usize; 2], at: usize) -> Self {
        let embed = Linear::new(inputs, width, at);
        let ask = Linear::new(width, 3 * width, embed.bias().end);
        let mix = Linear::new(width, width, ask.bias().end);
        let widen = Linear::new(width, 2 * width, mix.bias().end);
        let narrow = Linear::new(2 * width, width, widen.bias().end);
        let score = Linear::new(width, 1, narrow.bias().end);
        Self {
            heads,
            embed,
            ask,
            mix,
            widen,
            narrow,
            score,
        }
    }

    /// Its maps, in the order of their weights.
    pub(super) fn all(&self) -> [Linear; 6] {
        let Self {
            heads: _,
            embed,
            ask,
            mix,
            widen,
            narrow,
            score,
        } = *self;
        [embed, ask, mix, widen, narrow, score]
    }

    /// Where its weights end.
    pub(super) fn end(&self) -> usize {
        self.score.bias().end
    }

    fn width(&self) -> usize {
        self.embed.outputs()
    }

    /// Where the numbers of a head are in a query; in a key and a value they come one and two widths later.
    fn heads(&self) -> impl Iterator<Item = usize> {
        (0..self.width()).step_by(self.width() / self.heads)
    }

    /// What a product of query and key is multiplied by: one over the root of the numbers of a head.
    fn scale(&self) -> f32 {
        let size = convert::real(convert::wide(self.width() / self.heads));
        1.0 / convert::single(size).sqrt()
    }

    /// The score of each row of `input`.
    pub(super) fn forward<'a>(
        &self,
        weights: &[f32],
        input: &[f32],
        on: &'a mut Attended,
    ) -> &'a [f32] {
        self.embed.forward(weights, input, &mut on.embedded);
        rectify(&mut on.embedded);
        self.ask.forward(weights, &on.embedded, &mut on.asked);
        self.attend(on);
        self.mix.forward(weights, &on.heard, &mut on.mixed);
        add(&mut on.mixed, &on.embedded, 1.0);
        self.widen.forward(weights, &on.mixed, &mut on.wide);
        rectify(&mut on.wide);
        self.narrow.forward(weights, &on.wide, &mut on.last);
        add(&mut on.last, &on.mixed, 1.0);
        self.score.forward(weights, &on.last, &mut on.scores);
        &on.scores
    }

    /// Each row hears the values of all, by how well its query meets their keys.
    fn attend(&self, on: &mut Attended) {
        let (width, scale) = (self.width(), self.scale());
        let size = width / self.heads;
        on.shares.clear();
        on.heard.clear();
        on.heard.resize(on.embedded.len(), 0.0);
        for (row, heard) in on.heard.chunks_exact_mut(width).enumerate() {
            for head in self.heads() {
                let query = &on.asked[3 * width * row + head..][..size];
                let from = on.shares.len();
                for other in on.asked.chunks_exact(3 * width) {
                    on.shares
                        .push(scale * dot(query, &other[width + head..][..size]));
                }
                let shares = &mut on.shares[from..];
                share(shares);
                for (other, share) in on.asked.chunks_exact(3 * width).zip(shares) {
                    let value = &other[2 * width + head..][..size];
                    add(&mut heard[head..head + size], value, *share);
                }
            }
        }
    }

    /// Adds to the gradient by weight, after an [`Attention::forward`] of the same input, told the slope by each score.
    pub(super) fn back(
        &self,
        [weights, input, scores]: [&[f32]; 3],
        on: &mut Attended,
        gradient: &mut [f32],
    ) {
        let mut by = std::mem::take(&mut on.by);
        self.score.learn(&on.last, scores, gradient);
        self.score.back(weights, scores, &mut by.last);
        self.narrow.learn(&on.wide, &by.last, gradient);
        self.narrow.back(weights, &by.last, &mut by.wide);
        rectify_back(&on.wide, &mut by.wide);
        self.widen.learn(&on.mixed, &by.wide, gradient);
        self.widen.back(weights, &by.wide, &mut by.through);
        add(&mut by.last, &by.through, 1.0);
        self.mix.learn(&on.heard, &by.last, gradient);
        self.mix.back(weights, &by.last, &mut by.heard);
        self.attend_back(on, &mut by);
        self.ask.learn(&on.embedded, &by.asked, gradient);
        self.ask.back(weights, &by.asked, &mut by.through);
        add(&mut by.last, &by.through, 1.0);
        rectify_back(&on.embedded, &mut by.last);
        self.embed.learn(input, &by.last, gradient);
        on.by = by;
    }

    /// Slopes by queries, keys and values, told those by what was heard.
    fn attend_back(&self, on: &Attended, by: &mut Slopes) {
        let (width, scale) = (self.width(), self.scale());
        let size = width / self.heads;
        by.asked.clear();
        by.asked.resize(on.asked.len(), 0.0);
        let rows = on.heard.len() / width;
        let mut all_shares = on.shares.chunks_exact(rows);
        for (row, by_heard) in by.heard.chunks_exact(width).enumerate() {
            let place = 3 * width * row;
            for head in self.heads() {
                let shares = all_shares.next().expect("shares for each row and head");
                let by_heard = &by_heard[head..head + size];
                by.shares.clear();
                for (other, share) in shares.iter().enumerate() {
                    let value = 3 * width * other + 2 * width + head;
                    add(&mut by.asked[value..][..size], by_heard, *share);
                    by.shares.push(dot(by_heard, &on.asked[value..][..size]));
                }
                let mean = dot(&by.shares, shares);
                for (other, share) in shares.iter().enumerate() {
                    let met = scale * share * (by.shares[other] - mean);
                    let key = 3 * width * other + width + head;
                    add(
                        &mut by.asked[place + head..][..size],
                        &on.asked[key..][..size],
                        met,
                    );
                    let query = &on.asked[place + head..][..size];
                    add(&mut by.asked[key..][..size], query, met);
                }
            }
        }
    }
}

/// Numbers become shares that grow with them.
fn share(numbers: &mut [f32]) {
    let most = numbers.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for number in numbers.iter_mut() {
        *number = libm::expf(*number - most);
        sum += *number;
    }
    for number in numbers {
        *number /= sum;
    }
}
