//! The lists of `RLScheduler`'s simulator: who waits, who runs, and how many processors are free, as it knows them.

use sim_core::engine::{Change, JobView, Plan, View};
use sim_core::units::{JobId, SimTime};

use super::pick_scores::Waiting;
use super::processors;
use crate::place::{FirstFit, Place};

/// The lists, in whatever order they were sorted last.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    pub(super) queue: Vec<Waiting>,
    running: Vec<Running>,
    /// Below zero while whoever ended on a machine that is gone has not left.
    pub(super) free: i64,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    job: JobId,
    size: u32,
    /// Its end by estimate.
    by: SimTime,
}

/// What happened in an instant.
#[derive(Clone, Debug, Default)]
pub(super) struct News {
    /// Who came, in the order of arrival.
    pub(super) arrived: Vec<Waiting>,
    /// Who ended: they stand in the list of those that run until they [leave](Lists::leave) it.
    gone: Vec<JobId>,
}

impl Lists {
    /// Counts what is free before anyone ends; jobs that cannot be described are turned away. Whoever was interrupted waits as
    /// if it had just come.
    pub(super) fn take_in(&mut self, view: &View<'_>, plan: &mut Plan<'_>) -> News {
        let news = news(view, plan);
        let again = |own: &Running| news.arrived.iter().any(|new| new.job == own.job);
        self.running.retain(|own| !again(own));
        let capacity = plan.capacity();
        let free: u32 = capacity
            .offerings()
            .map(|pool| capacity.free_gpus(pool))
            .sum();
        let leaving = self.running.iter().filter(|own| news.is_gone(own));
        let given_back: u32 = leaving.map(|own| own.size).sum();
        self.free = i64::from(free) - i64::from(given_back);
        news
    }

    /// Lets go the next one that ended, in the order of the list; whether there was one.
    pub(super) fn leave(&mut self, news: &News) -> bool {
        let Some(at) = self.running.iter().position(|own| news.is_gone(own)) else {
            return false;
        };
        self.free += i64::from(self.running.remove(at).size);
        true
    }

    /// The least end by estimate at which so many are free; those whose end is still to come within the instant count.
    pub(super) fn shadow(&mut self, size: u32) -> SimTime {
        self.running.sort_by_key(|own| own.by);
        let mut free = self.free;
        let fits = |own: &&Running| {
            free += i64::from(own.size);
            free >= i64::from(size)
        };
        let last = self.running.iter().find(fits);
        last.or(self.running.last())
            .map_or(SimTime::MAX, |own| own.by)
    }

    /// Starts the one at this position of the queue, which fits.
    pub(super) fn start(&mut self, position: usize, view: &View<'_>, plan: &mut Plan<'_>) {
        let own = self.queue.remove(position);
        let placement = plan.lay(own.job, &mut |capacity, role, models| {
            FirstFit.lay(capacity, role, models)
        });
        let placement = placement.expect("processors are alike, and so many are free");
        plan.start(own.job, &placement).expect("it waits");
        self.free -= i64::from(own.size);
        self.running.push(Running {
            job: own.job,
            size: own.size,
            by: view.now().saturating_add(own.estimate),
        });
    }
}

impl News {
    fn is_gone(&self, own: &Running) -> bool {
        self.gone.contains(&own.job)
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

fn news(view: &View<'_>, plan: &mut Plan<'_>) -> News {
    let mut news = News::default();
    for change in view.changes() {
        match change {
            Change::Arrived(id) | Change::Requeued(id) => {
                let Some(job) = view.job(*id) else { continue };
                match waiting(plan, &job) {
                    Some(waiting) => news.arrived.push(waiting),
                    None => plan.reject(*id).expect("it has just come"),
                }
            }
            Change::Ended(id) => news.gone.push(*id),
            Change::Started(_)
            | Change::Reseated(_)
            | Change::Node(_)
            | Change::Price(_)
            | Change::Availability(_)
            | Change::Waiting(_)
            | Change::Woken => {}
        }
    }
    news
}
