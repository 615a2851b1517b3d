//! Pollux (Qiao et al., OSDI 2021): in rounds, GPUs for all jobs at once, so that the power mean of their speedups is greatest.
//!
//! The speedup of a job is its goodput with the best batch, in units of what it would have on its fair share: the nodes and GPUs
//! that there are by the number of jobs, rounded up. Whoever runs and gets others is taken to have `(T - R d) / (T + d)` of it, at
//! age `T` after `R` restarts that cost `d` each. Across nodes lies at most one job on a node, so that none slows another down.
//!
//! What is built is the paper's goal, and where that is silent or cannot be computed:
//!
//! - The mean of speedups of which one is zero is zero, if the power is; to each a thousandth is added, as in the published code.
//!   With a negative power, therefore, whoever can run shall run.
//! - The published code reckons the fair share of GPUs on a single node, however many they are; here it has its share of nodes.
//! - A first start is no restart, nor is going on after a stop: who waits loses nothing by getting GPUs.
//! - It tells no GPU model from another: what a job made of its steps is one fit for all models, and a job takes the models in an
//!   order that is drawn at each of its starts, by their numbers of GPUs. In the simulator of Sia it is given GPUs of several
//!   models at once and loses the fewer; here all GPUs of a job are of one model to begin with.
//! - Jobs of fixed size get all their GPUs or none, and are as many times faster as that is more than their fair share.
//! - The original searches by a genetic algorithm, a population of 100 over 100 generations, whose luck is not seeded; here GPUs
//!   change hands job by job and pair by pair as long as that is better. Neither is sure to find the best: of 400 small questions
//!   the best of all answers is found to 397, and the genetic search, with a seed, finds nothing better to larger ones (`tests`).
//!
//! | file | holds |
//! |---|---|
//! | `policy` | Pollux's rounds |
//! | `cast` | what a round is about: nodes, jobs, and what they may have |
//! | `speedup` | how fast a job is, by what it has reported |
//! | `problem` | the question of a round, and what an answer is worth |
//! | `ground` | who lies where, and where there is room |
//! | `worths`, `stand` | what shapes are worth, and how things stand in a search |
//! | `search`, `exchange` | the answer, and moves on the way to it |

mod cast;
mod exchange;
mod ground;
mod policy;
mod problem;
mod search;
mod speedup;
mod stand;
#[cfg(test)]
mod tests;
mod worths;

pub use policy::{Pollux, Ways};
