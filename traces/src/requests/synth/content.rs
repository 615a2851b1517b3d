//! What is asked again: contents by popularity, each with a class and lengths of its own.

use sim_core::world::draw::{Part, Stream, Zipf};

use super::Draws;
use crate::synth::{Luck, ParameterError};

/// Contents, the k-th most popular of which is asked with a weight of k^-exponent, independently of
/// what was asked before (the independent reference model of the caching literature).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Popularity {
    /// How many there are, at least 1.
    pub contents: u64,
    /// 0 = all alike; web and prompt caches report 0.6 to 1.2.
    pub exponent: f64,
}

/// Contents ready to be drawn.
#[derive(Clone, Debug)]
pub(super) struct Contents {
    ranks: Zipf,
    stream: Stream,
    seed: u64,
    workload: String,
}

impl Popularity {
    /// Most contents.
    pub const MOST: u64 = 1 << 40;

    pub(super) fn open(self, luck: Luck<'_>) -> Result<Contents, ParameterError> {
        if !(1..=Self::MOST).contains(&self.contents) {
            let rule = format!("must be from 1 to {}", Self::MOST);
            return Err(ParameterError::new("contents", self.contents, &rule));
        }
        if !self.exponent.is_finite() || self.exponent < 0.0 {
            let rule = "must not be negative";
            return Err(ParameterError::new(
                "contents.exponent",
                self.exponent,
                rule,
            ));
        }
        Ok(Contents {
            ranks: Zipf::new(self.contents, self.exponent),
            stream: luck.stream("contents"),
            seed: luck.seed,
            workload: luck.workload.to_owned(),
        })
    }
}

impl Contents {
    /// The key of a content: its rank, from 0.
    pub(super) fn draw(&mut self) -> u64 {
        self.ranks.draw(&mut self.stream) - 1
    }

    /// What decides of the content's class and lengths, the same whenever it is asked.
    pub(super) fn draws(&self, key: u64) -> Draws {
        Draws::open(|purpose| {
            let name = [
                Part::Name("workload"),
                Part::Name(&self.workload),
                Part::Name("content"),
                Part::Name(purpose),
                Part::Number(key),
            ];
            Stream::new(self.seed, &name)
        })
    }
}
