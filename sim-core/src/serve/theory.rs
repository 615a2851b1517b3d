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

/// Servers that have somebody inside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Occupied {
    /// Mean of their number.
    pub mean: f64,
    /// Its variance.
    pub variance: f64,
    /// Probability that all have.
    pub all: f64,
}

/// How many of `servers` have somebody inside, where a Poisson number of customers of mean `inside` is spread as evenly as it
/// can be.
pub fn occupied(servers: u32, inside: f64) -> Occupied {
    let count = f64::from(servers);
    let of = |mean: f64, square: f64, all: f64| Occupied {
        mean,
        variance: (square - mean * mean).max(0.0),
        all,
    };
    // Beyond this a Poisson number is as good as normal, and its probabilities underflow.
    if inside > 500.0 {
        let deviation = inside.sqrt();
        let at = (count - inside) / deviation;
        let below = 0.5 * libm::erfc(-at * std::f64::consts::FRAC_1_SQRT_2);
        let density = libm::exp(-0.5 * at * at) / std::f64::consts::TAU.sqrt();
        let all = 1.0 - below;
        let mean = inside * below - deviation * density + count * all;
        let square = (inside * inside + inside) * below - deviation * (inside + count) * density;
        return of(mean, square + count * count * all, all);
    }
    let (mut probability, mut all) = (libm::exp(-inside), 1.0);
    let (mut mean, mut square) = (0.0, 0.0);
    for number in (0..servers).map(f64::from) {
        mean += number * probability;
        square += number * number * probability;
        all -= probability;
        probability *= inside / (number + 1.0);
    }
    let all = all.max(0.0);
    of(mean + count * all, square + count * count * all, all)
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

    /// Offered load, in service times: as many servers are at work on average.
    pub fn offered(&self) -> f64 {
        self.offered
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

    /// Variance of the number of servers at work.
    pub fn working_variance(&self) -> f64 {
        let (servers, waiting) = (f64::from(self.servers), self.waiting());
        // From all at work downwards: an arrival then finds one less.
        let mut probability = waiting * (1.0 - self.load()).max(0.0);
        let mut squares = servers * servers * waiting;
        for working in (1..self.servers).rev().map(f64::from) {
            probability *= (working + 1.0) / self.offered;
            squares += working * working * probability;
        }
        (squares - self.offered * self.offered).max(0.0)
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
