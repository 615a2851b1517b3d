//! batsched's `easy_bf_fast`: EASY with a shadow time that is computed once, when a job becomes head, and no extra nodes.
//!
//! The head is tried, and the queue scanned, only at instants at which a job ended; a job just submitted is tested once, on
//! its arrival, after that scan. A job may pass the head only if it ends by the shadow time.

use sim_core::engine::{Change, Plan, Policy, Reason, View, Wakes};
use sim_core::units::{JobId, SimTime};

use super::processors;

/// batsched's `easy_bf_fast`.
#[derive(Clone, Debug, Default)]
pub struct EasyBfFast {
    head: Option<(JobId, SimTime)>,
    waiting: Vec<JobId>,
    fresh: Vec<JobId>,
}

impl Policy for EasyBfFast {
    fn name(&self) -> &'static str {
        "easy-bf-fast"
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::ARRIVAL | Wakes::END | Wakes::NODE
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        plan.hold_others(Reason::WouldDelay);
        self.fresh.clear();
        let freed = |change: &Change| {
            matches!(
                change,
                Change::Ended(_) | Change::Requeued(_) | Change::Node(_)
            )
        };
        if view.changes().iter().any(freed) {
            self.after_an_end(view, plan);
        }
        for change in view.changes() {
            if let Change::Arrived(job) | Change::Requeued(job) = change {
                self.test_once(view, plan, *job);
            }
        }
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.clone())
    }
}

impl EasyBfFast {
    fn after_an_end(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        if let Some((head, _)) = self.head.filter(|(head, _)| fits(view, plan, *head)) {
            self.start(plan, view, head);
            self.head = None;
            while let Some(job) = self.waiting.first().copied() {
                self.waiting.remove(0);
                if fits(view, plan, job) {
                    self.start(plan, view, job);
                } else {
                    self.crown(view, plan, job);
                    break;
                }
            }
        }
        for job in std::mem::take(&mut self.waiting) {
            if fits(view, plan, job) && self.in_time(view, job) {
                self.start(plan, view, job);
            } else {
                self.waiting.push(job);
            }
        }
    }

    fn test_once(&mut self, view: &View<'_>, plan: &mut Plan<'_>, job: JobId) {
        let Some(described) = view.job(job).map(|job| processors::describes(plan, &job)) else {
            return;
        };
        if !described {
            plan.reject(job).expect("it has just come");
        } else if fits(view, plan, job) && self.in_time(view, job) {
            self.start(plan, view, job);
        } else if self.head.is_none() {
            self.crown(view, plan, job);
        } else {
            self.waiting.push(job);
        }
    }

    fn in_time(&self, view: &View<'_>, job: JobId) -> bool {
        let end = view
            .job(job)
            .and_then(|job| job.estimated_end())
            .unwrap_or(SimTime::MAX);
        self.head.is_none_or(|(_, shadow)| end <= shadow)
    }

    fn crown(&mut self, view: &View<'_>, plan: &Plan<'_>, job: JobId) {
        let needed = view
            .job(job)
            .and_then(|job| processors::wanted(&job))
            .expect("checked on arrival");
        self.head = Some((job, processors::shadow(view, plan, &self.fresh, needed)));
    }

    fn start(&mut self, plan: &mut Plan<'_>, view: &View<'_>, job: JobId) {
        let needed = view
            .job(job)
            .and_then(|job| processors::wanted(&job))
            .expect("checked on arrival");
        let on: Vec<_> = processors::free(plan).into_iter().take(needed).collect();
        processors::start(plan, job, &on);
        self.fresh.push(job);
    }
}

fn fits(view: &View<'_>, plan: &Plan<'_>, job: JobId) -> bool {
    let needed = view
        .job(job)
        .and_then(|job| processors::wanted(&job))
        .expect("checked on arrival");
    processors::free(plan).len() >= needed
}
