//! The safety net: the last moment at which going on demand still meets the deadline.

use sim_core::units::{SimTime, Span};

use super::rule::{On, Situation};

/// Twice the changeover: one to get there, one that a spot machine may have cost in vain.
fn doubled(job: &Situation<'_>) -> Span {
    job.changeover.saturating_mul(2)
}

/// Whether a job that is not on spot must be on demand: R(t) < C(t) + 2d, or it is late.
pub(crate) fn binds(job: &Situation<'_>) -> bool {
    let needed = job.left().saturating_add(doubled(job));
    job.time_left() < needed || job.now() >= job.deadline
}

/// The first instant at which the net binds, if the job does nothing until then.
pub(crate) fn instant(job: &Situation<'_>) -> SimTime {
    binds_at(job.deadline, job.left().saturating_add(doubled(job)))
}

/// The first instant at which less than `needed` is left until `deadline`; at most the deadline.
pub(super) fn binds_at(deadline: SimTime, needed: Span) -> SimTime {
    let all = deadline.since(SimTime::ZERO);
    let early = all.saturating_sub(needed).us().saturating_add(1);
    let early = SimTime::from_us(early).unwrap_or(SimTime::MAX);
    if needed > all {
        SimTime::ZERO
    } else {
        early.min(deadline)
    }
}

/// The net of the published simulator, which thinks in whole ticks: work is rounded up to ticks, time left down.
///
/// Its last rule asks where the job was in the tick before, even if that machine is gone: such a job idles for a tick.
pub(super) fn in_ticks(job: &Situation<'_>, tick: Span, wish: On) -> On {
    let up = |span: Span| span.us().div_ceil(tick.us()) * tick.us();
    let left = job.time_left().us() / tick.us() * tick.us();
    let mut want = wish;
    if up(job.left().saturating_add(doubled(job))) >= left && job.on != On::Spot {
        want = On::OnDemand;
    }
    if up(job.left().saturating_add(job.changeover)) >= left {
        let works = job.setting_up() == Span::ZERO;
        want = if job.last == On::Spot && works {
            On::Spot
        } else {
            On::OnDemand
        };
    }
    want
}
