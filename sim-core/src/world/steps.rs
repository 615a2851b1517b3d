//! Curves from curves: two read side by side, and the building of one step by step.

use super::curve::Curve;
use crate::units::SimTime;

/// `join` of the values of two curves, at every instant; steps that change nothing are left out.
pub(super) fn join<A: Copy, B: Copy, T: Copy + PartialEq>(
    a: &Curve<A>,
    b: &Curve<B>,
    join: impl Fn(A, B) -> T,
) -> Curve<T> {
    let (a, b) = (a.steps(), b.steps());
    let (mut i, mut j) = (0, 0);
    let mut steps = Steps::at_zero(join(a[0].1, b[0].1));
    loop {
        let next = |steps: Option<SimTime>| steps.unwrap_or(SimTime::MAX);
        let a_next = a.get(i + 1).map(|(at, _)| *at);
        let b_next = b.get(j + 1).map(|(at, _)| *at);
        if a_next.is_none() && b_next.is_none() {
            return steps.curve();
        }
        let now = next(a_next).min(next(b_next));
        i += usize::from(a_next == Some(now));
        j += usize::from(b_next == Some(now));
        steps.change(now, join(a[i].1, b[j].1));
    }
}

/// A curve under construction.
pub(super) struct Steps<T>(Vec<(SimTime, T)>);

impl<T: Copy + PartialEq> Steps<T> {
    /// One that begins at this value.
    pub(super) fn at_zero(value: T) -> Self {
        Self(vec![(SimTime::ZERO, value)])
    }

    /// Goes on at `value` from `at` on, which is not before the last step.
    pub(super) fn change(&mut self, at: SimTime, value: T) {
        let last = *self.0.last().expect("it begins at zero");
        if last.1 == value {
            return;
        }
        if last.0 == at {
            self.0.pop();
            if self.0.last().is_some_and(|before| before.1 == value) {
                return;
            }
        }
        self.0.push((at, value));
    }

    pub(super) fn curve(self) -> Curve<T> {
        Curve::new(self.0).expect("begun at zero, and only ever appended to")
    }
}
