//! What a scaler sees of a service: its replicas and its load, as a monitoring system would tell.

use sim_core::units::{SimTime, Span};

/// A service at an instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// It is now.
    pub now: SimTime,
    /// Now, on the local clock.
    pub local: Local,
    /// What serves.
    pub replicas: Replicas,
    /// What there is to serve.
    pub load: Load,
}

/// An instant of the local clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Local {
    /// Day of the week, from Monday, which is zero.
    pub day: u32,
    /// Second of the day.
    pub second: u32,
}

/// Replicas of a service, those that go excluded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replicas {
    /// As many as were last asked for.
    pub wanted: u32,
    /// Those that serve.
    pub ready: u32,
    /// Those that do not serve yet.
    pub starting: u32,
    /// For how long each of those that serve has been ready, the oldest first.
    pub ages: Vec<Span>,
}

/// Load since the scaler was last asked, or as it is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Share of the time in which the replicas that serve were busy, their mean, in thousandths.
    pub utilization_milli: u64,
    /// Requests that wait.
    pub queue: u64,
    /// Requests that arrived, in thousandths a second.
    pub rate_milli: u64,
    /// Tokens of requests that wait or are being served.
    pub tokens: u64,
    /// Share of the KV cache that is taken, the mean over replicas, in thousandths.
    pub kv_milli: u64,
    /// Iterations of a replica, in thousandths a second, the mean over replicas; zero: none ran.
    pub speed_milli: u64,
}

/// What a scaler may go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// Busy time of a replica.
    Utilization,
    /// Requests that wait, in all.
    Queue,
    /// Requests a second, in all.
    Rate,
    /// Tokens in flight, in all.
    Tokens,
    /// KV cache taken of a replica.
    Kv,
    /// Iterations a second of a replica: the fewer, the heavier the load.
    Speed,
}

/// How a signal relates to replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A mean over replicas that falls as there are more, in thousandths.
    Each(u64),
    /// A sum that does not depend on how many there are, in thousandths.
    Sum(u64),
    /// A mean over replicas that rises as there are more, in thousandths.
    Pace(u64),
}

impl Signal {
    /// What it reads. Utilization and KV read 1000 where all is taken; a queue of one, a rate of one a second, one token
    /// and one iteration a second read 1000 too.
    pub fn of(self, load: &Load) -> Reading {
        match self {
            Self::Utilization => Reading::Each(load.utilization_milli),
            Self::Queue => Reading::Sum(load.queue.saturating_mul(1000)),
            Self::Rate => Reading::Sum(load.rate_milli),
            Self::Tokens => Reading::Sum(load.tokens.saturating_mul(1000)),
            Self::Kv => Reading::Each(load.kv_milli),
            Self::Speed => Reading::Pace(load.speed_milli),
        }
    }

    /// Whether anything is to be served, as far as this tells.
    pub fn is_active(self, load: &Load, above_milli: u64) -> bool {
        match self.of(load) {
            Reading::Each(value) | Reading::Sum(value) => value > above_milli,
            // Where nothing iterates there is nothing to do.
            Reading::Pace(value) => value > 0,
        }
    }
}

impl Reading {
    /// How many replicas bring it to `target_milli`, where so many serve; none where it tells nothing: none serves, nothing
    /// iterates, or the target is zero.
    pub fn replicas(self, ready: u32, target_milli: u64) -> Option<u64> {
        if target_milli == 0 {
            return None;
        }
        let ready = u64::from(ready);
        match self {
            Self::Sum(value) => Some(value.div_ceil(target_milli)),
            Self::Each(_) | Self::Pace(_) if ready == 0 => None,
            Self::Each(value) => Some(value.saturating_mul(ready).div_ceil(target_milli)),
            Self::Pace(0) => None,
            Self::Pace(value) => Some(target_milli.saturating_mul(ready).div_ceil(value)),
        }
    }
}

/// Fewest and most replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    min: u32,
    max: u32,
}

impl Bounds {
    /// From `min` to `max`; `None` if there is nothing between them.
    pub fn new(min: u32, max: u32) -> Option<Self> {
        (min <= max).then_some(Self { min, max })
    }

    /// Fewest.
    pub fn min(self) -> u32 {
        self.min
    }

    /// Most.
    pub fn max(self) -> u32 {
        self.max
    }

    /// The nearest number within.
    pub fn hold(self, replicas: u32) -> u32 {
        replicas.clamp(self.min, self.max)
    }

    /// The same for a number of any size.
    pub fn hold_wide(self, replicas: u64) -> u32 {
        self.hold(u32::try_from(replicas).unwrap_or(u32::MAX))
    }
}
