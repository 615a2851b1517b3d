//! What a forecaster says, step by step, kept: it says the same whoever asks, and some of them take long to say it.

use std::sync::{Arc, mpsc};

use policies::forecast::{Forecaster, Persistence};
use policies::scale::flight::{Course, fly};
use policies::scale::{Bounds, Fixed, Outlook, Predictive, Signal};
use sim_core::units::{Span, convert};

use super::traces::Trace;

/// A forecaster whose sayings are known.
#[derive(Clone, Debug)]
pub(super) struct Tape {
    pub(super) name: &'static str,
    /// By step: what it says of the next ones.
    said: Arc<Vec<Vec<f64>>>,
    told: usize,
}

/// A forecaster that passes on what it is told.
struct Ear(mpsc::Sender<f64>);

/// The values that a predictive scaler tells its forecaster: means of the load over steps, whatever it does.
pub(super) fn told(trace: &Trace, course: &Course<'_>, bounds: Bounds) -> Vec<f64> {
    let (says, heard) = mpsc::channel();
    let outlook = outlook(trace, bounds, 1000);
    let mut scaler = Predictive::new(outlook, Box::new(Ear(says)), Box::new(Fixed(1)));
    fly(&mut scaler, course);
    drop(scaler);
    heard.iter().collect()
}

/// How a predictive scaler looks ahead on this trace, where a replica is to bear so much of what it can.
pub(super) fn outlook(trace: &Trace, bounds: Bounds, each_milli: u64) -> Outlook {
    let step = Span::from_secs(trace.step_s);
    Outlook {
        lead: Span::from_secs(super::START_S),
        overprovision_milli: 1000,
        ..Outlook::new((Signal::Rate, each_milli), bounds, step)
    }
}

impl Tape {
    /// Tells a forecaster all values, and keeps what it says up to so many steps ahead.
    pub(super) fn of(
        forecaster: &mut dyn Forecaster,
        name: &'static str,
        values: &[f64],
        ahead: u32,
    ) -> Self {
        let say = |value: &f64| -> Vec<f64> {
            forecaster.observe(*value);
            (1..=ahead).map(|steps| forecaster.ahead(steps)).collect()
        };
        let said = Arc::new(values.iter().map(say).collect());
        Self {
            name,
            said,
            told: 0,
        }
    }
}

impl Forecaster for Tape {
    fn name(&self) -> &str {
        self.name
    }

    fn observe(&mut self, _value: f64) {
        self.told += 1;
    }

    fn ahead(&self, steps: u32) -> f64 {
        let said = self.told.checked_sub(1).and_then(|at| self.said.get(at));
        let of = said.and_then(|said| said.get(convert::index(steps.max(1)) - 1));
        of.copied().unwrap_or(0.0)
    }

    fn fork(&self) -> Box<dyn Forecaster + Send> {
        Box::new(self.clone())
    }
}

impl Forecaster for Ear {
    fn name(&self) -> &'static str {
        "ear"
    }

    fn observe(&mut self, value: f64) {
        self.0
            .send(value)
            .expect("somebody hears until the flight is over");
    }

    fn ahead(&self, _steps: u32) -> f64 {
        0.0
    }

    fn fork(&self) -> Box<dyn Forecaster + Send> {
        Box::new(Persistence::default())
    }
}
