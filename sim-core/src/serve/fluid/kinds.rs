//! Kinds of request, each as likely as the next: how long their answers take, where flows speak of means.

use super::{Flow, Inflow, Ramp, Steady};
use crate::serve::request::Counts;
use crate::serve::station::{Law, Service, Serving};
use crate::units::convert;
use crate::world::draw::{Part, Stream};

/// As many as stand for all.
const KINDS: usize = 128;
/// Draws for each, of a law that varies.
const DRAWS: usize = 128;
/// As many as stand for the waits of all who wait.
const WAITS: f64 = 32.0;

/// Kinds of request.
#[derive(Clone, Debug, PartialEq)]
pub struct Kinds(Vec<Kind>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Kind {
    /// Its service over the mean.
    longer: f64,
    /// Tokens of its prompt and of its answer beyond the mean.
    beyond: (f64, f64),
    /// Tokens of its answer after the first.
    later: f64,
    /// Whether tokens come one after the other.
    streams: bool,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// From arrival to the first token, in seconds.
    pub first_s: f64,
    /// From arrival to the end.
    pub whole_s: f64,
    /// Between tokens after the first, where there are any.
    pub per_token_s: Option<f64>,
}

impl Kinds {
    /// Of requests that come so and are served so.
    pub fn of(serving: &Serving, inflow: &Inflow) -> Self {
        let demand = inflow.demand();
        match serving {
            Serving::Batch(model) => {
                let lengths = match &model.service {
                    Service::Affine { .. } => vec![1.0],
                    Service::Drawn { law, .. } => lengths(*law),
                };
                let kind = |longer| Kind {
                    longer,
                    beyond: (0.0, 0.0),
                    later: (demand.output - 1.0).max(0.0),
                    streams: false,
                };
                Self(lengths.into_iter().map(kind).collect())
            }
            Serving::Iteration(_) => {
                let kind = |counts: Counts| {
                    let (input, output) = (counts.input.max(1), counts.output.max(1));
                    Kind {
                        longer: 1.0,
                        beyond: (
                            f64::from(input) - demand.input,
                            f64::from(output) - demand.output,
                        ),
                        later: f64::from(output) - 1.0,
                        streams: true,
                    }
                };
                Self(some(inflow.sample()).into_iter().map(kind).collect())
            }
        }
    }

    /// What those get whose service begins in a flow, with as many as do.
    pub fn answers(&self, flow: &Flow, tell: &mut dyn FnMut(f64, Answer)) {
        let count = convert::real(convert::wide(self.0.len()));
        for Ramp { served, wait_s } in &flow.queued {
            let points = points(1.0);
            for at in 0..points {
                let share = (f64::from(at) + 0.5) / f64::from(points);
                let wait_s = wait_s.0 + (wait_s.1 - wait_s.0) * share;
                let weight = served / f64::from(points) / count;
                self.after(weight, wait_s, &flow.full, tell);
            }
        }
        if flow.calm <= 0.0 {
            return;
        }
        let waiting = flow.steady.waiting.clamp(0.0, 1.0);
        self.after(flow.calm * (1.0 - waiting) / count, 0.0, &flow.steady, tell);
        if waiting > 0.0 {
            let points = points(waiting);
            for at in 0..points {
                let share = (f64::from(at) + 0.5) / f64::from(points);
                let wait_s = flow.steady.wait_of(share);
                let weight = flow.calm * waiting / f64::from(points) / count;
                self.after(weight, wait_s, &flow.steady, tell);
            }
        }
    }

    /// What those get who wait so long, `weight` of each kind.
    fn after(&self, weight: f64, wait_s: f64, found: &Steady, tell: &mut dyn FnMut(f64, Answer)) {
        for kind in &self.0 {
            let prompt_s = kind.beyond.0 * found.per_input_s;
            let first_s = (found.first_token_s * kind.longer + prompt_s).max(0.0);
            let whole_s = found.service_s * kind.longer + prompt_s + kind.beyond.1 * found.step_s;
            let whole_s = whole_s.max(first_s);
            let generation_s = if kind.streams { whole_s - first_s } else { 0.0 };
            let answer = Answer {
                first_s: wait_s + first_s,
                whole_s: wait_s + whole_s,
                per_token_s: (kind.later > 0.0).then(|| generation_s / kind.later),
            };
            tell(weight, answer);
        }
    }
}

/// As many points as stand for the waits of this share.
fn points(share: f64) -> u32 {
    let points = convert::floor(WAITS * share).max(1);
    u32::try_from(points).expect("few")
}

/// Means of equal parts of the times that a law draws, over the mean of all.
fn lengths(law: Law) -> Vec<f64> {
    if law == Law::Constant {
        return vec![1.0];
    }
    let mut stream = Stream::new(0, &[Part::Name("kinds")]);
    let mut drawn: Vec<f64> = (0..KINDS * DRAWS)
        .map(|_| law.time(1.0, &mut stream))
        .collect();
    drawn.sort_unstable_by(f64::total_cmp);
    let sum: f64 = drawn.iter().sum();
    let parts = drawn.chunks(DRAWS);
    let mean = sum / convert::real(convert::wide(KINDS));
    parts.map(|part| part.iter().sum::<f64>() / mean).collect()
}

/// Some of many, evenly by the length of their answers.
fn some(sample: &[Counts]) -> Vec<Counts> {
    let mut sorted = sample.to_vec();
    sorted.sort_unstable_by_key(|counts| (counts.output, counts.input));
    if sorted.first() == sorted.last() {
        sorted.truncate(1);
    }
    if sorted.len() <= KINDS {
        return sorted;
    }
    let at = |kind: usize| sorted[(2 * kind + 1) * sorted.len() / (2 * KINDS)];
    (0..KINDS).map(at).collect()
}
