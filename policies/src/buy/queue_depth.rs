//! Queue depth: machines for what waits beyond what boots, in the order of the fleets; one that has been idle for a while is
//! given back, unless a job waits that would use it.

use sim_core::engine::Wakes;
use sim_core::model::Market;
use sim_core::units::{SimTime, Span};

use super::Buy;
use super::idle::Idle;
use super::pools::Pools;
use super::shop::{Offer, Shop};
use crate::compose::Desk;

/// Buys by queue depth.
#[derive(Clone, Debug)]
pub struct QueueDepth {
    /// Markets to buy in.
    pub markets: Vec<Market>,
    /// How long a node may be idle.
    pub idle: Span,
    /// Since when each has been.
    pub since: Idle,
}

impl Buy for QueueDepth {
    fn buy(&mut self, desk: &mut Desk<'_, '_, '_>) -> Option<SimTime> {
        let mut shop = Shop::open(desk, Pools::InOrder, |offering| {
            self.markets.contains(&offering.market)
        });
        let any = Offer { coming: 0, new: 0 };
        for job in desk.queue.jobs() {
            shop.want_all(desk, job, |_| Some(any));
        }
        let _ = shop.request(desk);
        let fleets = shop.fleets.iter();
        fleets
            .filter_map(|fleet| self.since.reap(desk, fleet, self.idle, 0))
            .min()
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::END | Wakes::AVAILABILITY
    }

    fn fork(&self) -> Box<dyn Buy> {
        Box::new(self.clone())
    }
}
