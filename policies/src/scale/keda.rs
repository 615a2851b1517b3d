//! KEDA: to zero and back by whether there is anything to do; between one and the most, another scaler decides.
//!
//! KEDA 2: triggers are polled every 30 s, each with an activation threshold. What is active has at least one replica; what
//! was not at any poll of the cooldown (300 s) goes to none, or to its idle count. The rest is left to the horizontal pod
//! autoscaler that KEDA creates.

use sim_core::units::{SimTime, Span};

use super::{Bounds, SYNC, Scaler, Seen, Signal};

/// What a KEDA scaled object says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Signals that make it active, and above what, in thousandths.
    pub triggers: Vec<(Signal, u64)>,
    /// Fewest and most replicas.
    pub bounds: Bounds,
    /// Replicas of what is not active, where they are fewer than the fewest.
    pub idle: Option<u32>,
    /// How often triggers are polled.
    pub polling: Span,
    /// How long after it was last active it goes to none.
    pub cooldown: Span,
}

/// Scales to zero.
pub struct Keda {
    object: Object,
    /// Scales from one on.
    inner: Box<dyn Scaler + Send>,
    next_poll: SimTime,
    is_active: bool,
    last_active: Option<SimTime>,
}

impl Object {
    /// KEDA's defaults: 0 to 100 replicas, 30 s, 300 s.
    pub fn new(triggers: Vec<(Signal, u64)>) -> Self {
        Self {
            triggers,
            bounds: Bounds::new(0, 100).expect("zero is below a hundred"),
            idle: None,
            polling: Span::from_secs(30),
            cooldown: Span::from_secs(300),
        }
    }

    /// Replicas of what is not active, where it may have fewer than the others.
    fn resting(&self) -> Option<u32> {
        let none = (self.bounds.min() == 0).then_some(0);
        self.idle.or(none)
    }
}

impl Keda {
    /// `inner` decides how many of what is active; it is asked only where there is at least one.
    pub fn new(object: Object, inner: Box<dyn Scaler + Send>) -> Self {
        Self {
            object,
            inner,
            next_poll: SimTime::ZERO,
            is_active: false,
            last_active: None,
        }
    }

    fn poll(&mut self, seen: &Seen) {
        if seen.now < self.next_poll {
            return;
        }
        self.next_poll = seen.now.saturating_add(self.object.polling);
        let mut triggers = self.object.triggers.iter();
        self.is_active = triggers.any(|(signal, above)| signal.is_active(&seen.load, *above));
        if self.is_active {
            self.last_active = Some(seen.now);
        }
    }

    /// Whether it has not been active for longer than the cooldown, or never.
    fn has_cooled(&self, now: SimTime) -> bool {
        let cooldown = self.object.cooldown;
        let cool = |last: SimTime| last.saturating_add(cooldown) < now;
        !self.is_active && self.last_active.is_none_or(cool)
    }
}

impl Scaler for Keda {
    fn name(&self) -> &'static str {
        "keda"
    }

    fn interval(&self) -> Span {
        SYNC.min(self.object.polling).min(self.inner.interval())
    }

    fn want(&mut self, seen: &Seen) -> u32 {
        self.poll(seen);
        let bounds = self.object.bounds;
        let wanted = seen.replicas.wanted;
        let fewest = bounds.min().max(1).min(bounds.max());
        let resting = self.object.resting();
        match resting {
            Some(resting) if self.has_cooled(seen.now) => resting,
            Some(resting) if wanted <= resting && !self.is_active => resting,
            Some(_) | None if wanted < fewest => fewest,
            Some(_) | None => self.inner.want(seen).clamp(fewest, bounds.max()),
        }
    }

    fn fork(&self) -> Box<dyn Scaler + Send> {
        Box::new(Self {
            object: self.object.clone(),
            inner: self.inner.fork(),
            ..*self
        })
    }
}
