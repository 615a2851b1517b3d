//! What is seen of losses: how long machines of each offering were up, and how many the provider took away or broke.

use sim_core::engine::{Capacity, Change, Decision, NodeDecision, NodePhase, View};
use sim_core::units::{NodeId, OfferingId, SimTime, Span};

/// Uptime and losses of each offering so far.
#[derive(Clone, Debug, Default)]
pub struct Losses {
    pools: Vec<Pool>,
    /// By node: which machine is up in it, of which offering, since when, and whether it was given back.
    up: Vec<Option<Machine>>,
}

#[derive(Clone, Copy, Debug)]
struct Machine {
    launch: u32,
    offering: OfferingId,
    since: SimTime,
    given_back: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Pool {
    /// Microseconds that machines were up which are not any more.
    past_us: u128,
    /// Those that are up, and the sum of the instants since when.
    up: u64,
    since_us: u128,
    losses: u64,
}

impl Losses {
    /// Takes note of what happened to a node.
    pub(crate) fn note(&mut self, change: &Change, view: &View<'_>, capacity: &Capacity) {
        let Change::Node(id) = *change else {
            return;
        };
        let node = view.node(id).expect("a node of the view");
        let is_up = match node.phase {
            NodePhase::Ready | NodePhase::Draining | NodePhase::Noticed(_) => true,
            NodePhase::Absent | NodePhase::Booting | NodePhase::Broken(_) => false,
        };
        if self.up.len() <= id.index() {
            self.up.resize(id.index() + 1, None);
        }
        if let Some(machine) = self.up[id.index()]
            && (!is_up || machine.launch != node.launch)
        {
            self.up[id.index()] = None;
            self.pool(machine.offering).end(&machine, view.now());
        }
        if is_up && self.up[id.index()].is_none() {
            let machine = Machine {
                launch: node.launch,
                offering: capacity.offering_of(id),
                since: view.now(),
                given_back: false,
            };
            self.up[id.index()] = Some(machine);
            let pool = self.pool(machine.offering);
            pool.up += 1;
            pool.since_us += u128::from(machine.since.us());
        }
    }

    /// What the policy gives back itself is no loss.
    pub(crate) fn seal(&mut self, decisions: &[Decision]) {
        for decision in decisions {
            if let Decision::Node(NodeDecision::Drain(node) | NodeDecision::Release(node)) =
                decision
                && let Some(Some(machine)) = self.up.get_mut(node.index())
            {
                machine.given_back = true;
            }
        }
    }

    /// Mean time between losses of a machine of `offering`: as if it had been up for `prior` and lost once before.
    pub fn mean(&self, offering: OfferingId, now: SimTime, prior: Span) -> Span {
        let seen = self
            .pools
            .get(offering.index())
            .copied()
            .unwrap_or_default();
        let up_us = u128::from(seen.up) * u128::from(now.us()) - seen.since_us + seen.past_us;
        let mean = (up_us + u128::from(prior.us())) / u128::from(seen.losses + 1);
        let mean = u64::try_from(mean).ok().and_then(Span::from_us);
        mean.unwrap_or(Span::MAX)
    }

    fn pool(&mut self, offering: OfferingId) -> &mut Pool {
        if self.pools.len() <= offering.index() {
            self.pools.resize(offering.index() + 1, Pool::default());
        }
        &mut self.pools[offering.index()]
    }
}

impl Pool {
    fn end(&mut self, machine: &Machine, now: SimTime) {
        self.up -= 1;
        self.since_us -= u128::from(machine.since.us());
        self.past_us += u128::from(now.since(machine.since).us());
        self.losses += u64::from(!machine.given_back);
    }
}

/// Nodes that a gang lies on, each once.
pub(crate) fn distinct(nodes: &[NodeId]) -> impl Iterator<Item = NodeId> + '_ {
    let first = |at: &usize| !nodes[..*at].contains(&nodes[*at]);
    (0..nodes.len()).filter(first).map(|at| nodes[at])
}
