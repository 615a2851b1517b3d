//! What the autoscaler never does, over a million scans of clusters in which pods come and go and nodes fail.

use std::collections::BTreeMap;

use policies::scale::cluster::{
    Action, Autoscaler, Cluster, Delays, Expander, Group, Node, NodeState, Pod, Resources,
};
use sim_core::units::{SimTime, Span};
use sim_core::world::draw::Stream;

use super::{group, pod};

const WORLDS: u64 = 100;
const SCANS: u64 = 10_000;
const TEN_MINUTES: Span = Span::from_secs(600);

/// A cluster with luck, and what an outsider remembers of it.
struct World {
    luck: Stream,
    cluster: Cluster,
    next: u64,
    /// When each node that goes is gone.
    going: BTreeMap<u64, SimTime>,
    draining: Option<u64>,
    /// Since when each node has been asked for little by pods that may be moved.
    low_since: BTreeMap<u64, SimTime>,
    added: Option<SimTime>,
    counts: [u64; 3],
}

impl World {
    fn new(seed: u64) -> Self {
        let mut luck = Stream::new(seed, &["cluster".into()]);
        let small = |luck: &mut Stream, most| u32::try_from(luck.below(most)).expect("small");
        let groups = (0..luck.between(1, 3)).map(|_| {
            let min = small(&mut luck, 2);
            Group {
                price: luck.between(1, 9),
                priority: small(&mut luck, 3),
                ..group(500 * luck.between(2, 8), min, min + 1 + small(&mut luck, 5))
            }
        });
        let groups: Vec<Group> = groups.collect();
        Self {
            luck,
            cluster: Cluster {
                groups,
                ..Cluster::default()
            },
            next: 0,
            going: BTreeMap::new(),
            draining: None,
            low_since: BTreeMap::new(),
            added: None,
            counts: [0; 3],
        }
    }

    /// Free resources by node, without those that go; none where pods ask for more than there is.
    fn free(&self) -> BTreeMap<u64, Option<Resources>> {
        let nodes = self.cluster.nodes.iter();
        let open = nodes.filter(|node| node.state == NodeState::Ready);
        let open = open.filter(|node| !self.going.contains_key(&node.id));
        let mut free: BTreeMap<u64, Option<Resources>> =
            open.map(|node| (node.id, Some(node.allocatable))).collect();
        for pod in &self.cluster.pods {
            if let Some(free) = pod.node.and_then(|node| free.get_mut(&node)) {
                *free = free
                    .filter(|free| free.has(&pod.request))
                    .map(|free| free.less(&pod.request));
            }
        }
        free
    }

    /// Time passes: nodes come, fail, recover and go, pods come and go, and the scheduler places those that wait.
    fn live(&mut self, scan: Span) {
        let luck = &mut self.luck;
        let cluster = &mut self.cluster;
        cluster.now = cluster.now + scan;
        let now = cluster.now;
        let gone = |node: &Node| self.going.get(&node.id).is_some_and(|at| *at <= now);
        cluster.nodes.retain(|node| !gone(node));
        self.going.retain(|_, at| *at > now);
        self.draining = self.draining.filter(|node| self.going.contains_key(node));
        for node in &mut cluster.nodes {
            let state = match node.state {
                // Some never come.
                NodeState::Starting if node.id % 10 > 0 && luck.chance(0.05) => NodeState::Ready,
                NodeState::Ready if luck.chance(0.0005) => NodeState::Unready,
                NodeState::Unready if luck.chance(0.01) => NodeState::Ready,
                NodeState::Starting | NodeState::Ready | NodeState::Unready => continue,
            };
            (node.state, node.since) = (state, now);
        }
        // Busy hours and quiet ones.
        let is_busy = (now.us() / 7_200_000_000).is_multiple_of(2);
        if cluster.pods.len() < 20 && luck.chance(if is_busy { 0.05 } else { 0.005 }) {
            self.next += 1;
            cluster.pods.push(Pod {
                is_movable: luck.chance(0.9),
                ..pod(self.next, 100 * luck.between(1, 15), None)
            });
        }
        cluster.pods.retain(|_| !luck.chance(0.003));
        let mut free = self.free();
        for pod in &mut self.cluster.pods {
            let hosts = free.iter_mut();
            let mut hosts = hosts.filter_map(|(id, free)| Some((id, free.as_mut()?)));
            if pod.node.is_none()
                && let Some((id, free)) = hosts.find(|(_, free)| free.has(&pod.request))
            {
                pod.node = Some(*id);
                *free = free.less(&pod.request);
            }
        }
    }

