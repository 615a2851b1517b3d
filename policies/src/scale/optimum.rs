//! The optimum of one pool: the cheapest numbers of replicas for a need that is known from the beginning, exactly.
//!
//! A replica asked for at interval `s` is paid from `s` on and serves from `s + start` on, until it is given back; it is paid
//! for at least `minimum` intervals, as far as the horizon goes. Between the fewest and the most are paid at any time. What
//! is needed and not served costs a penalty.
//!
//! Where a replica that has served for an interval has been paid for long enough (`minimum <= start + 1`), the optimum falls
//! apart into levels: whether there is a `k`-th replica does not depend on whether there is a `k+1`-th, because a need of
//! `n` is a need for each of the first `n`. Each level is a dynamic programme of two states, on and off; going on costs
//! `start` intervals. A level is off only for longer than it takes to start, so that no more are paid than there are levels.
//! Otherwise ages matter, and the state is how many replicas there are of each: exact too, but of a size that grows with the
//! power of the minimum.

use std::collections::BTreeMap;

use sim_core::units::convert;

/// A pool, and what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Replicas that serve before the first interval, paid for long enough.
    pub initial: u32,
    /// Fewest and most that are paid.
    pub bounds: super::Bounds,
    /// Intervals from asking for a replica to its serving.
    pub start: u32,
    /// Least intervals that a replica is paid for.
    pub minimum: u32,
    /// Cost of a replica for an interval.
    pub cost: u64,
    /// Cost of a replica that is missing for an interval.
    pub penalty: u64,
}

/// What is best.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Optimum {
    /// All that it costs, penalties included.
    pub cost: u64,
    /// Replicas that are paid, by interval.
    pub paid: Vec<u32>,
    /// Replicas that serve, by interval.
    pub serving: Vec<u32>,
}

/// Most states of an interval.
const MOST_STATES: usize = 1 << 18;

/// The cheapest way to meet `need`, by interval, or to leave some of it unmet. `None` where costs overflow, or where the ages
/// of replicas have too many states.
pub fn optimum(need: &[u32], pool: &Pool) -> Option<Optimum> {
    // All replicas all the time, and all of the need unmet, cost at most so much.
    let intervals = convert::wide(need.len()).checked_add(u64::from(pool.start))?;
    let paid = intervals.checked_mul(pool.bounds.max().into())?;
    let missing: u64 = need.iter().map(|need| u64::from(*need)).sum();
    let missing = missing.checked_mul(pool.penalty)?;
    paid.checked_mul(pool.cost)?.checked_add(missing)?;
    if pool.minimum <= pool.start.saturating_add(1) {
        Some(by_levels(need, pool))
    } else {
        by_ages(need, pool)
    }
}

fn by_levels(need: &[u32], pool: &Pool) -> Optimum {
    let mut optimum = Optimum {
        cost: 0,
        paid: vec![0; need.len()],
        serving: vec![0; need.len()],
    };
    for level in 1..=pool.bounds.max() {
        let needed: Vec<bool> = need.iter().map(|need| *need >= level).collect();
        let serves = if level <= pool.bounds.min() {
            let from = if level <= pool.initial { 0 } else { pool.start };
            (0..need.len())
                .map(|at| at >= convert::index(from))
                .collect()
        } else {
            cheapest_level(&needed, level <= pool.initial, pool)
        };
        let paid = if level <= pool.bounds.min() {
            vec![true; need.len()]
        } else {
            with_starts(&serves, level <= pool.initial, pool.start)
        };
        let count = |counts: &mut [u32], those: &[bool]| {
            for (count, one) in counts.iter_mut().zip(those) {
                *count += u32::from(*one);
            }
        };
        count(&mut optimum.serving, &serves);
        count(&mut optimum.paid, &paid);
    }
    optimum.cost = pool.cost_of(need, &optimum.paid, &optimum.serving);
    optimum
}

/// When a replica is paid for that serves then: also while it starts.
fn with_starts(serves: &[bool], was_on: bool, start: u32) -> Vec<bool> {
    let mut paid = serves.to_vec();
    let before = std::iter::once(&was_on).chain(serves);
    for (at, (before, serves)) in before.zip(serves).enumerate() {
        if *serves && !before {
            paid[at - convert::index(start)..at].fill(true);
        }
    }
    paid
}

