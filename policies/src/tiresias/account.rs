//! What a multi-level queue keeps of a job: how much it was served, how long it waited, and so in which queue it belongs.

use sim_core::engine::JobView;
use sim_core::units::{SimTime, Span, convert};

use super::gittins::Gittins;

/// What counts as having been served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Working time.
    Time,
    /// Working time times GPUs.
    GpuTime,
}

/// The rules of a multi-level queue. Times are in ticks.
#[derive(Clone, Debug)]
pub struct Rules {
    /// What counts.
    pub service: Service,
    /// Service at which a job leaves each queue but the last for the next one, ascending.
    pub limits: Vec<u64>,
    /// A job that waited so many times what it worked and kept goes back to the first queue; never, if zero.
    pub promote_after: f64,
    /// Who goes first within a queue; none: whose turn it is.
    pub gittins: Option<Gittins>,
    /// Length of a tick.
    pub tick: Span,
    /// The published simulator's ways: at most one queue down at a time, and, with GPU time, its formula for when to look.
    pub published: bool,
}

/// What is kept of a job.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    /// The queue it is in.
    pub(super) queue: usize,
    /// Whether it runs, for all that was decided.
    pub(super) runs: bool,
    /// Working time at its last promotion: what came before does not count.
    forgiven: Span,
    /// What of that was kept.
    kept: Span,
    /// Ticks worked and waited since then; waiting before it first ran does not count.
    worked: u64,
    waited: u64,
    seen: SimTime,
}

/// What a look at an account leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    Stay,
    Down,
    Up,
}

/// A look a moment after the last one is put off to here: while a job writes it does not work, and when it writes is not to be
/// seen.
const SOONEST: Span = Span::from_secs(1);

impl Account {
    /// Of a job that has just come.
    pub(super) fn new(now: SimTime) -> Self {
        Self {
            queue: 0,
            runs: false,
            forgiven: Span::ZERO,
            kept: Span::ZERO,
            worked: 0,
            waited: 0,
            seen: now,
        }
    }

    /// Brings it up to date, and moves it to the queue in which it belongs.
    pub(super) fn look(&mut self, job: &JobView<'_>, now: SimTime, rules: &Rules) -> Move {
        let since = self.seen.max(job.queued().min(now));
        self.seen = now;
        self.worked = ticks(job.attained().saturating_sub(self.forgiven), rules);
        let before = self.queue;
        if job.is_running() {
            let service = self.service(job, rules);
            let served = |limit: &u64| service >= *limit;
            while rules.limits.get(self.queue).is_some_and(served) {
                self.queue += 1;
                if rules.published {
                    break;
                }
            }
            return if self.queue > before {
                Move::Down
            } else {
                Move::Stay
            };
        }
        if self.worked > 0 {
            self.waited += ticks(now.since(since), rules);
        }
        let patience = self.patience(job, rules);
        if patience.is_some_and(|patience| self.waited >= patience) {
            self.queue = 0;
            (self.forgiven, self.kept) = (job.attained(), job.served());
            (self.worked, self.waited) = (0, 0);
            return Move::Up;
        }
        Move::Stay
    }

    /// Service so far.
    pub(super) fn service(&self, job: &JobView<'_>, rules: &Rules) -> u64 {
        match rules.service {
            Service::Time => self.worked,
            Service::GpuTime => {
                let milli = u128::from(self.worked) * u128::from(job.gang().gpu_milli());
                u64::try_from(milli / 1000).unwrap_or(u64::MAX)
            }
        }
    }

    /// When it changes its queue next, if it goes on running, or waiting.
    pub(super) fn due(&self, job: &JobView<'_>, rules: &Rules) -> Option<SimTime> {
        let (from, left) = if self.runs {
            let limit = rules.limits.get(self.queue)?;
            (self.works(job), self.left(job, *limit, rules)?)
        } else {
            let left = self.patience(job, rules)?.checked_sub(self.waited)?;
            (self.seen, Some(left).filter(|left| *left > 0)?)
        };
        let us = left.saturating_mul(rules.tick.us());
        let soonest = if rules.published { rules.tick } else { SOONEST };
        let left = Span::from_us(us).unwrap_or(Span::MAX).max(soonest);
        Some(from.saturating_add(left)).filter(|due| *due < SimTime::MAX)
    }

    /// From when it works: first it sets up.
    fn works(&self, job: &JobView<'_>) -> SimTime {
        let checkpoint = job.checkpoint();
        let setup = if job.is_running() && job.attempts() == 1 {
            checkpoint.setup
        } else {
            job.restore()
        };
        let started = job.started().unwrap_or(self.seen);
        started.saturating_add(setup).max(self.seen)
    }

    /// Ticks of work to a limit.
    fn left(&self, job: &JobView<'_>, limit: u64, rules: &Rules) -> Option<u64> {
        let milli = u128::from(job.gang().gpu_milli());
        let left = match rules.service {
            Service::Time => return Some(limit.saturating_sub(self.worked)),
            // What was served is not in GPU time, and the quotient is rounded down: too soon or too late, until it is due.
            Service::GpuTime if rules.published => {
                (u128::from(limit.saturating_sub(self.worked)) * 1000).checked_div(milli)
            }
            Service::GpuTime => {
                let served = u128::from(self.worked) * milli;
                let left = (u128::from(limit) * 1000).saturating_sub(served);
                (milli > 0).then(|| left.div_ceil(milli))
            }
        };
        u64::try_from(left?).ok()
    }

    /// How long it waits before it goes back to the first queue, if it ever does. For what it lost it does not: jobs whose
    /// turns end before they save anything would make room for each other for ever.
    fn patience(&self, job: &JobView<'_>, rules: &Rules) -> Option<u64> {
        let kept = ticks(job.served().saturating_sub(self.kept), rules);
        let may_rise = rules.promote_after > 0.0 && self.queue > 0 && kept > 0;
        may_rise.then(|| convert::floor(convert::real(kept) * rules.promote_after))
    }
}

fn ticks(span: Span, rules: &Rules) -> u64 {
    span.us() / rules.tick.us()
}
