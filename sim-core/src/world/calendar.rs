//! The calendar: what time of day and week an instant of the run is.

use std::sync::Arc;

use crate::units::SimTime;

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
    }
}
