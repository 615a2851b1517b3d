//! `RLScheduler`'s simulator (Zhang et al., SC 2020): one head at a time by a score, and nobody takes its turn before it starts.
//!
//! The head is chosen when the one before has started, and stays while others arrive with better scores. With backfilling it
//! has a shadow time, the least end by estimate at which it would fit, computed once; until it fits, whoever would end before
//! that and fits starts, in the order of submission. Of an instant, arrivals come before ends, one by one, and between them
//! the policy decides each time; jobs that end together end in the order in which they stand in its list, which is that of
//! their starts unless a shadow time was computed since. All of that is kept here, in lists that are sorted in place, so that
//! the engine may take an instant as a whole.

use sim_core::engine::{Change, Plan, Policy, Reason, View, Wakes};
use sim_core::units::{JobId, SimTime};

use super::pick_lists::Lists;
use super::pick_scores::Score;

/// `RLScheduler`'s simulator.
#[derive(Clone, Debug)]
pub struct PickJobs {
    score: Score,
    backfills: bool,
    /// The published bug: a job has waited for minus the time of its submission, whatever the time is.
    frozen: bool,
    lists: Lists,
    head: Option<Head>,
}

/// The job whose turn it is.
#[derive(Clone, Copy, Debug)]
struct Head {
    job: JobId,
    size: u32,
    shadow: SimTime,
    /// So many of the queue are known not to start before something ends.
    tried: usize,
}

impl PickJobs {
    /// With an empty queue.
    pub fn new(score: Score, backfills: bool, frozen: bool) -> Self {
        Self {
            score,
            backfills,
            frozen,
            lists: Lists::default(),
            head: None,
        }
    }
}

impl Policy for PickJobs {
    fn name(&self) -> &'static str {
        "pick-jobs"
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::ARRIVAL | Wakes::END | Wakes::NODE
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        plan.hold_others(if self.backfills {
            Reason::WouldDelay
        } else {
            Reason::BehindHead
        });
        let mut news = self.lists.take_in(view, plan);
        for job in std::mem::take(&mut news.arrived) {
            self.lists.queue.push(job);
            self.go_on(view, plan);
        }
        while self.lists.leave(&news) {
            self.try_all();
            self.go_on(view, plan);
        }
        if view
            .changes()
            .iter()
            .any(|change| matches!(change, Change::Node(_)))
        {
            self.try_all();
            self.go_on(view, plan);
        }
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.clone())
    }
}

impl PickJobs {
    /// Starts heads as long as they fit; then, if it backfills, whoever fits before the shadow time.
    fn go_on(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        while let Some(head) = self.head.or_else(|| self.choose(view.now())) {
            if i64::from(head.size) > self.lists.free {
                self.head = Some(head);
                if self.backfills {
                    self.backfill(view, plan);
                }
                return;
            }
            let mut queue = self.lists.queue.iter();
            let at = queue.position(|own| own.job == head.job);
            self.lists.start(at.expect("a head waits"), view, plan);
            self.head = None;
        }
    }

    /// The next head, and its shadow time if it does not fit.
    fn choose(&mut self, now: SimTime) -> Option<Head> {
        let (score, frozen) = (self.score, self.frozen);
        let queue = &mut self.lists.queue;
        queue.sort_by_cached_key(|own| score.of(own, frozen, now));
        let first = *queue.first()?;
        let shadow = if i64::from(first.size) > self.lists.free && self.backfills {
            queue.sort_by_key(|own| own.submit);
            self.lists.shadow(first.size)
        } else {
            SimTime::MAX
        };
        Some(Head {
            job: first.job,
            size: first.size,
            shadow,
            tried: 0,
        })
    }

    /// Whoever has not been tried since something ended, in the order of submission.
    fn backfill(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        let Some(head) = self.head else { return };
        let mut at = head.tried;
        while let Some(own) = self.lists.queue.get(at).copied() {
            let ends = view.now().saturating_add(own.estimate);
            if ends < head.shadow && i64::from(own.size) <= self.lists.free {
                self.lists.start(at, view, plan);
            } else {
                at += 1;
            }
        }
        self.head = Some(Head { tried: at, ..head });
    }

    fn try_all(&mut self) {
        self.head = self.head.map(|head| Head { tried: 0, ..head });
    }
}
