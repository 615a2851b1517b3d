//! Customers of a queue with `c` servers: Poisson arrivals, exponential service, as pairs for a loop and as jobs for the engine.

use sim_core::model::{Gang, Job, ModelSet};
use sim_core::units::{ClassId, KindId, QueueId, SimTime, Span};
use sim_core::world::Arrivals;
use sim_core::world::draw::{Part, Stream};

const MEAN_SERVICE: Span = Span::from_secs(1000);

/// A stream of customers.
#[derive(Clone, Debug)]
pub struct Customers {
    luck: Stream,
    left: u32,
    clock: SimTime,
    interval: Span,
}

impl Customers {
    /// `count` customers that keep `servers` servers busy to 90 %.
    pub fn new(count: u32, servers: u32) -> Self {
        let interval = MEAN_SERVICE.us() * 10 / (9 * u64::from(servers));
        Self {
            luck: Stream::new(2, &[Part::Name("customers")]),
            left: count,
            clock: SimTime::ZERO,
            interval: Span::from_us(interval).expect("short"),
        }
    }
}

impl Iterator for Customers {
    type Item = (u64, u64);

    /// When one arrives, and how long it is served, in microseconds.
    fn next(&mut self) -> Option<(u64, u64)> {
        self.left = self.left.checked_sub(1)?;
        let interval = self.luck.exponential_span(self.interval);
        self.clock = self.clock.saturating_add(interval);
        let service = self.luck.exponential_span(MEAN_SERVICE).us().max(1);
        Some((self.clock.us(), service))
    }
}

impl Arrivals for Customers {
    fn next(&mut self) -> Option<Job> {
        let (arrival, work) = Iterator::next(self)?;
        Some(Job {
            arrival: SimTime::from_us(arrival).expect("within the limits"),
            work,
            estimate: None,
            deadline: None,
            gang: Gang::of(1, 1),
            models: ModelSet::ANY,
            priority: 0,
            queue: QueueId(0),
            class: ClassId(0),
            kind: KindId(0),
        })
    }

    fn fork(&self) -> Box<dyn Arrivals + Send> {
        Box::new(self.clone())
    }
}
