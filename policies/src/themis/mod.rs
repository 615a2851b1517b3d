//! Themis (Mahajan et al., NSDI 2020): GPUs are leased, and when leases end those who fare worst bid for what is free.
//!
//! | file | holds |
//! |---|---|
//! | `stretch` | how a job fares: finish-time fairness |
//! | `auction` | who wins: the bids that are worth the most together |
//! | `policy` | leases, and the order in which jobs may take GPUs |
//!
//! What is approximate: each job is an app of its own with one gang, so that a bid is for all of its GPUs or none; where tasks
//! lie does not enter a bid, but is left to the placement; GPU models count alike; bids are what estimates say, and nobody lies,
//! so that there are no hidden payments; among equals who came first goes first, where the authors draw.

mod auction;
mod policy;
mod stretch;

pub use auction::{Bid, winners};
pub use policy::{Rules, Themis};
pub use stretch::Stretch;
