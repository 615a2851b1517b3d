//! Caches in simulation: Poisson requests, one a second, for items by Zipf's law.

use sim_core::serve::theory::{hits_lru, zipf};
use sim_core::serve::{Cache, Caching, Expiry, Luck, Request, Tier};
use sim_core::units::{SimTime, Span, convert};
use sim_core::world::draw::{Stream, Zipf, span};

use super::Effort;
use super::estimate::{Estimate, LEAST, Sections, Sums};
use super::model::Held;

/// Requests of a part.
const PART: u64 = 1_000;
/// Standard error of a hit ratio, for each of a share of a mean: an eighth of a point for a hundredth.
const POINTS: f64 = 0.125;

/// The hit ratio of a cache.
pub(super) fn simulate(
    (items, exponent): (u32, f64),
    held: Held,
    name: &str,
    effort: Effort,
) -> Result<Vec<Estimate>, String> {
    let (capacity, expiry, memory) = match held {
        Held::Capacity(capacity) => {
            let (time, _) = hits_lru(&zipf(items, exponent), convert::index(capacity));
            (capacity, Expiry::Never, time)
        }
        Held::SinceAccess(ttl) => (items, Expiry::SinceAccess(span(ttl * 1e6)), ttl),
        Held::SinceInsert(ttl) => (items, Expiry::SinceInsert(span(ttl * 1e6)), ttl),
    };
    let caching = Caching {
        memory: Tier {
            answers: convert::index(capacity),
            latency: Span::ZERO,
        },
        behind: None,
        expiry,
        semantic_ppm: 0,
    };
    caching.check().map_err(|error| error.to_string())?;
    let service = name.to_owned();
    let mut cache = Cache::new(caching, Luck { seed: 1, service });
    let popular = Zipf::new(items.into(), exponent);
    let mut draws = Stream::new(1, &["requests".into(), name.into()]);
    // It begins empty, and is as full as ever when what it holds has come and gone a few times.
    let warm = convert::floor(3.0 * memory.min(1e9)) + 1;
    let mut sections = Sections::default();
    let mut part = Sums::default();
    let mut us = 0.0;
    for id in 0_u64.. {
        us += draws.exponential(1e6);
        let now = SimTime::ZERO + span(us);
        let asked = Request {
            content: Some(popular.draw(&mut draws)),
            ..Request::plain(id, now)
        };
        let hit = cache.find(now, &asked).is_some();
        if !hit {
            cache.keep(now, &asked);
        }
        if id < warm {
            continue;
        }
        part.requests += 1.0;
        part.hits += f64::from(u8::from(hit));
        if (id - warm + 1).is_multiple_of(PART) {
            sections.push(&std::mem::take(&mut part));
            let found = sections.ratio(|sums| (sums.hits, sums.requests));
            let enough = found.stderr <= POINTS * effort.stderr;
            if sections.len() >= LEAST && enough {
                return Ok(vec![found]);
            }
        }
    }
    unreachable!("requests come for ever")
}
