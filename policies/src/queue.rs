//! The waiting jobs in the policy's order, in lanes: all jobs of a lane are of one tenant and want the same, so that when one
//! does not fit, none does.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::engine::JobView;
use sim_core::model::{Demand, Gang, ModelSet, OfferingSet};
use sim_core::units::{JobId, QueueId};

use crate::runs::Runs;

/// What an order gives a job: smaller goes first, ties by arrival.
pub type Key = u64;

/// A waiting job in an order: key, then identity, in one integer.
type Entry = u128;

/// No entry: after every one there is.
const NONE: Entry = Entry::MAX;

/// The waiting jobs in order.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    /// Jobs that want the same.
    lanes: Vec<Runs>,
    /// The first entry of each lane: what a pass over the heads looks at.
    heads: Vec<Entry>,
    wants: BTreeMap<(Gang, ModelSet, QueueId), usize>,
    /// Where the jobs of each lane may lie.
    routes: Vec<OfferingSet>,
    /// Whose the jobs of each lane are.
    tenants: Vec<QueueId>,
    /// By job slot, a bit each: whether its job waits. Most jobs that the queue is told of do not.
    waits: Vec<u64>,
    /// By job slot: its entry and its lane, meaningless unless it waits.
    places: Vec<(Entry, usize)>,
    len: usize,
    /// Whether some job ever wanted more than single whole GPUs of any model.
    complex: bool,
    /// Whether some job was ever kept from some offering.
    routed: bool,
}

/// A pass over the queue in order that leaves out lanes found not to fit.
#[derive(Clone, Debug, Default)]
pub struct Pass {
    /// By lane: the next entry to look at.
    next: Vec<Entry>,
}

fn entry(key: Key, job: JobId) -> Entry {
    u128::from(key) << 64 | u128::from(job.packed())
}

fn job_of(entry: Entry) -> JobId {
    JobId::unpack(u64::try_from(entry & u128::from(u64::MAX)).expect("64 bits"))
}

fn key_of(entry: Entry) -> Key {
    u64::try_from(entry >> 64).expect("64 bits")
}

fn is_simple(job: &JobView<'_>) -> bool {
    let single = |gang: &Gang| match gang {
        Gang::One(role) => role.demand == Demand::gpus(1),
        Gang::Many(_) => false,
    };
    job.models() == ModelSet::ANY && single(job.gang())
}

impl Queue {
    /// Number of waiting jobs.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether every job ever in here was of single-GPU tasks that take nothing else, on any model: where all GPUs are
    /// alike, placing such jobs is counting.
    pub fn is_simple(&self) -> bool {
        !self.complex
    }

    /// Puts a job in, with its key; it may lie wherever it can.
    pub fn insert(&mut self, job: &JobView<'_>, key: Key) {
        self.insert_on(job, key, OfferingSet::ANY);
    }

    /// The same, where it may lie on these offerings only.
    pub fn insert_on(&mut self, job: &JobView<'_>, key: Key, routes: OfferingSet) {
        let lane = self.lane(job, routes);
        let (id, new) = (job.id(), entry(key, job.id()));
        let (word, bit) = (id.slot() / 64, 1 << (id.slot() % 64));
        if self.places.len() <= id.slot() {
            self.places.resize(id.slot() + 1, (NONE, 0));
            self.waits.resize(word + 1, 0);
        }
        assert!(self.waits[word] & bit == 0, "a job waits once");
        self.waits[word] |= bit;
        self.places[id.slot()] = (new, lane);
        self.lanes[lane].insert(new);
        self.heads[lane] = self.heads[lane].min(new);
        self.len += 1;
    }

    fn lane(&mut self, job: &JobView<'_>, routes: OfferingSet) -> usize {
        let want = (job.gang().within(routes), job.models(), job.queue());
        let next = self.lanes.len();
        let lane = *self.wants.entry(want).or_insert(next);
        if lane == next {
            self.routed |= routes != OfferingSet::ANY;
            self.complex |= self.routed || !is_simple(job);
            self.routes.push(routes);
            self.tenants.push(job.queue());
            self.lanes.push(Runs::default());
            self.heads.push(NONE);
        }
        lane
    }

