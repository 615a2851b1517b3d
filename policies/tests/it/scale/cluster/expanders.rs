//! What expanders choose, against a second, naive way to work it out.

use policies::scale::cluster::expander::Expander::{LeastWaste, MostPods, Price, Priority, Random};
use policies::scale::cluster::expander::{Expander, choose};
use policies::scale::cluster::{Group, Offer, Pod, Resources, offer};
use sim_core::units::convert;
use sim_core::world::draw::Stream;

use super::{group, pod};

fn draw(luck: &mut Stream) -> (Vec<Group>, Vec<Pod>) {
    let size = |luck: &mut Stream, most: u64| Resources {
        cpu_milli: 100 * luck.between(1, most),
        memory_mib: 100 * luck.between(1, most),
        gpu_millionths: 1_000_000 * luck.below(2),
    };
    let groups = (0..luck.between(2, 6)).map(|_| Group {
        template: size(luck, 20),
        price: luck.between(1, 5),
        priority: u32::try_from(luck.below(3)).expect("small"),
        ..group(0, 0, u32::try_from(luck.between(1, 6)).expect("small"))
    });
    let groups: Vec<Group> = groups.collect();
    let pods = (0..luck.between(1, 12)).map(|id| Pod {
        request: size(luck, 8),
        ..pod(id, 0, None)
    });
    (groups, pods.collect())
}

/// Pods by falling size into the first node with room, written without looking at how the autoscaler does it: what is left of
/// each node, and how many pods are on them.
fn pack(group: &Group, pods: &[Pod]) -> (Vec<[u64; 3]>, usize) {
    let parts = |of: &Resources| [of.cpu_milli, of.memory_mib, of.gpu_millionths];
    let whole = parts(&group.template);
    let size = |pod: &Pod| {
        let request = parts(&pod.request);
        // Shares of CPU and memory on a common denominator.
        request[0] * whole[1] + request[1] * whole[0]
    };
    let mut sorted: Vec<&Pod> = pods.iter().collect();
    sorted.sort_by_key(|pod| std::cmp::Reverse(size(pod)));
    let (mut nodes, mut placed): (Vec<[u64; 3]>, usize) = (Vec::new(), 0);
    for pod in sorted {
        let request = parts(&pod.request);
        let most = convert::index(group.max);
        let rest = (0..most).find_map(|at| {
            let free = nodes.get(at).copied().unwrap_or(whole);
            let rest = [0, 1, 2].map(|part| free[part].checked_sub(request[part]));
            let [Some(cpu), Some(memory), Some(gpus)] = rest else {
                return None;
            };
            Some((at, [cpu, memory, gpus]))
        });
        let Some((at, rest)) = rest else { continue };
        placed += 1;
        if at < nodes.len() {
            nodes[at] = rest;
        } else {
            nodes.push(rest);
        }
    }
    (nodes, placed)
}

#[test]
fn least_waste_leaves_least_idle_in_10_000_random_worlds() {
    let mut luck = Stream::new(1, &["expander".into()]);
    let mut chances = Stream::new(2, &["expander".into()]);
    let mut several = 0;
    for _ in 0..10_000 {
        let (groups, pods) = draw(&mut luck);
        let own = |(at, group): (usize, &Group)| offer(at, group.template, group.max, &pods);
        let offers: Vec<Offer> = groups.iter().enumerate().filter_map(own).collect();
        several += u32::from(offers.len() > 1);
        let mut best: Option<([u64; 2], usize)> = None;
        for (at, group) in groups.iter().enumerate() {
            let (nodes, placed) = pack(group, &pods);
            let offered = offers.iter().find(|offer| offer.group == at);
            let count = offered.map_or(0, |offer| convert::index(offer.nodes));
            assert_eq!(count, nodes.len());
            assert_eq!(offered.map_or(0, |offer| offer.pods.len()), placed);
            let idle = [0, 1].map(|part| nodes.iter().map(|free| free[part]).sum());
            if placed > 0 && best.is_none_or(|(least, _)| idle < least) {
                best = Some((idle, at));
            }
        }
        let chosen = choose(&offers, &groups, &[LeastWaste], &mut chances);
        let chosen = chosen.map(|at| offers[at].group);
        assert_eq!(chosen, best.map(|(_, at)| at));
    }
    assert!(several > 8000, "{several}");
}

#[test]
fn a_chain_narrows_what_the_rules_before_it_left() {
    let pods: Vec<Pod> = (0..4).map(|id| pod(id, 500, None)).collect();
    let of = |size, max, price, priority| Group {
        price,
        priority,
        ..group(size, 0, max)
    };
    // Four pods on two nodes, on one, on one that costs more, and two pods on one.
    let groups = [
        of(1000, 9, 2, 0),
        of(2000, 9, 4, 1),
        of(2500, 9, 5, 1),
        of(1000, 1, 1, 0),
    ];
    let own = |(at, group): (usize, &Group)| offer(at, group.template, group.max, &pods);
    let offers: Vec<Offer> = groups.iter().enumerate().filter_map(own).collect();
    let mut luck = Stream::new(1, &["expander".into()]);
    let mut chosen = |chain: &[Expander]| choose(&offers, &groups, chain, &mut luck);
    assert_eq!(chosen(&[MostPods]), Some(0));
    assert_eq!(chosen(&[Priority]), Some(1));
    assert_eq!(chosen(&[Priority, LeastWaste]), Some(1));
    assert_eq!(chosen(&[Price]), Some(3));
    assert_eq!(chosen(&[MostPods, Price]), Some(0));
    assert_eq!(chosen(&[]), Some(0));
    // By chance, each of those that are left; never another.
    let drawn: Vec<_> = (0..200)
        .filter_map(|_| chosen(&[Priority, Random]))
        .collect();
    assert!(drawn.iter().all(|at| [1, 2].contains(at)));
    let first = drawn.iter().filter(|at| **at == 1).count();
    assert!((70..130).contains(&first), "{first}");
    assert_eq!(choose(&[], &groups, &[Random], &mut luck), None);
}
