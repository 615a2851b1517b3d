//! Cover: which machines which reservation covers, at each instant.
//!
//! The first reservation covers the lowest node ids among the machines that are charged, the next one those among the rest. A
//! machine that comes or goes moves at most one machine a reservation.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::model::Reservation;
use crate::units::{NodeId, SimTime, convert};

/// A machine and the position of the reservation that covers it from now on, if any.
pub type Move = (NodeId, Option<usize>);

/// Which machines are covered.
#[derive(Clone, Debug)]
pub struct Cover {
    plans: Vec<Plan>,
    /// Machines that are charged and not covered.
    loose: BTreeSet<NodeId>,
    /// Instants at which terms begin or end, the next one last.
    turns: Vec<SimTime>,
}

#[derive(Clone, Debug)]
struct Plan {
    ranges: Vec<Range<NodeId>>,
    count: usize,
    from: SimTime,
    until: SimTime,
    live: bool,
    held: BTreeSet<NodeId>,
}

impl Cover {
    /// Nothing is charged yet. Each reservation comes with the ranges of node ids that it may cover.
    pub fn new<'a>(
        reservations: impl IntoIterator<Item = (&'a Reservation, Vec<Range<NodeId>>)>,
    ) -> Self {
        let plan = |(reservation, ranges): (&Reservation, _)| Plan {
            ranges,
            count: convert::index(reservation.count),
            from: reservation.from,
            until: reservation.until,
            live: reservation.from == SimTime::ZERO && reservation.until > SimTime::ZERO,
            held: BTreeSet::new(),
        };
        let plans: Vec<Plan> = reservations.into_iter().map(plan).collect();
        let mut turns: Vec<SimTime> = plans
            .iter()
            .flat_map(|plan| [plan.from, plan.until])
            .collect();
        turns.sort_unstable();
        turns.dedup();
        turns.reverse();
        Self {
            plans,
            loose: BTreeSet::new(),
            turns,
        }
    }

    /// A machine is charged from now on.
    pub fn add(&mut self, node: NodeId, moves: &mut Vec<Move>) {
        let mut node = node;
        for (position, plan) in self.plans.iter_mut().enumerate() {
            if !plan.may_cover(node) {
                continue;
            }
            plan.held.insert(node);
            if plan.held.len() <= plan.count {
                moves.push((node, Some(position)));
                return;
            }
            let last = plan.held.pop_last().expect("one was just put in");
            if last != node {
                moves.push((node, Some(position)));
                node = last;
            }
        }
        self.loose.insert(node);
        moves.push((node, None));
    }

    /// A machine is charged no more; the others move up.
    pub fn remove(&mut self, node: NodeId, moves: &mut Vec<Move>) {
        if self.loose.remove(&node) {
            return;
        }
        let at = |plan: &mut Plan| plan.held.remove(&node);
        let mut hole = self.plans.iter_mut().position(at);
        assert!(hole.is_some(), "only what is charged stops being charged");
        while let Some(position) = hole {
            let (above, below) = self.plans.split_at_mut(position + 1);
            let plan = &mut above[position];
            let rest = below.iter().map(|later| &later.held);
            let lowest = rest.chain([&self.loose]).filter_map(|set| plan.lowest(set));
            let Some(next) = lowest.min() else {
                return;
            };
            plan.held.insert(next);
            moves.push((next, Some(position)));
            let from = below.iter_mut().position(|later| later.held.remove(&next));
            if from.is_none() {
                self.loose.remove(&next);
            }
            hole = from.map(|from| position + 1 + from);
        }
    }

    /// The next instant at which a term begins or ends.
    pub fn turn(&self) -> Option<SimTime> {
        self.turns.last().copied()
    }

    /// That instant has come: all is dealt out anew.
    pub fn renew(&mut self, moves: &mut Vec<Move>) {
        let Some(now) = self.turns.pop() else {
            return;
        };
        let mut nodes = std::mem::take(&mut self.loose);
        for plan in &mut self.plans {
            nodes.append(&mut plan.held);
            plan.live = plan.from <= now && now < plan.until;
        }
        // Ascending, so that nothing that was put in is pushed out again.
        for node in nodes {
            self.add(node, moves);
        }
    }
}

impl Plan {
    fn may_cover(&self, node: NodeId) -> bool {
        self.live && self.ranges.iter().any(|range| range.contains(&node))
    }

    /// The lowest of `nodes` that it may cover.
    fn lowest(&self, nodes: &BTreeSet<NodeId>) -> Option<NodeId> {
        if !self.live {
            return None;
        }
        let first = |range: &Range<NodeId>| nodes.range(range.clone()).next().copied();
        self.ranges.iter().filter_map(first).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Market;
    use crate::units::{Money, Price};
    use crate::world::draw::{Part, Stream};

    fn reservation(count: u32, from: u64, until: u64) -> Reservation {
        Reservation {
            market: Market::Reserved,
            covers: Vec::new(),
            count,
            from: SimTime::from_secs(from),
            until: SimTime::from_secs(until),
            upfront: Money::ZERO,
            hourly: Price::ZERO,
        }
    }

    /// The definition: each in turn takes its lowest from what is left.
    fn dealt(
        plans: &[(Reservation, Range<u32>)],
        nodes: &BTreeSet<u32>,
        now: u64,
    ) -> Vec<Option<usize>> {
        let mut at = vec![None; 12];
        for (position, (plan, range)) in plans.iter().enumerate() {
            let lives =
                plan.from <= SimTime::from_secs(now) && SimTime::from_secs(now) < plan.until;
            let free = nodes.iter().filter(|node| {
                range.contains(node) && at[convert::index(**node)].is_none() && lives
            });
            let taken: Vec<u32> = free.take(convert::index(plan.count)).copied().collect();
            for node in taken {
                at[convert::index(node)] = Some(position);
            }
        }
        at
    }

    #[test]
    fn moves_lead_to_what_the_definition_says() {
        for seed in 0..300 {
            let mut luck = Stream::new(seed, &[Part::Name("cover")]);
            let mut small = |low, high| u32::try_from(luck.between(low, high)).expect("small");
            let plans: Vec<(Reservation, Range<u32>)> = (0..small(1, 3))
                .map(|_| {
                    let (from, first) = (small(0, 20), small(0, 8));
                    let until = from + small(1, 30);
                    let plan = reservation(small(0, 4), from.into(), until.into());
                    (plan, first..first + small(1, 12))
                })
                .collect();
            let ranges = |range: &Range<u32>| vec![NodeId(range.start)..NodeId(range.end)];
            let mut cover = Cover::new(plans.iter().map(|(plan, range)| (plan, ranges(range))));
            let (mut nodes, mut at) = (BTreeSet::new(), vec![None; 12]);
            for now in 0..60 {
                let mut moves = Vec::new();
                if cover.turn() == Some(SimTime::from_secs(now)) {
                    cover.renew(&mut moves);
                }
                let node = small(0, 11);
                if nodes.remove(&node) {
                    cover.remove(NodeId(node), &mut moves);
                } else {
                    nodes.insert(node);
                    cover.add(NodeId(node), &mut moves);
                }
                for (moved, to) in moves {
                    at[moved.index()] = to;
                }
                let own = convert::index(node);
                at[own] = at[own].filter(|_| nodes.contains(&node));
                assert_eq!(at, dealt(&plans, &nodes, now), "seed {seed}, {now} s");
            }
        }
    }
}
