//! A step curve: a value that changes at known instants.

use std::sync::Arc;

use crate::units::SimTime;

/// A value over time: right-continuous, constant between its steps, the last one held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve<T> {
    steps: Arc<[(SimTime, T)]>,
}

/// Why steps are no curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurveError {
    /// There is none.
    Empty,
    /// The first is not at time zero.
    LateStart,
    /// The step at this position is not after the one before it.
    Unsorted(usize),
}

impl<T: Copy> Curve<T> {
    /// Always `value`.
    pub fn constant(value: T) -> Self {
        Self {
            steps: Arc::new([(SimTime::ZERO, value)]),
        }
    }

    /// The given steps: the first at time zero, strictly ascending.
    ///
    /// # Errors
    /// They are not.
    pub fn new(steps: Vec<(SimTime, T)>) -> Result<Self, CurveError> {
        match steps.first() {
            None => return Err(CurveError::Empty),
            Some((first, _)) if *first != SimTime::ZERO => return Err(CurveError::LateStart),
            Some(_) => {}
        }
        let unsorted = steps.windows(2).position(|pair| pair[0].0 >= pair[1].0);
        match unsorted {
            Some(position) => Err(CurveError::Unsorted(position + 1)),
            None => Ok(Self {
                steps: steps.into(),
            }),
        }
    }

    /// The value at `now`.
    pub fn at(&self, now: SimTime) -> T {
        let after = self.steps.partition_point(|(from, _)| *from <= now);
        self.steps[after - 1].1
    }

    /// Its steps in order.
    pub fn steps(&self) -> &[(SimTime, T)] {
        &self.steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_holds_from_its_instant_on() {
        let curve =
            Curve::new(vec![(SimTime::ZERO, 3), (SimTime::from_secs(5), 7)]).expect("sorted");
        let at = |secs| curve.at(SimTime::from_secs(secs));
        assert_eq!([at(0), at(4), at(5), at(99)], [3, 3, 7, 7]);
    }

    #[test]
    fn what_is_no_curve_is_refused() {
        let second = SimTime::from_secs(1);
        assert_eq!(Curve::<u32>::new(vec![]), Err(CurveError::Empty));
        assert_eq!(Curve::new(vec![(second, 1)]), Err(CurveError::LateStart));
        assert_eq!(
            Curve::new(vec![(SimTime::ZERO, 1), (SimTime::ZERO, 2)]),
            Err(CurveError::Unsorted(1))
        );
    }
}
