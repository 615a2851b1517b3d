//! Ways through a pool: which replicas a request may enter, and where it goes from there.
//!
//! One idea for request classes, cascades, edge and cloud, regions with their networks, hot and cold tiers, and warm standby:
//! replicas that are alike are a way, a rule says who enters it and when, and another where a request goes whose answer there
//! is not good enough. All ways that are open to a request are one to the router.

use super::PoolModel;
use crate::serve::request::{Luck, Request, RequestId};
use crate::units::{ClassId, SimTime, Span};

/// Replicas of a pool that are alike, and who comes to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// What they do of a request.
    pub role: Role,
    /// Classes of requests that enter here; `None` lets any.
    pub classes: Option<Vec<ClassId>>,
    /// When they may.
    pub when: When,
    /// Where a request goes on whose answer is not good enough; only of whole requests.
    pub then: Option<Then>,
    /// By class: on the way from the user and back, together; beyond the last, none. A replica begins as if there were no
    /// network, and the user has what it makes this much later.
    pub network: Vec<Span>,
    /// What an answer made here is worth, in parts per million.
    pub quality_ppm: u32,
}

/// What a replica of a pool is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Whole requests, in a pool without transfers.
    Whole,
    /// Prompts.
    Prefill,
    /// Answers.
    Decode,
}

/// When a way is open to those whose class it takes. Earlier ways are those before it in the pool's list that take the class,
/// too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At all times.
    Always,
    /// While no earlier way that is open has a replica with room: an edge spills over into its cloud.
    Full,
    /// While no earlier way has had a replica that takes requests for so long: a warm standby and the time it takes to fail
    /// over.
    Down(Span),
}

/// Where a request goes on whose answer is not good enough. It begins anew there, and has no other choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Then {
    /// The way's place in the pool's list: a later one.
    pub way: usize,
    /// Answers that are good enough, in parts per million.
    pub accept_ppm: u32,
}

/// Ways of a pool, by their places in its list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaySet(u64);

impl Way {
    /// For whoever comes, and good for everything.
    pub const fn plain(role: Role) -> Self {
        Self {
            role,
            classes: None,
            when: When::Always,
            then: None,
            network: Vec::new(),
            quality_ppm: 1_000_000,
        }
    }

    /// Whether requests of this class enter here.
    pub fn takes(&self, class: ClassId) -> bool {
        let classes = self.classes.as_ref();
        classes.is_none_or(|classes| classes.contains(&class))
    }

    /// From the user and back.
    pub fn network_of(&self, request: &Request) -> Span {
        let own = self.network.get(request.class.index());
        own.copied().unwrap_or(Span::ZERO)
    }
}

impl Then {
    /// Whether the answer that the way in this place made is good enough. Of the draws under the request's number the n-th is
    /// that of the n-th way, so that each of a cascade has its own.
    pub fn accepts(self, (luck, way): (&Luck, usize), id: RequestId) -> bool {
        let mut draws = luck.stream("accept", id);
        for _ in 0..way {
            draws.uniform();
        }
        draws.chance(f64::from(self.accept_ppm) / 1e6)
    }
}

impl WaySet {
    /// Most ways of a pool.
    pub const MOST: usize = 64;
    /// All that there may be.
    pub const ALL: Self = Self(u64::MAX);

    /// With this one.
    #[must_use]
    pub const fn with(self, way: usize) -> Self {
        Self(self.0 | 1 << way)
    }

    /// Whether this one is among them.
    pub const fn has(self, way: usize) -> bool {
        self.0 >> way & 1 == 1
    }
}

impl PoolModel {
    /// Panics on ways that make no pool: they are checked where they are read.
    pub(super) fn demand_ways(&self) {
        assert!(!self.ways.is_empty(), "a pool has a way");
        assert!(self.ways.len() <= WaySet::MOST, "more ways than a set has");
        for (at, way) in self.ways.iter().enumerate() {
            let split = self.transfer.is_some();
            assert!(split != (way.role == Role::Whole), "a role of the pool");
            let Some(then) = way.then else {
                continue;
            };
            assert!(!split, "a cascade is of whole requests");
            assert!(then.way > at, "a cascade goes on to a later way");
            assert!(then.way < self.ways.len(), "a cascade goes on to a way");
        }
    }
}

/// How the ways of a group stand: what their rules ask about.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Standing {
    /// Replicas that take requests, and those of them that have room.
    up: u32,
    room: u32,
    /// Since when none takes requests.
    down: SimTime,
}

impl Standing {
    pub(super) const NONE: Self = Self {
        up: 0,
        room: 0,
        down: SimTime::ZERO,
    };

    /// A replica takes requests from now on.
    pub(super) fn rises(&mut self) {
        self.up += 1;
    }

    /// A replica takes none from `now` on.
    pub(super) fn falls(&mut self, now: SimTime) {
        self.up -= 1;
        if self.up == 0 {
            self.down = now;
        }
    }

    /// A replica has come to have room, or has come to have none.
    pub(super) fn turns(&mut self, room: bool) {
        if room {
            self.room += 1;
        } else {
            self.room -= 1;
        }
    }
}

/// The ways that are open at `now` to requests that may enter these, in the pool's order.
pub(super) fn open(ways: &[(usize, When)], standing: &[Standing], now: SimTime) -> WaySet {
    let (mut open, mut has_room) = (WaySet::default(), false);
    for (at, &(way, when)) in ways.iter().enumerate() {
        let enters = match when {
            When::Always => true,
            When::Full => !has_room,
            When::Down(after) => opening(&ways[..at], standing, after).is_some_and(|at| at <= now),
        };
        if enters {
            open = open.with(way);
            has_room |= standing[way].room > 0;
        }
    }
    open
}

/// When a standby behind these opens if nothing happens; `None` while one of them takes requests.
pub(super) fn opening(
    earlier: &[(usize, When)],
    standing: &[Standing],
    after: Span,
) -> Option<SimTime> {
    let mut since = SimTime::ZERO;
    for (way, _) in earlier {
        let one = &standing[*way];
        if one.up > 0 {
            return None;
        }
        since = since.max(one.down);
    }
    Some(since.saturating_add(after))
}
