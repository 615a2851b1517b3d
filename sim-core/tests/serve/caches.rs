//! Caches of answers: by hand, against an obvious second implementation, and against the closed forms.

use sim_core::serve::theory::{hits_lru, hits_ttl_from_insert, hits_ttl_since_access, zipf};
use sim_core::serve::{Cache, Caching, Counts, Expiry, Luck, Request, RequestId, Tier};
use sim_core::units::{ClassId, SimTime, Span};
use sim_core::world::draw::{Part, Stream, Weighted};

fn us(us: u64) -> Span {
    Span::from_us(us).unwrap()
}

fn request(id: u64, content: Option<u64>) -> Request {
    Request {
        id: RequestId(id),
        class: ClassId(0),
        arrived: SimTime::ZERO,
        counts: Counts::default(),
        session: None,
        content,
    }
}

fn cache(caching: &Caching) -> Cache {
    let service = "test".into();
    Cache::new(caching.clone(), Luck { seed: 1, service })
}

fn plain(answers: usize, expiry: Expiry) -> Caching {
    let latency = us(3);
    Caching {
        memory: Tier { answers, latency },
        behind: None,
        expiry,
        semantic_ppm: 0,
    }
}

fn at(us: u64) -> SimTime {
    SimTime::from_us(us).unwrap()
}

#[test]
fn what_leaves_memory_is_found_behind_it_and_moves_up_again() {
    let mut cache = cache(&Caching {
        behind: Some(Tier {
            answers: 1,
            latency: us(50),
        }),
        ..plain(1, Expiry::Never)
    });
    let (one, two, three) = (
        request(0, Some(1)),
        request(1, Some(2)),
        request(2, Some(3)),
    );
    cache.keep(at(0), &one);
    cache.keep(at(1), &two);
    assert_eq!(cache.find(at(2), &two), Some(us(3)));
    assert_eq!(cache.find(at(3), &one), Some(us(50)));
    assert_eq!(cache.find(at(4), &one), Some(us(3)));
    assert_eq!(cache.find(at(5), &two), Some(us(50)));
    cache.keep(at(6), &three);
    // Two moved down for it, and one out.
    assert_eq!(cache.find(at(7), &one), None);
    assert_eq!(cache.find(at(8), &two), Some(us(50)));
    assert_eq!(cache.len(), 2);
    assert_eq!(cache.find(at(9), &request(9, None)), None);
}

#[test]
fn an_answer_grows_old_from_its_access_or_from_its_insertion() {
    let one = request(0, Some(1));
    let hits = |expiry| {
        let mut cache = cache(&plain(9, expiry));
        cache.keep(at(0), &one);
        [8, 10, 18, 28, 39].map(|now| cache.find(at(now), &one).is_some())
    };
    assert_eq!(
        hits(Expiry::SinceAccess(us(10))),
        [true, true, true, true, false]
    );
    assert_eq!(
        hits(Expiry::SinceInsert(us(10))),
        [true, true, false, false, false]
    );
    assert_eq!(hits(Expiry::Never), [true; 5]);
}

#[test]
fn similar_requests_hit_as_often_as_they_are_said_to() {
    let mut cache = cache(&Caching {
        semantic_ppm: 300_000,
        ..plain(0, Expiry::Never)
    });
    let hits = (0..10_000).filter(|id| cache.find(at(*id), &request(*id, None)).is_some());
    // A standard error is 46.
    assert!(hits.count().abs_diff(3_000) < 4 * 46);
}

/// An obvious cache: a list for each table, the last used at the end, and nothing purged.
#[derive(Default)]
struct Obvious {
    memory: Vec<(u64, u64)>,
    behind: Vec<(u64, u64)>,
}

impl Obvious {
    fn put(&mut self, caching: &Caching, content: u64, since: u64) {
        self.memory.retain(|entry| entry.0 != content);
        self.memory.push((content, since));
        if self.memory.len() > caching.memory.answers {
            let gone = self.memory.remove(0);
            if let Some(tier) = caching.behind {
                self.behind.push(gone);
                if self.behind.len() > tier.answers {
                    self.behind.remove(0);
                }
            }
        }
    }

