//! The luck of one machine: a uniform for each thing that chance decides about it.
//!
//! Each is drawn under its own name from (seed, offering, slot, ordinal), so that another law of boot
//! times leaves lifetimes as they were, and two policies that launch the same slot meet the same luck.

use super::draw::{Part, Stream, quantile, span};
use super::parameter::{ParameterError, positive};
use crate::units::{Span, convert};

/// Uniforms in (0, 1) of one launch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Launch {
    /// When the provider takes it back: for [`Lifetime::span`](super::Lifetime::span).
    pub lifetime: f64,
    /// When its hardware fails: for [`Lifetime::span`](super::Lifetime::span).
    pub failure: f64,
    /// How long it boots: for [`BootTime::span`].
    pub boot: f64,
    /// Whether the launch succeeds: for [`Launch::succeeds`].
    pub success: f64,
}

impl Launch {
    /// The luck of the launch `ordinal` (from 0) in `slot` of the offering of this name.
    pub fn draw(seed: u64, offering: &str, slot: u32, ordinal: u32) -> Self {
        let uniform = |what: &'static str| {
            let name: [Part<'_>; 4] = [what.into(), offering.into(), slot.into(), ordinal.into()];
            Stream::new(seed, &name).uniform()
        };
        Self {
            lifetime: uniform("launch lifetime"),
            failure: uniform("launch failure"),
            boot: uniform("launch boot"),
            success: uniform("launch success"),
        }
    }

    /// The uniform for the next failure of a machine that was repaired so often.
    pub fn failure_again(
        seed: u64,
        offering: &str,
        (slot, ordinal): (u32, u32),
        repairs: u32,
    ) -> f64 {
        let name: [Part<'_>; 5] = [
            "launch failure again".into(),
            offering.into(),
            slot.into(),
            ordinal.into(),
            repairs.into(),
        ];
        Stream::new(seed, &name).uniform()
    }

    /// Whether a launch of this probability succeeds. One that does would at any higher one.
    pub fn succeeds(&self, probability: f64) -> bool {
        self.success < probability
    }
}

/// How long a machine takes from its grant until it is ready.
#[derive(Clone, Debug, PartialEq)]
pub struct BootTime(Law);

#[derive(Clone, Debug, PartialEq)]
enum Law {
    Constant(Span),
    LogNormal { log_median: f64, sigma: f64 },
}

impl BootTime {
    /// Always this long.
    pub const fn constant(span: Span) -> Self {
        Self(Law::Constant(span))
    }

    /// Lognormal by its median and 95 % point.
    ///
    /// # Errors
    /// The median is zero, or above the 95 % point.
    pub fn log_normal(median: Span, p95: Span) -> Result<Self, ParameterError> {
        positive("median", median)?;
        if p95 < median {
            let (name, least) = ("p95", "median");
            return Err(ParameterError::Order { name, least });
        }
        let log = |span: Span| libm::log(convert::real(span.us()));
        let sigma = (log(p95) - log(median)) / quantile::normal(0.95);
        let log_median = log(median);
        Ok(Self(Law::LogNormal { log_median, sigma }))
    }

    /// The boot time at probability `uniform` in (0, 1), to the microsecond.
    pub fn span(&self, uniform: f64) -> Span {
        match self.0 {
            Law::Constant(span) => span,
            Law::LogNormal { log_median, sigma } => {
                span(quantile::lognormal(uniform, log_median, sigma))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_uniform_has_its_own_name() {
        let one = Launch::draw(1, "spot", 3, 0);
        assert_eq!(one, Launch::draw(1, "spot", 3, 0));
        let mut all = Vec::new();
        for (seed, offering, slot, ordinal) in [
            (1, "spot", 3, 0),
            (2, "spot", 3, 0),
            (1, "spo", 3, 0),
            (1, "spot", 0, 3),
        ] {
            let l = Launch::draw(seed, offering, slot, ordinal);
            all.extend([l.lifetime, l.failure, l.boot, l.success].map(f64::to_bits));
        }
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 16);
    }

    #[test]
    fn the_uniforms_of_launches_are_fair_and_independent() {
        let n = 20_000_u32;
        let draws: Vec<Launch> = (0..n)
            .map(|k| Launch::draw(7, "spot", k / 4, k % 4))
            .collect();
        let columns: [fn(&Launch) -> f64; 4] =
            [|l| l.lifetime, |l| l.failure, |l| l.boot, |l| l.success];
        for (i, x) in columns.iter().enumerate() {
            let mean = draws.iter().map(x).sum::<f64>() / f64::from(n);
            let z = (mean - 0.5) * (12.0 * f64::from(n)).sqrt();
            assert!(z.abs() < 4.0, "mean of column {i}: z {z}");
            for (j, y) in columns.iter().enumerate().skip(i + 1) {
                let products = draws.iter().map(|l| (x(l) - 0.5) * (y(l) - 0.5));
                // The product of two centred uniforms has variance 1/144.
                let z = products.sum::<f64>() * 12.0 / f64::from(n).sqrt();
                assert!(z.abs() < 4.0, "columns {i} and {j}: z {z}");
            }
        }
        let started = draws.iter().filter(|l| l.succeeds(0.1)).count();
        let z = (convert::real(convert::wide(started)) - 2_000.0) / 1_800_f64.sqrt();
        assert!(z.abs() < 4.0, "launches that succeed: z {z}");
    }

    #[test]
    fn boots_meet_their_median_and_95_percent_point() {
        let (median, p95) = (Span::from_secs(180), Span::from_secs(420));
        let boot = BootTime::log_normal(median, p95).unwrap();
        assert!(boot.span(0.5).us().abs_diff(median.us()) <= 1);
        assert!(boot.span(0.95).us().abs_diff(p95.us()) <= 1);
        assert_eq!(BootTime::constant(p95).span(0.01), p95);
        let same = BootTime::log_normal(median, median).unwrap();
        assert!(same.span(0.99).us().abs_diff(median.us()) <= 1);
        let order = ParameterError::Order {
            name: "p95",
            least: "median",
        };
        assert_eq!(BootTime::log_normal(p95, median), Err(order));
        let zero = ParameterError::Zero { name: "median" };
        assert_eq!(BootTime::log_normal(Span::ZERO, p95), Err(zero));
    }
}
