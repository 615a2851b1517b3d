//! Queue depth: machines for what waits beyond what boots, in the order of the fleets; one that has been idle for a while is
//! given back.

use sim_core::engine::{NodePhase, Wakes};
use sim_core::model::Market;
use sim_core::units::{NodeId, OfferingId, SimTime, Span};

use super::Buy;
use crate::compose::Desk;

/// Buys by queue depth.
#[derive(Clone, Debug)]
pub struct QueueDepth {
    /// Markets to buy in.
    pub markets: Vec<Market>,
    /// How long a node may be idle.
    pub idle: Span,
    /// By node: since when it has been idle.
    pub since: Vec<Option<SimTime>>,
}

impl Buy for QueueDepth {
    fn buy(&mut self, desk: &mut Desk<'_, '_, '_>) -> Option<SimTime> {
        let offerings: Vec<OfferingId> = desk
            .view
            .offerings()
            .filter(|(_, offering)| {
                self.markets.contains(&offering.market) && offering.max > offering.min
            })
            .map(|(id, _)| id)
            .collect();
        if !desk.queue.is_empty() {
            request(desk, &offerings);
        }
        offerings
            .iter()
            .filter_map(|offering| self.reap(desk, *offering))
            .min()
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::AVAILABILITY
    }

    fn fork(&self) -> Box<dyn Buy> {
        Box::new(self.clone())
    }
}

/// Asks for as many machines as what waits would fill, less what boots already.
fn request(desk: &mut Desk<'_, '_, '_>, offerings: &[OfferingId]) {
    let waiting = desk
        .queue
        .jobs()
        .into_iter()
        .map(|job| desk.job(job).gang().gpu_milli())
        .sum::<u64>();
    let booting = offerings
        .iter()
        .map(|offering| booting_milli(desk, *offering))
        .sum::<u64>();
    let mut missing = waiting.saturating_sub(booting);
    for offering in offerings {
        let fleet = desk.view.offering(*offering).expect("listed by the view");
        let per_node = u64::from(fleet.shape.gpus) * 1000;
        let wanted = missing.div_ceil(per_node.max(1));
        let room = fleet
            .max
            .min(fleet.available)
            .saturating_sub(desk.plan.holds(*offering));
        let count = u32::try_from(wanted).unwrap_or(u32::MAX).min(room);
        if count > 0 {
            desk.plan
                .request(*offering, count)
                .expect("within the quota");
            missing = missing.saturating_sub(u64::from(count) * per_node);
        }
    }
}

fn nodes(desk: &Desk<'_, '_, '_>, offering: OfferingId) -> impl Iterator<Item = NodeId> + use<> {
    desk.plan.capacity().slots_of(offering)
}

fn booting_milli(desk: &Desk<'_, '_, '_>, offering: OfferingId) -> u64 {
    let booting = |node: &NodeId| {
        desk.view
            .node(*node)
            .is_some_and(|node| node.phase == NodePhase::Booting)
    };
    let per_node = u64::from(desk.plan.capacity().shape(offering).gpus) * 1000;
    nodes(desk, offering)
        .filter(booting)
        .map(|_| per_node)
        .sum()
}

impl QueueDepth {
    /// Gives back what has been idle for long enough, down to the minimum; returns when the next may be.
    fn reap(&mut self, desk: &mut Desk<'_, '_, '_>, offering: OfferingId) -> Option<SimTime> {
        let (now, mut next) = (desk.view.now(), None);
        let slots = usize::try_from(desk.plan.capacity().slots()).expect("32 bits fit");
        self.since.resize(slots, None);
        for node in nodes(desk, offering) {
            let idle = desk.plan.capacity().is_open(node) && desk.plan.capacity().is_empty(node);
            let since = &mut self.since[node.index()];
            if !idle {
                *since = None;
                continue;
            }
            let due = since.get_or_insert(now).saturating_add(self.idle);
            if due > now {
                next = Some(next.map_or(due, |next: SimTime| next.min(due)));
            } else if desk.plan.may_leave(node) {
                desk.plan.release(node).expect("it may leave, and is empty");
                *since = None;
            }
        }
        next
    }
}
