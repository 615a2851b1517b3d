//! The Cluster Autoscaler of Kubernetes: every scan, machines of one group for what waits and fits nowhere; else machines that
//! have not been needed for a while go.
//!
//! Fleets are its groups, machines its nodes, tasks its pods; [`cluster`](crate::scale::cluster) has its rules. What is of this
//! world: a gang gets all the machines that it lacks at one scan or none, of one group if that has enough. Groups to choose
//! from are those that help the first in the queue who cannot do without; the expander heeds whom else they would help.
//! Machines that boot cannot be given back, and those that broke do not count.
//!
//! A machine on which anything runs stays, unless it may be evicted: then one of which less than a share is used is emptied
//! where all its jobs keep something of what they did, their services can spare them, nobody waits, and the placement has
//! room for all of them elsewhere. They are interrupted, and start there.
//!
//! It buys for what fits nowhere. Who fits and is held back by a rule of admission that goes by what is held, as a quota for
//! spot jobs does, gets machines only where nothing runs, and may wait for ever.
//!
//! Scans are made at multiples of the interval, and only where something waits or a machine may go.

use sim_core::engine::Wakes;
use sim_core::model::Market;
use sim_core::units::{OfferingId, SimTime};

use super::Buy;
use super::asked::Asked;
use super::clock::Clock;
use super::evict::evict;
use super::nodes::{cluster, in_use, slot};
use super::sheet::Sheet;
use super::trial::Trial;
use crate::compose::Desk;
use crate::scale::cluster::{Action, Autoscaler, Offer};

/// The Cluster Autoscaler.
#[derive(Clone, Debug)]
pub struct ClusterAutoscaler {
    pub(crate) markets: Vec<Market>,
    /// Fleets, by name; none named: all of those markets.
    pub(crate) fleets: Vec<String>,
    /// Fleets, by name, the most wanted first.
    pub(crate) priority: Vec<String>,
    pub(crate) evict: bool,
    pub(crate) autoscaler: Autoscaler,
    pub(crate) asked: Asked,
    pub(crate) clock: Clock,
}

impl Buy for ClusterAutoscaler {
    fn buy(&mut self, desk: &mut Desk<'_, '_, '_>) -> Option<SimTime> {
        let now = desk.view.now();
        let news = self.clock.heed(desk.view.changes());
        if !desk.queue.is_empty() || news && self.may_remove(desk) {
            self.clock.call(now);
        }
        if let Some(news) = self.clock.strike(now) {
            let next = self.scan(desk, news);
            self.clock.set(next);
        }
        self.clock.next()
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::END | Wakes::AVAILABILITY
    }

    fn fork(&self) -> Box<dyn Buy> {
        Box::new(self.clone())
    }
}

impl ClusterAutoscaler {
    /// The fleets that it sizes.
    fn groups(&self, desk: &Desk<'_, '_, '_>) -> Vec<OfferingId> {
        let offerings = desk.view.offerings();
        let ours = offerings.filter(|(_, of)| {
            let is_named = self.fleets.iter().any(|fleet| fleet == of.name);
            self.markets.contains(&of.market) && (is_named || self.fleets.is_empty())
        });
        ours.map(|(id, _)| id).collect()
    }

    /// Whether some machine may be one that is not needed, or may be needed again.
    fn may_remove(&self, desk: &Desk<'_, '_, '_>) -> bool {
        let capacity = desk.plan.capacity();
        let is_idle = |id: &OfferingId| {
            let whole = capacity.free_counts(*id) >> capacity.shape(*id).gpus & 1 == 1;
            whole || self.evict
        };
        self.autoscaler.has_unneeded() || self.groups(desk).iter().any(is_idle)
    }

    /// Does what is to be done now; returns when there may be more, if nothing happens until then.
    fn scan(&mut self, desk: &mut Desk<'_, '_, '_>, news: bool) -> Option<SimTime> {
        let (now, groups) = (desk.view.now(), self.groups(desk));
        let soon = now.saturating_add(self.clock.every());
        self.asked.heed(desk);
        let (base, trials) = self.try_out(desk, &groups);
        let offers: Vec<Offer> = trials.iter().filter_map(Trial::offer).collect();
        let cluster = cluster(desk, &groups, &self.priority, self.evict);
        let used = in_use(
            desk,
            &cluster,
            &base.map(|of| of.expected).unwrap_or_default(),
        );
        let action = self.autoscaler.decide(&cluster, &used, &offers);
        match &action {
            Some(Action::Add { group, .. }) => {
                let offers = |trial: &&Trial| trial.offer().is_some_and(|of| of.group == *group);
                let chosen = trials.iter().find(offers).expect("one of those offered");
                self.asked.request(desk, &chosen.sheet);
                return Some(soon);
            }
            Some(Action::Remove { nodes }) => {
                for node in nodes {
                    if desk.plan.may_leave(slot(*node)) {
                        let left = desk.plan.release(slot(*node));
                        left.expect("it is empty and may leave");
                    } else {
                        self.autoscaler.fail(now, *node);
                    }
                }
            }
            Some(Action::Drain { node, .. }) if !evict(desk, slot(*node)) => {
                self.autoscaler.rest(now, *node);
            }
            Some(Action::Drain { .. } | Action::Abandon { .. }) | None => {}
        }
        let waits = !desk.queue.is_empty();
        let next = [
            self.autoscaler.next(&cluster),
            self.autoscaler.rests_until().filter(|_| news),
            self.asked.retry(now).filter(|_| waits),
            action.filter(|_| waits).map(|_| soon),
        ];
        next.into_iter().flatten().min()
    }

    /// Whoever waits, tried out without new machines, and with those of each group that would help.
    fn try_out(
        &self,
        desk: &mut Desk<'_, '_, '_>,
        groups: &[OfferingId],
    ) -> (Option<Trial>, Vec<Trial>) {
        if desk.queue.is_empty() {
            return (None, Vec::new());
        }
        let may = groups.iter().filter(|group| self.asked.may(**group));
        let sheet = Sheet::open(desk, &may.copied().collect::<Vec<_>>());
        let base = Trial::run(desk, sheet.clone(), None);
        let able = base.able.iter();
        let with = able.map(|group| Trial::run(desk, sheet.clone(), Some(*group)));
        let with = with.collect();
        (Some(base), with)
    }
}
