//! Networks that score the rows of a question.
//!
//! [`Form::Mlp`] sees each row by itself, [`Form::Attention`] lets rows look at each other first; both take any number of rows,
//! and rows that change places change those of their scores and nothing else. What a question is worth is told by layers of
//! their own from the context and the mean row. Every layer cuts off below zero, which takes nothing but a comparison.
//!
//! Singles throughout, `+ - * /` and roots in a fixed order, powers from `libm`: a network and a question give the same bits on
//! every machine. Nothing is allocated once a [`Scratch`] has seen a question as large.

mod attention;
pub mod choice;
mod layers;
mod linear;

#[cfg(test)]
mod tests;

use std::ops::Range;

use sim_core::units::{convert, limits};
use sim_core::world::draw::Stream;

use super::{Question, Widths};
use attention::{Attended, Attention};
use layers::{Layers, Passage};
use linear::{Linear, add};

/// How a network is built. What goes into it for a row is the row and then the context; what a question is worth is told from the
/// context and then the mean of all rows, by as many hidden layers as score rows (after attention: two, twice as wide).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The same layers for every row by itself.
    Mlp {
        /// Units of a hidden layer.
        hidden: usize,
        /// Hidden layers.
        layers: usize,
    },
    /// Rows attend to each other, once: `x = cut(embed(row))`, `y = x + attention(x)`, `score(y + narrow(cut(widen(y))))`, where
    /// attention is that of `PyTorch`'s `MultiheadAttention`, and all rows are attended to, whether or not they may be chosen.
    Attention {
        /// Numbers by which a row is remembered: a multiple of the heads.
        width: usize,
        /// Heads.
        heads: usize,
    },
}

/// A form whose size is not one, or is beyond what is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormError {
    /// What of it.
    pub what: &'static str,
    /// How many there are.
    pub count: usize,
    /// The least and the most there may be.
    pub range: (usize, usize),
}

/// A network.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    form: Form,
    widths: Widths,
    body: Body,
    worth: Layers,
    weights: Vec<f32>,
}

/// What scores rows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Body {
    Mlp(Layers),
    Attention(Attention),
}

/// An array of weights by its name. Matrices are one list of inputs for each output, as in `PyTorch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Such as `rows.0.weight`.
    pub name: String,
    /// Outputs and inputs of a matrix; outputs of what is added.
    pub shape: Vec<usize>,
    /// Where it is in [`Network::weights`].
    pub range: Range<usize>,
}

/// What a loss changes by with what a network says.
#[derive(Clone, Copy, Debug)]
pub struct Slopes<'a> {
    /// With each score; those of rows that may not be chosen are not read.
    pub scores: &'a [f32],
    /// With what the question is worth.
    pub worth: f32,
}

/// Room to think in, which keeps what was made of the last question.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    joined: Vec<f32>,
    summed: Vec<f32>,
    rows: Passage,
    attended: Attended,
    worth: Passage,
    scores: Vec<f32>,
    slopes: Vec<f32>,
}

impl Form {
    /// Two hidden layers of 128.
    pub const DEFAULT: Self = Self::Mlp {
        hidden: 128,
        layers: 2,
    };

    /// Whether a network of this form for questions of these widths can be built.
    ///
    /// # Errors
    /// The first size that is beyond its range.
    pub fn check(self, widths: Widths) -> Result<(), FormError> {
        let within = |what, count, range: (usize, usize)| {
            let right = range.0 <= count && count <= range.1;
            right.then_some(()).ok_or(FormError { what, count, range })
        };
        let width = limits::MAX_QUESTION_WIDTH;
        within("numbers of a context", widths.context, (0, width))?;
        within("numbers of a row", widths.row, (1, width))?;
        within("rows", widths.rows, (1, limits::MAX_QUESTION_ROWS))?;
        match self {
            Self::Mlp { hidden, layers } => {
                within("hidden units", hidden, (1, limits::MAX_HIDDEN))?;
                within("hidden layers", layers, (1, limits::MAX_LAYERS))?;
            }
            Self::Attention { width, heads } => {
                let rows = limits::MAX_ATTENDED_ROWS;
                within("rows that attend to each other", widths.rows, (1, rows))?;
                within("numbers of an embedded row", width, (1, limits::MAX_HIDDEN))?;
                within("heads", heads, (1, width.min(limits::MAX_HEADS)))?;
                within("numbers beyond those of whole heads", width % heads, (0, 0))?;
            }
        }
        let (_, _, count) = plan(self, widths);
        within("weights", count, (1, limits::MAX_WEIGHTS))
    }
}

