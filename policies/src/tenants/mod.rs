//! Tenants: what each queue holds, what it is guaranteed, and what it may have at most.
//!
//! Queues form a tree; what a job holds counts for its queue and for all above. Guarantees and limits are in GPUs; DRF looks
//! at CPU and memory as well. Parts are of the GPUs that the fleets may hold at most, so that they do not move with them.

mod fair;
mod held;

pub use fair::Fairness;
pub use held::Held;

use sim_core::engine::{Change, JobView, View};
use sim_core::model::{Entitlement, Queue, Seat, entitlements};
use sim_core::units::{JobId, QueueId};

/// What the tenants hold.
#[derive(Clone, Debug, Default)]
pub struct Tenants {
    /// By queue; made when it is first looked at.
    branches: Vec<Branch>,
    /// Those that are part of no other.
    roots: Vec<usize>,
    /// What the fleets may hold at most.
    whole: Held,
    /// By job slot: who runs in it, for whom, with what.
    jobs: Vec<Option<(JobId, QueueId, Held)>>,
}

/// A queue and what is below it.
#[derive(Clone, Debug)]
struct Branch {
    parent: Option<usize>,
    children: Vec<usize>,
    /// Thousandths of GPUs.
    share: u64,
    limit: Option<u64>,
    weight: u32,
    held: Held,
}

impl Tenants {
    /// Learns what the queues are; once.
    pub fn meet(&mut self, view: &View<'_>) {
        if !self.branches.is_empty() {
            return;
        }
        self.whole = Held::most(view);
        // Where none is named, all jobs are of one.
        let only = [Queue::named("")];
        let queues = match view.queues() {
            [] => &only,
            queues => queues,
        };
        let entitlements = entitlements(queues, self.whole.gpu_milli);
        for (queue, Entitlement { share, limit }) in queues.iter().zip(entitlements) {
            let (at, parent) = (self.branches.len(), queue.parent.map(QueueId::index));
            match parent {
                Some(parent) => self.branches[parent].children.push(at),
                None => self.roots.push(at),
            }
            self.branches.push(Branch {
                parent,
                children: Vec::new(),
                share,
                limit,
                weight: queue.weight,
                held: Held::default(),
            });
        }
    }

    /// Takes note of what happened.
    pub fn note(&mut self, change: &Change, view: &View<'_>) {
        match change {
            Change::Started(job) | Change::Reseated(job) => {
                if let Some(job) = view.job(*job).filter(JobView::is_running) {
                    self.start(&job, job.allocation().seats());
                }
            }
            Change::Ended(job) | Change::Requeued(job) => self.stop(*job),
            Change::Arrived(_)
            | Change::Node(_)
            | Change::Price(_)
            | Change::Availability(_)
            | Change::Waiting(_)
            | Change::Woken => {}
        }
    }

    /// A job runs in these seats from now on.
    pub fn start(&mut self, job: &JobView<'_>, seats: &[Seat]) {
        self.stop(job.id());
        let (id, held) = (job.id(), Held::of(job.gang(), seats));
        if self.jobs.len() <= id.slot() {
            self.jobs.resize(id.slot() + 1, None);
        }
        self.jobs[id.slot()] = Some((id, job.queue(), held));
        self.each_above(job.queue(), |branch| branch.held += held);
    }

    /// A job runs no more, if it did.
    pub fn stop(&mut self, job: JobId) {
        let Some(slot) = self.jobs.get_mut(job.slot()) else {
            return;
        };
        if let Some((_, queue, held)) = slot.take_if(|(runs, ..)| *runs == job) {
            self.each_above(queue, |branch| branch.held -= held);
        }
    }

    /// What a running job holds.
    pub fn held_by(&self, job: JobId) -> Option<(QueueId, Held)> {
        let (runs, queue, held) = self.jobs.get(job.slot()).copied()??;
        (runs == job).then_some((queue, held))
    }

    /// Whether a queue and all above it may hold so much more.
    pub fn may_hold(&self, queue: QueueId, more: Held) -> bool {
        self.above(queue).all(|branch| {
            let held = branch.held.gpu_milli + more.gpu_milli;
            branch.limit.is_none_or(|limit| held <= limit)
        })
    }

    /// Whether a queue would hold no more than it is guaranteed with so much more.
    pub fn is_guaranteed(&self, queue: QueueId, more: Held) -> bool {
        let branch = &self.branches[queue.index()];
        branch.held.gpu_milli + more.gpu_milli <= branch.share
    }

    /// Thousandths of GPUs that a queue holds beyond what it is guaranteed.
    pub fn borrowed(&self, queue: QueueId) -> u64 {
        let branch = &self.branches[queue.index()];
        branch.held.gpu_milli.saturating_sub(branch.share)
    }

    /// Whose turn it is, of the open queues: from the top down, the one that stands worst.
    pub fn next(&self, fairness: Fairness, is_open: &dyn Fn(QueueId) -> bool) -> Option<QueueId> {
        let mut here = &self.roots;
        loop {
            let worst = here
                .iter()
                .copied()
                .filter(|at| self.leads_to(*at, is_open))
                .min_by_key(|at| {
                    let branch = &self.branches[*at];
                    fairness.standing((branch.share, branch.weight), branch.held, self.whole)
                })?;
            if self.branches[worst].children.is_empty() {
                return Some(queue_id(worst));
            }
            here = &self.branches[worst].children;
        }
    }

    fn leads_to(&self, at: usize, is_open: &dyn Fn(QueueId) -> bool) -> bool {
        let children = &self.branches[at].children;
        if children.is_empty() {
            return is_open(queue_id(at));
        }
        children.iter().any(|child| self.leads_to(*child, is_open))
    }

    fn above(&self, queue: QueueId) -> impl Iterator<Item = &Branch> {
        let up = |at: &usize| self.branches[*at].parent;
        std::iter::successors(Some(queue.index()), up).map(|at| &self.branches[at])
    }

    fn each_above(&mut self, queue: QueueId, mut change: impl FnMut(&mut Branch)) {
        let mut next = Some(queue.index());
        while let Some(at) = next {
            change(&mut self.branches[at]);
            next = self.branches[at].parent;
        }
    }
}

fn queue_id(at: usize) -> QueueId {
    QueueId(u16::try_from(at).expect("few queues"))
}
