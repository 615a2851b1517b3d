//! Arrival times, drawn one by one by inverting the integral of the rate.

use std::collections::VecDeque;

use sim_core::units::{SimTime, Span, convert};
use sim_core::world::draw::{Stream, Weighted, span};

use crate::requests::RateCurve;

/// Arrival times, ascending, until the end of the process or of time.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    gaps: Stream,
    modes: Stream,
    rhythm: Rhythm,
    now: SimTime,
}

/// What the rate does; rates are per microsecond.
#[derive(Clone, Debug)]
pub(super) enum Rhythm {
    /// It stays.
    Steady(f64),
    /// It follows the curve.
    Curve(RateCurve),
    /// The curve's counts, those of the bucket in hand, and the number of the bucket after it.
    Counted(RateCurve, VecDeque<SimTime>, u64),
    /// Gaps by weight of their kind, and the mean of each kind in microseconds.
    Gaps(Weighted, Vec<f64>),
    /// States take turns.
    States {
        states: Vec<(f64, Span)>,
        at: usize,
        until: SimTime,
    },
    /// Bursts on top of a base; the ends of those under way ascend, as all are of one length.
    Bursts {
        base: f64,
        extra: f64,
        mean_gap: f64,
        length: Span,
        next: SimTime,
        ends: VecDeque<SimTime>,
    },
}

/// A rate, and until when it holds.
pub(super) type Stretch = (f64, SimTime);

impl Clock {
    pub(super) const fn new(gaps: Stream, modes: Stream, rhythm: Rhythm) -> Self {
        Self {
            gaps,
            modes,
            rhythm,
            now: SimTime::ZERO,
        }
    }

    /// The rate now and until when it holds; nothing where no request comes any more.
    pub(super) fn stretch(&self) -> Option<Stretch> {
        match &self.rhythm {
            Rhythm::Steady(rate) => Some((*rate, SimTime::MAX)),
            Rhythm::Curve(curve) => {
                let bucket = curve.bucket().us();
                let nth = self.now.us() / bucket;
                let rate = curve.expected()[curve.position(nth)?] / convert::real(bucket);
                let end = (nth + 1).checked_mul(bucket).and_then(SimTime::from_us);
                Some((rate, end.unwrap_or(SimTime::MAX)))
            }
            Rhythm::States { states, at, until } => Some((states[*at].0, *until)),
            Rhythm::Bursts {
                base,
                extra,
                next,
                ends,
                ..
            } => {
                let under_way = convert::real(convert::wide(ends.len()));
                let end = ends.front().map_or(*next, |end| *next.min(end));
                Some((base + extra * under_way, end))
            }
            Rhythm::Gaps(..) | Rhythm::Counted(..) => unreachable!("these are not rates"),
        }
    }

    /// How far it is.
    pub(super) const fn now(&self) -> SimTime {
        self.now
    }

    /// Goes on to an instant without drawing what comes before it, where the stretch may end.
    pub(super) fn pass(&mut self, to: SimTime, ends: bool) {
        self.now = to;
        if ends {
            self.turn();
        }
    }

    /// What changes at the end of a stretch.
    fn turn(&mut self) {
        match &mut self.rhythm {
            Rhythm::States { states, at, until } => {
                let others = convert::wide(states.len() - 1);
                let step = usize::try_from(self.modes.below(others) + 1).expect("a position");
                *at = (*at + step) % states.len();
                let stay = self.modes.exponential_span(states[*at].1);
                *until = until.saturating_add(stay.max(SHORTEST));
            }
            Rhythm::Bursts {
                mean_gap,
                length,
                next,
                ends,
                ..
            } => {
                if ends.front().is_some_and(|end| *end <= self.now) {
                    ends.pop_front();
                }
                if *next <= self.now {
                    ends.push_back(next.saturating_add(*length));
                    let gap = span(self.modes.exponential(*mean_gap));
                    *next = next.saturating_add(gap.max(SHORTEST));
                }
            }
            Rhythm::Steady(_) | Rhythm::Curve(_) | Rhythm::Gaps(..) | Rhythm::Counted(..) => {}
        }
    }

    /// A unit of the rate's integral is one arrival: spends an exponential amount of it.
    fn by_rate(&mut self) -> Option<SimTime> {
        let mut need = self.gaps.exponential(1.0);
        while self.now < SimTime::MAX {
            let (rate, until) = self.stretch()?;
            let left = rate * convert::real(until.since(self.now).us());
            if need <= left {
                let gap = span(need / rate);
                self.now = self.now.saturating_add(gap).min(until);
                return Some(self.now);
            }
            need -= left;
            self.now = until;
            self.turn();
        }
        None
    }
}

/// A turn takes time, or there would be no end of them.
const SHORTEST: Span = match Span::from_us(1) {
    Some(span) => span,
    None => Span::ZERO,
};

impl Iterator for Clock {
    type Item = SimTime;

    fn next(&mut self) -> Option<SimTime> {
        match &mut self.rhythm {
            Rhythm::Gaps(kinds, means) => {
                let mean = means[kinds.draw(&mut self.modes)];
                let gap = span(self.gaps.exponential(mean));
                self.now = self.now.saturating_add(gap);
                (self.now < SimTime::MAX).then_some(self.now)
            }
            Rhythm::Counted(curve, held, nth) => {
                while held.is_empty() {
                    let expected = curve.expected()[curve.position(*nth)?];
                    fill(held, (curve.bucket(), *nth), expected, &mut self.gaps)?;
                    *nth += 1;
                }
                held.pop_front()
            }
            Rhythm::Steady(_)
            | Rhythm::Curve(_)
            | Rhythm::States { .. }
            | Rhythm::Bursts { .. } => self.by_rate(),
        }
    }
}

/// The arrivals of the `nth` bucket; nothing beyond the end of time.
fn fill(
    held: &mut VecDeque<SimTime>,
    (bucket, nth): (Span, u64),
    expected: f64,
    stream: &mut Stream,
) -> Option<()> {
    let start = SimTime::from_us(nth.checked_mul(bucket.us())?)?;
    let count = convert::floor(expected + 0.5);
    let mut instants: Vec<SimTime> = (0..count)
        .map(|_| {
            let within = Span::from_us(stream.below(bucket.us())).expect("within a bucket");
            start.saturating_add(within)
        })
        .collect();
    instants.sort_unstable();
    held.extend(instants);
    Some(())
}
