//! Next spot: Uniform Progress that knows how long a spot machine will last.
//!
//! With o(t) the time until it is taken away and k the price on demand over that of spot, an idle job takes it only where
//! o > k d / (k - 1), and one on demand only where o > 2 k d / (k - 1): where it saves more than the changeovers cost. That
//! replaces the hysteresis. Without the grant it does not know, and is Uniform Progress.

use sim_core::units::{OfferingId, SimTime, Span};

use super::net;
use super::rule::{On, Rule, Situation, Want, wide};
use super::uniform_progress::{UniformProgress, idle};

/// Uniform Progress that knows how long a spot machine will last.
#[derive(Clone, Copy, Debug)]
pub struct NextSpot;

impl Rule for NextSpot {
    fn name(&self) -> &'static str {
        "next-spot"
    }

    fn want(&mut self, job: &Situation<'_>) -> Want {
        if job.view.reclaims().is_none() {
            return UniformProgress.want(job);
        }
        match job.on {
            On::Spot => Want::be(On::Spot),
            _ if net::binds(job) => Want::be(On::OnDemand),
            On::Idle if pays(job, 1) => Want::be(On::Spot),
            On::Idle => idle(job),
            On::OnDemand if pays(job, 2) => Want::be(On::Spot),
            On::OnDemand => Want::be(On::OnDemand),
        }
    }

    fn fork(&self) -> Box<dyn Rule> {
        Box::new(*self)
    }
}

/// Whether the spot machine that there is lasts longer than `changeovers` k d / (k - 1).
fn pays(job: &Situation<'_>, changeovers: u128) -> bool {
    let Some(spot) = job.spot else { return false };
    let price = |offering: Option<OfferingId>| {
        let offering = offering.and_then(|offering| job.view.offering(offering));
        offering.map(|offering| u128::from(offering.price.nanousd_h()))
    };
    let Some(cheap) = price(Some(spot)) else {
        return false;
    };
    // Where nothing is to be had on demand, any spot machine saves.
    let Some(dear) = price(job.markets[1]) else {
        return true;
    };
    let saved = wide(lasts(job, spot)).checked_mul(dear.saturating_sub(cheap));
    saved.is_none_or(|saved| saved > changeovers * dear * wide(job.changeover))
}

/// How long there will be machines enough, from now on.
fn lasts(job: &Situation<'_>, spot: OfferingId) -> Span {
    let Some(leave) = job.view.reclaims() else {
        return Span::MAX;
    };
    let steps = job.view.availability_steps(spot, leave);
    let next = steps.partition_point(|(from, _)| *from <= job.now());
    let short = steps[next..]
        .iter()
        .find(|(_, machines)| *machines < job.nodes);
    let until = short.map_or(SimTime::MAX, |(from, _)| *from);
    until.since(job.now())
}
