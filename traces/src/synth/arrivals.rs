//! When jobs come: a constant rate, a rate that follows day and week, or one that bursts.

use sim_core::units::{SimTime, Span, convert};
use sim_core::world::draw::{Stream, span};

use super::parameter::{Luck, ParameterError, positive};

/// An arrival process. All are exact: gaps are found by inverting the rate's integral.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// A constant rate.
    Poisson {
        /// Jobs an hour.
        per_hour: f64,
    },
    /// A rate that follows the hours of the day and the days of the week, Monday first.
    Weekly {
        /// Jobs an hour, averaged over a week.
        per_hour: f64,
        /// The rhythm.
        week: Box<Week>,
    },
    /// Calm and bursts in turn, both of exponential length: a Markov-modulated Poisson process.
    Bursty {
        /// Jobs an hour while calm.
        calm_per_hour: f64,
        /// Jobs an hour in a burst.
        burst_per_hour: f64,
        /// Mean length of a calm.
        calm: Span,
        /// Mean length of a burst.
        burst: Span,
    },
}

/// How a rate follows the hours of the day and the days of the week.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Week {
    /// Relative rate of each hour of the day.
    pub hours: [f64; 24],
    /// Relative rate of each day of the week, Monday first.
    pub days: [f64; 7],
    /// Hours from Monday midnight to time zero, below 168.
    pub starts_at: u32,
}

impl Arrivals {
    /// A daily cycle: a sine of this relative amplitude around the mean, highest at `peak_hour`.
    ///
    /// # Errors
    /// An amplitude outside [0, 1], or no hour of the day.
    pub fn diurnal(per_hour: f64, amplitude: f64, peak_hour: u32) -> Result<Self, ParameterError> {
        super::parameter::share("arrivals.amplitude", amplitude)?;
        if peak_hour >= 24 {
            let rule = "must be an hour of the day, 0 to 23";
            return Err(ParameterError::new("arrivals.peak-hour", peak_hour, rule));
        }
        let mut hours = [0.0; 24];
        for (hour, rate) in (0_u32..).zip(&mut hours) {
            let angle = f64::from(24 + hour - peak_hour) / 24.0 * std::f64::consts::TAU;
            *rate = 1.0 + amplitude * libm::cos(angle);
        }
        Ok(Self::Weekly {
            per_hour,
            week: Box::new(Week {
                hours,
                days: [1.0; 7],
                starts_at: 0,
            }),
        })
    }

    /// The same process where the run begins at this hour of the week, counted from Monday at
    /// midnight: below 168.
    #[must_use]
    pub fn starting_at(mut self, hour: u32) -> Self {
        match &mut self {
            Self::Weekly { week, .. } => week.starts_at = hour,
            Self::Poisson { .. } | Self::Bursty { .. } => {}
        }
        self
    }

    /// Jobs an hour in the long run.
    pub(crate) fn mean_per_hour(&self) -> f64 {
        match self {
            Self::Poisson { per_hour } | Self::Weekly { per_hour, .. } => *per_hour,
            Self::Bursty {
                calm_per_hour,
                burst_per_hour,
                calm,
                burst,
            } => {
                let [calm, burst] = [calm, burst].map(|mean| convert::real(mean.us()));
                (calm_per_hour * calm + burst_per_hour * burst) / (calm + burst)
            }
        }
    }

    /// The process, ready to draw.
    pub(crate) fn open(&self, luck: Luck<'_>) -> Result<Clock, ParameterError> {
        let field = |name: &str| format!("arrivals.{name}");
        let rhythm = match self {
            Self::Poisson { per_hour } => {
                let rate = positive(&field("per-hour"), *per_hour)?;
                Rhythm::Hours(vec![rate / HOUR_US])
            }
            Self::Weekly { per_hour, week } => {
                let rate = positive(&field("per-hour"), *per_hour)?;
                let mut profile = profile(&week.hours, &week.days)?;
                if week.starts_at >= 168 {
                    let rule = "must be an hour of the week, 0 to 167";
                    let field = field("starts-at");
                    return Err(ParameterError::new(&field, week.starts_at, rule));
                }
                profile.rotate_left(convert::index(week.starts_at));
                Rhythm::Hours(profile.into_iter().map(|p| p * rate / HOUR_US).collect())
            }
            Self::Bursty {
                calm_per_hour,
                burst_per_hour,
                calm,
                burst,
            } => {
                if *calm_per_hour < 0.0 || !calm_per_hour.is_finite() {
                    let rule = "must not be negative";
                    return Err(ParameterError::new(
                        &field("calm-per-hour"),
                        calm_per_hour,
                        rule,
                    ));
                }
                let rate = positive(&field("burst-per-hour"), *burst_per_hour)?;
                Rhythm::Modes {
                    rates: [calm_per_hour / HOUR_US, rate / HOUR_US],
                    means: [turn(&field("calm"), *calm)?, turn(&field("burst"), *burst)?],
                    burst: false,
                    until: SimTime::ZERO,
                }
            }
        };
        let mut clock = Clock {
            gaps: luck.stream("arrivals"),
            modes: luck.stream("arrival modes"),
            rhythm,
            now: SimTime::ZERO,
        };
        clock.begin();
        Ok(clock)
    }
}

