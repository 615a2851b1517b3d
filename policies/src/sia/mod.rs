//! Sia (Jayaram Subramanya et al., SOSP 2023): in rounds, a configuration of GPUs for each job by an integer program over goodputs.
//!
//! | file | holds |
//! |---|---|
//! | `policy` | Sia's rounds |
//! | `offers` | what a job may have, at what cost |
//! | `program` | who gets which configuration |
//! | `throughput`, `shares` | Gavel's rounds as Sia's artifact has them |
//! | `replay` | configurations as they are told |

mod offers;
mod policy;
mod program;
mod replay;
mod shares;
mod throughput;

pub use policy::{PUBLISHED_PENALTIES, Sia, Ways};
pub use replay::{Replay, Told};
pub use throughput::MaxSumThroughput;
