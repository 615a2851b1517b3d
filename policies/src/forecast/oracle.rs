//! The oracle: it was given the future. What a forecast could be worth at most.

use std::sync::Arc;

use sim_core::units::convert;

use super::Forecaster;

/// Knows all values, the first of them included; after the last, that stays.
#[derive(Clone, Debug)]
pub struct Oracle {
    values: Arc<[f64]>,
    /// How many have come.
    come: usize,
}

impl Oracle {
    /// These will come.
    pub fn new(values: Arc<[f64]>) -> Self {
        Self { values, come: 0 }
    }
}

impl Forecaster for Oracle {
    fn name(&self) -> &'static str {
        "oracle"
    }

    fn reveal(&mut self, values: &mut dyn Iterator<Item = f64>) {
        self.values = values.collect();
    }

    fn observe(&mut self, _value: f64) {
        self.come += 1;
    }

    fn ahead(&self, steps: u32) -> f64 {
        let at = self.come + convert::index(steps.max(1)) - 1;
        let value = self.values.get(at).or(self.values.last());
        value.copied().unwrap_or(0.0)
    }

    fn fork(&self) -> Box<dyn Forecaster + Send> {
        Box::new(self.clone())
    }
}
