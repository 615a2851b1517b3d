//! Which of several sets a service is served on: the cheapest by the request of those that are good and near enough.
//!
//! Sets may differ in the variant of the model, the machine, or the region, so this is what chooses a precision under a floor
//! of quality, and the cheapest region under a limit of latency.

use sim_core::units::Span;

/// A set that may be chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Dollars an hour of a replica, now; none where there is no machine for it.
    pub price: Option<f64>,
    /// Requests a second that it serves at most.
    pub capacity: f64,
    /// Of a request that finds it idle, the network included.
    pub latency: Span,
    /// What its answers are worth, in parts per million.
    pub quality_ppm: u32,
}

/// What is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Quality of answers, at least.
    pub quality_ppm: u32,
    /// Latency, at most.
    pub latency: Span,
}

impl Candidate {
    /// Dollars for a million requests of a replica in full use.
    fn cost(&self) -> f64 {
        match self.price {
            Some(price) if self.capacity > 0.0 => price / (self.capacity * 3600.0) * 1e6,
            Some(_) | None => f64::INFINITY,
        }
    }
}

/// The place of the cheapest that keeps both limits: of equally cheap ones the better, the nearer, the first. Where none does,
/// the nearest of those that are good enough, or the best.
pub fn cheapest(candidates: &[Candidate], limits: Limits) -> Option<usize> {
    let there: Vec<usize> = (0..candidates.len())
        .filter(|at| candidates[*at].cost().is_finite())
        .collect();
    let good = |at: &&usize| candidates[**at].quality_ppm >= limits.quality_ppm;
    let near = |at: &&usize| candidates[**at].latency <= limits.latency;
    let by_cost = |one: &&usize, other: &&usize| {
        let (one, other) = (&candidates[**one], &candidates[**other]);
        let cost = one.cost().total_cmp(&other.cost());
        let quality = other.quality_ppm.cmp(&one.quality_ppm);
        cost.then(quality).then(one.latency.cmp(&other.latency))
    };
    let both = there.iter().filter(good).filter(near).min_by(by_cost);
    let nearest = || {
        let good = there.iter().filter(good);
        good.min_by_key(|at| candidates[**at].latency)
    };
    let best = || {
        let quality = |at: &&usize| u32::MAX - candidates[**at].quality_ppm;
        there.iter().min_by_key(quality)
    };
    both.or_else(nearest).or_else(best).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::world::draw::{Part, Stream};

    fn candidate(draws: &mut Stream) -> Candidate {
        let number = |draws: &mut Stream, most: u64| 1 + draws.below(most);
        Candidate {
            price: draws.chance(0.9).then(|| {
                let cents = u32::try_from(number(draws, 6)).expect("small");
                f64::from(cents) / 4.0
            }),
            capacity: f64::from(u32::try_from(number(draws, 4)).expect("small")),
            latency: Span::from_secs(number(draws, 5)),
            quality_ppm: u32::try_from(number(draws, 5) * 200_000).expect("small"),
        }
    }

    #[test]
    fn no_other_that_keeps_the_limits_is_cheaper() {
        let mut draws = Stream::new(3, &[Part::Name("choose")]);
        let mut kept = 0;
        for _ in 0..10_000 {
            let count = draws.below(6);
            let all: Vec<Candidate> = (0..count).map(|_| candidate(&mut draws)).collect();
            let limits = Limits {
                quality_ppm: u32::try_from(draws.below(6) * 200_000).expect("small"),
                latency: Span::from_secs(draws.below(7)),
            };
            let keeps = |one: &&Candidate| {
                let there = one.price.is_some();
                there && one.quality_ppm >= limits.quality_ppm && one.latency <= limits.latency
            };
            let chosen = cheapest(&all, limits).map(|at| all[at]);
            let cheap = all.iter().filter(keeps).map(Candidate::cost);
            if let Some(cost) = cheap.min_by(f64::total_cmp) {
                let chosen = chosen.expect("there is one");
                assert!(keeps(&&chosen), "{chosen:?} of {all:?} under {limits:?}");
                assert!(chosen.cost() <= cost, "{chosen:?} of {all:?}");
                kept += 1;
            } else {
                let there = all.iter().any(|one| one.price.is_some());
                assert_eq!(chosen.is_some(), there);
            }
        }
        assert!(kept > 2_000, "{kept}");
    }

    #[test]
    fn where_none_is_near_enough_the_nearest_good_one_is_taken() {
        let of = |latency, quality_ppm| Candidate {
            price: Some(1.0),
            capacity: 1.0,
            latency: Span::from_secs(latency),
            quality_ppm,
        };
        let all = [of(9, 900_000), of(5, 950_000), of(2, 500_000)];
        let limits = |quality_ppm| Limits {
            quality_ppm,
            latency: Span::from_secs(1),
        };
        assert_eq!(cheapest(&all, limits(900_000)), Some(1));
        assert_eq!(cheapest(&all, limits(990_000)), Some(1));
        assert_eq!(cheapest(&[], limits(0)), None);
    }
}
