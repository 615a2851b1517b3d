//! MSTL: several seasons, found by loess, on a level that forgets (Bandara, Hyndman, Bergmeir, 2021).

use std::collections::VecDeque;

use sim_core::units::convert;
use stlrs::MstlParams;

use super::Forecaster;

/// Decomposes what has been into seasons and the rest; each season's last cycle comes again, on a mean of the rest in which a
/// value weighs less the older it is.
///
/// Decomposed anew every shortest season, over the last values. Before the longest season has passed twice, it is the mean
/// alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Mstl {
    /// Lengths of the seasons.
    periods: Vec<usize>,
    /// As many values count.
    memory: usize,
    /// Weight of the last value in the mean.
    weight: f64,
    values: VecDeque<f64>,
    level: Option<f64>,
    /// The last cycle of each season, and how many values came since.
    cycles: Vec<Vec<f64>>,
    since: usize,
}

impl Mstl {
    /// Seasons of these lengths, found in the last `cycles` cycles of the longest. Panics on no season, one shorter than two
    /// steps, or fewer than two cycles.
    pub fn new(mut periods: Vec<usize>, cycles: usize, weight: f64) -> Self {
        periods.sort_unstable();
        let longest = *periods.last().expect("a season");
        assert!(periods[0] >= 2, "a season has two steps");
        assert!(cycles >= 2, "a season is what comes twice");
        assert!(weight > 0.0 && weight <= 1.0, "a weight is a share");
        Self {
            periods,
            memory: longest * cycles,
            weight,
            values: VecDeque::new(),
            level: None,
            cycles: Vec::new(),
            since: 0,
        }
    }

    /// What the seasons add, so many steps after the last decomposition.
    fn season(&self, steps: usize) -> f64 {
        let at = |cycle: &Vec<f64>| cycle[steps % cycle.len()];
        self.cycles.iter().map(at).sum()
    }

    fn follow(&mut self, rest: f64) {
        let level = self.level.unwrap_or(rest);
        self.level = Some(self.weight * rest + (1.0 - self.weight) * level);
    }

    fn decompose(&mut self) {
        let values = self.values.make_contiguous();
        // It fails only where there are fewer than two cycles.
        let Ok(parts) = MstlParams::new().fit(values, &self.periods) else {
            return;
        };
        let seasons = parts.seasonal().iter().zip(&self.periods);
        let last = |(season, period): (&Vec<f64>, &usize)| season[season.len() - period..].to_vec();
        self.cycles = seasons.map(last).collect();
        self.since = 0;
        self.level = None;
        for (trend, rest) in parts.trend().iter().zip(parts.remainder()) {
            self.follow(trend + rest);
        }
    }
}

impl Forecaster for Mstl {
    fn name(&self) -> &'static str {
        "mstl"
    }

    fn observe(&mut self, value: f64) {
        if self.values.len() == self.memory {
            self.values.pop_front();
        }
        self.values.push_back(value);
        self.follow(value - self.season(self.since));
        self.since += 1;
        let longest = self.periods[self.periods.len() - 1];
        let is_due = self.cycles.is_empty() || self.since >= self.periods[0];
        if is_due && self.values.len() >= 2 * longest {
            self.decompose();
        }
    }

    fn ahead(&self, steps: u32) -> f64 {
        let at = self.since + convert::index(steps.max(1)) - 1;
        (self.level.unwrap_or(0.0) + self.season(at)).max(0.0)
    }

    fn fork(&self) -> Box<dyn Forecaster + Send> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::{Persistence, SeasonalNaive, skill};
    use sim_core::world::draw::Stream;

    #[test]
    fn two_seasons_are_told_apart_where_one_alone_misleads() {
        let mut luck = Stream::new(1, &["mstl".into()]);
        let wave = |at: usize, period: usize| {
            let turn =
                convert::real(convert::wide(at % period)) / convert::real(convert::wide(period));
            libm::sin(turn * std::f64::consts::TAU)
        };
        let value = |at| 50.0 + 20.0 * wave(at, 24) + 15.0 * wave(at, 7) + luck.normal();
        let values: Vec<f64> = (0..480).map(value).collect();
        let errors = |forecaster: &mut dyn Forecaster| skill::errors(forecaster, &values, 240, 4);
        let plain = errors(&mut Persistence::default());
        let skill = |of: skill::Errors| of.skill(&plain).expect("persistence misses");
        let both = skill(errors(&mut Mstl::new(vec![24, 7], 6, 0.2)));
        let one = skill(errors(&mut SeasonalNaive::new(24)));
        assert!(both > 0.9, "skill {both}");
        assert!(both > one + 0.2, "{both} and {one}");
    }
}
