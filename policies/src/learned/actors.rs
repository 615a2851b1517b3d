//! Who answers: a trained network, or nobody in particular.

use std::sync::Arc;

use super::net::choice::greedy;
use super::net::{Network, Scratch};
use super::process::Actor;
use super::question::Question;

/// Takes the first legal row.
#[derive(Clone, Copy, Debug)]
pub struct First;

impl Actor for First {
    fn choose(&mut self, question: &Question) -> usize {
        let first = question.legal.iter().position(|legal| *legal);
        first.expect("a question has a legal row")
    }

    fn fork(&self) -> Box<dyn Actor> {
        Box::new(*self)
    }
}

/// Takes the legal row that a network scores highest; the first of several.
#[derive(Clone, Debug)]
pub struct Greedy {
    network: Arc<Network>,
    scratch: Scratch,
}

impl Greedy {
    /// By the scores of this network.
    pub fn new(network: Arc<Network>) -> Self {
        Self {
            network,
            scratch: Scratch::default(),
        }
    }
}

impl Actor for Greedy {
    fn choose(&mut self, question: &Question) -> usize {
        let scores = self.network.scores(question, &mut self.scratch);
        greedy(scores, &question.legal)
    }

    fn fork(&self) -> Box<dyn Actor> {
        Box::new(self.clone())
    }
}
