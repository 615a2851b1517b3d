//! The controller: from what the metrics propose to the number of replicas, sync by sync.

use sim_core::units::{SimTime, Span};

use super::behavior::{Behavior, Held, limit_plainly};
use super::calculator::{Tolerances, Unknown};
use super::history::{Events, Recommendations};
use crate::scale::Bounds;

/// What the controller was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Fewest and most replicas.
    pub bounds: Bounds,
    /// Tolerance, where the behaviour has none of its own.
    pub tolerance: f64,
    /// How fast, if that was told.
    pub behavior: Option<Behavior>,
    /// Without: the window over which going down is stabilized.
    pub down_window: Span,
}

/// A controller of one service, with what it remembers.
#[derive(Clone, Debug)]
pub struct Controller {
    settings: Settings,
    recommendations: Recommendations,
    ups: Events,
    downs: Events,
}

/// What came of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sync {
    /// What the metrics propose, if they were asked and known.
    pub proposed: Option<u32>,
    /// The same in the light of what was recommended before.
    pub stabilized: u32,
    /// How many there are to be.
    pub replicas: u32,
    /// What that was held by.
    pub held: Held,
}

impl Settings {
    /// The defaults of the controller: a tolerance of a tenth, no behaviour, 5 min.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            tolerance: 0.1,
            behavior: None,
            down_window: Span::from_secs(300),
        }
    }

    /// Tolerances in both directions.
    pub fn tolerances(&self) -> Tolerances {
        let own = |tolerance: Option<f64>| tolerance.unwrap_or(self.tolerance);
        let rules = self.behavior.as_ref();
        Tolerances {
            down: own(rules.and_then(|rules| rules.down.tolerance)),
            up: own(rules.and_then(|rules| rules.up.tolerance)),
        }
    }
}

impl Controller {
    /// Nothing is remembered yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            recommendations: Recommendations::default(),
            ups: Events::default(),
            downs: Events::default(),
        }
    }

    /// What it was told.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How many there are to be where there are `current` and each metric proposes what it does.
    pub fn sync(&mut self, now: SimTime, current: u32, proposals: &[Result<u32, Unknown>]) -> Sync {
        self.recommendations.begin(now, current);
        let bounds = self.settings.bounds;
        let as_it_is = |replicas, held| Sync {
            proposed: None,
            stabilized: replicas,
            replicas,
            held,
        };
        let sync = if current == 0 && bounds.min() != 0 {
            // Somebody has switched it off.
            as_it_is(0, Held::WithinRange)
        } else if current > bounds.max() {
            as_it_is(bounds.max(), Held::TooMany)
        } else if current < bounds.min() {
            as_it_is(bounds.min(), Held::TooFew)
        } else if let Some(proposed) = largest(current, proposals) {
            let (stabilized, (replicas, held)) = self.normalize(now, current, proposed);
            Sync {
                proposed: Some(proposed),
                stabilized,
                replicas,
                held,
            }
        } else {
            as_it_is(current, Held::WithinRange)
        };
        self.remember(now, current, sync.replicas);
        sync
    }

    fn normalize(&mut self, now: SimTime, current: u32, proposed: u32) -> (u32, (u32, Held)) {
        let bounds = self.settings.bounds;
        let Some(rules) = &self.settings.behavior else {
            let window = self.settings.down_window;
            let stabilized = self.recommendations.most(now, proposed, window);
            return (stabilized, limit_plainly(current, stabilized, bounds));
        };
        let windows = (rules.up.window, rules.down.window);
        let stabilized = self
            .recommendations
            .stabilize(now, current, proposed, windows);
        let events = (&self.ups, &self.downs);
        let limited = rules.limit(now, (current, stabilized), bounds, events);
        (stabilized, limited)
    }

    /// Rates need to know what was changed.
    fn remember(&mut self, now: SimTime, current: u32, replicas: u32) {
        let Some(rules) = &self.settings.behavior else {
            return;
        };
        if replicas > current {
            self.ups.add(now, replicas - current, rules.up.longest());
        } else if replicas < current {
            self.downs
                .add(now, current - replicas, rules.down.longest());
        }
    }
}

/// The largest proposal; none where none is known, or where one is not and the others would take away.
fn largest(current: u32, proposals: &[Result<u32, Unknown>]) -> Option<u32> {
    let largest = proposals.iter().filter_map(|proposal| proposal.ok()).max();
    let all_known = proposals.iter().all(Result::is_ok);
    largest.filter(|replicas| all_known || *replicas >= current)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn controller(min: u32, max: u32) -> Controller {
        Controller::new(Settings::new(Bounds::new(min, max).expect("a range")))
    }

    #[test]
    fn what_is_not_known_takes_nothing_away() {
        let sync = |proposals: &[Result<u32, Unknown>]| {
            let sync = controller(0, 100).sync(SimTime::from_secs(1000), 5, proposals);
            (sync.proposed, sync.replicas)
        };
        let unknown = Err(Unknown::NoMetrics);
        assert_eq!(sync(&[Ok(7), unknown]), (Some(7), 7));
        assert_eq!(sync(&[Ok(3), unknown]), (None, 5));
        assert_eq!(sync(&[unknown]), (None, 5));
        assert_eq!(sync(&[Ok(6), Ok(9)]), (Some(9), 9));
    }

    #[test]
    fn bounds_come_before_metrics_and_zero_switches_it_off() {
        let now = SimTime::ZERO;
        assert_eq!(controller(1, 10).sync(now, 0, &[Ok(5)]).replicas, 0);
        assert_eq!(controller(1, 10).sync(now, 50, &[Ok(40)]).replicas, 10);
        assert_eq!(controller(4, 10).sync(now, 2, &[Ok(1)]).replicas, 4);
        assert_eq!(controller(0, 10).sync(now, 0, &[Ok(5)]).replicas, 4);
    }
}
