//! Queue depth: machines for what waits beyond what boots, in the order of the fleets, and some in standby; one that has been
//! idle for a while is given back, unless it is in standby or a job waits that would use it.

use sim_core::engine::Wakes;
use sim_core::model::Market;
use sim_core::units::SimTime;

use super::lot::Offer;
use super::pools::Pools;
use super::shop::Shop;
use super::{Again, Buy, Reaper};
use crate::compose::Desk;
use crate::queue::Pass;

/// Buys by queue depth.
#[derive(Clone, Debug)]
pub struct QueueDepth {
    /// Markets to buy in.
    pub markets: Vec<Market>,
    /// Fleets to buy from, by name; none named: all of those markets.
    pub fleets: Vec<String>,
    /// Idle nodes to keep ready.
    pub standby: u32,
    /// What gives back.
    pub reaper: Reaper,
    /// When to ask again.
    pub again: Again,
    /// Reused.
    pub pass: Pass,
}

impl Buy for QueueDepth {
    fn buy(&mut self, desk: &mut Desk<'_, '_, '_>) -> Option<SimTime> {
        let mut shop = Shop::open(desk, (Pools::InOrder, None), |offering| {
            let named = self.fleets.iter().any(|name| name == offering.name);
            self.markets.contains(&offering.market) && (named || self.fleets.is_empty())
        });
        let any = Offer { coming: 0, new: 0 };
        desk.queue.begin(&mut self.pass);
        while let Some((job, _)) = desk.queue.next(&mut self.pass) {
            if shop.is_sated() {
                break;
            }
            shop.want_all(desk, job, |_| Some(any));
        }
        if self.standby > 0 {
            shop.stand_by(desk, self.standby);
        }
        let asked = shop.request(desk);
        let again = self.again.after(asked, desk.view.now());
        let mut standby = self.standby;
        let reaped = shop.reap(desk, &mut self.reaper, &mut standby);
        again.into_iter().chain(reaped).min()
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::END | Wakes::AVAILABILITY
    }

    fn fork(&self) -> Box<dyn Buy> {
        Box::new(self.clone())
    }
}