    /// Nodes that are not needed as far as they themselves tell.
    fn look(&mut self) {
        let cluster = &self.cluster;
        let mut low = BTreeMap::new();
        for node in &cluster.nodes {
            let own = || cluster.pods.iter().filter(|pod| pod.node == Some(node.id));
            let none = Resources::default();
            let asked = own().fold(none, |sum, pod| sum.plus(&pod.request));
            if node.allocatable.is_below(&asked, 500) && own().all(|pod| pod.is_movable) {
                let since = self.low_since.get(&node.id).copied();
                low.insert(node.id, since.unwrap_or(cluster.now));
            }
        }
        self.low_since = low;
    }

    /// A node goes: it may.
    fn check_removal(&mut self, node: u64) {
        let now = self.cluster.now;
        let since = self.low_since.get(&node).expect("it is asked for little");
        let at = self.cluster.position(node).expect("it is there");
        let node = self.cluster.nodes[at];
        let unneeded = now.since(*since);
        assert!(unneeded >= TEN_MINUTES, "for {unneeded} only");
        if node.state == NodeState::Unready {
            assert!(unneeded >= Span::from_secs(1200), "for {unneeded} only");
        }
        assert!(
            self.added
                .is_none_or(|added| now.since(added) >= TEN_MINUTES)
        );
        let own = |other: &&Node| other.group == node.group && !self.going.contains_key(&other.id);
        let size = self.cluster.nodes.iter().filter(own).count();
        let min = self.cluster.groups[node.group].min;
        assert!(u32::try_from(size).expect("small") > min);
    }

    fn apply(&mut self, action: Action) {
        let now = self.cluster.now;
        match action {
            Action::Add { group, nodes } => {
                assert!(self.cluster.size(group) + nodes <= self.cluster.groups[group].max);
                self.added = Some(now);
                self.counts[0] += 1;
                for _ in 0..nodes {
                    self.next += 1;
                    self.cluster.nodes.push(Node {
                        id: self.next,
                        group,
                        allocatable: self.cluster.groups[group].template,
                        state: NodeState::Starting,
                        since: now,
                    });
                }
            }
            Action::Abandon { nodes } => {
                self.cluster.nodes.retain(|node| !nodes.contains(&node.id));
            }
            Action::Remove { nodes } => {
                assert!(nodes.len() <= 10);
                self.counts[1] += 1;
                for node in nodes {
                    self.check_removal(node);
                    let mut pods = self.cluster.pods.iter();
                    assert!(pods.all(|pod| pod.node != Some(node)), "it is empty");
                    self.going.insert(node, now);
                }
            }
            Action::Drain { node, moves } => {
                self.check_removal(node);
                assert_eq!(self.draining, None, "one at a time");
                self.counts[2] += 1;
                let gone = now.saturating_add(Span::from_secs(self.luck.between(0, 600)));
                self.going.insert(node, gone);
                self.draining = Some(node);
                for pod in &mut self.cluster.pods {
                    if pod.node == Some(node) {
                        assert!(pod.is_movable);
                        let host = moves.iter().find(|(moved, _)| *moved == pod.id);
                        pod.node = host.map(|(_, host)| *host);
                        assert!(pod.node.is_some(), "it has somewhere to go");
                    }
                }
                let free = self.free();
                for (_, host) in &moves {
                    let free = free.get(host).expect("it is ready and stays");
                    assert!(free.is_some(), "all that is there fits");
                }
            }
        }
    }
}

#[test]
fn nodes_go_only_after_ten_minutes_and_never_from_under_a_pod() {
    let mut counts = [0; 3];
    for seed in 0..WORLDS {
        let mut world = World::new(seed);
        let delays = Delays::default();
        let chains = [
            vec![Expander::Random],
            vec![Expander::MostPods, Expander::LeastWaste],
            vec![Expander::Price],
            vec![Expander::Priority, Expander::LeastWaste, Expander::Random],
        ];
        let chain = &chains[usize::try_from(seed % 4).expect("small")];
        let mut autoscaler = Autoscaler::new(delays, chain.clone(), seed);
        for _ in 0..SCANS {
            world.live(delays.scan);
            world.look();
            let copy = autoscaler.clone().scan(&world.cluster);
            let actions = autoscaler.scan(&world.cluster);
            assert_eq!(actions, copy);
            for action in actions {
                world.apply(action);
            }
        }
        for (sum, count) in counts.iter_mut().zip(world.counts) {
            *sum += count;
        }
    }
    // Each of them happens often.
    assert!(counts.iter().all(|count| *count > 1000), "{counts:?}");
}
