//! A station: how one replica serves, behind one interface for all kinds.
//!
//! Time is told to it: it is [advanced](Station::advance) to an instant before anything is offered at that instant, so that
//! what ends comes before what arrives, and what begins at an instant begins without whoever comes at the same one. What it
//! becomes does not depend on how often it was advanced in between.

mod batch;
mod iteration;
mod prefix;
mod schedule;
mod service;
mod step;

use std::sync::Arc;

pub use batch::{Batch, BatchStation};
pub use iteration::{Iteration, IterationStation};
pub use prefix::Prefix;
pub use schedule::BLOCK;
pub use service::{Law, Service};
pub use step::StepTime;

use super::request::{Refusal, Served, Task};
use crate::units::{SimTime, Span};
use crate::world::ParameterError;

/// How replicas of a service serve.
#[derive(Clone, Debug, PartialEq)]
pub enum Serving {
    /// Whole requests, in batches.
    Batch(Arc<Batch>),
    /// Tokens, iteration by iteration.
    Iteration(Arc<Iteration>),
}

/// A replica at work.
#[derive(Clone, Debug, PartialEq)]
pub enum Station {
    /// Whole requests, in batches.
    Batch(BatchStation),
    /// Tokens, iteration by iteration.
    Iteration(Box<IterationStation>),
}

/// What can be read off a replica, or off several together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauge {
    /// Requests that wait.
    pub waiting: u32,
    /// Requests that are being worked on.
    pub running: u32,
    /// Tokens of those inside: their prompts and what was generated of their answers.
    pub tokens: u64,
    /// Tokens of memory that are taken, in whole blocks.
    pub kv_used: u64,
    /// Tokens that the memory holds; zero where it is not counted.
    pub kv_capacity: u64,
    /// Length of the present iteration or batch; none when idle.
    pub step: Option<Span>,
    /// Iterations or batches so far.
    pub steps: u64,
    /// How often a running request had to make room for an earlier one.
    pub preemptions: u64,
    /// Time at work so far, summed over servers.
    pub busy: Span,
}

impl Serving {
    /// Batches or iterations that it works on at a time.
    pub fn servers(&self) -> u32 {
        match self {
            Self::Batch(model) => model.servers,
            Self::Iteration(_) => 1,
        }
    }

    /// Time at work by this gauge of it, on average over its servers.
    pub fn work(&self, gauge: &Gauge) -> Span {
        let us = gauge.busy.us() / u64::from(self.servers().max(1));
        Span::from_us(us).expect("no more than it was")
    }

    /// Whether the parameters make a station.
    ///
    /// # Errors
    /// Names the parameter that is zero or too low.
    pub fn check(&self) -> Result<(), ParameterError> {
        match self {
            Self::Batch(model) => model.check(),
            Self::Iteration(model) => model.check(),
        }
    }

    /// An idle replica that serves so, at a speed in parts per million of the model's own. Panics on parameters that
    /// [`Serving::check`] refuses, and on no speed.
    pub fn station(&self, speed_ppm: u64) -> Station {
        self.check()
            .expect("parameters were checked where they were read");
        match self {
            Self::Batch(model) => Station::Batch(BatchStation::new(model, speed_ppm)),
            Self::Iteration(model) => {
                Station::Iteration(Box::new(IterationStation::new(model, speed_ppm)))
            }
        }
    }
}

impl Station {
    /// Hands it a task at `now`, to which it was advanced.
    ///
    /// # Errors
    /// It does not take it, and nothing has changed.
    pub fn offer(&mut self, now: SimTime, task: Task) -> Result<(), Refusal> {
        match self {
            Self::Batch(station) => station.offer(now, task),
            Self::Iteration(station) => station.offer(now, task),
        }
    }

    /// Whatever begins after `now`, to which it was advanced, goes at this speed, in parts per million of the model's own; the
    /// batches or the iteration under way keep their pace. Panics on no speed.
    pub fn go_at(&mut self, now: SimTime, speed_ppm: u64) {
        match self {
            Self::Batch(station) => station.go_at(speed_ppm),
            Self::Iteration(station) => station.go_at(now, speed_ppm),
        }
    }

    /// When it next changes by itself in a way that is seen from outside, if it does.
    pub fn next(&self) -> Option<SimTime> {
        match self {
            Self::Batch(station) => station.next(),
            Self::Iteration(station) => station.next(),
        }
    }

    /// Goes on to `now`, telling of each task that is done, in the order in which they are.
    pub fn advance(&mut self, now: SimTime, sink: &mut impl FnMut(Served)) {
        match self {
            Self::Batch(station) => station.advance(now, sink),
            Self::Iteration(station) => station.advance(now, sink),
        }
    }

    /// Tasks inside, waiting or running.
    pub fn outstanding(&self) -> u32 {
        match self {
            Self::Batch(station) => station.outstanding(),
            Self::Iteration(station) => station.outstanding(),
        }
    }

    /// Whether another may wait.
    pub fn has_room(&self) -> bool {
        match self {
            Self::Batch(station) => station.has_room(),
            Self::Iteration(station) => station.has_room(),
        }
    }

    /// What can be read off it at `now`, to which it was advanced.
    pub fn load(&self, now: SimTime) -> Gauge {
        match self {
            Self::Batch(station) => station.load(now),
            Self::Iteration(station) => station.load(now),
        }
    }

    /// Ends it: all that were inside, in the order in which they came, with nothing done.
    pub fn drop_all(self) -> Vec<Task> {
        match self {
            Self::Batch(station) => station.drop_all(),
            Self::Iteration(station) => station.drop_all(),
        }
    }
}

impl Gauge {
    /// Both together; the step is the longer one.
    pub fn and(self, other: Self) -> Self {
        Self {
            waiting: self.waiting + other.waiting,
            running: self.running + other.running,
            tokens: self.tokens + other.tokens,
            kv_used: self.kv_used + other.kv_used,
            kv_capacity: self.kv_capacity + other.kv_capacity,
            step: self.step.max(other.step),
            steps: self.steps + other.steps,
            preemptions: self.preemptions + other.preemptions,
            busy: self.busy.saturating_add(other.busy),
        }
    }
}

/// What takes `us` at the model's own speed, at this one: rounded up.
fn at_speed(time: u64, speed_ppm: u64) -> u64 {
    assert!(speed_ppm > 0, "a replica has a speed");
    let scaled = (u128::from(time) * 1_000_000).div_ceil(speed_ppm.into());
    u64::try_from(scaled).unwrap_or(u64::MAX)
}