const HOUR_US: f64 = 3.6e9;

/// Shorter turns are a constant rate to every scheduler, and a hundred years of them no end.
fn turn(field: &str, mean: Span) -> Result<Span, ParameterError> {
    if mean >= Span::from_secs(60) {
        Ok(mean)
    } else {
        Err(ParameterError::new(
            field,
            mean,
            "must be at least a minute",
        ))
    }
}

/// Relative rates of the hours of a week, with mean one.
fn profile(hours: &[f64; 24], days: &[f64; 7]) -> Result<Vec<f64>, ParameterError> {
    for (field, values) in [("arrivals.hours", &hours[..]), ("arrivals.days", &days[..])] {
        if let Some(bad) = values.iter().find(|v| !v.is_finite() || **v < 0.0) {
            return Err(ParameterError::new(field, bad, "must not be negative"));
        }
    }
    let week = days
        .iter()
        .flat_map(|day| hours.iter().map(move |hour| day * hour));
    let week: Vec<f64> = week.collect();
    let mean = week.iter().sum::<f64>() / 168.0;
    positive("arrivals.hours x days", mean)?;
    Ok(week.into_iter().map(|rate| rate / mean).collect())
}

/// Arrival times, ascending, until the end of time.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    gaps: Stream,
    modes: Stream,
    rhythm: Rhythm,
    now: SimTime,
}

/// Rates a microsecond.
#[derive(Clone, Debug)]
enum Rhythm {
    /// One for each hour, round and round; a single one for all time.
    Hours(Vec<f64>),
    /// Two that take turns.
    Modes {
        rates: [f64; 2],
        means: [Span; 2],
        burst: bool,
        until: SimTime,
    },
}

impl Clock {
    /// Starts a bursty process in a mode drawn by how much of the time each takes.
    fn begin(&mut self) {
        if let Rhythm::Modes {
            means,
            burst,
            until,
            ..
        } = &mut self.rhythm
        {
            let [calm, bursts] = means.map(|mean| convert::real(mean.us()));
            *burst = self.modes.chance(bursts / (calm + bursts));
            let mean = means[usize::from(*burst)];
            *until = SimTime::ZERO.saturating_add(self.modes.exponential_span(mean));
        }
    }

    /// The rate now, and until when it holds.
    fn rate(&self) -> (f64, SimTime) {
        match &self.rhythm {
            Rhythm::Hours(rates) if rates.len() == 1 => (rates[0], SimTime::MAX),
            Rhythm::Hours(rates) => {
                let hour = self.now.us() / 3_600_000_000;
                let end = SimTime::from_us((hour + 1) * 3_600_000_000);
                let at = hour % convert::wide(rates.len());
                let at = usize::try_from(at).expect("a position in the table");
                (rates[at], end.unwrap_or(SimTime::MAX))
            }
            Rhythm::Modes {
                rates,
                burst,
                until,
                ..
            } => (rates[usize::from(*burst)], *until),
        }
    }

    fn turn(&mut self) {
        if let Rhythm::Modes {
            means,
            burst,
            until,
            ..
        } = &mut self.rhythm
        {
            *burst = !*burst;
            let stay = self.modes.exponential_span(means[usize::from(*burst)]);
            *until = until.saturating_add(stay.max(Span::from_us(1).expect("short")));
        }
    }
}

impl Iterator for Clock {
    type Item = SimTime;

    fn next(&mut self) -> Option<SimTime> {
        // A unit of the rate's integral is one arrival: spend an exponential amount of it.
        let mut need = self.gaps.exponential(1.0);
        while self.now < SimTime::MAX {
            let (rate, until) = self.rate();
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
