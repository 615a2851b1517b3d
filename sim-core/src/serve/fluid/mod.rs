//! A service at the level of rates: one step for each stretch of time, by queueing formulas, in doubles.
//!
//! Within a stretch arrivals are Poisson at a constant rate and replicas stay as they are. What replicas cannot serve is
//! carried over, first come, first served: who was left waits until the work before it is done. Where nobody is left the queue
//! is taken to be in its steady state at once, which holds for stretches long against service time / (1 - sqrt(load))^2;
//! nearer to a load of one the wait is overstated.
//!
//! A line that is full turns away what comes on top; in a steady state as many as a queue of that size blocks. Nobody is lost
//! with a replica, and no request is too long for one.
//!
//! What replicas are read to have done varies from look to look as it would request by request: see [`Chance`].

mod inflow;
mod kinds;
mod pool;
mod rate;
mod spread;
mod uneven;

use std::collections::VecDeque;

pub use inflow::Inflow;
pub use kinds::{Answer, Kinds};
pub use pool::{FluidPool, Passed};
pub use rate::{Demand, Rate, Steady};
pub use uneven::Chance;

/// Who may wait.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Room {
    /// Requests that may wait in a replica; none: any number.
    pub each: Option<u32>,
    /// Requests that may wait for a replica with room; none: any number.
    pub line: Option<u32>,
    /// How long they do, in seconds; none: for ever.
    pub patience_s: Option<f64>,
}

/// What holds over a stretch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Regime {
    /// Requests a second that come.
    pub arriving: f64,
    /// Requests a second that all replicas serve at most.
    pub peak: f64,
    /// Requests at a time, or replicas where they serve tokens.
    pub servers: f64,
    /// Requests that may wait.
    pub most: f64,
    /// Oldest that a request may become that nobody takes, in seconds.
    pub oldest_s: f64,
    /// Part of those that find nobody left who are turned away nonetheless.
    pub blocked: f64,
    /// What they find.
    pub steady: Steady,
    /// What the others find.
    pub full: Steady,
}

/// A service between two stretches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fluid {
    backlog: f64,
    /// Those that are left, by when they came.
    left: VecDeque<Cohort>,
}

/// Requests that came evenly between two instants, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cohort {
    count: f64,
    came_s: (f64, f64),
}

/// Requests whose waits lie evenly between two, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ramp {
    /// How many.
    pub served: f64,
    /// Waits of the first and of the last.
    pub wait_s: (f64, f64),
}

/// A stretch of a service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flow {
    /// Requests that came.
    pub arrived: f64,
    /// Requests whose service began.
    pub served: f64,
    /// Requests that were turned away, or gave up.
    pub dropped: f64,
    /// Requests that are left.
    pub backlog: f64,
    /// Part of the time for which servers are at work.
    pub busy: f64,
    /// Batches or iterations of all replicas.
    pub steps: f64,
    /// Of those served, the ones that had been left; replicas are as they are when full.
    pub queued: Vec<Ramp>,
    /// Of those served, the ones that found nobody left.
    pub calm: f64,
    /// What these found.
    pub steady: Steady,
    /// What the others found.
    pub full: Steady,
}

impl Regime {
    /// Of so many replicas that serve so, at so many requests a second.
    pub fn new(rate: &Rate, replicas: u32, arriving: f64, room: &Room) -> Self {
        let peak = rate.peak() * f64::from(replicas);
        let line = room.line.map_or(f64::INFINITY, f64::from);
        let patience_s = room.patience_s.unwrap_or(f64::INFINITY);
        let most = match room.each {
            _ if replicas == 0 => line,
            None => f64::INFINITY,
            // Who waits longer than it would gives up: as many wait as are served in that time.
            Some(each) => f64::from(each) * f64::from(replicas) + line.min(patience_s * peak),
        };
        let mut steady = Steady::default();
        if arriving < peak {
            steady = rate.steady(arriving, replicas);
            // Rounding may find a full house just below.
            if !steady.wait_s.is_finite() {
                steady = rate.full();
            }
        }
        Self {
            arriving,
            peak,
            servers: f64::from(rate.servers()) * f64::from(replicas),
            most,
            oldest_s: patience_s,
            blocked: blocked(steady.waiting, arriving / peak, most),
            steady,
            full: rate.full(),
        }
    }
}

/// Part of the arrivals that a queue of this size turns away, of which so many wait where its size is not bounded: exact for
/// M/M/c/K, and between its sizes in the same form.
fn blocked(waiting: f64, load: f64, most: f64) -> f64 {
    if most.is_infinite() || load >= 1.0 || load <= 0.0 {
        return 0.0;
    }
    let longer = waiting * libm::pow(load, most);
    longer * (1.0 - load) / (1.0 - longer * load)
}

impl Fluid {
    /// Requests that are left to serve.
    pub fn backlog(&self) -> f64 {
        self.backlog
    }

