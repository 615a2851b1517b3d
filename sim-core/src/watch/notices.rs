//! Notices: how long after it was given each was seen.

use super::fact::{Fact, Observer};
use crate::engine::World;
use crate::units::{NodeId, SimTime, Span, convert};

/// Watches for notices that are seen late.
#[derive(Clone, Debug)]
pub struct Notices {
    /// By offering: its last node and one, and the warning that it gives.
    warnings: Vec<(NodeId, Span)>,
    /// By node: since when its machine could be given notice.
    since: Vec<SimTime>,
    longest: Option<Span>,
}

impl Notices {
    /// None seen yet.
    pub fn new(world: &World) -> Self {
        let mut end = 0;
        let warning = |offering: &crate::model::Offering| {
            end += offering.max;
            (NodeId(end), offering.notice)
        };
        let warnings = world.offerings.iter().map(warning).collect();
        Self {
            warnings,
            since: vec![SimTime::ZERO; convert::index(end)],
            longest: None,
        }
    }

    /// The longest that a notice was not seen; none if there was no notice.
    pub const fn longest(&self) -> Option<Span> {
        self.longest
    }
}

impl Observer for Notices {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if let Fact::Booting { node, .. } | Fact::Ready { node, .. } = fact {
            self.since[node.index()] = now;
        }
        let Fact::Noticed { node, at } = fact else {
            return;
        };
        let offering = self.warnings.partition_point(|(end, _)| *end <= *node);
        let warning = self.warnings[offering].1;
        // A machine that goes sooner than its warning is long was warned when it came.
        let left = at.since(now.min(*at));
        let lived = now.since(self.since[node.index()].min(now));
        let late = warning.saturating_sub(left).min(lived);
        self.longest = Some(self.longest.map_or(late, |longest| longest.max(late)));
    }
}
