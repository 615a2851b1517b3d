//! Spot first: machines that may be taken away for whoever bears the risk, and the fallback for the rest.
//!
//! A job goes to spot while a reclaim within its remaining work is no likelier than it tolerates (its workload's
//! `tolerance`, else `max-risk`, or `saved-risk` where that is more and something of it outlives an interruption), for all
//! that was seen of reclaims. Urgent jobs, jobs that keep nothing, and risky ones go to the fallback; so may those that have
//! waited for spot for `patience`, wherever there is a machine first. To make room for the urgent is the preemption's part.
//!
//! Jobs that go to spot leave the fallback's machines alone, but for those that are paid whatever runs there.

use sim_core::engine::{JobView, Wakes};
use sim_core::model::{Market, OfferingSet};
use sim_core::units::{SimTime, Span};

use super::again::Again;
use super::outlook::Outlook;
use super::pools::Pools;
use super::route::{self, Lane, Sides};
use super::shop::Shop;
use super::{Buy, Reaper, risk};
use crate::compose::{Desk, Sight};

/// Spot first.
#[derive(Clone, Debug)]
pub struct SpotFirst {
    pub(crate) sides: Sides,
    pub(crate) bears: Bears,
    /// Where machines that stay are bought.
    pub(crate) fallback: Market,
    pub(crate) pools: Pools,
    /// Prices to come, if pools are ranked by them.
    pub(crate) outlook: Option<Outlook>,
    /// How long a job waits for spot; `None`: for ever.
    pub(crate) patience: Option<Span>,
    pub(crate) reaper: Reaper,
    pub(crate) again: Again,
}

/// Which jobs bear which risk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bears {
    /// Where a workload says nothing.
    pub(crate) max_risk: f64,
    /// The same, of jobs of which something outlives an interruption.
    pub(crate) saved_risk: f64,
    /// Whether jobs that keep nothing go to spot at all.
    pub(crate) unsaved: bool,
    /// Jobs of this priority or more do not.
    pub(crate) urgent: i64,
}

impl SpotFirst {
    fn lane(&self, job: &JobView<'_>) -> Lane {
        let (bears, keeps) = (self.bears, risk::keeps_anything(job));
        if i64::from(job.priority()) >= bears.urgent || !(keeps || bears.unsaved) {
            return Lane::Steady;
        }
        let by_default = if keeps {
            bears.max_risk.max(bears.saved_risk)
        } else {
            bears.max_risk
        };
        Lane::Risky {
            most: job.tolerance().unwrap_or(by_default),
            late: self
                .patience
                .is_some_and(|patience| job.waited() >= patience),
        }
    }
}

impl Buy for SpotFirst {
    fn buy(&mut self, desk: &mut Desk<'_, '_, '_>) -> Option<SimTime> {
        if let Some(outlook) = &mut self.outlook {
            outlook.pass(desk.view);
        }
        let (sides, fallback) = (self.sides, self.fallback);
        let mut shop = Shop::open(desk, (self.pools, self.outlook.as_ref()), |offering| {
            let bought = sides.risky.allows(offering.market) || offering.market == fallback;
            bought || route::is_committed(offering.market)
        });
        let mut wish: Option<SimTime> = None;
        for id in desk.queue.jobs() {
            let job = desk.job(id);
            let routed = sides.route(&job, &desk.sight(), self.lane(&job));
            shop.want_all(desk, id, |fleet| sides.offer(fleet, routed));
            let late = route::late_at(&job, (routed.1, self.patience), desk.view);
            wish = wish.into_iter().chain(late).min();
        }
        let asked = shop.request(desk);
        let again = self.again.after(asked, desk.view.now());
        let reaped = shop.reap(desk, &mut self.reaper, &mut 0);
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
