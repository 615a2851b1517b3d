//! Scheduling as a decision process: a policy whose choices somebody else makes, one at a time.
//!
//! A head decides what is asked and what follows from an answer; who answers is an [`Actor`] (then the two are a
//! [`Learned`] policy) or whoever drives an [`Episode`](super::Episode).

use sim_core::engine::{Plan, Policy, View, Wakes};

use super::question::{Question, Widths};
use crate::compose::Composed;

/// A policy that asks. An instant goes [`open`](Process::open), then [`ask`](Process::ask) and [`settle`](Process::settle) in
/// turn until nothing is asked, then [`close`](Process::close).
pub trait Process: Send {
    /// Its name, for tables and messages.
    fn name(&self) -> &str;

    /// What its questions look like.
    fn widths(&self) -> Widths;

    /// What it wants to be asked after, as [`Policy::wakes_on`].
    fn wakes_on(&self) -> Wakes;

    /// Takes in what has happened, and does what leaves no choice.
    fn open(&mut self, view: &View<'_>, plan: &mut Plan<'_>);

    /// Puts the next question, into one that was cleared; false if nothing is left to ask at this instant.
    fn ask(&mut self, view: &View<'_>, plan: &mut Plan<'_>, question: &mut Question) -> bool;

    /// Does what was answered: a legal row of the question that was put last.
    fn settle(&mut self, row: usize, view: &View<'_>, plan: &mut Plan<'_>);

    /// Does the rest, once nothing is left to ask.
    fn close(&mut self, view: &View<'_>, plan: &mut Plan<'_>);

    /// What the heuristic that it is built on would answer to the question that was put last.
    fn advice(&self) -> usize;

    /// An exact copy.
    fn fork(&self) -> Box<dyn Process>;
}

/// What an agent may be asked: a head, with its parameters.
pub trait Head: Send {
    /// The process that asks, within a composed policy; one that looks after jobs by itself takes its name alone.
    fn lead(&self, composed: Composed) -> Box<dyn Process>;

    /// What it is built on, for where nobody answers.
    fn heuristic(&self, composed: Composed) -> Box<dyn Policy + Send>;

    /// Whether it is built on a composed policy.
    fn composes(&self) -> bool {
        true
    }
}

/// Answers questions.
pub trait Actor: Send + Sync {
    /// A legal row.
    fn choose(&mut self, question: &Question) -> usize;

    /// An exact copy.
    fn fork(&self) -> Box<dyn Actor>;
}

/// A policy: what is asked, and who answers.
pub struct Learned {
    process: Box<dyn Process>,
    actor: Box<dyn Actor>,
    question: Question,
}

impl Learned {
    /// A process, and who answers.
    pub fn new(process: Box<dyn Process>, actor: Box<dyn Actor>) -> Self {
        Self {
            process,
            actor,
            question: Question::default(),
        }
    }
}

impl Policy for Learned {
    fn name(&self) -> &str {
        self.process.name()
    }

    fn wakes_on(&self) -> Wakes {
        self.process.wakes_on()
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        self.process.open(view, plan);
        loop {
            self.question.clear();
            if !self.process.ask(view, plan, &mut self.question) {
                break;
            }
            let row = self.actor.choose(&self.question);
            self.process.settle(row, view, plan);
        }
        self.process.close(view, plan);
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(Self {
            process: self.process.fork(),
            actor: self.actor.fork(),
            question: self.question.clone(),
        })
    }
}
