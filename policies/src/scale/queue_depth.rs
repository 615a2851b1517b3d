//! Queue depth: more replicas while requests wait, one fewer while none does and replicas idle, with cooldowns.

use sim_core::units::{SimTime, Span};

use super::{Bounds, SYNC, Scaler, Seen};

/// What a queue-depth scaler was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// Fewest and most replicas.
    pub bounds: Bounds,
    /// As many requests may wait for a replica; at least one.
    pub per_replica: u64,
    /// One replica goes where none waits and the busy time is below this, in thousandths.
    pub idle_milli: u64,
    /// Least time from adding to adding again.
    pub up: Span,
    /// Least time from any change to taking away.
    pub down: Span,
}

/// Scales by what waits.
#[derive(Clone, Copy, Debug)]
pub struct QueueDepth {
    depth: Depth,
    /// When it last added, and last changed anything.
    added: Option<SimTime>,
    changed: Option<SimTime>,
}

impl Depth {
    /// Cooldowns of 5 and 10 min, 10 requests a replica, idle below 30 %.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            per_replica: 10,
            idle_milli: 300,
            up: Span::from_secs(300),
            down: Span::from_secs(600),
        }
    }
}

impl QueueDepth {
    /// Nothing has been changed yet. Panics where no request may wait for a replica.
    pub fn new(depth: Depth) -> Self {
        assert!(depth.per_replica > 0, "a replica may have a queue");
        Self {
            depth,
            added: None,
            changed: None,
        }
    }
}

impl Scaler for QueueDepth {
    fn name(&self) -> &'static str {
        "queue-depth"
    }

    fn interval(&self) -> Span {
        SYNC
    }

    fn want(&mut self, seen: &Seen) -> u32 {
        let Depth {
            bounds,
            per_replica,
            idle_milli,
            up,
            down,
        } = self.depth;
        let wanted = seen.replicas.wanted;
        let cool = |last: Option<SimTime>, cooldown| {
            last.is_none_or(|last| last.saturating_add(cooldown) <= seen.now)
        };
        let load = &seen.load;
        let needed = bounds.hold_wide(load.queue.div_ceil(per_replica));
        // Bounds hold at all times, whatever the cooldown.
        let inside = bounds.hold(wanted);
        let new = if needed > inside && cool(self.added, up) {
            needed
        } else if load.queue == 0 && load.utilization_milli < idle_milli && cool(self.changed, down)
        {
            bounds.hold(inside.saturating_sub(1))
        } else {
            inside
        };
        if new > wanted {
            self.added = Some(seen.now);
        }
        if new != wanted {
            self.changed = Some(seen.now);
        }
        new
    }

    fn fork(&self) -> Box<dyn Scaler + Send> {
        Box::new(*self)
    }
}
