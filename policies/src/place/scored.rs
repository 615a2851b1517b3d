//! Placements that give every node a score: the best one takes the task, the first in the order of node ids of several.
//!
//! A gang is laid task by task, each where it scores best with those before it in place; on one GPU model, that on which the
//! first task lies best of those that have room for all.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use sim_core::engine::{Capacity, View};
use sim_core::model::{Demand, GpuSet, ModelSet, Placement, Role, Seat, Seats};
use sim_core::units::{JobId, NodeId};

use super::sites::{Largest, Site, Sites};
use super::spots::Spot;
use super::{Place, Rated, fill};
use crate::fragment::Idle;
use crate::order::keys;

/// How well a task lies on a node, and where if it takes a part of a GPU; more is better.
pub(super) type Choice = (f64, Option<Spot>);

/// The score of one task on one node.
pub(super) trait Score: Clone + Send + 'static {
    /// How well a task lies on a node on which it fits.
    fn score(&self, task: &Task<'_>) -> Choice;

    /// What is worth computing once for all scores of a node as it stands.
    fn base(&self, _idle: &Idle<'_>) -> f64 {
        0.0
    }

    /// Takes note of what has changed; whether no score holds any more.
    fn note(&mut self, _view: &View<'_>) -> bool {
        false
    }

    /// Takes note of where a job was just put.
    fn seated(&mut self, _job: JobId, _placement: &Placement, _view: &View<'_>) {}

    /// A number that changes with whatever a score of this node goes by beyond what is free on it.
    fn mark(&self, _node: NodeId) -> u32 {
        0
    }
}

/// A task that fits on a node.
pub(super) struct Task<'a> {
    pub(super) site: &'a Site,
    pub(super) demand: &'a Demand,
    pub(super) largest: Largest,
}

/// A placement by scores.
#[derive(Clone, Debug)]
pub(super) struct Scored<S> {
    score: S,
    sites: Sites,
    /// By what is asked for: a table of scores.
    tables: BTreeMap<(Demand, ModelSet), Vec<Entry>>,
}

/// A score that holds as long as its node stands as it stood; none where the task does not fit.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    stamp: u32,
    choice: Option<Choice>,
}

/// Most scores that are kept beside the table in use, 32 bytes each, so that a workload in which every job asks for something
/// else does not fill the memory.
const MOST_SCORES: usize = 4_000_000;

impl<S: Score> Scored<S> {
    /// By this score.
    pub(super) fn by(score: S) -> Self {
        Self {
            score,
            sites: Sites::default(),
            tables: BTreeMap::new(),
        }
    }

    /// The same before any score was found.
    fn anew(&self) -> Self {
        Self {
            score: self.score.clone(),
            sites: self.sites.anew(),
            tables: BTreeMap::new(),
        }
    }

    /// Brings the nodes up to date, and the scores of such a task on those that changed.
    fn rate(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) {
        let score = &self.score;
        self.sites.sync(capacity, |node| score.mark(node));
        let want = (role.demand, models);
        let full = (self.tables.len() + 1) * self.sites.all.len() > MOST_SCORES;
        if full && !self.tables.contains_key(&want) {
            self.tables.clear();
        }
        let table = self.tables.entry(want).or_default();
        table.resize(self.sites.all.len(), Entry::default());
        for (entry, site) in table.iter_mut().zip(&mut self.sites.all) {
            if entry.stamp == site.stamp {
                continue;
            }
            if site.base.is_nan() {
                site.base = score.base(&site.idle());
            }
            let offering = capacity.offering_of(site.node);
            let fits = site.fits(&role.demand) && capacity.allows(offering, models, &role.demand);
            let task = Task {
                site,
                demand: &role.demand,
                largest: self.sites.largest,
            };
            *entry = Entry {
                stamp: site.stamp,
                choice: fits.then(|| score.score(&task)),
            };
        }
    }

