//! Flight: a scaler against a load that is known, at the level of rates: no requests, no machines.
//!
//! Time goes in ticks, of each of which the load is even. A replica that is asked for at a tick is paid from it on, serves
//! after it has started, and goes at once: of those to go, the ones that start first, then the youngest. What comes and is not
//! served waits, no longer than `patience`. So [`optimum`](super::optimum) is what could have been done at best.

use std::collections::VecDeque;

use sim_core::units::{SimTime, Span, convert};

use super::{Load, Local, Replicas, Scaler, Seen};

/// Where a scaler flies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course<'a> {
    /// Requests a second in each tick, in thousandths.
    pub rates_milli: &'a [u64],
    /// Seconds of a tick; a scaler is asked at ticks, as often as it wants to be.
    pub tick_s: u64,
    /// Ticks from asking for a replica to its serving.
    pub start: u32,
    /// Requests a second that a replica bears, in thousandths; not zero.
    pub each_milli: u64,
    /// Seconds that a request waits.
    pub patience_s: u64,
    /// Replicas that serve before the first tick.
    pub initial: u32,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flown {
    /// Replicas that are paid, by tick.
    pub paid: Vec<u32>,
    /// Replicas that serve, by tick.
    pub serving: Vec<u32>,
}

/// Replicas on the way.
#[derive(Clone, Debug, Default)]
struct Fleet {
    /// Since which tick each serves, the oldest first.
    ready: Vec<usize>,
    /// At which tick each will, the next first.
    starting: VecDeque<usize>,
}

/// What there was to do since the scaler was last asked.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    ticks: u64,
    rate_milli: u64,
    /// Work done and work that could have been done, in thousandths of requests.
    served: u64,
    room: u64,
}

impl Course<'_> {
    /// Replicas that are needed, by tick, so that nobody waits.
    pub fn need(&self) -> Vec<u32> {
        let needed = |rate: &u64| rate.div_ceil(self.each_milli);
        let narrow = |needed| u32::try_from(needed).unwrap_or(u32::MAX);
        self.rates_milli.iter().map(needed).map(narrow).collect()
    }
}

/// Flies. Before the first tick it was as in it.
pub fn fly(scaler: &mut dyn Scaler, course: &Course<'_>) -> Flown {
    let mut fleet = Fleet {
        ready: vec![0; convert::index(course.initial)],
        starting: VecDeque::new(),
    };
    let (mut wanted, mut queue, mut asked_at) = (course.initial, 0, 0);
    let mut flown = Flown {
        paid: Vec::with_capacity(course.rates_milli.len()),
        serving: Vec::with_capacity(course.rates_milli.len()),
    };
    let mut sums = Sums::default();
    if let Some(first) = course.rates_milli.first() {
        serve(course, (*first, fleet.ready.len()), &mut 0, &mut sums);
    }
    for (at, rate) in course.rates_milli.iter().enumerate() {
        fleet.advance(at);
        let now_s = convert::wide(at) * course.tick_s;
        if now_s >= asked_at {
            let now = SimTime::from_secs(now_s);
            let seen = fleet.seen((now, course.tick_s), wanted, sums.load(queue));
            wanted = scaler.want(&seen);
            fleet.adjust(wanted, at, course.start);
            fleet.advance(at);
            sums = Sums::default();
            asked_at = now_s + (scaler.interval().us() / 1_000_000).max(1);
        }
        flown.paid.push(fleet.paid());
        flown.serving.push(convert::narrow(fleet.ready.len()));
        serve(course, (*rate, fleet.ready.len()), &mut queue, &mut sums);
    }
    flown
}

/// A tick of work; `queue` is in thousandths of requests.
fn serve(course: &Course<'_>, (rate, ready): (u64, usize), queue: &mut u64, sums: &mut Sums) {
    let work = *queue + rate * course.tick_s;
    let room = convert::wide(ready) * course.each_milli * course.tick_s;
    let served = work.min(room);
    *queue = (work - served).min(rate * course.patience_s);
    sums.ticks += 1;
    sums.rate_milli += rate;
    sums.served += served;
    sums.room += room;
}

impl Sums {
    fn load(&self, queue: u64) -> Load {
        let share = (self.served * 1000).checked_div(self.room);
        Load {
            // Where nobody serves and somebody comes, all that there is is busy.
            utilization_milli: share.unwrap_or(if self.rate_milli > 0 { 1000 } else { 0 }),
            queue: queue / 1000,
            rate_milli: self.rate_milli.checked_div(self.ticks).unwrap_or(0),
            ..Load::default()
        }
    }
}

impl Fleet {
    fn paid(&self) -> u32 {
        convert::narrow(self.ready.len() + self.starting.len())
    }

