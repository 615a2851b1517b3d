//! Skill: how far forecasts miss, and how much less than taking the last value for what comes.

use sim_core::units::convert;

use super::Forecaster;

/// By how much forecasts missed, over so many of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Errors {
    /// Forecasts.
    pub count: u64,
    /// Sum of what they missed by.
    pub absolute: f64,
    /// Sum of its squares.
    pub squared: f64,
    /// Sum of what came.
    pub total: f64,
}

impl Errors {
    /// One forecast, and what came.
    pub fn add(&mut self, foretold: f64, came: f64) {
        let miss = (foretold - came).abs();
        self.count += 1;
        self.absolute += miss;
        self.squared += miss * miss;
        self.total += came;
    }

    /// Mean absolute error; none without forecasts.
    pub fn mae(&self) -> Option<f64> {
        (self.count > 0).then(|| self.absolute / convert::real(self.count))
    }

    /// Root of the mean squared error; none without forecasts.
    pub fn rmse(&self) -> Option<f64> {
        (self.count > 0).then(|| (self.squared / convert::real(self.count)).sqrt())
    }

    /// Absolute errors as a share of what came; none where nothing came.
    pub fn wape(&self) -> Option<f64> {
        (self.total > 0.0).then(|| self.absolute / self.total)
    }

    /// 1 where nothing is missed, 0 where it is as much as persistence does, below where it is more; none where persistence
    /// misses nothing.
    pub fn skill(&self, persistence: &Self) -> Option<f64> {
        let (ours, plain) = (self.mae()?, persistence.mae()?);
        (plain > 0.0).then(|| 1.0 - ours / plain)
    }
}

/// How far off `forecaster` is `steps` ahead, over those values from `first` on; it is told all of them.
pub fn errors(forecaster: &mut dyn Forecaster, values: &[f64], first: usize, steps: u32) -> Errors {
    let mut errors = Errors::default();
    let lead = convert::index(steps.max(1));
    for (at, value) in values.iter().enumerate() {
        forecaster.observe(*value);
        if let Some(came) = values.get(at + lead).filter(|_| at + lead >= first) {
            errors.add(forecaster.ahead(steps), *came);
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::{Persistence, SeasonalNaive};

    #[test]
    fn a_season_is_skill_where_values_repeat_and_persistence_has_none() {
        let values = [1.0, 3.0, 1.0, 3.0, 1.0, 3.0];
        let plain = errors(&mut Persistence::default(), &values, 2, 1);
        assert_eq!(plain.count, 4);
        assert_eq!((plain.mae(), plain.wape()), (Some(2.0), Some(1.0)));
        assert_eq!(plain.skill(&plain), Some(0.0));
        let seasonal = errors(&mut SeasonalNaive::new(2), &values, 2, 1);
        assert_eq!(seasonal.skill(&plain), Some(1.0));
        let far = errors(&mut Persistence::default(), &values, 0, 2);
        assert_eq!((far.count, far.rmse()), (4, Some(0.0)));
        assert_eq!(seasonal.skill(&far), None);
    }
}
