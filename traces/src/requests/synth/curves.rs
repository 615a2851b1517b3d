//! Curves of our own: the day, the week, a sale; each bucket holds the exact integral of its rate.

use std::f64::consts::TAU;

use sim_core::units::{Span, convert};

use crate::requests::{RateCurve, Then};
use crate::synth::{ParameterError, positive, positive_span, share};

/// A sale: a rate that rises to a multiple, stays, and falls again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlashSale {
    /// Requests a second before and after.
    pub per_s: f64,
    /// How many times that at the height, at least 1.
    pub factor: f64,
    /// When the rate begins to rise.
    pub start: Span,
    /// How long it takes to rise, and to fall: in a straight line.
    pub ramp: Span,
    /// How long the height lasts.
    pub length: Span,
}

const DAY_S: f64 = 86_400.0;
const DAY_BUCKETS: u32 = 144;

impl RateCurve {
    /// A day that repeats: a cosine of this relative amplitude around the mean, highest at
    /// `peak_hour`, in buckets of 10 minutes.
    ///
    /// # Errors
    /// No positive rate, an amplitude outside [0, 1], or no hour of a day.
    pub fn diurnal(per_s: f64, amplitude: f64, peak_hour: f64) -> Result<Self, ParameterError> {
        Self::weekly(per_s, amplitude, peak_hour, 1.0).map(|week| {
            let day = week.expected()[..convert::index(DAY_BUCKETS)].to_vec();
            Self::new(week.bucket(), day)
                .expect("a part of a curve")
                .then(Then::Repeat)
        })
    }

    /// A week that repeats, beginning on Monday at midnight: days as of [`RateCurve::diurnal`],
    /// Saturday and Sunday `weekend` times those between, in buckets of 10 minutes. `per_s` is the
    /// mean of the week.
    ///
    /// # Errors
    /// As [`RateCurve::diurnal`]; a weekend that is not above 0.
    pub fn weekly(
        per_s: f64,
        amplitude: f64,
        peak_hour: f64,
        weekend: f64,
    ) -> Result<Self, ParameterError> {
        positive("per-second", per_s)?;
        share("amplitude", amplitude)?;
        positive("weekend", weekend)?;
        if !(0.0..24.0).contains(&peak_hour) {
            let rule = "must be an hour of the day, from 0 to below 24";
            return Err(ParameterError::new("peak-hour", peak_hour, rule));
        }
        let bucket_s = DAY_S / f64::from(DAY_BUCKETS);
        let working_s = per_s * 7.0 / (5.0 + 2.0 * weekend);
        // The integral of 1 + amplitude x cos from midnight.
        let until = |nth: u32| {
            let s = f64::from(nth) * bucket_s;
            let angle = (s / DAY_S - peak_hour / 24.0) * TAU;
            s + amplitude * DAY_S / TAU * libm::sin(angle)
        };
        let day: Vec<f64> = (0..DAY_BUCKETS)
            .map(|nth| (until(nth + 1) - until(nth)).max(0.0))
            .collect();
        let days = [1.0, 1.0, 1.0, 1.0, 1.0, weekend, weekend];
        let week = days.iter().flat_map(|factor| {
            let rate = working_s * factor;
            day.iter().map(move |share| share * rate)
        });
        let bucket = Span::from_secs(86_400 / u64::from(DAY_BUCKETS));
        let curve = Self::new(bucket, week.collect());
        let curve = curve.map_err(|error| {
            let rule = error.to_string();
            ParameterError::new("per-second", per_s, &rule)
        })?;
        Ok(curve.then(Then::Repeat))
    }

    /// A sale, in buckets of 10 s; afterwards the rate stays at its base.
    ///
    /// # Errors
    /// No positive rate, a factor below 1, a sale without length, or one too long for a curve.
    pub fn flash_sale(sale: FlashSale) -> Result<Self, ParameterError> {
        positive("per-second", sale.per_s)?;
        positive_span("length", sale.length)?;
        if !(sale.factor >= 1.0 && sale.factor.is_finite()) {
            let rule = "must be at least 1: how many times the base the height is";
            return Err(ParameterError::new("factor", sale.factor, rule));
        }
        let seconds = |span: Span| convert::real(span.us()) / 1e6;
        let [start, ramp, length] = [sale.start, sale.ramp, sale.length].map(seconds);
        // The integral of the rate's share above the base: up, stay, down.
        let above = |s: f64| {
            let up = rise(s - start, ramp);
            let down = rise(s - start - ramp - length, ramp);
            up - down
        };
        let ends = start + 2.0 * ramp + length;
        let bucket_s = 10.0;
        let count = convert::floor(libm::ceil(ends / bucket_s)) + 1;
        let refuse = |rule: &str| ParameterError::new("start", sale.start, rule);
        let count = u32::try_from(count).map_err(|_| refuse("ends after more than a century"))?;
        let expected = (0..count).map(|nth| {
            let from = f64::from(nth) * bucket_s;
            let extra = (above(from + bucket_s) - above(from)).max(0.0);
            sale.per_s * (bucket_s + (sale.factor - 1.0) * extra)
        });
        let curve = Self::new(Span::from_secs(10), expected.collect());
        let curve = curve.map_err(|error| refuse(&error.to_string()))?;
        Ok(curve.then(Then::Hold))
    }
}

/// The integral, up to `s` after its beginning, of what rises from 0 to 1 within `ramp`.
fn rise(s: f64, ramp: f64) -> f64 {
    if s <= 0.0 {
        0.0
    } else if s < ramp {
        s * s / (2.0 * ramp)
    } else {
        s - ramp / 2.0
    }
}
