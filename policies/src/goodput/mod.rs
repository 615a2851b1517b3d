//! What schedulers of jobs that report their goodput share (Pollux, OSDI 2021; Sia, SOSP 2023).
//!
//! | file | holds |
//! |---|---|
//! | `outlook` | what a job would make of a configuration, by all that it has reported |
//! | `pools`, `rounds` | GPUs by model, and when rounds begin |
//! | `wish`, `seats`, `room` | configurations, and on which nodes they lie |

mod outlook;
mod pools;
mod room;
mod rounds;
mod seats;
mod wish;

pub(crate) use outlook::Outlook;
pub(crate) use pools::{Pool, pools};
pub(crate) use rounds::{come_back, give_up, hold_back, is_round, news, turn_away, wake_next};
pub(crate) use seats::seat;
pub(crate) use wish::{Wish, held, tasks};
