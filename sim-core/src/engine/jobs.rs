//! The live jobs: a slab whose slots are reused, with the pending and the running ones in two linked lists.

use crate::course::{Footing, Progress};
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
    before: u32,
    after: u32,
}

/// The running attempt; meaningless while pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) started: SimTime,
    /// From when on it works: the start plus what restoring takes.
    pub(crate) works: SimTime,
    /// When its work is done: an event at any other instant is stale.
    pub(crate) due: SimTime,
    pub(crate) on: Footing,
}

/// Ends of a linked list.
#[derive(Clone, Copy, Debug)]
struct List {
    first: u32,
    last: u32,
    len: u32,
}

const NIL: u32 = u32::MAX;

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
    slots: Vec<Option<Live>>,
    free: Vec<u32>,
    pending: List,
    running: List,
}

impl Jobs {
    pub(crate) const fn new() -> Self {
        Self {
            slots: Vec::new(),
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
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            convert::narrow(self.slots.len() - 1)
        });
        let id = JobId::new(ordinal, slot);
        let queued = job.arrival;
        self.slots[id.slot()] = Some(Live {
            id,
            job,
            standing: Standing::Pending,
            progress,
            attempt,
            allocation: Allocation::default(),
            kept: Span::ZERO,
            lost: Span::ZERO,
            attempts: 0,
            queued,
            before: NIL,
            after: NIL,
        });
        self.append(id);
        id
    }

    /// Drops a job that has ended, and hands it over.
    pub(crate) fn remove(&mut self, id: JobId) -> Live {
        self.unlink(id);
        let live = self.slots[id.slot()].take().expect("a live job");
        assert!(live.id == id, "a handle to a live job");
        self.free.push(convert::narrow(id.slot()));
        live
    }

    /// Moves a job to the end of the other list.
    pub(crate) fn stand(&mut self, id: JobId, standing: Standing) {
        self.unlink(id);
        self.live_mut(id).standing = standing;
        self.append(id);
    }

    /// The job, or `None` if it has ended.
    pub(crate) fn get(&self, id: JobId) -> Option<&Live> {
        self.slots
            .get(id.slot())?
            .as_ref()
            .filter(|live| live.id == id)
    }

    pub(crate) fn live(&self, id: JobId) -> &Live {
        self.get(id).expect("a handle to a live job")
    }

    pub(crate) fn live_mut(&mut self, id: JobId) -> &mut Live {
        self.slots[id.slot()]
            .as_mut()
            .expect("a handle to a live job")
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
            let live = self
                .slots
                .get(convert::index(next))?
                .as_ref()
                .expect("lists hold live jobs");
            next = live.after;
            Some(live)
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

    fn at_mut(&mut self, slot: u32) -> Option<&mut Live> {
        self.slots.get_mut(convert::index(slot))?.as_mut()
    }

    fn append(&mut self, id: JobId) {
        let standing = self.live(id).standing;
        let slot = convert::narrow(id.slot());
        let last = self.list(standing).last;
        let live = self.live_mut(id);
        (live.before, live.after) = (last, NIL);
        match self.at_mut(last) {
            Some(before) => before.after = slot,
            None => self.list_mut(standing).first = slot,
        }
        let list = self.list_mut(standing);
        list.last = slot;
        list.len += 1;
    }

    fn unlink(&mut self, id: JobId) {
        let live = self.live(id);
        let (standing, before, after) = (live.standing, live.before, live.after);
        match self.at_mut(before) {
            Some(live) => live.after = after,
            None => self.list_mut(standing).first = after,
        }
        match self.at_mut(after) {
            Some(live) => live.before = before,
            None => self.list_mut(standing).last = before,
        }
        self.list_mut(standing).len -= 1;
    }
}

impl Live {
    /// Working time of the running attempt up to `now`.
    pub(crate) fn working(&self, now: SimTime) -> Span {
        match self.standing {
            Standing::Running if now > self.attempt.works => now.since(self.attempt.works),
            Standing::Running | Standing::Pending => Span::ZERO,
        }
    }
}