    /// It is this tick.
    fn advance(&mut self, at: usize) {
        while self.starting.front().is_some_and(|due| *due <= at) {
            self.ready.extend(self.starting.pop_front());
        }
    }

    fn adjust(&mut self, wanted: u32, at: usize, start: u32) {
        let (wanted, there) = (convert::index(wanted), convert::index(self.paid()));
        for _ in there..wanted {
            self.starting.push_back(at + convert::index(start));
        }
        for _ in wanted..there {
            if self.starting.pop_back().is_none() {
                self.ready.pop();
            }
        }
    }

    fn seen(&self, (now, tick_s): (SimTime, u64), wanted: u32, load: Load) -> Seen {
        let age = |since: &usize| now.since(SimTime::from_secs(convert::wide(*since) * tick_s));
        Seen {
            now,
            replicas: Replicas {
                wanted,
                ready: convert::narrow(self.ready.len()),
                starting: convert::narrow(self.starting.len()),
                ages: self.ready.iter().map(age).collect::<Vec<Span>>(),
            },
            load,
            local: Local::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use sim_core::world::draw::Stream;

    use super::*;
    use crate::scale::optimum::{Pool, optimum};
    use crate::scale::{Bounds, Fixed, QueueDepth, queue_depth::Depth};

    const COURSE: Course<'_> = Course {
        rates_milli: &[],
        tick_s: 15,
        start: 3,
        each_milli: 1000,
        patience_s: 60,
        initial: 2,
    };

    /// Wants what a list says.
    #[derive(Clone)]
    struct Follow(Vec<u32>, usize);

    impl Scaler for Follow {
        fn name(&self) -> &'static str {
            "follow"
        }

        fn interval(&self) -> Span {
            Span::from_secs(15)
        }

        fn want(&mut self, _seen: &Seen) -> u32 {
            self.1 += 1;
            self.0[self.1 - 1]
        }

        fn fork(&self) -> Box<dyn Scaler + Send> {
            Box::new(self.clone())
        }
    }

    #[test]
    fn a_replica_is_paid_from_when_it_is_asked_for_and_serves_when_it_has_started() {
        let course = Course {
            rates_milli: &[1500; 8],
            ..COURSE
        };
        assert_eq!(course.need(), [2; 8]);
        let mut scaler = Follow(vec![2, 4, 4, 3, 3, 3, 1, 1], 0);
        let flown = fly(&mut scaler, &course);
        assert_eq!(flown.paid, [2, 4, 4, 3, 3, 3, 1, 1]);
        // Of the two that start at the second tick one is taken back before it serves.
        assert_eq!(flown.serving, [2, 2, 2, 2, 3, 3, 1, 1]);
    }

    #[test]
    fn what_is_not_served_waits_and_is_seen() {
        let bounds = Bounds::new(1, 9).expect("a range");
        let course = Course {
            rates_milli: &[2000; 60],
            initial: 1,
            ..COURSE
        };
        let mut scaler = QueueDepth::new(Depth::new(bounds));
        let flown = fly(&mut scaler, &course);
        // 15 requests wait after the first tick, for which one more replica will do, and until it serves 45 more; after the
        // cooldown there is one for ten of those 60.
        assert_eq!(flown.paid[..2], [1, 2]);
        assert_eq!(flown.serving[3..5], [1, 2]);
        assert_eq!(flown.paid[20..22], [2, 6]);
    }

    #[test]
    fn following_the_optimum_costs_what_the_optimum_says_and_nothing_costs_less() {
        for seed in 0..200 {
            let mut luck = Stream::new(seed, &["needs".into()]);
            let (mut level, mut rates) = (3000, Vec::new());
            for _ in 0..60 {
                if luck.chance(0.2) {
                    level = 1000 * luck.below(7);
                }
                rates.push(level);
            }
            let course = Course {
                rates_milli: &rates,
                ..COURSE
            };
            let pool = Pool {
                initial: course.initial,
                bounds: Bounds::new(0, 8).expect("a range"),
                start: course.start,
                minimum: 1,
                cost: 10,
                penalty: [1, 10, 100][usize::try_from(luck.below(3)).expect("few")],
            };
            let need = course.need();
            let best = optimum(&need, &pool).expect("small");
            let cost = |flown: &Flown| pool.cost_of(&need, &flown.paid, &flown.serving);
            let followed = fly(&mut Follow(best.paid.clone(), 0), &course);
            assert_eq!((&followed.paid, cost(&followed)), (&best.paid, best.cost));
            let wild = |_| u32::try_from(luck.below(9)).expect("few");
            let random: Vec<u32> = (0..60).map(wild).collect();
            assert!(cost(&fly(&mut Follow(random, 0), &course)) >= best.cost);
            assert!(cost(&fly(&mut Fixed(4), &course)) >= best.cost);
        }
    }
}
