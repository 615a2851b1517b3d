//! Layers: a base of machines that are always held, spot above it that grows and shrinks, on-demand machines as a buffer.
//!
//! Jobs go by how much risk they tolerate (their workload's `tolerance`, else the policy's). Below `low`: base and buffer.
//! From `low` on: base and spot, as far as the risk of a reclaim within their remaining work is within what they tolerate,
//! and the buffer once they have waited for `patience`. From `high` on: base and spot, at any risk, however long it takes.
//! Price caps bind in every lane.

use sim_core::engine::{JobView, Wakes};
use sim_core::model::{Market, OfferingSet};
use sim_core::units::{SimTime, Span, convert};

use super::again::Again;
use super::outlook::Outlook;
use super::pools::Pools;
use super::route::{self, Lane, Sides};
use super::shop::Shop;
use super::{Buy, Reaper, to_be_had};
use crate::compose::{Desk, Sight};

/// Three layers.
#[derive(Clone, Debug)]
pub struct Layers {
    pub(crate) sides: Sides,
    /// Machines of the base, and where they are bought.
    pub(crate) base: (Market, u32),
    /// Where the buffer is bought.
    pub(crate) buffer: Market,
    /// What a job tolerates whose workload says nothing.
    pub(crate) tolerance: f64,
    /// From which tolerance on a job goes to spot, and from which it goes there alone.
    pub(crate) lanes: (f64, f64),
    pub(crate) patience: Option<Span>,
    pub(crate) pools: Pools,
    /// Prices to come, if pools are ranked by them.
    pub(crate) outlook: Option<Outlook>,
    pub(crate) reaper: Reaper,
    pub(crate) again: Again,
}

impl Layers {
    fn lane(&self, job: &JobView<'_>) -> Lane {
        let tolerates = job.tolerance().unwrap_or(self.tolerance);
        let (low, high) = self.lanes;
        let late = self
            .patience
            .is_some_and(|patience| job.waited() >= patience);
        if tolerates < low {
            Lane::Steady
        } else if tolerates < high {
            Lane::Risky {
                most: tolerates,
                late,
            }
        } else {
            Lane::Risky {
                most: 1.0,
                late: false,
            }
        }
    }

    /// How long a job waits for spot before it takes the buffer.
    fn patience(&self, job: &JobView<'_>) -> Option<Span> {
        let tolerates = job.tolerance().unwrap_or(self.tolerance);
        self.patience.filter(|_| tolerates < self.lanes.1)
    }

    /// Buys what is missing of the base, in the order of its fleets.
    fn hold_base(&self, desk: &mut Desk<'_, '_, '_>) {
        let (market, count) = self.base;
        let offerings = desk.view.offerings();
        let fleets: Vec<_> = offerings
            .filter(|(_, offering)| offering.market == market)
            .collect();
        let held: u32 = fleets.iter().map(|(id, _)| desk.plan.holds(*id)).sum();
        let mut missing = count.saturating_sub(held);
        for (id, _) in fleets {
            let more = to_be_had(desk.view, desk.plan, id).min(missing);
            if more > 0 {
                desk.plan.request(id, more).expect("it is to be had");
                missing -= more;
            }
        }
    }
}

impl Layers {
    /// Idle machines that the base keeps: what is in use counts first.
    fn idle_base(&self, desk: &Desk<'_, '_, '_>) -> u32 {
        let (market, count) = self.base;
        let capacity = desk.plan.capacity();
        let offerings = desk.view.offerings();
        let in_use = offerings
            .filter(|(_, offering)| offering.market == market)
            .map(|(id, _)| {
                let idle = capacity.nodes(id).filter(|node| capacity.is_empty(*node));
                desk.plan
                    .holds(id)
                    .saturating_sub(convert::narrow(idle.count()))
            });
        count.saturating_sub(in_use.sum())
    }
}

impl Buy for Layers {
    fn buy(&mut self, desk: &mut Desk<'_, '_, '_>) -> Option<SimTime> {
        if let Some(outlook) = &mut self.outlook {
            outlook.pass(desk.view);
        }
        self.hold_base(desk);
        let (sides, buffer, (market, _)) = (self.sides, self.buffer, self.base);
        let mut shop = Shop::open(desk, (self.pools, self.outlook.as_ref()), |offering| {
            sides.risky.allows(offering.market)
                || offering.market == buffer
                || offering.market == market
                || route::is_committed(offering.market)
        });
        let mut wish: Option<SimTime> = None;
        for id in desk.queue.jobs() {
            let job = desk.job(id);
            let routed = sides.route(&job, &desk.sight(), self.lane(&job));
            shop.want_all(desk, id, |fleet| {
                let is_bought = fleet.market != market || market == buffer;
                sides.offer(fleet, routed).filter(|_| is_bought)
            });
            let late = route::late_at(&job, (routed.1, self.patience(&job)), desk.view);
            wish = wish.into_iter().chain(late).min();
        }
        let asked = shop.request(desk);
        let again = self.again.after(asked, desk.view.now());
        let mut base = self.idle_base(desk);
        let reaper = &mut self.reaper;
        let reaped = shop.fleets.iter().filter_map(|fleet| {
            let spared = if fleet.market == market {
                &mut base
            } else {
                &mut 0
            };
            fleet.reap(desk, reaper, spared)
        });
        wish.into_iter().chain(again).chain(reaped).min()
    }

    fn routes(&self, job: &JobView<'_>, sight: &Sight<'_, '_>) -> OfferingSet {
        self.sides.route(job, sight, self.lane(job)).0
    }

    fn is_router(&self) -> bool {
        true
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::END | Wakes::AVAILABILITY | Wakes::NOTICE | Wakes::PRICE
    }

    fn fork(&self) -> Box<dyn Buy> {
        Box::new(self.clone())
    }
}
