//! The ledger: which machines are to be had for whom, within one decision.

use std::collections::BTreeSet;

use sim_core::engine::{JobView, Plan, View};
use sim_core::model::{Market, Placement};
use sim_core::units::{JobId, NodeId, OfferingId, convert};

use super::rule::On;
use crate::buy::{booting, of_provider, to_be_had};
use crate::place::{empty_room, fill};

/// Machines that no job has been given in this decision.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    /// By offering: empty ones that may be started on.
    spare: Vec<Vec<NodeId>>,
    /// By offering: those that boot.
    coming: Vec<u32>,
    /// Those kept for a job that waits for more.
    kept: BTreeSet<NodeId>,
}

/// An offering that can hold a gang, and on how many nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) offering: OfferingId,
    pub(super) nodes: u32,
}

/// What came of an attempt to get a gang its machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Got {
    /// It was started.
    Started,
    /// Some are booting, or others have them.
    Waits,
    /// So many more would have to be asked for.
    Lacks(u32),
}

impl Ledger {
    /// All machines that nobody uses.
    pub(super) fn new(view: &View<'_>, plan: &Plan<'_>) -> Self {
        let mut this = Self::default();
        let capacity = plan.capacity();
        for offering in capacity.offerings() {
            let spare = capacity.nodes(offering);
            let spare = spare.filter(|node| capacity.is_empty(*node)).collect();
            this.spare.push(spare);
            this.coming.push(booting(view, capacity, offering));
        }
        this
    }

    /// Whether the nodes of a site are to be had now: empty, booting, or still with the provider.
    pub(super) fn has(&self, view: &View<'_>, plan: &Plan<'_>, site: Site) -> bool {
        self.suffices(site, to_be_had(view, plan, site.offering))
    }

    /// Whether the nodes of a site would be to be had if no quota forbade it.
    pub(super) fn is_denied(&self, view: &View<'_>, plan: &Plan<'_>, site: Site) -> bool {
        let free = of_provider(view, plan, site.offering);
        self.suffices(site, free) && !self.has(view, plan, site)
    }

    fn suffices(&self, site: Site, more: u32) -> bool {
        let at = site.offering.index();
        let spare = convert::narrow(self.spare[at].len());
        spare.saturating_add(self.coming[at]).saturating_add(more) >= site.nodes
    }

    /// The cheapest site that is to be had now, ties to the first.
    pub(super) fn best(&self, view: &View<'_>, plan: &Plan<'_>, sites: &[Site]) -> Option<Site> {
        let price = |site: &Site| view.offering(site.offering).map(|offering| offering.price);
        let sites = sites.iter().filter(|site| self.has(view, plan, **site));
        sites
            .copied()
            .min_by_key(|site| (price(site), site.offering))
    }

    /// Starts a job on a site, off the machines it runs on; where there are too few, those that there are are kept for it.
    pub(super) fn seat(&mut self, plan: &mut Plan<'_>, job: JobId, site: Site) -> Got {
        let at = site.offering.index();
        let here = convert::index(site.nodes).min(self.spare[at].len());
        let nodes: Vec<NodeId> = self.spare[at].drain(..here).collect();
        let missing = site.nodes - convert::narrow(here);
        if missing == 0 && start(plan, job, &nodes) {
            return Got::Started;
        }
        self.kept.extend(nodes);
        let coming = missing.min(self.coming[at]);
        self.coming[at] -= coming;
        match missing - coming {
            0 => Got::Waits,
            lacks => Got::Lacks(lacks),
        }
    }

    /// Gives back what nobody uses or waits for; whether that leaves more of a quota.
    pub(super) fn release_rest(&self, plan: &mut Plan<'_>) -> bool {
        let mut makes_room = false;
        for offering in plan.capacity().offerings() {
            let capacity = plan.capacity();
            let idle = |node: &NodeId| capacity.is_empty(*node) && !self.kept.contains(node);
            let idle: Vec<NodeId> = capacity.nodes(offering).filter(idle).collect();
            for node in idle {
                if plan.may_leave(node) {
                    plan.release(node).expect("it may leave, and is empty");
                    makes_room |= plan.headroom().are_rivals(offering, offering);
                }
            }
        }
        makes_room
    }
}

/// The sites on which a gang could ever lie, spot or not.
pub(super) fn sites(view: &View<'_>, plan: &Plan<'_>, job: &JobView<'_>, on: On) -> Vec<Site> {
    let capacity = plan.capacity();
    let site = |offering: OfferingId| {
        let of_market = view.offering(offering)?;
        if (of_market.market == Market::Spot) != (on == On::Spot) {
            return None;
        }
        let mut nodes = 0_u32;
        for role in job.gang().roles() {
            let room = empty_room(capacity, role, offering);
            if room == 0 || !capacity.allows(offering, job.models(), &role.demand) {
                return None;
            }
            // Roles do not count on each other's leftovers, so that any order of filling does.
            nodes = nodes.saturating_add(role.tasks.div_ceil(room));
        }
        (nodes <= of_market.max).then_some(Site { offering, nodes })
    };
    capacity.offerings().filter_map(site).collect()
}

/// Puts a gang on empty nodes, off those it runs on.
fn start(plan: &mut Plan<'_>, job: JobId, nodes: &[NodeId]) -> bool {
    let mark = plan.mark();
    if plan.is_running(job) && plan.preempt(job).is_err() {
        plan.rollback(mark);
        return false;
    }
    let placement: Option<Placement> = plan.lay(job, &mut |capacity, role, _| {
        fill(capacity, role, nodes.iter().copied())
    });
    let started = placement.is_some_and(|placement| plan.start(job, &placement).is_ok());
    if !started {
        plan.rollback(mark);
    }
    started
}
