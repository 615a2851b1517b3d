//! Nodes that are not needed: since when, and where their pods would go.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::units::{SimTime, Span};

use super::model::{Cluster, NodeState, Resources};

/// What is free where, at a scan.
#[derive(Clone, Debug)]
pub(super) struct Room {
    /// By position of the node, what its pods leave.
    pub(super) free: Vec<Resources>,
    /// By position of the node, the positions of its pods.
    pub(super) pods: Vec<Vec<usize>>,
    /// By position of the node, whether pods that wait are expected to go there.
    pub(super) is_expected: Vec<bool>,
    /// By position of the node, whether pods may go there: it is ready and does not go.
    pub(super) is_open: Vec<bool>,
    /// Positions of the pods that wait and fit nowhere, nodes that start included.
    pub(super) stranded: Vec<usize>,
}

/// A node that is not needed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Spare {
    since: SimTime,
    /// Nodes that its pods would go to.
    hosts: BTreeSet<u64>,
}

/// Those that are not needed, and those that could not go.
#[derive(Clone, Debug, Default)]
pub(super) struct Unneeded {
    spare: BTreeMap<u64, Spare>,
    /// Until when a node that could not go is not looked at again.
    rested: BTreeMap<u64, SimTime>,
}

/// Where the pods of a node would go: pods and nodes by identity.
pub(super) type Moves = Vec<(u64, u64)>;

impl Room {
    /// Pods that wait are expected on the first node that has room for them, those that start last.
    pub(super) fn new(cluster: &Cluster, going: &BTreeSet<u64>) -> Self {
        let nodes = &cluster.nodes;
        let is_open =
            |node: &super::Node| node.state == NodeState::Ready && !going.contains(&node.id);
        let mut room = Self {
            free: nodes.iter().map(|node| node.allocatable).collect(),
            pods: vec![Vec::new(); nodes.len()],
            is_expected: vec![false; nodes.len()],
            is_open: nodes.iter().map(is_open).collect(),
            stranded: Vec::new(),
        };
        for (at, pod) in cluster.pods.iter().enumerate() {
            if let Some(node) = pod.node.and_then(|node| cluster.position(node)) {
                room.free[node] = room.free[node].less(&pod.request);
                room.pods[node].push(at);
            }
        }
        let starts = |at: &usize| nodes[*at].state == NodeState::Starting;
        let open = (0..nodes.len()).filter(|at| room.is_open[*at]);
        let order: Vec<usize> = open.chain((0..nodes.len()).filter(starts)).collect();
        for (at, pod) in cluster.pods.iter().enumerate() {
            if pod.node.is_some() {
                continue;
            }
            let host = order
                .iter()
                .find(|node| room.free[**node].has(&pod.request));
            if let Some(host) = host {
                room.free[*host] = room.free[*host].less(&pod.request);
                room.is_expected[*host] = true;
            } else {
                room.stranded.push(at);
            }
        }
        room
    }

    /// Whether nothing runs there and nothing is expected to.
    pub(super) fn is_empty(&self, node: usize) -> bool {
        self.pods[node].is_empty() && !self.is_expected[node]
    }

    /// Where the pods of a node would go, if each may be moved and finds room; nodes with pods first, then the others.
    pub(super) fn moves(&self, cluster: &Cluster, node: usize) -> Option<Moves> {
        if self.is_expected[node] {
            return None;
        }
        // What those that moved before took.
        let mut taken: Vec<(usize, Resources)> = Vec::new();
        let mut moves = Moves::new();
        for at in &self.pods[node] {
            let pod = &cluster.pods[*at];
            let fits = |host: usize| {
                let took = taken.iter().find(|(taken, _)| *taken == host);
                let free = took.map_or(self.free[host], |(_, free)| *free);
                (host != node && self.is_open[host] && free.has(&pod.request)).then_some(free)
            };
            let all = || 0..self.free.len();
            let used = all().filter(|host| !self.is_empty(*host));
            let idle = all().filter(|host| self.is_empty(*host));
            let found = used.chain(idle).find_map(|host| Some((host, fits(host)?)));
            let (host, free) = found.filter(|_| pod.is_movable)?;
            taken.retain(|(taken, _)| *taken != host);
            taken.push((host, free.less(&pod.request)));
            moves.push((pod.id, cluster.nodes[host].id));
        }
        Some(moves)
    }
}

impl Unneeded {
    /// Looks at all nodes that do not go: those asked for less than `share_milli` and whose pods find room elsewhere are not
    /// needed; one whose pods do not is left alone for `rest`.
    pub(super) fn look(
        &mut self,
        cluster: &Cluster,
        room: &Room,
        going: &BTreeSet<u64>,
        (share_milli, rest): (u64, Span),
    ) {
        let now = cluster.now;
        self.rested.retain(|_, until| *until > now);
        let mut spare = BTreeMap::new();
        for (at, node) in cluster.nodes.iter().enumerate() {
            let is_there = node.state != NodeState::Starting && !going.contains(&node.id);
            let asked = node.allocatable.less(&room.free[at]);
            if !is_there
                || self.rested.contains_key(&node.id)
                || !node.allocatable.is_below(&asked, share_milli)
            {
                continue;
            }
            let Some(moves) = room.moves(cluster, at) else {
                self.rested.insert(node.id, now.saturating_add(rest));
                continue;
            };
            let hosts = moves.iter().map(|(_, host)| *host).collect();
            let since = self.spare.get(&node.id).map_or(now, |spare| spare.since);
            spare.insert(node.id, Spare { since, hosts });
        }
        self.spare = spare;
    }

    /// When each has not been needed for long enough, and its position, those first that have not been for longest.
    pub(super) fn dues(
        &self,
        cluster: &Cluster,
        [ready, unready]: [Span; 2],
    ) -> Vec<(SimTime, usize)> {
        let dues = self.spare.iter().filter_map(|(id, spare)| {
            let at = cluster.position(*id)?;
            let wait = match cluster.nodes[at].state {
                NodeState::Ready | NodeState::Starting => ready,
                NodeState::Unready => unready,
            };
            Some((spare.since, *id, (spare.since.saturating_add(wait), at)))
        });
        let mut dues: Vec<_> = dues.collect();
        dues.sort_unstable();
        dues.into_iter().map(|(.., due)| due).collect()
    }

    /// A node is not looked at again until then.
    pub(super) fn rest(&mut self, node: u64, until: SimTime) {
        self.spare.remove(&node);
        self.rested.insert(node, until);
    }

    /// Whether any is not needed.
    pub(super) fn is_any(&self) -> bool {
        !self.spare.is_empty()
    }

    /// When one that could not go is looked at again.
    pub(super) fn rests_until(&self) -> Option<SimTime> {
        self.rested.values().min().copied()
    }

    /// A node goes, its pods to these hosts: what counted on any of them, or on the node, is no longer known to find room, and
    /// begins anew.
    pub(super) fn gone(&mut self, node: u64, hosts: &BTreeSet<u64>) {
        self.spare.remove(&node);
        self.spare.retain(|id, spare| {
            let counted = spare.hosts.contains(&node) || !spare.hosts.is_disjoint(hosts);
            !counted && !hosts.contains(id)
        });
    }
}
