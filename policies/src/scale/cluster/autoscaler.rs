//! The loop: nodes for pods that fit nowhere, else one fewer of those that are not needed.

use std::collections::BTreeSet;

use sim_core::units::{SimTime, Span};
use sim_core::world::draw::Stream;

use super::expander::{Expander, choose};
use super::model::{Cluster, NodeState};
use super::pack::{Offer, offer};
use super::unneeded::{Moves, Room, Unneeded};

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask for nodes.
    Add {
        /// Position of the group.
        group: usize,
        /// How many.
        nodes: u32,
    },
    /// Give back nodes that did not come in time.
    Abandon {
        /// Which.
        nodes: Vec<u64>,
    },
    /// Give back nodes on which nothing runs.
    Remove {
        /// Which.
        nodes: Vec<u64>,
    },
    /// Move the pods of a node, then give it back.
    Drain {
        /// Which.
        node: u64,
        /// Where its pods find room: pods and nodes.
        moves: Vec<(u64, u64)>,
    },
}

/// Times and limits, by the names of the command line. The defaults are the project's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    /// Between two scans, and from a removal to the next.
    pub scan: Span,
    /// After which a node that was asked for is given up.
    pub max_node_provision: Span,
    /// During which a node must not have been needed.
    pub unneeded: Span,
    /// The same for one that does not answer.
    pub unready: Span,
    /// From adding nodes to removing any.
    pub after_add: Span,
    /// From a removal that failed to the next.
    pub after_failure: Span,
    /// For which one that could not go is not looked at again.
    pub unremovable_recheck: Span,
    /// For which a group whose nodes did not come gets none.
    pub backoff: Span,
    /// Share of a node, in thousandths, below which it may go.
    pub utilization_milli: u64,
    /// Most empty nodes to give back at once.
    pub empty_bulk: usize,
    /// Most nodes that do not answer, unless they are less than the share, in percent.
    pub unready_nodes: usize,
    /// The share.
    pub unready_percent: usize,
}

impl Default for Delays {
    fn default() -> Self {
        let minutes = |minutes: u64| Span::from_secs(60 * minutes);
        Self {
            scan: Span::from_secs(10),
            max_node_provision: minutes(15),
            unneeded: minutes(10),
            unready: minutes(20),
            after_add: minutes(10),
            after_failure: minutes(3),
            unremovable_recheck: minutes(5),
            backoff: minutes(5),
            utilization_milli: 500,
            empty_bulk: 10,
            unready_nodes: 3,
            unready_percent: 45,
        }
    }
}

/// The autoscaler, with what it remembers.
#[derive(Clone, Debug)]
pub struct Autoscaler {
    delays: Delays,
    chain: Vec<Expander>,
    luck: Stream,
    unneeded: Unneeded,
    /// Nodes that go, and the one of them that had pods.
    going: BTreeSet<u64>,
    draining: Option<u64>,
    added: Option<SimTime>,
    removed: Option<SimTime>,
    failed: Option<SimTime>,
    /// Until when each group gets no nodes.
    backoffs: Vec<SimTime>,
}

impl Autoscaler {
    /// Nothing is remembered. The chain of expanders draws by a key of its own.
    pub fn new(delays: Delays, chain: Vec<Expander>, seed: u64) -> Self {
        Self {
            delays,
            chain,
            luck: Stream::new(seed, &["cluster-autoscaler".into(), "expander".into()]),
            unneeded: Unneeded::default(),
            going: BTreeSet::new(),
            draining: None,
            added: None,
            removed: None,
            failed: None,
            backoffs: Vec::new(),
        }
    }

    /// A node that was to go did not: it stays.
    pub fn fail(&mut self, now: SimTime, node: u64) {
        self.going.remove(&node);
        self.draining = self.draining.filter(|draining| *draining != node);
        self.failed = Some(now);
    }

    /// A node that was to go could not: it stays, and is not looked at again for a while.
    pub fn rest(&mut self, now: SimTime, node: u64) {
        self.going.remove(&node);
        self.draining = self.draining.filter(|draining| *draining != node);
        let until = now.saturating_add(self.delays.unremovable_recheck);
        self.unneeded.rest(node, until);
    }

    /// What is to be done now. Nodes must be in the order of their identities.
    pub fn scan(&mut self, cluster: &Cluster) -> Vec<Action> {
        self.forget(cluster);
        let unready = cluster.nodes.iter();
        let unready = unready
            .filter(|node| node.state == NodeState::Unready)
            .count();
        let share = self.delays.unready_percent * cluster.nodes.len();
        if unready > self.delays.unready_nodes && unready * 100 > share {
            return Vec::new();
        }
        let mut actions = Vec::from_iter(self.abandon(cluster));
        let room = Room::new(cluster, &self.going);
        let offers = self.offers(cluster, &room);
        actions.extend(self.act(cluster, &room, &offers));
        actions
    }

    /// What is to be done now, for whoever finds out what is needed by a way of its own: which nodes pods that wait are expected
    /// on, by position, and what groups offer to those that fit nowhere. No pod of `cluster` waits, and no node starts.
    pub fn decide(
        &mut self,
        cluster: &Cluster,
        expected: &[usize],
        offers: &[Offer],
    ) -> Option<Action> {
        self.forget(cluster);
        let mut room = Room::new(cluster, &self.going);
        for at in expected {
            room.is_expected[*at] = true;
        }
        self.act(cluster, &room, offers)
    }

