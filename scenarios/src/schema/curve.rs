//! Prices and availability over time: written down, read from a file, or drawn.

use sim_core::units::{Price, Span};
use sim_core::world::availability::UpDown;
use sim_core::world::price::{Auction, Jumps, Smoothed};
use traces::series::{After, Options};

use super::fleet::Steps;
use super::path::DataPath;
use super::place::Spanned;

/// Where prices come from.
#[derive(Clone, Debug, PartialEq)]
pub enum PriceSource {
    /// The scenario.
    Steps(Steps<Price>),
    /// A file.
    Series(SeriesSpec),
    /// A market that moves in small steps, as since 2017.
    Smoothed(Smoothed),
    /// An auction that spikes, as before.
    Auction(Auction),
    /// A mean with jumps.
    Jumps(Jumps),
}

/// Where the number of nodes that can be had comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeSource {
    /// The scenario.
    Steps(Steps<u32>),
    /// A file.
    Series(SeriesSpec),
    /// All or none, in turns.
    UpDown(UpDown),
}

/// A published series, and the part of it that is used.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesSpec {
    /// Name of the format.
    pub format: Spanned<String>,
    /// The file.
    pub file: Spanned<DataPath>,
    /// What the file does not say of itself.
    pub options: Options,
    /// Where the run begins in it.
    pub from: Span,
    /// Where the part that is used ends; the whole if not said.
    pub until: Option<Span>,
    /// What is so when it is over.
    pub after: After,
}

impl PriceSource {
    /// Whether it is another one for another seed.
    pub const fn is_drawn(&self) -> bool {
        match self {
            Self::Steps(_) | Self::Series(_) => false,
            Self::Smoothed(_) | Self::Auction(_) | Self::Jumps(_) => true,
        }
    }
}
