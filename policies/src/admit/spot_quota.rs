//! Two classes of jobs, high and spot: high ones first, and spot ones in what high ones are not expected to want within the time
//! for which spot jobs shall be left alone.
//!
//! After GFS (J. Duan et al., "GFS: a preemption-aware scheduling framework for GPU clusters with predictive spot instance
//! management", ASPLOS 2026): a forecast of high demand with a confidence, a quota for spot jobs from it, and preemption by what
//! it wastes ([`LeastWaste`](crate::preempt::LeastWaste)). Approximate: its forecast is a linear network for each organisation and
//! is not published in code, ours is one of all by the hour of the week; it also adjusts the quota by the evictions that it saw.

use std::collections::BTreeMap;

use sim_core::engine::{Change, JobView, Reason, View, Wakes};
use sim_core::units::{JobId, SimTime, Span, convert};

use super::Admit;
use crate::compose::Desk;
use crate::forecast::Weekly;
use crate::queue::Pass;

/// Two classes of jobs.
#[derive(Clone, Debug)]
pub struct SpotQuota {
    /// Jobs of this priority and above are high.
    high: i32,
    /// How long spot jobs shall be left alone.
    horizon: Span,
    /// How likely high demand shall stay within what is kept for it.
    confidence: f64,
    /// What high jobs have wanted.
    forecast: Weekly,
    book: Book,
    pass: Pass,
    /// Whether a job was held back for the quota.
    bound: bool,
}

/// Live jobs, and what their classes come to.
#[derive(Clone, Debug, Default)]
struct Book {
    /// Whether high, thousandths of GPUs, whether it runs.
    jobs: BTreeMap<JobId, (bool, u64, bool)>,
    /// High jobs that wait.
    waiting: u32,
    /// Thousandths of GPUs that high jobs hold or wait for.
    high: u64,
    /// Thousandths of GPUs that spot jobs hold.
    spot: u64,
}

impl Book {
    fn set(&mut self, job: &JobView<'_>, is_high: bool, runs: bool) {
        self.remove(job.id());
        let milli = job.gang().gpu_milli();
        self.jobs.insert(job.id(), (is_high, milli, runs));
        self.high += if is_high { milli } else { 0 };
        self.spot += if runs && !is_high { milli } else { 0 };
        self.waiting += u32::from(is_high && !runs);
    }

    fn remove(&mut self, job: JobId) {
        if let Some((is_high, milli, runs)) = self.jobs.remove(&job) {
            self.high -= if is_high { milli } else { 0 };
            self.spot -= if runs && !is_high { milli } else { 0 };
            self.waiting -= u32::from(is_high && !runs);
        }
    }
}

impl SpotQuota {
    /// Which priority makes a job high, how long spot jobs shall be left alone, how likely high demand shall stay within what is
    /// kept for it, and the weight of the latest week in the forecast.
    pub fn new(high: i32, horizon: Span, confidence: f64, weight: f64) -> Self {
        Self {
            high,
            horizon,
            confidence,
            forecast: Weekly::new(weight),
            book: Book::default(),
            pass: Pass::default(),
            bound: false,
        }
    }

    /// Starts high jobs, or spot ones as far as the quota goes; whoever does not fit is passed over.
    fn start(&mut self, desk: &mut Desk<'_, '_, '_>, high: bool, (quota, held): (u64, u64)) {
        let mut pass = std::mem::take(&mut self.pass);
        desk.queue.begin(&mut pass);
        while let Some((id, lane)) = desk.queue.next(&mut pass) {
            let job = desk.job(id);
            if (job.priority() >= self.high) != high {
                continue;
            }
            if !high && self.book.spot + job.gang().gpu_milli() > quota {
                desk.plan.hold_alike(id, Reason::OverLimit);
                // In time the quota may come to be all that is held.
                self.bound |= job.gang().gpu_milli() <= held;
                pass.skip(lane);
            } else if desk.try_start(id) {
                self.book.set(&job, high, true);
            } else {
                // Of a lane all want the same; those of the other class have their own turn.
                pass.skip(lane);
            }
        }
        self.pass = pass;
    }
}

impl Admit for SpotQuota {
    fn admit(&mut self, desk: &mut Desk<'_, '_, '_>) {
        let (now, calendar) = (desk.view.now(), desk.view.calendar());
        self.forecast.pass(now, calendar);
        if self.book.waiting > 0 {
            self.start(desk, true, (0, 0));
        }
        let wanted = self
            .forecast
            .most(now, self.horizon, self.confidence, calendar);
        let held = desk.view.offerings().map(|(_, offering)| {
            u64::from(offering.held - offering.leaving) * u64::from(offering.shape.gpus) * 1000
        });
        let held = held.sum::<u64>();
        let quota = held.saturating_sub(convert::floor(wanted));
        self.bound = false;
        self.start(desk, false, (quota, held));
    }

    fn note(&mut self, change: &Change, view: &View<'_>) {
        let (Change::Arrived(id) | Change::Started(id) | Change::Requeued(id) | Change::Ended(id)) =
            change
        else {
            return;
        };
        self.forecast.pass(view.now(), view.calendar());
        match view.job(*id) {
            Some(job) => {
                let is_high = job.priority() >= self.high;
                self.book.set(&job, is_high, job.is_running());
            }
            None => self.book.remove(*id),
        }
        self.forecast.set(convert::real(self.book.high));
    }

    fn wakes_on(&self) -> Wakes {
        // What high jobs want is counted up to when they end.
        Wakes::END
    }

    fn wish(&self, view: &View<'_>) -> Option<SimTime> {
        let hour = Span::from_secs(3600);
        let next = view.now().saturating_add(Span::from_us(1)?).round_up(hour);
        self.bound.then_some(next)
    }

    fn fork(&self) -> Box<dyn Admit> {
        Box::new(self.clone())
    }
}