    fn find(&mut self, caching: &Caching, now: u64, content: u64) -> Option<Span> {
        let (renewed, time) = match caching.expiry {
            Expiry::Never => (false, u64::MAX),
            Expiry::SinceAccess(time) => (true, time.us()),
            Expiry::SinceInsert(time) => (false, time.us()),
        };
        let tables = [&mut self.memory, &mut self.behind];
        for table in tables {
            // What is stale at the end that leaves first makes room: it is as good as not there.
            while table.first().is_some_and(|entry| now - entry.1 > time) {
                table.remove(0);
            }
        }
        let place = |table: &Vec<(u64, u64)>| table.iter().position(|entry| entry.0 == content);
        let (entry, latency) = if let Some(place) = place(&self.memory) {
            (self.memory.remove(place), caching.memory.latency)
        } else {
            let place = place(&self.behind)?;
            (self.behind.remove(place), caching.behind?.latency)
        };
        if now - entry.1 > time {
            return None;
        }
        let since = if renewed { now } else { entry.1 };
        self.put(caching, content, since);
        Some(latency)
    }
}

#[test]
fn caches_are_lists_in_the_order_of_last_use() {
    for seed in 0..300 {
        let mut luck = Stream::new(seed, &[Part::Name("caches")]);
        let mut small = |below| usize::try_from(luck.below(below)).unwrap();
        let mut caching = plain(small(5), Expiry::Never);
        let (behind, expiry) = (small(5), small(3));
        if behind > 0 {
            caching.behind = Some(Tier {
                answers: behind,
                latency: us(9),
            });
        }
        caching.expiry = [
            Expiry::Never,
            Expiry::SinceAccess(us(40)),
            Expiry::SinceInsert(us(40)),
        ][expiry];
        let (mut fast, mut slow) = (cache(&caching), Obvious::default());
        let mut now = 0;
        for id in 0..300 {
            now += luck.below(12);
            let content = luck.below(12);
            let one = request(id, Some(content));
            let found = slow.find(&caching, now, content);
            assert_eq!(fast.find(at(now), &one), found, "seed {seed}, {id}");
            if found.is_none() {
                slow.behind.retain(|entry| entry.0 != content);
                slow.put(&caching, content, now);
                fast.keep(at(now), &one);
            }
        }
    }
}

/// Hit ratio of so many requests to a hundred items, once warm.
fn simulated(expiry: Expiry, answers: usize, exponent: f64) -> f64 {
    let rates = zipf(100, exponent);
    let items = Weighted::new(&rates).unwrap();
    let mut luck = Stream::new(7, &[Part::Name("popularity")]);
    let mut cache = cache(&plain(answers, expiry));
    let (mut now, mut hits) = (SimTime::ZERO, 0);
    let (warm, counted) = (2_000, 60_000);
    for id in 0..warm + counted {
        now = now + luck.exponential_span(Span::from_secs(1));
        let content = u64::try_from(items.draw(&mut luck)).unwrap();
        let one = request(id, Some(content));
        if cache.find(now, &one).is_none() {
            cache.keep(now, &one);
        } else if id >= warm {
            hits += 1;
        }
    }
    f64::from(hits) / 60_000.0
}

#[test]
fn hit_ratios_are_those_of_theory() {
    // Hits come in a row, so that a standard error is somewhat above that of a coin: 0.2 points; 4 of them.
    let within = |one: f64, other: f64| assert!((one - other).abs() < 0.01, "{one} {other}");
    for exponent in [0.6, 1.0] {
        let rates = zipf(100, exponent);
        for answers in [5, 25] {
            let simulated = simulated(Expiry::Never, answers, exponent);
            within(simulated, hits_lru(&rates, answers).1);
        }
        let seconds = 30;
        let (ttl, span) = (30.0, Span::from_secs(seconds));
        let renewed = simulated(Expiry::SinceAccess(span), 100, exponent);
        within(renewed, hits_ttl_since_access(&rates, ttl));
        let fixed = simulated(Expiry::SinceInsert(span), 100, exponent);
        within(fixed, hits_ttl_from_insert(&rates, ttl));
    }
}
