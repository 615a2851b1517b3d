//! The pace at which machines age: a multiplier of the hazard that changes over time.
//!
//! A machine that lives through `pace` twice as fast meets its end in half the time. Its threshold in
//! *cumulated* hazard is drawn once; when it is reached depends on the hour of the launch. For a law
//! without memory this is exactly a hazard multiplied by the pace.

use super::curve::Curve;
use super::parameter::{ParameterError, positive};
use crate::units::{SimTime, Span};

/// Pace one, in parts per million.
pub const UNIT_PACE: u32 = 1_000_000;

/// Microseconds of age a second of wall time adds: parts per million over time, held after the last
/// step or repeated with a period (a day, a week).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    ppm: Curve<u32>,
    period: Option<Span>,
    /// Over one period, in microseconds x ppm.
    whole: u128,
}

impl Pace {
    /// Always one.
    pub fn steady() -> Self {
        Self {
            ppm: Curve::constant(UNIT_PACE),
            period: None,
            whole: 0,
        }
    }

    /// `ppm` over time; with a period, its steps before it repeat for ever.
    ///
    /// # Errors
    /// The period is zero.
    pub fn new(ppm: Curve<u32>, period: Option<Span>) -> Result<Self, ParameterError> {
        let Some(period) = period else {
            let whole = 0;
            return Ok(Self { ppm, period, whole });
        };
        let period = positive("period", period)?;
        let mut pace = Self {
            ppm,
            period: None,
            whole: 0,
        };
        pace.whole = pace.sum(SimTime::ZERO, SimTime::ZERO + period);
        pace.period = Some(period);
        Ok(pace)
    }

    /// The age gained from `from` until `until`, rounded down to the microsecond. Panics if `until` is
    /// earlier.
    pub fn aged(&self, from: SimTime, until: SimTime) -> Span {
        let span = until.since(from);
        let Some(period) = self.period else {
            return age(self.sum(from, until));
        };
        let (periods, rest) = (span.us() / period.us(), span.us() % period.us());
        let start = within_period(from, period);
        let end = start.us() + rest;
        let last = SimTime::from_us(end.min(period.us())).expect("within a period");
        let mut sum = self.sum(start, last);
        if end > period.us() {
            let wrapped = SimTime::from_us(end - period.us()).expect("within a period");
            sum += self.sum(SimTime::ZERO, wrapped);
        }
        age(self.whole * u128::from(periods) + sum)
    }

    /// How long from `from` until `gained` of age has been added, rounded up to the microsecond;
    /// `None`: not within 100 years.
    pub fn until_aged(&self, from: SimTime, gained: Span) -> Option<Span> {
        let need = u128::from(gained.us()) * u128::from(UNIT_PACE);
        if need == 0 {
            return Some(Span::ZERO);
        }
        let Some(period) = self.period else {
            let (us, left) = self.walk(from, SimTime::MAX, need);
            return if left == 0 { Span::from_us(us) } else { None };
        };
        if self.whole == 0 {
            return None;
        }
        // Whole periods first; what is left, at most one period's worth, lies within the next one.
        let periods = (need - 1) / self.whole;
        let start = within_period(from, period);
        let end = SimTime::ZERO + period;
        let (mut us, left) = self.walk(start, end, need - periods * self.whole);
        if left > 0 {
            us += self.walk(SimTime::ZERO, start, left).0;
        }
        let whole = periods.checked_mul(u128::from(period.us()))?;
        let total = whole.checked_add(u128::from(us))?;
        u64::try_from(total).ok().and_then(Span::from_us)
    }

    /// Walks from `from` until `need` (microseconds x ppm) is met or `end` is reached: the
    /// microseconds walked, and what is still needed.
    fn walk(&self, from: SimTime, end: SimTime, need: u128) -> (u64, u128) {
        let mut left = need;
        for (start, until, ppm) in self.pieces(from, end) {
            let gain = u128::from(until.since(start).us()) * ppm;
            if gain >= left {
                let us = u64::try_from(left.div_ceil(ppm)).expect("no longer than the piece");
                return (start.since(from).us() + us, 0);
            }
            left -= gain;
        }
        (end.since(from).us(), left)
    }

