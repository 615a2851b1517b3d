//! Forecasts: what is to come, told from what has been.
//!
//! [`Weekly`] follows a demand in continuous time. All others are a [`Forecaster`]: told a value a step, they say what to
//! expect so many steps ahead. [`skill`] says how good that is, against taking the last value for all that is to come.

mod burst;
mod holt_winters;
pub mod learned;
mod mstl;
mod oracle;
mod plain;
pub mod skill;
mod weekly;

pub use burst::Bursts;
pub use holt_winters::HoltWinters;
pub use mstl::Mstl;
pub use oracle::Oracle;
pub use plain::{Ewma, Persistence, SeasonalMean, SeasonalNaive};
pub use weekly::Weekly;

/// Says what to expect of a series of values, told a step at a time.
pub trait Forecaster {
    /// What it is called.
    fn name(&self) -> &str;
    /// All values of the run, the first of them included, for one that is given the future; the others do not listen.
    fn reveal(&mut self, _values: &mut dyn Iterator<Item = f64>) {}
    /// The next value.
    fn observe(&mut self, value: f64);
    /// What to expect so many steps after the last value, from one on; zero while nothing has been told.
    fn ahead(&self, steps: u32) -> f64;
    /// An exact copy, history included.
    fn fork(&self) -> Box<dyn Forecaster + Send>;
}
