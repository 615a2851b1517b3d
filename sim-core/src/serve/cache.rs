//! A cache of answers: a table or two in a row, bounded in size, in age, or in both.
//!
//! A hit costs no replica time, but the latency of the table it was found in. What is found in the second table moves up to
//! the first; what has to leave the first moves down. A request that asks for nothing that was asked before may still be close
//! enough to something: that share of the misses is a parameter, drawn by the request's number.

use super::Lru;
use super::request::{Luck, Request};
use crate::units::{SimTime, Span};
use crate::world::ParameterError;

/// A cache of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caching {
    /// The first table.
    pub memory: Tier,
    /// The one behind it.
    pub behind: Option<Tier>,
    /// How long an answer is good.
    pub expiry: Expiry,
    /// Requests that an answer to a similar one serves, in parts per million of the misses.
    pub semantic_ppm: u32,
}

/// A table of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Answers it holds; what was used longest ago leaves first.
    pub answers: usize,
    /// How long it takes to give one.
    pub latency: Span,
}

/// How long an answer is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// For ever.
    Never,
    /// For so long from the last time that somebody asked for it.
    SinceAccess(Span),
    /// For so long from when it was put there.
    SinceInsert(Span),
}

/// A cache at work.
#[derive(Clone, Debug, PartialEq)]
pub struct Cache {
    caching: Caching,
    luck: Luck,
    /// When each answer was put there or, as the expiry has it, last asked for.
    memory: Lru<SimTime>,
    behind: Option<Lru<SimTime>>,
}

impl Caching {
    /// Whether it makes a cache.
    ///
    /// # Errors
    /// An answer is good for no time, or more than all of the misses are served.
    pub fn check(&self) -> Result<(), ParameterError> {
        match self.expiry {
            Expiry::SinceAccess(Span::ZERO) | Expiry::SinceInsert(Span::ZERO) => {
                return Err(ParameterError::Zero { name: "expiry" });
            }
            Expiry::Never | Expiry::SinceAccess(_) | Expiry::SinceInsert(_) => {}
        }
        if self.semantic_ppm > 1_000_000 {
            return Err(ParameterError::Range {
                name: "semantic hits",
                value: f64::from(self.semantic_ppm) / 1e6,
                low: 0.0,
                high: 1.0,
            });
        }
        Ok(())
    }
}

impl Cache {
    /// An empty cache.
    pub fn new(caching: Caching, luck: Luck) -> Self {
        Self {
            memory: Lru::new(caching.memory.answers),
            behind: caching.behind.map(|tier| Lru::new(tier.answers)),
            caching,
            luck,
        }
    }

    /// How long `request` waits for an answer that is there at `now`; `None` if there is none.
    pub fn find(&mut self, now: SimTime, request: &Request) -> Option<Span> {
        self.purge(now);
        if let Some(latency) = request.content.and_then(|content| self.exact(now, content)) {
            return Some(latency);
        }
        let share = f64::from(self.caching.semantic_ppm) / 1e6;
        let similar = share > 0.0 && self.luck.stream("semantic", request.id).chance(share);
        similar.then_some(self.caching.memory.latency)
    }

    /// Keeps the answer to `request`, made at `now`, if others may ask for the same.
    pub fn keep(&mut self, now: SimTime, request: &Request) {
        self.purge(now);
        let Some(content) = request.content else {
            return;
        };
        if let Some(behind) = &mut self.behind {
            behind.remove(content);
        }
        self.put(content, now);
    }

    /// Answers it holds, in both tables.
    pub fn len(&self) -> usize {
        self.memory.len() + self.behind.as_ref().map_or(0, Lru::len)
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn exact(&mut self, now: SimTime, content: u64) -> Option<Span> {
        let caching = &self.caching;
        let expiry = caching.expiry;
        if let Some(since) = self.memory.get(content) {
            if is_stale(expiry, *since, now) {
                self.memory.remove(content);
                return None;
            }
            *since = seen(expiry, *since, now);
            return Some(caching.memory.latency);
        }
        let latency = caching.behind?.latency;
        let since = self.behind.as_mut()?.remove(content)?;
        if is_stale(expiry, since, now) {
            return None;
        }
        self.put(content, seen(expiry, since, now));
        Some(latency)
    }

    fn put(&mut self, content: u64, since: SimTime) {
        let gone = self.memory.insert(content, since);
        if let (Some((content, since)), Some(behind)) = (gone, &mut self.behind) {
            behind.insert(content, since);
        }
    }

    /// Lets go of what is stale where it would leave next: so that what nobody asks for again does not pile up.
    fn purge(&mut self, now: SimTime) {
        let expiry = self.caching.expiry;
        for table in [Some(&mut self.memory), self.behind.as_mut()] {
            let Some(table) = table else {
                continue;
            };
            while let Some((content, since)) = table.oldest() {
                if !is_stale(expiry, since, now) {
                    break;
                }
                table.remove(content);
            }
        }
    }
}

/// An answer is good up to the instant at which its time is over.
fn is_stale(expiry: Expiry, since: SimTime, now: SimTime) -> bool {
    match expiry {
        Expiry::Never => false,
        Expiry::SinceAccess(time) | Expiry::SinceInsert(time) => since.saturating_add(time) < now,
    }
}

fn seen(expiry: Expiry, since: SimTime, now: SimTime) -> SimTime {
    match expiry {
        Expiry::Never | Expiry::SinceInsert(_) => since,
        Expiry::SinceAccess(_) => now,
    }
}
