//! Shocks: instants at which a pool takes back a random fraction of its machines at once.
//!
//! They stand beside the small hazard of each single machine: from 16 nodes held, the next sample
//! after a drop had lost half to four fifths of them on average, and all in 23 % to 69 % of drops
//! (`SkyPilot` traces, Wu et al., NSDI 2024). Pools of a region share a stream of shocks, each of which
//! reaches a pool with a probability of its own; what is missing to the pool's rate comes from a
//! stream of the pool alone.

use super::draw::Stream;
use super::parameter::{MAX_STEPS, ParameterError, positive, within};
use crate::units::{SimTime, Span, convert};

/// One, in parts per million.
const WHOLE_PPM: u32 = 1_000_000;

/// An instant at which each machine of a pool is taken back with the same probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shock {
    /// When.
    pub at: SimTime,
    /// The probability of each machine, in parts per million.
    pub fraction_ppm: u32,
    /// Names the shock in every draw about it.
    pub key: u64,
}

impl Shock {
    /// Whether it takes the machine in `slot`, whoever else is there. A larger fraction takes the same
    /// slots and more.
    pub fn hits(&self, slot: u32) -> bool {
        if self.fraction_ppm >= WHOLE_PPM {
            return true;
        }
        let uniform = Stream::new(self.key, &["shock victim".into(), slot.into()]).uniform();
        uniform * f64::from(WHOLE_PPM) < f64::from(self.fraction_ppm)
    }
}

/// How large shocks are: all of the pool, or a fraction that is Beta(1, b).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Severity {
    total: f64,
    partial: f64,
}

impl Severity {
    /// The whole pool with probability `total`, else a fraction of mean `partial` (one half: uniform).
    ///
    /// # Errors
    /// `total` is outside 0 to 1, or `partial` outside 0.001 to 0.999.
    pub fn new(total: f64, partial: f64) -> Result<Self, ParameterError> {
        Ok(Self {
            total: within("total", total, (0.0, 1.0))?,
            partial: within("partial", partial, (0.001, 0.999))?,
        })
    }

    /// The mean fraction of a shock.
    pub fn mean(&self) -> f64 {
        self.total + (1.0 - self.total) * self.partial
    }

    fn draw_ppm(&self, stream: &mut Stream) -> u32 {
        if stream.chance(self.total) {
            return WHOLE_PPM;
        }
        // Beta(1, b) has mean 1 / (1 + b) and is Kumaraswamy's law: F(x) = 1 - (1 - x)^b.
        let b = (1.0 - self.partial) / self.partial;
        let fraction = -libm::expm1(libm::log1p(-stream.uniform()) / b);
        let ppm = convert::floor(fraction * f64::from(WHOLE_PPM) + 0.5);
        u32::try_from(ppm).map_or(WHOLE_PPM, |ppm| ppm.clamp(1, WHOLE_PPM))
    }
}

/// The shocks that pools of a region share.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Names their stream.
    pub name: String,
    /// Mean time between them.
    pub every: Span,
    /// The probability with which each reaches a pool, independently of other pools.
    pub reach: f64,
}

/// The shocks of a pool: a Poisson stream of a given rate, part of it shared with its region.
#[derive(Clone, Debug, PartialEq)]
pub struct Shocks {
    every: Span,
    severity: Severity,
    region: Option<Region>,
}

impl Shocks {
    /// Shocks at a mean distance of `every`, of the pool alone.
    ///
    /// # Errors
    /// `every` is zero.
    pub fn new(every: Span, severity: Severity) -> Result<Self, ParameterError> {
        let every = positive("every", every)?;
        let region = None;
        Ok(Self {
            every,
            severity,
            region,
        })
    }

    /// The same rate, but so much of it from the region's shocks as reaches the pool. Two pools of
    /// equal rate have counts correlated by reach^2 x every / region.every.
    ///
    /// # Errors
    /// The region alone would shock the pool more often than its rate says, or a parameter is out of
    /// range.
    pub fn within(self, region: Region) -> Result<Self, ParameterError> {
        positive("region.every", region.every)?;
        let region_us = convert::real(region.every.us());
        let most = (region_us / convert::real(self.every.us())).min(1.0);
        within("region.reach", region.reach, (0.0, most))?;
        let region = Some(region);
        Ok(Self { region, ..self })
    }

    /// The shocks of `pool` before `until`, in order of time.
    ///
    /// # Errors
    /// There are more than [`MAX_STEPS`].
    pub fn generate(
        &self,
        seed: u64,
        pool: &str,
        until: SimTime,
    ) -> Result<Vec<Shock>, ParameterError> {
        let own = Stream::new(seed, &["pool shocks".into(), pool.into()]);
        let mut shocks = Vec::new();
        for (at, ordinal) in instants(own, self.own_gap_us(), until)?
            .into_iter()
            .zip(0_u64..)
        {
            let name = ["pool shock".into(), pool.into(), ordinal.into()];
            shocks.push(self.shock(at, Stream::new(seed, &name)));
        }
        if let Some(region) = &self.region {
            let shared = Stream::new(seed, &["region shocks".into(), region.name.as_str().into()]);
            let gap_us = convert::real(region.every.us());
            for (at, ordinal) in instants(shared, gap_us, until)?.into_iter().zip(0_u64..) {
                let region_name = region.name.as_str().into();
                let name = [
                    "region shock".into(),
                    region_name,
                    pool.into(),
                    ordinal.into(),
                ];
                let mut luck = Stream::new(seed, &name);
                if luck.chance(region.reach) {
                    shocks.push(self.shock(at, luck));
                }
            }
        }
        shocks.sort_by_key(|shock| (shock.at, shock.key));
        Ok(shocks)
    }

    fn shock(&self, at: SimTime, mut luck: Stream) -> Shock {
        let key = luck.bits();
        let fraction_ppm = self.severity.draw_ppm(&mut luck);
        Shock {
            at,
            fraction_ppm,
            key,
        }
    }

    /// Mean microseconds between the pool's own shocks; infinite where the region's are all there are.
    fn own_gap_us(&self) -> f64 {
        let rate = 1.0 / convert::real(self.every.us());
        let shared = self.region.as_ref();
        let shared = shared.map_or(0.0, |region| {
            region.reach / convert::real(region.every.us())
        });
        // A remainder of rounding is no rate.
        let own = rate - shared;
        if own > rate * 1e-12 {
            1.0 / own
        } else {
            f64::INFINITY
        }
    }
}

/// Poisson instants after time zero and before `until`, at a mean distance of `gap_us`.
fn instants(
    mut stream: Stream,
    gap_us: f64,
    until: SimTime,
) -> Result<Vec<SimTime>, ParameterError> {
    let (end, mut at, mut found) = (convert::real(until.us()), 0.0, Vec::new());
    loop {
        at += stream.exponential(gap_us);
        if at >= end {
            return Ok(found);
        }
        if found.len() == MAX_STEPS {
            return Err(ParameterError::TooMany { name: "every" });
        }
        found.push(SimTime::from_us(convert::floor(at)).expect("before the end of the run"));
    }
}

#[cfg(test)]
mod tests;
