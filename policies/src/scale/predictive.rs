//! Predictive: as many replicas as a forecast says are needed until one that is asked for now would serve; where the forecast
//! has been wrong, another scaler decides.

use std::collections::VecDeque;

use sim_core::units::{SimTime, Span, convert};

use super::seen::Reading;
use super::{Bounds, Scaler, Seen, Signal};
use crate::forecast::Forecaster;

/// What a predictive scaler was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// What is foretold, and how much of it a replica bears, in thousandths. A mean over replicas is taken times those that
    /// serve: what they cannot serve it does not show.
    pub signal: Signal,
    /// How much of it a replica bears.
    pub each_milli: u64,
    /// Fewest and most replicas.
    pub bounds: Bounds,
    /// A step of the forecast.
    pub step: Span,
    /// From asking for a replica to its serving.
    pub lead: Span,
    /// Replicas for what is foretold times this, in thousandths.
    pub overprovision_milli: u64,
    /// The forecast has been wrong where its errors, a lead ahead, are more than this share of what came, in thousandths,
    pub wrong_milli: u64,
    /// over so many of the last steps.
    pub memory: usize,
}

/// Scales ahead.
pub struct Predictive {
    outlook: Outlook,
    forecaster: Box<dyn Forecaster + Send>,
    /// Decides where the forecast has been wrong.
    reactive: Box<dyn Scaler + Send>,
    /// Sum and number of what was read in this step, and when the step ends.
    sum: (f64, u32),
    ends: Option<SimTime>,
    /// What was foretold of the steps to come, a lead ahead.
    foretold: VecDeque<f64>,
    /// By how much it was missed, and what came.
    misses: VecDeque<[f64; 2]>,
    /// What the forecast wants, and whether it is believed.
    want: u32,
    is_trusted: bool,
}

impl Outlook {
    /// A lead of 8 min, a tenth more than foretold, wrong beyond a half over the last 24 steps.
    pub fn new((signal, each_milli): (Signal, u64), bounds: Bounds, step: Span) -> Self {
        Self {
            signal,
            each_milli,
            bounds,
            step,
            lead: Span::from_secs(480),
            overprovision_milli: 1100,
            wrong_milli: 500,
            memory: 24,
        }
    }

    /// Steps from asking for a replica to its serving.
    fn lead_steps(&self) -> u32 {
        u32::try_from(self.lead.us().div_ceil(self.step.us())).unwrap_or(u32::MAX)
    }

    /// The load in all, as far as it shows.
    fn total(&self, seen: &Seen) -> f64 {
        let ready = f64::from(seen.replicas.ready);
        match self.signal.of(&seen.load) {
            Reading::Sum(value) => convert::real(value),
            Reading::Each(value) => convert::real(value) * ready,
            Reading::Pace(0) => 0.0,
            Reading::Pace(value) => {
                let each = convert::real(self.each_milli);
                each * each / convert::real(value) * ready
            }
        }
    }

    fn replicas(&self, total: f64) -> u64 {
        let more = total * convert::real(self.overprovision_milli) / 1000.0;
        convert::floor((more / convert::real(self.each_milli)).ceil())
    }
}

impl Predictive {
    /// Until there is a forecast that has been right, `reactive` decides. Panics on a step of no length, or where a replica
    /// bears nothing.
    pub fn new(
        outlook: Outlook,
        forecaster: Box<dyn Forecaster + Send>,
        reactive: Box<dyn Scaler + Send>,
    ) -> Self {
        assert!(outlook.step > Span::ZERO, "a step has a length");
        assert!(outlook.each_milli > 0, "a replica bears something");
        Self {
            outlook,
            forecaster,
            reactive,
            sum: (0.0, 0),
            ends: None,
            foretold: VecDeque::new(),
            misses: VecDeque::new(),
            want: 0,
            is_trusted: false,
        }
    }

    /// Whether the forecast is believed now.
    pub fn is_trusted(&self) -> bool {
        self.is_trusted
    }

    /// A step is over.
    fn step(&mut self, value: f64) {
        let lead = self.outlook.lead_steps();
        self.forecaster.observe(value);
        if self.foretold.len() > convert::index(lead) {
            let foretold = self.foretold.pop_front().expect("it is longer");
            self.misses.push_back([(foretold - value).abs(), value]);
        }
        while self.misses.len() > self.outlook.memory {
            self.misses.pop_front();
        }
        self.foretold.push_back(self.forecaster.ahead(lead + 1));
        let ahead = (1..=lead + 1).map(|steps| self.forecaster.ahead(steps));
        let most = ahead.fold(0.0, f64::max);
        self.want = self.outlook.bounds.hold_wide(self.outlook.replicas(most));
        let add = |[miss, came]: [f64; 2], one: &[f64; 2]| [miss + one[0], came + one[1]];
        let [missed, came] = self.misses.iter().fold([0.0; 2], add);
        let allowed = came * convert::real(self.outlook.wrong_milli) / 1000.0;
        self.is_trusted = !self.misses.is_empty() && missed <= allowed;
    }
}

