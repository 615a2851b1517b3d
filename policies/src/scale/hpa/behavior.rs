//! Behaviour: how fast replicas may be added and taken away.

use sim_core::units::{SimTime, Span, convert};

use super::history::Events;
use crate::scale::Bounds;

/// Rules for both directions.
#[derive(Clone, Debug, PartialEq)]
pub struct Behavior {
    /// For adding.
    pub up: Rules,
    /// For taking away.
    pub down: Rules,
}

/// Rules for a direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Window over which recommendations are stabilized.
    pub window: Span,
    /// Which of the policies counts.
    pub select: Select,
    /// Policies.
    pub policies: Vec<Rate>,
    /// Tolerance in this direction, where it is not the controller's.
    pub tolerance: Option<f64>,
}

/// Which of several policies counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Select {
    /// The one that allows the largest change.
    Max,
    /// The one that allows the smallest.
    Min,
    /// None: no change in this direction.
    Disabled,
}

/// Largest change within a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How much.
    pub change: Change,
    /// The period.
    pub period: Span,
}

/// A change of replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// So many.
    Pods(u32),
    /// So many percent of those that there were at the start of the period.
    Percent(u32),
}

/// What a number of replicas was held by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// By nothing.
    WithinRange,
    /// By the fewest allowed.
    TooFew,
    /// By the most allowed.
    TooMany,
    /// By the rate of going up.
    UpLimit,
    /// By the rate of going down.
    DownLimit,
}

impl Held {
    /// The reason as the API words it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::WithinRange => "DesiredWithinRange",
            Self::TooFew => "TooFewReplicas",
            Self::TooMany => "TooManyReplicas",
            Self::UpLimit => "ScaleUpLimit",
            Self::DownLimit => "ScaleDownLimit",
        }
    }
}

impl Default for Behavior {
    /// Those that the API fills in: up at once by 4 pods or 100 % in 15 s, down by anything after 5 min.
    fn default() -> Self {
        let rate = |change| Rate {
            change,
            period: Span::from_secs(15),
        };
        let rules = |window, policies| Rules {
            window: Span::from_secs(window),
            select: Select::Max,
            policies,
            tolerance: None,
        };
        Self {
            up: rules(0, vec![rate(Change::Pods(4)), rate(Change::Percent(100))]),
            down: rules(300, vec![rate(Change::Percent(100))]),
        }
    }
}

impl Rules {
    /// The longest period of a policy.
    pub(super) fn longest(&self) -> Span {
        let periods = self.policies.iter().map(|policy| policy.period);
        periods.max().unwrap_or(Span::ZERO)
    }

    /// Replicas at the start of the period of a policy.
    fn start(rate: &Rate, now: SimTime, current: u32, (ups, downs): (&Events, &Events)) -> i64 {
        i64::from(current) - ups.within(now, rate.period) + downs.within(now, rate.period)
    }

    /// The most replicas that these rules for adding allow.
    pub fn up_limit(&self, now: SimTime, current: u32, events: (&Events, &Events)) -> u32 {
        let limits = self.policies.iter().map(|rate| {
            let start = Self::start(rate, now, current, events);
            match rate.change {
                Change::Pods(pods) => start.saturating_add(pods.into()),
                Change::Percent(percent) => {
                    whole((real(start) * (1.0 + f64::from(percent) / 100.0)).ceil())
                }
            }
        });
        let limit = match self.select {
            Select::Disabled => None,
            Select::Max => limits.max(),
            Select::Min => limits.min(),
        };
        // What was added before does not force any to go.
        count(limit.unwrap_or_default()).max(current)
    }

    /// The fewest replicas that these rules for taking away allow.
    pub fn down_limit(&self, now: SimTime, current: u32, events: (&Events, &Events)) -> u32 {
        let limits = self.policies.iter().map(|rate| {
            let start = Self::start(rate, now, current, events);
            match rate.change {
                Change::Pods(pods) => start.saturating_sub(pods.into()),
                Change::Percent(percent) => whole(real(start) * (1.0 - f64::from(percent) / 100.0)),
            }
        });
        let limit = match self.select {
            Select::Disabled => None,
            Select::Max => limits.min(),
            Select::Min => limits.max(),
        };
        limit.map_or(current, count).min(current)
    }
}

impl Behavior {
    /// `desired` held to the rates and the bounds.
    pub fn limit(
        &self,
        now: SimTime,
        (current, desired): (u32, u32),
        bounds: Bounds,
        events: (&Events, &Events),
    ) -> (u32, Held) {
        if desired > current {
            let limit = self.up.up_limit(now, current, events);
            let (most, held) = if bounds.max() > limit {
                (limit, Held::UpLimit)
            } else {
                (bounds.max(), Held::TooMany)
            };
            if desired > most {
                return (most, held);
            }
        } else if desired < current {
            let limit = self.down.down_limit(now, current, events);
            let (fewest, held) = if bounds.min() < limit {
                (limit, Held::DownLimit)
            } else {
                (bounds.min(), Held::TooFew)
            };
            if desired < fewest {
                return (fewest, held);
            }
        }
        (desired, Held::WithinRange)
    }
}

/// Without rules: `desired` held to twice what there is, at least 4, and the bounds.
pub fn limit_plainly(current: u32, desired: u32, bounds: Bounds) -> (u32, Held) {
    let limit = current.saturating_mul(2).max(4);
    let (most, held) = if bounds.max() > limit {
        (limit, Held::UpLimit)
    } else {
        (bounds.max(), Held::TooMany)
    };
    if desired < bounds.min() {
        (bounds.min(), Held::TooFew)
    } else if desired > most {
        (most, held)
    } else {
        (desired, Held::WithinRange)
    }
}

fn real(n: i64) -> f64 {
    let size = convert::real(n.unsigned_abs());
    if n < 0 { -size } else { size }
}

/// Rounded towards zero.
fn whole(x: f64) -> i64 {
    let size = i64::try_from(convert::floor(x.abs())).unwrap_or(i64::MAX);
    if x < 0.0 { -size } else { size }
}

/// A number of replicas: what would be fewer than none is none.
fn count(n: i64) -> u32 {
    u32::try_from(n.max(0)).unwrap_or(u32::MAX)
}
