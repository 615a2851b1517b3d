//! Holt-Winters: a level and a season that is added to it, both of which forget (Winters, 1960; additive, without a trend).

use sim_core::units::convert;

use super::Forecaster;

/// A level and a season. The first season is its own: its mean is the level, what it deviates by is the season.
#[derive(Clone, Debug, PartialEq)]
pub struct HoltWinters {
    /// Weight of the last value in the level, and in its place of the season.
    weights: [f64; 2],
    length: usize,
    level: f64,
    /// Deviations, or during the first season its values.
    season: Vec<f64>,
    /// Steps so far.
    steps: usize,
}

impl HoltWinters {
    /// `level` and `season` are the weights of the last value in them, in `[0, 1]`; a season has `length` steps. Panics on
    /// others.
    pub fn new(level: f64, season: f64, length: usize) -> Self {
        assert!((0.0..=1.0).contains(&level), "a weight is a share");
        assert!((0.0..=1.0).contains(&season), "a weight is a share");
        assert!(length > 0, "a season has a step");
        Self {
            weights: [level, season],
            length,
            level: 0.0,
            season: Vec::with_capacity(length),
            steps: 0,
        }
    }
}

impl Forecaster for HoltWinters {
    fn name(&self) -> &'static str {
        "holt-winters"
    }

    fn observe(&mut self, value: f64) {
        let place = self.steps % self.length;
        self.steps += 1;
        if self.steps <= self.length {
            self.season.push(value);
            let sum: f64 = self.season.iter().sum();
            self.level = sum / convert::real(convert::wide(self.season.len()));
            if self.steps == self.length {
                for value in &mut self.season {
                    *value -= self.level;
                }
            }
            return;
        }
        let [level, season] = self.weights;
        let deviation = self.season[place];
        self.level = level * (value - deviation) + (1.0 - level) * self.level;
        self.season[place] = season * (value - self.level) + (1.0 - season) * deviation;
    }

    fn ahead(&self, steps: u32) -> f64 {
        if self.steps < self.length {
            return self.level.max(0.0);
        }
        let place = (self.steps + convert::index(steps.max(1)) - 1) % self.length;
        (self.level + self.season[place]).max(0.0)
    }

    fn fork(&self) -> Box<dyn Forecaster + Send> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_season_that_repeats_is_foretold_and_one_that_shifts_is_followed() {
        let mut forecaster = HoltWinters::new(0.5, 0.25, 2);
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        for value in [10.0, 20.0, 10.0, 20.0] {
            forecaster.observe(value);
        }
        near(forecaster.ahead(1), 10.0);
        near(forecaster.ahead(2), 20.0);
        near(forecaster.ahead(3), 10.0);
        // 14 where 10 was expected: the level goes from 15 to 17, the deviation from -5 to 0.25 x -3 + 0.75 x -5.
        forecaster.observe(14.0);
        near(forecaster.ahead(1), 22.0);
        near(forecaster.ahead(2), 17.0 - 4.5);
    }

    #[test]
    fn nothing_below_zero_is_foretold() {
        let mut forecaster = HoltWinters::new(1.0, 0.0, 2);
        for value in [0.0, 20.0, 0.0, 0.0] {
            forecaster.observe(value);
        }
        // The level is -10 and the deviation too.
        assert!(forecaster.ahead(1) < 1e-12);
    }
}