impl Scaler for Predictive {
    fn name(&self) -> &'static str {
        "predictive"
    }

    fn reveal(&mut self, instants: &mut dyn Iterator<Item = SimTime>) {
        let step_us = self.outlook.step.us();
        // One request in a step, in thousandths a second.
        let each = 1e9 / convert::real(step_us);
        let (mut instants, mut ends) = (instants.peekable(), 0);
        // The first reading is a step of its own, at time zero.
        let steps = std::iter::from_fn(|| {
            instants.peek()?;
            let mut count = 0;
            while instants.next_if(|at| at.us() <= ends).is_some() {
                count += 1;
            }
            ends += step_us;
            Some(convert::real(count) * each)
        });
        // Nothing comes after the last request.
        self.forecaster.reveal(&mut steps.chain([0.0]));
    }

    fn interval(&self) -> Span {
        self.outlook.step.min(self.reactive.interval())
    }

    fn want(&mut self, seen: &Seen) -> u32 {
        let value = self.outlook.total(seen);
        self.sum = (self.sum.0 + value, self.sum.1 + 1);
        // The first reading is a step of its own.
        if self.ends.is_none_or(|ends| ends <= seen.now) {
            self.ends = Some(seen.now.saturating_add(self.outlook.step));
            let (sum, count) = std::mem::take(&mut self.sum);
            self.step(sum / f64::from(count));
        }
        let reactive = self.reactive.want(seen);
        if self.is_trusted {
            self.want
        } else {
            self.outlook.bounds.hold(reactive)
        }
    }

    fn fork(&self) -> Box<dyn Scaler + Send> {
        Box::new(Self {
            forecaster: self.forecaster.fork(),
            reactive: self.reactive.fork(),
            foretold: self.foretold.clone(),
            misses: self.misses.clone(),
            ..*self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::Oracle;
    use crate::scale::{Fixed, Load};

    fn wants(values: &[u64], foretold: &[f64]) -> Vec<u32> {
        let bounds = Bounds::new(0, 100).expect("a range");
        let outlook = Outlook {
            lead: Span::from_secs(120),
            overprovision_milli: 1000,
            memory: 2,
            ..Outlook::new((Signal::Rate, 1000), bounds, Span::from_secs(60))
        };
        let oracle = Box::new(Oracle::new(foretold.into()));
        let mut scaler = Predictive::new(outlook, oracle, Box::new(Fixed(99)));
        let mut wants = Vec::new();
        for (minute, value) in (1..).zip(values) {
            let load = Load {
                rate_milli: 1000 * value,
                ..Load::default()
            };
            let now = SimTime::from_secs(60 * minute);
            wants.push(scaler.want(&Seen {
                now,
                load,
                ..Seen::default()
            }));
        }
        wants
    }

    #[test]
    fn it_wants_what_is_foretold_until_a_replica_would_serve_once_it_has_been_right() {
        let values = [1, 1, 1, 1, 1, 1, 5, 1, 1, 1, 1, 1];
        let foretold = values.map(|value: u32| 1000.0 * f64::from(value));
        let wants = wants(&values.map(u64::from), &foretold);
        // Three steps ahead cover the time until what is asked for now serves: it was right for the first time after four.
        assert_eq!(wants[..9], [99, 99, 99, 5, 5, 5, 1, 1, 1]);
    }

    #[test]
    fn what_is_revealed_to_it_is_counted_by_the_step() {
        let bounds = Bounds::new(0, 100).expect("a range");
        let outlook = Outlook {
            lead: Span::from_secs(60),
            overprovision_milli: 1000,
            ..Outlook::new((Signal::Rate, 1000), bounds, Span::from_secs(60))
        };
        let oracle = Box::new(Oracle::new([].into()));
        let mut scaler = Predictive::new(outlook, oracle, Box::new(Fixed(99)));
        // 60 in the first minute, 180 in the fourth, the last of them as it ends.
        let instants = (1..=60).chain((1..=180).map(|third: u64| 180 + third.div_ceil(3)));
        scaler.reveal(&mut instants.map(SimTime::from_secs));
        let mut wants = Vec::new();
        for (minute, rate) in (0..).zip([0, 1, 0, 0, 3, 0]) {
            let load = Load {
                rate_milli: 1000 * rate,
                ..Load::default()
            };
            let now = SimTime::from_secs(60 * minute);
            let seen = Seen {
                now,
                load,
                ..Seen::default()
            };
            wants.push(scaler.want(&seen));
        }
        // Right for the first time in the third step; the next two count.
        assert_eq!(wants, [99, 99, 3, 3, 0, 0]);
    }

    #[test]
    fn where_it_has_been_wrong_the_other_decides_and_where_it_is_right_again_no_more() {
        let values = [2; 12];
        let mut foretold = [2000.0; 16];
        foretold[5] = 9000.0;
        let wants = wants(&values, &foretold);
        // The wrong one is seen as the sixth value comes, and forgotten after two more.
        assert_eq!(wants[5..8], [99, 99, 2]);
    }
}
