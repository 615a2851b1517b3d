//! Sia (Jayaram Subramanya et al., SOSP 2023): in rounds, a configuration of GPUs for each job by an integer program over goodputs.
//!
//! | file | holds |
//! |---|---|
//! | `policy` | Sia's rounds |
//! | `offers` | what a job may have, at what cost |
//! | `outlook` | what a job would make of a configuration, by all that it has reported |
//! | `program` | who gets which configuration |
//! | `pools`, `rounds` | GPUs by model, and when rounds begin |
//! | `wish`, `seats`, `room` | configurations, and on which nodes they lie |
//! | `throughput`, `shares` | Gavel's rounds as Sia's artifact has them |
//! | `replay` | configurations as they are told |

mod offers;
mod outlook;
mod policy;
mod pools;
mod program;
mod replay;
mod room;
mod rounds;
mod seats;
mod shares;
mod throughput;
mod wish;

pub use policy::{PUBLISHED_PENALTIES, Sia, Ways};
pub use replay::{Replay, Told};
pub use throughput::MaxSumThroughput;
