//! Replicas: every way to ask for them and to give them back.

use policies::scale::Bounds;
use policies::scale::optimum::Pool;
use scenarios::bounds::provisioning::{PROVISIONING, PROVISIONING_FREELY, provisioning};
use sim_core::units::convert;

use super::drawn::luck;
use super::table::Table;

/// The least cost from an interval on, with replicas of these ages.
fn optimum(need: &[u32], pool: &Pool, ages: &[u32]) -> Option<u64> {
    let Some((now, later)) = need.split_first() else {
        return Some(0);
    };
    let count = u32::try_from(ages.len()).expect("few");
    let ways =
        (0..2_u32.pow(count)).flat_map(|goes| (0..=pool.bounds.max()).map(move |new| (goes, new)));
    let costs = ways.filter_map(|(goes, new)| {
        let mut there = Vec::new();
        for (bit, age) in ages.iter().enumerate() {
            if goes & (1 << bit) == 0 {
                there.push(*age);
            } else if *age < pool.minimum {
                return None;
            }
        }
        there.extend((0..new).map(|_| 0));
        let paid = u32::try_from(there.len()).expect("few");
        if pool.bounds.hold(paid) != paid {
            return None;
        }
        let serving = there.iter().filter(|age| **age >= pool.start).count();
        let missing = now.saturating_sub(u32::try_from(serving).expect("few"));
        let cost = u64::from(paid) * pool.cost + u64::from(missing) * pool.penalty;
        let older: Vec<u32> = there.iter().map(|age| age + 1).collect();
        Some(cost + optimum(later, pool, &older)?)
    });
    costs.min()
}

#[test]
fn no_way_to_ask_for_replicas_costs_less_than_the_bound_and_one_costs_as_much() {
    let mut luck = luck("replicas");
    let mut table = Table::default();
    let small = |n: u64| u32::try_from(n).expect("small");
    let mut compared = 0;
    while compared < 10_000 {
        let max = small(luck.between(1, 2));
        let min = small(luck.below(2)).min(max);
        let pool = Pool {
            initial: small(luck.below(3)).min(max),
            bounds: Bounds::new(min, max).expect("in order"),
            start: small(luck.below(3)),
            minimum: small(luck.between(1, 4)),
            cost: luck.between(1, 3),
            penalty: luck.between(1, 9),
        };
        let need: Vec<u32> = (0..luck.between(1, 5))
            .map(|_| small(luck.below(4)))
            .collect();
        let long_ago = 100;
        let initial: Vec<u32> = (0..pool.initial).map(|_| long_ago).collect();
        let optimum = optimum(&need, &pool, &initial).expect("all may stay");
        let bound = provisioning(&need, &pool).expect("small");
        assert_eq!(bound.by, PROVISIONING);
        assert_eq!(u64::try_from(bound.value), Ok(optimum), "{need:?} {pool:?}");
        table.add(bound.by, convert::real(optimum), convert::real(optimum));
        let minimum = pool.minimum.min(pool.start + 1);
        let freely = provisioning(&need, &Pool { minimum, ..pool }).expect("small");
        let freely = u64::try_from(freely.value).expect("small");
        table.add(
            PROVISIONING_FREELY,
            convert::real(freely),
            convert::real(optimum),
        );
        compared += 1;
    }
    table.judge("Cost of replicas", 10_000);
}
