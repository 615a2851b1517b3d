//! The live jobs: a slab whose slots are reused, with the pending and the running ones in two linked lists.

use crate::course::{Cadence, Footing, Progress, Split};
use crate::model::{Allocation, Job};
use crate::units::{JobId, SimTime, Span, convert};

/// Where a live job stands. Jobs that have ended are not here any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Pending,
    Running,
}

/// A job that has arrived and not ended.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) id: JobId,
    pub(crate) job: Job,
    pub(crate) standing: Standing,
    pub(crate) progress: Progress,
    pub(crate) attempt: Attempt,
    pub(crate) allocation: Allocation,
    /// Working time of earlier attempts that was kept, and that was lost.
    pub(crate) kept: Span,
    pub(crate) lost: Span,
    /// Attempts so far, the running one included.
    pub(crate) attempts: u32,
    /// When it last joined the queue.
    pub(crate) queued: SimTime,
    /// The stretch of work between checkpoints that the policy chose for it.
    pub(crate) every: Option<Span>,
}

/// The running attempt; meaningless while pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) started: SimTime,
    /// From when on it works: the start plus what restoring takes.
    pub(crate) works: SimTime,
    /// When its work is done, or, if it saves its state at a notice, when that is done: an event at any other instant is stale.
    pub(crate) due: SimTime,
    /// Working time to its end.
    pub(crate) left: Span,
    /// How it writes checkpoints.
    pub(crate) cadence: Cadence,
    /// Since when it has been saving its state at a notice.
    pub(crate) saving: Option<SimTime>,
    pub(crate) on: Footing,
}

/// Ends of a linked list.
#[derive(Clone, Copy, Debug)]
struct List {
    first: u32,
    last: u32,
    len: u32,
}

/// The neighbours of a live job in its list. They lie apart from the jobs: a step along a list, or a change of it, touches
/// 8 bytes of a neighbour and not its spec.
#[derive(Clone, Copy, Debug)]
struct Link {
    before: u32,
    after: u32,
}

const NIL: u32 = u32::MAX;

/// Who lives in a slot where nobody does.
const NOBODY: JobId = JobId::new(u32::MAX, u32::MAX);

impl List {
    const EMPTY: Self = Self {
        first: NIL,
        last: NIL,
        len: 0,
    };
}

/// The live jobs.
#[derive(Clone, Debug)]
pub(crate) struct Jobs {
    slots: Vec<Live>,
    links: Vec<Link>,
    free: Vec<u32>,
    pending: List,
    running: List,
}

impl Jobs {
    pub(crate) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            links: Vec::new(),
            free: Vec::new(),
            pending: List::EMPTY,
            running: List::EMPTY,
        }
    }

    /// Admits the job at `ordinal` of the workload, pending.
    pub(crate) fn admit(
        &mut self,
        ordinal: u32,
        job: Job,
        progress: Progress,
        attempt: Attempt,
    ) -> JobId {
        if let Some(slot) = self.free.pop() {
            // Written in place: a live job is several cache lines, and this is done once a job.
            let live = &mut self.slots[convert::index(slot)];
            live.id = JobId::new(ordinal, slot);
            live.queued = job.arrival;
            live.job = job;
            live.standing = Standing::Pending;
            live.progress = progress;
            live.attempt = attempt;
            live.allocation.seats.clear();
            (live.kept, live.lost, live.attempts) = (Span::ZERO, Span::ZERO, 0);
            live.every = None;
            self.append(convert::index(slot), Standing::Pending);
            return JobId::new(ordinal, slot);
        }
        let id = JobId::new(ordinal, convert::narrow(self.slots.len()));
        self.slots.push(Live {
            id,
            queued: job.arrival,
            job,
            standing: Standing::Pending,
            progress,
            attempt,
            allocation: Allocation::default(),
            kept: Span::ZERO,
            lost: Span::ZERO,
            attempts: 0,
            every: None,
        });
        self.links.push(Link {
            before: NIL,
            after: NIL,
        });
        self.append(id.slot(), Standing::Pending);
        id
    }

    /// Drops a job that has ended.
    pub(crate) fn remove(&mut self, id: JobId) {
        let live = self.live_mut(id);
        live.id = NOBODY;
        let standing = live.standing;
        self.unlink(id.slot(), standing);
        self.free.push(convert::narrow(id.slot()));
    }

    /// Moves a job to the end of the other list.
    pub(crate) fn stand(&mut self, id: JobId, standing: Standing) {
        let before = std::mem::replace(&mut self.live_mut(id).standing, standing);
        self.unlink(id.slot(), before);
        self.append(id.slot(), standing);
    }

    /// The job, or `None` if it has ended.
    pub(crate) fn get(&self, id: JobId) -> Option<&Live> {
        self.slots.get(id.slot()).filter(|live| live.id == id)
    }

    pub(crate) fn live(&self, id: JobId) -> &Live {
        self.get(id).expect("a handle to a live job")
    }

    pub(crate) fn live_mut(&mut self, id: JobId) -> &mut Live {
        let live = &mut self.slots[id.slot()];
        assert!(live.id == id, "a handle to a live job");
        live
    }

    /// Slots ever in use: handles index below it.
    pub(crate) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Number of live jobs.
    pub(crate) fn len(&self) -> u32 {
        self.pending.len + self.running.len
    }

    pub(crate) fn count(&self, standing: Standing) -> u32 {
        self.list(standing).len
    }

    /// The jobs that stand so, in the order in which they came to.
    pub(crate) fn iter(&self, standing: Standing) -> impl Iterator<Item = &Live> {
        let mut next = self.list(standing).first;
        std::iter::from_fn(move || {
            let slot = convert::index(next);
            next = self.links.get(slot)?.after;
            Some(&self.slots[slot])
        })
    }

    const fn list(&self, standing: Standing) -> &List {
        match standing {
            Standing::Pending => &self.pending,
            Standing::Running => &self.running,
        }
    }

    const fn list_mut(&mut self, standing: Standing) -> &mut List {
        match standing {
            Standing::Pending => &mut self.pending,
            Standing::Running => &mut self.running,
        }
    }

    fn append(&mut self, slot: usize, standing: Standing) {
        let name = convert::narrow(slot);
        let list = self.list_mut(standing);
        let last = std::mem::replace(&mut list.last, name);
        list.len += 1;
        match self.links.get_mut(convert::index(last)) {
            Some(before) => before.after = name,
            None => self.list_mut(standing).first = name,
        }
        self.links[slot] = Link {
            before: last,
            after: NIL,
        };
    }

    fn unlink(&mut self, slot: usize, standing: Standing) {
        let Link { before, after } = self.links[slot];
        match self.links.get_mut(convert::index(before)) {
            Some(link) => link.after = after,
            None => self.list_mut(standing).first = after,
        }
        match self.links.get_mut(convert::index(after)) {
            Some(link) => link.before = before,
            None => self.list_mut(standing).last = before,
        }
        self.list_mut(standing).len -= 1;
    }
}

impl Live {
    /// Working time of the running attempt up to `now`.
    pub(crate) fn working(&self, now: SimTime) -> Span {
        match self.standing {
            Standing::Running => self.attempt.split(now).worked,
            Standing::Pending => Span::ZERO,
        }
    }
}

impl Attempt {
    /// How its working time up to `now` splits. What it does while it saves its state at a notice is no work.
    pub(crate) fn split(&self, now: SimTime) -> Split {
        let until = self.saving.unwrap_or(now);
        if until <= self.works {
            return Split::default();
        }
        self.cadence.at(until.since(self.works), self.left)
    }
}
