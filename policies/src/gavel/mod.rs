//! Gavel (Narayanan et al., OSDI 2020): a goal says which share of the time each job should have on each GPU model, and rounds
//! get there, giving the GPUs of a model to the jobs that are furthest behind their share.
//!
//! | file | holds |
//! |---|---|
//! | `policy` | a decision: a round ends, the next begins |
//! | `turn` | how one is closed and the next one opened |
//! | `ledger` | who is there, and when shares are computed anew |
//! | `accounts` | the time that they have received, deficits, priorities |
//! | `members` | what is known of a job, and what it received |
//! | `pairs` | two jobs on the same GPUs |
//! | `pick` | who runs in a round, and on which model |
//! | `seats` | on which GPUs: who stays on its model stays where it is |
//! | `round` | the round under way: who runs in it, until when |
//! | `faithful` | the same round as the published simulator counts it |
//! | `hold_back` | who shared GPUs and is left alone does no more than the published simulator credits it with |
//! | `goals` | a file each: the shares of a goal |
//! | `mersenne` | the generator that the published simulator shuffles by |
//! | `journal` | what a run leaves for comparison with the published simulator's |
//!
//! With `pack` two jobs of a size may run on the same GPUs: each pair is a row of the program, with accounts of its own, and its
//! speeds are those of the scenario's table of slowdown. The jobs ask for at most half of each GPU; whoever runs alone has the
//! GPUs for itself. By default each of a pair ends with its own last step, and both pay half while both run.
//!
//! By default the rules are those of the paper and the accounts are right: a job has received the time that it ran. Times are
//! whole microseconds, so that jobs treated alike have exactly the same priority, and ties go to whoever came first. With
//! `compat = "gavel"` everything is as in the published simulator, its bugs included, down to the last bit of its clock: which
//! of two jobs with equal shares goes first is decided there by the rounding of a sum of seconds.
//!
//! How far a comparison of averages can go is set by that: goals that do not look at speeds give jobs alike the same shares, so
//! that published results with few jobs rest on the noise of a solver. Of 20 jobs under finish-time fairness, shares that differ
//! by a billionth move the average time to the end from 307 to 716 s; the published 629 s is one of these.

mod accounts;
mod faithful;
mod goals;
mod hold_back;
mod journal;
mod ledger;
mod members;
mod mersenne;
mod pairs;
mod pick;
mod policy;
mod round;
mod seats;
mod turn;

pub use goals::{
    Allox, Ask, Block, Claimant, Couple, Fifo, FifoRandom, FinishTimeFairness, Gandiva, Goal,
    Heeds, Isolated, Market, MaxMinFairness, MaxSumThroughput, MinTotalDuration, Replay, Shockwave,
    Turn, WaterFilling, Within,
};
pub use journal::{Admitted, Journal, Solved, Task};
pub use mersenne::Mersenne;
pub use pick::Newcomers;
pub use policy::{Gavel, Ways};
