//! Burst: the machines at home first, and the cloud for whoever has waited for `patience`, or for all while more than `depth`
//! jobs wait.
//!
//! Home is every market that is not of the cloud: owned, reserved. A job that may not burst yet leaves the cloud's machines
//! alone, so that they are given back; one that home could never hold bursts at once. Cloud markets are bought from in their
//! order, and given back in the order of `release`: the first one's machines once idle for `idle`, the second one's after
//! twice as long, and so on, so that what is given back first is what is wanted least.

use sim_core::engine::{JobView, View, Wakes};
use sim_core::model::{Market, MarketSet, OfferingSet};
use sim_core::units::{SimTime, Span};

use super::again::Again;
use super::fleet::Fleet;
use super::lot::Offer;
use super::outlook::Outlook;
use super::pools::Pools;
use super::route::{Lane, Sides};
use super::shop::Shop;
use super::{Buy, Reaper};
use crate::compose::{Desk, Sight};

/// Home first, then the cloud.
#[derive(Clone, Debug)]
pub struct Burst {
    /// The cloud's markets, in the order of buying.
    pub(crate) cloud: Vec<Market>,
    /// The same as sides: the cloud's machines are those that a job avoids.
    pub(crate) sides: Sides,
    pub(crate) patience: Span,
    /// Jobs that may wait before all burst.
    pub(crate) depth: u32,
    /// The order of giving back.
    pub(crate) release: Vec<Market>,
    pub(crate) pools: Pools,
    /// Prices to come, if pools are ranked by them.
    pub(crate) outlook: Option<Outlook>,
    /// One for each place in that order, the last for all others.
    pub(crate) reapers: Vec<Reaper>,
    pub(crate) again: Again,
}

impl Burst {
    fn lane(&self, job: &JobView<'_>, view: &View<'_>) -> Lane {
        if job.waited() >= self.patience || view.pending_len() > self.depth {
            Lane::Risky {
                most: 1.0,
                late: true,
            }
        } else {
            Lane::Steady
        }
    }

    /// Home's machines before the cloud's, which come in their order.
    fn offer(&self, fleet: &Fleet, routes: OfferingSet) -> Option<Offer> {
        let position = self.cloud.iter().position(|market| *market == fleet.market);
        let tier = position.map_or(0, |position| {
            1 + u8::try_from(position).unwrap_or(u8::MAX - 1)
        });
        routes.allows(fleet.id).then_some(Offer {
            coming: tier,
            new: tier,
        })
    }
}

impl Buy for Burst {
    fn buy(&mut self, desk: &mut Desk<'_, '_, '_>) -> Option<SimTime> {
        if let Some(outlook) = &mut self.outlook {
            outlook.pass(desk.view);
        }
        let mut shop = Shop::open(desk, (self.pools, self.outlook.as_ref()), |_| true);
        let (now, mut wish) = (desk.view.now(), None);
        for id in desk.queue.jobs() {
            let (job, routes) = (desk.job(id), desk.queue.routes(id));
            shop.want_all(desk, id, |fleet| self.offer(fleet, routes));
            let at = job.queued().saturating_add(self.patience);
            wish = wish.into_iter().chain((at > now).then_some(at)).min();
        }
        let asked = shop.request(desk);
        let again = self.again.after(asked, now);
        let reaped = shop.fleets.iter().filter_map(|fleet| {
            let place = self.release.iter().position(|named| *named == fleet.market);
            let place = place.unwrap_or(self.release.len());
            fleet.reap(desk, &mut self.reapers[place], &mut 0)
        });
        wish.into_iter().chain(again).chain(reaped).min()
    }

    fn routes(&self, job: &JobView<'_>, sight: &Sight<'_, '_>) -> OfferingSet {
        self.sides.route(job, sight, self.lane(job, sight.view)).0
    }

    fn is_router(&self) -> bool {
        true
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::END | Wakes::AVAILABILITY | Wakes::PRICE
    }

    fn fork(&self) -> Box<dyn Buy> {
        Box::new(self.clone())
    }
}

/// The cloud's machines as a side: at no risk, for it is not risk that keeps a job from them.
pub(crate) fn cloud_sides(cloud: &[Market]) -> Sides {
    Sides {
        risky: cloud.iter().copied().fold(MarketSet::NONE, MarketSet::with),
        prior: crate::reclaims::Prior {
            rate: 0.0,
            hours: 1.0,
        },
        base: None,
    }
}
