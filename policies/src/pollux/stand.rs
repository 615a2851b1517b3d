//! How things stand in a search: who has what, what that is worth, and the way back.

use std::collections::BTreeMap;

use super::ground::Ground;
use super::problem::{Problem, Seeker, Spot};
use super::worths::Worths;

/// What is better by less than this part of what changes is no better.
const SLIGHT: f64 = 1e-9;

/// Who has what.
pub(super) struct Stand<'a, 'b> {
    pub(super) problem: &'a Problem<'a>,
    worths: &'b mut Worths<'a>,
    ground: Ground,
    /// With nobody but those who have to stay.
    empty: Ground,
    pub(super) spots: Vec<Spot>,
    pub(super) values: Vec<f64>,
    /// Who had what, and what that was worth, before each change.
    log: Vec<(usize, Spot, f64)>,
    /// By job: the first of those that are the same to all as long as they wait.
    pub(super) likes: Vec<usize>,
    /// Most GPUs that a job may take for now.
    pub(super) limit: u32,
}

/// Whether these are worth more after than before, beyond what numbers are exact to.
pub(super) fn is_gain(pairs: impl IntoIterator<Item = (f64, f64)>) -> bool {
    let (mut gain, mut scale) = (0.0, 0.0_f64);
    for (before, after) in pairs {
        if before.total_cmp(&after).is_ne() {
            gain += after - before;
            scale += before.abs().max(after.abs());
        }
    }
    gain > SLIGHT * scale
}

impl<'a, 'b> Stand<'a, 'b> {
    /// Everybody waits but those who have to stay.
    pub(super) fn new(problem: &'a Problem<'a>, worths: &'b mut Worths<'a>) -> Self {
        let count = problem.seekers.len();
        let nothing = Spot::new();
        let mut stand = Self {
            problem,
            ground: Ground::new(problem),
            empty: Ground::new(problem),
            spots: vec![Spot::new(); count],
            values: (0..count).map(|job| worths.of(job, &nothing)).collect(),
            worths,
            log: Vec::new(),
            likes: likes(&problem.seekers),
            limit: u32::MAX,
        };
        for (job, seeker) in problem.seekers.iter().enumerate() {
            if seeker.pinned {
                stand.put(job, seeker.now.clone());
                stand.empty.take(&seeker.now);
            }
        }
        stand
    }

    /// All jobs.
    pub(super) fn jobs(&self) -> std::ops::Range<usize> {
        0..self.spots.len()
    }

    /// A point to go back to.
    pub(super) fn mark(&self) -> usize {
        self.log.len()
    }

    /// Takes back all since `mark`.
    pub(super) fn undo(&mut self, mark: usize) {
        for (job, spot, value) in self.log.split_off(mark).into_iter().rev() {
            self.ground.give(&self.spots[job]);
            self.ground.take(&spot);
            (self.spots[job], self.values[job]) = (spot, value);
        }
    }

    /// Keeps what has changed since `mark` if it is better, or takes it back.
    pub(super) fn keep(&mut self, mark: usize) -> bool {
        let mut before: BTreeMap<usize, f64> = BTreeMap::new();
        for (job, _, value) in &self.log[mark..] {
            before.entry(*job).or_insert(*value);
        }
        let pairs = before.into_iter();
        let better = is_gain(pairs.map(|(job, before)| (before, self.values[job])));
        if !better {
            self.undo(mark);
        }
        better
    }

    /// A job has this from now on.
    pub(super) fn put(&mut self, job: usize, spot: Spot) {
        self.ground.give(&self.spots[job]);
        self.ground.take(&spot);
        let value = self.worths.of(job, &spot);
        let before = std::mem::replace(&mut self.spots[job], spot);
        let value = std::mem::replace(&mut self.values[job], value);
        self.log.push((job, before, value));
    }

    /// Whether a job waits.
    pub(super) fn waits(&self, job: usize) -> bool {
        self.spots[job].is_empty()
    }

    /// Whether a job must have what it has.
    pub(super) fn is_pinned(&self, job: usize) -> bool {
        self.problem.seekers[job].pinned
    }

    /// Whether a job has what is best for it, or must have it.
    pub(super) fn is_content(&self, job: usize) -> bool {
        self.is_pinned(job) || self.values[job] >= self.worths.most[job]
    }

    /// The best that a job that has nothing can have now.
    pub(super) fn best(&mut self, job: usize) -> (f64, Spot) {
        let nothing = (self.worths.of(job, &Spot::new()), Spot::new());
        self.options(job).into_iter().fold(nothing, |best, spot| {
            let worth = self.worths.of(job, &spot);
            if worth > best.0 { (worth, spot) } else { best }
        })
    }

    /// What that would be if another had this.
    pub(super) fn best_beside(&mut self, job: usize, spot: &Spot) -> (f64, Spot) {
        self.ground.take(spot);
        let best = self.best(job);
        self.ground.give(spot);
        best
    }

    /// What a job that has nothing could have now: what it had first, then fewer GPUs before more.
    pub(super) fn options(&self, job: usize) -> Vec<Spot> {
        let seeker = &self.problem.seekers[job];
        let mut options = Vec::new();
        if !seeker.now.is_empty() && self.ground.has(self.problem, &seeker.now) {
            options.push(seeker.now.clone());
        }
        let sizes = seeker.sizes.iter();
        for size in sizes.take_while(|size| **size <= self.limit) {
            let find = |model| self.ground.find(self.problem, model, (*size, seeker.each));
            options.extend(seeker.models.iter().filter_map(|model| find(*model)));
        }
        options
    }

    /// What a job could have if others made room: each number of GPUs on each node that has as many, or on some nodes.
    pub(super) fn dreams(&self, job: usize) -> Vec<Spot> {
        let seeker = &self.problem.seekers[job];
        let mut dreams = Vec::new();
        for size in &seeker.sizes {
            for model in &seeker.models {
                let whole = self.empty.sites(self.problem, *model);
                let whole = whole.filter(|(_, free)| free >= size);
                let whole: Vec<Spot> = whole.map(|(at, _)| vec![(at, *size)]).collect();
                if whole.is_empty() {
                    dreams.extend(self.empty.find(self.problem, *model, (*size, seeker.each)));
                }
                dreams.extend(whole);
            }
        }
        dreams
    }

    /// Whether a job lies on one of the nodes of a spot.
    pub(super) fn meets(&self, job: usize, spot: &Spot) -> bool {
        let mut own = self.spots[job].iter();
        own.any(|(at, _)| spot.iter().any(|(other, _)| at == other))
    }

    /// What it is worth to a job to have this.
    pub(super) fn worth(&mut self, job: usize, spot: &Spot) -> f64 {
        self.worths.of(job, spot)
    }
}

/// Who runs is like nobody else, for it may stay as it is.
fn likes(seekers: &[Seeker]) -> Vec<usize> {
    let mut firsts = BTreeMap::new();
    let like = |(at, seeker): (usize, &Seeker)| {
        let (sizes, models) = (seeker.sizes.clone(), seeker.models.clone());
        let own = if seeker.now.is_empty() { 0 } else { at + 1 };
        let key = (sizes, seeker.each, models, seeker.kind, own);
        *firsts.entry(key).or_insert(at)
    };
    seekers.iter().enumerate().map(like).collect()
}
