//! Who waits for a group's replicas, lane by lane: those of a lane may enter the same ways.

use std::collections::VecDeque;

use super::ways::{Standing, Way, WaySet, When, open, opening};
use crate::serve::request::{Request, RequestId, Task};
use crate::units::{ClassId, SimTime};

/// The lanes of a group, and how its ways stand.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lanes {
    all: Vec<Lane>,
    /// By class; those beyond are in the last.
    of_class: Vec<usize>,
    /// By way: the lane of those that a cascade has sent there.
    sent: Vec<Option<usize>>,
    /// By way.
    standing: Vec<Standing>,
    waiting: usize,
}

#[derive(Clone, Debug, PartialEq)]
struct Lane {
    /// Those that may be entered, in the pool's order.
    ways: Vec<(usize, When)>,
    /// Whether one of them is a standby.
    standby: bool,
    /// In the order of arrival.
    waiting: VecDeque<Task>,
}

/// The order of arrival.
type Order = (SimTime, RequestId);

impl Lanes {
    /// Those of the ways that `is_here` picks; requests of the same ways share one.
    pub(super) fn new(ways: &[Way], is_here: impl Fn(&Way) -> bool) -> Self {
        let mut lanes = Self {
            all: Vec::new(),
            of_class: Vec::new(),
            sent: vec![None; ways.len()],
            standing: vec![Standing::NONE; ways.len()],
            waiting: 0,
        };
        let here = || ways.iter().enumerate().filter(|(_, way)| is_here(way));
        let named = here().flat_map(|(_, way)| way.classes.iter().flatten());
        let beyond = named
            .map(|class| class.0.saturating_add(1))
            .max()
            .unwrap_or(0);
        for class in (0..=beyond).map(ClassId) {
            let entered = here().filter(|(_, way)| way.takes(class));
            let entered = entered.map(|(at, way)| (at, way.when)).collect();
            let lane = lanes.lane(entered);
            lanes.of_class.push(lane);
        }
        for then in here().filter_map(|(_, way)| way.then) {
            let lane = lanes.lane(vec![(then.way, When::Always)]);
            lanes.sent[then.way] = Some(lane);
        }
        lanes
    }

    /// The lane of these ways: the one that is there, or a new one.
    fn lane(&mut self, ways: Vec<(usize, When)>) -> usize {
        let known = self.all.iter().position(|lane| lane.ways == ways);
        known.unwrap_or_else(|| {
            let standby = |(_, when): &(usize, When)| match when {
                When::Always | When::Full => false,
                When::Down(_) => true,
            };
            self.all.push(Lane {
                standby: ways.iter().any(standby),
                ways,
                waiting: VecDeque::new(),
            });
            self.all.len() - 1
        })
    }

    /// Puts a task where its arrival has it, among those of its class or among those sent to this way.
    pub(super) fn queue(&mut self, task: Task, sent: Option<usize>) {
        let class = task.request.class.index().min(self.of_class.len() - 1);
        let lane = match sent {
            Some(way) => self.sent[way].expect("a cascade goes on there"),
            None => self.of_class[class],
        };
        let waiting = &mut self.all[lane].waiting;
        let at = waiting.partition_point(|one| order(one) < order(&task));
        waiting.insert(at, task);
        self.waiting += 1;
    }

    /// The first of a lane to have come after `last`, and its lane.
    pub(super) fn after(&self, last: Option<Order>) -> Option<(usize, Task)> {
        let fronts = self.all.iter().enumerate();
        let fronts = fronts.filter_map(|(at, lane)| Some((at, *lane.waiting.front()?)));
        let later = fronts.filter(|(_, task)| Some(order(task)) > last);
        later.min_by_key(|(_, task)| order(task))
    }

    /// What is open to those of a lane.
    pub(super) fn open(&self, lane: usize, now: SimTime) -> WaySet {
        open(&self.all[lane].ways, &self.standing, now)
    }

    /// Takes out the first of a lane.
    pub(super) fn pop(&mut self, lane: usize) -> Option<Request> {
        let task = self.all[lane].waiting.pop_front()?;
        self.waiting -= 1;
        Some(task.request)
    }

    /// Takes out whoever came last.
    pub(super) fn pop_last(&mut self) -> Option<Request> {
        let lasts = self.all.iter_mut();
        let last = lasts.max_by_key(|lane| lane.waiting.back().map(order))?;
        let task = last.waiting.pop_back()?;
        self.waiting -= 1;
        Some(task.request)
    }

    /// How many wait.
    pub(super) const fn len(&self) -> usize {
        self.waiting
    }

    /// Whether some way is a standby.
    pub(super) fn has_standby(&self) -> bool {
        self.all.iter().any(|lane| lane.standby)
    }

    /// When, after `now`, a standby opens that somebody waits for, if nothing happens.
    pub(super) fn opens(&self, now: SimTime) -> Option<SimTime> {
        let mut first = None;
        let waited = self.all.iter().filter(|lane| lane.standby);
        for lane in waited.filter(|lane| !lane.waiting.is_empty()) {
            for (at, &(_, when)) in lane.ways.iter().enumerate() {
                let When::Down(after) = when else {
                    continue;
                };
                let opens = opening(&lane.ways[..at], &self.standing, after);
                let opens = opens.filter(|opens| *opens > now);
                first = [first, opens].into_iter().flatten().min();
            }
        }
        first
    }

    /// How a way stands.
    pub(super) fn standing_mut(&mut self, way: usize) -> &mut Standing {
        &mut self.standing[way]
    }
}

pub(super) const fn order(task: &Task) -> Order {
    (task.request.arrived, task.request.id)
}
