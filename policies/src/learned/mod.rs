//! Learned policies: scheduling as a decision process, and the networks that decide in it.
//!
//! A [`Process`] asks [`Question`]s of rows to choose from; a mask says which may be chosen, and at least one may. Its heads:
//! [`order`] (which job is next) and [`market`] (where one with a deadline should be). Networks that answer are in [`net`]. An
//! [`Episode`] is a run that stops at each question, for whoever trains; [`Learned`] is a process and who answers, a policy
//! like any other.
//!
//! Nothing here is told more than a policy may see, and all of it is arithmetic in a fixed order: the same answers lead to
//! the same bits.

mod actors;
mod episode;
mod gauges;
mod line;
pub mod market;
pub mod net;
pub mod order;
mod process;
pub mod question;
mod reward;

pub use actors::{First, Greedy};
pub use episode::{Answered, Episode, Measure, Refused};
pub use process::{Actor, Head, Learned, Process};
pub use question::{Question, Widths};
pub use reward::{Account, Scale, Terms, Weights};
