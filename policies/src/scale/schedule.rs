//! Schedule: so many replicas by the hour of the day or of the week, on the local clock.

use sim_core::units::{Span, convert};
use sim_core::world::Calendar;

use super::{Scaler, Seen};

/// Replicas by the hour.
#[derive(Clone, Debug)]
pub struct Schedule {
    calendar: Calendar,
    /// By hour, the first of a day or of a Monday.
    hours: Vec<u32>,
}

impl Schedule {
    /// The same every day.
    pub fn daily(calendar: Calendar, hours: [u32; 24]) -> Self {
        Self {
            calendar,
            hours: hours.to_vec(),
        }
    }

    /// The same every week, from Monday on.
    pub fn weekly(calendar: Calendar, days: [[u32; 24]; 7]) -> Self {
        Self {
            calendar,
            hours: days.concat(),
        }
    }
}

impl Scaler for Schedule {
    fn name(&self) -> &'static str {
        "schedule"
    }

    fn interval(&self) -> Span {
        Span::from_secs(60)
    }

    fn want(&mut self, seen: &Seen) -> u32 {
        let day = self.calendar.day_of_week(seen.now);
        let hour = day * 24 + self.calendar.hour_of_day(seen.now);
        self.hours[convert::index(hour) % self.hours.len()]
    }

    fn fork(&self) -> Box<dyn Scaler + Send> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::units::SimTime;

    #[test]
    fn hours_are_those_of_the_local_clock() {
        let mut day = [1; 24];
        day[9] = 5;
        let mut week = [[1; 24]; 7];
        week[1][9] = 7;
        // Two hours east of Greenwich; the run begins on a Monday at midnight UTC.
        let east = Calendar::new(4 * 86_400, vec![(SimTime::ZERO, 7200)]);
        let want = |schedule: &mut Schedule, hours: u64| {
            schedule.want(&Seen {
                now: SimTime::from_secs(hours * 3600),
                ..Seen::default()
            })
        };
        let mut daily = Schedule::daily(east.clone(), day);
        let mut weekly = Schedule::weekly(east, week);
        assert_eq!([6, 7, 8].map(|hour| want(&mut daily, hour)), [1, 5, 1]);
        assert_eq!(want(&mut daily, 24 + 7), 5);
        assert_eq!([7, 24 + 7].map(|hour| want(&mut weekly, hour)), [1, 7]);
    }
}
