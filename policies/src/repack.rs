//! Repacking: all live jobs in one order, running or not, and whoever fits in that order runs.
//!
//! Each in turn may take what those ahead of it leave, whoever holds it now. On GPUs that are all alike exactly those run who
//! would if the fleet were emptied and filled anew; but nobody who goes on is moved, and nobody is stopped for a job that then
//! does not fit. Where shapes differ, a running job whose place was needed stops, though it might have fitted elsewhere.

use sim_core::engine::{Capacity, JobView, Mark, Plan, Reason, View};
use sim_core::model::{Gang, ModelSet, Placement};
use sim_core::units::JobId;

use crate::compose::lay_most;
use crate::place::Place;

/// What becomes of those behind a job that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// They may start.
    Skip,
    /// None of them starts; those that run go on.
    Strict,
}

/// Decides who runs: the jobs of `order`, the first one first, which holds every live job once.
pub(crate) fn repack(
    order: &[JobId],
    line: Line,
    place: &mut dyn Place,
    view: &View<'_>,
    plan: &mut Plan<'_>,
) {
    let mut packing = Packing {
        mark: plan.mark(),
        view,
        plan,
        place,
        steps: Vec::new(),
        unfit: Vec::new(),
    };
    let mut stopped = false;
    for (position, id) in order.iter().enumerate() {
        let Some(job) = view.job(*id) else { continue };
        if job.is_running() {
            packing.take_back(*id);
        } else if !stopped && packing.plan.is_pending(*id) {
            let fits = packing.seat(&job, &order[position + 1..]);
            stopped = !fits && line == Line::Strict;
        }
    }
    packing.settle();
    // Of each kind the first was tried, whosever it was.
    plan.hold_others(match line {
        Line::Skip => Reason::Unplaced,
        Line::Strict => Reason::BehindHead,
    });
}

/// What is done to a job.
#[derive(Debug)]
enum Step {
    Stop(JobId),
    Start(JobId, Placement),
}

/// A packing in the making.
struct Packing<'r, 'v, 'p> {
    view: &'r View<'v>,
    plan: &'r mut Plan<'p>,
    place: &'r mut dyn Place,
    /// The plan as it was before.
    mark: Mark,
    /// What was done since then, in this order: where parts of GPUs are shared, another order may leave no room for the same
    /// placements.
    steps: Vec<Step>,
    /// The first of each kind of job that did not fit: what is left only shrinks, so that no other of its kind does.
    unfit: Vec<(JobId, &'v Gang, ModelSet)>,
}

impl<'v> Packing<'_, 'v, '_> {
    /// Starts a waiting job, in the place of jobs behind it if need be; whether it fits.
    fn seat(&mut self, job: &JobView<'v>, behind: &[JobId]) -> bool {
        let (gang, models) = (job.gang(), job.models());
        let is_known =
            |(_, other, allowed): &(JobId, &Gang, ModelSet)| *allowed == models && **other == *gang;
        if self.unfit.iter().any(is_known) {
            return false;
        }
        let found = self.lay(job.id());
        let Some(placement) = found.or_else(|| self.make_room(job, behind)) else {
            self.unfit.push((job.id(), gang, models));
            return false;
        };
        let started = self.plan.start(job.id(), &placement);
        started.expect("a placement that was laid out on this plan");
        self.steps.push(Step::Start(job.id(), placement));
        true
    }

    fn lay(&mut self, job: JobId) -> Option<Placement> {
        let place = &mut *self.place;
        self.plan.lay(job, &mut |capacity, role, models| {
            lay_most(place, capacity, (role, models))
        })
    }