    /// Takes a job out, if it is in.
    pub fn remove(&mut self, job: JobId) {
        let (word, bit) = (job.slot() / 64, 1 << (job.slot() % 64));
        let Some(waits) = self.waits.get_mut(word).filter(|waits| **waits & bit != 0) else {
            return;
        };
        let (old, lane) = self.places[job.slot()];
        if job_of(old) != job {
            return;
        }
        *waits &= !bit;
        self.lanes[lane].remove(old);
        if self.heads[lane] == old {
            self.heads[lane] = self.lanes[lane].first().unwrap_or(NONE);
        }
        self.len -= 1;
    }

    /// The first job, and its key.
    pub fn first(&self) -> Option<(JobId, Key)> {
        let first = self
            .heads
            .iter()
            .copied()
            .min()
            .filter(|entry| *entry != NONE)?;
        Some((job_of(first), key_of(first)))
    }

    /// Where a waiting job may lie.
    pub fn routes(&self, job: JobId) -> OfferingSet {
        if self.routed {
            self.routes[self.places[job.slot()].1]
        } else {
            OfferingSet::ANY
        }
    }

    /// Whether a job waits in here.
    pub fn waits(&self, job: JobId) -> bool {
        let (word, bit) = (job.slot() / 64, 1 << (job.slot() % 64));
        let waits = self.waits.get(word).is_some_and(|waits| waits & bit != 0);
        waits && job_of(self.places[job.slot()].0) == job
    }

    /// The lane of a waiting job: whoever is in the same one wants the same.
    pub fn lane_of(&self, job: JobId) -> Option<usize> {
        self.waits(job).then(|| self.places[job.slot()].1)
    }

    /// All jobs in order.
    pub fn jobs(&self) -> Vec<JobId> {
        self.entries().into_iter().map(|(job, _)| job).collect()
    }

    /// The same, each with its key.
    pub fn entries(&self) -> Vec<(JobId, Key)> {
        let mut entries: Vec<Entry> = self.lanes.iter().flat_map(Runs::iter).collect();
        entries.sort_unstable();
        let apart = |entry| (job_of(entry), key_of(entry));
        entries.into_iter().map(apart).collect()
    }

    /// Empties the queue, and hands over who was in it.
    pub fn drain(&mut self) -> Vec<JobId> {
        let jobs = self.jobs();
        for job in &jobs {
            self.remove(*job);
        }
        jobs
    }

    /// Begins a pass; `pass` is reused.
    pub fn begin(&self, pass: &mut Pass) {
        pass.next.clone_from(&self.heads);
    }

    /// The next job of a pass and its lane. Jobs removed since are not met again.
    pub fn next(&self, pass: &mut Pass) -> Option<(JobId, usize)> {
        let first = pass.next.iter().copied().enumerate();
        let first = first.min_by_key(|(_, entry)| *entry)?;
        self.take(pass, first)
    }

    /// The same, of the jobs of one tenant.
    pub fn next_of(&self, pass: &mut Pass, tenant: QueueId) -> Option<(JobId, usize)> {
        let all = pass.next.iter().copied().enumerate();
        let its = all.filter(|(lane, _)| self.tenants[*lane] == tenant);
        let first = its.min_by_key(|(_, entry)| *entry)?;
        self.take(pass, first)
    }

    /// The tenants that have jobs in the rest of a pass, each once, ascending.
    pub fn tenants(&self, pass: &Pass) -> Vec<QueueId> {
        let lanes = pass.next.iter().zip(&self.tenants);
        let waiting = lanes.filter(|(entry, _)| **entry != NONE);
        let tenants: BTreeSet<QueueId> = waiting.map(|(_, tenant)| *tenant).collect();
        tenants.into_iter().collect()
    }

    /// The first job of each tenant that has one.
    pub fn heads(&self) -> impl Iterator<Item = (QueueId, JobId)> + use<> {
        let mut heads: BTreeMap<QueueId, Entry> = BTreeMap::new();
        for (entry, tenant) in self.heads.iter().zip(&self.tenants) {
            let head = heads.entry(*tenant).or_insert(NONE);
            *head = (*head).min(*entry);
        }
        let waiting = heads.into_iter().filter(|(_, entry)| *entry != NONE);
        waiting.map(|(tenant, entry)| (tenant, job_of(entry)))
    }

    fn take(&self, pass: &mut Pass, (lane, first): (usize, Entry)) -> Option<(JobId, usize)> {
        if first == NONE {
            return None;
        }
        pass.next[lane] = self.lanes[lane].after(first).unwrap_or(NONE);
        Some((job_of(first), lane))
    }
}

impl Pass {
    /// Leaves out the rest of a lane.
    pub fn skip(&mut self, lane: usize) {
        self.next[lane] = NONE;
    }
}