    /// All tasks of a gang on these offerings, and how well the first one lies.
    fn lay_on(
        &self,
        (capacity, table): (&Capacity, &[Entry]),
        role: &Role,
        group: &fill::Offerings,
    ) -> Option<(Rank, Seats)> {
        let nodes = group
            .iter()
            .flat_map(|offering| capacity.slots_of(*offering));
        let rated = nodes.filter_map(|node| Some((table[node.index()].choice?, node)));
        let mut best: BinaryHeap<Rank> = rated.map(|(choice, node)| rank(choice, node)).collect();
        let first = *best.peek()?;
        let mut changed: BTreeMap<NodeId, Site> = BTreeMap::new();
        let mut seats = Seats::new();
        for _ in 0..role.tasks {
            let (_, Reverse(node), spot) = best.pop()?;
            let own = || self.sites.all[node.index()].clone();
            let site = changed.entry(node).or_insert_with(own);
            site.take(&role.demand, spot);
            seat(&mut seats, node, (&role.demand, spot));
            if let Some(choice) = self.again(role, site) {
                best.push(rank(choice, node));
            }
        }
        Some((first, seats))
    }

    /// The score of a node on which other tasks of the gang lie.
    fn again(&self, role: &Role, site: &mut Site) -> Option<Choice> {
        site.base = self.score.base(&site.idle());
        let task = Task {
            site,
            demand: &role.demand,
            largest: self.sites.largest,
        };
        site.fits(&role.demand).then(|| self.score.score(&task))
    }
}

impl<S: Score> Place for Scored<S> {
    fn lay(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Option<Seats> {
        self.rate(capacity, role, models);
        let table = &self.tables[&(role.demand, models)];
        if role.tasks > 1 {
            let groups = fill::groups(capacity, role, models);
            let laid = groups
                .iter()
                .filter_map(|group| self.lay_on((capacity, table), role, group));
            return laid.max_by_key(|(first, _)| *first).map(|(_, seats)| seats);
        }
        let mut best: Option<(NodeId, Choice)> = None;
        for (entry, site) in table.iter().zip(&self.sites.all) {
            if let Some(choice) = entry.choice
                && best.is_none_or(|(_, (score, _))| choice.0 > score)
            {
                best = Some((site.node, choice));
            }
        }
        let (node, (_, spot)) = best?;
        let mut seats = Seats::new();
        seat(&mut seats, node, (&role.demand, spot));
        Some(seats)
    }

    /// Of a gang on the model that it is laid on.
    fn rated(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Vec<Rated> {
        self.rate(capacity, role, models);
        let table = &self.tables[&(role.demand, models)];
        let groups = fill::groups(capacity, role, models);
        let laid = groups.iter().filter_map(|group| {
            let (first, _) = self.lay_on((capacity, table), role, group)?;
            Some((first, group))
        });
        let taken = laid.max_by_key(|(first, _)| *first).map(|(_, group)| group);
        let of_gang = |node| taken.is_some_and(|group| group.contains(&capacity.offering_of(node)));
        let rated = table
            .iter()
            .zip(&self.sites.all)
            .filter_map(|(entry, site)| {
                let ((score, _), node) = (entry.choice?, site.node);
                (role.tasks == 1 || of_gang(node)).then_some(Rated { node, score })
            });
        rated.collect()
    }

    fn note(&mut self, view: &View<'_>) {
        if self.score.note(view) {
            *self = self.anew();
        }
    }

    fn seated(&mut self, job: JobId, placement: &Placement, view: &View<'_>) {
        self.score.seated(job, placement, view);
    }

    /// Scores are found again.
    fn fork(&self) -> Box<dyn Place> {
        Box::new(self.anew())
    }
}

/// Greater where a task lies better, or as well on an earlier node; and where it lies there.
type Rank = (u64, Reverse<NodeId>, Option<Spot>);

fn rank((score, spot): Choice, node: NodeId) -> Rank {
    (keys::real(score), Reverse(node), spot)
}

/// Adds a task on a node: to the seat that is there, unless it takes a part of a GPU.
pub(super) fn seat(seats: &mut Seats, node: NodeId, (demand, spot): (&Demand, Option<Spot>)) {
    let part = demand.gpu.is_part();
    match seats.iter_mut().find(|seat| seat.node == node) {
        Some(seat) if !part => seat.tasks += 1,
        Some(_) | None => {
            let anywhere = Seat::anywhere(node, 0, 1);
            let named = |(gpu, start)| Seat {
                gpus: GpuSet::one(gpu),
                start,
                ..anywhere
            };
            seats.push(spot.filter(|_| part).map_or(anywhere, named));
        }
    }
}
