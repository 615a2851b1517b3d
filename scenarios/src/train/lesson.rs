//! What an iteration's decisions teach: steps of Adam, minibatch by minibatch.
//!
//! A minibatch is cut into a fixed number of parts, each summed in its order by whichever thread is free, and the parts are
//! added in theirs, so that the number of threads shows nowhere.

use policies::learned::net::{Network, Scratch, Slopes, choice};
use rayon::prelude::*;
use sim_core::units::convert;
use sim_core::world::draw::Stream;

use super::adam::Adam;
use super::lane::Step;
use super::settings::Settings;
use super::{cloning, ppo};

/// Parts of a minibatch.
const PARTS: usize = 16;

/// A decision to learn from.
#[derive(Clone, Copy)]
pub(super) struct Sample<'a> {
    pub(super) step: &'a Step,
    /// How much better it was than what was expected, in deviations.
    pub(super) advantage: f32,
    /// What its question turned out to be worth.
    pub(super) target: f32,
}

/// Sums over decisions.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Of the loss of the choice.
    pub(super) loss: f64,
    /// Of half the squared errors of worth.
    pub(super) worth: f64,
    /// Of the entropies.
    pub(super) entropy: f64,
    /// Of the decisions whose share moved beyond the clip.
    pub(super) clipped: f64,
    /// Of the decisions.
    pub(super) count: f64,
}

/// What is learned from, and how.
#[derive(Clone, Copy)]
pub(super) struct Lesson<'a> {
    pub(super) settings: &'a Settings,
    /// From zero.
    pub(super) iteration: u32,
    /// Whether the teacher is imitated.
    pub(super) taught: bool,
}

/// Room for one part of a minibatch.
#[derive(Default)]
pub(super) struct Part {
    scratch: Scratch,
    log_shares: Vec<f32>,
    by_scores: Vec<f32>,
    gradient: Vec<f32>,
    tally: Tally,
}

impl Lesson<'_> {
    /// Teaches a network all samples, as many times as there are epochs.
    pub(super) fn teach(
        &self,
        network: &mut Network,
        adam: &mut Adam,
        samples: &[Sample<'_>],
        parts: &mut Vec<Part>,
    ) -> Tally {
        parts.resize_with(PARTS, Part::default);
        let mut tally = Tally::default();
        let size = convert::index(self.settings.minibatch);
        let batches = samples.len().div_ceil(size);
        for epoch in 0..self.settings.epochs {
            let order = self.order(samples.len(), epoch);
            for batch in 0..batches {
                let chosen = &order[share(order.len(), batch, batches)];
                self.gradient(network, samples, chosen, parts);
                let (sum, rest) = parts.split_first_mut().expect("there are parts");
                tally.add(sum.tally);
                for part in rest {
                    tally.add(part.tally);
                    for (sum, more) in sum.gradient.iter_mut().zip(&part.gradient) {
                        *sum += more;
                    }
                }
                let lengths = [self.rate(), self.settings.gradient];
                adam.step(network.weights_mut(), &sum.gradient, lengths);
            }
        }
        tally
    }

    /// Step length of Adam: falls to zero in a straight line.
    pub(super) fn rate(&self) -> f64 {
        let done = f64::from(self.iteration) / f64::from(self.settings.iterations);
        self.settings.rate * (1.0 - done)
    }

    /// Numbers below `count`, each once, in an order that is drawn.
    fn order(&self, count: usize, epoch: u32) -> Vec<usize> {
        let name = [
            "train".into(),
            "order".into(),
            self.iteration.into(),
            epoch.into(),
        ];
        let mut luck = Stream::new(self.settings.seed, &name);
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            let other = luck.below(convert::wide(last) + 1);
            order.swap(last, usize::try_from(other).expect("below a length"));
        }
        order
    }

    /// The gradient of the mean loss over the chosen samples, part by part.
    fn gradient(
        &self,
        network: &Network,
        samples: &[Sample<'_>],
        chosen: &[usize],
        parts: &mut [Part],
    ) {
        let weight = 1.0 / convert::single(convert::real(convert::wide(chosen.len())));
        parts.par_iter_mut().enumerate().for_each(|(at, part)| {
            part.gradient.clear();
            part.gradient.resize(network.weights().len(), 0.0);
            part.tally = Tally::default();
            for sample in &chosen[share(chosen.len(), at, PARTS)] {
                part.learn(network, &samples[*sample], self, weight);
            }
        });
    }
}

impl Part {
    /// Adds what one sample says, which counts for `weight`.
    fn learn(&mut self, network: &Network, sample: &Sample<'_>, how: &Lesson<'_>, weight: f32) {
        let Self {
            scratch,
            log_shares,
            by_scores,
            gradient,
            tally,
        } = self;
        let question = &sample.step.question;
        let scores = network.scores(question, scratch);
        choice::log_shares(scores, &question.legal, log_shares);
        let by = if how.taught {
            cloning::slopes(sample, log_shares, tally)
        } else {
            ppo::slopes(sample, log_shares, how.settings, tally)
        };
        let by = by.map(|by| by * weight);
        choice::slopes(log_shares, sample.step.row, by, by_scores);
        let off = network.worth(question, scratch) - sample.target;
        tally.worth += f64::from(off * off / 2.0);
        tally.count += 1.0;
        let slopes = Slopes {
            scores: by_scores,
            worth: weight * convert::single(how.settings.worth) * off,
        };
        network.slopes(question, slopes, scratch, gradient);
    }
}

impl Tally {
    fn add(&mut self, more: Self) {
        let Self {
            loss,
            worth,
            entropy,
            clipped,
            count,
        } = more;
        self.loss += loss;
        self.worth += worth;
        self.entropy += entropy;
        self.clipped += clipped;
        self.count += count;
    }
}

/// The places of one of so many parts, which differ in length by one at most.
fn share(count: usize, part: usize, parts: usize) -> std::ops::Range<usize> {
    count * part / parts..count * (part + 1) / parts
}