    /// Where a job lies if as few as will do of those behind it stop, the last one first; they are out then.
    fn make_room(&mut self, job: &JobView<'v>, behind: &[JobId]) -> Option<Placement> {
        let (mark, before) = (self.plan.mark(), self.steps.len());
        let holds = |id: &JobId| {
            let own = self.view.job(*id).filter(JobView::is_running)?;
            let held = u64::from(own.gang().gpus_in(own.allocation().seats()));
            let may = self.plan.is_running(*id) && may_stop(self.plan.capacity(), &own);
            may.then_some((*id, held))
        };
        let candidates: Vec<(JobId, u64)> = behind.iter().rev().filter_map(holds).collect();
        let wanted = whole_gpus(job.gang());
        let mut freed = free_gpus(self.plan.capacity());
        if freed + candidates.iter().map(|(_, held)| held).sum::<u64>() < wanted {
            return None;
        }
        for (victim, held) in candidates {
            if !self.plan.can_spare(victim) {
                continue;
            }
            self.plan.preempt(victim).expect("it runs");
            self.steps.push(Step::Stop(victim));
            freed += held;
            if freed < wanted {
                continue;
            }
            if let Some(placement) = self.lay(job.id()) {
                return Some(placement);
            }
        }
        self.plan.rollback(mark);
        self.steps.truncate(before);
        None
    }

    /// Its turn has come: a running job that is out goes on if those ahead of it can lie beside it.
    fn take_back(&mut self, job: JobId) {
        let is_out = |step: &Step| matches!(step, Step::Stop(out) if *out == job);
        if self.steps.iter().any(is_out) {
            self.arrange(Some(job));
        }
    }

    /// Stops and starts the same jobs but for `back`, which goes on: those that start lie where they lay, or else elsewhere. If
    /// they do not all fit, all is left as it is.
    fn arrange(&mut self, back: Option<JobId>) {
        self.plan.rollback(self.mark);
        if let Some(steps) = self.arranged(back) {
            self.steps = steps;
            return;
        }
        self.plan.rollback(self.mark);
        for step in &self.steps {
            let done = match step {
                Step::Stop(job) => self.plan.preempt(*job),
                Step::Start(job, placement) => self.plan.start(*job, placement),
            };
            done.expect("the same steps on the same plan");
        }
    }

    /// The steps of that, all stops first, if they all fit.
    fn arranged(&mut self, back: Option<JobId>) -> Option<Vec<Step>> {
        let mut steps = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            if let Step::Stop(job) = step
                && Some(*job) != back
            {
                self.plan.preempt(*job).expect("it runs");
                steps.push(Step::Stop(*job));
            }
        }
        for position in 0..self.steps.len() {
            let Step::Start(job, placement) = &self.steps[position] else {
                continue;
            };
            let job = *job;
            let mark = self.plan.mark();
            let placement = if self.plan.start(job, placement).is_ok() {
                placement.clone()
            } else {
                self.plan.rollback(mark);
                let placement = self.lay(job)?;
                let started = self.plan.start(job, &placement);
                started.expect("a placement that was laid out on this plan");
                placement
            };
            steps.push(Step::Start(job, placement));
        }
        Some(steps)
    }

    /// Writes down what was found, with the stops first if that is the same.
    fn settle(mut self) {
        self.arrange(None);
        for (job, _, _) in self.unfit {
            self.plan.hold_alike(job, Reason::Unplaced);
        }
    }
}

/// What a job gives back can be used: it holds nothing on nodes that are closed, and does not save its state just now.
fn may_stop(capacity: &Capacity, job: &JobView<'_>) -> bool {
    let seats = job.allocation().seats();
    !job.is_saving() && seats.iter().all(|seat| capacity.is_open(seat.node))
}

/// Whole GPUs that a gang cannot do without.
fn whole_gpus(gang: &Gang) -> u64 {
    let roles = gang.roles().iter();
    roles
        .map(|role| u64::from(role.least) * u64::from(role.demand.whole_gpus()))
        .sum()
}

fn free_gpus(capacity: &Capacity) -> u64 {
    let pools = capacity.offerings();
    pools.map(|pool| u64::from(capacity.free_gpus(pool))).sum()
}
