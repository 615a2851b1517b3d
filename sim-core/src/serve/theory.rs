//! What theory says of queues and caches: closed forms and an exact embedded chain, in doubles.
//!
//! Times are in the unit of the mean service time unless said otherwise. Relative errors are below 1e-9, of the bulk queue
//! below 1e-8. Assumed throughout: Poisson arrivals, endless lines; loads below one, else an answer is infinite.

mod bulk;
mod cache;

pub use bulk::{Bulk, bulk};
pub use cache::{Popularity, hits_lru, hits_ttl_from_insert, hits_ttl_since_access, zipf};

/// Servers in parallel with exponential service: M/M/c.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parallel {
    servers: u32,
    offered: f64,
}

/// Erlang's loss formula: the probability that all of `servers` are busy where nobody waits, under an offered load in
/// service times (arrival rate x mean service time).
pub fn erlang_b(servers: u32, offered: f64) -> f64 {
    let mut blocked = 1.0;
    for server in 1..=servers {
        blocked = offered * blocked / (f64::from(server) + offered * blocked);
    }
    blocked
}

/// Mean wait of M/G/1 by Pollaczek and Khinchine: load and squared coefficient of variation of the service.
pub fn pollaczek_khinchine(load: f64, squared_variation: f64) -> f64 {
    if load >= 1.0 {
        return f64::INFINITY;
    }
    load / (1.0 - load) * f64::midpoint(1.0, squared_variation)
}

impl Parallel {
    /// `servers` of them, at least one, under an offered load in service times. Panics on no server.
    pub fn new(servers: u32, offered: f64) -> Self {
        assert!(servers > 0, "somebody serves");
        Self { servers, offered }
    }

    /// Load of each server.
    pub fn load(&self) -> f64 {
        self.offered / f64::from(self.servers)
    }

    /// Erlang's delay formula: the probability of having to wait.
    pub fn waiting(&self) -> f64 {
        let load = self.load();
        if load >= 1.0 {
            return 1.0;
        }
        let blocked = erlang_b(self.servers, self.offered);
        blocked / (1.0 - load * (1.0 - blocked))
    }

    /// Mean wait.
    pub fn mean_wait(&self) -> f64 {
        let spare = f64::from(self.servers) - self.offered;
        if spare <= 0.0 {
            return f64::INFINITY;
        }
        self.waiting() / spare
    }

    /// Mean time inside.
    pub fn mean_time(&self) -> f64 {
        self.mean_wait() + 1.0
    }

    /// Mean number inside.
    pub fn mean_inside(&self) -> f64 {
        self.offered * self.mean_time()
    }

    /// The wait that a share `probability` of all do not exceed: zero where that many need not wait.
    pub fn wait_quantile(&self, probability: f64) -> f64 {
        let spare = f64::from(self.servers) - self.offered;
        if spare <= 0.0 {
            return f64::INFINITY;
        }
        (libm::log(self.waiting() / (1.0 - probability)) / spare).max(0.0)
    }

    /// The probability of waiting longer than `wait`.
    pub fn waiting_longer(&self, wait: f64) -> f64 {
        let spare = f64::from(self.servers) - self.offered;
        if spare <= 0.0 {
            return 1.0;
        }
        self.waiting() * libm::exp(-spare * wait)
    }
}