    fn sum(&self, from: SimTime, until: SimTime) -> u128 {
        let pieces = self.pieces(from, until);
        pieces
            .map(|(start, end, ppm)| u128::from(end.since(start).us()) * ppm)
            .sum()
    }

    /// The steps between two instants, cut to them; none that is empty.
    fn pieces(
        &self,
        from: SimTime,
        end: SimTime,
    ) -> impl Iterator<Item = (SimTime, SimTime, u128)> + '_ {
        let steps = self.ppm.steps();
        let first = steps.partition_point(|(at, _)| *at <= from) - 1;
        let after = steps.iter().skip(first + 1).map(|(at, _)| *at);
        steps[first..]
            .iter()
            .zip(after.chain([SimTime::MAX]))
            .map(move |((at, ppm), next)| ((*at).max(from), next.min(end), u128::from(*ppm)))
            .take_while(|(start, until, _)| start < until)
    }
}

fn within_period(at: SimTime, period: Span) -> SimTime {
    SimTime::from_us(at.us() % period.us()).expect("below an instant")
}

/// Microseconds x ppm as an age, held at the longest span.
fn age(sum: u128) -> Span {
    let us = sum / u128::from(UNIT_PACE);
    u64::try_from(us)
        .ok()
        .and_then(Span::from_us)
        .unwrap_or(Span::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::draw::Stream;

    /// Runs at pace 2 for the first second of three, then 0, then 0.5.
    fn uneven(period: Option<Span>) -> Pace {
        let steps = [2 * UNIT_PACE, 0, UNIT_PACE / 2];
        let steps = (0..).zip(steps);
        let steps = steps.map(|(s, ppm)| (SimTime::from_secs(s), ppm)).collect();
        Pace::new(Curve::new(steps).unwrap(), period).unwrap()
    }

    #[test]
    fn a_steady_pace_changes_nothing() {
        let (at, hour) = (SimTime::from_secs(77), Span::from_secs(3600));
        assert_eq!(Pace::steady().until_aged(at, hour), Some(hour));
        assert_eq!(Pace::steady().aged(at, at + hour), hour);
    }

    #[test]
    fn ages_by_hand() {
        let second = Span::from_secs(1);
        let once = uneven(None);
        assert_eq!(
            once.until_aged(SimTime::ZERO, second),
            Span::from_us(500_000)
        );
        assert_eq!(
            once.until_aged(SimTime::ZERO, Span::from_secs(3)),
            Some(Span::from_secs(4))
        );
        assert_eq!(
            once.until_aged(SimTime::from_secs(1), second),
            Some(Span::from_secs(3))
        );
        let again = uneven(Some(Span::from_secs(3)));
        assert_eq!(
            again.aged(SimTime::ZERO, SimTime::from_secs(300)),
            Span::from_secs(250)
        );
        // From 2.5 s on: a quarter until 3 s, the rest at pace 2.
        let late = SimTime::from_us(2_500_000).unwrap();
        assert_eq!(
            again.until_aged(late, second),
            Span::from_us(500_000 + 375_000)
        );
        let stopped = Pace::new(Curve::constant(0), Some(second)).unwrap();
        assert_eq!(stopped.until_aged(SimTime::ZERO, second), None);
        assert_eq!(
            stopped.until_aged(SimTime::ZERO, Span::ZERO),
            Some(Span::ZERO)
        );
        let zero = Pace::new(Curve::constant(1), Some(Span::ZERO));
        assert_eq!(zero, Err(ParameterError::Zero { name: "period" }));
    }

    #[test]
    fn the_wait_for_an_age_is_the_least_in_which_it_is_gained() {
        let mut stream = Stream::new(5, &["pace".into()]);
        for period in [None, Some(Span::from_secs(3)), Span::from_us(2_700_001)] {
            let pace = uneven(period);
            for _ in 0..2_000 {
                let from = SimTime::from_us(stream.below(9_000_000)).unwrap();
                let gained = Span::from_us(1 + stream.below(20_000_000)).unwrap();
                let wait = pace.until_aged(from, gained).unwrap();
                assert!(pace.aged(from, from + wait) >= gained);
                let less = wait - Span::from_us(1).unwrap();
                assert!(pace.aged(from, from + less) < gained);
            }
        }
    }
}
