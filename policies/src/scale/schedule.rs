//! Schedule: so many replicas in some hours of the week and so many in the others, on the local clock.

use sim_core::units::Span;

use super::{Scaler, Seen};
use crate::hours::Hours;

/// Replicas by the hour.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// The hours.
    pub hours: Hours,
    /// Replicas in them.
    pub within: u32,
    /// Replicas in all others.
    pub without: u32,
}

impl Scaler for Schedule {
    fn name(&self) -> &'static str {
        "schedule"
    }

    fn interval(&self) -> Span {
        Span::from_secs(60)
    }

    fn want(&mut self, seen: &Seen) -> u32 {
        if self.hours.hold(seen.local.day, seen.local.second) {
            self.within
        } else {
            self.without
        }
    }

    fn fork(&self) -> Box<dyn Scaler + Send> {
        Box::new(*self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::Local;

    #[test]
    fn there_are_more_in_the_hours_of_the_local_clock() {
        let mut days = [true; 7];
        days[6] = false;
        let hours = Hours {
            open: 20 * 3600,
            close: 6 * 3600,
            days,
        };
        let mut schedule = Schedule {
            hours,
            within: 9,
            without: 2,
        };
        let mut want = |day, hour: u32| {
            let local = Local {
                day,
                second: hour * 3600,
            };
            schedule.want(&Seen {
                local,
                ..Seen::default()
            })
        };
        assert_eq!(
            [5, 6, 19, 20, 23].map(|hour| want(1, hour)),
            [9, 2, 2, 9, 9]
        );
        // A night belongs to the day on which it begins: there is none from Sunday on.
        assert_eq!([want(6, 5), want(6, 23), want(0, 5)], [9, 2, 2]);
    }
}
