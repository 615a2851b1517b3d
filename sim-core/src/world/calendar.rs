//! The calendar: what time of day and week an instant of the run is.

use std::sync::Arc;

use crate::units::{SimTime, Span};

const DAY_S: i64 = 86_400;

/// Local time of the run: an epoch, and the offsets from UTC that hold from given instants on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    epoch_unix_s: i64,
    offsets_s: Arc<[(SimTime, i32)]>,
}

impl Default for Calendar {
    /// A run that begins on a Monday at midnight, UTC.
    fn default() -> Self {
        Self::new(4 * DAY_S, vec![(SimTime::ZERO, 0)])
    }
}

impl Calendar {
    /// Time zero at `epoch_unix_s` (seconds since 1970 UTC); `offsets_s` are offsets from UTC in seconds,
    /// each from an instant on. Panics unless the first is at time zero and they ascend.
    pub fn new(epoch_unix_s: i64, offsets_s: Vec<(SimTime, i32)>) -> Self {
        assert!(
            offsets_s
                .first()
                .is_some_and(|(from, _)| *from == SimTime::ZERO),
            "an offset holds at time zero"
        );
        assert!(offsets_s.is_sorted_by(|a, b| a.0 < b.0), "offsets ascend");
        Self {
            epoch_unix_s,
            offsets_s: offsets_s.into(),
        }
    }

    /// The calendar of a run that begins so many whole seconds later.
    #[must_use]
    pub fn later(&self, seconds: u64) -> Self {
        let by = Span::from_secs(seconds);
        let past = SimTime::ZERO.saturating_add(by);
        let offsets = self.offsets_s.iter().enumerate();
        let moved = offsets.filter_map(|(at, (from, offset))| {
            let next = self.offsets_s.get(at + 1);
            let holds = next.is_none_or(|(until, _)| *until > past);
            holds.then(|| {
                (
                    SimTime::ZERO.saturating_add((*from).max(past).since(past)),
                    *offset,
                )
            })
        });
        let seconds = i64::try_from(seconds).expect("a run is at most 100 years");
        Self::new(self.epoch_unix_s + seconds, moved.collect())
    }

    /// Seconds since 1970 UTC at `now`, rounded down.
    pub fn unix_s(&self, now: SimTime) -> i64 {
        let elapsed = i64::try_from(now.us() / 1_000_000).expect("a run is at most 100 years");
        self.epoch_unix_s + elapsed
    }

    fn local_s(&self, now: SimTime) -> i64 {
        let after = self.offsets_s.partition_point(|(from, _)| *from <= now);
        self.unix_s(now) + i64::from(self.offsets_s[after - 1].1)
    }

    /// Second of the local day: 0 to 86,399.
    pub fn second_of_day(&self, now: SimTime) -> u32 {
        u32::try_from(self.local_s(now).rem_euclid(DAY_S)).expect("below 86,400")
    }

    /// Hour of the local day: 0 to 23.
    pub fn hour_of_day(&self, now: SimTime) -> u32 {
        self.second_of_day(now) / 3600
    }

    /// Day of the local week: 0 is Monday, 6 is Sunday.
    pub fn day_of_week(&self, now: SimTime) -> u32 {
        // 1 January 1970 was a Thursday.
        let days = self.local_s(now).div_euclid(DAY_S) + 3;
        u32::try_from(days.rem_euclid(7)).expect("below 7")
    }

    /// Second of the local week, from Monday at midnight: 0 to 604,799.
    pub fn second_of_week(&self, now: SimTime) -> u32 {
        self.day_of_week(now) * 86_400 + self.second_of_day(now)
    }

    /// The first instant after `now` at which the local clock comes to this second of a day: where it skips that, the
    /// instant at which it does.
    pub fn next_at(&self, now: SimTime, second_of_day: u32) -> SimTime {
        let today = self.local_s(now).div_euclid(DAY_S);
        let shown = |day| self.instant(day * DAY_S + i64::from(second_of_day));
        let mut days = (today..).map(shown);
        let next = days.find(|at| *at > now || *at == SimTime::MAX);
        next.expect("one of the next days")
    }

    /// The local month of `now`: its first instant, or that of the run, and the first of the next.
    pub fn month(&self, now: SimTime) -> (SimTime, SimTime) {
        let (year, month) = month_of(self.local_s(now).div_euclid(DAY_S));
        let next = if month == 12 {
            (year + 1, 1)
        } else {
            (year, month + 1)
        };
        let first = |(year, month)| self.instant(first_day(year, month) * DAY_S);
        (first((year, month)), first(next))
    }

