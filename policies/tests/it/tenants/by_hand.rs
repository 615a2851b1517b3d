//! By hand: who runs, after each of a few instants.

use sim_core::engine::World;
use sim_core::model::{Amount, Gang, Job, Market, Queue};
use sim_core::units::QueueId;

use super::rig::{fly, jobs, light, policy, queue, ran, world};
use crate::plain;

/// Three tenants, two resources: 18 cores and 36 GiB. Tasks take (1 core, 4 GiB), (3, 1) and (1, 1), so the dominant shares grow
/// by 2, 3 and 1 eighteenths a task. Filling from the least, ties to the first queue, leads to (8, 6, 6) at (16 cores, 24 GiB);
/// three cores for B are not there any more; C goes on to 7 and, with A at 8, to 8; now all cores are taken.
#[test]
fn drf_fills_three_tenants_and_two_resources_from_the_least_dominant_share() {
    let mut fleet = plain::standing(plain::fleet(Market::Owned, 1, 1));
    fleet.shape.cpu_milli = 18_000;
    fleet.shape.memory_mib = 36 * 1024;
    let tenants = World {
        queues: ["a", "b", "c"].map(Queue::named).to_vec(),
        ..plain::world(vec![fleet])
    };
    let asks = [light(1000, 4096), light(3000, 1024), light(1000, 1024)];
    let all = (0..).zip(asks).flat_map(|(queue, gang)| {
        let job = Job {
            queue: QueueId(queue),
            ..plain::job(0, gang, 100)
        };
        vec![job; 20]
    });
    let seen = fly(tenants, all.collect(), policy("drf", "strict", "none"));
    assert_eq!(ran(&seen, 0), [4, 2, 8]);
}

#[test]
fn a_weight_of_two_is_a_dominant_share_of_two() {
    let mut queues = ["a", "b"].map(Queue::named).to_vec();
    queues[1].weight = 2;
    let all = [jobs(0, 20, (0, 100)), jobs(1, 20, (0, 100))].concat();
    let seen = fly(world(9, queues), all, policy("drf", "strict", "none"));
    assert_eq!(ran(&seen, 0), [3, 6]);
}

#[test]
fn what_is_guaranteed_comes_first_and_the_rest_goes_by_weight() {
    let mut queues = vec![queue("a", 4), queue("b", 2), queue("c", 0)];
    queues[1].weight = 3;
    let all = (0..3).flat_map(|queue| jobs(queue, 20, (0, 100)));
    let seen = fly(
        world(11, queues),
        all.collect(),
        policy("capacity", "strict", "none"),
    );
    // Five are left: the first goes to a, b and c in turn, and then to b until it borrowed as much per weight.
    assert_eq!(ran(&seen, 0), [5, 5, 1]);
}

#[test]
fn what_nobody_wants_is_borrowed_up_to_the_cap_and_not_by_those_who_may_not() {
    let free = |change: fn(&mut Queue)| {
        let mut queues = vec![queue("prod", 6), queue("dev", 4)];
        change(&mut queues[1]);
        let seen = fly(
            world(10, queues),
            jobs(1, 20, (0, 100)),
            policy("capacity", "strict", "none"),
        );
        ran(&seen, 0)[1]
    };
    assert_eq!(free(|_| ()), 10);
    assert_eq!(free(|dev| dev.cap = Some(Amount::Gpus(7))), 7);
    assert_eq!(free(|dev| dev.cap = Some(Amount::Part(550_000))), 5);
    assert_eq!(free(|dev| dev.borrow = false), 4);
}

#[test]
fn what_was_borrowed_is_taken_back_from_whoever_started_last() {
    let queues = || vec![queue("prod", 6), queue("dev", 4)];
    let all = || {
        let later = jobs(1, 4, (1, 100));
        [jobs(1, 6, (0, 100)), later, jobs(0, 8, (10, 50))].concat()
    };
    let kept = fly(
        world(10, queues()),
        all(),
        policy("capacity", "strict", "none"),
    );
    assert_eq!(ran(&kept, 10), [0, 10]);
    let taken = fly(
        world(10, queues()),
        all(),
        policy("capacity", "strict", "reclaim"),
    );
    // Prod has eight jobs, and gets six: that is what it is guaranteed.
    assert_eq!(ran(&taken, 9), [0, 10]);
    assert_eq!(ran(&taken, 10), [6, 4]);
    let gone: Vec<_> = taken
        .interrupted
        .iter()
        .map(|(at, queue, _)| (at.us(), *queue))
        .collect();
    assert_eq!(gone, vec![(10_000_000, 1); 6]);
    // Its first six are done after a minute; two are left, and dev borrows again.
    assert_eq!(ran(&taken, 60), [2, 8]);
}

/// Half for research, of which a has three quarters and b the rest; half for production, which wants nothing.
#[test]
fn queues_within_a_queue_share_what_it_has() {
    let part = |name: &str, parent: Option<u16>, millionths| Queue {
        parent: parent.map(QueueId),
        share: Amount::Part(millionths),
        ..Queue::named(name)
    };
    let mut queues = vec![
        part("research", None, 500_000),
        part("production", None, 500_000),
        part("a", Some(0), 750_000),
        part("b", Some(0), 250_000),
    ];
    let all = |arrival| [jobs(2, 20, (0, 100)), jobs(3, 20, (arrival, 100))].concat();
    queues[0].cap = Some(Amount::Part(500_000));
    let capped = fly(
        world(16, queues.clone()),
        all(0),
        policy("capacity", "strict", "none"),
    );
    assert_eq!(ran(&capped, 0), [0, 0, 6, 2]);
    // A capped parent does not keep its queues from taking back what is theirs of each other.
    let taken = fly(
        world(16, queues),
        all(10),
        policy("capacity", "strict", "reclaim"),
    );
    assert_eq!(ran(&taken, 9), [0, 0, 8, 0]);
    assert_eq!(ran(&taken, 10), [0, 0, 6, 2]);
}

#[test]
fn a_job_that_cannot_start_stops_its_own_queue_or_is_passed_over() {
    let started = |within| {
        let wide = Job {
            queue: QueueId(0),
            ..plain::job(0, Gang::of(5, 1), 100)
        };
        let (narrow, others) = (jobs(0, 4, (0, 100)), jobs(1, 4, (0, 10)));
        let all = [vec![wide], narrow, others].concat();
        let queues = vec![queue("a", 0), queue("b", 4)];
        let seen = fly(world(8, queues), all, policy("capacity", within, "none"));
        ran(&seen, 0)
    };
    assert_eq!(started("strict"), [0, 4]);
    assert_eq!(started("skip"), [4, 4]);
}
