//! Orders: who goes first.

pub(crate) mod keys;
mod parts;

pub use parts::{Edf, Fifo, Largest, Las, Priority, Qssf, Shortest, Smallest, Srtf};
pub(crate) mod scores;
pub use scores::{F1, Unicep, Wfp3};

use sim_core::engine::{JobView, View};
use sim_core::units::Span;

use crate::queue::Key;

/// Who goes first. Keys are compared, smallest first, ties by arrival.
pub trait Order: Send {
    /// The rank of a job now.
    fn key(&self, job: &JobView<'_>, view: &View<'_>) -> Key;

    /// If the rank of a waiting job moves with time: how often it is taken anew.
    fn rerank(&self) -> Option<Span> {
        None
    }

    /// If the rank of a running job moves with time: how often to look whether it should make room.
    fn quantum(&self) -> Option<Span> {
        None
    }

    /// An exact copy.
    fn fork(&self) -> Box<dyn Order>;
}
