//! Hit ratios of caches under independent Poisson requests.

use crate::units::convert;

/// Rates of requests for each item; what is not positive is left out.
pub type Popularity = [f64];

/// Zipf's law over `items`, the rates summing to one.
pub fn zipf(items: u32, exponent: f64) -> Vec<f64> {
    let weights = (1..=items).map(|rank| libm::pow(f64::from(rank), -exponent));
    let mut weights: Vec<f64> = weights.collect();
    let total: f64 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= total;
    }
    weights
}

/// Of a cache of `capacity` equal items that gives up what was used longest ago: its characteristic time, and the hit ratio,
/// by the approximation of Che, Tung and Wang (IEEE JSAC 20, 2002). A cache that holds everything has no characteristic time
/// but infinity, and always hits.
pub fn hits_lru(rates: &Popularity, capacity: usize) -> (f64, f64) {
    let items = rates.iter().filter(|rate| **rate > 0.0).count();
    if capacity >= items {
        return (f64::INFINITY, 1.0);
    }
    let wanted = convert::real(convert::wide(capacity));
    let held = |time: f64| -> f64 { rates.iter().map(|rate| -libm::expm1(-rate * time)).sum() };
    let (mut low, mut high) = (0.0, 1.0);
    while held(high) < wanted {
        (low, high) = (high, 2.0 * high);
    }
    // Newton's steps, held to the bracket: the sum is concave, so that they soon come from below.
    let mut time = f64::midpoint(low, high);
    for _ in 0..200 {
        let missing = wanted - held(time);
        if missing > 0.0 {
            low = time;
        } else {
            high = time;
        }
        let slope: f64 = rates
            .iter()
            .map(|rate| rate * libm::exp(-rate * time))
            .sum();
        let next = time + missing / slope;
        let next = if next > low && next < high {
            next
        } else {
            f64::midpoint(low, high)
        };
        let moved = (next - time).abs();
        time = next;
        if moved <= 1e-15 * time {
            break;
        }
    }
    (time, hits_ttl_since_access(rates, time))
}

/// Hit ratio where an item is held until nobody has asked for it for so long: exact.
pub fn hits_ttl_since_access(rates: &Popularity, ttl: f64) -> f64 {
    let total: f64 = rates.iter().sum();
    let hits = rates.iter().map(|rate| rate * -libm::expm1(-rate * ttl));
    hits.sum::<f64>() / total
}

/// Hit ratio where an item is held for so long from the request that brought it: exact, by renewal.
pub fn hits_ttl_from_insert(rates: &Popularity, ttl: f64) -> f64 {
    let total: f64 = rates.iter().sum();
    let hits = rates
        .iter()
        .map(|rate| rate * (rate * ttl / (1.0 + rate * ttl)));
    hits.sum::<f64>() / total
}
