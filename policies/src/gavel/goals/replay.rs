//! Replay: shares that somebody else computed, one block after the other, or each at its time.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Ask, Claimant, Goal};

/// Shares that were computed at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// When, in seconds.
    pub at_s: f64,
    /// By the number of the job in its workload, and by model.
    pub shares: BTreeMap<u32, Vec<f64>>,
}

/// Which block is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The next one: for whoever computes shares just when they were computed.
    Next,
    /// The one whose time is nearest; who stands in another block only has what it has there.
    Nearest,
}

/// Blocks of shares; whoever stands in none, or comes when none is left, has no share.
#[derive(Clone, Debug)]
pub struct Replay {
    blocks: Arc<[Block]>,
    turn: Turn,
    next: usize,
    only_shares: bool,
    shuffles: bool,
}

impl Replay {
    /// These blocks, in the order of their times, for a goal that gives and shuffles so.
    pub fn new(blocks: Vec<Block>, turn: Turn, (only_shares, shuffles): (bool, bool)) -> Self {
        Self {
            blocks: blocks.into(),
            turn,
            next: 0,
            only_shares,
            shuffles,
        }
    }

    /// What stands there for a job.
    fn row(&self, claimant: &Claimant) -> Option<&Vec<f64>> {
        let of = |block: &'_ Block| block.shares.contains_key(&claimant.job.ordinal());
        let block = match self.turn {
            Turn::Next => self.blocks.get(self.next),
            Turn::Nearest => {
                let (before, behind) = self.blocks.split_at(self.next.min(self.blocks.len()));
                let behind = behind.iter().find(|block| of(block));
                behind.or_else(|| before.iter().rev().find(|block| of(block)))
            }
        };
        block?.shares.get(&claimant.job.ordinal())
    }
}

impl Goal for Replay {
    fn name(&self) -> &'static str {
        "gavel-replay"
    }

    fn shares(&mut self, ask: &Ask) -> Vec<Vec<f64>> {
        if ask.claimants.is_empty() {
            return Vec::new();
        }
        if self.turn == Turn::Nearest {
            let far = |at: &usize| (self.blocks[*at].at_s - ask.now_s).abs();
            let nearest = (0..self.blocks.len()).min_by(|a, b| far(a).total_cmp(&far(b)));
            self.next = nearest.unwrap_or_default();
        }
        let row = |claimant| {
            let row = self.row(claimant).cloned();
            row.unwrap_or_else(|| vec![0.0; ask.gpus.len()])
        };
        let rows = ask.claimants.iter().map(row).collect();
        if self.turn == Turn::Next {
            self.next += 1;
        }
        rows
    }

    fn only_shares(&self) -> bool {
        self.only_shares
    }

    fn shuffles(&self) -> bool {
        self.shuffles
    }

    fn fork(&self) -> Box<dyn Goal + Send> {
        Box::new(self.clone())
    }
}
