//! Uniform Progress: on demand as soon as less than an even share of the work is done, so that the risk is spread over time.
//!
//! With cp(t) the work done and ep(t) = C0 t / R0 its even share: an idle job goes on demand where cp < ep; any spot machine
//! is taken, even by a job that is behind; a job on demand leaves for a spot machine only where cp(t) >= ep(t + 2d), lest it
//! goes to and fro.

use sim_core::units::{SimTime, Span};

use super::net;
use super::rule::{On, Rule, Situation, Want, after, wide};

/// An even share of the work at all times.
#[derive(Clone, Copy, Debug)]
pub struct UniformProgress;

impl Rule for UniformProgress {
    fn name(&self) -> &'static str {
        "uniform-progress"
    }

    fn want(&mut self, job: &Situation<'_>) -> Want {
        let ahead = job.changeover.saturating_mul(2);
        if let Some(tick) = job.tick {
            return Want::be(net::in_ticks(job, tick, in_ticks(job, ahead)));
        }
        match job.on {
            On::Spot => Want::be(On::Spot),
            _ if net::binds(job) => Want::be(On::OnDemand),
            On::Idle if job.spot.is_some() => Want::be(On::Spot),
            On::Idle => idle(job),
            On::OnDemand if job.spot.is_none() => Want::be(On::OnDemand),
            On::OnDemand if job.keeps_pace(ahead) => Want::be(On::Spot),
            On::OnDemand => Want {
                on: On::OnDemand,
                again: catches_up(job, ahead),
            },
        }
    }

    fn fork(&self) -> Box<dyn Rule> {
        Box::new(*self)
    }
}

/// An idle job that finds no spot machine: on demand if it is behind, else idle until it would be.
pub(super) fn idle(job: &Situation<'_>) -> Want {
    if job.keeps_pace(Span::ZERO) {
        Want::until(On::Idle, behind_at(job).min(net::instant(job)))
    } else {
        Want::be(On::OnDemand)
    }
}

/// The published simulator's wish: one on demand leaves only where it has done more than its share of t + 2d.
fn in_ticks(job: &Situation<'_>, ahead: Span) -> On {
    let at = wide(job.elapsed()) + wide(ahead);
    let exceeds = wide(job.done) * wide(job.allowed()) > wide(job.work) * at;
    match (job.on, job.spot.is_some()) {
        (On::OnDemand, false) => On::OnDemand,
        (On::OnDemand, true) if !exceeds => On::OnDemand,
        (_, true) => On::Spot,
        (_, false) if job.keeps_pace(Span::ZERO) => On::Idle,
        (_, false) => On::OnDemand,
    }
}

/// The first instant at which an idle job is behind: cp < C0 t / R0.
fn behind_at(job: &Situation<'_>) -> SimTime {
    let (done, allowed, work) = (wide(job.done), wide(job.allowed()), wide(job.work));
    match (done * allowed).checked_div(work) {
        Some(even) => after(job.arrival, even + 1),
        None => SimTime::MAX,
    }
}

/// When a job that works on demand will have cp(t) >= ep(t + ahead), if it ever will.
fn catches_up(job: &Situation<'_>, ahead: Span) -> Option<SimTime> {
    /// Where checkpoints slow the work it is later than that: asked again no sooner than this.
    const LEAST_US: u128 = 1_000_000;
    let setting_up = job.setting_up();
    let even = wide(job.work) * (wide(job.elapsed()) + wide(setting_up) + wide(ahead));
    let missing = even.saturating_sub(wide(job.done) * wide(job.allowed()));
    let gain = wide(job.allowed()).checked_sub(wide(job.work))?;
    let work = (gain > 0).then(|| missing.div_ceil(gain))?;
    Some(after(job.now(), wide(setting_up) + work.max(LEAST_US)))
}
