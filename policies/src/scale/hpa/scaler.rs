//! The controller as a scaler: signals of a service as metrics of its pods.

use sim_core::units::{SimTime, Span, convert};

use super::calculator::{Metric, Unknown, propose};
use super::controller::{Controller, Settings, Sync};
use super::pod::{Initialization, Pod, Readiness, State};
use crate::scale::seen::Reading;
use crate::scale::{SYNC, Scaler, Seen, Signal};

/// What a signal is to be, in thousandths: of a replica where the signal is a mean, of a replica's share where it is a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The signal.
    pub signal: Signal,
    /// What it is to be.
    pub milli: u64,
}

/// Scales as Kubernetes does.
#[derive(Clone, Debug)]
pub struct Hpa {
    controller: Controller,
    targets: Vec<Target>,
    /// Over how long a metric is taken: what has been ready for less does not count.
    window: Span,
    initialization: Initialization,
}

/// What a replica may use of itself.
const WHOLE_MILLI: u64 = 1000;

impl Hpa {
    /// The largest number that any of the targets asks for.
    pub fn new(settings: Settings, targets: Vec<Target>) -> Self {
        Self {
            controller: Controller::new(settings),
            targets,
            window: Span::ZERO,
            initialization: Initialization::default(),
        }
    }

    /// The same with a window over which metrics are taken.
    pub fn with_window(self, window: Span) -> Self {
        Self { window, ..self }
    }

    /// A sync, with all that led to it.
    pub fn sync(&mut self, seen: &Seen) -> Sync {
        let proposals: Vec<_> = self
            .targets
            .iter()
            .map(|target| self.proposal(*target, seen))
            .collect();
        self.controller
            .sync(seen.now, seen.replicas.wanted, &proposals)
    }

    fn proposal(&self, target: Target, seen: &Seen) -> Result<u32, Unknown> {
        let current = seen.replicas.wanted;
        let tolerances = self.controller.settings().tolerances();
        let (metric, usage_milli) = match target.signal.of(&seen.load) {
            Reading::Each(value_milli) => {
                let target_percent = target.milli / 10;
                (Metric::Utilization { target_percent }, value_milli)
            }
            Reading::Sum(value_milli) => {
                let target_milli = target.milli;
                let metric = Metric::AverageValue {
                    value_milli,
                    target_milli,
                };
                (metric, 0)
            }
            // A replica that goes at half the speed has twice the load.
            Reading::Pace(0) => return Err(Unknown::NoMetrics),
            Reading::Pace(value_milli) => {
                let load = target.milli.saturating_mul(WHOLE_MILLI) / value_milli;
                let target_milli = WHOLE_MILLI;
                (Metric::ResourceAverage { target_milli }, load)
            }
        };
        let proposal = propose(metric, current, &self.pods(seen, usage_milli), tolerances);
        proposal.map(|proposal| proposal.replicas)
    }

    /// A pod for each replica, each of those that serve with the same use.
    fn pods(&self, seen: &Seen, usage_milli: u64) -> Vec<Pod> {
        let ready = |at: u32| {
            let age = seen.replicas.ages.get(convert::index(at));
            let state = age.map_or(State::Ready, |age| self.state(seen, *age));
            Pod {
                state,
                usage_milli: Some(usage_milli),
                request_milli: Some(WHOLE_MILLI),
            }
        };
        let starting = |_| Pod {
            state: State::Pending,
            usage_milli: None,
            request_milli: Some(WHOLE_MILLI),
        };
        let serving = (0..seen.replicas.ready).map(ready);
        serving
            .chain((0..seen.replicas.starting).map(starting))
            .collect()
    }

    /// Of a replica that has been ready for so long.
    fn state(&self, seen: &Seen, age: Span) -> State {
        let since = SimTime::from_us(seen.now.us().saturating_sub(age.us()));
        let since = since.expect("earlier than now");
        let readiness = Readiness {
            started: since,
            is_ready: true,
            since,
            sampled: seen.now,
            window: self.window,
        };
        self.initialization.state(seen.now, &readiness)
    }
}

impl Scaler for Hpa {
    fn name(&self) -> &'static str {
        "hpa"
    }

    fn interval(&self) -> Span {
        SYNC
    }

    fn want(&mut self, seen: &Seen) -> u32 {
        self.sync(seen).replicas
    }

    fn fork(&self) -> Box<dyn Scaler + Send> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::{Bounds, Load, Replicas};

    fn seen(ready: u32, starting: u32, load: Load) -> Seen {
        Seen {
            now: SimTime::from_secs(1000),
            replicas: Replicas {
                wanted: ready + starting,
                ready,
                starting,
                ages: vec![Span::from_secs(20); convert::index(ready)],
            },
            load,
            ..Seen::default()
        }
    }

    fn hpa(signal: Signal, milli: u64) -> Hpa {
        let bounds = Bounds::new(0, 100).expect("a range");
        Hpa::new(Settings::new(bounds), vec![Target { signal, milli }])
    }

    #[test]
    fn every_signal_asks_for_what_brings_it_to_its_target() {
        let busy = Load {
            utilization_milli: 900,
            kv_milli: 900,
            queue: 30,
            rate_milli: 30_000,
            tokens: 30,
            speed_milli: 20_000,
        };
        let want = |signal, milli| hpa(signal, milli).want(&seen(4, 0, busy));
        assert_eq!(want(Signal::Utilization, 600), 6);
        assert_eq!(want(Signal::Kv, 600), 6);
        assert_eq!(want(Signal::Queue, 5000), 6);
        assert_eq!(want(Signal::Rate, 5000), 6);
        assert_eq!(want(Signal::Tokens, 5000), 6);
        assert_eq!(want(Signal::Speed, 30_000), 6);
    }

    #[test]
    fn what_starts_or_has_just_started_is_waited_for() {
        let busy = Load {
            utilization_milli: 900,
            ..Load::default()
        };
        let mut hpa = hpa(Signal::Utilization, 600);
        // 4 x 90 % over 6 pods is 60 %: enough are coming.
        assert_eq!(hpa.want(&seen(4, 2, busy)), 6);
        let mut warming = hpa.with_window(Span::from_secs(60));
        // Nothing that counts tells anything.
        assert_eq!(warming.want(&seen(6, 0, busy)), 6);
    }
}
