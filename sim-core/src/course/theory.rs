//! What theory says of checkpoints under exponential failures: best intervals, expected times.
//!
//! A machine fails at rate 1/mtbf while it is up, restores included; after each failure `downtime`
//! passes, in which nothing fails, then a restore, then the lost segment again (J. T. Daly, A higher
//! order estimate of the optimum checkpoint interval for restart dumps, FGCS 22, 2006, whose complete
//! model this is with no downtime). Expected times are in hours, since they exceed any span quickly.

use super::Cadence;
use crate::units::{Span, convert};

const HOUR_US: f64 = 3.6e9;

/// How often machines fail, and what a failure costs beside the lost work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failures {
    mtbf: Span,
    restore: Span,
    downtime: Span,
}

/// The mean time between failures is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoUptime;

impl Failures {
    /// Failures at a mean distance of `mtbf` of time up; each is followed by `downtime` on average (only
    /// its mean matters) and by `restore`.
    ///
    /// # Errors
    /// `mtbf` is zero.
    pub fn new(mtbf: Span, restore: Span, downtime: Span) -> Result<Self, NoUptime> {
        if mtbf == Span::ZERO {
            return Err(NoUptime);
        }
        Ok(Self {
            mtbf,
            restore,
            downtime,
        })
    }

    /// Expected number of failures until `work` is done and, if the cadence says so, dumped; failures
    /// in restores count. Uploads take no time here: see [`Failures::stretch`].
    pub fn expected_failures(&self, work: Span, cadence: &Cadence) -> f64 {
        let every = cadence.every().map_or(work, |every| every.min(work));
        if every == Span::ZERO {
            return 0.0;
        }
        let between = cadence.dumps(work) - u64::from(cadence.last());
        let last = hours(work.saturating_sub(every.saturating_mul(between)));
        let dump = hours(cadence.dump());
        let at_the_end = if cadence.last() { dump } else { 0.0 };
        convert::real(between) * self.failures_in(hours(every) + dump)
            + self.failures_in(last + at_the_end)
    }

    /// Expected hours from the start until `work` is done, downtimes included. Uploads take no time
    /// here: see [`Failures::stretch`].
    pub fn expected_h(&self, work: Span, cadence: &Cadence) -> f64 {
        (hours(self.mtbf) + hours(self.downtime)) * self.expected_failures(work, cadence)
    }

    /// Expected hours that are billed: the time up.
    pub fn billed_h(&self, work: Span, cadence: &Cadence) -> f64 {
        hours(self.mtbf) * self.expected_failures(work, cadence)
    }

    /// Expected hours where every loss is announced early enough for a dump, at no cost of its own.
    pub fn noticed_h(&self, work: Span) -> f64 {
        self.noticed_billed_h(work) * (1.0 + hours(self.downtime) / hours(self.mtbf))
    }

    /// The part of [`Failures::noticed_h`] that is billed.
    pub fn noticed_billed_h(&self, work: Span) -> f64 {
        hours(work) * libm::exp(hours(self.restore) / hours(self.mtbf))
    }

    /// Long-run time per unit of work where snapshots are durable only `upload` after their dump;
    /// `upload` must not exceed `every`. `None` without a period.
    pub fn stretch(&self, cadence: &Cadence) -> Option<f64> {
        let every = hours(cadence.every()?);
        let late = libm::exp(hours(cadence.upload()) / hours(self.mtbf));
        let failures = late * self.failures_in(every + hours(cadence.dump()));
        Some((hours(self.mtbf) + hours(self.downtime)) * failures / every)
    }

    /// The number of equal segments in which `work` takes least time, each followed by a dump.
    pub fn best_segments(&self, work: Span, dump: Span) -> u64 {
        let best = hours(exact(dump, self.mtbf));
        if best <= 0.0 {
            return u64::MAX;
        }
        let below = convert::floor(hours(work) / best).max(1);
        let time = |count: u64| {
            let count = convert::real(count);
            count * self.failures_in(hours(work) / count + hours(dump))
        };
        if time(below + 1) < time(below) {
            below + 1
        } else {
            below
        }
    }

    /// Expected failures until `busy_h` hours have passed without one, restores in between.
    fn failures_in(&self, busy_h: f64) -> f64 {
        libm::exp(hours(self.restore) / hours(self.mtbf)) * libm::expm1(busy_h / hours(self.mtbf))
    }
}

/// Young's interval of work between dumps, sqrt(2 dump mtbf) (CACM 17, 1974).
pub fn young(dump: Span, mtbf: Span) -> Span {
    span((2.0 * hours(dump) * hours(mtbf)).sqrt())
}

/// Daly's higher-order interval (2006, equation 37): `mtbf` where a dump takes twice that or more.
pub fn daly(dump: Span, mtbf: Span) -> Span {
    let (c, m) = (hours(dump), hours(mtbf));
    if c >= 2.0 * m {
        return mtbf;
    }
    let ratio = c / (2.0 * m);
    let series = 1.0 + ratio.sqrt() / 3.0 + ratio / 9.0;
    span((2.0 * c * m).sqrt() * series - c)
}

/// The interval that is best exactly, mtbf (1 + W0(-e^(-dump/mtbf - 1))). Restores and downtimes do not
/// move it.
pub fn exact(dump: Span, mtbf: Span) -> Span {
    if mtbf == Span::ZERO {
        return Span::ZERO;
    }
    let m = hours(mtbf);
    span(m * (1.0 + lambert_w0(-libm::exp(-hours(dump) / m - 1.0))))
}

/// The principal branch of Lambert's W, w e^w = x, for x >= -1/e; NaN below.
pub fn lambert_w0(x: f64) -> f64 {
    let above = std::f64::consts::E * x + 1.0;
    if above.is_nan() || above < -1e-15 {
        return f64::NAN;
    }
    // Near the branch point the series in p = sqrt(2 (e x + 1)) (Corless et al. 1996).
    let p = (2.0 * above.max(0.0)).sqrt();
    if p < 1e-3 {
        return -1.0 + p * (1.0 - p * (1.0 / 3.0 - p * (11.0 / 72.0)));
    }
    let mut w = if x < 1.0 {
        -1.0 + p * (1.0 - p / 3.0 * (1.0 - p * 0.25).max(0.25))
    } else {
        let log = libm::log(x);
        log - libm::log(log.max(1.0))
    };
    // Halley's step triples the digits: from any of these starts six are more than enough.
    for _ in 0..10 {
        let e = libm::exp(w);
        let off = w * e - x;
        let step = off / (e * (w + 1.0) - (w + 2.0) * off / (2.0 * w + 2.0));
        w -= step;
        if step.abs() <= 1e-16 * w.abs() {
            break;
        }
    }
    w
}

impl std::fmt::Display for NoUptime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a mean time between failures of zero: nothing would ever run; give a span")
    }
}

impl std::error::Error for NoUptime {}

fn hours(span: Span) -> f64 {
    convert::real(span.us()) / HOUR_US
}

fn span(hours: f64) -> Span {
    let us = convert::floor(hours * HOUR_US + 0.5);
    Span::from_us(us).unwrap_or(Span::MAX)
}

#[cfg(test)]
mod tests;
