//! Cheaper: a running job goes on in another pool where what it has left to do is cheaper there by a margin, the move
//! included.
//!
//! A job stays for its cost an hour x what is left, and moves for the cost there x (left + reseat); see [`cost`](super::cost).
//! What is left is what the estimate says, or as long again as it has had.
//!
//! It moves onto machines that are free; where there are none, they are asked for, and it moves once they are there if that
//! is still worth it. So that it does not go to and fro, all is looked at once in a while only, the margin binds both ways,
//! and one move each is made at a look. What it leaves behind the buyer gives back.

use sim_core::engine::{Change, Decision, JobDecision, Wakes};
use sim_core::model::{OfferingSet, Placement, Seat};
use sim_core::units::{JobId, SimTime, Span};

use super::Relocate;
use super::cost::{self, Site};
use crate::buy::{booting, of_provider, remaining, to_be_had};
use crate::compose::Desk;
use crate::reclaims::{Prior, hours};

/// To where it is cheaper.
#[derive(Clone, Debug)]
pub struct Cheaper {
    /// The share that must be saved.
    pub margin: f64,
    /// How often to look.
    pub every: Span,
    /// The most reclaims per machine and hour that a pool to move to may have.
    pub max_rate: f64,
    /// What is believed of spot at first.
    pub prior: Prior,
    /// When to look next.
    pub next: SimTime,
    /// Whether machines were asked for that have not come.
    pub expects: bool,
}

impl Relocate for Cheaper {
    fn relocate(&mut self, desk: &mut Desk<'_, '_, '_>) -> Option<SimTime> {
        let now = desk.view.now();
        let is_node = |change: &Change| matches!(change, Change::Node(_));
        let came = self.expects && desk.view.changes().iter().any(is_node);
        if now >= self.next || came {
            self.expects = false;
            self.next = now.saturating_add(self.every);
            let running = desk.view.running().map(|job| job.id());
            let running: Vec<JobId> = running.filter(|job| job.replica().is_none()).collect();
            let mut asked = OfferingSet::NONE;
            for job in running {
                if desk.plan.is_running(job) && !desk.job(job).is_saving() {
                    self.consider(desk, job, &mut asked);
                }
            }
        }
        let starts =
            |decision: &Decision| matches!(decision, Decision::Job(JobDecision::Start(..)));
        let anyone_runs = desk.view.running_len() > 0 || desk.plan.decisions().iter().any(starts);
        anyone_runs.then_some(self.next)
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::NOTICE
    }

    fn watches_reclaims(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Relocate> {
        Box::new(self.clone())
    }
}

impl Cheaper {
    /// Moves a job to the cheapest pool that is worth it and has the room, or asks for machines of the cheapest that no quota
    /// denies, once for each pool at a look.
    fn consider(&mut self, desk: &mut Desk<'_, '_, '_>, id: JobId, asked: &mut OfferingSet) {
        let job = desk.job(id);
        let routes = desk.routes(&job);
        let here = cost::here(desk, &job, self.prior);
        let left = hours(remaining(&job, desk.view));
        let reseat = hours(job.checkpoint().reseat);
        let stay = here * left * (1.0 - self.margin);
        let mut sites: Vec<Site> = desk
            .view
            .offerings()
            .filter(|(offering, _)| routes.allows(*offering))
            .filter_map(|(offering, of)| cost::site(desk, &job, (offering, &of), self.prior))
            .filter(|site| site.rate <= self.max_rate)
            .filter(|site| site.cost * (left + reseat) < stay)
            .collect();
        sites.sort_by(|a, b| a.cost.total_cmp(&b.cost).then(a.offering.cmp(&b.offering)));
        let tasks = |seats: &[Seat]| seats.iter().map(|seat| seat.tasks).sum::<u32>();
        let full = |at: &Placement| tasks(&at.seats) >= tasks(job.allocation().seats());
        for site in &sites {
            let only = OfferingSet::NONE.with(site.offering);
            if let Some(placement) = desk.lay_on(id, only).filter(full) {
                let moved = desk.plan.reseat(id, &placement);
                moved.expect("it runs, saves nothing, and was laid out on this plan");
                return;
            }
        }
        let denied = |site: &&Site| {
            let missing = missing(desk, **site);
            missing > desk.plan.room(site.offering)
                && missing <= of_provider(desk.view, desk.plan, site.offering)
        };
        if let Some(site) = sites.iter().find(|site| !denied(site))
            && !asked.allows(site.offering)
        {
            *asked = asked.with(site.offering);
            self.expects |= ask(desk, *site);
        }
    }
}

/// What a job would fill of a pool, less what boots.
fn missing(desk: &Desk<'_, '_, '_>, site: Site) -> u32 {
    let boots = booting(desk.view, desk.plan.capacity(), site.offering);
    site.machines.saturating_sub(boots)
}

/// Asks for what is missing; whether any is to come.
fn ask(desk: &mut Desk<'_, '_, '_>, site: Site) -> bool {
    let missing = missing(desk, site);
    let room = to_be_had(desk.view, desk.plan, site.offering);
    if missing > 0 && missing <= room {
        let asked = desk.plan.request(site.offering, missing);
        asked.expect("it is to be had");
    }
    missing <= room
}
