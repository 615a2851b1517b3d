//! The line: waiting jobs in the order of the heuristic, with what an agent is told of each that does not move with time.

use sim_core::engine::{JobView, View};
use sim_core::units::{JobId, SimTime, convert};

use crate::order::Order;
use crate::queue::Key;

/// Waiting jobs in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// Ascending.
    order: Vec<(Key, u64)>,
    /// By job slot.
    stands: Vec<Stands>,
    /// By class of size: how many wait.
    sizes: [u32; SIZES],
    /// When those that wait joined the queue, in microseconds, added up.
    joined_us: u128,
}

/// Classes of size: up to a hundredth, a twentieth, a fifth of the fleet, and more.
pub(super) const SIZES: usize = 4;
/// Numbers that tell of a job and do not move with time.
const TRAITS: usize = 4;
/// Numbers of a row: the job's traits, how long it has waited, its slowdown so far, whether it fits now, its slack, and whether
/// the row is no job but to wait.
pub(super) const ROW: usize = TRAITS + 5;
/// The row that is to wait.
pub(super) const WAIT: [f32; ROW] = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];

/// A job in the line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stands {
    key: Key,
    waits: bool,
    size: usize,
    /// Whether the fleet could ever hold it.
    pub(super) could_run: bool,
    pub(super) gpus: u32,
    joined: SimTime,
    deadline: Option<SimTime>,
    /// Its estimate in seconds, at least ten; an hour where none was given.
    estimate_s: f64,
    /// Its part of the fleet's GPUs; then, each the logarithm of one more than it: GPUs, estimated seconds, GPU seconds.
    traits: [f32; TRAITS],
}

const NOBODY: Stands = Stands {
    key: 0,
    waits: false,
    size: 0,
    could_run: false,
    gpus: 0,
    joined: SimTime::ZERO,
    deadline: None,
    estimate_s: 0.0,
    traits: [0.0; TRAITS],
};

impl Line {
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// The first jobs in order.
    pub(super) fn first(&self, most: usize) -> impl Iterator<Item = JobId> + '_ {
        let first = self.order.iter().take(most);
        first.map(|(_, job)| JobId::unpack(*job))
    }

    /// What is told of a job in the line.
    pub(super) fn stands(&self, job: JobId) -> &Stands {
        &self.stands[job.slot()]
    }

    /// Parts of those that wait, by class of size.
    pub(super) fn sizes(&self) -> [f32; SIZES] {
        let all = self.sizes.iter().sum::<u32>().max(1);
        self.sizes
            .map(|size| convert::single(f64::from(size) / f64::from(all)))
    }

    /// How long those that wait have waited on average, in seconds.
    pub(super) fn mean_age_s(&self, now: SimTime) -> f64 {
        let count = convert::wide(self.len());
        if count == 0 {
            return 0.0;
        }
        let mean = u64::try_from(self.joined_us / u128::from(count)).expect("a mean of instants");
        convert::real(now.us().saturating_sub(mean)) / 1e6
    }

    /// Puts a waiting job in; `fleet` is the number of GPUs that the fleet may have.
    pub(super) fn insert(&mut self, job: &JobView<'_>, (key, could_run): (Key, bool), fleet: u32) {
        let id = job.id();
        if self.stands.len() <= id.slot() {
            self.stands.resize(id.slot() + 1, NOBODY);
        }
        let stands = Stands {
            key,
            could_run,
            ..Stands::of(job, fleet)
        };
        self.sizes[stands.size] += 1;
        self.joined_us += u128::from(stands.joined.us());
        self.stands[id.slot()] = stands;
        let entry = (key, id.packed());
        let at = self.order.partition_point(|other| *other < entry);
        self.order.insert(at, entry);
    }

    /// Takes a job out, if it is in.
    pub(super) fn remove(&mut self, job: JobId) {
        let Some(stands) = self.stands.get_mut(job.slot()).filter(|own| own.waits) else {
            return;
        };
        let entry = (stands.key, job.packed());
        let Ok(at) = self.order.binary_search(&entry) else {
            return;
        };
        stands.waits = false;
        self.sizes[stands.size] -= 1;
        self.joined_us -= u128::from(stands.joined.us());
        self.order.remove(at);
    }

    /// Ranks all anew.
    pub(super) fn rerank(&mut self, order: &dyn Order, view: &View<'_>) {
        for entry in &mut self.order {
            let id = JobId::unpack(entry.1);
            let job = view.job(id).expect("the line holds live jobs");
            entry.0 = order.key(&job, view);
            self.stands[id.slot()].key = entry.0;
        }
        self.order.sort_unstable();
    }
}

impl Stands {
    fn of(job: &JobView<'_>, fleet: u32) -> Self {
        let gpus = f64::from(job.gang().gpus());
        let share = gpus / f64::from(fleet.max(1));
        let estimate = job
            .estimate()
            .map_or(3600.0, |span| convert::real(span.us()) / 1e6);
        let estimate = estimate.max(10.0);
        let size = match share {
            share if share <= 0.01 => 0,
            share if share <= 0.05 => 1,
            share if share <= 0.2 => 2,
            _ => 3,
        };
        let log = |x: f64| convert::single(libm::log1p(x) / 10.0);
        Self {
            waits: true,
            size,
            gpus: job.gang().gpus(),
            joined: job.queued(),
            deadline: job.deadline(),
            estimate_s: estimate,
            traits: [
                convert::single(share),
                log(gpus),
                log(estimate),
                log(gpus * estimate),
            ],
            ..NOBODY
        }
    }

    /// What is told of it at `now`.
    pub(super) fn row(&self, now: SimTime, fits: bool) -> [f32; ROW] {
        let waited = convert::real(now.since(self.joined).us()) / 1e6;
        let slack = self.deadline.map_or(1.0, |deadline| {
            let left = convert::real(deadline.since(now.min(deadline)).us()) / 1e6;
            ((left / self.estimate_s - 1.0) / 10.0).clamp(-0.1, 1.0)
        });
        let [share, gpus, estimate, area] = self.traits;
        let log = |x: f64| convert::single(libm::log1p(x) / 10.0);
        [
            share,
            gpus,
            estimate,
            area,
            log(waited),
            log(waited / self.estimate_s),
            if fits { 1.0 } else { 0.0 },
            convert::single(slack),
            0.0,
        ]
    }
}
