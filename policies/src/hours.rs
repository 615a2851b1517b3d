//! Hours of a week: from a time of day to another, on some days.

use std::cmp::Ordering;

use sim_core::units::{SimTime, convert};
use sim_core::world::Calendar;

/// When something is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// When it opens, in seconds of the day.
    pub open: u32,
    /// When it closes: before that it opened the day before. If both are the same it is open all day.
    pub close: u32,
    /// Whether it opens on a day, Monday first.
    pub days: [bool; 7],
}

/// Names of the days, in their order.
pub const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Hours {
    /// Whether it is open on this day of the week, Monday being zero, at this second of the day.
    pub fn hold(&self, day: u32, second: u32) -> bool {
        let day = convert::index(day) % 7;
        let (today, yesterday) = (self.days[day], self.days[(day + 6) % 7]);
        match self.open.cmp(&self.close) {
            Ordering::Less => today && (self.open..self.close).contains(&second),
            Ordering::Equal => today,
            Ordering::Greater => {
                (today && second >= self.open) || (yesterday && second < self.close)
            }
        }
    }

    /// Whether it is open at an instant.
    pub fn hold_at(&self, calendar: &Calendar, at: SimTime) -> bool {
        self.hold(calendar.day_of_week(at), calendar.second_of_day(at))
    }

    /// When it next opens or closes, if ever.
    pub fn next_change(&self, calendar: &Calendar, now: SimTime) -> Option<SimTime> {
        let is_open = self.hold_at(calendar, now);
        let mut at = now;
        // Within a week and a day, at each of three times of the day.
        for _ in 0..24 {
            let times = [self.open, self.close, 0];
            let next = times.map(|second| calendar.next_at(at, second));
            at = next.into_iter().min().expect("three times");
            if self.hold_at(calendar, at) != is_open {
                return Some(at);
            }
        }
        None
    }
}
