//! The Gittins index of a job that was served so much: of the jobs known that took more, the chance that one ends within the next
//! quantum, over what that quantum costs on average.

use sim_core::units::convert;

/// A sample of what jobs take, with the quantum that is looked ahead.
#[derive(Clone, Debug)]
pub struct Gittins {
    /// What jobs took, ascending, in ticks.
    sample: Vec<u64>,
    /// Sums of the first of them, as many as the position says.
    sums: Vec<u128>,
    quantum: u64,
    /// The published form: see [`Gittins::published`].
    published: bool,
}

impl Gittins {
    /// From a sample, in any order, with the quantum looked ahead, all in ticks.
    pub fn new(mut sample: Vec<u64>, quantum: u64) -> Self {
        sample.sort_unstable();
        let mut sums = vec![0];
        for taken in &sample {
            let last = sums.last().expect("it begins with zero");
            sums.push(last + u128::from(*taken));
        }
        Self {
            sample,
            sums,
            quantum,
            published: false,
        }
    }

    /// In the published form: a job counts as having been served up to the next value of the sample, less one tick; what it was
    /// served is not taken off the cost, and the mean cost is rounded down; chance and index are rounded to some decimals; and
    /// the last two values are treated alike.
    #[must_use]
    pub fn published(mut self) -> Self {
        self.published = true;
        self
    }

    /// The index at this much service: the larger, the sooner its turn. Zero beyond the sample.
    pub fn index(&self, served: u64) -> f64 {
        let above = |served: u64| self.sample.partition_point(|taken| *taken <= served);
        let (first, count) = (above(served), self.sample.len());
        if first == count {
            return 0.0;
        }
        if self.published {
            let served = self.sample[first].saturating_sub(1);
            // Of equal values the first one.
            let first = above(served);
            let (left, last) = (convert::wide(count - first), self.sample[count - 1]);
            let ahead = served.saturating_add(self.quantum);
            let beyond = if ahead > last.saturating_sub(1) {
                count - 1
            } else {
                above(ahead)
            };
            let cost = self.cost(first, beyond) / u128::from(left);
            let chance = convert::real(convert::wide(beyond - first)) / convert::real(left);
            return rounded(rounded(chance, 1e5) * 1e6 / real(cost), 1e4);
        }
        let beyond = above(served.saturating_add(self.quantum));
        let spent = u128::from(served) * u128::from(convert::wide(beyond - first));
        let cost = self.cost(first, beyond) - spent;
        convert::real(convert::wide(beyond - first)) / real(cost)
    }

    /// What those from `first` take that end within the quantum, and the quantum for each that does not.
    fn cost(&self, first: usize, beyond: usize) -> u128 {
        let others = convert::wide(self.sample.len() - beyond);
        self.sums[beyond] - self.sums[first] + u128::from(self.quantum) * u128::from(others)
    }
}

/// The nearest double, for the sums that occur.
fn real(n: u128) -> f64 {
    u64::try_from(n).map_or(f64::INFINITY, convert::real)
}

/// To the nearest multiple of one over `scale`, halves away from zero, as if the product were exact; not for negative numbers.
fn rounded(x: f64, scale: f64) -> f64 {
    let product = x * scale;
    let error = libm::fma(x, scale, -product);
    let below = libm::floor(product);
    let rest = product - below;
    let up = rest > 0.5 || (rest >= 0.5 && error >= 0.0);
    (below + if up { 1.0 } else { 0.0 }) / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(found: f64, expected: f64) {
        assert!(
            libm::fabs(found - expected) <= 1e-15,
            "{found}, not {expected}"
        );
    }

    #[test]
    fn the_index_is_the_chance_to_end_within_the_quantum_over_what_that_costs() {
        let gittins = Gittins::new(vec![40, 10, 20], 15);
        // One of three ends, after 10; the others take the quantum.
        is(gittins.index(0), 1.0 / (10.0 + 15.0 + 15.0));
        // Of those that took more than 12 one ends, after 8 more.
        is(gittins.index(12), 1.0 / (8.0 + 15.0));
        is(gittins.index(20), 0.0);
        is(gittins.index(30), 1.0 / 10.0);
        is(gittins.index(40), 0.0);
    }

    #[test]
    fn the_published_index_counts_up_to_the_next_value_and_in_whole_numbers() {
        let gittins = Gittins::new(vec![10, 20, 40], 15).published();
        // Served 9; up to 24 end two of three; (10 + 20 + 15) / 3; 0.66667 millions over that.
        is(gittins.index(0), 44444.6667);
        // Served 19; up to 34 ends one of two; (20 + 15) / 2 is 17.
        is(gittins.index(12), 29411.7647);
        // Served 39: the last one does not end.
        is(gittins.index(30), 0.0);
        is(gittins.index(40), 0.0);
    }

    #[test]
    fn halves_are_rounded_away_from_zero_and_what_is_just_below_is_not() {
        is(rounded(1.0 / 64.0, 1e5), 0.01563);
        is(rounded(0.285, 100.0), 0.28);
        is(rounded(2.0 / 3.0, 1e5), 0.66667);
    }
}
