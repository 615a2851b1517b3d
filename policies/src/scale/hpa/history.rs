//! What was recommended and what was changed, for as long as it counts.

use sim_core::units::{SimTime, Span};

/// Recommendations. One that is too old to count makes room for the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recommendations(Vec<(SimTime, u32)>);

/// Changes in one direction: when, and by how much.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events(Vec<(SimTime, u32)>);

impl Recommendations {
    /// These were made, in this order.
    pub fn new(made: Vec<(SimTime, u32)>) -> Self {
        Self(made)
    }

    /// Those that are kept, in no order of time.
    pub fn kept(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|(_, replicas)| *replicas)
    }

    /// Begins with what there is, unless it has begun.
    pub(super) fn begin(&mut self, now: SimTime, current: u32) {
        if self.0.is_empty() {
            self.0.push((now, current));
        }
    }

    /// Without rules of behaviour: the most that was recommended within the window, `desired` included.
    pub fn most(&mut self, now: SimTime, desired: u32, window: Span) -> u32 {
        let is_old = |at: SimTime| at.saturating_add(window) < now;
        let recent = self.0.iter().filter(|(at, _)| !is_old(*at));
        let most = recent.map(|(_, replicas)| *replicas).max();
        self.keep(now, desired, is_old);
        most.unwrap_or(desired).max(desired)
    }

    /// With rules: what there is, raised to the least that was recommended within the window for going up, then held to the
    /// most within the window for going down, `desired` included in both.
    pub fn stabilize(
        &mut self,
        now: SimTime,
        current: u32,
        desired: u32,
        (up, down): (Span, Span),
    ) -> u32 {
        let within = |window: Span| {
            let recent = self
                .0
                .iter()
                .filter(move |(at, _)| at.saturating_add(window) > now);
            recent.map(|(_, replicas)| *replicas)
        };
        let least = within(up).min().unwrap_or(desired).min(desired);
        let most = within(down).max().unwrap_or(desired).max(desired);
        let longest = up.max(down);
        self.keep(now, desired, |at| at.saturating_add(longest) < now);
        current.max(least).min(most)
    }

    /// In the place of the last that is old, if any is.
    fn keep(&mut self, now: SimTime, desired: u32, is_old: impl Fn(SimTime) -> bool) {
        replace(&mut self.0, (now, desired), is_old);
    }
}

impl Events {
    /// These happened, in this order.
    pub fn new(happened: Vec<(SimTime, u32)>) -> Self {
        Self(happened)
    }

    /// By how much it was changed within the period.
    pub(super) fn within(&self, now: SimTime, period: Span) -> i64 {
        let recent = self
            .0
            .iter()
            .filter(|(at, _)| at.saturating_add(period) > now);
        recent.map(|(_, change)| i64::from(*change)).sum()
    }

    /// It was changed now; `longest` is the longest period of a policy.
    pub(super) fn add(&mut self, now: SimTime, change: u32, longest: Span) {
        replace(&mut self.0, (now, change), |at| {
            at.saturating_add(longest) < now
        });
    }
}

fn replace(kept: &mut Vec<(SimTime, u32)>, new: (SimTime, u32), is_old: impl Fn(SimTime) -> bool) {
    match kept.iter_mut().rev().find(|(at, _)| is_old(*at)) {
        Some(old) => *old = new,
        None => kept.push(new),
    }
}
