//! `AccaSim` 1.1.3's `EASYBackfilling`, which is not EASY: the reservation binds nobody, and the head is not tried again
//! before its time.
//!
//! A head that does not fit is given a time, the least estimated end at which it would; until the first instant from then on
//! it is passed over, and whoever fits starts; from then on it is tried first at every instant. So the head can starve. Where no job runs and none will come, the clock goes on
//! to the head's time.

use sim_core::engine::{Change, Plan, Policy, Reason, View, Wakes};
use sim_core::units::{JobId, SimTime};

use super::processors;

/// `AccaSim`'s "EASY".
#[derive(Clone, Debug, Default)]
pub struct Ebf {
    queue: Vec<JobId>,
    blocked: Option<(JobId, SimTime)>,
}

impl Policy for Ebf {
    fn name(&self) -> &'static str {
        "ebf"
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::ARRIVAL | Wakes::END | Wakes::NODE | Wakes::WAKE
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        plan.hold_others(Reason::Outranked);
        self.take_in(view, plan);
        let now = view.now();
        let mut fresh = Vec::new();
        for job in std::mem::take(&mut self.queue) {
            let needed = view
                .job(job)
                .and_then(|job| processors::wanted(&job))
                .expect("checked on arrival");
            let waits = self
                .blocked
                .is_some_and(|(blocked, at)| blocked == job && at > now);
            let on: Vec<_> = processors::free(plan).into_iter().take(needed).collect();
            if !waits && on.len() == needed {
                processors::start(plan, job, &on);
                fresh.push(job);
                self.blocked.take_if(|(blocked, _)| *blocked == job);
                continue;
            }
            if self.blocked.is_none() {
                self.blocked = Some((job, processors::shadow(view, plan, &fresh, needed)));
            }
            self.queue.push(job);
        }
        let nothing_runs = view.running_len() == 0 && fresh.is_empty();
        let more_to_come = view
            .arrivals()
            .is_some_and(|leave| view.more_arrivals(leave));
        if let Some((_, at)) = self
            .blocked
            .filter(|(_, at)| nothing_runs && !more_to_come && *at > now && *at < SimTime::MAX)
        {
            plan.wake_at(at).expect("a time that has not come");
        }
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.clone())
    }
}

impl Ebf {
    fn take_in(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        for change in view.changes() {
            if let Change::Node(_) = change {
                // What running jobs cannot free, nodes may: a time that never comes was found without them.
                self.blocked.take_if(|(_, at)| *at == SimTime::MAX);
            }
            if let Change::Arrived(id) | Change::Requeued(id) = change {
                let Some(job) = view.job(*id) else { continue };
                if processors::describes(plan, &job) {
                    self.queue.push(*id);
                } else {
                    plan.reject(*id).expect("it has just come");
                }
            }
        }
    }
}