    /// The first instant of the run at which the local clock shows this, in seconds since 1970, or more.
    fn instant(&self, local_s: i64) -> SimTime {
        let mut found = SimTime::ZERO;
        for (position, (from, offset)) in self.offsets_s.iter().enumerate() {
            let elapsed = local_s - i64::from(*offset) - self.epoch_unix_s;
            let elapsed = u64::try_from(elapsed).unwrap_or(0).checked_mul(1_000_000);
            let elapsed = elapsed.and_then(Span::from_us).unwrap_or(Span::MAX);
            found = SimTime::ZERO.saturating_add(elapsed).max(*from);
            let next = self.offsets_s.get(position + 1);
            if next.is_none_or(|(until, _)| found < *until) {
                break;
            }
        }
        found
    }
}

/// Days from March 1st of the year 0 to the first of 1970, and days of 400 years: the calendar repeats after as many.
const TO_1970: i64 = 719_468;
const DAYS_OF_400_YEARS: i64 = 146_097;

/// Days since 1970 of the first of a month (the proleptic Gregorian calendar, its year begun in March, so that the leap day
/// comes last).
fn first_day(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5;
    era * DAYS_OF_400_YEARS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - TO_1970
}

/// Year and month (1 to 12) of a day since 1970.
fn month_of(day: i64) -> (i64, i64) {
    // 1970 and as many mean years: right, or one too many or too few.
    let guess = 1970 + (day * 400).div_euclid(DAYS_OF_400_YEARS);
    let months = (guess - 1..=guess + 1).flat_map(|year| (1..=12).map(move |month| (year, month)));
    let begun = months.take_while(|(year, month)| first_day(*year, *month) <= day);
    begun.last().expect("a month of the year before has begun")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_begins_on_a_monday_at_midnight_unless_told_otherwise() {
        let calendar = Calendar::default();
        let at = |hours: u64| {
            let now = SimTime::from_secs(hours * 3600);
            (calendar.day_of_week(now), calendar.hour_of_day(now))
        };
        assert_eq!(at(0), (0, 0));
        assert_eq!(at(25), (1, 1));
        assert_eq!(at(7 * 24), (0, 0));
    }

    #[test]
    fn an_offset_moves_the_local_clock_from_its_instant_on() {
        // 2026-03-29 00:00 UTC; central European clocks go from +1 h to +2 h at 01:00 UTC.
        let change = SimTime::from_secs(3600);
        let calendar = Calendar::new(1_774_742_400, vec![(SimTime::ZERO, 3600), (change, 7200)]);
        assert_eq!(calendar.hour_of_day(SimTime::ZERO), 1);
        assert_eq!(calendar.hour_of_day(change), 3);
        assert_eq!(calendar.day_of_week(SimTime::ZERO), 6);
        let second = calendar.second_of_day(SimTime::ZERO);
        assert_eq!(calendar.second_of_week(SimTime::ZERO), 6 * 86_400 + second);
    }

    #[test]
    fn a_run_that_begins_later_has_the_same_clock() {
        let change = SimTime::from_secs(3600);
        let calendar = Calendar::new(1_774_742_400, vec![(SimTime::ZERO, 3600), (change, 7200)]);
        for by in [0, 1, 3599, 3600, 3601, 90_000] {
            let later = calendar.later(by);
            for secs in [0, 1, 1800, 3599, 3600, 100_000] {
                let (now, then) = (SimTime::from_secs(secs), SimTime::from_secs(secs + by));
                assert_eq!(later.second_of_week(now), calendar.second_of_week(then));
                assert_eq!(later.unix_s(now), calendar.unix_s(then));
            }
        }
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        assert_eq!(first_day(1970, 1), 0);
        assert_eq!(first_day(2000, 3), 11_017);
        assert_eq!(first_day(2026, 1), 20_454);
        for day in -800_000..800_000 {
            let (year, month) = month_of(day);
            let next = first_day(year + month / 12, month % 12 + 1);
            assert!((first_day(year, month)..next).contains(&day), "day {day}");
        }
        // A run that begins on 2026-01-05, an hour ahead of UTC.
        let calendar = Calendar::new(1_767_571_200, vec![(SimTime::ZERO, 3600)]);
        let (from, until) = calendar.month(SimTime::from_secs(86_400));
        assert_eq!(from, SimTime::ZERO);
        assert_eq!(until, SimTime::from_secs((20_485 - 20_458) * 86_400 - 3600));
    }

    #[test]
    fn the_next_time_of_day_heeds_a_clock_that_jumps() {
        let hours = |hours: u64| SimTime::from_secs(hours * 3600);
        let plain = Calendar::default();
        assert_eq!(plain.next_at(hours(7), 8 * 3600), hours(8));
        assert_eq!(plain.next_at(hours(8), 8 * 3600), hours(32));
        // At 01:00 UTC clocks go from 02:00 to 03:00: 02:30 is skipped, and 08:00 comes an hour early.
        let offsets = vec![(SimTime::ZERO, 3600), (hours(1), 7200)];
        let calendar = Calendar::new(1_774_742_400, offsets);
        assert_eq!(calendar.next_at(SimTime::ZERO, 9_000), hours(1));
        assert_eq!(calendar.next_at(SimTime::ZERO, 8 * 3600), hours(6));
    }
}
