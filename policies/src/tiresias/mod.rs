//! Tiresias (Gu et al., NSDI 2019): preemptive policies that rank all jobs anew at each event, by what they were served so far,
//! and the baselines that its simulator compares them with.
//!
//! Its fifo and fjf are composed: `order = "fifo"` with `admit = "strict"` and with `admit = "skip"`, on `place = "first-fit"`
//! (its count) or `place = "yarn"`.

mod account;
mod gittins;
mod mlfq;
mod queues;
mod ranked;

pub use account::{Rules, Service};
pub use gittins::Gittins;
pub use mlfq::{Look, Mlfq};
pub use ranked::{By, Ranked};