impl Network {
    /// One whose weights are drawn: uniform, so that what comes out of a layer is about as large as what goes in; the scores
    /// nearly the same for all rows, so that it begins by choosing any. Panics on a form that cannot be built.
    pub fn new(form: Form, widths: Widths, luck: &mut Stream) -> Self {
        let (body, worth, count) = checked(form, widths);
        let mut weights = vec![0.0; count];
        let (of_rows, scored) = match &body {
            Body::Mlp(layers) => (layers.all().to_vec(), layers.all().len()),
            Body::Attention(attention) => (attention.all().to_vec(), attention.all().len()),
        };
        for (at, linear) in of_rows.iter().chain(worth.all()).enumerate() {
            let size = if at + 1 == scored { 0.01 } else { 1.0 };
            let reach = size * (6.0 / real(linear.inputs())).sqrt();
            for weight in &mut weights[linear.weight()] {
                *weight = convert::single(reach * (2.0 * luck.uniform() - 1.0));
            }
        }
        Self {
            form,
            widths,
            body,
            worth,
            weights,
        }
    }

    /// One of these weights, in the order of [`Network::tensors`]. Panics on a form that cannot be built and unless the weights
    /// are as many as it has.
    pub fn with_weights(form: Form, widths: Widths, weights: Vec<f32>) -> Self {
        let (body, worth, count) = checked(form, widths);
        assert_eq!(weights.len(), count, "weights of another network");
        Self {
            form,
            widths,
            body,
            worth,
            weights,
        }
    }

    /// How it is built.
    pub fn form(&self) -> Form {
        self.form
    }

    /// What its questions are like; there may be more rows than it says.
    pub fn widths(&self) -> Widths {
        self.widths
    }

    /// All weights.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// All weights, to be changed.
    pub fn weights_mut(&mut self) -> &mut [f32] {
        &mut self.weights
    }

    /// Its weights by name, in their order.
    pub fn tensors(&self) -> Vec<Tensor> {
        tensors(self.form, self.widths)
    }

    /// The score of each row; negative infinity where a row may not be chosen. Panics on a question of other widths.
    pub fn scores<'a>(&self, question: &Question, scratch: &'a mut Scratch) -> &'a [f32] {
        self.assert_fits(question);
        let Scratch {
            joined,
            rows,
            attended,
            scores,
            ..
        } = scratch;
        scores.clear();
        match &self.body {
            Body::Mlp(layers) => {
                join(question, &question.legal, joined);
                let mut made = layers.forward(&self.weights, joined, rows).iter();
                scores.extend(question.legal.iter().map(|legal| {
                    let made = if *legal { made.next() } else { None };
                    made.copied().unwrap_or(f32::NEG_INFINITY)
                }));
            }
            Body::Attention(attention) => {
                join(question, &[], joined);
                let made = attention.forward(&self.weights, joined, attended);
                let made = made.iter().zip(&question.legal);
                scores.extend(made.map(|(score, legal)| match legal {
                    true => *score,
                    false => f32::NEG_INFINITY,
                }));
            }
        }
        scores
    }

    /// What is still to be had from this question on, as the network was taught to count it.
    pub fn worth(&self, question: &Question, scratch: &mut Scratch) -> f32 {
        self.assert_fits(question);
        let Scratch { summed, worth, .. } = scratch;
        summed.clear();
        summed.extend_from_slice(&question.context);
        summed.resize(self.widths.context + self.widths.row, 0.0);
        let mean = &mut summed[self.widths.context..];
        for row in question.rows.chunks_exact(self.widths.row) {
            add(mean, row, 1.0);
        }
        let count = convert::single(real(question.len()));
        for number in mean {
            *number /= count;
        }
        self.worth.forward(&self.weights, summed, worth)[0]
    }

    /// Adds to `into`, a number for each weight, what a loss changes by with it. Panics unless the last question that `scratch`
    /// was given to both [`Network::scores`] and [`Network::worth`] for is as large as this one, which must be the same.
    pub fn slopes(
        &self,
        question: &Question,
        by: Slopes<'_>,
        scratch: &mut Scratch,
        into: &mut [f32],
    ) {
        assert_eq!(by.scores.len(), question.len(), "a slope for each row");
        assert_eq!(scratch.scores.len(), question.len(), "another question");
        let Scratch {
            joined,
            summed,
            rows,
            attended,
            worth,
            slopes,
            ..
        } = scratch;
        slopes.clear();
        let chosen = by.scores.iter().zip(&question.legal);
        match &self.body {
            Body::Mlp(layers) => {
                slopes.extend(chosen.filter(|(_, legal)| **legal).map(|(slope, _)| slope));
                layers.back([&self.weights, joined, slopes], rows, into);
            }
            Body::Attention(attention) => {
                slopes.extend(chosen.map(|(slope, legal)| if *legal { *slope } else { 0.0 }));
                attention.back([&self.weights, joined, slopes], attended, into);
            }
        }
        let by_worth = [by.worth];
        self.worth
            .back([&self.weights, summed, &by_worth], worth, into);
    }

    fn assert_fits(&self, question: &Question) {
        let Widths { context, row, .. } = self.widths;
        assert_eq!(question.context.len(), context, "numbers of the context");
        assert_eq!(question.rows.len(), row * question.len(), "numbers of rows");
        assert!(!question.is_empty(), "nothing is asked");
    }
}