    /// Goes on from one instant to a later one, in seconds, in which so many requests come.
    pub fn advance(&mut self, regime: &Regime, over_s: (f64, f64), arrived: f64) -> Flow {
        let seconds = over_s.1 - over_s.0;
        assert!(seconds > 0.0, "a stretch takes time");
        let mut dropped = self.keep(regime.most);
        let net = regime.arriving - regime.peak;
        let mut flow = Flow {
            arrived,
            steady: regime.steady,
            full: regime.full,
            ..Flow::default()
        };
        // Until when somebody is left.
        let mut until = seconds;
        if net < 0.0 {
            until = (self.backlog / -net).min(seconds);
            let behind = if until < seconds {
                regime.arriving * until
            } else {
                arrived
            };
            self.come(behind, (over_s.0, over_s.0 + until));
            let went = if until < seconds {
                self.backlog
            } else {
                regime.peak * until
            };
            self.go(went, (over_s.0, regime.peak), &mut flow.queued);
            let calm = (arrived - behind).max(0.0);
            flow.calm = calm * (1.0 - regime.blocked);
            dropped += calm * regime.blocked;
        } else {
            let filled = ((regime.most - self.backlog) / net).clamp(0.0, seconds);
            let filled = if net > 0.0 { filled } else { seconds };
            let first = arrived * (filled / seconds);
            let kept = regime.peak * (seconds - filled);
            self.come(first, (over_s.0, over_s.0 + filled));
            self.come(kept, (over_s.0 + filled, over_s.1));
            dropped += (arrived - first - kept).max(0.0);
            let went = regime.peak * seconds;
            self.go(went, (over_s.0, regime.peak), &mut flow.queued);
            dropped += self.give_up(over_s.1 - regime.oldest_s, regime.peak);
        }
        let behind = until / seconds;
        flow.served = flow.calm + flow.queued.iter().map(|ramp| ramp.served).sum::<f64>();
        flow.dropped = dropped;
        flow.backlog = self.backlog;
        if regime.servers > 0.0 {
            let calm = (1.0 - behind) * regime.steady.busy;
            flow.busy = behind + calm;
            let mut each = 0.0;
            for (share, step_s) in [(behind, regime.full.step_s), (calm, regime.steady.step_s)] {
                each += if share > 0.0 { share / step_s } else { 0.0 };
            }
            flow.steps = each * seconds * regime.servers;
        }
        flow
    }

    /// Of those that are left, at most so many stay: whoever came first gives up. How many do.
    fn keep(&mut self, most: f64) -> f64 {
        let over = (self.backlog - most).max(0.0);
        self.take(over, &mut |_, _| {});
        over
    }

    /// Where nobody serves, those that came before an instant give up. How many do.
    fn give_up(&mut self, before_s: f64, peak: f64) -> f64 {
        let mut gone = 0.0;
        if peak > 0.0 {
            return gone;
        }
        for cohort in &self.left {
            let (first, last) = cohort.came_s;
            if first < before_s {
                let share = (before_s - first) / (last - first);
                gone += cohort.count * share.min(1.0);
            }
        }
        self.take(gone, &mut |_, _| {});
        gone
    }

    fn come(&mut self, count: f64, came_s: (f64, f64)) {
        if count > 0.0 && came_s.1 > came_s.0 {
            self.left.push_back(Cohort { count, came_s });
            self.backlog += count;
        }
    }

    /// So many go from an instant on, at so many a second.
    fn go(&mut self, count: f64, (from_s, peak): (f64, f64), ramps: &mut Vec<Ramp>) {
        let mut now_s = from_s;
        self.take(count, &mut |served, came_s| {
            let then_s = now_s + served / peak;
            let wait_s = ((now_s - came_s.0).max(0.0), (then_s - came_s.1).max(0.0));
            ramps.push(Ramp { served, wait_s });
            now_s = then_s;
        });
    }

    /// Takes out so many, those that came first: told by how many, and when.
    fn take(&mut self, count: f64, tell: &mut dyn FnMut(f64, (f64, f64))) {
        let mut left = count;
        while left > 0.0 {
            let Some(first) = self.left.front_mut() else {
                break;
            };
            if first.count <= left {
                let whole = self.left.pop_front().expect("seen above");
                tell(whole.count, whole.came_s);
                left -= whole.count;
            } else {
                let (from, to) = first.came_s;
                let parting = from + (to - from) * (left / first.count);
                tell(left, (from, parting));
                first.count -= left;
                first.came_s.0 = parting;
                left = 0.0;
            }
        }
        // What is left is as many as there are: no account beside them that could drift away.
        self.backlog = self.left.iter().map(|cohort| cohort.count).sum();
    }
}

impl Flow {
    /// Mean wait of those served, in seconds.
    pub fn mean_wait_s(&self) -> f64 {
        let ramp = |ramp: &Ramp| ramp.served * f64::midpoint(ramp.wait_s.0, ramp.wait_s.1);
        let waited: f64 = self.queued.iter().map(ramp).sum();
        if self.served > 0.0 {
            (waited + self.calm * self.steady.wait_s) / self.served
        } else {
            0.0
        }
    }

    /// Of those served, as many as wait no longer than this.
    pub fn within(&self, wait_s: f64) -> f64 {
        let on = |ramp: &Ramp| {
            let (low, high) = (
                ramp.wait_s.0.min(ramp.wait_s.1),
                ramp.wait_s.0.max(ramp.wait_s.1),
            );
            let share = if high <= wait_s {
                1.0
            } else {
                ((wait_s - low) / (high - low)).max(0.0)
            };
            ramp.served * share
        };
        let queued: f64 = self.queued.iter().map(on).sum();
        queued + self.calm * (1.0 - self.steady.longer(wait_s))
    }
}
