//! Several servers of batches, where whoever comes goes to the one with the fewest inside.
//!
//! Requests are spread evenly: nobody joins another while a server is idle, and batches are of one until each server has one
//! under way and one that waits. So how many are inside is taken as a birth and death chain: up to as many as there are
//! servers each is served alone, after it has waited for others until the timeout; from twice as many on all servers are at
//! work, and of what each has inside a third waits, as half a batch comes meanwhile on average; in between, some of those
//! who come find one that still waits.

use super::{Chance, Steady};

/// What a batch is and takes, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Requests, at most.
    pub(super) size: u32,
    /// Length, whatever its size.
    pub(super) fixed_s: f64,
    /// And for each of its requests.
    pub(super) per_request_s: f64,
    /// How long the first waits for others.
    pub(super) timeout_s: f64,
}

impl Shape {
    /// Of a batch of so many.
    pub(super) fn length(&self, requests: f64) -> f64 {
        self.fixed_s + self.per_request_s * requests
    }

    /// Of so many servers with so many inside: how many are at work, and requests a second that they serve.
    fn pace(&self, servers: u32, inside: f64) -> (f64, f64) {
        let (count, length) = (f64::from(servers), self.length(1.0));
        // Part of the time for which a server is at work that has one inside at a time.
        let alone = length / (self.timeout_s + length);
        let beyond = (inside / count - 1.0).clamp(0.0, 1.0);
        let working = inside.min(count) * (alone + (1.0 - alone) * beyond);
        let joined = 1.0 + (1.0 - alone) * beyond;
        let batch = (inside / count / 1.5)
            .max(joined)
            .clamp(1.0, f64::from(self.size));
        (working, working * batch / self.length(batch))
    }
}

/// Moments of how many are inside, unnormed.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    all: f64,
    inside: f64,
    /// Servers with somebody inside, and those at work.
    occupied: f64,
    squares: f64,
    working: f64,
    /// Where none is idle.
    full: f64,
}

impl Sums {
    fn add(&mut self, weight: f64, inside: f64, (servers, working): (f64, f64)) {
        let occupied = inside.min(servers);
        self.all += weight;
        self.inside += weight * inside;
        self.occupied += weight * occupied;
        self.squares += weight * occupied * occupied;
        self.working += weight * working;
        self.full += if inside < servers { 0.0 } else { weight };
    }

    fn scale(&mut self, by: f64) {
        for sum in [
            &mut self.all,
            &mut self.inside,
            &mut self.occupied,
            &mut self.squares,
            &mut self.working,
            &mut self.full,
        ] {
            *sum *= by;
        }
    }
}

/// So many servers, more than one, at so many requests a second, fewer than they serve.
pub(super) fn spread(shape: Shape, servers: u32, rate: f64) -> Steady {
    let count = f64::from(servers);
    let mut sums = Sums::default();
    let mut weight = 1.0;
    // From where on batches are full and the chain goes down by a fixed factor.
    let last = servers.saturating_mul(shape.size).saturating_mul(2);
    for inside in (0..last).map(f64::from) {
        if weight > 1e200 {
            sums.scale(1e-200);
            weight *= 1e-200;
        }
        sums.add(weight, inside, (count, shape.pace(servers, inside).0));
        weight *= rate / shape.pace(servers, inside + 1.0).1;
        if weight < 1e-15 * sums.all {
            break;
        }
    }
    let factor = rate / shape.pace(servers, f64::from(last)).1;
    if factor < 1.0 {
        // The rest of the chain: weights and numbers of a geometric series.
        let rest = weight / (1.0 - factor);
        let inside = f64::from(last) + factor / (1.0 - factor);
        sums.add(rest, inside, (count, count));
    }
    let of = |sum: f64| sum / sums.all;
    let (occupied, working) = (of(sums.occupied), of(sums.working));
    // As many requests begin as come: so large are batches, and so long.
    let most = f64::from(shape.size);
    let batch = rate * shape.fixed_s / (working - rate * shape.per_request_s);
    let batch = if batch > 0.0 {
        batch.clamp(1.0, most)
    } else {
        most
    };
    let step_s = shape.length(batch);
    let full = of(sums.full);
    Steady {
        waiting: if shape.timeout_s > 0.0 { 1.0 } else { full },
        wait_s: (of(sums.inside) / rate - step_s).max(0.0),
        even: true,
        first_token_s: step_s,
        service_s: step_s,
        busy: working / count,
        chance: Chance {
            variance: (of(sums.squares) - occupied * occupied).max(0.0),
            lasts_s: step_s / 2.0,
        },
        step_s,
        per_input_s: 0.0,
    }
}
