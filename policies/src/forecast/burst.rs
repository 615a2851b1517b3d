//! Bursts: far more than usual, told from what was submitted.

/// Follows what is usual, and tells when there is far more.
///
/// Usual is a mean that forgets, of the steps that are no burst; its spread is the root of the mean squared deviation, at
/// least that of a Poisson count of this mean. A burst begins where a value is `begin` spreads above the mean and ends where
/// one is no more than `end` spreads above it; one that lasts becomes usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bursts {
    /// Weight of the last value in what is usual.
    weight: f64,
    /// Spreads above the mean, for a burst to begin and to end.
    spreads: [f64; 2],
    /// Steps after which a burst is usual.
    longest: u32,
    usual: Option<[f64; 2]>,
    /// Steps that the burst has lasted.
    lasted: u32,
}

impl Bursts {
    /// A burst begins at `begin` spreads above the mean, ends at `end`, and is usual after `longest` steps.
    pub fn new(weight: f64, (begin, end): (f64, f64), longest: u32) -> Self {
        assert!(weight > 0.0 && weight <= 1.0, "a weight is a share");
        assert!(end <= begin, "what ends a burst does not begin one");
        Self {
            weight,
            spreads: [begin, end],
            longest,
            usual: None,
            lasted: 0,
        }
    }

    /// The next count; whether it is of a burst.
    pub fn observe(&mut self, count: f64) -> bool {
        let Some([mean, variance]) = self.usual else {
            self.usual = Some([count, count]);
            return false;
        };
        let spread = variance.max(mean).max(1.0).sqrt();
        let bound = mean + self.spreads[usize::from(self.is_on())] * spread;
        self.lasted = if count > bound { self.lasted + 1 } else { 0 };
        if self.lasted > self.longest {
            self.usual = Some([count, count]);
            self.lasted = 0;
        } else if self.lasted == 0 {
            let off = count - mean;
            let variance = (1.0 - self.weight) * (variance + self.weight * off * off);
            self.usual = Some([mean + self.weight * off, variance]);
        }
        self.is_on()
    }

    /// Whether there is a burst now.
    pub fn is_on(&self) -> bool {
        self.lasted > 0
    }

    /// What is usual; none before the first count.
    pub fn usual(&self) -> Option<f64> {
        self.usual.map(|[mean, _]| mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::units::convert;
    use sim_core::world::draw::{Poisson, Stream};

    #[test]
    fn a_burst_is_found_and_chance_alone_is_none() {
        let mut luck = Stream::new(1, &["burst".into()]);
        let (usual, burst) = (Poisson::new(20.0), Poisson::new(80.0));
        let mut bursts = Bursts::new(0.05, (5.0, 2.0), 50);
        let mut found = [0, 0];
        for step in 0..10_000 {
            let is_burst = step % 500 >= 490;
            let count = if is_burst { &burst } else { &usual }.draw(&mut luck);
            if bursts.observe(convert::real(count)) {
                found[usize::from(is_burst)] += 1;
            }
        }
        // 200 steps of 9,800 others are a burst.
        assert!(found[0] <= 10, "{} false alarms", found[0]);
        assert!(found[1] >= 198, "{} of 200 found", found[1]);
    }

    #[test]
    fn a_burst_that_lasts_becomes_usual() {
        let mut bursts = Bursts::new(0.1, (4.0, 2.0), 3);
        let seen = [10.0, 10.0, 90.0, 90.0, 90.0, 90.0, 90.0].map(|count| bursts.observe(count));
        assert_eq!(seen, [false, false, true, true, true, false, false]);
    }
}
