//! Sia (Jayaram Subramanya et al., SOSP 2023): in rounds, a configuration of GPUs for each job of an integer program over goodputs.
//!
//! | file | holds |
//! |---|---|
//! | `policy` | the rounds |
//! | `outlook` | what a job would make of a configuration, by all that it has reported |
//! | `program` | who gets which configuration |
//! | `seats` | on which nodes |
//! | `throughput` | Gavel's shares as Sia's artifact has them |
//! | `replay` | configurations as they are told |

mod outlook;
mod policy;
mod program;
mod replay;
mod seats;
mod throughput;

pub use policy::{Sia, Ways};
pub use replay::{Replay, Told};
pub use throughput::MaxSumThroughput;
