//! Closed forms against each other, against small cases by hand, and against chains solved by iteration.

use sim_core::serve::theory::{Parallel, bulk, erlang_b, hits_lru, hits_ttl_from_insert};
use sim_core::serve::theory::{hits_ttl_since_access, occupied, pollaczek_khinchine, zipf};

fn close(one: f64, other: f64, relative: f64) {
    let error = (one - other).abs();
    assert!(error <= relative * other.abs(), "{one} is not {other}");
}

#[test]
fn one_server_is_the_special_case_of_all() {
    for load in [0.1, 0.5, 0.9, 0.99] {
        let mm1 = Parallel::new(1, load);
        close(mm1.mean_wait(), load / (1.0 - load), 1e-12);
        close(mm1.mean_wait(), pollaczek_khinchine(load, 1.0), 1e-12);
        close(mm1.waiting(), load, 1e-12);
        let md1 = bulk(1, load).unwrap();
        close(md1.mean_wait, pollaczek_khinchine(load, 0.0), 1e-12);
        close(md1.left_empty, 1.0 - load, 1e-12);
    }
}

#[test]
fn erlang_by_hand() {
    // Two servers, load two: 2^2/2! over 1 + 2 + 2.
    close(erlang_b(2, 2.0), 0.4, 1e-15);
    let two = Parallel::new(2, 1.0);
    close(two.waiting(), 1.0 / 3.0, 1e-14);
    close(two.mean_wait(), 1.0 / 3.0, 1e-14);
    close(two.waiting_longer(two.wait_quantile(0.9)), 0.1, 1e-12);
    close(two.mean_inside(), 4.0 / 3.0, 1e-14);
    assert!(two.wait_quantile(0.5) <= 0.0);
    assert!(Parallel::new(2, 2.0).mean_wait().is_infinite());
    assert!(pollaczek_khinchine(1.0, 1.0).is_infinite());
}

#[test]
fn how_many_are_at_work_varies_as_by_hand() {
    // One server is at work or not.
    close(Parallel::new(1, 0.3).working_variance(), 0.3 * 0.7, 1e-12);
    // Two under a load of one: none, one, and both with a probability of a third each.
    close(Parallel::new(2, 1.0).working_variance(), 2.0 / 3.0, 1e-12);
    // So many servers that nobody waits: a Poisson number.
    close(Parallel::new(60, 9.0).working_variance(), 9.0, 1e-9);

    let one = occupied(1, 0.7);
    close(one.mean, 1.0 - libm::exp(-0.7), 1e-12);
    close(one.all, one.mean, 1e-12);
    close(one.variance, one.mean * (1.0 - one.mean), 1e-12);
    close(occupied(60, 9.0).mean, 9.0, 1e-9);
    // Where the normal takes over, nothing but its far tails jumps.
    for servers in [470, 500, 530] {
        let [below, above] = [499.99, 500.01].map(|inside| occupied(servers, inside));
        close(above.mean, below.mean, 1e-3);
        close(above.variance, below.variance, 0.1);
        close(above.all, below.all, 0.15);
    }
}

/// Means of the embedded chain by powers of its transition law, on so many states.
fn iterated(size: usize, rate: f64, states: usize) -> (f64, f64) {
    let mut arrivals = vec![libm::exp(-rate)];
    for count in 1..states {
        let last = arrivals[count - 1];
        arrivals.push(last * rate / f64::from(u32::try_from(count).unwrap()));
    }
    let mut left = vec![0.0; states];
    left[0] = 1.0;
    for _ in 0..3_000 {
        let mut next = vec![0.0; states];
        for (count, share) in left.iter().enumerate() {
            let stay = count.saturating_sub(size);
            for (more, likely) in arrivals.iter().enumerate().take(states - stay) {
                next[stay + more] += share * likely;
            }
        }
        left = next;
    }
    let mean = left
        .iter()
        .zip(0_u32..)
        .map(|(share, count)| share * f64::from(count));
    (left[0], mean.sum())
}

#[test]
fn the_bulk_queue_is_its_chain() {
    for (size, rate) in [(2_u32, 1.0), (3, 2.1), (8, 4.0), (16, 12.8)] {
        let (empty, mean) = iterated(usize::try_from(size).unwrap(), rate, 200);
        let bulk = bulk(size, rate).unwrap();
        assert!((bulk.left_empty - empty).abs() < 1e-12);
        close(bulk.mean_batch, rate + empty, 1e-11);
        close(bulk.mean_wait, (mean - rate / 2.0) / (rate + empty), 1e-9);
    }
    assert_eq!(bulk(4, 4.0), None);
    assert_eq!(bulk(4, 0.0), None);
}

#[test]
fn caches_by_hand() {
    // Two items, equally often: each is held with probability one half.
    let (time, hits) = hits_lru(&[0.5, 0.5], 1);
    close(time, 2.0 * core::f64::consts::LN_2, 1e-12);
    close(hits, 0.5, 1e-12);
    let everything = hits_lru(&[0.5, 0.5], 2);
    assert!(everything.0.is_infinite());
    close(everything.1, 1.0, 1e-15);
    close(hits_ttl_from_insert(&[2.0], 1.5), 0.75, 1e-15);
    close(
        hits_ttl_since_access(&[2.0], 1.5),
        1.0 - libm::exp(-3.0),
        1e-15,
    );
    let rates = zipf(3, 1.0);
    close(rates[0], 6.0 / 11.0, 1e-15);
    close(rates[2], 2.0 / 11.0, 1e-15);
    for capacity in [1, 30, 99] {
        let rates = zipf(100, 0.8);
        let (time, hits) = hits_lru(&rates, capacity);
        let held: f64 = rates.iter().map(|rate| -libm::expm1(-rate * time)).sum();
        close(held, f64::from(u32::try_from(capacity).unwrap()), 1e-10);
        assert!(hits > 0.0 && hits < 1.0);
    }
}
