//! Omniscient: the cheapest schedule there is, for who knows the availability to come and the true work. No policy for use, but
//! the mark that others are measured against.
//!
//! It plans once, at its first tick, on the spot offering that is cheapest then, at the prices of that moment; a spot tick is
//! one in which there are machines enough from first to last. What its plan leaves undone, because a machine broke or others
//! took it, is done on demand.

use std::collections::BTreeMap;

use sim_core::units::{JobId, OfferingId, SimTime, Span};

use super::optimum::{Order, cheapest};
use super::rule::{On, Rule, Situation, Want};

/// The cheapest schedule of whole ticks.
#[derive(Clone, Debug, Default)]
pub struct Omniscient {
    plans: BTreeMap<JobId, Scheme>,
}

/// What to do in each tick from a moment on.
#[derive(Clone, Debug, Default)]
struct Scheme {
    from: SimTime,
    ticks: Vec<On>,
}

impl Rule for Omniscient {
    fn name(&self) -> &'static str {
        "omniscient"
    }

    fn want(&mut self, job: &Situation<'_>) -> Want {
        let Some(tick) = job.tick else {
            return Want::be(On::OnDemand);
        };
        let plan = self
            .plans
            .entry(job.job)
            .or_insert_with(|| scheme(job, tick));
        let number = job.now().since(plan.from).us() / tick.us();
        let planned = usize::try_from(number)
            .ok()
            .and_then(|number| plan.ticks.get(number));
        Want::be(match planned {
            Some(On::Spot) if job.spot.is_none() => On::OnDemand,
            Some(on) => *on,
            None => On::OnDemand,
        })
    }

    fn forget(&mut self, job: JobId) {
        self.plans.remove(&job);
    }

    fn fork(&self) -> Box<dyn Rule> {
        Box::new(self.clone())
    }
}

/// The cheapest schedule from now on; empty where there is none, so that all is done on demand.
fn scheme(job: &Situation<'_>, tick: Span) -> Scheme {
    let from = job.now();
    let price = |offering: Option<OfferingId>| {
        let offering = offering.and_then(|offering| job.view.offering(offering));
        offering.map_or(0, |offering| offering.price.nanousd_h())
    };
    let truth = job.view.durations().zip(job.view.job(job.job));
    let work = truth.map_or(job.left(), |(leave, job)| job.true_left(leave));
    let order = Order {
        tick: tick.us(),
        work: work.us(),
        changeover: job.changeover.us(),
        prices: job.markets.map(price),
    };
    let ticks = up(job, tick).and_then(|up| cheapest(&up, order));
    Scheme {
        from,
        ticks: ticks.unwrap_or_default(),
    }
}

/// Whether there are machines enough throughout each tick until the deadline; `None` without the grant.
fn up(job: &Situation<'_>, tick: Span) -> Option<Vec<bool>> {
    /// More ticks than that, and nothing is planned.
    const MOST_TICKS: u64 = 1 << 20;
    let (leave, from) = (job.view.reclaims()?, job.now());
    let count = job.time_left().us() / tick.us();
    if count > MOST_TICKS {
        return None;
    }
    let Some(spot) = job.markets[0] else {
        return Some((0..count).map(|_| false).collect());
    };
    let steps = job.view.availability_steps(spot, leave);
    let enough = |nodes: u32| nodes >= job.nodes;
    let throughout = |number: u64| {
        let begins = from.saturating_add(tick.saturating_mul(number));
        let ends = begins.saturating_add(tick);
        let after = steps.partition_point(|(at, _)| *at <= begins);
        let mut within = steps[after..].iter().take_while(|(at, _)| *at < ends);
        enough(job.view.available_at(spot, begins, leave))
            && within.all(|(_, nodes)| enough(*nodes))
    };
    Some((0..count).map(throughout).collect())
}
