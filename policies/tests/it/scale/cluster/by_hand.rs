//! Clusters small enough to follow by hand.

use policies::scale::cluster::{
    Action, Autoscaler, Cluster, Delays, Expander, Node, NodeState, Pod, Resources,
};
use sim_core::units::{SimTime, convert};

use super::{cpu, group, pod, ready};

fn autoscaler() -> Autoscaler {
    Autoscaler::new(Delays::default(), vec![Expander::LeastWaste], 1)
}

/// Scans every 10 s up to an instant; what was done, and when.
fn scan(
    autoscaler: &mut Autoscaler,
    cluster: &mut Cluster,
    until_s: u64,
    mut apply: impl FnMut(&Action, &mut Cluster),
) -> Vec<(u64, Action)> {
    let mut done = Vec::new();
    while cluster.now < SimTime::from_secs(until_s) {
        for action in autoscaler.scan(cluster) {
            apply(&action, cluster);
            done.push((cluster.now.us() / 1_000_000, action));
        }
        cluster.now = cluster.now + Delays::default().scan;
    }
    done
}

/// Pods move and nodes go at once.
fn obey(action: &Action, cluster: &mut Cluster) {
    match action {
        Action::Drain { node, moves } => {
            for (pod, host) in moves {
                let pod = cluster.pods.iter_mut().find(|other| other.id == *pod);
                pod.expect("it is there").node = Some(*host);
            }
            cluster.nodes.retain(|other| other.id != *node);
        }
        Action::Remove { nodes } | Action::Abandon { nodes } => {
            cluster.nodes.retain(|other| !nodes.contains(&other.id));
        }
        Action::Add { .. } => {}
    }
}

const X: u64 = 1;
const Y: u64 = 2;
const A: u64 = 3;
const B: u64 = 4;
const C: u64 = 5;

fn asks(id: u64, (cpu_milli, memory_mib): (u64, u64), node: u64) -> Pod {
    let request = Resources {
        cpu_milli,
        memory_mib,
        gpu_millionths: 0,
    };
    Pod {
        request,
        ..pod(id, 0, Some(node))
    }
}

/// A, B and C are asked for little. X has room for the pod of A or that of B, Y for that of C.
fn faq() -> Cluster {
    let node = |id, size| ready(id, cpu(size));
    Cluster {
        now: SimTime::ZERO,
        groups: vec![group(1000, 0, 10)],
        nodes: vec![
            node(X, 2000),
            node(Y, 2000),
            node(A, 1000),
            node(B, 1000),
            node(C, 1000),
        ],
        pods: vec![
            asks(1, (1100, 1100), X),
            asks(2, (400, 850), X),
            asks(3, (1900, 1500), Y),
            asks(4, (400, 40), A),
            asks(5, (400, 40), B),
            asks(6, (90, 400), C),
        ],
    }
}

#[test]
fn of_two_nodes_whose_pods_fit_on_the_same_one_the_second_waits_and_a_third_does_not() {
    let mut cluster = faq();
    let mut autoscaler = autoscaler();
    let drain = |node, pod, host| Action::Drain {
        node,
        moves: vec![(pod, host)],
    };
    let done = scan(&mut autoscaler, &mut cluster, 1800, obey);
    assert_eq!(done, [(600, drain(A, 4, X)), (610, drain(C, 6, Y))]);
    // There is room on X again: B is looked at as its rest ends, 5 min after each look, and then waits its 10 min.
    cluster.pods.retain(|pod| pod.id != 2);
    let done = scan(&mut autoscaler, &mut cluster, 3600, obey);
    assert_eq!(done, [(1820 + 600, drain(B, 5, X))]);
}

#[test]
fn nodes_are_asked_for_once_given_up_after_a_while_and_asked_for_again_later() {
    let mut cluster = Cluster {
        groups: vec![group(1000, 0, 3)],
        pods: vec![pod(1, 600, None), pod(2, 600, None), pod(3, 300, None)],
        ..Cluster::default()
    };
    let mut ids = 0..;
    let start = |action: &Action, cluster: &mut Cluster| {
        obey(action, cluster);
        if let Action::Add { nodes, .. } = action {
            for id in ids.by_ref().take(convert::index(*nodes)) {
                cluster.nodes.push(Node {
                    state: NodeState::Starting,
                    since: cluster.now,
                    ..ready(id, cpu(1000))
                });
            }
        }
    };
    let done = scan(&mut autoscaler(), &mut cluster, 1500, start);
    let add = Action::Add { group: 0, nodes: 2 };
    let abandon = Action::Abandon { nodes: vec![0, 1] };
    assert_eq!(done, [(0, add.clone()), (900, abandon), (1200, add)]);
}

#[test]
fn empty_nodes_go_ten_at_a_time_down_to_the_fewest_and_those_that_do_not_answer_later() {
    let mut cluster = Cluster {
        groups: vec![group(1000, 2, 99)],
        nodes: (0..20).map(|id| ready(id, cpu(1000))).collect(),
        ..Cluster::default()
    };
    cluster.nodes[0].state = NodeState::Unready;
    let done = scan(&mut autoscaler(), &mut cluster, 1800, obey);
    let remove = |from, to| Action::Remove {
        nodes: (from..to).collect(),
    };
    // The one that does not answer may go only after 20 min, and by then only the fewest are left.
    assert_eq!(done, [(600, remove(1, 11)), (610, remove(11, 19))]);
    assert_eq!(cluster.nodes.len(), 2);
}

#[test]
fn while_too_many_nodes_do_not_answer_nothing_is_done() {
    let mut cluster = Cluster {
        groups: vec![group(1000, 0, 99)],
        nodes: (0..8).map(|id| ready(id, cpu(1000))).collect(),
        pods: vec![pod(1, 9000, None)],
        ..Cluster::default()
    };
    for node in &mut cluster.nodes[..4] {
        node.state = NodeState::Unready;
    }
    assert_eq!(scan(&mut autoscaler(), &mut cluster, 3600, obey), []);
    cluster.nodes[0].state = NodeState::Ready;
    assert_eq!(scan(&mut autoscaler(), &mut cluster, 7200, obey).len(), 2);
}
