//! Burst guard: while far more comes than usual, more than another scaler wants.

use sim_core::units::{SimTime, Span, convert};

use super::seen::Reading;
use super::{Bounds, Scaler, Seen, Signal};
use crate::forecast::Bursts;

/// Another scaler, and more while there is a burst.
pub struct BurstGuard {
    inner: Box<dyn Scaler + Send>,
    /// In what bursts are looked for.
    signal: Signal,
    bursts: Bursts,
    /// How often it is looked at.
    step: Span,
    next: SimTime,
    /// When it was last asked, and what came in this step before.
    last: SimTime,
    came: f64,
    /// While there is a burst, times this, in thousandths.
    more_milli: u64,
    bounds: Bounds,
}

impl BurstGuard {
    /// While there is a burst in `signal`, looked at every `step`, as many as `inner` wants times `more_milli` thousandths,
    /// rounded up and held to `bounds`. A rate is counted over the step, anything else is read at its end.
    pub fn new(
        inner: Box<dyn Scaler + Send>,
        (signal, bursts): (Signal, Bursts),
        step: Span,
        (more_milli, bounds): (u64, Bounds),
    ) -> Self {
        Self {
            inner,
            signal,
            bursts,
            step,
            next: SimTime::ZERO,
            last: SimTime::ZERO,
            came: 0.0,
            more_milli,
            bounds,
        }
    }
}

impl Scaler for BurstGuard {
    fn name(&self) -> &'static str {
        "burst-guard"
    }

    fn interval(&self) -> Span {
        self.step.min(self.inner.interval())
    }

    fn want(&mut self, seen: &Seen) -> u32 {
        let asked = convert::real(seen.now.since(self.last).us()) / 1e6;
        self.last = seen.now;
        self.came += convert::real(seen.load.rate_milli) / 1000.0 * asked;
        if self.next <= seen.now {
            let is_first = self.next == SimTime::ZERO;
            self.next = seen.now.saturating_add(self.step);
            let came = std::mem::take(&mut self.came);
            match self.signal.of(&seen.load) {
                // The first step is none.
                Reading::Sum(_) if self.signal == Signal::Rate && is_first => {}
                Reading::Sum(_) if self.signal == Signal::Rate => {
                    self.bursts.observe(came);
                }
                Reading::Each(value) | Reading::Sum(value) => {
                    self.bursts.observe(convert::real(value) / 1000.0);
                }
                // A pace that falls is no count of what comes.
                Reading::Pace(_) => {}
            }
        }
        let want = self.inner.want(seen);
        if !self.bursts.is_on() {
            return want;
        }
        let more = u64::from(want).saturating_mul(self.more_milli);
        self.bounds.hold_wide(more.div_ceil(1000)).max(want)
    }

    fn fork(&self) -> Box<dyn Scaler + Send> {
        Box::new(Self {
            inner: self.inner.fork(),
            ..*self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::{Fixed, Load};

    #[test]
    fn there_is_more_while_there_is_a_burst_and_only_then() {
        let bursts = Bursts::new(0.1, (5.0, 2.0), 100);
        let bounds = Bounds::new(1, 7).expect("a range");
        let step = Span::from_secs(60);
        let signal = (Signal::Rate, bursts);
        let mut guard = BurstGuard::new(Box::new(Fixed(5)), signal, step, (1500, bounds));
        let mut want = |second: u64, rate: u64| {
            guard.want(&Seen {
                now: SimTime::from_secs(second),
                load: Load {
                    rate_milli: 1000 * rate,
                    ..Load::default()
                },
                ..Seen::default()
            })
        };
        // What comes in a minute is counted: 600, 660, and 5,400.
        assert_eq!([want(0, 10), want(60, 10), want(120, 11)], [5, 5, 5]);
        assert_eq!(want(180, 90), 7);
        // Between two looks nothing changes.
        assert_eq!([want(210, 10), want(240, 10)], [7, 5]);
    }
}
