//! Greedy: spot whenever there is any, else wait, until the safety net binds.

use super::net;
use super::rule::{On, Rule, Situation, Want};

/// Spot whenever there is any.
#[derive(Clone, Copy, Debug)]
pub struct Greedy;

impl Rule for Greedy {
    fn name(&self) -> &'static str {
        "greedy"
    }

    fn want(&mut self, job: &Situation<'_>) -> Want {
        let wish = if job.spot.is_some() {
            On::Spot
        } else {
            On::Idle
        };
        if let Some(tick) = job.tick {
            return Want::be(net::in_ticks(job, tick, wish));
        }
        match job.on {
            On::Spot => Want::be(On::Spot),
            _ if net::binds(job) => Want::be(On::OnDemand),
            On::Idle | On::OnDemand => Want::until(wish, net::instant(job)),
        }
    }

    fn fork(&self) -> Box<dyn Rule> {
        Box::new(*self)
    }
}
