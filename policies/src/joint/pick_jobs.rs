//! `RLScheduler`'s simulator (Zhang et al., SC 2020): one head at a time by a score, and nobody takes its turn before it starts.
//!
//! The head is chosen when the one before has started, and stays while others arrive with better scores. With backfilling it
//! has a shadow time, the least end by estimate at which it would fit, computed once; until it fits, whoever would end before
//! that and fits starts, in the order of submission. Of an instant, arrivals come before ends, one by one, and between them
//! the policy decides each time; jobs that end together end in the order in which they stand in its list, which is that of
//! their starts unless a shadow time was computed since. All of that is kept here, in lists that are sorted in place, so that
//! the engine may take an instant as a whole.

use sim_core::engine::{Change, JobView, Plan, Policy, View, Wakes};
use sim_core::units::{JobId, SimTime};

use super::pick_scores::{Score, Waiting};
use super::processors;
use crate::place::{FirstFit, Place};

/// `RLScheduler`'s simulator.
#[derive(Clone, Debug)]
pub struct PickJobs {
    score: Score,
    backfills: bool,
    /// The published bug: a job has waited for minus the time of its submission, whatever the time is.
    frozen: bool,
    queue: Vec<Waiting>,
    running: Vec<Running>,
    head: Option<Head>,
    free: u32,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    job: JobId,
    size: u32,
    /// Its end by estimate.
    by: SimTime,
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
            queue: Vec::new(),
            running: Vec::new(),
            head: None,
            free: 0,
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
        let (arrived, gone) = take_in(view, plan);
        // Whoever was interrupted waits as if it had just come.
        let again = |own: &Running| arrived.iter().any(|new: &Waiting| new.job == own.job);
        self.running.retain(|own| !again(own));
        let is_gone = |own: &Running| gone.contains(&own.job);
        let capacity = plan.capacity();
        let free: u32 = capacity
            .offerings()
            .map(|pool| capacity.free_gpus(pool))
            .sum();
        let leaving = self.running.iter().filter(|own| is_gone(own));
        let given_back: u32 = leaving.map(|own| own.size).sum();
        self.free = free.saturating_sub(given_back);
        for job in arrived {
            self.queue.push(job);
            self.go_on(view, plan);
        }
        // Those whose end is still to come stand in the list meanwhile, and count for the shadow time.
        while let Some(at) = self.running.iter().position(is_gone) {
            self.free += self.running.remove(at).size;
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
            if head.size > self.free {
                self.head = Some(head);
                if self.backfills {
                    self.backfill(view, plan);
                }
                return;
            }
            let at = self.queue.iter().position(|own| own.job == head.job);
            let waiting = self.queue.remove(at.expect("a head waits"));
            self.start(&waiting, view, plan);
            self.head = None;
        }
    }

    /// The next head, and its shadow time if it does not fit.
    fn choose(&mut self, now: SimTime) -> Option<Head> {
        let (score, frozen) = (self.score, self.frozen);
        self.queue
            .sort_by_cached_key(|own| score.of(own, frozen, now));
        let first = *self.queue.first()?;
        let shadow = if first.size > self.free && self.backfills {
            self.queue.sort_by_key(|own| own.submit);
            self.shadow(first.size)
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

    /// The least end by estimate at which so many are free.
    fn shadow(&mut self, size: u32) -> SimTime {
        self.running.sort_by_key(|own| own.by);
        let mut free = self.free;
        let fits = |own: &&Running| {
            free += own.size;
            free >= size
        };
        let last = self.running.iter().find(fits);
        last.or(self.running.last())
            .map_or(SimTime::MAX, |own| own.by)
    }

    /// Whoever has not been tried since something ended, in the order of submission.
    fn backfill(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        let Some(head) = self.head else { return };
        let mut at = head.tried;
        while let Some(own) = self.queue.get(at).copied() {
            let ends = view.now().saturating_add(own.estimate);
            if ends < head.shadow && own.size <= self.free {
                self.queue.remove(at);
                self.start(&own, view, plan);
            } else {
                at += 1;
            }
        }
        self.head = Some(Head { tried: at, ..head });
    }

    fn try_all(&mut self) {
        self.head = self.head.map(|head| Head { tried: 0, ..head });
    }

    fn start(&mut self, own: &Waiting, view: &View<'_>, plan: &mut Plan<'_>) {
        let placement = plan.lay(own.job, &mut |capacity, role, models| {
            FirstFit.lay(capacity, role, models)
        });
        let placement = placement.expect("processors are alike, and so many are free");
        plan.start(own.job, &placement).expect("it waits");
        self.free -= own.size;
        self.running.push(Running {
            job: own.job,
            size: own.size,
            by: view.now().saturating_add(own.estimate),
        });
    }
}

fn waiting(plan: &Plan<'_>, job: &JobView<'_>) -> Option<Waiting> {
    let described = processors::describes(plan, job);
    Some(Waiting {
        job: job.id(),
        submit: job.arrival(),
        estimate: job.estimate()?,
        size: job.gang().gpus(),
    })
    .filter(|_| described)
}

/// Who came, in the order of arrival, and who is gone.
fn take_in(view: &View<'_>, plan: &mut Plan<'_>) -> (Vec<Waiting>, Vec<JobId>) {
    let (mut arrived, mut gone) = (Vec::new(), Vec::new());
    for change in view.changes() {
        match change {
            Change::Arrived(id) | Change::Requeued(id) => {
                let Some(job) = view.job(*id) else { continue };
                match waiting(plan, &job) {
                    Some(waiting) => arrived.push(waiting),
                    None => plan.reject(*id).expect("it has just come"),
                }
            }
            Change::Ended(id) => gone.push(*id),
            Change::Started(_)
            | Change::Reseated(_)
            | Change::Node(_)
            | Change::Price(_)
            | Change::Availability(_)
            | Change::Woken => {}
        }
    }
    (arrived, gone)
}
