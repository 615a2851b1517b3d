//! A control for queues of many servers: the same requests, each with the same service, where there is a server for everybody.
//!
//! How many are inside is then Poisson (M/G/oo), so that the mean of how many too many an arrival finds is known. With many
//! servers it rises and falls with the wait, and what it is off by by chance tells most of what the wait is off by: a control
//! variate (Lavenberg, Welch, Management Science 27, 1981), which saves seven of eight requests at 256 servers.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use sim_core::serve::Served;
use sim_core::units::{SimTime, Span, convert};

/// Requests where there is a server for everybody.
pub(super) struct Endless {
    servers: usize,
    /// How many too many an arrival finds, in the mean.
    mean: f64,
    /// Arrivals, in order, with the services of those that are known.
    coming: VecDeque<(SimTime, Option<Span>)>,
    /// The number of the first of them.
    first: u64,
    ends: BinaryHeap<Reverse<SimTime>>,
}

impl Endless {
    /// Beside so many servers; so many are busy in the mean.
    pub(super) fn new(servers: u32, busy: f64) -> Self {
        let (mut likely, mut mean) = (libm::exp(-busy), 0.0);
        for inside in 0..10 * (servers + 10) {
            let inside = f64::from(inside);
            mean += likely * (inside - f64::from(servers) + 1.0).max(0.0);
            likely *= busy / (inside + 1.0);
        }
        Self {
            servers: convert::index(servers),
            mean,
            coming: VecDeque::new(),
            first: 0,
            ends: BinaryHeap::new(),
        }
    }

    /// The next one comes.
    pub(super) fn arrive(&mut self, now: SimTime) {
        self.coming.push_back((now, None));
    }

    /// The service of one is known. By how much those that are now known to have come found more too many than in the mean.
    pub(super) fn see(&mut self, served: &Served) -> f64 {
        let at = usize::try_from(served.task.request.id.0 - self.first).expect("few are inside");
        self.coming[at].1 = Some(served.times.done.since(served.times.started));
        let mut off = 0.0;
        while let Some((now, Some(service))) = self.coming.front().copied() {
            self.coming.pop_front();
            self.first += 1;
            while self.ends.peek().is_some_and(|end| end.0 <= now) {
                self.ends.pop();
            }
            let many = (self.ends.len() + 1).saturating_sub(self.servers);
            off += f64::from(convert::narrow(many)) - self.mean;
            self.ends.push(Reverse(now.saturating_add(service)));
        }
        off
    }
}
