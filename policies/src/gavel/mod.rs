//! Gavel (Narayanan et al., OSDI 2020): a goal says which share of the time each job should have on each GPU model, and rounds
//! get there, giving the GPUs of a model to the jobs that are furthest behind their share.
//!
//! | file | holds |
//! |---|---|
//! | `policy` | a decision: a round ends, the next begins |
//! | `turn` | how one is closed and the next one opened |
//! | `ledger` | the time that jobs have received, deficits, priorities, and when shares are computed anew |
//! | `members` | what is known of a job, and what it received |
//! | `pick` | who runs in a round, and on which model |
//! | `seats` | on which GPUs: who stays on its model stays where it is |
//! | `round` | the round under way: who runs in it, until when |
//! | `faithful` | the same round as the published simulator counts it |
//! | `goals` | a file each: the shares of a goal |
//! | `mersenne` | the generator that the published simulator shuffles by |
//! | `journal` | what a run leaves for comparison with the published simulator's |
//!
//! By default the rules are those of the paper and the accounts are right: a job has received the time that it ran. Times are
//! whole microseconds, so that jobs treated alike have exactly the same priority, and ties go to whoever came first. With
//! `compat = "gavel"` everything is as in the published simulator, its bugs included, down to the last bit of its clock: which
//! of two jobs with equal shares goes first is decided there by the rounding of a sum of seconds.
//!
//! How far a comparison of averages can go is set by that: goals that do not look at speeds give jobs alike the same shares, so
//! that published results with few jobs rest on the noise of a solver. Of 20 jobs under finish-time fairness, shares that differ
//! by a billionth move the average time to the end from 307 to 716 s; the published 629 s is one of these.

mod faithful;
mod goals;
mod journal;
mod ledger;
mod members;
mod mersenne;
mod pick;
mod policy;
mod round;
mod seats;
mod turn;

pub use goals::{
    Allox, Ask, Block, Claimant, Fifo, FifoRandom, FinishTimeFairness, Goal, Heeds, Isolated,
    MaxMinFairness, MaxSumThroughput, MinTotalDuration, Replay, Turn, WaterFilling, Within,
};
pub use journal::{Admitted, Journal, Solved, Task};
pub use mersenne::Mersenne;
pub use pick::Newcomers;
pub use policy::{Gavel, Ways};
