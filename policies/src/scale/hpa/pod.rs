//! Pods: where they are, what they use, and whether that tells anything yet.

use sim_core::units::{SimTime, Span};

/// A pod, as far as the calculator is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Where it is.
    pub state: State,
    /// What it uses, in thousandths of a unit; none if its metric is missing.
    pub usage_milli: Option<u64>,
    /// What it requested, in thousandths of a unit.
    pub request_milli: Option<u64>,
}

/// Where a pod is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It runs and is ready.
    Ready,
    /// It runs, but its usage tells nothing yet: see [`Initialization`].
    Unready,
    /// It does not run yet.
    Pending,
    /// It has ended, or is about to.
    Gone,
}

/// When the use of a pod that runs tells something: a pod that warms up would look busier than it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Initialization {
    /// For so long after it started it must be ready, and have been for a whole window of the metric.
    pub period: Span,
    /// Later it must be ready, or have been once: its readiness changed later than this after it started.
    pub readiness_delay: Span,
}

impl Default for Initialization {
    /// The controller's own: 5 min and 30 s.
    fn default() -> Self {
        Self {
            period: Span::from_secs(300),
            readiness_delay: Span::from_secs(30),
        }
    }
}

/// What is known of the readiness of a pod that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// When it started.
    pub started: SimTime,
    /// Whether it is ready,
    pub is_ready: bool,
    /// and since when.
    pub since: SimTime,
    /// When its use was sampled,
    pub sampled: SimTime,
    /// over how long.
    pub window: Span,
}

impl Initialization {
    /// What the calculator takes the pod for.
    pub fn state(self, now: SimTime, pod: &Readiness) -> State {
        let unready = if pod.started.saturating_add(self.period) > now {
            !pod.is_ready || pod.sampled < pod.since.saturating_add(pod.window)
        } else {
            !pod.is_ready && pod.started.saturating_add(self.readiness_delay) > pod.since
        };
        if unready {
            State::Unready
        } else {
            State::Ready
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_that_warms_up_does_not_count_until_a_window_after_it_was_ready() {
        let rules = Initialization::default();
        let at = SimTime::from_secs;
        let pod = |is_ready, since, sampled| Readiness {
            started: at(100),
            is_ready,
            since: at(since),
            sampled: at(sampled),
            window: Span::from_secs(60),
        };
        let state = |now, pod| rules.state(at(now), &pod);
        // Within the period: not ready, or ready for less than a window.
        assert_eq!(state(200, pod(false, 100, 200)), State::Unready);
        assert_eq!(state(200, pod(true, 150, 200)), State::Unready);
        assert_eq!(state(220, pod(true, 150, 210)), State::Ready);
        // Later: unready only if it never was ready.
        assert_eq!(state(400, pod(false, 120, 390)), State::Unready);
        assert_eq!(state(400, pod(false, 130, 390)), State::Ready);
        assert_eq!(state(400, pod(true, 399, 399)), State::Ready);
    }
}
