//! Weekly: a forecast of demand by the hour of the week: what it was at that hour in the weeks before, the last of them
//! weighing most.

use sim_core::units::{SimTime, Span, convert};
use sim_core::world::{Calendar, draw::quantile};

const HOUR_S: u32 = 3600;
const HOURS: usize = 7 * 24;

/// Demand over time, hour by hour.
#[derive(Clone, Debug)]
pub struct Weekly {
    /// Weight of the latest week, in (0, 1].
    weight: f64,
    /// By hour of the week.
    hours: Vec<Option<Hour>>,
    /// The demand now, and up to when it is counted.
    demand: f64,
    until: SimTime,
    /// Demand x microseconds of the hour that is going on, and the microseconds.
    sum: f64,
    length: f64,
}

/// Mean demand of an hour of the week, over the weeks.
#[derive(Clone, Copy, Debug)]
struct Hour {
    mean: f64,
    variance: f64,
}

impl Weekly {
    /// Nothing is known yet.
    pub fn new(weight: f64) -> Self {
        Self {
            weight,
            hours: vec![None; HOURS],
            demand: 0.0,
            until: SimTime::ZERO,
            sum: 0.0,
            length: 0.0,
        }
    }

    /// It is now, and the demand was what it was so far.
    pub fn pass(&mut self, now: SimTime, calendar: &Calendar) {
        while self.until < now {
            let second = calendar.second_of_day(self.until) % HOUR_S;
            let left = Span::from_secs(u64::from(HOUR_S - second));
            let end = self.until.saturating_add(left);
            let next = now.min(end);
            let us = convert::real(next.since(self.until).us());
            self.sum += self.demand * us;
            self.length += us;
            if next == end {
                self.learn(hour_of_week(calendar, self.until));
            }
            self.until = next;
        }
    }

    /// The demand from now on.
    pub fn set(&mut self, demand: f64) {
        self.demand = demand;
    }

    /// An hour is over.
    fn learn(&mut self, hour: usize) {
        let mean = self.sum / self.length.max(1.0);
        (self.sum, self.length) = (0.0, 0.0);
        let weight = self.weight;
        let known = &mut self.hours[hour];
        *known = Some(known.map_or(
            Hour {
                mean,
                variance: 0.0,
            },
            |known| {
                let off = mean - known.mean;
                Hour {
                    mean: known.mean + weight * off,
                    variance: (1.0 - weight) * (known.variance + weight * off * off),
                }
            },
        ));
    }

    /// The most that is to be expected from now until `horizon` has passed, with this confidence, errors taken to be normal;
    /// at least what it is now.
    pub fn most(&self, now: SimTime, horizon: Span, confidence: f64, calendar: &Calendar) -> f64 {
        let hours = horizon.us().div_ceil(u64::from(HOUR_S) * 1_000_000);
        let deviations = quantile::normal(confidence);
        let whole = (0..hours.min(convert::wide(HOURS)))
            .map(|ahead| Span::from_secs(ahead * u64::from(HOUR_S)));
        let ahead = whole.chain([horizon]).map(|ahead| {
            let at = now.saturating_add(ahead);
            self.expected(hour_of_week(calendar, at), deviations)
        });
        ahead.flatten().fold(self.demand, f64::max)
    }

    /// Of an hour of the week, else the mean of that hour of the days that are known.
    fn expected(&self, hour: usize, deviations: f64) -> Option<f64> {
        let bound = |hour: &Hour| hour.mean + deviations * hour.variance.sqrt();
        if let Some(known) = &self.hours[hour] {
            return Some(bound(known));
        }
        let same = self.hours.iter().skip(hour % 24).step_by(24).flatten();
        let (sum, count) = same.fold((0.0, 0.0), |(sum, count), known| {
            (sum + bound(known), count + 1.0)
        });
        (count > 0.0).then(|| sum / count)
    }
}

fn hour_of_week(calendar: &Calendar, at: SimTime) -> usize {
    convert::index(calendar.day_of_week(at) * 24 + calendar.hour_of_day(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(hours: u64) -> SimTime {
        SimTime::from_secs(hours * 3600)
    }

    /// Four GPUs from 9 to 12 every day for so many days, else one.
    fn after(days: u64) -> Weekly {
        let calendar = Calendar::default();
        let mut forecast = Weekly::new(0.5);
        forecast.set(1.0);
        for day in 0..days {
            for (hour, demand) in [(9, 4.0), (12, 1.0)] {
                forecast.pass(hours(day * 24 + hour), &calendar);
                forecast.set(demand);
            }
        }
        forecast.pass(hours(days * 24), &calendar);
        forecast
    }

    #[test]
    fn a_day_like_the_days_before_is_expected() {
        let (calendar, hour) = (Calendar::default(), Span::from_secs(3600));
        let most = |forecast: &Weekly, at| forecast.most(hours(at), hour, 0.9, &calendar);
        let forecast = after(1);
        assert!((most(&forecast, 24 + 6) - 1.0).abs() < 1e-9);
        assert!((most(&forecast, 24 + 8) - 4.0).abs() < 1e-9);
        assert!((most(&forecast, 24 + 12) - 1.0).abs() < 1e-9);
        // With three hours to look ahead it is seen earlier.
        let early = forecast.most(hours(24 + 6), Span::from_secs(3 * 3600), 0.9, &calendar);
        assert!((early - 4.0).abs() < 1e-9);
    }

    #[test]
    fn the_next_week_at_that_hour_the_last_week_weighs_and_so_does_how_much_they_differ() {
        let calendar = Calendar::default();
        let mut forecast = after(7);
        forecast.set(3.0);
        forecast.pass(hours(7 * 24 + 1), &calendar);
        forecast.set(0.0);
        // One, then three: the mean is two, the variance a half of a half of two squared.
        let expected = 2.0 + quantile::normal(0.9) * 1.0;
        let most = forecast.most(hours(14 * 24), Span::from_secs(0), 0.9, &calendar);
        assert!((most - expected).abs() < 1e-9, "{most} is not {expected}");
    }

    #[test]
    fn as_long_as_nothing_is_known_it_stays_as_it_is() {
        let mut forecast = Weekly::new(0.5);
        forecast.set(7.0);
        let most = forecast.most(
            SimTime::ZERO,
            Span::from_secs(60),
            0.9,
            &Calendar::default(),
        );
        assert!((most - 7.0).abs() < 1e-9);
    }
}
