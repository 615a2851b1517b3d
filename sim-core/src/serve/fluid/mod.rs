//! A service at the level of rates: one step for each interval, by queueing formulas, in doubles.
//!
//! Within an interval arrivals are Poisson at a constant rate and replicas stay as they are. What replicas cannot serve is
//! carried over; while there is such a backlog, first come, first served, a request waits as long as the backlog before it
//! takes. Afterwards the queue is taken to be in its steady state at once, which holds for intervals long against
//! service time / (1 - sqrt(load))^2; nearer to a load of one the wait is overstated.

mod rate;

pub use rate::{Demand, Rate, Steady};

/// A service between two intervals.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fluid {
    /// Requests that are left to serve.
    pub backlog: f64,
}

/// An interval of a service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow {
    /// Requests that came.
    pub arrived: f64,
    /// Requests that were served.
    pub served: f64,
    /// Requests that are left.
    pub backlog: f64,
    /// Part of the time for which replicas were at work.
    pub busy: f64,
    /// Part of the arrivals that found a backlog.
    pub behind: f64,
    /// Waits of the first and of the last of those, in seconds; others lie between, evenly.
    pub ramp_s: (f64, f64),
    /// What the other arrivals found.
    pub steady: Steady,
}

impl Fluid {
    /// Goes on by `seconds`, in which so many requests come and so many replicas serve.
    pub fn advance(&mut self, rate: &Rate, replicas: u32, (seconds, arrived): (f64, f64)) -> Flow {
        assert!(seconds > 0.0, "an interval takes time");
        let peak = rate.peak() * f64::from(replicas);
        let arriving = arrived / seconds;
        let net = arriving - peak;
        // Until when there is a backlog.
        let until = if net >= 0.0 {
            seconds
        } else {
            (self.backlog / -net).min(seconds)
        };
        let before = self.backlog;
        let last = (before + net * until).max(0.0);
        let served = if until < seconds {
            before + arrived
        } else {
            peak * seconds
        };
        self.backlog = (before + arrived - served).max(0.0);
        let steady = if until < seconds {
            rate.steady(arriving, replicas)
        } else {
            rate.full()
        };
        let behind = until / seconds;
        let wait = |backlog: f64| if backlog > 0.0 { backlog / peak } else { 0.0 };
        Flow {
            arrived,
            served,
            backlog: self.backlog,
            busy: behind + (1.0 - behind) * steady.busy,
            behind,
            ramp_s: (wait(before), wait(last)),
            steady,
        }
    }
}

impl Flow {
    /// Mean wait of the arrivals, in seconds; infinite where nobody serves.
    pub fn mean_wait_s(&self) -> f64 {
        let ramp = f64::midpoint(self.ramp_s.0, self.ramp_s.1);
        let weighted = |share: f64, wait: f64| if share > 0.0 { share * wait } else { 0.0 };
        weighted(self.behind, ramp) + weighted(1.0 - self.behind, self.steady.wait_s)
    }

    /// Part of the arrivals that wait no longer than this.
    pub fn within(&self, wait_s: f64) -> f64 {
        let (low, high) = (
            self.ramp_s.0.min(self.ramp_s.1),
            self.ramp_s.0.max(self.ramp_s.1),
        );
        let on_ramp = if high <= wait_s {
            1.0
        } else if low >= wait_s || high.is_infinite() {
            0.0
        } else {
            (wait_s - low) / (high - low)
        };
        self.behind * on_ramp + (1.0 - self.behind) * (1.0 - self.steady.longer(wait_s))
    }

    /// The wait that this part of the arrivals do not exceed, in seconds, to a microsecond.
    pub fn wait_quantile_s(&self, probability: f64) -> f64 {
        if self.within(0.0) >= probability {
            return 0.0;
        }
        let mut high = 1.0;
        while self.within(high) < probability {
            high *= 2.0;
            if high > 1e12 {
                return f64::INFINITY;
            }
        }
        let mut low = 0.0;
        while high - low > 1e-6_f64.max(1e-12 * high) {
            let middle = f64::midpoint(low, high);
            if self.within(middle) < probability {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }
}
