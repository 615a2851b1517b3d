//! What was held and worked on spot and on demand.

use std::collections::BTreeMap;

use sim_core::engine::{Capacity, World};
use sim_core::model::Market;
use sim_core::units::{JobId, NodeId, SimTime, Span};
use sim_core::watch::{Fact, Observer};

/// Machines held and work kept, on spot (first) and on anything else.
pub(super) struct Held {
    /// By node: which of the two.
    kinds: Vec<usize>,
    since: BTreeMap<NodeId, SimTime>,
    running: BTreeMap<JobId, usize>,
    stretches: [Vec<Span>; 2],
    /// Work kept.
    pub(super) kept: [Span; 2],
}

impl Held {
    pub(super) fn new(world: &World) -> Self {
        let capacity = Capacity::of(world);
        let kind = |slot| usize::from(capacity.market_of(NodeId(slot)) != Market::Spot);
        Self {
            kinds: (0..capacity.slots()).map(kind).collect(),
            since: BTreeMap::new(),
            running: BTreeMap::new(),
            stretches: [Vec::new(), Vec::new()],
            kept: [Span::ZERO; 2],
        }
    }

    /// What is still held at the end was held until then.
    pub(super) fn close(&mut self, now: SimTime) {
        let nodes: Vec<NodeId> = self.since.keys().copied().collect();
        for node in nodes {
            self.left(node, now);
        }
    }

    /// Ticks begun of each stretch for which a machine was held.
    pub(super) fn ticks(&self, tick: Span) -> [u64; 2] {
        let begun = |span: &Span| span.us().div_ceil(tick.us());
        [&self.stretches[0], &self.stretches[1]].map(|held| held.iter().map(begun).sum())
    }

    fn left(&mut self, node: NodeId, now: SimTime) {
        if let Some(since) = self.since.remove(&node) {
            self.stretches[self.kinds[node.index()]].push(now.since(since));
        }
    }

    fn stopped(&mut self, job: JobId, kept: Span) {
        if let Some(kind) = self.running.remove(&job) {
            self.kept[kind] += kept;
        }
    }
}

impl Observer for Held {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        match fact {
            Fact::Booting { node, .. } => {
                self.since.insert(*node, now);
            }
            Fact::Released { node } | Fact::Reclaimed { node } | Fact::Miscarried { node } => {
                self.left(*node, now);
            }
            Fact::Failed {
                node,
                repaired: None,
            } => self.left(*node, now),
            Fact::Started { job, seats, .. } => {
                let kind = self.kinds[seats[0].node.index()];
                self.running.insert(*job, kind);
            }
            Fact::Interrupted { job, spent, .. } | Fact::Ended { job, spent, .. } => {
                self.stopped(*job, spent.kept);
            }
            Fact::Failed { .. }
            | Fact::Arrived { .. }
            | Fact::Paced { .. }
            | Fact::Reseated { .. }
            | Fact::Refused(_)
            | Fact::Retiring { .. }
            | Fact::Worked { .. }
            | Fact::Request { .. }
            | Fact::Flow { .. }
            | Fact::Held { .. }
            | Fact::Requested { .. }
            | Fact::Ready { .. }
            | Fact::Draining { .. }
            | Fact::Noticed { .. }
            | Fact::Advised { .. }
            | Fact::Repaired { .. }
            | Fact::Shock { .. }
            | Fact::Price { .. }
            | Fact::Availability { .. } => {}
        }
    }
}
