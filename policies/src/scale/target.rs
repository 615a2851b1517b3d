//! Target tracking: as many replicas as bring a signal to its target, more after it has been above for a while, fewer only
//! after it has been clearly below for longer.
//!
//! As cloud providers offer it. Their alarms, here the defaults: above the target for 3 min, below nine tenths of it for
//! 15 min (AWS Auto Scaling, "Target tracking scaling policies", as of 2025).

use sim_core::units::{SimTime, Span};

use super::hpa::Target;
use super::{Bounds, Scaler, Seen};

/// Tracks a target.
#[derive(Clone, Debug)]
pub struct TargetTracking {
    target: Target,
    bounds: Bounds,
    /// For how long the signal must be above the target, and below.
    patience: [Span; 2],
    /// Below this share of the target it counts as below.
    low_milli: u64,
    /// Since when it has been above, and below.
    since: [Option<SimTime>; 2],
}

impl TargetTracking {
    /// With the usual alarms.
    pub fn new(target: Target, bounds: Bounds) -> Self {
        Self {
            target,
            bounds,
            patience: [Span::from_secs(180), Span::from_secs(900)],
            low_milli: 900,
            since: [None; 2],
        }
    }

    /// For so long the signal must be above the target, and below.
    pub fn with_patience(self, above: Span, below: Span) -> Self {
        Self {
            patience: [above, below],
            ..self
        }
    }
}

impl Scaler for TargetTracking {
    fn name(&self) -> &'static str {
        "target-tracking"
    }

    fn interval(&self) -> Span {
        Span::from_secs(60)
    }

    fn want(&mut self, seen: &Seen) -> u32 {
        let wanted = seen.replicas.wanted;
        let reading = self.target.signal.of(&seen.load);
        let at = |milli: u64| reading.replicas(seen.replicas.ready, milli);
        let low = self.target.milli.saturating_mul(self.low_milli) / 1000;
        let (Some(needed), Some(needed_low)) = (at(self.target.milli), at(low)) else {
            return self.bounds.hold(wanted);
        };
        let lasts = [needed > wanted.into(), needed_low < wanted.into()];
        for (since, lasts) in self.since.iter_mut().zip(lasts) {
            *since = since.filter(|_| lasts).or(lasts.then_some(seen.now));
        }
        let due = |side: usize| {
            let since: Option<SimTime> = self.since[side];
            since.is_some_and(|since| since.saturating_add(self.patience[side]) <= seen.now)
        };
        let new = if due(0) {
            self.bounds.hold_wide(needed)
        } else if due(1) {
            self.bounds.hold_wide(needed_low)
        } else {
            self.bounds.hold(wanted)
        };
        if new != wanted {
            self.since = [None; 2];
        }
        new
    }

    fn fork(&self) -> Box<dyn Scaler + Send> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::{Load, Replicas, Signal};

    #[test]
    fn it_waits_before_it_adds_and_longer_before_it_takes_away() {
        let target = Target {
            signal: Signal::Utilization,
            milli: 500,
        };
        let bounds = Bounds::new(1, 10).expect("a range");
        let mut tracking = TargetTracking::new(target, bounds);
        let mut wanted = 4;
        let mut changes = Vec::new();
        for minute in 0..60 {
            // 4 busy replicas for half an hour, then one.
            let work = if minute < 30 { 4000 } else { 1000 };
            let seen = Seen {
                now: SimTime::from_secs(60 * minute),
                replicas: Replicas {
                    wanted,
                    ready: wanted,
                    ..Replicas::default()
                },
                load: Load {
                    utilization_milli: work / u64::from(wanted),
                    ..Load::default()
                },
                ..Seen::default()
            };
            let new = tracking.want(&seen);
            if new != wanted {
                changes.push((minute, new));
            }
            wanted = new;
        }
        // To the target after 3 minutes; down, to nine tenths of it, after 15.
        assert_eq!(changes, [(3, 8), (45, 3)]);
    }
}
