//! Jobs with a deadline between a cheap offering that may be taken away and a dear one that stays: the policies of "Can't
//! Be Late" (Wu, Chiang, Mao, Yang, Friedman, Shenker, Stoica, NSDI 2024).
//!
//! A job has C(t) of its work left and R(t) of its time; a changeover d is paid at every start, without progress. All
//! policies are thrifty (nothing is held once the work is done), stay on a spot machine until it is taken away, and have a
//! safety net: where R(t) < C(t) + 2d, on demand to the end. They differ in when they go on demand before that.
//!
//! [`Deadline`] is what they share: it looks after every job on its own, asks its [`Rule`] where the job should be, and gets
//! it there. A gang is polarised: all its nodes, of one offering, or none. Work left is what a scheduler knows of it: the
//! estimate less what is kept. A job without an estimate or a deadline runs on demand; machines that are neither spot nor on
//! demand (owned, reserved, ...) count as on demand, for they stay as well.

pub(crate) mod entries;
mod greedy;
mod ledger;
pub(crate) mod net;
mod next_spot;
mod omniscient;
mod on_demand_only;
pub mod optimum;
mod policy;
mod rule;
mod time_sliced;
mod uniform_progress;

pub use greedy::Greedy;
pub use next_spot::NextSpot;
pub use omniscient::Omniscient;
pub use on_demand_only::OnDemandOnly;

pub use policy::{Clock, Deadline};
pub use rule::{On, Rule, Situation, Want};
pub use time_sliced::TimeSliced;
pub use uniform_progress::UniformProgress;
