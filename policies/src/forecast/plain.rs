//! The plain ones: what was last, what was a season ago, means of the seasons before, a mean that forgets.

use std::collections::VecDeque;

use sim_core::units::convert;

use super::Forecaster;

/// The last value stays.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Persistence {
    last: f64,
}

/// What was a season ago comes again; before a season has passed, the last value stays.
#[derive(Clone, Debug, PartialEq)]
pub struct SeasonalNaive(SeasonalMean);

/// The mean of what was at the same place of so many seasons; before a season has passed, the last value stays.
#[derive(Clone, Debug, PartialEq)]
pub struct SeasonalMean {
    season: usize,
    seasons: usize,
    /// The last of them, the oldest first.
    values: VecDeque<f64>,
}

/// A mean in which a value weighs less the older it is; it begins with the first value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ewma {
    /// Weight of the last value, in (0, 1].
    weight: f64,
    level: Option<f64>,
}

impl SeasonalNaive {
    /// A season has so many steps. Panics on none.
    pub fn new(season: usize) -> Self {
        Self(SeasonalMean::new(season, 1))
    }
}

impl SeasonalMean {
    /// A season has so many steps, and so many seasons count. Panics on none of either.
    pub fn new(season: usize, seasons: usize) -> Self {
        assert!(season > 0, "a season has a step");
        assert!(seasons > 0, "a mean is taken over a season");
        Self {
            season,
            seasons,
            values: VecDeque::new(),
        }
    }
}

impl Ewma {
    /// The last value has this weight. Panics unless it is in (0, 1].
    pub fn new(weight: f64) -> Self {
        assert!(weight > 0.0 && weight <= 1.0, "a weight is a share");
        Self {
            weight,
            level: None,
        }
    }
}

impl Forecaster for Persistence {
    fn name(&self) -> &'static str {
        "persistence"
    }

    fn observe(&mut self, value: f64) {
        self.last = value;
    }

    fn ahead(&self, _steps: u32) -> f64 {
        self.last
    }

    fn fork(&self) -> Box<dyn Forecaster + Send> {
        Box::new(*self)
    }
}

impl Forecaster for SeasonalNaive {
    fn name(&self) -> &'static str {
        "seasonal-naive"
    }

    fn observe(&mut self, value: f64) {
        self.0.observe(value);
    }

    fn ahead(&self, steps: u32) -> f64 {
        self.0.ahead(steps)
    }

    fn fork(&self) -> Box<dyn Forecaster + Send> {
        Box::new(self.clone())
    }
}

impl Forecaster for SeasonalMean {
    fn name(&self) -> &'static str {
        "seasonal-mean"
    }

    fn observe(&mut self, value: f64) {
        if self.values.len() == self.season * self.seasons {
            self.values.pop_front();
        }
        self.values.push_back(value);
    }

    fn ahead(&self, steps: u32) -> f64 {
        // The same place of the last season that has it.
        let place = (convert::index(steps.max(1)) - 1) % self.season;
        let back = self.season - place;
        let same = (0..self.seasons).filter_map(|ago| {
            let at = self.values.len().checked_sub(back + ago * self.season)?;
            self.values.get(at)
        });
        let (sum, count) = same.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
        if count > 0.0 {
            sum / count
        } else {
            self.values.back().copied().unwrap_or(0.0)
        }
    }

    fn fork(&self) -> Box<dyn Forecaster + Send> {
        Box::new(self.clone())
    }
}

impl Forecaster for Ewma {
    fn name(&self) -> &'static str {
        "ewma"
    }

    fn observe(&mut self, value: f64) {
        let level = self.level.unwrap_or(value);
        self.level = Some(self.weight * value + (1.0 - self.weight) * level);
    }

    fn ahead(&self, _steps: u32) -> f64 {
        self.level.unwrap_or(0.0)
    }

    fn fork(&self) -> Box<dyn Forecaster + Send> {
        Box::new(*self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(mut forecaster: impl Forecaster, values: &[f64], steps: u32) -> f64 {
        for value in values {
            forecaster.observe(*value);
        }
        forecaster.ahead(steps)
    }

    #[test]
    fn a_season_comes_again_and_the_mean_is_over_those_that_count() {
        let values = [1.0, 2.0, 3.0, 3.0, 4.0, 5.0, 8.0];
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        near(told(SeasonalNaive::new(3), &values, 1), 4.0);
        near(told(SeasonalNaive::new(3), &values, 3), 8.0);
        near(told(SeasonalNaive::new(3), &values, 4), 4.0);
        near(told(SeasonalMean::new(3, 2), &values, 1), 3.0);
        near(told(SeasonalMean::new(3, 2), &values, 3), 5.5);
        // Only what there is can be taken, and before a season the last value stays.
        near(told(SeasonalMean::new(3, 9), &values, 3), 4.0);
        near(told(SeasonalNaive::new(9), &values, 2), 8.0);
        near(told(SeasonalNaive::new(9), &[], 2), 0.0);
    }

    #[test]
    fn a_mean_that_forgets_begins_with_the_first_value() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        near(told(Ewma::new(0.5), &[4.0], 1), 4.0);
        near(told(Ewma::new(0.5), &[4.0, 8.0], 7), 6.0);
        near(told(Ewma::new(1.0), &[4.0, 8.0], 1), 8.0);
    }
}
