//! Time Sliced: the time is cut into slices, each with its share of the work, and each is greedy with a safety net of its own.
//!
//! What is done beyond a slice's share lessens the next one's. A slice whose share is done may go on with spot, but not on
//! demand. The net of the whole job holds as well.

use sim_core::units::{SimTime, Span};

use super::net;
use super::rule::{On, Rule, Situation, Want, after, wide};

/// Greedy in each of several slices of the time.
#[derive(Clone, Copy, Debug)]
pub struct TimeSliced {
    /// How many, at least one.
    pub slices: u32,
}

impl Rule for TimeSliced {
    fn name(&self) -> &'static str {
        "time-sliced"
    }

    fn want(&mut self, job: &Situation<'_>) -> Want {
        if job.on == On::Spot {
            return Want::be(On::Spot);
        }
        if net::binds(job) {
            return Want::be(On::OnDemand);
        }
        let (end, left) = self.slice(job);
        let needed = left.saturating_add(job.changeover.saturating_mul(2));
        let binds_at = net::binds_at(end, needed);
        let wish = if job.spot.is_some() {
            On::Spot
        } else {
            On::Idle
        };
        if left > Span::ZERO && binds_at <= job.now() {
            return Want::until(On::OnDemand, share_done(job, left).min(end));
        }
        let next = if left > Span::ZERO { binds_at } else { end };
        Want::until(wish, next.min(net::instant(job)))
    }

    fn fork(&self) -> Box<dyn Rule> {
        Box::new(*self)
    }
}

impl TimeSliced {
    /// The end of the present slice, and what is left to do until then.
    fn slice(self, job: &Situation<'_>) -> (SimTime, Span) {
        let (n, allowed) = (u128::from(self.slices), wide(job.allowed()).max(1));
        let number = (wide(job.elapsed()) * n / allowed + 1).min(n);
        let end = after(job.arrival, (allowed * number).div_ceil(n));
        let due = (wide(job.work) * number).div_ceil(n);
        let left = due.saturating_sub(wide(job.done));
        let left = u64::try_from(left).ok().and_then(Span::from_us);
        (end.min(job.deadline), left.unwrap_or(Span::MAX))
    }
}

/// When a job on demand will have done `left` more.
fn share_done(job: &Situation<'_>, left: Span) -> SimTime {
    /// Where checkpoints slow the work it is later than that: asked again no sooner than this.
    const LEAST: Span = Span::from_secs(1);
    let setting_up = match job.on {
        On::OnDemand => job.setting_up(),
        On::Idle | On::Spot => job.changeover,
    };
    job.now()
        .saturating_add(setting_up)
        .saturating_add(left.max(LEAST))
}
