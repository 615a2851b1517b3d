//! Reclaims as they are seen: how many there were in each offering, over how many hours of machines that could have been hit.
//!
//! A machine counts while it is ready or drains; that it is taken away counts once, at the notice, or where there was none
//! when it is gone though the policy did not give it back. What breaks, or never comes up, does not count. Under rounds,
//! what happens between two of them and is undone by the second is not seen.
//!
//! The rate is the mean of a gamma posterior: a prior rate, which weighs as much as so many machine hours seen. Reclaims are taken to come independently of each other at a steady rate; shocks that take many at once make the
//! estimate noisier than it looks.

use sim_core::engine::{Decision, NodeDecision, NodePhase, Plan, View};
use sim_core::units::{NodeId, OfferingId, SimTime, Span, convert};

/// What a policy believes of an offering before it has seen anything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    /// Reclaims per machine and hour.
    pub rate: f64,
    /// How many machine hours seen weigh as much.
    pub hours: f64,
}

/// Reclaims as they are seen.
#[derive(Clone, Debug, Default)]
pub struct Reclaims {
    pools: Vec<Pool>,
    /// By node slot.
    nodes: Vec<Stand>,
}

/// What was seen of an offering.
#[derive(Clone, Copy, Debug, Default)]
struct Pool {
    reclaims: u32,
    /// Machines that could be hit now.
    exposed: u32,
    /// Machine time up to `until`.
    time: Span,
    until: SimTime,
}

/// How a machine stood when it was last looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stand {
    /// It cannot be hit.
    #[default]
    Away,
    Ready,
    /// The policy gives it back.
    Leaving,
}

impl Reclaims {
    /// Takes note of a node that changed.
    pub fn note(&mut self, node: NodeId, view: &View<'_>) {
        let Some(phase) = view.node(node).map(|node| node.phase) else {
            return;
        };
        let before = self.stand(node);
        let (now, taken) = match phase {
            NodePhase::Ready => (Stand::Ready, false),
            NodePhase::Draining => (Stand::Leaving, false),
            NodePhase::Noticed(_) => (Stand::Away, before != Stand::Away),
            NodePhase::Absent | NodePhase::Booting => (Stand::Away, before == Stand::Ready),
            NodePhase::Broken(_) => (Stand::Away, false),
        };
        let pool = self.turn(node, now, view);
        pool.reclaims += u32::from(taken);
    }

    /// Takes note of what a plan gives back: that it goes is no reclaim.
    pub fn note_plan(&mut self, plan: &Plan<'_>, view: &View<'_>) {
        for decision in plan.decisions() {
            if let Decision::Node(NodeDecision::Release(node)) = decision {
                self.turn(*node, Stand::Away, view);
            }
        }
    }

    /// Reclaims per machine and hour to be expected of an offering.
    pub fn rate(&self, offering: OfferingId, prior: Prior, now: SimTime) -> f64 {
        let (reclaims, hours) = self.seen(offering, now);
        (prior.rate * prior.hours + f64::from(reclaims)) / (prior.hours + hours)
    }

    /// Reclaims seen of an offering, and the machine hours in which they were.
    pub fn seen(&self, offering: OfferingId, now: SimTime) -> (u32, f64) {
        let mut pool = self
            .pools
            .get(offering.index())
            .copied()
            .unwrap_or_default();
        pool.bring_to(now);
        (pool.reclaims, hours(pool.time))
    }

    fn stand(&self, node: NodeId) -> Stand {
        self.nodes.get(node.index()).copied().unwrap_or_default()
    }

    fn turn(&mut self, node: NodeId, stand: Stand, view: &View<'_>) -> &mut Pool {
        let offering = view.offering_of(node).index();
        if self.pools.len() <= offering {
            self.pools.resize(offering + 1, Pool::default());
        }
        if self.nodes.len() <= node.index() {
            self.nodes.resize(node.index() + 1, Stand::Away);
        }
        let before = std::mem::replace(&mut self.nodes[node.index()], stand);
        let pool = &mut self.pools[offering];
        pool.bring_to(view.now());
        pool.exposed -= u32::from(before != Stand::Away);
        pool.exposed += u32::from(stand != Stand::Away);
        pool
    }
}

impl Pool {
    fn bring_to(&mut self, now: SimTime) {
        let each = now.since(self.until);
        self.time = self
            .time
            .saturating_add(each.saturating_mul(self.exposed.into()));
        self.until = now;
    }
}

/// Hours as a number.
pub(crate) fn hours(span: Span) -> f64 {
    convert::real(span.us()) / 3.6e9
}