    /// When a node may go that the scan just made has left there, if nothing happens until then.
    pub fn next(&self, cluster: &Cluster) -> Option<SimTime> {
        let delays = &self.delays;
        let rests = [
            (self.added, delays.after_add),
            (self.removed, delays.scan),
            (self.failed, delays.after_failure),
        ];
        let over = |(last, delay): (Option<SimTime>, Span)| Some(last?.saturating_add(delay));
        let rested = rests.into_iter().filter_map(over).max();
        let left = self.spare_of_groups(cluster);
        let dues = self
            .unneeded
            .dues(cluster, [delays.unneeded, delays.unready])
            .into_iter();
        let dues = dues.filter(|(_, at)| left[cluster.nodes[*at].group] > 0);
        let dues = dues.map(|(due, _)| rested.map_or(due, |rested| rested.max(due)));
        dues.filter(|due| *due > cluster.now).min()
    }

    /// Whether any node is known not to be needed.
    pub fn has_unneeded(&self) -> bool {
        self.unneeded.is_any()
    }

    /// When a node that could not go is looked at again.
    pub fn rests_until(&self) -> Option<SimTime> {
        self.unneeded.rests_until()
    }

    /// What is gone is not to go.
    fn forget(&mut self, cluster: &Cluster) {
        assert!(cluster.nodes.is_sorted_by_key(|node| node.id));
        self.going.retain(|node| cluster.position(*node).is_some());
        self.draining = self.draining.filter(|node| self.going.contains(node));
    }

    /// Nodes for those that are stranded, else what is not needed goes.
    fn act(&mut self, cluster: &Cluster, room: &Room, offers: &[Offer]) -> Option<Action> {
        if let Some(chosen) = choose(offers, &cluster.groups, &self.chain, &mut self.luck) {
            self.added = Some(cluster.now);
            let (group, nodes) = (offers[chosen].group, offers[chosen].nodes);
            return Some(Action::Add { group, nodes });
        }
        let rules = (
            self.delays.utilization_milli,
            self.delays.unremovable_recheck,
        );
        self.unneeded.look(cluster, room, &self.going, rules);
        self.shrink(cluster, room)
    }

    /// Nodes that did not come in time, and their groups get none for a while.
    fn abandon(&mut self, cluster: &Cluster) -> Option<Action> {
        self.backoffs.resize(cluster.groups.len(), SimTime::ZERO);
        let mut nodes = Vec::new();
        for node in &cluster.nodes {
            let given_up = node.since.saturating_add(self.delays.max_node_provision);
            let is_late = node.state == NodeState::Starting && given_up <= cluster.now;
            if is_late && self.going.insert(node.id) {
                nodes.push(node.id);
                self.backoffs[node.group] = cluster.now.saturating_add(self.delays.backoff);
            }
        }
        (!nodes.is_empty()).then_some(Action::Abandon { nodes })
    }

    /// What each group offers to those that are stranded.
    fn offers(&self, cluster: &Cluster, room: &Room) -> Vec<Offer> {
        let stranded: Vec<_> = room.stranded.iter().map(|at| cluster.pods[*at]).collect();
        let groups = cluster.groups.iter().enumerate();
        groups
            .filter(|(at, _)| self.backoffs[*at] <= cluster.now)
            .filter_map(|(at, group)| {
                let left = group.max.saturating_sub(cluster.size(at));
                offer(at, group.template, left, &stranded)
            })
            .collect()
    }

    /// The nodes to give back, if it is time for any: all that are empty, else one.
    fn shrink(&mut self, cluster: &Cluster, room: &Room) -> Option<Action> {
        let is_over = |last: Option<SimTime>, delay: Span| {
            last.is_none_or(|last| last.saturating_add(delay) <= cluster.now)
        };
        let delays = self.delays;
        let may = is_over(self.added, delays.after_add)
            && is_over(self.removed, delays.scan)
            && is_over(self.failed, delays.after_failure);
        if !may {
            return None;
        }
        let due = self
            .unneeded
            .dues(cluster, [delays.unneeded, delays.unready]);
        let due = due.into_iter().filter(|(due, _)| *due <= cluster.now);
        let mut left: Vec<u32> = self.spare_of_groups(cluster);
        let mut take = |node: &usize| {
            let left = &mut left[cluster.nodes[*node].group];
            let is_left = *left > 0;
            *left -= u32::from(is_left);
            is_left
        };
        let (empty, used): (Vec<usize>, Vec<usize>) =
            due.map(|(_, at)| at).partition(|node| room.is_empty(*node));
        let empty = empty.into_iter().filter(&mut take);
        let empty: Vec<usize> = empty.take(delays.empty_bulk).collect();
        if !empty.is_empty() {
            let nodes: Vec<u64> = empty.iter().map(|at| cluster.nodes[*at].id).collect();
            for node in &nodes {
                self.go(cluster.now, *node, &Moves::new());
            }
            return Some(Action::Remove { nodes });
        }
        if self.draining.is_some() {
            return None;
        }
        let at = used.into_iter().find(take)?;
        let moves = room.moves(cluster, at)?;
        let node = cluster.nodes[at].id;
        self.go(cluster.now, node, &moves);
        self.draining = Some(node);
        Some(Action::Drain { node, moves })
    }

    /// By group, how many nodes it has beyond the fewest, those that go aside.
    fn spare_of_groups(&self, cluster: &Cluster) -> Vec<u32> {
        let mut sizes = vec![0; cluster.groups.len()];
        for node in cluster
            .nodes
            .iter()
            .filter(|node| !self.going.contains(&node.id))
        {
            sizes[node.group] += 1;
        }
        let groups = sizes.iter().zip(&cluster.groups);
        groups
            .map(|(size, group): (&u32, _)| size.saturating_sub(group.min))
            .collect()
    }

    fn go(&mut self, now: SimTime, node: u64, moves: &Moves) {
        let hosts = moves.iter().map(|(_, host)| *host).collect();
        self.unneeded.gone(node, &hosts);
        self.going.insert(node);
        self.removed = Some(now);
    }
}