impl Pool {
    /// What these numbers of replicas, paid and serving, cost under this need, by interval.
    pub fn cost_of(&self, need: &[u32], paid: &[u32], serving: &[u32]) -> u64 {
        let paid: u64 = paid.iter().map(|paid| u64::from(*paid)).sum();
        let missing = need.iter().zip(serving);
        let missing: u64 = missing
            .map(|(need, serving)| u64::from(need.saturating_sub(*serving)))
            .sum();
        paid * self.cost + missing * self.penalty
    }
}

/// When a replica of one level serves, if it must not; of several ways that cost the same, the one that serves most.
fn cheapest_level(needed: &[bool], was_on: bool, pool: &Pool) -> Vec<bool> {
    let launch = pool.cost * u64::from(pool.start);
    // By interval, from the last: what is to be paid from there on, by whether it was off or on before.
    let mut rest = vec![[0_u64; 2]; needed.len() + 1];
    let costs = |at: usize, rest: &[[u64; 2]]| {
        let off = rest[at + 1][0] + pool.penalty * u64::from(needed[at]);
        let on = rest[at + 1][1] + pool.cost;
        // Nothing can have been asked for before the beginning.
        let can_start = at >= convert::index(pool.start);
        [off, on, if can_start { on + launch } else { u64::MAX }]
    };
    for at in (0..needed.len()).rev() {
        let [off, on, started] = costs(at, &rest);
        rest[at] = [off.min(started), off.min(on)];
    }
    let mut before = was_on;
    let mut serves = Vec::with_capacity(needed.len());
    for at in 0..needed.len() {
        let [off, on, started] = costs(at, &rest);
        before = if before { on <= off } else { started <= off };
        serves.push(before);
    }
    serves
}

/// Replicas by how many intervals they have been paid for, from one on; the last are those that may go.
type Ages = Vec<u32>;

/// The cheapest way to some ages.
#[derive(Clone, Debug)]
struct Way {
    cost: u64,
    from: Ages,
    paid: u32,
    serving: u32,
}

fn by_ages(need: &[u32], pool: &Pool) -> Option<Optimum> {
    let mut ages = vec![0; convert::index(pool.minimum)];
    *ages.last_mut().expect("a minimum of two or more") = pool.initial;
    let mut layers: Vec<BTreeMap<Ages, Way>> = Vec::with_capacity(need.len());
    let first = Way {
        cost: 0,
        from: Ages::new(),
        paid: 0,
        serving: 0,
    };
    let mut now = BTreeMap::from([(ages, first)]);
    for need in need {
        let mut next: BTreeMap<Ages, Way> = BTreeMap::new();
        for (ages, way) in &now {
            step(ages, way.cost, (*need, pool), &mut next);
        }
        if next.len() > MOST_STATES {
            return None;
        }
        layers.push(std::mem::replace(&mut now, next));
    }
    let (mut ages, _) = now.iter().min_by_key(|(_, way)| way.cost)?;
    let mut optimum = Optimum {
        cost: now[ages].cost,
        paid: Vec::new(),
        serving: Vec::new(),
    };
    let mut ways = &now;
    for layer in layers.iter().rev() {
        let way = &ways[ages];
        optimum.paid.push(way.paid);
        optimum.serving.push(way.serving);
        (ages, ways) = (&way.from, layer);
    }
    optimum.paid.reverse();
    optimum.serving.reverse();
    Some(optimum)
}

/// All that may be done at an interval: some that may go do, some are asked for.
fn step(ages: &Ages, spent: u64, (need, pool): (u32, &Pool), next: &mut BTreeMap<Ages, Way>) {
    let (old, young) = ages.split_last().expect("a minimum of two or more");
    let bound: u32 = young.iter().sum();
    // Of those paid for so long, these serve.
    let warm: u32 = young
        .iter()
        .skip(convert::index(pool.start).saturating_sub(1))
        .sum();
    for kept in 0..=*old {
        let there = bound + kept;
        for new in pool.bounds.min().saturating_sub(there)..=pool.bounds.max().saturating_sub(there)
        {
            let paid = there + new;
            if pool.bounds.hold(paid) != paid {
                continue;
            }
            let serving = warm + kept + if pool.start == 0 { new } else { 0 };
            let missing = u64::from(need.saturating_sub(serving));
            let cost = spent + u64::from(paid) * pool.cost + missing * pool.penalty;
            let mut older = Vec::with_capacity(ages.len());
            older.push(new);
            older.extend(young);
            let last = older.pop().expect("the one before the last") + kept;
            older.push(last);
            let way = Way {
                cost,
                from: ages.clone(),
                paid,
                serving,
            };
            let known = next.entry(older).or_insert_with(|| way.clone());
            if cost < known.cost {
                *known = way;
            }
        }
    }
}
