//! The optimum of a pool against trying everything.

use policies::scale::Bounds;
use policies::scale::optimum::{Optimum, Pool, optimum};
use sim_core::world::draw::Stream;

/// The least cost by trying, for each of so many replicas, to pay for it or not in every interval. One that is given back
/// before its minimum has passed is paid for all the same.
fn least(need: &[u32], pool: &Pool) -> Option<u64> {
    let slots: Vec<Slot> = (0..pool.bounds.max().max(pool.initial))
        .map(|slot| Slot {
            // Those that were there have been paid for long enough.
            age: (slot < pool.initial).then_some(pool.start + pool.minimum),
            owed: 0,
        })
        .collect();
    try_all(need, &slots, pool)
}

#[derive(Clone, Copy)]
struct Slot {
    /// Intervals that it has been paid for, if it is there.
    age: Option<u32>,
    /// Intervals that are still to be paid for if it goes.
    owed: u32,
}

fn try_all(need: &[u32], slots: &[Slot], pool: &Pool) -> Option<u64> {
    let Some((first, rest)) = need.split_first() else {
        return Some(0);
    };
    let mut best: Option<u64> = None;
    for choice in 0..1_u32 << slots.len() {
        let is_on = |slot: usize| choice >> slot & 1 == 1;
        let paid = choice.count_ones();
        // One that was given back before its minimum goes on being paid for: nothing is gained by another in its place.
        let again = |(at, slot): (usize, &Slot)| is_on(at) && slot.age.is_none() && slot.owed > 0;
        if pool.bounds.hold(paid) != paid || slots.iter().enumerate().any(again) {
            continue;
        }
        let (mut serving, mut billed) = (0, 0);
        let mut next = slots.to_vec();
        for (at, slot) in next.iter_mut().enumerate() {
            if is_on(at) {
                let age = slot.age.unwrap_or(0);
                serving += u32::from(age >= pool.start);
                billed += 1;
                let owed = slot.age.map_or(pool.minimum, |_| slot.owed);
                slot.owed = owed.saturating_sub(1);
                slot.age = Some(age + 1);
            } else {
                billed += u32::from(slot.owed > 0);
                slot.owed = slot.owed.saturating_sub(1);
                slot.age = None;
            }
        }
        let here =
            u64::from(billed) * pool.cost + u64::from(first.saturating_sub(serving)) * pool.penalty;
        if let Some(rest) = try_all(rest, &next, pool) {
            best = Some(best.map_or(here + rest, |best| best.min(here + rest)));
        }
    }
    best
}

/// What is said to be best can be done, and costs what is said.
fn check(need: &[u32], pool: &Pool, best: &Optimum) {
    let sum = |values: &[u32]| values.iter().map(|value| u64::from(*value)).sum::<u64>();
    let missing = need.iter().zip(&best.serving);
    let missing: Vec<u32> = missing.map(|(need, on)| need.saturating_sub(*on)).collect();
    assert_eq!(
        best.cost,
        sum(&best.paid) * pool.cost + sum(&missing) * pool.penalty
    );
    for (at, (paid, serving)) in best.paid.iter().zip(&best.serving).enumerate() {
        assert!(serving <= paid);
        assert_eq!(pool.bounds.hold(*paid), *paid, "at {at}");
    }
}

fn draw(luck: &mut Stream, minimum: u64) -> (Vec<u32>, Pool) {
    let mut small = |most: u64| u32::try_from(luck.below(most + 1)).expect("small");
    let length = 1 + small(4);
    let need = (0..length).map(|_| small(3)).collect();
    let (min, more) = (small(1), small(2));
    let start = small(2);
    let minimum = if minimum == 0 {
        small(1).min(start + 1)
    } else {
        start + 2 + small(1)
    };
    let pool = Pool {
        initial: small(2),
        bounds: Bounds::new(min, (min + more).max(1)).expect("a range"),
        start,
        minimum,
        cost: u64::from(small(3)),
        penalty: u64::from(small(9)),
    };
    (need, pool)
}

#[test]
fn nobody_finds_anything_cheaper_by_trying_everything() {
    let mut luck = Stream::new(1, &["optimum".into()]);
    for round in 0..6000 {
        let (need, pool) = draw(&mut luck, round % 2);
        let best = optimum(&need, &pool).expect("few states");
        check(&need, &pool, &best);
        let tried = least(&need, &pool).expect("bounds can be kept");
        assert_eq!(best.cost, tried, "{need:?} {pool:?} {best:?}");
    }
}

#[test]
fn a_replica_is_kept_over_a_gap_that_is_no_longer_than_its_start() {
    let pool = Pool {
        initial: 1,
        bounds: Bounds::new(0, 9).expect("a range"),
        start: 2,
        minimum: 1,
        cost: 10,
        penalty: 1000,
    };
    let paid = |need: &[u32]| optimum(need, &pool).expect("few states").paid;
    assert_eq!(paid(&[1, 0, 0, 1]), [1, 1, 1, 1]);
    // Off for one interval, then it starts again.
    assert_eq!(paid(&[1, 0, 0, 0, 1]), [1, 0, 1, 1, 1]);
    assert_eq!(paid(&[1, 1, 1, 3, 0]), [1, 3, 3, 3, 0]);
    let best = optimum(&[1, 5, 5], &pool).expect("few states");
    assert_eq!(best.serving, [1, 1, 5]);
    assert_eq!(best.cost, 15 * 10 + 4 * 1000);
}

#[test]
fn a_year_of_minutes_is_done_at_once() {
    let need: Vec<u32> = (0..525_600).map(|at| at / 60 % 24).collect();
    let pool = Pool {
        initial: 0,
        bounds: Bounds::new(1, 24).expect("a range"),
        start: 8,
        minimum: 1,
        cost: 10,
        penalty: 100,
    };
    check(&need, &pool, &optimum(&need, &pool).expect("it is small"));
}