/// Names, shapes and places of the weights that a network of this form has.
///
/// Panics on a form that cannot be built.
pub fn tensors(form: Form, widths: Widths) -> Vec<Tensor> {
    let (body, worth, _) = checked(form, widths);
    let mut all = Vec::new();
    let mut push = |name: &str, linear: &Linear| {
        all.push(Tensor {
            name: format!("{name}weight"),
            shape: vec![linear.outputs(), linear.inputs()],
            range: linear.weight(),
        });
        all.push(Tensor {
            name: format!("{name}bias"),
            shape: vec![linear.outputs()],
            range: linear.bias(),
        });
    };
    match &body {
        Body::Mlp(layers) => {
            for (at, linear) in layers.all().iter().enumerate() {
                push(&format!("rows.{at}."), linear);
            }
        }
        Body::Attention(attention) => {
            for (name, linear) in ATTENTION.iter().zip(&attention.all()) {
                push(name, linear);
            }
        }
    }
    for (at, linear) in worth.all().iter().enumerate() {
        push(&format!("worth.{at}."), linear);
    }
    all
}

/// Beginnings of names, by linear map; those of the middle ones are what `PyTorch` calls them.
const ATTENTION: [&str; 6] = [
    "embed.",
    "attention.in_proj_",
    "attention.out_proj.",
    "widen.",
    "narrow.",
    "score.",
];

fn checked(form: Form, widths: Widths) -> (Body, Layers, usize) {
    if let Err(error) = form.check(widths) {
        panic!("{error}");
    }
    plan(form, widths)
}

/// Where everything is, and how many weights there are.
fn plan(form: Form, widths: Widths) -> (Body, Layers, usize) {
    let inputs = widths.row + widths.context;
    let (body, end, hidden) = match form {
        Form::Mlp { hidden, layers } => {
            let body = Layers::new(inputs, [hidden, layers], 0);
            let end = body.end();
            (Body::Mlp(body), end, [hidden, layers])
        }
        Form::Attention { width, heads } => {
            let body = Attention::new(inputs, [width, heads], 0);
            let end = body.end();
            (Body::Attention(body), end, [2 * width, 2])
        }
    };
    let worth = Layers::new(inputs, hidden, end);
    let count = worth.end();
    (body, worth, count)
}

/// Each row with the context behind it: those that may be chosen, or all where nothing says which.
fn join(question: &Question, legal: &[bool], into: &mut Vec<f32>) {
    into.clear();
    let width = question.rows.len() / question.len().max(1);
    for (at, row) in question.rows.chunks_exact(width).enumerate() {
        if legal.get(at).copied().unwrap_or(true) {
            into.extend_from_slice(row);
            into.extend_from_slice(&question.context);
        }
    }
}

fn real(count: usize) -> f64 {
    convert::real(convert::wide(count))
}

impl std::fmt::Display for FormError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, count, range } = self;
        write!(
            f,
            "{count} {what}: from {} to {} are allowed",
            range.0, range.1
        )
    }
}

impl std::error::Error for FormError {}
