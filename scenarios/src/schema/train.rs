//! `[train]` and `[reward]`: how an agent learns, and what it is to want.

use super::place::Spanned;
use super::value::Table;

/// `[train]`: how `windtunnel train` goes about it. Counts are at least one, unless said otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainSpec {
    /// The network that answers.
    pub network: NetworkKind,
    /// Its hidden units.
    pub hidden: Spanned<u32>,
    /// Rounds of flying and learning.
    pub iterations: Spanned<u32>,
    /// Runs that are flown side by side.
    pub arenas: Spanned<u32>,
    /// Decisions that each makes in a round.
    pub steps: Spanned<u32>,
    /// The first rounds, in which the heuristic is imitated; may be none.
    pub imitate: u32,
    /// Passes over the decisions of a round.
    pub epochs: Spanned<u32>,
    /// Decisions that a step of learning goes by.
    pub minibatch: Spanned<u32>,
    /// Length of the first step of learning; it falls to nothing.
    pub rate: f64,
    /// What a reward one decision later is worth.
    pub discount: f64,
    /// How far back a surprise is passed on.
    pub trace: f64,
    /// By how much a decision may become more or less likely in a round.
    pub clip: f64,
    /// What it is worth to stay undecided.
    pub entropy: f64,
    /// Rounds from one check to the next.
    pub check_every: Spanned<u32>,
    /// Runs that a check flies, of seeds that are never trained on.
    pub checks: Spanned<u32>,
    /// As it was written.
    pub written: Table,
}

/// A network that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkKind {
    /// Each row by itself.
    Mlp,
    /// Each row beside the others.
    Attention,
}

impl NetworkKind {
    /// All, in the order of the documentation.
    pub const ALL: [Self; 2] = [Self::Mlp, Self::Attention];
}

/// `[reward]`: what counts, and how much; nothing is below zero.
#[derive(Clone, Debug, PartialEq)]
pub struct RewardSpec {
    /// Of what is spent.
    pub spend: f64,
    /// Of violations and interruptions.
    pub penalty: f64,
    /// Of hours waited.
    pub queue: f64,
    /// Of bounded slowdown.
    pub slowdown: f64,
    /// What an interruption is of a violation.
    pub interruption: f64,
    /// As it was written.
    pub written: Table,
}
